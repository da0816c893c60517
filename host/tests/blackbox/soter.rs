//! The SOTER dialect.

use super::*;
use touchseal::SoterClient;
use touchseal::proto::command::SoterCommand;
use touchseal::proto::soter::{Blob, Challenge};
use touchseal_verify::{SoterBlob, SoterChain, SoterVerified, verify_soter};

type Soter<B> = SoterClient<<B as Bench>::Transport>;

fn soter<B: Bench>(bench: &B, uid: u32) -> Soter<B> {
    SoterClient::new(bench.soter(uid))
}

/// A uid with an AuthKey.
pub fn soter_client<B: Bench>(bench: &B, uid: u32) -> Soter<B> {
    ready(bench);
    soter(bench, 0).provision().unwrap();
    let mut client = soter(bench, uid);
    client.generate_app_key(false).unwrap();
    client.generate_payment_key(label("shop"), false).unwrap();
    client
}

fn challenge(text: &str) -> Challenge {
    Challenge::new(text).unwrap()
}

fn sign<B: Bench>(bench: &B, uid: u32, client: &mut Soter<B>, text: &str) -> Blob {
    let begun = client.begin(label("shop"), challenge(text)).unwrap();
    client
        .finish(begun.handle, touch(bench, uid, begun.handle))
        .unwrap()
}

fn uploaded(blob: &Blob) -> SoterBlob {
    SoterBlob::from_bytes(&blob.to_soter().unwrap()).unwrap()
}

fn verified<B: Bench>(client: &mut Soter<B>, signature: &Blob) -> SoterVerified {
    let chain = SoterChain {
        app_key: uploaded(&client.export_app_key().unwrap()),
        payment_key: uploaded(&client.export_payment_key(label("shop")).unwrap()),
    };
    let device_key = client.export_device_key().unwrap().public_key;
    verify_soter(&device_key, &chain, &uploaded(signature)).unwrap()
}

pub fn a_soter_signature_verifies<B: Bench>(bench: &B) {
    let mut client = soter_client(bench, 10050);
    let text = "pay \"12.00\" to Caffè Rossi\n\0\\ 支付 \u{1f4b3}";
    let signature = sign(bench, 10050, &mut client, text);
    let found = verified::<B>(&mut client, &signature);
    assert_eq!(found.challenge.challenge.as_str(), text);
    assert_eq!(found.challenge.uid, 10050);
    let device = client.export_device_key().unwrap();
    assert_eq!(found.challenge.cpu_id, device.cpu_id);
    let info = payments(bench, 0).info().unwrap();
    assert_eq!(device.cpu_id.device_id, info.device_id);
    assert_eq!(device.cpu_id.root, info.root);
    assert_eq!(device.cpu_id.security_level, info.security_level);
}

pub fn soter_and_payments_share_one_counter<B: Bench>(bench: &B) {
    let mut soter = soter_client(bench, 10050);
    let mut native = client(bench, 10050);
    soter.generate_payment_key(label("shop"), false).unwrap();
    for _ in 0..2 {
        let paid = statement(&pay(bench, 10050, &mut native, 1)).header.counter;
        let signed = sign(bench, 10050, &mut soter, "x");
        let after = native.info().unwrap().counter;
        assert_eq!(after, paid + 1);
        assert_eq!(
            verified::<B>(&mut soter, &signed).challenge.counter,
            paid + 1
        );
        assert_eq!(native.info().unwrap().counter, paid + 3);
    }
}

pub fn soter_keys_are_made_once_and_replaced_when_told<B: Bench>(bench: &B) {
    let mut client = soter_client(bench, 10050);
    let attk = client.export_device_key().unwrap();
    let again = soter(bench, 0).provision().unwrap();
    assert!(!again.new && !again.repaired);
    assert_eq!(client.export_device_key().unwrap(), attk);
    assert!(!client.generate_app_key(false).unwrap().new);

    let key = |blob: Blob| {
        let json = String::from_utf8(blob.json.to_vec()).unwrap();
        json.split('"').nth(3).unwrap().to_owned()
    };
    let before = key(client.export_payment_key(label("shop")).unwrap());
    assert!(
        client
            .generate_payment_key(label("shop"), true)
            .unwrap()
            .new
    );
    let after = key(client.export_payment_key(label("shop")).unwrap());
    assert!(before.starts_with("-----BEGIN") && before != after);
    let signature = sign(bench, 10050, &mut client, "with the new key");
    verified::<B>(&mut client, &signature);
}

pub fn soter_keys_can_be_prepared<B: Bench>(bench: &B) {
    let mut client = soter_client(bench, 10050);
    refused(client.prepare(), Status::NotAuthorized);
    let mut root = soter(bench, 0);
    let prepared = root.prepare().unwrap().spares;
    assert_eq!(root.diagnose().unwrap().spares, prepared);
    client
        .generate_payment_key(label("prepared"), false)
        .unwrap();
    assert_eq!(root.diagnose().unwrap().spares, prepared - 1);
    assert_eq!(
        client.find_payment_key(label("prepared")).unwrap(),
        KeyState::Usable
    );
    client.remove_payment_key(label("prepared")).unwrap();
    let found = root.diagnose().unwrap();
    assert_eq!(found.state, Status::Ok);
    assert_eq!((found.slot_a, found.slot_b), (Slot::Good, Slot::Good));
}

pub fn a_soter_token_is_good_for_its_operation_only<B: Bench>(bench: &B) {
    let mut client = soter_client(bench, 10050);
    let begin = |client: &mut Soter<B>| client.begin(label("shop"), challenge("1")).unwrap().handle;
    let handle = begin(&mut client);
    let token = touch(bench, 10050, handle);
    client.finish(handle, token.clone()).unwrap();
    let counter = payments(bench, 0).info().unwrap().counter;

    refused(client.finish(handle, token.clone()), Status::NotAuthorized);
    let handle = begin(&mut client);
    refused(client.finish(handle, token.clone()), Status::NotAuthorized);
    let good = touch(bench, 10050, handle);
    refused(client.finish(handle, good), Status::NotAuthorized);

    let handle = begin(&mut client);
    let mut forged = touch(bench, 10050, handle);
    forged.user_id ^= 1;
    refused(client.finish(handle, forged), Status::NotAuthorized);

    let handle = begin(&mut client);
    let good = touch(bench, 10050, handle);
    refused(
        client.finish(handle ^ 1, good.clone()),
        Status::NotAuthorized,
    );
    refused(client.finish(handle, good), Status::NotAuthorized);

    let handle = begin(&mut client);
    let good = touch(bench, 10050, handle);
    client.abort(handle).unwrap();
    refused(client.finish(handle, good), Status::NotAuthorized);

    // A payment's token does not sign a challenge, nor the other way round.
    let mut native = payments(bench, 10050);
    native.generate_app_key(false).unwrap();
    native.generate_payment_key(label("shop"), false).unwrap();
    let paying = native.begin(label("shop"), payment(1)).unwrap().handle;
    let handle = begin(&mut client);
    let [for_payment, good] = [paying, handle].map(|handle| touch(bench, 10050, handle));
    refused(native.finish(paying, good.clone()), Status::NotAuthorized);
    refused(native.finish(handle, good), Status::NotAuthorized);
    refused(client.finish(handle, for_payment), Status::NotAuthorized);
    assert_eq!(payments(bench, 0).info().unwrap().counter, counter);

    let mut other = soter(bench, 10051);
    refused(
        other.begin(label("shop"), challenge("1")),
        Status::NoPaymentKey,
    );
    refused(other.export_app_key(), Status::NoAppKey);
}

pub fn a_soter_challenge_is_of_any_text_up_to_its_bound<B: Bench>(bench: &B) {
    let mut client = soter_client(bench, 10050);
    for text in ["\0".repeat(512), "\u{10ffff}".repeat(512), "\"".into()] {
        let signature = sign(bench, 10050, &mut client, &text);
        let found = verified::<B>(&mut client, &signature);
        assert_eq!(found.challenge.challenge.as_str(), text);
    }

    let name = {
        let mut name = [0; 65];
        name[0] = 4;
        name[1..5].copy_from_slice(b"shop");
        name
    };
    let mut raw = bench.soter(10050);
    let mut begin = |challenge: &[u8]| {
        let len = u16::try_from(challenge.len()).unwrap().to_be_bytes();
        let request = [&[1][..], &name, &len, challenge].concat();
        let mut response = vec![0xaa; SoterCommand::MAX_RESPONSE];
        let len = raw.invoke(53, &request, &mut response).unwrap();
        u16::from_be_bytes([response[1], response[2]]) == 0 && len > 3
    };
    assert!(begin(b"1"));
    for bad in [
        &b""[..],
        &[b'x'; 513],
        "\u{e9}".repeat(513).as_bytes(),
        &[0xff],
        &[b'a', 0xc3],
        &[0xed, 0xa0, 0x80],
    ] {
        assert!(!begin(bad), "{bad:?}");
    }
    sign(bench, 10050, &mut client, "still well");
}

pub fn a_new_finger_invalidates_soter_keys<B: Bench>(bench: &B) {
    let mut client = soter_client(bench, 10050);
    let begun = client.begin(label("shop"), challenge("1")).unwrap();
    enroll(bench, 2).unwrap();
    assert_eq!(
        client.find_payment_key(label("shop")).unwrap(),
        KeyState::Invalidated
    );
    refused(
        client.finish(begun.handle, touch(bench, 10050, begun.handle)),
        Status::NotAuthorized,
    );
    refused(
        client.begin(label("shop"), challenge("1")),
        Status::PaymentKeyInvalidated,
    );

    // Nor does a match under the old enrolment sign with a key of the new one.
    soter(bench, 10050)
        .generate_payment_key(label("shop"), false)
        .unwrap();
    let begun = client.begin(label("shop"), challenge("1")).unwrap();
    let token = touch(bench, 10050, begun.handle);
    enroll(bench, 3).unwrap();
    soter(bench, 10050)
        .generate_payment_key(label("shop"), false)
        .unwrap();
    refused(client.finish(begun.handle, token), Status::NotAuthorized);

    refused(
        client.begin(label("none"), challenge("1")),
        Status::NoPaymentKey,
    );
}

pub fn what_is_for_the_soter_ta_is_refused<B: Bench>(bench: &B) {
    ready(bench);
    for uid in [0, 10052] {
        let mut client = payments(bench, uid);
        let before = client.info().unwrap().counter;
        let mut raw = bench.payment(uid);
        for command in [40, 41, 42, 43, 44] {
            let mut response = [0; PaymentCommand::MAX_RESPONSE];
            raw.invoke(command, &[1], &mut response).unwrap();
            assert_eq!(response[..3], [1, 0, Status::NotAuthorized as u8]);
        }
        assert_eq!(client.info().unwrap().counter, before);
    }
    let mut app = soter(bench, 10052);
    refused(app.provision(), Status::NotAuthorized);
    refused(app.remove_every_key(), Status::NotAuthorized);
}
