//! A template's record: its bytes are frozen, and nothing else is read.

mod records;

use records::hex;
use std::collections::HashSet;
use touchseal_core::error::Error;
use touchseal_core::fingerprint::print::{MAX_MINUTIAE, Minutia, Print};
use touchseal_core::fingerprint::template::{
    MAX_QUALITY, MAX_SIDE, MAX_VIEWS, MIN_MINUTIAE, TEMPLATE_MAX, Template, View,
};

/// Where a record's fields are.
const LENGTH: usize = 8;
const WIDTH: usize = 14;
const HEIGHT: usize = 16;
const VIEWS: usize = 22;
const FIRST_VIEW: usize = 24;
const COUNT: usize = FIRST_VIEW + 3;
const FIRST_MINUTIA: usize = FIRST_VIEW + 4;

fn small() -> Vec<u8> {
    hex(include_str!("records/template_iso_v1.hex"))
}

fn full() -> Vec<u8> {
    hex(include_str!("records/template_iso_full_v1.hex"))
}

fn print(minutiae: impl IntoIterator<Item = (u16, u16, u16)>) -> Print {
    Print(
        minutiae
            .into_iter()
            .map(|(x, y, theta)| Minutia { x, y, theta })
            .collect(),
    )
}

/// What `template_iso_v1.hex` is the record of.
fn small_template() -> Template {
    Template {
        width: 320,
        height: 480,
        views: [View {
            print: print([
                (0, 480, 0),
                (319, 1, 359),
                (12, 300, 90),
                (100, 200, 180),
                (101, 201, 270),
                (102, 202, 1),
                (103, 203, 2),
                (104, 204, 3),
                (105, 205, 44),
                (106, 206, 313),
            ]),
            quality: 80,
        }]
        .into_iter()
        .collect(),
    }
}

/// What `template_iso_full_v1.hex` is the record of.
fn full_template() -> Template {
    let minutia = |view: u16, i: u16| {
        let x = 100 * view + 2 * i;
        let theta = (9 * i + 91 * view) % 360;
        match (view, i) {
            (3, 0) => (MAX_SIDE - 1 - x, MAX_SIDE, theta),
            (3, _) => (MAX_SIDE - 1 - x, 1 + 37 * i + view, theta),
            _ => (x, 1 + 37 * i + view, theta),
        }
    };
    Template {
        width: MAX_SIDE,
        height: MAX_SIDE,
        views: (0..)
            .zip([0, 100, 37, 64])
            .map(|(view, quality)| View {
                print: print((0..40).map(|i| minutia(view, i))),
                quality,
            })
            .collect(),
    }
}

fn is_damaged(bytes: &[u8]) -> bool {
    Template::from_bytes(bytes).err() == Some(Error::StorageDamaged)
}

/// Whether `bytes` are a record. If so, of a template within its bounds, whose record
/// is `bytes` again.
#[track_caller]
fn is_record(bytes: &[u8]) -> bool {
    match Template::from_bytes(bytes) {
        Ok(template) => {
            assert_eq!(template.to_bytes().unwrap()[..], bytes[..]);
            assert!(template.width.max(template.height) <= MAX_SIDE);
            assert!((1..=MAX_VIEWS).contains(&template.views.len()));
            for view in &template.views {
                assert!(view.quality <= MAX_QUALITY);
                assert!((MIN_MINUTIAE..=MAX_MINUTIAE).contains(&view.print.0.len()));
                for m in &view.print.0 {
                    assert!(m.x < template.width && m.theta < 360);
                    assert!(m.y != 0 && m.y <= template.height);
                }
            }
            true
        }
        Err(error) => {
            assert_eq!(error, Error::StorageDamaged);
            false
        }
    }
}

fn with(bytes: &[u8], at: usize, byte: u8) -> Vec<u8> {
    let mut changed = bytes.to_vec();
    changed[at] = byte;
    changed
}

/// A theta is rounded; the rest is as it was.
#[track_caller]
fn assert_rounded(read: &Template, written: &Template) {
    assert_eq!((read.width, read.height), (written.width, written.height));
    assert_eq!(read.views.len(), written.views.len());
    for (read, written) in read.views.iter().zip(&written.views) {
        assert_eq!(read.quality, written.quality);
        assert_eq!(read.print.0.len(), written.print.0.len());
        for (read, written) in read.print.0.iter().zip(&written.print.0) {
            assert_eq!((read.x, read.y), (written.x, written.y));
            assert!(read.theta.abs_diff(written.theta) <= 1);
        }
    }
}

#[test]
fn iso_v1() {
    for (bytes, template) in [(small(), small_template()), (full(), full_template())] {
        assert_eq!(template.to_bytes().unwrap()[..], bytes[..]);
        assert_rounded(&Template::from_bytes(&bytes).unwrap(), &template);
        assert!(is_record(&bytes));
    }
    assert_eq!(full().len(), TEMPLATE_MAX);
}

#[test]
fn less_or_more_than_a_record_is_damaged() {
    for bytes in [small(), full()] {
        for len in 0..bytes.len() {
            assert!(is_damaged(&bytes[..len]), "{len} bytes");
        }
        for trailing in [&[0][..], &[0; 6], &bytes] {
            assert!(is_damaged(&[&bytes, trailing].concat()));
        }
    }
}

/// What a view says of its quality, where a minutia is, and which way it points are
/// the template's own. No other byte can change alone, but for the image's sides.
#[test]
fn another_byte_is_another_template_or_damage() {
    let bytes = small();
    let free: HashSet<usize> = [FIRST_VIEW + 2, WIDTH, WIDTH + 1, HEIGHT, HEIGHT + 1]
        .into_iter()
        .chain((0..MIN_MINUTIAE * 6).filter_map(|i| (i % 6 != 5).then_some(FIRST_MINUTIA + i)))
        .collect();
    for at in 0..bytes.len() {
        for byte in (0..=u8::MAX).filter(|byte| *byte != bytes[at]) {
            let read = is_record(&with(&bytes, at, byte));
            assert!(!read || free.contains(&at), "{byte:#x} at {at}");
        }
    }
    for angle in 0..=u8::MAX {
        assert!(is_record(&with(&bytes, FIRST_MINUTIA + 4, angle)));
    }
}

/// In every byte, one bit or two.
#[test]
fn the_full_record_survives_another_bit() {
    let bytes = full();
    for bit in (0..bytes.len() * 8).step_by(5) {
        let at = bit / 8;
        is_record(&with(&bytes, at, bytes[at] ^ 1 << (bit % 8)));
    }
}

#[test]
fn a_view_too_many_is_damaged() {
    let mut bytes = full();
    let view = bytes[FIRST_VIEW..FIRST_VIEW + 246].to_vec();
    bytes.extend_from_slice(&view);
    bytes[TEMPLATE_MAX + 1] = 4 << 4;
    bytes[LENGTH..LENGTH + 4].copy_from_slice(&(1008u32 + 246).to_be_bytes());
    bytes[VIEWS] = 5;
    assert!(is_damaged(&bytes));
}

#[test]
fn no_view_is_damaged() {
    let mut bytes = small()[..FIRST_VIEW].to_vec();
    bytes[LENGTH + 3] = 24;
    bytes[VIEWS] = 0;
    assert!(is_damaged(&bytes));
}

#[test]
fn a_minutia_too_many_or_too_few_is_damaged() {
    let mut few = small();
    few.drain(FIRST_MINUTIA..FIRST_MINUTIA + 6);
    few[COUNT] -= 1;
    few[LENGTH + 3] -= 6;
    assert!(is_damaged(&few));

    let mut many = small();
    let minutia = many[FIRST_MINUTIA..FIRST_MINUTIA + 6].repeat(31);
    many.splice(FIRST_MINUTIA..FIRST_MINUTIA, minutia);
    many[COUNT] = 41;
    many[LENGTH..LENGTH + 4].copy_from_slice(&(90u32 + 31 * 6).to_be_bytes());
    assert!(is_damaged(&many));
    // One less, and it is a record.
    many.drain(FIRST_MINUTIA..FIRST_MINUTIA + 6);
    many[COUNT] = 40;
    many[LENGTH..LENGTH + 4].copy_from_slice(&(90u32 + 30 * 6).to_be_bytes());
    assert!(is_record(&many));
}

#[test]
fn extended_data_is_damaged() {
    let mut bytes = small();
    bytes[LENGTH + 3] += 4;
    *bytes.last_mut().unwrap() = 4;
    bytes.extend([0, 1, 0, 4]);
    assert!(is_damaged(&bytes));
}

/// Views in another order, or twice the same.
#[test]
fn views_out_of_order_are_damaged() {
    let bytes = full();
    let mut swapped = bytes.clone();
    swapped[FIRST_VIEW..FIRST_VIEW + 492].rotate_left(246);
    assert!(is_damaged(&swapped));
    let mut twice = bytes;
    twice.copy_within(FIRST_VIEW..FIRST_VIEW + 246, FIRST_VIEW + 246);
    assert!(is_damaged(&twice));
}

#[test]
fn a_template_out_of_range_has_no_record() {
    let changes: [fn(&mut Template); 13] = [
        |t| t.views.clear(),
        |t| t.width = 319,
        |t| t.height = 479,
        |t| t.width = MAX_SIDE + 1,
        |t| t.height = MAX_SIDE + 1,
        |t| t.width = 0,
        |t| t.height = 0,
        |t| t.views[0].quality = MAX_QUALITY + 1,
        |t| t.views[0].print.0.truncate(MIN_MINUTIAE - 1),
        |t| t.views[0].print.0[9].x = 320,
        |t| t.views[0].print.0[9].y = 0,
        |t| t.views[0].print.0[9].y = u16::MAX,
        |t| t.views[0].print.0[9].theta = 360,
    ];
    for (i, change) in changes.into_iter().enumerate() {
        let mut template = small_template();
        change(&mut template);
        assert_eq!(
            template.to_bytes().err(),
            Some(Error::PoorImage),
            "change {i}"
        );
    }
}

/// The same numbers every time.
struct Seeded(u64);

impl Seeded {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }

    fn byte(&mut self) -> u8 {
        self.below(256) as u8
    }
}

/// A few bytes changed, cut, added or repeated, and mostly a length that is right.
fn mutate(bytes: &mut Vec<u8>, seeded: &mut Seeded) {
    for _ in 0..=seeded.below(4) {
        let at = seeded.below(bytes.len());
        match seeded.below(8) {
            0 => bytes.truncate(at.max(FIRST_VIEW)),
            1 => drop(bytes.drain(at..bytes.len().min(at + 6))),
            2 => bytes.insert(at, seeded.byte()),
            3 => bytes.extend_from_within(at..),
            4 => bytes[at] ^= 1 << seeded.below(8),
            _ => bytes[at] = seeded.byte(),
        }
        bytes.resize(bytes.len().clamp(FIRST_VIEW, 2 * TEMPLATE_MAX), 0);
    }
    if seeded.below(4) != 0 {
        let len = u32::try_from(bytes.len()).unwrap();
        bytes[LENGTH..LENGTH + 4].copy_from_slice(&len.to_be_bytes());
    }
}

/// What the fuzz target asserts, without a fuzzer.
#[test]
fn mutated_records_are_records_or_damage() {
    let (small, full) = (small(), full());
    let mut seeded = Seeded(1);
    let mut read = 0;
    for round in 0..100_000 {
        let mut bytes = if round % 32 == 0 { &full } else { &small }.clone();
        mutate(&mut bytes, &mut seeded);
        read += u32::from(is_record(&bytes));
    }
    // Both outcomes are met, or the mutations reach nothing.
    assert!((1_000..99_000).contains(&read), "{read}");
}

#[test]
fn random_bytes_are_damage() {
    let mut seeded = Seeded(2);
    for _ in 0..10_000 {
        let len = seeded.below(300);
        let mut bytes: Vec<u8> = (0..len).map(|_| seeded.byte()).collect();
        assert!(is_damaged(&bytes));
        // And after a header that is right.
        if len > FIRST_VIEW {
            bytes[..FIRST_VIEW].copy_from_slice(&small()[..FIRST_VIEW]);
            bytes[LENGTH + 2..LENGTH + 4].copy_from_slice(&(len as u16).to_be_bytes());
            is_record(&bytes);
        }
    }
}
