//! Sealed records of every kind: what is read is written as the same bytes, and what is not
//! read is told as damage, or as a newer version's.

use touchseal_core::error::Error;
use touchseal_core::fingerprint::{self, sealed_template};
use touchseal_core::record::{Record, from_bytes, to_bytes};
use touchseal_core::{KeyList, KeyRecord, gatekeeper, payment, soter};

/// So many kinds of record.
pub const KINDS: u8 = 8;

/// In the first byte: what follows is what comes behind a whole header, and is padded.
pub const HEADED: u8 = 0x80;

/// Where the version is in all of them: behind a magic of four bytes.
const VERSION: std::ops::Range<usize> = 4..6;

/// The first byte says of which kind the rest is.
pub fn one_input(input: &[u8]) {
    let Some((kind, bytes)) = input.split_first() else {
        return;
    };
    let read = match kind % KINDS {
        0 => read::<payment::StateRecord>,
        1 => read::<payment::LatchRecord>,
        2 => read::<soter::StateRecord>,
        3 => read::<fingerprint::StateRecord>,
        4 => read::<gatekeeper::StateRecord>,
        5 => read::<KeyList>,
        6 => read::<KeyRecord>,
        _ => read_template,
    };
    read(bytes, kind & HEADED != 0);
}

fn read<R: Record + PartialEq>(bytes: &[u8], headed: bool) {
    if !headed {
        return read_as::<R>(bytes);
    }
    let size = u16::try_from(R::SIZE).expect("a record's size is a u16");
    let mut record = Vec::from(R::MAGIC);
    record.extend(R::VERSION.to_be_bytes());
    record.extend(size.to_be_bytes());
    record.extend(bytes);
    record.resize(R::SIZE, 0);
    read_as::<R>(&record);
}

fn read_as<R: Record + PartialEq>(bytes: &[u8]) {
    let Some(record) = sound(from_bytes::<R>(bytes)) else {
        return;
    };
    let written = to_bytes(&record).expect("what was read can be written");
    is_the_same(&written, bytes, R::OLDEST..=R::VERSION);
    assert!(from_bytes(&written) == Ok(record), "reads otherwise");
}

/// The number of the finger is the first that was ever given. Of the layout before, of one
/// impression, the number is not said.
fn read_template(bytes: &[u8], headed: bool) {
    const FINGER: u32 = 1;
    let mut record = Vec::new();
    if headed {
        let size = u16::try_from(bytes.len() + 12).unwrap_or(u16::MAX);
        record.extend(b"TSFT\0\x02");
        record.extend(size.to_be_bytes());
        record.extend(FINGER.to_be_bytes());
    }
    record.extend(bytes);
    let Some(template) = sound(sealed_template::from_bytes(FINGER, &record)) else {
        return;
    };
    if record[VERSION] == [0, 2] {
        let written = sealed_template::to_bytes(FINGER, &template).expect("can be written");
        assert_eq!(written[..], record[..]);
        let other = sealed_template::from_bytes(FINGER + 1, &record);
        assert!(other.is_err(), "is another finger's, too");
    }
}

fn sound<R>(read: Result<R, Error>) -> Option<R> {
    read.inspect_err(|error| {
        let told = matches!(error, Error::StorageDamaged | Error::TaTooOld);
        assert!(told, "{error:?}");
    })
    .ok()
}

/// But for the version, where an older one is read, too.
fn is_the_same(written: &[u8], bytes: &[u8], versions: std::ops::RangeInclusive<u16>) {
    let version = u16::from_be_bytes(bytes[VERSION].try_into().expect("two bytes"));
    assert!(versions.contains(&version));
    let mut read = bytes.to_vec();
    read[VERSION].copy_from_slice(&versions.end().to_be_bytes());
    assert_eq!(written[..], read[..]);
}
