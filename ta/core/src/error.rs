//! Why something was refused: exact for the secure log, mapped to what the normal
//! world may know.

use touchseal_proto::status::Status;
use touchseal_proto::transport::CallError;
use touchseal_proto::wire::WireError;

/// Why a command was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// No such command.
    UnknownCommand,
    /// The caller's login may not call this command.
    WrongCaller,
    /// The request does not decode.
    Malformed(WireError),
    /// The session has no operation of that handle.
    UnknownOperation,
    /// The operation waited too long for its match.
    OperationExpired,
    /// The token's MAC is wrong.
    TokenForged,
    /// The token was made for another operation.
    TokenForOther,
    /// The token is of another kind of authenticator, or of another sensor.
    TokenOfOtherType,
    /// The token was made under another enrolment than the key.
    TokenStaleEpoch,
    /// The token is too old, or from the future.
    TokenExpired,
    /// The token is of another owner than the enrolled fingers.
    TokenOfOtherOwner,
    /// The factory mode is closed: a stronger credential has to allow it.
    PasswordRequired,
    /// There is no device key.
    NotProvisioned,
    /// The device key was made, and is gone.
    DeviceKeyLost,
    /// The device key and the sealed state do not belong together.
    DeviceKeyMismatch,
    /// The factory mode is closed, with something else pinned.
    FactoryClosed,
    /// There is no such app key.
    NoAppKey,
    /// There is no such payment key.
    NoPaymentKey,
    /// The payment key was made under another enrolment.
    PaymentKeyInvalidated,
    /// The key is damaged.
    KeyDamaged,
    /// Another client is making or using it.
    Busy,
    /// No room for another key.
    TooManyKeys,
    /// No finger is enrolled.
    NoFingerEnrolled,
    /// No room for another finger.
    TooManyFingers,
    /// The finger did not match.
    FingerNotRecognized,
    /// Too few minutiae, or out of range.
    PoorImage,
    /// Nothing lies on the sensor.
    NoFingerOnSensor,
    /// The sensor does not answer, or not in time.
    SensorSilent,
    /// The sensor answers what it must not.
    SensorFault,
    /// The finger still lies on the sensor from before.
    FingerNotLifted,
    /// No enrolment is under way.
    NoEnrolment,
    /// No finger of that number is enrolled.
    NoSuchFinger,
    /// Locked for a while.
    LockedOut,
    /// Locked until a stronger credential.
    LockedOutForGood,
    /// The password is wrong.
    PasswordWrong,
    /// No password is set.
    NoPassword,
    /// Too many wrong passwords: locked for a while.
    PasswordLocked,
    /// The other trusted application does not answer.
    PeerUnavailable,
    /// The other trusted application refused.
    Peer(Status),
    /// No more sessions.
    TooManySessions,
    /// The sealed storage cannot be used.
    StorageUnavailable,
    /// The RPMB's key is not programmed.
    RpmbKeyNotProgrammed,
    /// The RPMB is keyed for another device.
    RpmbKeyedForOther,
    /// The sealed storage is full.
    StorageFull,
    /// The sealed storage stopped answering.
    StorageDead,
    /// A sealed record is damaged.
    StorageDamaged,
    /// An object of that id exists.
    Exists,
    /// The trusted application is older than what is sealed.
    TaTooOld,
    /// The counter reached its end.
    CounterExhausted,
    /// RSA signatures have another salt than they should.
    SaltIgnored,
    /// No memory left.
    OutOfMemory,
    /// Anything else that the platform reports.
    Platform,
}

/// The outcome of everything that can be refused.
pub type Result<T> = core::result::Result<T, Error>;

impl<E> From<CallError<E>> for Error {
    fn from(error: CallError<E>) -> Self {
        match error {
            CallError::Refused(status) => Self::Peer(status),
            CallError::Transport(_) | CallError::Protocol(_) => Self::PeerUnavailable,
        }
    }
}

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        error.status()
    }
}

impl From<WireError> for Error {
    fn from(error: WireError) -> Self {
        Self::Malformed(error)
    }
}

impl Error {
    /// What the normal world may know.
    pub fn status(self) -> Status {
        match self {
            Self::UnknownCommand | Self::Malformed(_) => Status::BadRequest,
            Self::WrongCaller
            | Self::UnknownOperation
            | Self::OperationExpired
            | Self::TokenForged
            | Self::TokenForOther
            | Self::TokenOfOtherType
            | Self::TokenStaleEpoch
            | Self::TokenExpired
            | Self::TokenOfOtherOwner
            | Self::PasswordRequired => Status::NotAuthorized,
            Self::NotProvisioned => Status::NotProvisioned,
            Self::DeviceKeyLost => Status::DeviceKeyLost,
            Self::DeviceKeyMismatch => Status::DeviceKeyMismatch,
            Self::FactoryClosed => Status::FactoryClosed,
            Self::KeyDamaged => Status::KeyDamaged,
            Self::Busy => Status::Busy,
            Self::RpmbKeyNotProgrammed => Status::RpmbKeyNotProgrammed,
            Self::RpmbKeyedForOther => Status::RpmbKeyedForOther,
            Self::NoAppKey => Status::NoAppKey,
            Self::NoPaymentKey => Status::NoPaymentKey,
            Self::PaymentKeyInvalidated => Status::PaymentKeyInvalidated,
            Self::TooManyKeys => Status::TooManyKeys,
            Self::NoFingerEnrolled => Status::NoFingerEnrolled,
            Self::TooManyFingers => Status::TooManyFingers,
            Self::FingerNotRecognized => Status::FingerNotRecognized,
            Self::PoorImage => Status::PoorImage,
            Self::NoFingerOnSensor => Status::NoFingerOnSensor,
            Self::SensorSilent => Status::SensorSilent,
            Self::SensorFault => Status::SensorFault,
            Self::FingerNotLifted => Status::LiftFinger,
            Self::NoEnrolment => Status::NoEnrolment,
            Self::NoSuchFinger => Status::NoSuchFinger,
            Self::LockedOut => Status::LockedOut,
            Self::LockedOutForGood => Status::LockedOutForGood,
            Self::PasswordWrong => Status::PasswordWrong,
            Self::NoPassword => Status::NoPassword,
            Self::PasswordLocked => Status::PasswordLocked,
            Self::PeerUnavailable => Status::PeerUnavailable,
            Self::Peer(status) => status,
            Self::StorageUnavailable => Status::StorageUnavailable,
            Self::StorageFull => Status::StorageFull,
            Self::StorageDead => Status::StorageDead,
            Self::StorageDamaged => Status::StorageDamaged,
            Self::TaTooOld => Status::TaTooOld,
            Self::SaltIgnored => Status::SaltIgnored,
            Self::OutOfMemory => Status::OutOfMemory,
            Self::Exists | Self::CounterExhausted | Self::TooManySessions | Self::Platform => {
                Status::Internal
            }
        }
    }
}
