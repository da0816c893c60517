//! From an image to minutiae (NIST's MINDTCT), and from minutiae to a score (BOZORTH3),
//! within bounds that hold for every input.
//!
//! Only [`matches()`] decides anything in a trusted application: a score that came out of
//! one would let an attacker climb. Who measures error rates takes the score.

extern crate alloc;

use super::frame::{Frame, MAX_PIXELS};
use super::print::{MAX_MINUTIAE, Minutia, Print};
use super::template::MAX_QUALITY;
use super::template::MAX_VIEWS;
use crate::error::{Error, Result};
use alloc::vec::Vec;
use touchseal_bozorth3::{
    Limits, MAX_COORDINATE, MAX_THETA, MIN_COMPUTABLE_BOZORTH_MINUTIAE, MatchError, match_effort,
};
use touchseal_mindtct::{DetectError, GrayImage, detect};
use zeroize::Zeroize;

/// Two impressions are of one finger from this score on: the rule of thumb of
/// BOZORTH3's authors.
pub const THRESHOLD: u32 = 40;

/// Minutiae of a lower quality in the mean, of 100, are of noise, or of a finger that is too
/// wet or too dry. Noise was seen at 24, real fingers from 36 on.
const MIN_QUALITY: u8 = 30;

/// What one comparison may cost. Real impressions of one finger were seen to cost 13 million
/// steps at most, 2 million in the middle, and of two fingers 0.6 million.
pub const LIMITS: Limits = Limits {
    minutiae: MAX_MINUTIAE,
    steps: 16_000_000,
    ..Limits::TRUSTED_APPLICATION
};

/// What the comparisons of an attempt may cost together, in steps: with the four impressions
/// of one's own finger, and sixteen of others.
pub const ATTEMPT_STEPS: u64 = 80_000_000;

const EXTRACTION: touchseal_mindtct::Limits = touchseal_mindtct::Limits::TRUSTED_APPLICATION;

/// The most heap that a picture and extracting or comparing hold at any one time, in bytes.
#[allow(clippy::arithmetic_side_effects, reason = "evaluated by the compiler")]
pub const HEAP_BOUND: usize =
    MAX_PIXELS + PRINTS + MINUTIAE + max(EXTRACTION.heap_bound(), LIMITS.heap_bound());

/// The print of the picture, and those of a template that is compared or enrolled.
#[allow(clippy::arithmetic_side_effects, reason = "evaluated by the compiler")]
const PRINTS: usize = (1 + MAX_VIEWS) * MAX_MINUTIAE * size_of::<Minutia>();

/// Two prints as the matcher takes them.
#[allow(clippy::arithmetic_side_effects, reason = "evaluated by the compiler")]
const MINUTIAE: usize = 2 * MAX_MINUTIAE * size_of::<touchseal_bozorth3::Minutia>();

const fn max(a: usize, b: usize) -> usize {
    if a > b { a } else { b }
}

/// The most reliable minutiae of a picture, and their quality, 100 at most. One with too few
/// to tell anything, or with more than any finger has, is a poor image.
pub fn extract(frame: &Frame) -> Result<(Print, u8)> {
    let image = GrayImage::new(frame.pixels(), frame.width().into(), frame.height().into())
        .map_err(|_| Error::PoorImage)?;
    let found = detect(image, &EXTRACTION).map_err(|error| match error {
        DetectError::OutOfMemory => Error::OutOfMemory,
        _ => Error::PoorImage,
    })?;
    let mut print = Print::room()?;
    let mut quality = 0i32;
    // The best first, without a sort, which would take memory. Of one quality, the first
    // that was found.
    let of_quality = |quality: i32| found.iter().filter(move |m| m.quality == quality);
    let best = (0..=i32::from(MAX_QUALITY)).rev().flat_map(of_quality);
    for minutia in best.take(MAX_MINUTIAE) {
        quality = quality.saturating_add(minutia.quality);
        let [x, y, theta] = [minutia.x, minutia.y, minutia.theta].map(u16::try_from);
        let minutia = match (x, y, theta) {
            (Ok(x), Ok(y), Ok(theta)) => Minutia { x, y, theta },
            _ => return Err(Error::PoorImage),
        };
        if !print.push(minutia) {
            return Err(Error::PoorImage);
        }
    }
    check(&print)?;
    let mean = i32::try_from(print.0.len())
        .ok()
        .and_then(|count| quality.checked_div(count));
    let quality = mean.and_then(|mean| u8::try_from(mean).ok()).unwrap_or(0);
    if quality < MIN_QUALITY {
        return Err(Error::PoorImage);
    }
    Ok((print, quality.min(MAX_QUALITY)))
}

/// Refuses a print with too few minutiae to tell anything, or with impossible ones.
fn check(print: &Print) -> Result<()> {
    let possible =
        |m: &Minutia| i32::from(m.x.max(m.y)) <= MAX_COORDINATE && i32::from(m.theta) <= MAX_THETA;
    if print.0.len() < MIN_COMPUTABLE_BOZORTH_MINUTIAE || !print.0.iter().all(possible) {
        return Err(Error::PoorImage);
    }
    Ok(())
}

/// Whether both are impressions of one finger, as far as the attempt has `steps` left.
pub fn matches(probe: &Print, template: &Print, steps: &mut u64) -> Result<bool> {
    let limits = Limits {
        steps: LIMITS.steps.min(*steps),
        ..LIMITS
    };
    let (score, cost) = compare(probe, template, &limits)?;
    *steps = steps.saturating_sub(cost);
    Ok(score >= THRESHOLD)
}

/// How alike two impressions are. A comparison that would pass the bounds scores nothing.
pub fn score(probe: &Print, template: &Print) -> Result<u32> {
    compare(probe, template, &LIMITS).map(|(score, _)| score)
}

/// The score, and how many steps it took.
fn compare(probe: &Print, template: &Print, limits: &Limits) -> Result<(u32, u64)> {
    let (probe, template) = (Minutiae::of(probe)?, Minutiae::of(template)?);
    let (score, effort) = match_effort(&probe.0, &template.0, limits);
    let score = match score {
        Ok(score) => Ok(score),
        Err(MatchError::TooComplex) => Ok(0),
        Err(MatchError::OutOfMemory) => Err(Error::OutOfMemory),
        Err(_) => Err(Error::PoorImage),
    };
    Ok((score?, effort.steps))
}

/// An impression as the matcher takes it. Wiped when dropped.
struct Minutiae(Vec<touchseal_bozorth3::Minutia>);

impl Minutiae {
    fn of(print: &Print) -> Result<Self> {
        let mut minutiae = Vec::new();
        minutiae
            .try_reserve_exact(print.0.len())
            .map_err(|_| Error::OutOfMemory)?;
        minutiae.extend(print.0.iter().map(|m| touchseal_bozorth3::Minutia {
            x: m.x.into(),
            y: m.y.into(),
            theta: m.theta.into(),
        }));
        Ok(Self(minutiae))
    }
}

impl Drop for Minutiae {
    fn drop(&mut self) {
        for minutia in &mut self.0 {
            minutia.x.zeroize();
            minutia.y.zeroize();
            minutia.theta.zeroize();
        }
    }
}
