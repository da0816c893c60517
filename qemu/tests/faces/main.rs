//! The black-box suite through each face that an app may have: the Rust library, the command
//! line, the C library and the HAL over binder, on the real OP-TEE, with the sensor on the
//! secure UART. `make test-guest` runs these.
//!
//! Each face has a program with the command line's own words, so that one suite drives them.

#[path = "../boot/mod.rs"]
mod boot;
mod wallet;

use boot::{APP, ROOT};
use serde_json::json;
use touchseal::proto::status::Status;
use touchseal_verify::{
    Chain, Expectations, Origin, Signed, SoterBlob, SoterChain, SoterExpectations,
    device_key_from_text, from_json, soter_device_key_from_pem, verify, verify_soter,
};
use wallet::{Device, Face, Outcome, Wallet};

const ANOTHER_APP: u32 = 10116;
const STRANGER: u32 = 10117;
const SHOP: [&str; 2] = ["--scene", "shop"];
const NONCE: &str = "0707070707070707070707070707070707070707070707070707070707070707";

#[test]
fn through_the_rust_library() {
    suite(Face::Rust);
}

#[test]
fn through_the_command_line() {
    suite(Face::CommandLine);
}

#[test]
fn through_the_c_library() {
    suite(Face::C);
}

#[test]
fn through_binder() {
    suite(Face::Binder);
}

#[test]
fn a_full_disk_costs_no_payment() {
    let device = Device::new(Face::CommandLine);
    device.root(&["provision"]);
    device.enroll("p1_1.png");
    let app = device.wallet(APP);
    app.run(&["app-key"]).expect_done();
    let payment_key = ["payment-key", SHOP[0], SHOP[1]];
    app.run(&payment_key).expect_done();
    device.shell(
        "mkdir /tmp/full && mount -t tmpfs -o size=64k,mode=777 full /tmp/full
        cat /dev/zero >/tmp/full/rest 2>/dev/null; true",
    );
    let pay = pay("1", "/tmp/full/payment.json");
    let (unpaid, writes) = app.counted(|| app.with_finger("p1_2.png", &pay));
    unpaid.expect_misuse();
    assert_eq!(writes, 0, "it was signed");
    device.shell("test ! -e /tmp/full/payment.json && rm /tmp/full/rest");
    app.with_finger("p1_2.png", &pay).expect_done();
    device.power_off();
}

#[test]
fn root_removes_the_keys_of_an_app_in_no_group_of_the_nodes() {
    let device = Device::new(Face::CommandLine);
    device.root(&["provision"]);
    let app = device.wallet(APP);
    assert_eq!(app.run(&["app-key"]), made(true));
    device.shell("chgrp 4000 /dev/tee0 && chmod 0660 /dev/tee0");
    app.run(&["keys"]).expect_refusal(Status::NoPermission);
    let remove = ["remove-app", "--uid", &APP.to_string()];
    let other = device.wallet(APP + 1).run(&remove);
    other.expect_refusal(Status::NotAuthorized);
    device.root(&remove);
    device.shell("chmod 0666 /dev/tee0");
    assert_eq!(app.run(&["app-key"]), made(true));
    device.power_off();
}

type Scenario = (&'static str, fn(&Wallet<'_>));

/// Each on the device as the one before left it.
fn suite(face: Face) {
    let device = Device::new(face);
    device.root(&["provision"]);
    device.enroll("p1_1.png");
    let scenarios: [Scenario; 6] = [
        ("keys are made once", keys_are_made_once),
        ("a payment verifies", a_payment_verifies),
        ("refusals say why", refusals_say_why),
        (
            "an app reaches its own keys only",
            an_app_reaches_its_own_keys_only,
        ),
        (
            "a new finger ends payment keys",
            a_new_finger_ends_payment_keys,
        ),
        ("a SOTER signature verifies", a_soter_signature_verifies),
    ];
    for (name, scenario) in scenarios {
        println!("{face:?}: {name}");
        scenario(&device.wallet(APP));
    }
    println!("{face:?}: without the device node");
    device.shell("chmod 0600 /dev/tee0");
    // Of one who has no session yet: the HAL's may be open.
    device
        .wallet(STRANGER)
        .run(&["keys"])
        .expect_refusal(Status::NoPermission);
    device.power_off();
}

fn made(new: bool) -> Outcome {
    Outcome::done(json!({ "new": new }))
}

fn keys_are_made_once(app: &Wallet<'_>) {
    let payment_key = ["payment-key", SHOP[0], SHOP[1]];
    app.run(&payment_key).expect_refusal(Status::NoAppKey);
    assert_eq!(app.run(&["app-key"]), made(true));
    assert_eq!(app.run(&["app-key"]), made(false));
    assert_eq!(app.run(&["app-key", "--replace"]), made(true));
    assert_eq!(app.run(&payment_key), made(true));
    assert_eq!(app.run(&payment_key), made(false));
    let again = ["payment-key", SHOP[0], SHOP[1], "--replace"];
    assert_eq!(app.run(&again), made(true));
    assert_eq!(app.run(&["payment-key", "--scene", "other"]), made(true));
    let listed = |scenes: &[&str]| {
        let keys = scenes
            .iter()
            .map(|scene| json!({ "scene": scene, "state": "usable" }));
        let keys: Vec<_> = keys.collect();
        Outcome::done(json!({ "app_key": "usable", "payment_keys": keys }))
    };
    assert_eq!(app.run(&["keys"]), listed(&["other", "shop"]));
    let remove = ["remove-key", "--scene", "other"];
    app.run(&remove).expect_done();
    app.run(&remove).expect_refusal(Status::NoPaymentKey);
    assert_eq!(app.run(&["keys"]), listed(&["shop"]));
}

fn pay<'a>(amount: &'a str, out: &'a str) -> Vec<&'a str> {
    let order = ["--payee", "Caffè Rossi", "--order", "42", "--nonce", NONCE];
    let sum = ["--amount", amount, "--currency", "EUR", "--out", out];
    ["pay"]
        .iter()
        .chain(&SHOP)
        .chain(&sum)
        .chain(&order)
        .copied()
        .collect()
}

fn a_payment_verifies(app: &Wallet<'_>) {
    let device_key = app.file("device.key");
    app.run(&["device-key", "--out", &device_key]).expect_done();
    let chain = app.file("chain.json");
    app.run(&["chain", SHOP[0], SHOP[1], "--out", &chain])
        .expect_done();
    let device_key = device_key_from_text(&app.read("device.key")).unwrap();
    let chain: Chain = from_json(&app.read("chain.json")).unwrap();
    let mut last_counter = 0;
    for amount in [1999, 500] {
        let payment = app.file("payment.json");
        let (paid, writes) =
            app.counted(|| app.with_finger("p1_2.png", &pay(&amount.to_string(), &payment)));
        paid.expect_done();
        // The first match since boot settles the attempts before.
        assert!(last_counter == 0 || writes == 1, "{writes} RPMB writes");
        let payment: Signed = from_json(&app.read("payment.json")).unwrap();
        let verified = verify(&device_key, &chain, &payment).unwrap();
        let expected = Expectations {
            origin: Origin {
                uid: Some(APP),
                last_counter: Some(last_counter),
                require_tee: true,
                require_real_sensor: true,
                ..Origin::default()
            },
            amount: Some(amount),
            ..Expectations::default()
        };
        expected.check(&verified).unwrap();
        let paid = &verified.payment.payment;
        assert_eq!(paid.payee.as_str(), "Caffè Rossi");
        assert_eq!(hex::encode(paid.nonce), NONCE);
        last_counter = verified.payment.header.counter;
    }
}

fn refusals_say_why(app: &Wallet<'_>) {
    let out = app.file("refused.json");
    app.with_finger("p2_1.png", &pay("1", &out))
        .expect_refusal(Status::FingerNotRecognized);
    app.with_finger("p1_2.png", &pay("1", &out)).expect_done();
    let mut elsewhere = pay("1", &out);
    elsewhere[2] = "elsewhere";
    app.run(&elsewhere).expect_refusal(Status::NoPaymentKey);
    let at = |name: &str| pay("1", &out).iter().position(|arg| *arg == name).unwrap() + 1;
    let too_long = "x".repeat(65);
    for (option, value) in [
        ("--currency", "eur"),
        ("--nonce", "07"),
        ("--amount", "-1"),
        ("--amount", "18446744073709551616"),
        ("--payee", ""),
        ("--payee", "two\nlines"),
        ("--payee", &too_long),
        ("--scene", &too_long),
    ] {
        let mut wrong = pay("1", &out);
        wrong[at(option)] = value;
        app.run(&wrong).expect_misuse();
    }
    app.run(&["no-such-command"]).expect_misuse();
}

fn an_app_reaches_its_own_keys_only(app: &Wallet<'_>) {
    let other = app.device.wallet(ANOTHER_APP);
    let nothing = Outcome::done(json!({ "app_key": "none", "payment_keys": [] }));
    assert_eq!(other.run(&["keys"]), nothing);
    let remove = ["remove-key", SHOP[0], SHOP[1]];
    other.run(&remove).expect_refusal(Status::NoPaymentKey);
    let payment = other.file("foreign.json");
    other
        .run(&pay("1", &payment))
        .expect_refusal(Status::NoPaymentKey);
    other.run(&["app-key"]).expect_done();
    other.run(&["remove-app"]).expect_done();
    assert_eq!(other.run(&["keys"]), nothing);
    let out = app.file("payment.json");
    app.with_finger("p1_2.png", &pay("2", &out)).expect_done();
}

fn a_new_finger_ends_payment_keys(app: &Wallet<'_>) {
    app.device.root(&["remove-fingers"]);
    app.device.enroll("p1_2.png");
    let keys = app.run(&["keys"]).expect_done();
    assert_eq!(keys["payment_keys"][0]["state"], "invalidated");
    let out = app.file("payment.json");
    app.run(&pay("1", &out))
        .expect_refusal(Status::PaymentKeyInvalidated);
    assert_eq!(app.run(&["payment-key", SHOP[0], SHOP[1]]), made(true));
    app.with_finger("p1_1.png", &pay("1", &out)).expect_done();
}

fn a_soter_signature_verifies(app: &Wallet<'_>) {
    let device = app.device;
    device.root(&["soter", "provision"]);
    let attk = device.file("attk.pem");
    device.root(&["soter", "device-key", "--out", &attk]);
    let auth_key = ["soter", "payment-key", SHOP[0], SHOP[1]];
    app.run(&auth_key).expect_refusal(Status::NoAppKey);
    app.run(&["soter", "app-key"]).expect_done();
    let out = app.file("signature.blob");
    let sign = [
        "soter",
        "sign",
        SHOP[0],
        SHOP[1],
        "--challenge",
        "order \"42\"",
        "--out",
        &out,
    ];
    app.run(&sign).expect_refusal(Status::NoPaymentKey);
    app.run(&auth_key).expect_done();
    let (ask, auth) = (app.file("ask.blob"), app.file("auth.blob"));
    let export = [
        "soter",
        "export",
        SHOP[0],
        SHOP[1],
        "--ask",
        &ask,
        "--auth-key",
        &auth,
    ];
    app.run(&export).expect_done();
    app.with_finger("p1_1.png", &sign).expect_done();

    let blob = |name| SoterBlob::from_bytes(&app.read(name)).unwrap();
    let attk = String::from_utf8(app.read("attk.pem")).unwrap();
    let attk = soter_device_key_from_pem(&attk).unwrap();
    let chain = SoterChain {
        app_key: blob("ask.blob"),
        payment_key: blob("auth.blob"),
    };
    let verified = verify_soter(&attk, &chain, &blob("signature.blob")).unwrap();
    let expected = SoterExpectations {
        origin: Origin {
            uid: Some(APP),
            require_real_sensor: true,
            ..Origin::default()
        },
        challenge: Some("order \"42\"".into()),
        ..SoterExpectations::default()
    };
    expected.check(&verified).unwrap();
    app.run(&["soter", "remove-key", SHOP[0], SHOP[1]])
        .expect_done();
    app.run(&sign).expect_refusal(Status::NoPaymentKey);
    app.run(&["soter", "remove-app"]).expect_done();
    app.run(&auth_key).expect_refusal(Status::NoAppKey);
}
