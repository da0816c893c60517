//! Bytes as they are written in a log.

/// The bytes that a text may say: as hexadecimal digits, in a row or with anything between two
/// bytes, and as decimal numbers.
pub fn bytes(text: &[u8]) -> [Vec<u8>; 3] {
    let text = String::from_utf8_lossy(text).replace("0x", " ");
    [hex(&text, 0), hex(&text, 1), decimal(&text)]
}

/// In a row of digits the first byte begins at one of the first two: the one before may be a
/// letter of a word.
fn hex(text: &str, begin: usize) -> Vec<u8> {
    text.split(|letter: char| !letter.is_ascii_hexdigit())
        .filter_map(|row| row.as_bytes().get(begin..))
        .flat_map(|row| row.chunks(2))
        .filter_map(|digits| u8::from_str_radix(str::from_utf8(digits).ok()?, 16).ok())
        .collect()
}

fn decimal(text: &str) -> Vec<u8> {
    text.split(|letter: char| !letter.is_ascii_digit())
        .filter_map(|number| number.parse().ok())
        .collect()
}

#[test]
fn a_secret_is_found_however_it_is_written() {
    use crate::needles::Needles;

    let key: [u8; 32] = std::array::from_fn(|n| (n as u8).wrapping_mul(73) ^ 5);
    let mut needles = Needles::default();
    needles.add("a key", &key);
    let pieces = needles.pieces();
    let found = |text: &str| {
        bytes(format!("D/TA:  f:12 the key {text}\nI/TC: 17 done\n").as_bytes())
            .iter()
            .any(|bytes| pieces.count(bytes).contains_key("a key"))
    };
    let pairs = |between: &str| key.map(|byte| format!("{byte:02x}")).join(between);
    let of = |key: &[u8]| {
        [
            hex::encode(key),
            hex::encode_upper(key),
            format!("abc{}", hex::encode(key)),
            format!("{key:?}"),
            format!("{key:#?}"),
            format!("{key:02x?}"),
            format!("{key:x?}"),
            format!("{key:02X?}"),
            format!("{key:#04x?}"),
        ]
    };
    // All of it, and no more than eight bytes from somewhere in it.
    for text in [of(&key), of(&key[11..19])].concat() {
        assert!(found(&text), "{text}");
    }
    for between in [" ", ":", ", ", "-"] {
        assert!(found(&pairs(between)), "{between:?}");
    }
    assert!(!found(&hex::encode(&key[..7])));
    assert!(!found(&hex::encode([0; 32])));
}
