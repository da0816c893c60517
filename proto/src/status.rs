//! Everything that the normal world ever learns of a failure.
//!
//! A refused *authorisation* is always [`Status::NotAuthorized`]: unknown
//! operation, another owner, bad MAC, wrong challenge, stale epoch and expiry
//! look alike, so that no caller can use the answer as an oracle. *Provisioning
//! and storage* causes are told exactly: they help the owner and tell a thief
//! nothing. From 50 on are the causes that a client finds itself: the command has not
//! come to a trusted application; from 60 on, it has not left the library.

use crate::wire::{Reader, Wire, WireError, Writer};

macro_rules! statuses {
    ($($number:literal $name:ident $sentence:literal $remedy:literal)*) => {
        /// The outcome of a command. Numbers are for ever.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u16)]
        pub enum Status {
            $(#[doc = $sentence] $name = $number,)*
        }

        impl Status {
            /// Every status, in the order of their numbers.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The stable name, for logs and machines.
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)* }
            }

            /// What happened, in a sentence.
            pub fn sentence(self) -> &'static str {
                match self { $(Self::$name => $sentence,)* }
            }

            /// What to do about it.
            pub fn remedy(self) -> &'static str {
                match self { $(Self::$name => $remedy,)* }
            }
        }

        impl Wire for Status {
            const MAX: usize = 2;
            fn write(&self, out: &mut Writer<'_>) -> Result<(), WireError> {
                out.put(&(*self as u16))
            }
            fn read(input: &mut Reader<'_>) -> Result<Self, WireError> {
                match input.get::<u16>()? {
                    $($number => Ok(Self::$name),)*
                    _ => Err(WireError::BadValue),
                }
            }
        }
    };
}

statuses! {
    0 Ok
        "done"
        "nothing to do"
    1 NotAuthorized
        "not authorised"
        "act as the user whom it is for; to pay, begin again and touch the sensor with an enrolled finger"
    2 BadRequest
        "the request is not one that this trusted application understands"
        "use a client of the same version as the trusted application"
    10 NotProvisioned
        "the device has no device key yet"
        "run `touchseal provision` once, as root; for the SOTER dialect then `touchseal soter provision`"
    11 DeviceKeyLost
        "both copies of the device key are gone from the RPMB"
        "the device must be provisioned and registered anew at the factory"
    12 NoAppKey
        "this app has no app key yet"
        "run `touchseal app-key` as this user"
    13 NoPaymentKey
        "this app has no payment key of that name"
        "run `touchseal payment-key --scene NAME` as this user"
    14 PaymentKeyInvalidated
        "the payment key was made under another set of fingers, and is unusable for ever"
        "let the owner confirm the change, then make a new payment key"
    15 TooManyKeys
        "this app has as many keys as it may have"
        "remove keys that are no longer used with `touchseal remove-key`"
    16 DeviceKeySlotDamaged
        "one of the two copies of the device key is damaged; the other is good"
        "run `touchseal provision` as root: it makes the copy anew from the good one"
    17 DeviceKeyMismatch
        "the sealed state and the device key do not belong together"
        "have the device serviced: its records cannot be trusted"
    18 FactoryClosed
        "the factory mode is closed for ever, with another device id, lot or issuer"
        "nothing: what the factory has pinned stays"
    19 KeyDamaged
        "the key was damaged in the RPMB, and is lost"
        "make it anew, and register the new one with the backend"
    20 NoFingerEnrolled
        "no finger is enrolled"
        "enrol a finger with `touchseal enroll`"
    21 TooManyFingers
        "the largest number of fingers is enrolled already"
        "remove a finger first"
    22 FingerNotRecognized
        "the finger was not recognised"
        "lift the finger and try again"
    23 PoorImage
        "the image shows too little of a finger to compare"
        "clean and dry the finger, and cover the whole sensor"
    24 LockedOut
        "too many wrong fingers: locked for 30 seconds"
        "wait half a minute, then try again"
    25 LockedOutForGood
        "too many wrong fingers: locked until a stronger credential is shown"
        "unlock the sensor with the device's password: `touchseal unlock`"
    26 PeerUnavailable
        "the trusted applications do not reach each other"
        "check that all of them are part of the firmware, and look at the secure console"
    27 NoFingerOnSensor
        "no finger lies on the sensor"
        "put the finger on the sensor"
    28 SensorSilent
        "the sensor does not answer"
        "check the sensor's power and its wires; if it comes back, the sensor is failing"
    29 SensorFault
        "the sensor answers what it must not, or repeats an old picture"
        "try again; if it comes back, have the device serviced: its sensor may have been tampered with"
    30 StorageUnavailable
        "the RPMB cannot be used: its key is not programmed, or it is keyed for another device"
        "run `touchseal doctor` as root, which tells the two apart"
    31 StorageFull
        "the RPMB is full"
        "remove keys that are no longer used"
    32 StorageDead
        "the RPMB stopped answering"
        "reboot the device; if it comes back, the eMMC is failing"
    33 StorageDamaged
        "a sealed record in the RPMB is damaged"
        "have the device serviced: its records cannot be trusted"
    34 TaTooOld
        "the trusted application is older than the one that wrote the sealed records"
        "install the newer firmware again"
    35 RpmbKeyNotProgrammed
        "the RPMB's key is not programmed"
        "program it in the factory; on an emulator, check the machine's RPMB key"
    36 RpmbKeyedForOther
        "the RPMB's answers do not verify: it is keyed for another device, or they are changed on their way"
        "put the device's own eMMC back: an RPMB is keyed once, for ever"
    37 Busy
        "another call is before this one, or this user has as many sessions open as it may have"
        "try again in a few seconds; close sessions that are no longer used"
    38 LiftFinger
        "the finger still lies on the sensor from before"
        "lift the finger, then put it on the sensor again"
    39 NoEnrolment
        "no enrolment is under way: it was not begun, was given up, or waited too long"
        "begin again with `touchseal enroll`"
    40 OutOfMemory
        "the secure world is out of memory"
        "close other clients of the secure world, then try again"
    41 Internal
        "the secure world failed in a way that has no better name"
        "look at the secure console, and report it"
    42 SaltIgnored
        "this platform's RSA ignores how long the salt of a signature must be: no SOTER backend takes what it signs"
        "build OP-TEE with its default crypto library, or with the patch in qemu/build/patches"
    43 NoSuchFinger
        "no finger of that number is enrolled"
        "see which there are with `touchseal fingers`"
    44 PasswordWrong
        "the password is wrong"
        "try again with the password that is set"
    45 NoPassword
        "no password is set"
        "set one with `touchseal set-password`"
    46 PasswordLocked
        "too many wrong passwords: locked for a while"
        "wait, then try again"
    50 DriverMissing
        "there is no OP-TEE driver: the TEE device node is not there"
        "check that the kernel has CONFIG_OPTEE and that the firmware has OP-TEE"
    51 NoPermission
        "no permission on the TEE device node"
        "run as a user that may open /dev/tee0, or let this one"
    52 TaNotFound
        "the trusted application was not found"
        "flash firmware that has it, or install its .ta file where tee-supplicant looks"
    53 SupplicantMissing
        "tee-supplicant does not run, and the trusted application or its storage needs it"
        "start tee-supplicant, or flash firmware that has the trusted application in it"
    54 TaDied
        "the trusted application died"
        "try again, and report what the secure console says"
    55 NotReached
        "the command did not reach the trusted application, or its answer did not come back"
        "run `touchseal doctor`, and look at the secure console"
    60 BadArgument
        "an argument of the call cannot be used"
        "correct the argument that the message names"
    61 BufferTooSmall
        "the buffer is smaller than what may have to be written: nothing was done"
        "call again with a buffer of the size that was told"
    62 LibraryDefect
        "the client library has failed as it must not"
        "close the session, and report what standard error says"
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::wire::{decode, encode};

    #[test]
    fn every_status_travels_and_explains_itself() {
        for status in Status::ALL {
            let mut bytes = [0; 2];
            encode(status, &mut bytes).unwrap();
            assert_eq!(decode::<Status>(&bytes), Ok(*status));
            assert!(!status.sentence().is_empty() && !status.remedy().is_empty());
        }
        assert_eq!(decode::<Status>(&[0xff, 0xff]), Err(WireError::BadValue));
    }
}
