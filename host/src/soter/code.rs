//! SOTER's error codes, and which of them each of our causes is.

use std::fmt;
use touchseal_proto::status::Status;

/// What a SOTER verb answers with when it does not succeed; 0 is success. The numbers are
/// those that all vendors share, and above 9 those of the most widely used one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Code {
    /// Success.
    Ok = 0,
    /// There is no ATTK.
    AttkNotExist = -2,
    /// The ATTK is not the one that the device's state names.
    AttkDigestNotMatch = -3,
    /// The app has no ASK.
    AskNotReady = -5,
    /// The app has no AuthKey of that name.
    AuthKeyNotReady = -6,
    /// The session is out of time.
    SessionOutOfTime = -7,
    /// The AuthKey does not fit the enrolled fingers any more.
    NoAuthKeyMatched = -8,
    /// The keys are in use.
    IsAuthing = -9,
    /// There is no room.
    MemoryAlloc = -11,
    /// A name or challenge that cannot be one.
    InvalidArgument = -16,
    /// The secure world is not reached.
    SecureHwCommunicationFailed = -18,
    /// The factory is done with the device.
    AttkAlreadyProvisioned = -20,
    /// The RPMB has no key, or another device's.
    RpmbNotProvisioned = -21,
    /// There is no room for what was to be written.
    InsufficientBuffer = -22,
    /// A sealed key or record is damaged.
    InvalidKeyBlob = -25,
    /// No finger was verified for this session.
    VerificationFailed = -26,
    /// No such session, or a failure without a code.
    Unknown = -1000,
}

impl Code {
    /// The number, for SOTER's callers.
    pub fn number(self) -> i32 {
        self as i32
    }
}

/// What the numbers stand for, in words.
impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ok => "done",
            Self::AttkNotExist => "there is no ATTK",
            Self::AttkDigestNotMatch => "the ATTK is not the one that the device's state names",
            Self::AskNotReady => "the app has no ASK",
            Self::AuthKeyNotReady => "the app has no AuthKey of that name",
            Self::SessionOutOfTime => "the session is out of time: begin again",
            Self::NoAuthKeyMatched => "the AuthKey does not fit the enrolled fingers any more",
            Self::IsAuthing => "the keys are in use: try again",
            Self::MemoryAlloc => "there is no room",
            Self::InvalidArgument => "that cannot be a name, or a challenge",
            Self::SecureHwCommunicationFailed => "the secure world is not reached",
            Self::AttkAlreadyProvisioned => "the factory is done with the device",
            Self::RpmbNotProvisioned => "the RPMB has no key, or another device's",
            Self::InsufficientBuffer => "there is no room for what was to be written",
            Self::InvalidKeyBlob => "a sealed key or record is damaged",
            Self::VerificationFailed => "no finger was verified for this session",
            Self::Unknown => "no such session, or a failure without a code",
        })
    }
}

impl From<Status> for Code {
    fn from(status: Status) -> Self {
        match status {
            Status::Ok => Self::Ok,
            Status::NotProvisioned | Status::DeviceKeyLost => Self::AttkNotExist,
            Status::DeviceKeySlotDamaged | Status::DeviceKeyMismatch => Self::AttkDigestNotMatch,
            Status::FactoryClosed => Self::AttkAlreadyProvisioned,
            Status::NoAppKey => Self::AskNotReady,
            Status::NoPaymentKey => Self::AuthKeyNotReady,
            Status::PaymentKeyInvalidated => Self::NoAuthKeyMatched,
            Status::Busy => Self::IsAuthing,
            Status::TooManyKeys
            | Status::TooManyFingers
            | Status::StorageFull
            | Status::OutOfMemory => Self::MemoryAlloc,
            Status::BadRequest
            | Status::NoEnrolment
            | Status::NoSuchFinger
            | Status::BadArgument => Self::InvalidArgument,
            Status::BufferTooSmall => Self::InsufficientBuffer,
            Status::StorageUnavailable
            | Status::RpmbKeyNotProgrammed
            | Status::RpmbKeyedForOther => Self::RpmbNotProvisioned,
            Status::KeyDamaged | Status::StorageDamaged => Self::InvalidKeyBlob,
            Status::NotAuthorized
            | Status::NoFingerEnrolled
            | Status::LiftFinger
            | Status::FingerNotRecognized
            | Status::PoorImage
            | Status::NoFingerOnSensor
            | Status::LockedOut
            | Status::LockedOutForGood
            | Status::PasswordWrong
            | Status::NoPassword
            | Status::PasswordLocked => Self::VerificationFailed,
            Status::StorageDead
            | Status::PeerUnavailable
            | Status::SensorSilent
            | Status::SensorFault
            | Status::DriverMissing
            | Status::NoPermission
            | Status::TaNotFound
            | Status::SupplicantMissing
            | Status::TaDied
            | Status::NotReached => Self::SecureHwCommunicationFailed,
            Status::TaTooOld | Status::SaltIgnored | Status::Internal | Status::LibraryDefect => {
                Self::Unknown
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_failure_has_a_code_and_success_alone_is_zero() {
        for status in Status::ALL {
            let number = Code::from(*status).number();
            assert_eq!(number == 0, *status == Status::Ok, "{status:?}");
            assert!(number <= 0, "{status:?}");
        }
    }

    #[test]
    fn what_clients_tell_apart_has_the_number_that_they_know() {
        let known = [
            (Status::NotProvisioned, -2),
            (Status::NoAppKey, -5),
            (Status::NoPaymentKey, -6),
            (Status::Busy, -9),
            (Status::RpmbKeyNotProgrammed, -21),
            (Status::NotAuthorized, -26),
            (Status::TaNotFound, -18),
            (Status::Internal, -1000),
        ];
        for (status, number) in known {
            assert_eq!(Code::from(status).number(), number, "{status:?}");
        }
    }
}
