//! Requests and responses. A request's layout is its fields in order; so is a
//! response's, behind the version byte and the [`Status`](crate::status::Status).

use crate::label::{Order, Payee, Scene};
use crate::signed::{KeyStatement, PaymentStatement, SecurityLevel};
use crate::token::AuthToken;
use crate::wire::{Reader, Wire, WireError, Writer, wire_struct};
use heapless::Vec;
use zeroize::{Zeroize, ZeroizeOnDrop};

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

/// The largest number of minutiae in a [`Print`]: the most reliable ones. With more,
/// prints of different fingers come nearer to a match.
pub const MAX_MINUTIAE: usize = 40;

wire_struct! {
    /// One minutia.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Zeroize)]
    Minutia {
        /// Column, pixels at 500 dpi, increasing to the right.
        x: u16,
        /// Row, pixels at 500 dpi, increasing upwards.
        y: u16,
        /// Ridge direction in degrees, 0 to 359, counter-clockwise from the x axis.
        theta: u16,
    }
}

/// One impression of a finger. Wiped when dropped.
#[derive(Clone, Default, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Print(pub Vec<Minutia, MAX_MINUTIAE>);

impl Wire for Print {
    const MAX: usize = <Vec<Minutia, MAX_MINUTIAE> as Wire>::MAX;
    fn write(&self, out: &mut Writer<'_>) -> Result<(), WireError> {
        out.put(&self.0)
    }
    fn read(input: &mut Reader<'_>) -> Result<Self, WireError> {
        Ok(Self(input.get()?))
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
    }
}

wire_struct! {
    /// Makes the device key (ATTK). Idempotent: a good key is never replaced.
    #[derive(Clone, Debug, PartialEq, Eq)]
    Provision {}
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
    /// Makes the caller's app key (ASK). Idempotent.
    #[derive(Clone, Debug, PartialEq, Eq)]
    GenerateAppKey {}
}

wire_struct! {
    /// Asks for the caller's app key, signed by the device key.
    #[derive(Clone, Debug, PartialEq, Eq)]
    ExportAppKey {}
}

wire_struct! {
    /// Makes the caller's payment key (AuthKey) for a scene. Idempotent, unless
    /// the key there was made under another set of fingers.
    #[derive(Clone, Debug, PartialEq, Eq)]
    GeneratePaymentKey {
        /// The scene.
        scene: Scene,
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
    /// The caller's payment keys.
    #[derive(Clone, Debug, PartialEq, Eq)]
    PaymentKeys {
        /// Their scenes, in no order.
        scenes: Vec<Scene, MAX_PAYMENT_KEYS>,
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
    /// Enrols a finger.
    #[derive(Clone, PartialEq, Eq)]
    Enroll {
        /// The finger.
        print: Print,
    }
}

wire_struct! {
    /// A finger was enrolled.
    #[derive(Clone, Debug, PartialEq, Eq)]
    Enrolled {
        /// The finger's number.
        finger: u32,
        /// How many fingers are enrolled now.
        fingers: u8,
    }
}

wire_struct! {
    /// Matches a finger for an operation. The attempt is counted first.
    #[derive(Clone, PartialEq, Eq)]
    Authenticate {
        /// The operation handle.
        operation: u64,
        /// The finger on the sensor.
        print: Print,
    }
}

wire_struct! {
    /// The finger matched.
    #[derive(Clone, Debug, PartialEq, Eq)]
    Authenticated {
        /// The proof, for `Finish`.
        token: AuthToken,
    }
}

wire_struct! {
    /// Asks about the enrolled fingers.
    #[derive(Clone, Debug, PartialEq, Eq)]
    GetFingers {}
}

wire_struct! {
    /// The enrolled fingers.
    #[derive(Clone, Debug, PartialEq, Eq)]
    Fingers {
        /// Android's authenticatorId: the enrolment epoch, 0 while no finger is enrolled.
        authenticator_id: u64,
        /// How many fingers are enrolled.
        fingers: u8,
        /// How long matching is locked yet, in milliseconds; `u32::MAX` for good.
        locked_ms: u32,
    }
}

wire_struct! {
    /// Removes every finger. The failed attempts stay counted.
    #[derive(Clone, Debug, PartialEq, Eq)]
    RemoveFingers {}
}

wire_struct! {
    /// Nothing but the status.
    #[derive(Clone, Debug, PartialEq, Eq)]
    Done {}
}
