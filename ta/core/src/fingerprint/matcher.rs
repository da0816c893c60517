//! Minutiae matching (NIST's BOZORTH3), within bounds that hold for every input.
//! Match or no match comes out, never a score: a score would let an attacker climb.

use crate::error::{Error, Result};
use alloc::vec::Vec;
use touchseal_bozorth3::{
    Limits, MAX_COORDINATE, MAX_THETA, MIN_COMPUTABLE_BOZORTH_MINUTIAE, MatchError, Minutia,
    match_score,
};
use touchseal_proto::message::{MAX_MINUTIAE, Print};
use zeroize::Zeroize;

/// Two impressions are of one finger from this score on: the rule of thumb of
/// BOZORTH3's authors.
const THRESHOLD: u32 = 40;

const _: () = assert!(MAX_MINUTIAE <= Limits::TRUSTED_APPLICATION.minutiae);

/// Refuses a print with too few minutiae to tell anything, or with impossible ones.
pub fn check(print: &Print) -> Result<()> {
    let possible = |m: &touchseal_proto::message::Minutia| {
        i32::from(m.x.max(m.y)) <= MAX_COORDINATE && i32::from(m.theta) <= MAX_THETA
    };
    if print.0.len() < MIN_COMPUTABLE_BOZORTH_MINUTIAE || !print.0.iter().all(possible) {
        return Err(Error::PoorImage);
    }
    Ok(())
}

/// Refuses a print that cannot be compared within the bounds, before it becomes a
/// template that nothing would ever match.
pub fn check_template(print: &Print) -> Result<()> {
    check(print)?;
    if matches(print, print)? {
        Ok(())
    } else {
        Err(Error::PoorImage)
    }
}

/// Whether both are impressions of one finger. A comparison that would pass the
/// bounds is no match: real prints stay far below them.
pub fn matches(probe: &Print, template: &Print) -> Result<bool> {
    let (mut probe, mut template) = (minutiae(probe)?, minutiae(template)?);
    let score = match_score(&probe, &template, &Limits::TRUSTED_APPLICATION);
    wipe(&mut probe);
    wipe(&mut template);
    match score {
        Ok(score) => Ok(score >= THRESHOLD),
        Err(MatchError::TooComplex) => Ok(false),
        Err(MatchError::OutOfMemory) => Err(Error::OutOfMemory),
        Err(_) => Err(Error::PoorImage),
    }
}

fn minutiae(print: &Print) -> Result<Vec<Minutia>> {
    let mut minutiae = Vec::new();
    minutiae
        .try_reserve_exact(print.0.len())
        .map_err(|_| Error::OutOfMemory)?;
    minutiae.extend(print.0.iter().map(|m| Minutia {
        x: m.x.into(),
        y: m.y.into(),
        theta: m.theta.into(),
    }));
    Ok(minutiae)
}

fn wipe(minutiae: &mut [Minutia]) {
    for minutia in minutiae {
        minutia.x.zeroize();
        minutia.y.zeroize();
        minutia.theta.zeroize();
    }
}
