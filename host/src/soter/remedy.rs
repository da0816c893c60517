//! What to do where the SOTER dialect is used: its commands have names of their own.

use touchseal_proto::status::Status;

/// What to do about a cause that a SOTER key has met.
pub fn remedy(cause: Status) -> &'static str {
    match cause {
        Status::NotProvisioned => {
            "run `touchseal provision` and then `touchseal soter provision`, once, as root"
        }
        Status::DeviceKeySlotDamaged => {
            "run `touchseal soter provision` as root: it makes the copy anew from the good one"
        }
        Status::NoAppKey => "run `touchseal soter app-key` as this user",
        Status::NoPaymentKey => "run `touchseal soter payment-key --scene NAME` as this user",
        Status::TooManyKeys => {
            "remove keys that are no longer used with `touchseal soter remove-key`"
        }
        _ => cause.remedy(),
    }
}
