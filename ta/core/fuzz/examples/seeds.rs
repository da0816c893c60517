//! Writes the part of the corpus that is made of golden bytes: requests and evidence of
//! `proto/vectors`, records of `ta/core/tests/records`; and pictures of a made-up finger.

use std::fs;
use std::path::{Path, PathBuf};
use touchseal_fuzz::record::{HEADED, KINDS};
use touchseal_nonsecure::finger::{HEIGHT, WIDTH};
use touchseal_proto::command::Request;
use touchseal_proto::message::*;
use touchseal_verify::{Chain, Signed, device_key_to_text, to_json};

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn hex_file(path: PathBuf) -> Vec<u8> {
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    let digits: String = text
        .lines()
        .map(|line| line.split('#').next().unwrap_or("").trim())
        .collect();
    hex::decode(digits).unwrap_or_else(|error| panic!("{path:?}: {error}"))
}

fn vector(name: &str) -> Vec<u8> {
    hex_file(here().join(format!("../../../proto/vectors/{name}.hex")))
}

fn write(target: &str, name: &str, input: &[u8]) {
    let folder = here().join("corpus").join(target);
    fs::create_dir_all(&folder).expect("the corpus can be written");
    fs::write(folder.join(format!("seed-{name}")), input).expect("the corpus can be written");
}

/// Calls of one peer: its number, then each call's command and request.
fn calls(peer: u8, calls: &[(u32, &str)]) -> Vec<u8> {
    let mut input = Vec::new();
    for (command, name) in calls {
        let mut request = vector(name);
        // Of an image, as much as a seed has room for.
        request.truncate(600);
        input.extend([peer, *command as u8]);
        input.extend((request.len() as u16).to_le_bytes());
        input.extend(request);
    }
    input
}

macro_rules! calls {
    ($peer:expr; $($request:ident $vector:literal,)*) => {
        calls($peer, &[$(($request::COMMAND, $vector)),*])
    };
}

/// The number of a trusted application: payment, SOTER, fingerprint, gatekeeper.
const PAYMENT: u8 = 0;
const SOTER: u8 = 1;
const FINGERPRINT: u8 = 2;
const GATEKEEPER: u8 = 3;
/// Added to it, the login: an app's is 0.
const ROOT: u8 = 4;
const FINGERPRINT_TA: u8 = 6 * 4;
const SOTER_TA: u8 = 8 * 4;

fn requests() {
    write(
        "request",
        "payment-app",
        &calls!(PAYMENT;
            GetInfo "get_info", GetSensor "get_sensor", GenerateAppKey "generate_app_key",
            ExportAppKey "export_app_key", GeneratePaymentKey "generate_payment_key",
            ExportPaymentKey "export_payment_key", ListPaymentKeys "list_payment_keys",
            FindAppKey "find_app_key", FindPaymentKey "find_payment_key", Begin "begin",
            Finish "finish", Abort "abort", GetReport "get_report",
            RemovePaymentKey "remove_payment_key", RemoveAppKeys "remove_app_keys",),
    );
    write(
        "request",
        "payment-root",
        &calls!(PAYMENT + ROOT;
            Provision "provision", ExportDeviceKey "export_device_key", Latch "latch",
            Diagnose "diagnose", RemoveEveryKey "remove_every_key",),
    );
    write(
        "request",
        "payment-trusted",
        &[
            calls!(PAYMENT + FINGERPRINT_TA;
                GetTokenKey "get_token_key", GetPasswordKey "get_password_key",),
            calls!(PAYMENT + SOTER_TA;
                TakeTurn "take_turn", Count "count", BeginChallenge "begin_challenge",
                FinishChallenge "finish_challenge", SignReport "sign_report",),
        ]
        .concat(),
    );
    write(
        "request",
        "soter-app",
        &calls!(SOTER;
            GenerateAppKey "generate_app_key", GeneratePaymentKey "generate_payment_key",
            ExportSoterDeviceKey "export_soter_device_key",
            ExportSoterAppKey "export_soter_app_key",
            ExportSoterPaymentKey "export_soter_payment_key",
            ListPaymentKeys "list_payment_keys", FindAppKey "find_app_key",
            FindPaymentKey "find_payment_key", BeginSoter "begin_soter",
            FinishSoter "finish_soter", Abort "abort", GetReport "get_report",
            RemovePaymentKey "remove_payment_key", RemoveAppKeys "remove_app_keys",),
    );
    write(
        "request",
        "soter-root",
        &calls!(SOTER + ROOT;
            Provision "provision", Prepare "prepare", Diagnose "diagnose",
            RemoveEveryKey "remove_every_key",),
    );
    write(
        "request",
        "fingerprint",
        &[
            calls!(FINGERPRINT;
                GetFingers "get_fingers", GetChallenge "get_challenge",
                ResetLockout "reset_lockout", PlaceImage "place_image",
                Authenticate "authenticate",),
            calls!(FINGERPRINT + ROOT;
                BeginEnroll "begin_enroll", BeginEnroll "begin_enroll_factory",
                AddImpression "add_impression", AbortEnroll "abort_enroll",
                RemoveFinger "remove_finger", InvalidateEnrolment "invalidate_enrolment",
                RemoveFingers "remove_fingers",),
        ]
        .concat(),
    );
    write(
        "request",
        "gatekeeper",
        &[
            calls!(GATEKEEPER; GetPassword "get_password", VerifyPassword "verify_password",),
            calls!(GATEKEEPER + ROOT;
                SetPassword "set_first_password", SetPassword "set_password",
                ForgetPassword "forget_password",),
        ]
        .concat(),
    );
}

fn records() {
    for (kind, name) in [
        (0, "payment_state_v1"),
        (1, "payment_latch_v1"),
        (2, "soter_state_v1"),
        (3, "fingerprint_state_v1"),
        (3, "fingerprint_state_v2"),
        (4, "gatekeeper_state_v1"),
        (5, "key_list_v1"),
        (6, "key_payment_v1"),
        (KINDS - 1, "template_v1"),
    ] {
        let bytes = hex_file(here().join(format!("../tests/records/{name}.hex")));
        write("record", name, &[&[kind], &bytes[..]].concat());
    }
    let iso = hex_file(here().join("../tests/records/template_iso_v1.hex"));
    let input = [&[(KINDS - 1) | HEADED], &iso[..]].concat();
    write("record", "template_iso_v1", &input);
}

fn evidence() {
    let signed = |name| {
        let response = vector(name);
        let (statement, signature) = response[3..].split_at(response.len() - 3 - 64);
        Signed {
            statement: statement.to_vec(),
            signature: signature.to_vec(),
        }
    };
    let file = |text: String| [&[0], text.as_bytes()].concat();
    let chain = Chain {
        app_key: signed("signed_app_key"),
        payment_key: signed("signed_payment_key"),
    };
    write("evidence", "chain", &file(to_json(&chain)));
    let payment = signed("signed_payment");
    write("evidence", "payment", &file(to_json(&payment)));
    let device_key = vector("device_key")[3 + 16..].try_into().expect("a key");
    let text = device_key_to_text(&device_key);
    write("evidence", "device-key", &file(text));
    write("evidence", "forged", &[1, 0, 0, 0, 0, 7, 1]);
    write("evidence", "signed-anew", &[2, 2, 0, 0, 0, 0, 7, 1]);

    let attk = vector("soter_device_key").try_into().expect("a modulus");
    let pem = touchseal_proto::soter::spki_pem(&attk).expect("a key");
    write("soter", "pem", &[&[1], pem.as_bytes(), b"\n"].concat());
    for name in ["soter_app_key", "soter_signature"] {
        write("soter", name, &[&[0], &vector(name)[..]].concat());
    }
    write("soter", "forged", &[2, 0, 0, 0, 0, 7, 1]);
    write("soter", "signed-anew", &[3, 2, 0, 0, 0, 0, 7, 1]);
}

/// Pictures of a made-up finger: how large, which finger and placement, and what is drawn.
fn images() {
    const SHORTEST: u16 = 25;
    const FINGER: [u8; 4] = [0, 0, 0, 0x40];
    let picture = |width: u16, height: u16, strokes: &[u8]| {
        let sides = [width, height].map(|side| (side - SHORTEST).to_be_bytes());
        [&sides.concat(), &FINGER[..], &[1, 3], strokes].concat()
    };
    write("image", "finger", &picture(WIDTH, HEIGHT, &[0]));
    write("image", "finger-cut", &picture(WIDTH / 2, HEIGHT, &[0]));
    // One stroke: from where, how large, and noise with its seed.
    let noise = [1, 90, 0, 100, 0, 40, 40, 0, 0, 0, 0x80, 7];
    write("image", "finger-noise", &picture(WIDTH, HEIGHT, &noise));
}

fn main() {
    requests();
    images();
    records();
    evidence();
    for name in ["template_iso_v1", "template_iso_full_v1"] {
        let bytes = hex_file(here().join(format!("../tests/records/{name}.hex")));
        write("template", name, &bytes);
    }
}
