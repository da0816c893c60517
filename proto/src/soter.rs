//! The bytes that get signed in the SOTER dialect: JSON, which SOTER backends parse,
//! with one spelling. `PROTOCOL.md` has the members, `vectors/` golden bytes. What is
//! here is frozen: backends hold these very bytes.

mod spki;

pub use spki::{Pem, from_spki_pem, spki_pem};

use crate::message::DeviceId;
use crate::signed::{Root, SecurityLevel, Sensor};
use crate::wire::{Reader, Wire, WireError, Writer, wire_struct};
use core::fmt::{self, Display, Formatter, Write};
use core::str::FromStr;
use heapless::{String, Vec};

/// The modulus of an RSA-2048 public key, big-endian; the exponent is 65537.
pub type RsaPublicKey = [u8; 256];
/// RSASSA-PSS with SHA-256, MGF1 with SHA-256 and 20 bytes of salt (RFC 8017, 8.1),
/// big-endian.
pub type RsaSignature = [u8; 256];

/// What a backend asks to be signed: any UTF-8 text of 1 to 512 characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge(String<{ Self::MAX_BYTES }>);

impl Challenge {
    /// The largest number of characters (Unicode scalar values).
    pub const MAX_CHARS: usize = 512;
    #[allow(clippy::arithmetic_side_effects, reason = "evaluated by the compiler")]
    const MAX_BYTES: usize = Self::MAX_CHARS * 4;

    /// `text`, if it is such text.
    pub fn new(text: &str) -> Result<Self, WireError> {
        if text.is_empty() {
            return Err(WireError::BadValue);
        }
        if text.chars().count() > Self::MAX_CHARS {
            return Err(WireError::TooLong);
        }
        String::try_from(text)
            .map(Self)
            .map_err(|_| WireError::TooLong)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A length in bytes (u16), then the text.
impl Wire for Challenge {
    #[allow(clippy::arithmetic_side_effects, reason = "evaluated by the compiler")]
    const MAX: usize = 2 + Self::MAX_BYTES;
    fn write(&self, out: &mut Writer<'_>) -> Result<(), WireError> {
        out.put(&u16::try_from(self.0.len()).map_err(|_| WireError::TooLong)?)?;
        out.bytes(self.0.as_bytes())
    }
    fn read(input: &mut Reader<'_>) -> Result<Self, WireError> {
        let len = usize::from(input.get::<u16>()?);
        if len > Self::MAX_BYTES {
            return Err(WireError::TooLong);
        }
        Self::new(core::str::from_utf8(input.take(len)?).map_err(|_| WireError::BadValue)?)
    }
}

wire_struct! {
    /// SOTER's `cpu_id`. It begins with what the key is worth, so that everything made
    /// under a test key or in software says so. Backends hold it as opaque text:
    /// [`Display`] and [`FromStr`] are 36 lower-case hexadecimal digits.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    CpuId {
        /// How the device key came to be.
        root: Root,
        /// Where the keys live.
        security_level: SecurityLevel,
        /// The device.
        device_id: DeviceId,
    }
}

impl CpuId {
    #[allow(clippy::arithmetic_side_effects, reason = "evaluated by the compiler")]
    const DIGITS: usize = 2 * Self::MAX;
}

impl Display for CpuId {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:02x}{:02x}",
            self.root as u8, self.security_level as u8
        )?;
        self.device_id
            .iter()
            .try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for CpuId {
    type Err = WireError;

    fn from_str(digits: &str) -> Result<Self, WireError> {
        fn value(digit: u8) -> Result<u8, WireError> {
            b"0123456789abcdef"
                .iter()
                .zip(0..)
                .find_map(|(other, value)| (*other == digit).then_some(value))
                .ok_or(WireError::BadValue)
        }
        if digits.len() != Self::DIGITS {
            return Err(WireError::BadValue);
        }
        let mut bytes = [0; Self::MAX];
        for (byte, [high, low]) in bytes.iter_mut().zip(digits.as_bytes().as_chunks().0) {
            *byte = (value(*high)? << 4) | value(*low)?;
        }
        crate::wire::decode(&bytes)
    }
}

/// A JSON text (RFC 8259) that gets signed.
pub type Json = Vec<u8, JSON_MAX>;

/// The largest size of a [`Json`] in bytes: a signature over a challenge of control
/// characters, each of which takes six (`\u0000`).
#[allow(clippy::arithmetic_side_effects, reason = "evaluated by the compiler")]
pub const JSON_MAX: usize =
    r#"{"raw":"","fid":"","counter":,"tee_n":"","tee_v":"","fp_n":"","fp_v":"","cpu_id":"","uid":""}"#
        .len()
        + 6 * Challenge::MAX_CHARS
        + TEE_NAME.len()
        + SECURE_UART.len()
        + CpuId::DIGITS
        + 2 * decimal_digits(u64::MAX)
        + 3 * decimal_digits(u32::MAX as u64);

#[allow(clippy::arithmetic_side_effects, reason = "evaluated by the compiler")]
const fn decimal_digits(number: u64) -> usize {
    number.ilog10() as usize + 1
}

/// What `tee_n` says.
pub const TEE_NAME: &str = "touchseal";
const SIMULATED: &str = "simulated";
const SECURE_UART: &str = "secure-uart";

/// What `fp_n` says of a sensor; nothing where no finger was asked for.
pub fn sensor_name(sensor: Sensor) -> Option<&'static str> {
    match sensor {
        Sensor::None => None,
        Sensor::Simulated => Some(SIMULATED),
        Sensor::SecureUart => Some(SECURE_UART),
    }
}

/// Vouches for the public key of an ASK or AuthKey. Signed by the key above it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyExport {
    /// The key.
    pub public_key: RsaPublicKey,
    /// The device.
    pub cpu_id: CpuId,
    /// The device counter.
    pub counter: u64,
    /// The app.
    pub uid: u32,
}

impl KeyExport {
    /// Exactly the bytes that get signed. `BadValue` for what is no RSA-2048 key.
    pub fn to_json(&self) -> Result<Json, WireError> {
        let mut json = Json::new();
        write!(
            json,
            r#"{{"pub_key":"{}","cpu_id":"{}","counter":{},"uid":"{}"}}"#,
            Escaped(&spki_pem(&self.public_key)?),
            self.cpu_id,
            self.counter,
            self.uid
        )
        .map_err(|_| WireError::TooLong)?;
        Ok(json)
    }
}

/// A challenge that the owner agreed to with a finger. Signed by the AuthKey.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedChallenge {
    /// What the backend asked for.
    pub challenge: Challenge,
    /// Which finger: the token's user id.
    pub finger: u64,
    /// The device counter.
    pub counter: u64,
    /// Version of the trusted application.
    pub tee_version: u32,
    /// Where the finger was.
    pub sensor: Sensor,
    /// Version of the sensor.
    pub sensor_version: u32,
    /// The device.
    pub cpu_id: CpuId,
    /// The app.
    pub uid: u32,
}

impl SignedChallenge {
    /// Exactly the bytes that get signed. `BadValue` where no finger was asked for.
    pub fn to_json(&self) -> Result<Json, WireError> {
        let mut json = Json::new();
        write!(
            json,
            concat!(
                r#"{{"raw":"{}","fid":"{}","counter":{},"tee_n":"{}","tee_v":"{}","#,
                r#""fp_n":"{}","fp_v":"{}","cpu_id":"{}","uid":"{}"}}"#
            ),
            Escaped(self.challenge.as_str()),
            self.finger,
            self.counter,
            TEE_NAME,
            self.tee_version,
            sensor_name(self.sensor).ok_or(WireError::BadValue)?,
            self.sensor_version,
            self.cpu_id,
            self.uid
        )
        .map_err(|_| WireError::TooLong)?;
        Ok(json)
    }
}

/// The inside of a JSON string: what must be escaped is (RFC 8259, 7), and nothing else.
struct Escaped<'a>(&'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| match c {
            '"' => f.write_str(r#"\""#),
            '\\' => f.write_str(r"\\"),
            '\u{8}' => f.write_str(r"\b"),
            '\u{c}' => f.write_str(r"\f"),
            '\n' => f.write_str(r"\n"),
            '\r' => f.write_str(r"\r"),
            '\t' => f.write_str(r"\t"),
            '\0'..='\u{1f}' => write!(f, r"\u{:04x}", u32::from(c)),
            _ => f.write_char(c),
        })
    }
}

wire_struct! {
    /// A signed JSON text.
    #[derive(Clone, Debug, PartialEq, Eq)]
    Blob {
        /// What [`KeyExport::to_json`] or [`SignedChallenge::to_json`] made.
        json: Json,
        /// Over exactly `json`.
        signature: RsaSignature,
    }
}

impl Blob {
    /// The blob that SOTER clients upload: the length of the JSON (u32, little-endian),
    /// the JSON, the signature. No padding: clients take the whole array.
    pub fn to_soter(&self) -> Result<Vec<u8, BLOB_MAX>, WireError> {
        let len = u32::try_from(self.json.len()).map_err(|_| WireError::TooLong)?;
        let mut blob = Vec::new();
        for part in [&len.to_le_bytes()[..], &self.json, &self.signature] {
            blob.extend_from_slice(part)
                .map_err(|_| WireError::TooLong)?;
        }
        Ok(blob)
    }
}

/// The largest size of [`Blob::to_soter`] in bytes.
#[allow(clippy::arithmetic_side_effects, reason = "evaluated by the compiler")]
pub const BLOB_MAX: usize = 4 + JSON_MAX + RsaSignature::MAX;
