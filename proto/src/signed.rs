//! The bytes that get signed (native dialect), laid out by hand. Domain-separated
//! and versioned by their first 16 bytes; every field has a fixed offset; integers
//! are big-endian. `PROTOCOL.md` has the table of offsets, `vectors/` golden bytes.
//! What is here is frozen: a change is a new domain.

use crate::label::Scene;
use crate::message::{DeviceId, Payment, PublicKey, Slot};
use crate::status::Status;
use crate::wire::{Reader, Wire, WireError, Writer, wire_enum};

wire_enum! {
    /// Where keys live and the code runs (Android's names and numbers).
    SecurityLevel {
        /// An ordinary process: no protection at all. Tests only.
        Software = 0,
        /// A trusted execution environment.
        TrustedEnvironment = 1,
    }
}

wire_enum! {
    /// How the device key came to be.
    Root {
        /// Made on demand, outside a factory.
        Test = 0,
        /// Made in a factory, and registered there.
        Factory = 1,
    }
}

wire_enum! {
    /// Where the finger was.
    Sensor {
        /// No finger was asked for.
        None = 0,
        /// Simulated: the image was injected by the normal world.
        Simulated = 1,
        /// On a serial line that the secure world alone reaches.
        SecureUart = 2,
    }
}

wire_enum! {
    /// The signature that covers the statement.
    Algorithm {
        /// ECDSA on P-256 over SHA-256 (FIPS 186-5), r then s.
        EcdsaP256Sha256 = 1,
    }
}

wire_enum! {
    /// A key's place in the hierarchy.
    KeyKind {
        /// ATTK: one per device, vouched for by the factory alone.
        Device = 1,
        /// ASK: one per app, vouched for by the device key.
        App = 2,
        /// AuthKey: one per scene in an app, vouched for by the app key.
        Payment = 3,
    }
}

/// What every statement says first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Where the key lives.
    pub security_level: SecurityLevel,
    /// How the device key came to be.
    pub root: Root,
    /// Where the finger was.
    pub sensor: Sensor,
    /// Version of the trusted application.
    pub ta_version: u32,
    /// The device.
    pub device_id: DeviceId,
    /// The device counter: strictly increasing over everything the device signs.
    pub counter: u64,
    /// Head of the audit chain before this statement.
    pub audit_head: [u8; 32],
    /// The app: its uid as the kernel vouches for it.
    pub uid: u32,
    /// The enrolment epoch that the key was made under; 0 for an app key.
    pub epoch: u64,
}

impl Header {
    const LEN: usize = 92;

    fn write(&self, domain: &[u8; 16], out: &mut Writer<'_>) -> Result<(), WireError> {
        out.bytes(domain)?;
        out.put(&self.security_level)?;
        out.put(&self.root)?;
        out.put(&self.sensor)?;
        out.put(&Algorithm::EcdsaP256Sha256)?;
        out.put(&self.ta_version)?;
        out.bytes(&self.device_id)?;
        out.put(&self.counter)?;
        out.bytes(&self.audit_head)?;
        out.put(&self.uid)?;
        out.put(&self.epoch)
    }

    fn read(domain: &[u8; 16], input: &mut Reader<'_>) -> Result<Self, WireError> {
        if input.take(domain.len())? != domain {
            return Err(WireError::BadValue);
        }
        let security_level = input.get()?;
        let root = input.get()?;
        let sensor = input.get()?;
        let Algorithm::EcdsaP256Sha256 = input.get()?;
        Ok(Self {
            security_level,
            root,
            sensor,
            ta_version: input.get()?,
            device_id: input.array()?,
            counter: input.get()?,
            audit_head: input.array()?,
            uid: input.get()?,
            epoch: input.get()?,
        })
    }
}

/// Something that a key of the device signs.
pub trait Statement: Sized {
    /// What is signed.
    type Bytes: AsRef<[u8]>;
    /// Exactly the bytes that get signed.
    fn to_bytes(&self) -> Result<Self::Bytes, WireError>;
    /// The statement that `bytes` are, if they are one.
    fn from_bytes(bytes: &[u8]) -> Result<Self, WireError>;
}

/// Vouches for a public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyStatement {
    /// The common part.
    pub header: Header,
    /// App key or payment key.
    pub kind: KeyKind,
    /// The key.
    pub public_key: PublicKey,
    /// A payment key's scene; none for an app key.
    pub scene: Option<Scene>,
}

impl KeyStatement {
    const DOMAIN: &[u8; 16] = b"touchseal.key.v1";
    /// Length of the signed bytes.
    pub const LEN: usize = Header::LEN + 1 + 64 + Scene::MAX;

    /// An app key has neither scene nor epoch, a payment key both; no finger is asked
    /// for either.
    fn check(&self) -> Result<(), WireError> {
        match (
            self.kind,
            &self.scene,
            self.header.epoch,
            self.header.sensor,
        ) {
            (KeyKind::App, None, 0, Sensor::None) => Ok(()),
            (KeyKind::Payment, Some(_), 1.., Sensor::None) => Ok(()),
            _ => Err(WireError::BadValue),
        }
    }
}

impl Statement for KeyStatement {
    type Bytes = [u8; Self::LEN];

    fn to_bytes(&self) -> Result<Self::Bytes, WireError> {
        self.check()?;
        let mut bytes = [0; Self::LEN];
        let mut out = Writer::new(&mut bytes);
        self.header.write(Self::DOMAIN, &mut out)?;
        out.put(&self.kind)?;
        out.bytes(&self.public_key)?;
        out.put(&self.scene)?;
        Ok(bytes)
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, WireError> {
        let mut input = Reader::new(bytes);
        let header = Header::read(Self::DOMAIN, &mut input)?;
        let kind = input.get()?;
        let public_key = input.array()?;
        let scene: Option<Scene> = input.get()?;
        input.finish()?;
        let statement = Self {
            header,
            kind,
            public_key,
            scene,
        };
        statement.check()?;
        Ok(statement)
    }
}

/// A payment that the owner agreed to with a finger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentStatement {
    /// The common part.
    pub header: Header,
    /// Which finger: the token's user id.
    pub finger: u64,
    /// The payment key's scene.
    pub scene: Scene,
    /// What the owner agreed to.
    pub payment: Payment,
}

impl PaymentStatement {
    const DOMAIN: &[u8; 16] = b"touchseal.pay.v1";
    /// Length of the signed bytes.
    pub const LEN: usize = Header::LEN + 8 + Scene::MAX + Payment::MAX;

    /// A payment says where the finger was.
    fn check(&self) -> Result<(), WireError> {
        match (self.header.epoch, self.header.sensor) {
            (0, _) | (_, Sensor::None) => Err(WireError::BadValue),
            _ => Ok(()),
        }
    }
}

impl Statement for PaymentStatement {
    type Bytes = [u8; Self::LEN];

    fn to_bytes(&self) -> Result<Self::Bytes, WireError> {
        self.check()?;
        let mut bytes = [0; Self::LEN];
        let mut out = Writer::new(&mut bytes);
        self.header.write(Self::DOMAIN, &mut out)?;
        out.put(&self.finger)?;
        out.put(&self.scene)?;
        out.put(&self.payment.amount)?;
        out.put(&self.payment.currency)?;
        out.put(&self.payment.payee)?;
        out.put(&self.payment.order)?;
        out.bytes(&self.payment.nonce)?;
        Ok(bytes)
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, WireError> {
        let mut input = Reader::new(bytes);
        let statement = Self {
            header: Header::read(Self::DOMAIN, &mut input)?,
            finger: input.get()?,
            scene: input.get()?,
            payment: Payment {
                amount: input.get()?,
                currency: input.get()?,
                payee: input.get()?,
                order: input.get()?,
                nonce: input.array()?,
            },
        };
        input.finish()?;
        statement.check()?;
        Ok(statement)
    }
}

wire_enum! {
    /// Which keys a report is about.
    Dialect {
        /// The payment TA's.
        Native = 1,
        /// The SOTER TA's.
        Soter = 2,
    }
}

/// How a device is, and why it made no key: lets a backend tell a broken phone from a
/// lying one. Its counter and audit head are the last ones: a report is not counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportStatement {
    /// The common part, with the caller's uid and the epoch of the enrolled fingers.
    pub header: Header,
    /// Whose keys.
    pub dialect: Dialect,
    /// The command that failed to make a key; 0 when none did.
    pub command: u32,
    /// How it failed; Ok when none did.
    pub status: Status,
    /// What is in the first slot of the device key.
    pub slot_a: Slot,
    /// What is in the second.
    pub slot_b: Slot,
    /// The backend's nonce.
    pub nonce: [u8; 32],
}

impl ReportStatement {
    const DOMAIN: &[u8; 16] = b"touchseal.rpt.v1";
    /// Length of the signed bytes.
    pub const LEN: usize = Header::LEN + 1 + 4 + 2 + 1 + 1 + 32;

    /// Something failed and how, or neither; no finger is asked for.
    fn check(&self) -> Result<(), WireError> {
        match (self.command, self.status, self.header.sensor) {
            (0, Status::Ok, Sensor::None) => Ok(()),
            (0, _, _) | (_, Status::Ok, _) => Err(WireError::BadValue),
            (_, _, Sensor::None) => Ok(()),
            _ => Err(WireError::BadValue),
        }
    }
}

impl Statement for ReportStatement {
    type Bytes = [u8; Self::LEN];

    fn to_bytes(&self) -> Result<Self::Bytes, WireError> {
        self.check()?;
        let mut bytes = [0; Self::LEN];
        let mut out = Writer::new(&mut bytes);
        self.header.write(Self::DOMAIN, &mut out)?;
        out.put(&self.dialect)?;
        out.put(&self.command)?;
        out.put(&self.status)?;
        out.put(&self.slot_a)?;
        out.put(&self.slot_b)?;
        out.bytes(&self.nonce)?;
        Ok(bytes)
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, WireError> {
        let mut input = Reader::new(bytes);
        let statement = Self {
            header: Header::read(Self::DOMAIN, &mut input)?,
            dialect: input.get()?,
            command: input.get()?,
            status: input.get()?,
            slot_a: input.get()?,
            slot_b: input.get()?,
            nonce: input.array()?,
        };
        input.finish()?;
        statement.check()?;
        Ok(statement)
    }
}
