//! Images: of no finger, and of real ones. Those that are made are the same on every machine.
#![allow(dead_code, reason = "each test uses some of it")]

use std::f64::consts::PI;
use std::fmt;

use touchseal_mindtct::{GrayImage, Minutia};

/// The same sequence on every machine.
pub struct Seeded(u64);

impl Seeded {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_add(0x9e37_79b9_7f4a_7c15))
    }

    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % bound
    }

    /// `0.0..1.0`.
    fn part(&mut self) -> f64 {
        self.below(1 << 20) as f64 / f64::from(1 << 20)
    }
}

#[derive(Clone)]
pub struct Image {
    pub name: String,
    pub pixels: Vec<u8>,
    pub width: usize,
    pub height: usize,
}

impl fmt::Display for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}x{}", self.name, self.width, self.height)
    }
}

impl Image {
    pub fn new(
        name: impl Into<String>,
        (width, height): (usize, usize),
        mut pixel: impl FnMut(usize, usize) -> u8,
    ) -> Self {
        let at = |i| (i % width, i / width);
        Self {
            name: name.into(),
            pixels: (0..width * height)
                .map(|i| pixel(at(i).0, at(i).1))
                .collect(),
            width,
            height,
        }
    }

    pub fn gray(&self) -> GrayImage<'_> {
        GrayImage::new(&self.pixels, self.width, self.height).unwrap()
    }

    pub fn size(&self) -> (usize, usize) {
        (self.width, self.height)
    }

    fn pixel(&self, x: usize, y: usize) -> u8 {
        self.pixels[y * self.width + x]
    }

    pub fn crop(&self, (left, top): (usize, usize), size: (usize, usize)) -> Self {
        Self::new(format!("{} from {left},{top}", self.name), size, |x, y| {
            self.pixel(left + x, top + y)
        })
    }

    /// Turned about its middle; corners are white.
    pub fn turned(&self, degrees: i32) -> Self {
        let (sin, cos) = libm::sincos(f64::from(degrees).to_radians());
        let (cx, cy) = (self.width as f64 / 2.0, self.height as f64 / 2.0);
        let name = format!("{} turned by {degrees}", self.name);
        Self::new(name, self.size(), |x, y| {
            let (dx, dy) = (x as f64 - cx, y as f64 - cy);
            let (x, y) = (cx + dx * cos - dy * sin, cy + dx * sin + dy * cos);
            let inside =
                (0.0..self.width as f64).contains(&x) && (0.0..self.height as f64).contains(&y);
            if inside {
                self.pixel(x as usize, y as usize)
            } else {
                255
            }
        })
    }

    /// With noise of up to `most` grey levels.
    pub fn noisy(&self, most: usize, seed: u64) -> Self {
        let mut seeded = Seeded::new(seed);
        let name = format!("{} with noise {most}", self.name);
        Self::new(name, self.size(), |x, y| {
            let noise = seeded.below(2 * most + 1) as i32 - most as i32;
            (i32::from(self.pixel(x, y)) + noise).clamp(0, 255) as u8
        })
    }

    pub fn inverted(&self) -> Self {
        let name = format!("{} inverted", self.name);
        Self::new(name, self.size(), |x, y| 255 - self.pixel(x, y))
    }

    /// With blots: rectangles of one grey.
    pub fn blotted(&self, blots: usize, seed: u64) -> Self {
        let mut seeded = Seeded::new(seed);
        let mut image = self.clone();
        image.name = format!("{} with {blots} blots", self.name);
        for _ in 0..blots {
            let (x, y) = (seeded.below(self.width), seeded.below(self.height));
            let (right, bottom) = (x + 1 + seeded.below(24), y + 1 + seeded.below(24));
            let grey = seeded.below(256) as u8;
            for y in y..bottom.min(self.height) {
                for x in x..right.min(self.width) {
                    image.pixels[y * self.width + x] = grey;
                }
            }
        }
        image
    }
}

pub fn blank(size: (usize, usize), grey: u8) -> Image {
    Image::new(format!("blank {grey}"), size, |_, _| grey)
}

pub fn checkerboard(size: (usize, usize), field: usize) -> Image {
    Image::new(format!("checkerboard {field}"), size, |x, y| {
        if (x / field + y / field).is_multiple_of(2) {
            0
        } else {
            255
        }
    })
}

/// Straight ridges.
pub fn grating(size: (usize, usize), period: f64, degrees: i32) -> Image {
    let (sin, cos) = libm::sincos(f64::from(degrees).to_radians());
    Image::new(format!("grating {period} at {degrees}"), size, |x, y| {
        let along = x as f64 * cos + y as f64 * sin;
        (127.5 + 120.0 * libm::sin(2.0 * PI * along / period)) as u8
    })
}

pub fn noise(size: (usize, usize), seed: u64) -> Image {
    let mut seeded = Seeded::new(seed);
    Image::new(format!("noise {seed}"), size, |_, _| {
        seeded.below(256) as u8
    })
}

/// Like a finger's: ridges around a core, which begin and end where the phase is whirled.
pub fn finger(size: (usize, usize), seed: u64) -> Image {
    let mut seeded = Seeded::new(seed);
    let (width, height) = (size.0 as f64, size.1 as f64);
    let core = (
        width * (0.35 + 0.3 * seeded.part()),
        height * (0.35 + 0.3 * seeded.part()),
    );
    let whirls: Vec<(f64, f64, f64)> = (0..size.0 * size.1 / 1800)
        .map(|_| {
            let sign = if seeded.below(2) == 0 { 1.0 } else { -1.0 };
            (width * seeded.part(), height * seeded.part(), sign)
        })
        .collect();
    let (period, stretch) = (7.0 + 3.0 * seeded.part(), 0.7 + 0.6 * seeded.part());
    Image::new(format!("finger {seed}"), size, |x, y| {
        let (x, y) = (x as f64, y as f64);
        let distance = libm::hypot(x - core.0, (y - core.1) * stretch);
        let whirled: f64 = whirls
            .iter()
            .map(|w| w.2 * libm::atan2(y - w.1, x - w.0))
            .sum();
        (127.5 + 110.0 * libm::cos(2.0 * PI * distance / period + whirled)) as u8
    })
}

/// Some of everything, small and large, that NIST's code takes, too.
pub fn made_up() -> Vec<Image> {
    let mut images = Vec::new();
    let sizes = [
        (160, 200),
        (161, 143),
        (96, 300),
        (256, 288),
        (25, 25),
        (33, 250),
        (300, 26),
    ];
    for (i, size) in sizes.into_iter().enumerate() {
        let seed = i as u64;
        let finger = finger(size, seed);
        images.push(finger.noisy(20, seed));
        images.push(finger.noisy(90, seed));
        images.push(finger.turned(17 + 40 * i as i32));
        images.push(finger.blotted(12, seed).noisy(8, seed));
        images.push(finger.inverted());
        images.push(finger);
        images.push(noise(size, seed));
        images.push(checkerboard(size, 1 + i));
        images.push(blank(size, 40 * i as u8));
    }
    for (period, degrees) in (0..24).map(|i| (3.0 + f64::from(i) / 2.0, 15 * i)) {
        images.push(grating((130, 110), period, degrees));
        images.push(grating((97, 150), period, degrees + 7).noisy(60, degrees as u64));
    }
    images
}

/// NIST's minutiae of an image, as lines of its `xyt` format.
pub fn xyt(minutiae: &[Minutia]) -> String {
    let line = |m: &Minutia| format!("{} {} {} {}\n", m.x, m.y, m.theta, m.quality);
    minutiae.iter().map(line).collect()
}

/// Images, and NIST's minutiae of them.
pub fn golden() -> Vec<(Image, &'static str)> {
    macro_rules! golden {
        ($($name:literal $size:expr),*) => {
            [$((
                Image {
                    name: $name.into(),
                    pixels: include_bytes!(concat!("../golden/", $name, ".raw")).into(),
                    width: $size.0,
                    height: $size.1,
                },
                include_str!(concat!("../golden/", $name, ".xyt")),
            )),*]
        };
    }
    golden!(
        "small_72x64"(72, 64),
        "grating_160x160_s2"(160, 160),
        "whorl_208x208_s1"(208, 208),
        "whorl_208x208_s2"(208, 208),
        "loop_200x240"(200, 240)
    )
    .into()
}

/// Real fingers: `p1_1` and `p1_2` are one, `p2_1` is another.
pub fn real() -> Vec<Image> {
    let directory = std::env::var("TOUCHSEAL_FINGERS").expect("TOUCHSEAL_FINGERS");
    ["p1_1", "p1_2", "p2_1"]
        .map(|name| {
            let path = format!("{directory}/{name}.png");
            let file = std::fs::File::open(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
            let mut decoder = png::Decoder::new(std::io::BufReader::new(file));
            decoder.set_transformations(png::Transformations::normalize_to_color8());
            let mut reader = decoder.read_info().unwrap();
            let mut samples = vec![0; reader.output_buffer_size().unwrap()];
            let info = reader.next_frame(&mut samples).unwrap();
            let size = (info.width as usize, info.height as usize);
            let bytes = info.color_type.samples();
            Image::new(name, size, |x, y| {
                // The first of red, green and blue, which are alike.
                samples[y * info.line_size + x * bytes]
            })
        })
        .into()
}

/// More images of real fingers: parts of them, turned, and spoilt.
pub fn real_and_spoilt() -> Vec<Image> {
    let mut images = Vec::new();
    for (i, image) in real().into_iter().enumerate() {
        let seed = i as u64;
        for part in 0..4 {
            let corner = (20 * part, 37 * part);
            images.push(image.crop(corner, (256, 288)));
            images.push(image.crop(corner, (160 + part, 161 - part)));
            images.push(image.turned(23 + 90 * part as i32));
            images.push(image.noisy(10 + 30 * part, seed));
            images.push(image.blotted(10 * part, seed));
        }
        images.push(image.inverted());
        images.push(image);
    }
    images
}
