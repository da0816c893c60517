//! Waits for a finger: at the sensor, or from an image for a simulated one.

use crate::client::{FingerprintClient, Result};
use crate::{Error, proto};
use proto::message::{Guidance, Impression};
use proto::status::Status;
use proto::token::AuthToken;
use proto::transport::Transport;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long a finger is waited for.
pub const LIMIT: Duration = Duration::from_secs(30);
/// After so many impressions one after the other that added nothing, an enrolment is given up.
const IN_VAIN: u32 = 15;
/// Until the sensor is asked again.
const PAUSE: Duration = Duration::from_millis(100);

/// What the owner of the finger has to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prompt {
    /// Put the finger on the sensor.
    Place,
    /// Lift it first.
    Lift,
    /// What became of an impression.
    Impression(Guidance, Progress),
}

/// How far an enrolment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// So many impressions were taken.
    pub taken: u8,
    /// Of so many.
    pub wanted: u8,
}

/// Tells the owner. Where the sensor is simulated, it [places](FingerprintClient::place) an
/// image when told to.
pub trait Owner<T: Transport>: FnMut(&mut FingerprintClient<T>, Prompt) -> Result<(), T> {}
impl<T: Transport, F: FnMut(&mut FingerprintClient<T>, Prompt) -> Result<(), T>> Owner<T> for F {}

/// Matches a finger for an operation, and waits until one is there.
///
/// # Errors
///
/// What the trusted application refuses: `NoFingerOnSensor` when none came.
pub fn authenticate<T: Transport>(
    client: &mut FingerprintClient<T>,
    operation: u64,
    owner: &mut impl Owner<T>,
) -> Result<AuthToken, T> {
    authenticate_unless(client, operation, owner, &|| false)
}

/// As [`authenticate`], until the wait is given up.
///
/// # Errors
///
/// What the trusted application refused last, when it was given up.
pub fn authenticate_unless<T: Transport>(
    client: &mut FingerprintClient<T>,
    operation: u64,
    owner: &mut impl Owner<T>,
    given_up: &dyn Fn() -> bool,
) -> Result<AuthToken, T> {
    let ask = |client: &mut FingerprintClient<T>| client.authenticate(operation);
    wait(client, owner, given_up, ask)
}

/// Enrols a finger: its number. `token` is a stronger credential's, where one is needed.
///
/// # Errors
///
/// What the trusted application refuses: `NoFingerOnSensor` when none came. The enrolment is
/// given up then.
pub fn enroll<T: Transport>(
    client: &mut FingerprintClient<T>,
    token: Option<AuthToken>,
    owner: &mut impl Owner<T>,
) -> Result<u32, T> {
    client.begin_enroll(token)?;
    let enrolled = impressions(client, owner);
    if enrolled.is_err() {
        // What is told is why the enrolment failed.
        let _ = client.abort_enroll();
    }
    enrolled
}

fn impressions<T: Transport>(
    client: &mut FingerprintClient<T>,
    owner: &mut impl Owner<T>,
) -> Result<u32, T> {
    let mut in_vain = 0;
    loop {
        let Impression {
            guidance,
            taken,
            wanted,
            finger,
        } = wait(client, owner, &|| false, FingerprintClient::add_impression)?;
        let told = owner(
            client,
            Prompt::Impression(guidance, Progress { taken, wanted }),
        );
        // It counts, whoever does not hear of it.
        if guidance == Guidance::Enrolled {
            return Ok(finger);
        }
        told?;
        match guidance {
            Guidance::Taken => in_vain = 0,
            _ if in_vain == IN_VAIN => return Err(Error::Refused(Status::PoorImage)),
            _ => in_vain += 1,
        }
    }
}

/// Asks until the answer is another than that no finger was put on the sensor.
fn wait<R, T: Transport>(
    client: &mut FingerprintClient<T>,
    owner: &mut impl Owner<T>,
    given_up: &dyn Fn() -> bool,
    mut ask: impl FnMut(&mut FingerprintClient<T>) -> Result<R, T>,
) -> Result<R, T> {
    let until = Instant::now() + LIMIT;
    let mut told = None;
    loop {
        let outcome = ask(client);
        let prompt = match outcome {
            Err(Error::Refused(Status::NoFingerOnSensor)) => Prompt::Place,
            Err(Error::Refused(Status::LiftFinger)) => Prompt::Lift,
            outcome => return outcome,
        };
        if Instant::now() >= until || given_up() {
            return outcome;
        }
        if told == Some(prompt) {
            sleep(PAUSE);
        } else {
            owner(client, prompt)?;
            told = Some(prompt);
        }
    }
}
