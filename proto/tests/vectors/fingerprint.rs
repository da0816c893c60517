//! The fingerprint TA's commands, there and back, and those of the simulated sensor.

use crate::commands::{complete, exchange};
use crate::values::{EPOCH, HANDLE, token, token_of_password};
use crate::{same, vector};
use touchseal_proto::command::{FingerprintCommand, SimulatedSensorCommand};
use touchseal_proto::message::*;
use touchseal_proto::signed::Sensor;

const WANTED: u8 = 4;

fn impression(guidance: Guidance, taken: u8, finger: u32) -> Impression {
    Impression {
        guidance,
        taken,
        wanted: WANTED,
        finger,
    }
}

#[test]
fn fingerprint_commands() {
    let mut exchanged = enrolment();
    exchanged.extend([
        exchange(
            "get_challenge",
            GetChallenge {},
            "fresh_challenge",
            FreshChallenge { challenge: HANDLE },
        ),
        exchange(
            "reset_lockout",
            ResetLockout {
                token: token_of_password(),
            },
            "done",
            Done {},
        ),
        exchange(
            "authenticate",
            Authenticate { operation: HANDLE },
            "authenticated",
            Authenticated { token: token() },
        ),
    ]);
    complete("fingerprint TA", exchanged, FingerprintCommand::caller);
}

fn enrolment() -> Vec<(u32, String)> {
    vec![
        exchange(
            "get_fingers",
            GetFingers {},
            "fingers",
            Fingers {
                sensor: Sensor::Simulated,
                authenticator_id: EPOCH,
                fingers: [1, 3].into_iter().collect(),
                locked_ms: 29_999,
            },
        ),
        exchange(
            "begin_enroll",
            BeginEnroll {
                token: Some(token_of_password()),
            },
            "enroll_begun",
            EnrollBegun { wanted: WANTED },
        ),
        exchange(
            "add_impression",
            AddImpression {},
            "impression_taken",
            impression(Guidance::Taken, 2, 0),
        ),
        exchange("abort_enroll", AbortEnroll {}, "done", Done {}),
        exchange("remove_finger", RemoveFinger { finger: 3 }, "done", Done {}),
        exchange("remove_fingers", RemoveFingers {}, "done", Done {}),
        exchange(
            "invalidate_enrolment",
            InvalidateEnrolment {},
            "done",
            Done {},
        ),
    ]
}

#[test]
fn simulated_sensor_commands() {
    let part = PlaceImage {
        width: 256,
        height: 288,
        offset: 10_240,
        pixels: [3, 10, 17, 24, 31, 38, 45, 52].into_iter().collect(),
    };
    let exchanged = vec![exchange("place_image", part, "done", Done {})];
    complete(
        "fingerprint TA, simulated sensor",
        exchanged,
        SimulatedSensorCommand::caller,
    );
}

#[test]
fn there_may_be_no_finger_and_a_lock_for_good() {
    let none = Fingers {
        sensor: Sensor::SecureUart,
        authenticator_id: 0,
        fingers: heapless::Vec::new(),
        locked_ms: u32::MAX,
    };
    same("fingers_none", &vector("fingers_none")[3..], &none);
}

#[test]
fn in_the_factory_an_enrolment_begins_without_a_token() {
    let golden = vector("begin_enroll_factory");
    same(
        "begin_enroll_factory",
        &golden[1..],
        &BeginEnroll { token: None },
    );
}

#[test]
fn guidance() {
    for (name, expected) in [
        (
            "impression_enrolled",
            impression(Guidance::Enrolled, WANTED, 3),
        ),
        ("impression_too_small", impression(Guidance::TooSmall, 0, 0)),
        (
            "impression_too_similar",
            impression(Guidance::TooSimilar, 1, 0),
        ),
        (
            "impression_wrong_finger",
            impression(Guidance::WrongFinger, 3, 0),
        ),
    ] {
        same(name, &vector(name)[3..], &expected);
    }
}
