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

type Place = (f64, f64);

/// Draws the DET curve with its limits, and marks `threshold`.
pub fn svg(scores: &Scores, threshold: u32) -> String {
    let points = scores.operating_points();
    let marked = scores.at(threshold);
    let fmr = Axis::new(marked.fmr.trials, LEFT, RIGHT);
    let fnmr = Axis::new(marked.fnmr.trials, BOTTOM, TOP);
    let title = format!(
        "DET: {} genuine and {} impostor comparisons",
        marked.fnmr.trials, marked.fmr.trials
    );
    let places = |of: fn(Proportion) -> f64| -> Vec<Place> {
        let place = |point: &OperatingPoint| (fmr.at(of(point.fmr)), fnmr.at(of(point.fnmr)));
        points.iter().map(place).collect()
    };
    let lower = places(|rate| rate.interval().low);
    let upper = places(|rate| rate.interval().high);
    let least = 10_f64.powi(-fmr.decades.min(fnmr.decades));
    format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" font-family="sans-serif" font-size="13" fill="#222">
<title>{title}</title>
<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>
<text x="{LEFT}" y="34" font-size="17" font-weight="bold">{title}</text>
{grid}<path d="{band}" fill="#1f6fb4" fill-opacity="0.15"/>
<path d="M{x0:.1} {y0:.1}L{RIGHT} {TOP}" stroke="#888" stroke-dasharray="4 4"/>
<path d="{curve}" fill="none" stroke="#1f6fb4" stroke-width="2" stroke-linejoin="round"/>
<circle cx="{x:.1}" cy="{y:.1}" r="5" fill="#c0392b"/>
{legend}</svg>
"##,
        grid = grid(&fmr, &fnmr),
        band = band(&upper, &lower),
        x0 = fmr.at(least),
        y0 = fnmr.at(least),
        curve = curve(&places(Proportion::rate)),
        x = fmr.at(marked.fmr.rate()),
        y = fnmr.at(marked.fnmr.rate()),
        legend = legend(threshold),
    )
}

/// As stairs on the worse side, for nothing was measured between two points.
fn curve(points: &[Place]) -> String {
    let begin = points.first().map(|(x, y)| format!("M{x:.1} {y:.1}"));
    begin.unwrap_or_default() + &stairs(points.iter())
}

/// What is between the stairs of the upper limits and those of the lower limits, which are on
/// the better side.
fn band(upper: &[Place], lower: &[Place]) -> String {
    let end = lower.last().map(|(x, y)| format!("H{x:.1}V{y:.1}"));
    let begin = upper.first().map(|(x, _)| format!("H{x:.1}Z"));
    curve(upper)
        + &end.unwrap_or_default()
        + &stairs(lower.iter().rev())
        + &begin.unwrap_or_default()
}

fn stairs<'a>(points: impl Iterator<Item = &'a Place>) -> String {
    points.map(|(x, y)| format!("V{y:.1}H{x:.1}")).collect()
}

fn grid(fmr: &Axis, fnmr: &Axis) -> String {
    let mut grid = String::new();
    let line = |path: String| format!("<path d=\"{path}\" stroke=\"#ddd\"/>\n");
    for (x, name) in fmr.ticks() {
        grid += &line(format!("M{x:.1} {TOP}V{BOTTOM}"));
        let y = BOTTOM + 20.0;
        let _ = writeln!(
            grid,
            "<text x=\"{x:.1}\" y=\"{y}\" text-anchor=\"middle\">{name}</text>"
        );
    }
    for (y, name) in fnmr.ticks() {
        grid += &line(format!("M{LEFT} {y:.1}H{RIGHT}"));
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
        x += 225.0;
    }
    legend
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// Scores that overlap, as of a matcher that errs.
    fn scores(genuine: u32, impostor: u32) -> Scores {
        let spread = |count: u32, step: u32, least: u32, range: u32| {
            (0..count)
                .map(|index| Some(least + (index * step % 997) * (index * step % 991) % range))
                .collect()
        };
        Scores::new(spread(genuine, 7919, 25, 130), spread(impostor, 709, 0, 30))
    }

    /// The numbers of the first thing that begins so.
    fn numbers(svg: &str, begin: &str) -> Vec<f64> {
        let line = svg.lines().find(|line| line.starts_with(begin)).unwrap();
        let number = |c: char| !c.is_ascii_digit() && c != '.';
        line.split(number).filter_map(|n| n.parse().ok()).collect()
    }

    #[test]
    fn rates_have_their_places() {
        let axis = Axis::new(4950, 0.0, 500.0);
        for (rate, place) in [(1.0, 500.0), (0.1, 400.0), (1e-4, 100.0), (0.0, 0.0)] {
            assert!((axis.at(rate) - place).abs() < 1e-9, "{rate}");
        }
        // A limit may be below what the trials can tell apart.
        assert_eq!(axis.at(1e-9), 0.0);
        let names: Vec<_> = axis.ticks().map(|(_, name)| name).collect();
        assert_eq!(names, ["0", "0.01 %", "0.1 %", "1 %", "10 %", "100 %"]);
    }

    #[test]
    fn the_threshold_is_marked_where_its_rates_are() {
        let scores = scores(2800, 4950);
        for threshold in [0, 27, 40, 1000] {
            let picture = svg(&scores, threshold);
            let point = scores.at(threshold);
            let x = Axis::new(4950, LEFT, RIGHT).at(point.fmr.rate());
            let y = Axis::new(2800, BOTTOM, TOP).at(point.fnmr.rate());
            let circle = numbers(&picture, "<circle");
            assert!((circle[0] - x).abs() < 0.1 && (circle[1] - y).abs() < 0.1);
            assert!(picture.contains(&format!(">threshold {threshold}<")));
        }
    }

    #[test]
    fn nothing_is_drawn_outside() {
        for (genuine, impostor) in [(1, 1), (12, 6), (2800, 50_000)] {
            let picture = svg(&scores(genuine, impostor), 40);
            assert!(!picture.contains("NaN") && !picture.contains("inf"));
            for path in picture
                .lines()
                .filter(|line| line.starts_with("<path d=\"M"))
            {
                let drawn = path.split('"').nth(1).unwrap();
                for number in drawn.split(|c: char| c.is_ascii_alphabetic() || c == ' ') {
                    let Ok(number) = number.parse::<f64>() else {
                        assert_eq!(number, "");
                        continue;
                    };
                    assert!((TOP..=RIGHT).contains(&number), "{path}");
                }
            }
        }
    }
}
