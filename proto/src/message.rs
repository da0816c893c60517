//! Requests and responses. A request's layout is its fields in order; so is a
//! response's, behind the version byte and the [`Status`].

mod fingerprint;
mod gatekeeper;

use crate::label::{Lot, Name, Order, Payee, Scene};
use crate::signed::{KeyStatement, PaymentStatement, ReportStatement, Root, SecurityLevel, Sensor};
use crate::soter::{Challenge, CpuId, RsaPublicKey};
use crate::status::Status;
use crate::token::AuthToken;
use crate::wire::{Reader, Wire, WireError, Writer, wire_enum, wire_struct};
use heapless::Vec;
use zeroize::{Zeroize, ZeroizeOnDrop};

pub use fingerprint::*;
pub use gatekeeper::*;

/// A P-256 public key: X, then Y, 32 bytes each, big-endian.
pub type PublicKey = [u8; 64];
/// An ECDSA P-256 signature: r, then s, 32 bytes each, big-endian.
pub type Signature = [u8; 64];
/// Names a device: the first 16 bytes of SHA-256("touchseal.device" || public key).
pub type DeviceId = [u8; 16];

/// An ISO 4217 currency code: three capital letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Currency([u8; 3]);

impl Currency {
    /// `code`, if it has the form of a currency code.
    pub fn new(code: &str) -> Result<Self, WireError> {
        let code: [u8; 3] = code
            .as_bytes()
            .try_into()
            .map_err(|_| WireError::BadValue)?;
        if code.iter().all(u8::is_ascii_uppercase) {
            Ok(Self(code))
        } else {
            Err(WireError::BadValue)
        }
    }

    /// The three letters.
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl Wire for Currency {
    const MAX: usize = 3;
    fn write(&self, out: &mut Writer<'_>) -> Result<(), WireError> {
        out.bytes(&self.0)
    }
    fn read(input: &mut Reader<'_>) -> Result<Self, WireError> {
        let code: [u8; 3] = input.array()?;
        Self::new(core::str::from_utf8(&code).map_err(|_| WireError::BadValue)?)
    }
}

wire_struct! {
    /// What the owner agrees to.
    #[derive(Clone, Debug, PartialEq, Eq)]
    Payment {
        /// The amount in minor units of the currency (ISO 4217): cents, pence, yen.
        amount: u64,
        /// The currency.
        currency: Currency,
        /// Who gets the money.
        payee: Payee,
        /// The backend's order number.
        order: Order,
        /// The backend's nonce: 32 random bytes, used once.
        nonce: [u8; 32],
    }
}

wire_struct! {
    /// Asks the payment TA how it is.
    #[derive(Clone, Debug, PartialEq, Eq)]
    GetInfo {}
}

wire_struct! {
    /// How the payment TA is.
    #[derive(Clone, Debug, PartialEq, Eq)]
    Info {
        /// Version of the trusted application.
        ta_version: u32,
        /// Where the keys live.
        security_level: SecurityLevel,
        /// Whether there is a device key.
        provisioned: bool,
        /// The device counter: the last value that was signed.
        counter: u64,
        /// How the device key came to be.
        root: Root,
        /// Whether the factory mode is closed.
        latched: bool,
        /// The device; zero until there is a device key.
        device_id: DeviceId,
    }
}

wire_struct! {
    /// Asks whose matches are believed. It does not depend on the storage.
    #[derive(Clone, Debug, PartialEq, Eq)]
    GetSensor {}
}

wire_struct! {
    /// The one sensor whose matches are believed.
    #[derive(Clone, Debug, PartialEq, Eq)]
    TheSensor {
        /// That one.
        sensor: Sensor,
    }
}

wire_struct! {
    /// Makes the device key (ATTK). Idempotent: a good key is never replaced.
    #[derive(Clone, Debug, PartialEq, Eq)]
    Provision {}
}

wire_struct! {
    /// The outcome of provisioning.
    #[derive(Clone, Debug, PartialEq, Eq)]
    Provisioned {
        /// False when the device key was there already, and was kept.
        new: bool,
        /// Whether one of its two copies was gone or damaged, and was made anew from the
        /// other.
        repaired: bool,
    }
}

wire_struct! {
    /// The outcome of making a key.
    #[derive(Clone, Debug, PartialEq, Eq)]
    Generated {
        /// False when a good key was there already, and was kept.
        new: bool,
    }
}

wire_struct! {
    /// Asks for the device's public key.
    #[derive(Clone, Debug, PartialEq, Eq)]
    ExportDeviceKey {}
}

wire_struct! {
    /// What the factory registers with the backend.
    #[derive(Clone, Debug, PartialEq, Eq)]
    DeviceKey {
        /// The device.
        device_id: DeviceId,
        /// The public half of the ATTK.
        public_key: PublicKey,
    }
}

wire_struct! {
    /// Closes the factory mode for ever, and pins what the factory knows. Asking again
    /// for the same is done already; for anything else, it is refused.
    #[derive(Clone, Debug, PartialEq, Eq)]
    Latch {
        /// The device: that of its device key, so that no line latches the wrong one.
        device_id: DeviceId,
        /// The production lot.
        lot: Lot,
        /// The issuer's P-256 public key, whose orders the device will follow.
        issuer: PublicKey,
    }
}

wire_struct! {
    /// Asks for the state of everything that a key or a payment depends on. Writes
    /// nothing.
    #[derive(Clone, Debug, PartialEq, Eq)]
    Diagnose {}
}

wire_enum! {
    /// What is in one of the two slots of the device key.
    Slot {
        /// Nothing.
        Empty = 0,
        /// The device key.
        Good = 1,
        /// Another key than the one that the state names, or one that does not sign.
        Damaged = 2,
        /// The storage does not say.
        Unknown = 3,
    }
}

/// Nobody has counted.
pub const NOT_COUNTED: u16 = u16::MAX;

wire_struct! {
    /// How the trusted application, its storage and its keys are.
    #[derive(Clone, Debug, PartialEq, Eq)]
    Diagnosis {
        /// Version of the trusted application.
        ta_version: u32,
        /// The oldest version that may use the sealed state; 0 while there is none.
        version_floor: u32,
        /// The platform's own name and version.
        platform: Option<Name>,
        /// Where the keys live.
        security_level: SecurityLevel,
        /// Whether the hardware key is a public constant, or it cannot be told: the RPMB's
        /// key and all that is sealed may then be anybody's.
        test_hardware: bool,
        /// Ok, NotProvisioned, or what is wrong with the sealed state.
        state: Status,
        /// The first slot.
        slot_a: Slot,
        /// The second slot.
        slot_b: Slot,
        /// How the device key came to be.
        root: Root,
        /// Whether the factory mode is closed.
        latched: bool,
        /// The production lot, once latched.
        lot: Option<Lot>,
        /// The device counter.
        counter: u64,
        /// How many objects the trusted application has sealed: counted for root alone,
        /// for OP-TEE opens each; else [`NOT_COUNTED`].
        objects: u16,
        /// How many keys are prepared ahead.
        spares: u8,
        /// Ok, NoFingerEnrolled, or why the fingerprint TA does not say.
        enrolment: Status,
    }
}

wire_struct! {
    /// Asks for a report signed by the device key: of the session's last making of a key
    /// that failed, or that there was none. It counts nothing and writes nothing.
    #[derive(Clone, Debug, PartialEq, Eq)]
    GetReport {
        /// The backend's nonce.
        nonce: [u8; 32],
    }
}

wire_struct! {
    /// A report and the device key's signature.
    #[derive(Clone, Debug, PartialEq, Eq)]
    SignedReport {
        /// The bytes of a [`ReportStatement`].
        statement: [u8; ReportStatement::LEN],
        /// By the device key.
        signature: Signature,
    }
}

wire_struct! {
    /// Removes the keys of every app, for ever: a factory reset. Neither the device key
    /// nor the counter.
    #[derive(Clone, Debug, PartialEq, Eq)]
    RemoveEveryKey {}
}

wire_struct! {
    /// Makes the caller's app key (ASK). Idempotent, unless told to replace it.
    #[derive(Clone, Debug, PartialEq, Eq)]
    GenerateAppKey {
        /// Makes another even if there is a good one, which works until the other is durable.
        replace: bool,
    }
}

wire_struct! {
    /// Asks for the caller's app key, signed by the device key.
    #[derive(Clone, Debug, PartialEq, Eq)]
    ExportAppKey {}
}

wire_struct! {
    /// Makes the caller's payment key (AuthKey) for a scene. Idempotent, unless
    /// the key there was made under another set of fingers, or told to replace it.
    #[derive(Clone, Debug, PartialEq, Eq)]
    GeneratePaymentKey {
        /// The scene.
        scene: Scene,
        /// Makes another even if there is a good one, which works until the other is durable.
        replace: bool,
    }
}

wire_struct! {
    /// Asks for the caller's payment key, signed by the app key.
    #[derive(Clone, Debug, PartialEq, Eq)]
    ExportPaymentKey {
        /// The scene.
        scene: Scene,
    }
}

/// The largest number of payment keys of an app.
pub const MAX_PAYMENT_KEYS: usize = 16;

wire_struct! {
    /// Asks for the caller's payment keys.
    #[derive(Clone, Debug, PartialEq, Eq)]
    ListPaymentKeys {}
}

wire_struct! {
    /// A payment key in a list.
    #[derive(Clone, Debug, PartialEq, Eq)]
    ListedKey {
        /// Its scene.
        scene: Scene,
        /// Usable, or invalidated.
        state: KeyState,
    }
}

wire_struct! {
    /// The caller's payment keys.
    #[derive(Clone, Debug, PartialEq, Eq)]
    PaymentKeys {
        /// In no order.
        keys: Vec<ListedKey, MAX_PAYMENT_KEYS>,
    }
}

wire_enum! {
    /// Whether there is a key, and of what use it is.
    KeyState {
        /// There is none.
        Absent = 0,
        /// It can sign.
        Usable = 1,
        /// It was made under another set of fingers, and is unusable for ever.
        Invalidated = 2,
    }
}

wire_struct! {
    /// Asks whether the caller has an app key.
    #[derive(Clone, Debug, PartialEq, Eq)]
    FindAppKey {}
}

wire_struct! {
    /// Asks whether the caller has a payment key.
    #[derive(Clone, Debug, PartialEq, Eq)]
    FindPaymentKey {
        /// The scene.
        scene: Scene,
    }
}

wire_struct! {
    /// What was found.
    #[derive(Clone, Debug, PartialEq, Eq)]
    Found {
        /// Of the key that was asked for.
        state: KeyState,
    }
}

wire_struct! {
    /// Removes one of the caller's payment keys, for ever.
    #[derive(Clone, Debug, PartialEq, Eq)]
    RemovePaymentKey {
        /// The scene.
        scene: Scene,
    }
}

wire_struct! {
    /// Removes all of the caller's keys, for ever: the payment keys, then the app key.
    #[derive(Clone, Debug, PartialEq, Eq)]
    RemoveAppKeys {}
}

wire_struct! {
    /// A public key and the signature of the key above it.
    #[derive(Clone, Debug, PartialEq, Eq)]
    SignedKey {
        /// The bytes of a [`KeyStatement`].
        statement: [u8; KeyStatement::LEN],
        /// By the key above.
        signature: Signature,
    }
}

wire_struct! {
    /// Begins a payment. A session has one operation at a time: a second begin
    /// ends the first.
    #[derive(Clone, Debug, PartialEq, Eq)]
    Begin {
        /// The payment key's scene.
        scene: Scene,
        /// What to sign.
        payment: Payment,
    }
}

wire_struct! {
    /// A payment has begun.
    #[derive(Clone, Debug, PartialEq, Eq)]
    Begun {
        /// The operation handle: the challenge for the fingerprint match.
        handle: u64,
        /// How long the operation waits for its match, in milliseconds.
        lifetime_ms: u32,
    }
}

wire_struct! {
    /// Finishes the payment with the match made for it. Success or not, the
    /// handle is used up.
    #[derive(Clone, Debug, PartialEq, Eq)]
    Finish {
        /// The operation handle.
        handle: u64,
        /// The match.
        token: AuthToken,
    }
}

wire_struct! {
    /// A signed payment.
    #[derive(Clone, Debug, PartialEq, Eq)]
    SignedPayment {
        /// The bytes of a [`PaymentStatement`].
        statement: [u8; PaymentStatement::LEN],
        /// By the payment key.
        signature: Signature,
    }
}

wire_struct! {
    /// Gives the operation up.
    #[derive(Clone, Debug, PartialEq, Eq)]
    Abort {
        /// The operation handle.
        handle: u64,
    }
}

wire_struct! {
    /// Asks for the key that MACs tokens.
    #[derive(Clone, Debug, PartialEq, Eq)]
    GetTokenKey {}
}

wire_struct! {
    /// The key that MACs tokens: random per boot, never stored. Wiped when dropped.
    #[derive(Zeroize, ZeroizeOnDrop)]
    TokenKey {
        /// An HMAC-SHA-256 key.
        key: [u8; 32],
    }
}

wire_struct! {
    /// Asks for the key that MACs the tokens of a stronger credential.
    #[derive(Clone, Debug, PartialEq, Eq)]
    GetPasswordKey {}
}

wire_struct! {
    /// Takes the turn to make a key that takes seconds: one app at a time, so that
    /// payments find a processor. It ends with the session.
    #[derive(Clone, Debug, PartialEq, Eq)]
    TakeTurn {}
}

wire_struct! {
    /// Counts what the SOTER TA is about to sign.
    #[derive(Clone, Debug, PartialEq, Eq)]
    Count {
        /// What is counted.
        statement: Counted,
    }
}

wire_struct! {
    /// A statement of the SOTER TA, before it is signed.
    #[derive(Clone, Debug, PartialEq, Eq)]
    Counted {
        /// The counter value in it, which must be the next.
        counter: u64,
        /// SHA-256 of it.
        digest: [u8; 32],
    }
}

wire_struct! {
    /// Begins an operation of the SOTER TA. A session has one at a time.
    #[derive(Clone, Debug, PartialEq, Eq)]
    BeginChallenge {
        /// The enrolment epoch that the key was made under.
        epoch: u64,
    }
}

wire_struct! {
    /// Authorises the operation by the match made for it, and counts its statement.
    #[derive(Clone, Debug, PartialEq, Eq)]
    FinishChallenge {
        /// The operation handle.
        handle: u64,
        /// The match.
        token: AuthToken,
        /// What is counted.
        statement: Counted,
    }
}

wire_struct! {
    /// Asks for a report about the SOTER TA's keys.
    #[derive(Clone, Debug, PartialEq, Eq)]
    SignReport {
        /// The command that failed; 0 for none.
        command: u32,
        /// How.
        status: Status,
        /// The backend's nonce.
        nonce: [u8; 32],
    }
}

wire_struct! {
    /// Asks for the SOTER device key.
    #[derive(Clone, Debug, PartialEq, Eq)]
    ExportSoterDeviceKey {}
}

wire_struct! {
    /// What the factory registers with a SOTER backend.
    #[derive(Clone, Debug, PartialEq, Eq)]
    SoterDeviceKey {
        /// The device.
        cpu_id: CpuId,
        /// The ATTK.
        public_key: RsaPublicKey,
    }
}

wire_struct! {
    /// Asks for the caller's ASK, signed by the ATTK.
    #[derive(Clone, Debug, PartialEq, Eq)]
    ExportSoterAppKey {}
}

wire_struct! {
    /// Asks for the caller's AuthKey, signed by the ASK.
    #[derive(Clone, Debug, PartialEq, Eq)]
    ExportSoterPaymentKey {
        /// Its name.
        scene: Scene,
    }
}

wire_struct! {
    /// Begins to sign a challenge. A session has one operation at a time.
    #[derive(Clone, Debug, PartialEq, Eq)]
    BeginSoter {
        /// The AuthKey's name.
        scene: Scene,
        /// What to sign.
        challenge: Challenge,
    }
}

wire_struct! {
    /// Signs the challenge after the match made for it. Success or not, the handle is
    /// used up.
    #[derive(Clone, Debug, PartialEq, Eq)]
    FinishSoter {
        /// The operation handle.
        handle: u64,
        /// The match.
        token: AuthToken,
    }
}

/// The largest number of key pairs that are prepared ahead.
pub const MAX_SPARES: u8 = 4;

wire_struct! {
    /// Makes a key pair ahead, for the next key that is wanted.
    #[derive(Clone, Debug, PartialEq, Eq)]
    Prepare {}
}

wire_struct! {
    /// Key pairs are prepared.
    #[derive(Clone, Debug, PartialEq, Eq)]
    Prepared {
        /// So many.
        spares: u8,
    }
}

wire_struct! {
    /// Nothing but the status.
    #[derive(Clone, Debug, PartialEq, Eq)]
    Done {}
}
