//! The sealed bytes of every version of every record, kept for ever: what a device has
//! in its RPMB is read by every later release. A new version adds files and a test;
//! the old ones stay.

mod records;

use records::hex;
use touchseal_core::error::Error;
use touchseal_core::fingerprint::print::{Minutia, Print};
use touchseal_core::fingerprint::template::{Template, View};
use touchseal_core::fingerprint::{self, sealed_template};
use touchseal_core::platform::RECORD_MAX;
use touchseal_core::record::{Record, from_bytes, to_bytes};
use touchseal_core::{KeyList, KeyRecord, gatekeeper, payment, soter};
use touchseal_proto::label::{Lot, Scene};
use touchseal_proto::password::Password;
use touchseal_proto::signed::{KeyKind, Root};

/// The frozen bytes are `expected`, both ways, and whatever is less, more or otherwise
/// is refused.
#[track_caller]
fn frozen<R: Record + PartialEq>(text: &str, size: usize, expected: R) {
    still_read(text, size, expected);
    let bytes = hex(text);
    let record: R = from_bytes(&bytes).unwrap();
    assert_eq!(to_bytes(&record).unwrap()[..], bytes[..]);
}

/// The frozen bytes of an older version are read as `expected`.
#[track_caller]
fn still_read<R: Record + PartialEq>(text: &str, size: usize, expected: R) {
    let bytes = hex(text);
    assert_eq!(bytes.len(), size);
    assert!(from_bytes::<R>(&bytes) == Ok(expected), "reads otherwise");
    refuses_what_is_not_whole::<R>(&bytes);
    refuses_another_header::<R>(&bytes);
}

#[track_caller]
fn refuses_what_is_not_whole<R: Record>(bytes: &[u8]) {
    for len in 0..bytes.len() {
        assert_eq!(
            read::<R>(&bytes[..len]),
            Err(Error::StorageDamaged),
            "{len} bytes"
        );
    }
    for trailing in [&[0][..], &[0; 32], &[0xff; 300]] {
        assert_eq!(
            read::<R>(&[bytes, trailing].concat()),
            Err(Error::StorageDamaged)
        );
    }
}

/// The header: magic 0..4, version 4..6, size 6..8.
#[track_caller]
fn refuses_another_header<R: Record>(bytes: &[u8]) {
    for bit in 0..64 {
        let mut flipped = bytes.to_vec();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let newer = flipped[4..6] > R::VERSION.to_be_bytes()[..];
        let expected = if newer {
            Error::TaTooOld
        } else {
            Error::StorageDamaged
        };
        assert_eq!(read::<R>(&flipped), Err(expected), "bit {bit}");
    }
    // A newer version may have any size and any content.
    for size in [8, 100, bytes.len(), 1000] {
        let mut newer = vec![0xff; size];
        newer[..4].copy_from_slice(&R::MAGIC);
        newer[4..6].copy_from_slice(&(R::VERSION + 1).to_be_bytes());
        assert_eq!(read::<R>(&newer), Err(Error::TaTooOld), "{size} bytes");
    }
}

fn read<R: Record>(bytes: &[u8]) -> Result<(), Error> {
    from_bytes::<R>(bytes).map(drop)
}

fn scene() -> Option<Scene> {
    Some(Scene::new("shop").unwrap())
}

fn payment_state(bytes: &[u8], latched: bool) -> payment::StateRecord {
    payment::StateRecord {
        ta_version_floor: 1,
        counter: 3,
        audit_head: bytes[20..52].try_into().unwrap(),
        root: Root::Test,
        provisioned: true,
        latched,
        device_id: bytes[55..71].try_into().unwrap(),
        device_key: bytes[71..135].try_into().unwrap(),
    }
}

#[test]
fn payment_state_v1() {
    let text = include_str!("records/payment_state_v1.hex");
    frozen(text, RECORD_MAX, payment_state(&hex(text), false));
}

#[test]
fn latched_payment_state_v1() {
    let text = include_str!("records/payment_state_latched_v1.hex");
    frozen(text, RECORD_MAX, payment_state(&hex(text), true));
}

#[test]
fn payment_latch_v1() {
    let text = include_str!("records/payment_latch_v1.hex");
    let bytes = hex(text);
    let expected = payment::LatchRecord {
        device_id: bytes[8..24].try_into().unwrap(),
        lot: Lot::new("LOT-2026-07").unwrap(),
        issuer: bytes[57..121].try_into().unwrap(),
    };
    frozen(text, RECORD_MAX, expected);
}

#[test]
fn soter_state_v1() {
    let text = include_str!("records/soter_state_v1.hex");
    let expected = soter::StateRecord {
        ta_version_floor: 1,
        provisioned: true,
        device_key: hex(text)[13..45].try_into().unwrap(),
    };
    frozen(text, RECORD_MAX, expected);
}

#[test]
fn device_key_v1() {
    let expected = KeyRecord {
        kind: KeyKind::Device,
        uid: 0,
        epoch: 0,
        serial: 0,
        scene: None,
    };
    frozen(include_str!("records/key_device_v1.hex"), 96, expected);
}

#[test]
fn app_key_v1() {
    let expected = KeyRecord {
        kind: KeyKind::App,
        uid: 10042,
        epoch: 0,
        serial: 1,
        scene: None,
    };
    frozen(include_str!("records/key_app_v1.hex"), 96, expected);
}

#[test]
fn payment_key_v1() {
    let expected = KeyRecord {
        kind: KeyKind::Payment,
        uid: 10042,
        epoch: 0x1122_3344_5566_7788,
        serial: 0x0102_0304,
        scene: scene(),
    };
    frozen(include_str!("records/key_payment_v1.hex"), 96, expected);
}

#[test]
fn key_list_v1() {
    let expected = KeyList {
        scenes: [[0x11; 12], [0x22; 12]].into_iter().collect(),
    };
    let text = include_str!("records/key_list_v1.hex");
    frozen(text, RECORD_MAX, expected);
}

fn fingerprint_state(secure_user_id: u64) -> fingerprint::StateRecord {
    fingerprint::StateRecord {
        ta_version_floor: 1,
        epoch: 0x1122_3344_5566_7788,
        attempts: 1,
        last_finger: 7,
        fingers: [3, 5, 7].into_iter().collect(),
        leaving: [2].into_iter().collect(),
        secure_user_id,
    }
}

#[test]
fn fingerprint_state_v1() {
    let text = include_str!("records/fingerprint_state_v1.hex");
    still_read(text, RECORD_MAX, fingerprint_state(0));
}

#[test]
fn fingerprint_state_v2() {
    let text = include_str!("records/fingerprint_state_v2.hex");
    frozen(text, RECORD_MAX, fingerprint_state(0x99aa_bbcc_ddee_ff00));
}

#[test]
fn gatekeeper_state_v1() {
    let text = include_str!("records/gatekeeper_state_v1.hex");
    let bytes = hex(text);
    let expected = gatekeeper::StateRecord {
        ta_version_floor: 1,
        secure_user_id: 0x99aa_bbcc_ddee_ff00,
        failures: 5,
        salt: bytes[24..56].try_into().unwrap(),
        verifier: bytes[56..88].try_into().unwrap(),
    };
    let password = Password::new(b"correct horse").unwrap();
    assert_eq!(expected.is(&password), Ok(true));
    frozen(text, RECORD_MAX, expected);
}

/// What was one impression, as a template.
fn template_v1(minutiae: impl Iterator<Item = (u16, u16, u16)> + Clone) -> Template {
    let farthest = |of: fn((u16, u16, u16)) -> u16| minutiae.clone().map(of).max().unwrap() + 1;
    Template {
        width: farthest(|(x, _, _)| x),
        height: farthest(|(_, y, _)| y),
        views: [View {
            print: Print(
                minutiae
                    .map(|(x, y, theta)| Minutia { x, y, theta })
                    .collect(),
            ),
            quality: 0,
        }]
        .into_iter()
        .collect(),
    }
}

/// The frozen bytes of finger 7 are read as `expected`, and whatever is less, more or
/// otherwise is refused.
#[track_caller]
fn frozen_template(text: &str, expected: &Template) {
    let bytes = hex(text);
    let read = |bytes: &[u8]| sealed_template::from_bytes(7, bytes);
    assert!(read(&bytes).as_ref() == Ok(expected), "reads otherwise");
    for len in 0..bytes.len() {
        assert!(
            read(&bytes[..len]) == Err(Error::StorageDamaged),
            "{len} bytes"
        );
    }
    assert!(read(&[&bytes[..], &[0]].concat()) == Err(Error::StorageDamaged));
    for bit in 0..64 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let newer = flipped[4..6] > [0, 2][..];
        let expected = if newer {
            Error::TaTooOld
        } else {
            Error::StorageDamaged
        };
        assert!(read(&flipped) == Err(expected), "bit {bit}");
    }
}

#[test]
fn templates_v1() {
    let few = [(100, 200, 359), (1, 2, 3), (4095, 0, 90)];
    frozen_template(
        include_str!("records/template_v1.hex"),
        &template_v1(few.into_iter()),
    );
    frozen_template(
        include_str!("records/template_full_v1.hex"),
        &template_v1((0..40).map(|i| (i, 2 * i, 3 * i))),
    );
}

/// From version 2 on it is an ISO record behind the finger's number: a template is no other
/// finger's.
#[test]
fn template_v2() {
    let iso = hex(include_str!("records/template_iso_v1.hex"));
    let expected = Template::from_bytes(&iso).unwrap();
    let bytes = sealed_template::to_bytes(7, &expected).unwrap();
    let size = u16::try_from(iso.len() + 12).unwrap().to_be_bytes();
    let frozen = [&b"TSFT\x00\x02"[..], &size, &[0, 0, 0, 7], &iso].concat();
    assert_eq!(bytes[..], frozen[..]);
    let text: String = frozen.iter().map(|byte| format!("{byte:02x}")).collect();
    frozen_template(&text, &expected);
    assert!(sealed_template::from_bytes(8, &frozen) == Err(Error::StorageDamaged));
}

#[test]
fn impossible_fields_are_damage() {
    let change = |text: &str, at: usize, byte: u8| {
        let mut bytes = hex(text);
        bytes[at] = byte;
        bytes
    };
    let state = include_str!("records/payment_state_v1.hex");
    for (at, byte) in [(52, 0xff), (53, 2), (54, 2), (135, 1)] {
        assert_eq!(
            read::<payment::StateRecord>(&change(state, at, byte)),
            Err(Error::StorageDamaged)
        );
    }
    let latch = include_str!("records/payment_latch_v1.hex");
    for (at, byte) in [(24, 0), (24, 33), (56, 1), (121, 1)] {
        assert_eq!(
            read::<payment::LatchRecord>(&change(latch, at, byte)),
            Err(Error::StorageDamaged)
        );
    }
    let state = include_str!("records/soter_state_v1.hex");
    for (at, byte) in [(12, 2), (45, 1)] {
        assert_eq!(
            read::<soter::StateRecord>(&change(state, at, byte)),
            Err(Error::StorageDamaged)
        );
    }
    let key = include_str!("records/key_payment_v1.hex");
    for (at, byte) in [(8, 0), (8, 0xff), (25, 65), (25, 0), (89, 1), (95, 1)] {
        assert_eq!(
            read::<KeyRecord>(&change(key, at, byte)),
            Err(Error::StorageDamaged)
        );
    }
    let state = include_str!("records/fingerprint_state_v1.hex");
    let fingers = change(state, 29, 6);
    assert_eq!(
        read::<fingerprint::StateRecord>(&fingers),
        Err(Error::StorageDamaged)
    );
    let padding = change(state, 231, 1);
    assert_eq!(
        read::<fingerprint::StateRecord>(&padding),
        Err(Error::StorageDamaged)
    );
    let template = include_str!("records/template_full_v1.hex");
    let minutiae = change(template, 9, 41);
    assert!(sealed_template::from_bytes(7, &minutiae) == Err(Error::StorageDamaged));
}
