//! What is refused.

use crate::{VECTORS, from_hex, vector};
use std::fs;
use touchseal_proto::PROTOCOL_VERSION;
use touchseal_proto::command::Request;
use touchseal_proto::message::*;
use touchseal_proto::signed::*;
use touchseal_proto::soter::{Challenge, CpuId};
use touchseal_proto::status::Status;
use touchseal_proto::token::AuthToken;
use touchseal_proto::transport::{CallError, call};
use touchseal_proto::wire::{WireError, decode};

/// For any request or response, and what is too long for one.
const ROOM: usize = 1 << 13;

/// The client's side of a command that is answered by `response`.
fn answer<R: Request>(request: R, response: &[u8]) -> Result<R::Response, CallError<()>> {
    call(&request, &mut [0; ROOM], &mut [0; ROOM], |_, _, room| {
        room[..response.len()].copy_from_slice(response);
        Ok(response.len())
    })
}

fn refusal(message: &str, bytes: &[u8]) -> Option<WireError> {
    fn request<R: Request>(bytes: &[u8]) -> Option<WireError> {
        assert_eq!(bytes[0], PROTOCOL_VERSION);
        decode::<R>(&bytes[1..]).err()
    }
    fn response<R: Request>(request: R, bytes: &[u8]) -> Option<WireError> {
        match answer(request, bytes) {
            Err(CallError::Protocol(error)) => Some(error),
            _ => None,
        }
    }
    match message {
        "GetInfo" => request::<GetInfo>(bytes),
        "Latch" => request::<Latch>(bytes),
        "GetReport" => request::<GetReport>(bytes),
        "GenerateAppKey" => request::<GenerateAppKey>(bytes),
        "GeneratePaymentKey" => request::<GeneratePaymentKey>(bytes),
        "Begin" => request::<Begin>(bytes),
        "Finish" => request::<Finish>(bytes),
        "Abort" => request::<Abort>(bytes),
        "Count" => request::<Count>(bytes),
        "FinishChallenge" => request::<FinishChallenge>(bytes),
        "SignReport" => request::<SignReport>(bytes),
        "BeginSoter" => request::<BeginSoter>(bytes),
        "GetChallenge" => request::<GetChallenge>(bytes),
        "BeginEnroll" => request::<BeginEnroll>(bytes),
        "AddImpression" => request::<AddImpression>(bytes),
        "RemoveFinger" => request::<RemoveFinger>(bytes),
        "ResetLockout" => request::<ResetLockout>(bytes),
        "Authenticate" => request::<Authenticate>(bytes),
        "PlaceImage" => request::<PlaceImage>(bytes),
        "SetPassword" => request::<SetPassword>(bytes),
        "VerifyPassword" => request::<VerifyPassword>(bytes),
        "Info" => response(GetInfo {}, bytes),
        "TheSensor" => response(GetSensor {}, bytes),
        "Provisioned" => response(Provision {}, bytes),
        "Diagnosis" => response(Diagnose {}, bytes),
        "PaymentKeys" => response(ListPaymentKeys {}, bytes),
        "Found" => response(FindAppKey {}, bytes),
        "SoterDeviceKey" => response(ExportSoterDeviceKey {}, bytes),
        "Blob" => response(ExportSoterAppKey {}, bytes),
        "Prepared" => response(Prepare {}, bytes),
        "Fingers" => response(GetFingers {}, bytes),
        "FreshChallenge" => response(GetChallenge {}, bytes),
        "EnrollBegun" => response(BeginEnroll { token: None }, bytes),
        "Impression" => response(AddImpression {}, bytes),
        "PasswordState" => response(GetPassword {}, bytes),
        "AuthToken" => decode::<AuthToken>(bytes).err(),
        "KeyStatement" => KeyStatement::from_bytes(bytes).err(),
        "PaymentStatement" => PaymentStatement::from_bytes(bytes).err(),
        "ReportStatement" => ReportStatement::from_bytes(bytes).err(),
        "SoterChallenge" => decode::<Challenge>(bytes).err(),
        "SoterCpuId" => decode::<CpuId>(bytes).err(),
        _ => panic!("no message {message}"),
    }
}

/// The first line of a bad vector says of what and how it is refused.
#[test]
fn bad_vectors_are_refused() {
    let mut seen = 0;
    for entry in fs::read_dir(VECTORS).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if !name.starts_with("bad_") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let (message, error) = text
            .strip_prefix("# ")
            .and_then(|text| text.split_once(':'))
            .and_then(|(stated, _why)| stated.split_once(", refused as "))
            .expect(name);
        let refused = refusal(message, &from_hex(&text)).map(|error| format!("{error:?}"));
        assert_eq!(refused.as_deref(), Some(error), "{name}");
        seen += 1;
    }
    assert!(seen > 0);
}

#[test]
fn a_refusal_is_a_version_and_a_status() {
    assert_eq!(
        answer::<GetInfo>(GetInfo {}, &vector("refused")).err(),
        Some(CallError::Refused(Status::NotAuthorized))
    );
}
