//! What lies on the sensor, and what is wrong with it.

use anyhow::{Context, Result, ensure};
use image::GrayImage;
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

/// The greys by which two pictures of the same differ at most.
const NOISE: i16 = 12;
const WHITE: f32 = 255.0;
/// So many pictures are remembered.
const REMEMBERED: usize = 16;

/// How a finger lies when it is put down again and again: to the right, down, turned.
const PLACEMENTS: [(i32, i32, f32); 6] = [
    (0, 0, 0.0),
    (24, 16, 3.0),
    (-28, 12, -4.0),
    (30, -36, 2.0),
    (-12, -30, 5.0),
    (12, 40, -2.0),
];

/// A finger as it lies: its image in 500 dpi, moved from the middle of the sensor, turned
/// clockwise.
#[derive(Clone, Debug, Default)]
pub struct Impression {
    /// All of the finger; the sensor sees what its window covers.
    pub image: GrayImage,
    /// Pixels to the right.
    pub dx: i32,
    /// Pixels down.
    pub dy: i32,
    /// How far it is turned.
    pub degrees: f32,
}

impl Impression {
    /// A finger in the middle, upright, from a PNG, BMP or PGM file.
    ///
    /// # Errors
    ///
    /// When there is no such image.
    pub fn open(path: &Path) -> Result<Self> {
        let image = image::open(path)
            .with_context(|| format!("No image of a finger: {}", path.display()))?
            .into_luma8();
        Ok(Self {
            image,
            ..Self::default()
        })
    }

    /// The same finger, put down for the `n`th time.
    fn placed(self, n: usize) -> Self {
        let (dx, dy, degrees) = PLACEMENTS[n % PLACEMENTS.len()];
        self.moved(dx, dy, degrees)
    }

    /// The same finger, lying elsewhere.
    #[must_use]
    pub fn moved(self, dx: i32, dy: i32, degrees: f32) -> Self {
        Self {
            dx,
            dy,
            degrees,
            ..self
        }
    }

    /// The grey at a place of the sensor, counted from its middle; white beside the finger.
    fn grey(&self, x: f32, y: f32) -> f32 {
        let (sin, cos) = self.degrees.to_radians().sin_cos();
        let (right, down) = (x - self.dx as f32, y - self.dy as f32);
        let x = cos * right + sin * down + self.image.width() as f32 / 2.0;
        let y = cos * down - sin * right + self.image.height() as f32 / 2.0;
        let pixel = |x: f32, y: f32| {
            if x < 0.0 || y < 0.0 {
                return WHITE;
            }
            let pixel = self.image.get_pixel_checked(x as u32, y as u32);
            pixel.map_or(WHITE, |pixel| pixel.0[0].into())
        };
        let (left, top) = (x.floor(), y.floor());
        let (right, down) = (x - left, y - top);
        let between = |a: f32, b: f32, share: f32| a + (b - a) * share;
        between(
            between(pixel(left, top), pixel(left + 1.0, top), right),
            between(pixel(left, top + 1.0), pixel(left + 1.0, top + 1.0), right),
            down,
        )
    }
}

/// What can be wrong with a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It answers nothing.
    Silent,
    /// Each of its answers ends after so many bytes.
    StallsAfter(usize),
    /// The line breaks in the middle of each answer.
    Disconnects,
    /// A packet of each image has a wrong checksum.
    WrongChecksum,
    /// A packet of each image says that it is longer than it is.
    LiesAboutLength,
    /// It says that its images have a size that no sensor has.
    ImpossibleSize,
    /// It takes no new picture but shows the last one again.
    RepeatsOldFrame,
    /// It answers byte by byte, with pauses.
    Dribbles,
    /// Its images end in the middle.
    Truncates,
    /// It answers with arbitrary bytes.
    Noise,
}

/// Puts fingers on the sensor and takes them off. All clones are one hand.
#[derive(Clone, Debug)]
pub struct Hand(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    window: (u16, u16),
    lying: Lying,
    /// So many pictures were taken since.
    pictures: usize,
    /// Between one touch and the next there is a moment without a finger.
    moving: bool,
    /// The last picture shows a finger.
    shown: bool,
    fault: Option<Fault>,
    random: fastrand::Rng,
    /// The last ones, as they are uploaded.
    taken: VecDeque<Vec<u8>>,
}

#[derive(Debug)]
enum Lying {
    Nothing,
    /// It rests.
    Finger(Impression),
    /// It is lifted after each picture, and put down again a little differently.
    Again(Impression),
    /// The same, of what a file names at the moment at which the sensor looks.
    Named {
        file: PathBuf,
        fingers: PathBuf,
    },
}

impl Default for Hand {
    /// At a sensor of 0.6 by 0.8 inches (FAP 20): impressions of a finger share enough of it
    /// wherever it lies. Of 256 x 288 pixels two in five do not match any of five templates,
    /// of 192 x 192 none does.
    fn default() -> Self {
        Self::at(300, 400)
    }
}

impl Hand {
    /// At a sensor with a window of so many pixels.
    #[must_use]
    pub fn at(width: u16, height: u16) -> Self {
        Self(Arc::new(Mutex::new(State {
            window: (width, height),
            lying: Lying::Nothing,
            pictures: 0,
            moving: false,
            shown: false,
            fault: None,
            random: fastrand::Rng::with_seed(503),
            taken: VecDeque::new(),
        })))
    }

    /// Puts a finger on the sensor.
    pub fn place(&self, impression: &Impression) {
        self.lies(Lying::Finger(impression.clone()));
    }

    /// Puts a finger on the sensor, and after each picture lifts it and puts it down again a
    /// little differently, as somebody does who is being enrolled.
    pub fn place_again(&self, finger: &Impression) {
        self.lies(Lying::Again(finger.clone()));
    }

    /// Takes it off.
    pub fn lift(&self) {
        self.lies(Lying::Nothing);
    }

    /// From now on the finger in the directory `fingers` whose name is in `file` is put on the
    /// sensor again and again; none where the file is empty or not there.
    pub fn follow(&self, file: &Path, fingers: &Path) {
        self.lies(Lying::Named {
            file: file.into(),
            fingers: fingers.into(),
        });
    }

    fn lies(&self, lying: Lying) {
        let mut state = self.state();
        (state.lying, state.pictures, state.moving) = (lying, 0, state.shown);
    }

    /// Breaks the module.
    pub fn misbehave(&self, fault: Fault) {
        self.state().fault = Some(fault);
    }

    /// Mends it.
    pub fn behave(&self) {
        self.state().fault = None;
    }

    pub(super) fn fault(&self) -> Option<Fault> {
        self.state().fault
    }

    /// How many pixels a picture has, across and down.
    #[must_use]
    pub fn window(&self) -> (u16, u16) {
        self.state().window
    }

    /// Arbitrary bytes.
    pub(super) fn noise(&self, len: usize) -> Vec<u8> {
        let random = &mut self.state().random;
        std::iter::repeat_with(|| random.u8(..)).take(len).collect()
    }

    /// The last pictures, as they were uploaded: the latest first.
    #[must_use]
    pub fn pictures(&self) -> Vec<Vec<u8>> {
        self.state().taken.iter().cloned().collect()
    }

    /// Takes a picture, as it is uploaded; None where no finger lies.
    pub(super) fn picture(&self) -> Option<Vec<u8>> {
        let mut state = self.state();
        let State {
            window: (width, height),
            lying,
            pictures,
            moving,
            shown,
            fault,
            random,
            taken,
        } = &mut *state;
        if *fault == Some(Fault::RepeatsOldFrame) && !taken.is_empty() {
            return taken.front().cloned();
        }
        *shown = false;
        if std::mem::take(moving) {
            return None;
        }
        let finger = match lying {
            Lying::Nothing => return None,
            Lying::Finger(finger) => finger.clone(),
            Lying::Again(finger) => finger.clone().placed(*pictures),
            Lying::Named { file, fingers } => match named_in(file, fingers) {
                Ok(finger) => finger?.placed(*pictures),
                Err(error) => {
                    eprintln!("the sensor: {error:#}");
                    return None;
                }
            },
        };
        (*pictures, *shown) = (*pictures + 1, true);
        *moving = !matches!(lying, Lying::Finger(_));
        let (width, height) = (i32::from(*width), i32::from(*height));
        let places = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        let nibbles: Vec<u8> = places
            .map(|(x, y)| {
                let grey = finger.grey((x - width / 2) as f32, (y - height / 2) as f32);
                let grey = grey as i16 + random.i16(-NOISE..=NOISE);
                ((grey.clamp(0, 255) + 8) / 17) as u8
            })
            .collect();
        let pairs = nibbles.as_chunks().0.iter();
        taken.truncate(REMEMBERED - 1);
        taken.push_front(pairs.map(|[first, second]| first << 4 | second).collect());
        taken.front().cloned()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("nobody panics with it")
    }
}

fn named_in(file: &Path, fingers: &Path) -> Result<Option<Impression>> {
    let name = std::fs::read_to_string(file).unwrap_or_default();
    let name = name.trim();
    if name.is_empty() {
        return Ok(None);
    }
    // The guest writes the file: what it says must not lead out of the directory.
    ensure!(
        Path::new(name).file_name() == Some(name.as_ref()),
        "{name:?} is no name of an image"
    );
    Impression::open(&fingers.join(name)).map(Some)
}
