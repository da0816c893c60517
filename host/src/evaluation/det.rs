//! The detection error trade-off (DET) as a picture: FNMR over FMR, both logarithmic.

use super::rates::{CONFIDENCE, Proportion};
use super::scores::{OperatingPoint, Scores};
use std::fmt::Write;

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 640.0;
const LEFT: f64 = 90.0;
const RIGHT: f64 = 730.0;
const TOP: f64 = 70.0;
const BOTTOM: f64 = 560.0;

/// An axis from the least rate that so many trials tell apart up to 1. A rate of 0, which has
/// no logarithm, is at its very begin.
struct Axis {
    decades: i32,
    begin: f64,
    end: f64,
}

impl Axis {
    fn new(trials: usize, begin: f64, end: f64) -> Self {
        let decades = (trials as f64).log10().ceil().max(1.0) as i32;
        Self {
            decades,
            begin,
            end,
        }
    }

    fn at(&self, rate: f64) -> f64 {
        let decades = f64::from(self.decades);
        // Zero is one decade below the least.
        let place = (rate.log10() + decades + 1.0).max(0.0) / (decades + 1.0);
        self.begin + (self.end - self.begin) * place
    }

    /// The rates that have a line, with their names.
    fn ticks(&self) -> impl Iterator<Item = (f64, String)> {
        let decades = (0..=self.decades).rev().map(|decade| {
            let digits = usize::try_from(decade - 2).unwrap_or(0);
            let rate = 10_f64.powi(-decade);
            (self.at(rate), format!("{:.digits$} %", rate * 100.0))
        });
        std::iter::once((self.begin, "0".to_owned())).chain(decades)
    }
}

/// Draws the DET curve with its limits, and marks `threshold`.
pub fn svg(scores: &Scores, threshold: u32) -> String {
    let points = scores.operating_points();
    let marked = scores.at(threshold);
    let fmr = Axis::new(marked.fmr.trials, LEFT, RIGHT);
    let fnmr = Axis::new(marked.fnmr.trials, BOTTOM, TOP);
    let rate = |rate: Proportion| rate.rate();
    let low = |rate: Proportion| rate.interval().low;
    let high = |rate: Proportion| rate.interval().high;
    let place = |point: &OperatingPoint, of: fn(Proportion) -> f64| {
        (fmr.at(of(point.fmr)), fnmr.at(of(point.fnmr)))
    };
    let line = |of| path(points.iter().map(|point| place(point, of)));
    let band = path(
        points
            .iter()
            .map(|point| place(point, low))
            .chain(points.iter().rev().map(|point| place(point, high))),
    );
    let diagonal = {
        let least = 10_f64.powi(-fmr.decades.min(fnmr.decades));
        path([least, 1.0].map(|rate| (fmr.at(rate), fnmr.at(rate))))
    };
    let (x, y) = place(&marked, rate);
    let title = format!(
        "DET: {} genuine and {} impostor comparisons",
        marked.fnmr.trials, marked.fmr.trials
    );
    let curve = line(rate);
    format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" font-family="sans-serif" font-size="13" fill="#222">
<title>{title}</title>
<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>
<text x="{LEFT}" y="34" font-size="17" font-weight="bold">{title}</text>
{grid}<path d="{band}Z" fill="#1f6fb4" fill-opacity="0.15"/>
<path d="{diagonal}" fill="none" stroke="#888" stroke-dasharray="4 4"/>
<path d="{curve}" fill="none" stroke="#1f6fb4" stroke-width="2" stroke-linejoin="round"/>
<circle cx="{x:.1}" cy="{y:.1}" r="5" fill="#c0392b"/>
{legend}</svg>
"##,
        grid = grid(&fmr, &fnmr),
        legend = legend(threshold),
    )
}

fn path(points: impl IntoIterator<Item = (f64, f64)>) -> String {
    let mut path = String::new();
    for (x, y) in points {
        let step = if path.is_empty() { 'M' } else { 'L' };
        let _ = write!(path, "{step}{x:.1} {y:.1}");
    }
    path
}

fn grid(fmr: &Axis, fnmr: &Axis) -> String {
    let mut grid = String::new();
    let line = |from: (f64, f64), to: (f64, f64)| {
        let d = path([from, to]);
        format!("<path d=\"{d}\" stroke=\"#ddd\"/>\n")
    };
    for (x, name) in fmr.ticks() {
        grid += &line((x, TOP), (x, BOTTOM));
        let y = BOTTOM + 20.0;
        let _ = writeln!(
            grid,
            "<text x=\"{x:.1}\" y=\"{y}\" text-anchor=\"middle\">{name}</text>"
        );
    }
    for (y, name) in fnmr.ticks() {
        grid += &line((LEFT, y), (RIGHT, y));
        let (x, y) = (LEFT - 8.0, y + 4.0);
        let _ = writeln!(
            grid,
            "<text x=\"{x}\" y=\"{y:.1}\" text-anchor=\"end\">{name}</text>"
        );
    }
    let (x, y) = (f64::midpoint(LEFT, RIGHT), BOTTOM + 46.0);
    let _ = writeln!(
        grid,
        "<text x=\"{x}\" y=\"{y}\" text-anchor=\"middle\">false match rate (FMR)</text>"
    );
    let (x, y) = (24, f64::midpoint(TOP, BOTTOM));
    let _ = writeln!(
        grid,
        "<text transform=\"translate({x} {y}) rotate(-90)\" text-anchor=\"middle\">false non-match rate (FNMR)</text>"
    );
    grid
}

fn legend(threshold: u32) -> String {
    let sure = CONFIDENCE * 100.0;
    let entries = [
        ("#c0392b", format!("threshold {threshold}")),
        ("#1f6fb4", format!("DET curve, with {sure} % limits")),
        ("#888", "FMR = FNMR".to_owned()),
    ];
    let mut legend = String::new();
    let mut x = LEFT;
    for (colour, name) in entries {
        let _ = writeln!(
            legend,
            "<rect x=\"{x}\" y=\"46\" width=\"12\" height=\"12\" fill=\"{colour}\"/>\n<text x=\"{}\" y=\"57\">{name}</text>",
            x + 18.0
        );
        x += 190.0;
    }
    legend
}
