//! Commands, over a session with a trusted application.

use touchseal_core::error::Error;
use touchseal_nonsecure::NonsecureTransport;
use touchseal_nonsecure::finger;
use touchseal_proto::command::{Request, SimulatedSensorCommand, SoterCommand};
use touchseal_proto::message::{AddImpression, BeginEnroll, Guidance, IMAGE_PART, PlaceImage};
use touchseal_proto::status::Status;
use touchseal_proto::token::AuthToken;
use touchseal_proto::transport::{CallError, Transport, call};

/// What comes of a command.
pub type Outcome<R> = Result<R, Status>;

/// Sends a command. Every refusal has a status; that there is no answer, or none that
/// decodes, is a finding.
pub fn ask<R: Request>(session: &mut NonsecureTransport, request: &R) -> Outcome<R::Response> {
    let answer = call(
        request,
        &mut [0; SimulatedSensorCommand::MAX_REQUEST],
        &mut [0; SoterCommand::MAX_RESPONSE],
        |command, request, response| session.invoke(command, request, response),
    );
    answer.map_err(|error: CallError<Error>| match error {
        CallError::Refused(status) => status,
        other => panic!("no answer: {other:?}"),
    })
}

/// Puts a made-up finger on the simulated sensor, for the `n`th time.
pub fn place(session: &mut NonsecureTransport, seed: u64, n: u64) -> Outcome<()> {
    let picture = finger::impression(seed, n);
    for (part, pixels) in picture.pixels.chunks(IMAGE_PART).enumerate() {
        let part = PlaceImage {
            width: picture.width,
            height: picture.height,
            offset: (part * IMAGE_PART) as u32,
            pixels: pixels.iter().copied().collect(),
        };
        ask(session, &part)?;
    }
    Ok(())
}

/// Enrols a made-up finger.
pub fn enroll(
    session: &mut NonsecureTransport,
    token: Option<AuthToken>,
    seed: u64,
) -> Outcome<u32> {
    ask(session, &BeginEnroll { token })?;
    for n in 0..8 {
        place(session, seed, n)?;
        let impression = ask(session, &AddImpression {})?;
        if impression.guidance == Guidance::Enrolled {
            return Ok(impression.finger);
        }
    }
    panic!("a made-up finger is not enrolled");
}
