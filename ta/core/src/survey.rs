//! What a keeper of keys finds when it looks at its own storage. Nothing is written.

use crate::device_key::KeyHash;
use crate::dispatch::Login;
use crate::error::Result;
use crate::keys::{Keys, Recent};
use crate::platform::{Enrolment, KeyStore, Store};
use touchseal_proto::message::{NOT_COUNTED, Slot};
use touchseal_proto::status::Status;

/// What was found.
pub struct Survey {
    /// Ok, NotProvisioned, or what is wrong with the sealed state.
    pub state: Status,
    /// What is in the first slot of the device key.
    pub slot_a: Slot,
    /// What is in the second.
    pub slot_b: Slot,
    /// How many objects are sealed.
    pub objects: u16,
    /// How many key pairs are prepared.
    pub spares: u8,
    /// Ok, NoFingerEnrolled, or why the fingerprint TA does not say.
    pub enrolment: Status,
}

impl Survey {
    /// Looks, on behalf of `login`, at a device whose state names this device key: None
    /// where it was not made yet, or there is no state at all.
    pub fn take<P: Store + KeyStore + Enrolment>(
        platform: &mut P,
        recent: &mut Recent<P::Key>,
        state: Result<Option<Option<KeyHash>>>,
        login: Login,
    ) -> Self {
        let mut keys = Keys::new(platform, recent);
        let device_key = state.ok().flatten().flatten();
        let state = match state {
            Ok(Some(Some(_))) => Status::Ok,
            Ok(Some(None)) => Status::NotProvisioned,
            Ok(None) => match keys.device_key_exists() {
                Ok(true) => Status::DeviceKeyMismatch,
                Ok(false) => Status::NotProvisioned,
                Err(error) => error.status(),
            },
            Err(error) => error.status(),
        };
        // To look takes signatures, and to count opens every object: for who may wait.
        let is_root = login == Login::App { uid: 0 };
        let [slot_a, slot_b] = match device_key {
            Some(hash) if is_root => keys.device_slots(&hash),
            _ => [Slot::Unknown; 2],
        };
        let objects = if is_root {
            keys.count().unwrap_or(NOT_COUNTED)
        } else {
            NOT_COUNTED
        };
        let spares = keys.spares().unwrap_or(0);
        let enrolment = match platform.enrolment_epoch() {
            Ok(0) => Status::NoFingerEnrolled,
            Ok(_) => Status::Ok,
            Err(error) => error.status(),
        };
        Self {
            state,
            slot_a,
            slot_b,
            objects,
            spares,
            enrolment,
        }
    }
}
