//! Measures the fingerprint matcher's error rates over a folder of images.

mod json;
mod percent;
mod progress;
mod report;

use super::out_file::OutFile;
use anyhow::Result;
use clap::Args;
use std::path::PathBuf;
use touchseal::evaluation::{Evaluation, Impostors, det, matcher::THRESHOLD};

const EXAMPLE: &str = "\
Example, with one of the databases of the Fingerprint Verification Competitions:
  touchseal fp-eval FVC2002/DB1_A --svg det.svg

Every impression is compared with each later one of the same finger (genuine), and the first of
every finger with the first of each later finger (impostor). The rates, as ISO/IEC 19795-1 names them:
  FTA   failure to acquire: images that give too few minutiae, or none at all
  FNMR  false non-match rate, of genuine comparisons
  FMR   false match rate, of impostor comparisons
  FRR   false reject rate: with the failures to acquire
  FAR   false accept rate: with the failures to acquire
  EER   equal error rate: where FMR and FNMR are the same";

#[derive(Args)]
#[command(after_help = EXAMPLE)]
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
    pub fn run(self, as_json: bool) -> Result<()> {
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
        if as_json {
            println!("{:#}", report.to_json());
        } else {
            print!("{report}");
        }
        Ok(())
    }
}
