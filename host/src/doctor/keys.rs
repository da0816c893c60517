//! The keys, and the fingers that they wait for.

use super::trusted_application::Examined;
use super::{Link, not_asked, would_write};
use crate::client::HoldsKeys;
use crate::diagnosis::device_key as device_key_state;
use crate::soter;
use crate::transport::SecureWorld;
use crate::words::slot as word;
use touchseal_proto::message::{Diagnosis, Fingers, KeyState, Slot};
use touchseal_proto::signed::Root;
use touchseal_proto::status::Status;

/// The device key: without it there is no other.
pub fn device_key(diagnosis: Option<&Diagnosis>) -> Link {
    const NAME: &str = "device key";
    diagnosis.map_or(Link::not_reached(NAME), |diagnosis| {
        slots(NAME, diagnosis, Status::remedy)
    })
}

/// The SOTER device key, which a device need not have.
pub fn soter_device_key(diagnosis: &Diagnosis) -> Link {
    const NAME: &str = "SOTER ATTK";
    match diagnosis.state {
        cause @ Status::NotProvisioned => Link::warning(
            NAME,
            cause.sentence(),
            "to use the SOTER dialect, run `touchseal soter provision` once, as root",
        )
        .because(cause),
        _ => slots(NAME, diagnosis, soter::remedy),
    }
}

fn slots(name: &'static str, diagnosis: &Diagnosis, remedy: fn(Status) -> &'static str) -> Link {
    let slots = [diagnosis.slot_a, diagnosis.slot_b];
    let found = format!("slot a {}, slot b {}", word(slots[0]), word(slots[1]));
    let again = "run `touchseal doctor` again, and look at the secure console";
    match device_key_state(diagnosis) {
        None => Link::not_told(name, found, again),
        Some(Status::Ok) if slots.contains(&Slot::Unknown) => Link::warning(name, found, again),
        Some(Status::Ok) => Link::ok(name, found),
        Some(cause @ Status::DeviceKeySlotDamaged) => {
            Link::warning(name, found, remedy(cause)).because(cause)
        }
        Some(cause) if cause == diagnosis.state => Link::broken(name, cause),
        Some(cause) => Link {
            found,
            ..Link::broken(name, cause)
        },
    }
}

/// Where the device key was made, and whether that is settled.
pub fn factory(diagnosis: Option<&Diagnosis>) -> Link {
    const NAME: &str = "factory";
    let Some(diagnosis) = diagnosis.filter(|diagnosis| diagnosis.state == Status::Ok) else {
        return Link::not_reached(NAME);
    };
    let lot = diagnosis.lot.as_ref().map_or("?", |lot| lot.as_str());
    match (diagnosis.latched, diagnosis.root) {
        (true, Root::Factory) => Link::ok(NAME, format!("closed, lot {lot}")),
        (true, Root::Test) => Link::warning(
            NAME,
            format!("closed, lot {lot}; the device key is a TEST key"),
            "backends refuse it: a product's is made under the hardware key of its chip",
        ),
        (false, _) => Link::warning(
            NAME,
            "open: the device key counts as a TEST key",
            "register the device key, close it with `touchseal latch`, and register SOTER's \
             device key (ATTK) after that: its cpu_id changes with the latch",
        ),
    }
}

/// The enrolled fingers, and whether they are looked at.
pub fn fingers(fingers: Option<&Result<Fingers, Status>>) -> [Link; 2] {
    const ENROLMENT: &str = "enrolment";
    const LOCKOUT: &str = "lockout";
    let fingers = match fingers {
        Some(Ok(fingers)) => fingers,
        Some(Err(cause)) => {
            return [Link::broken(ENROLMENT, *cause), Link::not_reached(LOCKOUT)];
        }
        None => return [ENROLMENT, LOCKOUT].map(Link::not_reached),
    };
    let enrolment = match fingers.fingers.len() {
        0 => {
            let cause = Status::NoFingerEnrolled;
            Link::warning(ENROLMENT, cause.sentence(), cause.remedy()).because(cause)
        }
        count => Link::ok(
            ENROLMENT,
            format!("{count} of them, epoch {:016x}", fingers.authenticator_id),
        ),
    };
    let lockout = match fingers.locked_ms {
        0 => Link::ok(LOCKOUT, "none"),
        u32::MAX => Link::broken(LOCKOUT, Status::LockedOutForGood),
        ms => {
            let cause = Status::LockedOut;
            let found = format!("for {} seconds", ms.div_ceil(1000));
            Link::warning(LOCKOUT, found, cause.remedy()).because(cause)
        }
    };
    [enrolment, lockout]
}

/// The caller's own keys.
pub fn of_caller<W: SecureWorld, A: HoldsKeys>(
    name: &'static str,
    ta: Option<&mut Examined<W, A>>,
) -> Link {
    let Some(Examined { client, diagnosis }) = ta else {
        return Link::not_reached(name);
    };
    if would_write(diagnosis) {
        return not_asked(name);
    }
    let found = client
        .find_app_key()
        .and_then(|app_key| Ok((app_key, client.list_payment_keys()?.keys)));
    let (app_key, keys) = match found {
        Ok(found) => found,
        Err(error) => return Link::broken(name, error.cause()),
    };
    let usable = keys.iter().filter(|key| key.state == KeyState::Usable);
    let usable = usable.count();
    let app_key = match app_key {
        KeyState::Absent => "this user has no app key",
        KeyState::Usable | KeyState::Invalidated => "app key",
    };
    let found = format!("{app_key}, {usable} of {} payment keys usable", keys.len());
    if usable == keys.len() {
        Link::ok(name, found)
    } else {
        let cause = Status::PaymentKeyInvalidated;
        Link::warning(name, found, cause.remedy()).because(cause)
    }
}
