//! `touchseal verify` on the golden vectors, as a person runs it.

use std::fs;
use std::path::Path;
use std::process::Command;
use touchseal_proto::soter::spki_pem;
use touchseal_verify::{Chain, Signed, device_key_to_text, to_json};

const VECTORS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../proto/vectors");

fn vector(name: &str) -> Vec<u8> {
    let text = fs::read_to_string(format!("{VECTORS}/{name}.hex")).expect(name);
    let digits: String = text
        .lines()
        .map(|line| line.split('#').next().unwrap().trim())
        .collect();
    hex::decode(digits).expect(name)
}

fn signed(name: &str) -> Signed {
    let response = vector(name);
    let (statement, signature) = response[3..].split_at(response.len() - 3 - 64);
    Signed {
        statement: statement.to_vec(),
        signature: signature.to_vec(),
    }
}

/// The files that a backend has, in a directory named after the test.
fn files(test: &str) -> String {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    fs::create_dir_all(&directory).unwrap();
    let write = |name: &str, content: &[u8]| fs::write(directory.join(name), content).unwrap();

    let device_key = vector("device_key")[3 + 16..].try_into().unwrap();
    write("device.key", device_key_to_text(&device_key).as_bytes());
    let chain = Chain {
        app_key: signed("signed_app_key"),
        payment_key: signed("signed_payment_key"),
    };
    write("chain.json", to_json(&chain).as_bytes());
    write(
        "payment.json",
        to_json(&signed("signed_payment")).as_bytes(),
    );

    let attk = vector("soter_device_key").try_into().unwrap();
    write(
        "attk.pem",
        format!("{}\n", spki_pem(&attk).unwrap()).as_bytes(),
    );
    write("report.json", to_json(&signed("signed_report")).as_bytes());
    write("ask.blob", &vector("soter_app_key"));
    write("auth-key.blob", &vector("soter_payment_key"));
    write("signature.blob", &vector("soter_signature"));
    directory.to_str().unwrap().to_owned()
}

fn verify(test: &str, options: &str, more: &[&str]) -> Result<String, (i32, String)> {
    touchseal("verify", test, options, more)
}

/// What a command prints: what it found, or why it refuses, with the exit code.
fn touchseal(
    command: &str,
    test: &str,
    options: &str,
    more: &[&str],
) -> Result<String, (i32, String)> {
    let output = Command::new(env!("CARGO_BIN_EXE_touchseal"))
        .current_dir(files(test))
        .arg(command)
        .args(options.split_whitespace())
        .args(more)
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    if output.status.success() {
        Ok(text(output.stdout))
    } else {
        Err((output.status.code().unwrap(), text(output.stderr)))
    }
}

const USAGE: i32 = 2;
const NOT_VERIFIED: i32 = 4;

const PAYMENT: &str = "payment.json --device-key device.key --chain chain.json";
const SOTER: &str = "signature.blob --device-key attk.pem --ask ask.blob --auth-key auth-key.blob";
const CHALLENGE: &str = "Pay \"19.99\" to Caffè Rossi 支付 🎉\\/\n\t\0\u{7f}";

#[test]
fn a_payment_is_verified() {
    let verify = |more: &[&str]| verify("payment", PAYMENT, more);
    let device = "acee591a25cdfe5ec5c5c96f248d15a0";
    let table = verify(&["--amount", "1999", "--device", device]).unwrap();
    assert!(table.starts_with("VERIFIED: "), "{table}");
    assert!(table.contains("19.99 EUR"), "{table}");
    let other = "acee591a25cdfe5ec5c5c96f248d15a1";
    for (option, value) in [("--amount", "1998"), ("--device", other)] {
        let (code, refused) = verify(&[option, value]).unwrap_err();
        assert_eq!(code, NOT_VERIFIED);
        assert!(refused.contains("NOT ACCEPTED"), "{refused}");
    }
}

#[test]
fn a_soter_signature_is_verified() {
    let verify = |more: &[&str]| verify("soter", SOTER, more);
    let cpu_id = "0001acee591a25cdfe5ec5c5c96f248d15a0";
    let table = verify(&["--uid", "10042", "--cpu-id", cpu_id]).unwrap();
    assert!(table.starts_with("VERIFIED: "), "{table}");
    // Nothing that a terminal obeys.
    assert!(table.contains(r"支付 🎉\\/\n\t\0\u{7f}"), "{table}");
    let json = verify(&["--json"]).unwrap();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["challenge"], CHALLENGE);
    assert_eq!(json["cpu_id"], cpu_id);
    for option in [
        &["--challenge", "another"][..],
        &["--last-counter", "6"],
        &["--require-factory"],
        &["--require-real-sensor"],
    ] {
        let (code, refused) = verify(option).unwrap_err();
        assert_eq!(code, NOT_VERIFIED);
        assert!(refused.contains("NOT ACCEPTED"), "{refused}");
    }
}

#[test]
fn a_report_is_verified() {
    let verify = |options: &str, more: &[&str]| touchseal("verify-report", "report", options, more);
    const REPORT: &str = "report.json --device-key device.key";
    let device = "acee591a25cdfe5ec5c5c96f248d15a0";
    let table = verify(REPORT, &["--device", device, "--min-ta-version", "1"]).unwrap();
    assert!(table.starts_with("VERIFIED: "), "{table}");
    assert!(table.contains("outside a factory"), "{table}");
    assert!(table.contains("trusted execution environment"), "{table}");
    let other = "acee591a25cdfe5ec5c5c96f248d15a1";
    for more in [["--device", other], ["--min-ta-version", "2"]] {
        let (code, refused) = verify(REPORT, &more).unwrap_err();
        assert_eq!(code, NOT_VERIFIED);
        assert!(refused.contains("NOT ACCEPTED"), "{refused}");
    }
    for (options, file) in [
        ("payment.json --device-key device.key", "payment.json"),
        ("report.json --device-key attk.pem", "attk.pem"),
    ] {
        let (code, refused) = verify(options, &[]).unwrap_err();
        assert_eq!(code, NOT_VERIFIED);
        let named = format!("NOT VERIFIED: {file}");
        assert!(refused.contains(&named), "{refused}");
    }
    let (code, _) = verify("absent.json --device-key device.key", &[]).unwrap_err();
    assert_eq!(code, USAGE);
}

#[test]
fn what_is_not_signed_so_is_not_verified() {
    for options in [
        "signature.blob --device-key attk.pem --ask auth-key.blob --auth-key ask.blob",
        "signature.blob --device-key device.key --ask ask.blob --auth-key auth-key.blob",
        "payment.json --device-key attk.pem --ask ask.blob --auth-key auth-key.blob",
        "signature.blob --device-key device.key --chain chain.json",
    ] {
        let (code, refused) = verify("refused", options, &[]).unwrap_err();
        assert_eq!(code, NOT_VERIFIED);
        assert!(refused.contains("NOT VERIFIED"), "{refused}");
    }
}

#[test]
fn one_dialect_is_asked_for() {
    for (more, why) in [
        ("", "say what vouches for it"),
        (
            "--chain chain.json --ask ask.blob --auth-key auth-key.blob",
            "say what vouches for it",
        ),
        ("--ask ask.blob", "--auth-key <FILE>"),
        ("--challenge a", "--ask <FILE>"),
        ("--amount 1", "--chain <FILE>"),
    ] {
        let options = format!("payment.json --device-key device.key {more}");
        let (code, refused) = verify("dialect", &options, &[]).unwrap_err();
        assert_eq!(code, USAGE);
        assert!(refused.contains(why), "{refused}");
    }
}
