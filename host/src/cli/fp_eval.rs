//! Measures the fingerprint matcher's error rates over a folder of images.

mod json;
mod percent;
mod progress;
mod report;

use super::out_file::OutFile;
use super::output::Output;
use anyhow::Result;
use clap::Args;
use std::path::PathBuf;
use touchseal::evaluation::{Evaluation, Impostors, det, matcher::THRESHOLD};

#[derive(Args)]
pub struct FpEval {
    /// The images, named FINGER_IMPRESSION.EXT (101_1.tif): TIFF, PNG, BMP or PGM at 500 dpi
    folder: PathBuf,
    /// Compare every impression with every impression of another finger, not the first ones only
    #[arg(long)]
    all_impostors: bool,
    /// A match is a score of this or more; the trusted application's threshold unless said
    #[arg(long, value_name = "N", default_value_t = THRESHOLD)]
    threshold: u32,
    /// Draw the DET curve into this file
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
}

impl FpEval {
    pub fn run(self, output: Output) -> Result<()> {
        let svg = self.svg.map(OutFile::open).transpose()?;
        let impostors = match self.all_impostors {
            true => Impostors::All,
            false => Impostors::First,
        };
        let evaluation = Evaluation::of(&self.folder, impostors, &progress::Bar::default())?;
        if let Some(file) = svg {
            file.write(det::svg(&evaluation.scores, self.threshold).as_bytes())?;
        }
        let report = report::Report::new(&evaluation, impostors, self.threshold);
        output.say(report.to_string().trim_end(), report.to_json())
    }
}
