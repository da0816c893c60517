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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_soter_key_needs_is_done_with_soter_commands() {
        for cause in Status::ALL {
            let told = remedy(*cause);
            for command in ["app-key", "payment-key", "remove-key"] {
                assert!(!told.contains(&format!("`touchseal {command}")), "{told}");
            }
        }
        assert!(remedy(Status::NoAppKey).contains("`touchseal soter app-key`"));
        assert_eq!(remedy(Status::StorageFull), Status::StorageFull.remedy());
    }
}
