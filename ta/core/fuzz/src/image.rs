//! Any picture, through the minutiae detector and the matcher: it ends within its bounds,
//! and what comes out is a print, or a poor image.

use arbitrary::{Arbitrary, Unstructured};
use touchseal_core::error::Error;
use touchseal_core::fingerprint::frame::{Frame, LONGEST_SIDE, MAX_PIXELS};
use touchseal_core::fingerprint::matcher::{ATTEMPT_STEPS, LIMITS, extract, matches, score};
use touchseal_core::fingerprint::print::{MAX_MINUTIAE, Print};
use touchseal_core::fingerprint::template::{MAX_QUALITY, MIN_MINUTIAE};
use touchseal_nonsecure::finger::{HEIGHT, WIDTH, impression};

/// What there is before the [`Stroke`]s.
#[derive(Arbitrary)]
enum Ground {
    Grey(u8),
    /// A made-up finger, in the middle.
    Finger {
        finger: u8,
        placement: u8,
    },
    /// Straight ridges: how far the phase goes, in 256ths of a turn a pixel.
    Ridges {
        across: u8,
        down: u8,
    },
    /// Round ones.
    Rings {
        period: u8,
    },
}

/// What is drawn over it: where, how large, and how.
#[derive(Arbitrary)]
struct Stroke {
    left: u16,
    top: u16,
    width: u8,
    height: u8,
    ink: Ink,
}

#[derive(Arbitrary)]
enum Ink {
    Grey(u8),
    Invert,
    Noise(u8),
    /// The pixels, again and again.
    Pixels([u8; 16]),
}

/// The input says how large the picture is and what is on it; what is left of it are the
/// first pixels.
pub fn one_input(input: &[u8]) {
    let _ = look_at(Unstructured::new(input));
}

fn look_at(mut input: Unstructured<'_>) -> arbitrary::Result<()> {
    let sides = 25..=LONGEST_SIDE;
    let (width, height) = (
        input.int_in_range(sides.clone())?,
        input.int_in_range(sides)?,
    );
    let mut canvas = Canvas::new(width, height, input.arbitrary()?);
    for _ in 0..input.int_in_range(0..=24)? {
        canvas.draw(&input.arbitrary()?);
    }
    let rest = input.take_rest();
    for (pixel, grey) in canvas.pixels.iter_mut().zip(rest) {
        *pixel = *grey;
    }

    let mut frame = Frame::room().expect("there is memory for a picture");
    let fits = usize::from(width) * usize::from(height) <= MAX_PIXELS;
    assert_eq!(frame.start(width, height).is_ok(), fits);
    if !fits {
        return Ok(());
    }
    frame.push(&canvas.pixels).expect("all of the picture");
    match extract(&frame) {
        Ok((print, quality)) => {
            assert!(quality <= MAX_QUALITY);
            is_in_bounds(&print, width, height);
            compare(&print);
        }
        Err(error) => assert_eq!(error, Error::PoorImage),
    }
    Ok(())
}

fn is_in_bounds(print: &Print, width: u16, height: u16) {
    assert!((MIN_MINUTIAE..=MAX_MINUTIAE).contains(&print.0.len()));
    for minutia in &print.0 {
        assert!(minutia.x < width && (1..=height).contains(&minutia.y) && minutia.theta < 360);
    }
}

/// With itself, with one minutia moved, and in another order: none fails, and none that took
/// more than its share matches.
fn compare(print: &Print) {
    let mut moved = print.clone();
    moved.0[0].x = moved.0[0].x.saturating_add(7);
    let mut shuffled = print.clone();
    shuffled.0.reverse();
    let mut steps = ATTEMPT_STEPS;
    for other in [print, &moved, &shuffled] {
        let before = steps;
        let matched = matches(print, other, &mut steps).expect("both are prints");
        let within = before - steps <= LIMITS.steps;
        assert!(within || !matched, "matched in {} steps", before - steps);
    }
    score(print, &moved).expect("both are prints");
}

struct Canvas {
    width: u16,
    height: u16,
    pixels: Vec<u8>,
}

impl Canvas {
    fn new(width: u16, height: u16, ground: Ground) -> Self {
        let mut canvas = Self {
            width,
            height,
            pixels: vec![255; usize::from(width) * usize::from(height)],
        };
        match ground {
            Ground::Grey(grey) => canvas.pixels.fill(grey),
            Ground::Finger { finger, placement } => {
                canvas.place(&impression(u64::from(finger % 8), placement.into()).pixels);
            }
            Ground::Ridges { across, down } => {
                canvas.wave(|x, y| (x * f64::from(across) + y * f64::from(down)) / 256.0);
            }
            Ground::Rings { period } => {
                let period = f64::from(period % 24 + 2);
                canvas.wave(|x, y| x.hypot(y) / period);
            }
        }
        canvas
    }

    fn place(&mut self, finger: &[u8]) {
        let (left, top) = (
            self.width.saturating_sub(WIDTH) / 2,
            self.height.saturating_sub(HEIGHT) / 2,
        );
        for (y, row) in finger.chunks(WIDTH.into()).enumerate() {
            for (x, grey) in row.iter().enumerate() {
                self.set(usize::from(left) + x, usize::from(top) + y, |_| *grey);
            }
        }
    }

    fn wave(&mut self, turns: impl Fn(f64, f64) -> f64) {
        let width = usize::from(self.width);
        for (at, pixel) in self.pixels.iter_mut().enumerate() {
            let (x, y) = ((at % width) as f64, (at / width) as f64);
            *pixel = (127.5 + 120.0 * (turns(x, y) * std::f64::consts::TAU).sin()) as u8;
        }
    }

    fn set(&mut self, x: usize, y: usize, change: impl Fn(u8) -> u8) {
        let (width, height) = (usize::from(self.width), usize::from(self.height));
        if x < width && y < height {
            let pixel = &mut self.pixels[y * width + x];
            *pixel = change(*pixel);
        }
    }

    fn draw(&mut self, stroke: &Stroke) {
        let left = usize::from(stroke.left % self.width);
        let top = usize::from(stroke.top % self.height);
        let mut noise = match stroke.ink {
            Ink::Noise(seed) => fastrand::Rng::with_seed(seed.into()),
            _ => fastrand::Rng::with_seed(0),
        };
        for y in top..top + usize::from(stroke.height) {
            for x in left..left + usize::from(stroke.width) {
                let grain = noise.u8(..);
                self.set(x, y, |pixel| match &stroke.ink {
                    Ink::Grey(grey) => *grey,
                    Ink::Invert => !pixel,
                    Ink::Noise(_) => grain,
                    Ink::Pixels(pixels) => pixels[(x - left) % pixels.len()],
                });
            }
        }
    }
}
