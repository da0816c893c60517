//! What a porter implements. Each trait says what its implementation must hold;
//! `ta/PORTING.md` is the checklist.

use crate::error::Result;
use crate::fingerprint::frame::Frame;
use crate::signature::Unverified;
use core::ops::ControlFlow;
use touchseal_proto::command::Request;
use touchseal_proto::label::Name;
use touchseal_proto::message::{Info, PublicKey, Signature, TokenKey};
use touchseal_proto::soter::{RsaPublicKey, RsaSignature};

/// The largest sealed record that one authenticated RPMB write replaces: a
/// 256-byte block less OP-TEE's object header of 24 bytes.
pub const RECORD_MAX: usize = 232;

/// The longest object id.
pub const OBJECT_ID_MAX: usize = 32;

/// Names a sealed object; at most [`OBJECT_ID_MAX`] bytes.
pub type ObjectId = heapless::Vec<u8, OBJECT_ID_MAX>;

/// Sealed records, each a few hundred bytes.
pub trait Store {
    /// Reads a record into `out` and returns its length; None where there is none.
    fn read(&mut self, id: &[u8], out: &mut [u8]) -> Result<Option<usize>>;
    /// Creates a record, all or nothing, also when power fails. Refuses an id that
    /// exists with [`Error::Exists`](crate::error::Error::Exists).
    fn create(&mut self, id: &[u8], bytes: &[u8]) -> Result<()>;
    /// Replaces a record of at most [`RECORD_MAX`] bytes by one of the same length,
    /// in place, in one authenticated write: before or after, never between.
    fn replace(&mut self, id: &[u8], bytes: &[u8]) -> Result<()>;
    /// Changes a record in place, as [`replace`](Self::replace) does; nobody else reads or
    /// writes it between: [`Error::Busy`](crate::error::Error::Busy) says that somebody was
    /// about to. False where there is none. What is not changed is not written.
    fn update(
        &mut self,
        id: &[u8],
        change: &mut dyn FnMut(&mut [u8]) -> Result<()>,
    ) -> Result<bool>;
    /// Deletes an object, record or key; one that is not there is deleted already.
    fn delete(&mut self, id: &[u8]) -> Result<()>;
}

/// Sealed key pairs of one algorithm, each with a record beside it. The private half
/// never leaves the platform: it has no type here.
pub trait KeyStore {
    /// An opened key pair.
    type Key;
    /// A public half.
    type PublicKey: AsRef<[u8]>;
    /// A signature.
    type Signature;
    /// How many key pairs may be prepared ahead: none where making one takes no time.
    const SPARES: u8;
    /// Generates a key pair and seals it with `record`, all or nothing. Refuses an
    /// id that exists.
    fn generate_key(&mut self, id: &[u8], record: &[u8]) -> Result<Self::Key>;
    /// Seals a second copy, all or nothing. Refuses an id that exists.
    fn copy_key(&mut self, key: &Self::Key, id: &[u8], record: &[u8]) -> Result<()>;
    /// Takes the key pair `from`, which is gone then, and seals it with `record` as `id`:
    /// at no moment, and to no two callers, is it under two names. None where there is none
    /// to be had. When power fails it may be gone.
    fn take_key(&mut self, from: &[u8], id: &[u8], record: &[u8]) -> Result<Option<Self::Key>>;
    /// Opens a key pair; None where there is none.
    fn open_key(&mut self, id: &[u8]) -> Result<Option<Self::Key>>;
    /// Reads the record that was sealed with the key.
    fn key_record(&mut self, key: &mut Self::Key, out: &mut [u8]) -> Result<usize>;
    /// The public half.
    fn public_key(&mut self, key: &Self::Key) -> Result<Self::PublicKey>;
    /// Signs a SHA-256 digest. A key that cannot is
    /// [`Error::KeyDamaged`](crate::error::Error::KeyDamaged).
    fn sign(&mut self, key: &Self::Key, digest: &[u8; 32]) -> Result<Unverified<Self::Signature>>;
    /// Verifies with the public half: what does not is
    /// [`Error::KeyDamaged`](crate::error::Error::KeyDamaged).
    fn verify(
        &mut self,
        key: &Self::Key,
        digest: &[u8; 32],
        signature: &Self::Signature,
    ) -> Result<()>;
    /// Visits the id of every sealed object, in no order, until the visitor says stop.
    fn visit_ids(&mut self, visit: &mut dyn FnMut(&[u8]) -> ControlFlow<()>) -> Result<()>;
}

/// Time that the normal world cannot move.
pub trait Clock {
    /// Milliseconds since boot. The same clock for all trusted applications.
    fn now_ms(&mut self) -> u64;
}

/// Randomness for handles, keys and epochs.
pub trait Random {
    /// Fills `out` from a cryptographic generator.
    fn fill(&mut self, out: &mut [u8]);
}

/// The secure log: it gets facts, never input.
pub trait RefusalLog {
    /// One line for one refusal.
    fn refused(&mut self, command: u32, error: crate::error::Error);
}

/// A serial line to a sensor, which the secure world alone reaches.
pub trait Uart {
    /// Sends all of `bytes`.
    fn send(&mut self, bytes: &[u8]) -> Result<()>;
    /// Receives what comes, `limit_ms` at most: how many bytes; 0 when none came in time.
    fn receive(&mut self, out: &mut [u8], limit_ms: u32) -> Result<usize>;
    /// Forgets what was received and not read.
    fn discard(&mut self) -> Result<()>;
}

/// What takes pictures of fingers.
pub trait Sensor {
    /// Where the finger is, as everything that is signed says it.
    const KIND: touchseal_proto::signed::Sensor;
    /// Takes a picture of what lies on it:
    /// [`Error::NoFingerOnSensor`](crate::error::Error::NoFingerOnSensor) where nothing does.
    /// Whatever the sensor answers, or does not, the call ends within a bounded time of
    /// `clock`; when it fails, nothing is left in `frame`.
    fn capture(&mut self, frame: &mut Frame, clock: &mut impl Clock) -> Result<()>;
    /// Whether the finger of the last picture was lifted since.
    fn lifted(&mut self, clock: &mut impl Clock) -> Result<bool>;
}

/// What a trusted application knows of the platform that it runs on.
pub trait Hardware {
    /// Whether the hardware key is a public constant, so that all that is sealed is
    /// anybody's.
    fn has_test_key(&mut self) -> Result<bool>;
    /// Its own name and version.
    fn name(&mut self) -> Option<Name>;
}

/// What the fingerprint TA says to others.
pub trait Enrolment {
    /// The enrolment epoch; 0 while no finger is enrolled.
    fn enrolment_epoch(&mut self) -> Result<u64>;
}

/// What the payment TA needs.
pub trait PaymentPlatform:
    Store
    + KeyStore<PublicKey = PublicKey, Signature = Signature>
    + Clock
    + Random
    + Hardware
    + Enrolment
    + RefusalLog
{
}

/// What the SOTER TA needs.
pub trait SoterPlatform:
    Store
    + KeyStore<PublicKey = RsaPublicKey, Signature = RsaSignature>
    + Hardware
    + Enrolment
    + RefusalLog
{
    /// A session with the payment TA.
    type Payment;
    /// Opens a session with the payment TA, for a uid or for nobody in particular.
    fn open_payment(&mut self, uid: Option<u32>) -> Result<Self::Payment>;
    /// Asks the payment TA.
    fn ask<R: Request>(&mut self, payment: &mut Self::Payment, request: &R) -> Result<R::Response>;
}

/// What the fingerprint TA needs.
pub trait FingerprintPlatform: Store + Clock + Random + RefusalLog {
    /// Asks the payment TA for the key that MACs tokens.
    fn token_key(&mut self) -> Result<TokenKey>;
    /// Asks it for the key that MACs a stronger credential's tokens.
    fn password_key(&mut self) -> Result<TokenKey>;
    /// Asks it how it is.
    fn payment_info(&mut self) -> Result<Info>;
}

/// What the gatekeeper TA needs.
pub trait GatekeeperPlatform: Store + Clock + Random + RefusalLog {
    /// Asks the payment TA for the key that MACs a password's tokens.
    fn password_key(&mut self) -> Result<TokenKey>;
}

/// A random u64 that is not zero.
pub fn random_nonzero(random: &mut impl Random) -> u64 {
    loop {
        let mut bytes = [0; 8];
        random.fill(&mut bytes);
        let value = u64::from_le_bytes(bytes);
        if value != 0 {
            return value;
        }
    }
}
