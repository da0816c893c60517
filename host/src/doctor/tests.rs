//! The doctor on a device in this process: what is done to it is found.

use super::*;
use crate::transport::TransportError;
use crate::{FingerprintClient, GatekeeperClient, PaymentClient, SoterClient};
use touchseal_core::dispatch::Login;
use touchseal_core::error::Error;
use touchseal_nonsecure::{Device, NonsecureTransport};
use touchseal_proto::message::Slot;

const ROOT: Login = Login::App { uid: 0 };

/// A device, and why it has no SOTER TA.
struct World {
    device: Device,
    no_soter: Option<Status>,
}

impl World {
    fn new() -> Self {
        Self {
            device: Device::default(),
            no_soter: None,
        }
    }

    fn examine_with(&self, rpmb: RpmbKey) -> Vec<Link> {
        let sysfs = tempfile::tempdir().unwrap();
        let machine = Machine {
            device_node: &sysfs.path().join("tee0"),
            sysfs: sysfs.path(),
            ask_rpmb: &|| rpmb.clone(),
        };
        examine(&machine, self)
    }

    #[track_caller]
    fn finds(&self, name: &str, state: State, cause: Option<Status>) {
        let links = self.examine_with(RpmbKey::Programmed);
        let link = links.iter().find(|link| link.name == name).unwrap();
        assert_eq!((link.state, link.cause), (state, cause), "{link:?}");
    }
}

impl SecureWorld for World {
    type Transport = NonsecureTransport;

    fn payment(&self) -> Result<PaymentClient<NonsecureTransport>, TransportError<Self>> {
        self.device.try_payment(ROOT).map(PaymentClient::new)
    }
    fn soter(&self) -> Result<SoterClient<NonsecureTransport>, TransportError<Self>> {
        match self.no_soter {
            None => Ok(SoterClient::new(self.device.soter(ROOT))),
            Some(cause) => Err(Error::Peer(cause)),
        }
    }
    fn fingerprint(&self) -> Result<FingerprintClient<NonsecureTransport>, TransportError<Self>> {
        Ok(FingerprintClient::new(self.device.fingerprint(ROOT)))
    }
    fn gatekeeper(&self) -> Result<GatekeeperClient<NonsecureTransport>, TransportError<Self>> {
        Ok(GatekeeperClient::new(self.device.gatekeeper(ROOT)))
    }
}

#[test]
fn a_new_device_is_told_to_be_provisioned() {
    let world = World::new();
    let cause = Some(Status::NotProvisioned);
    world.finds("device key", State::Broken, cause);
    world.finds("SOTER ATTK", State::Warning, cause);
    world.finds("round trip", State::NotReached, None);
    world.finds("enrolment", State::Warning, Some(Status::NoFingerEnrolled));
    let writes = world.device.rpmb().writes();
    assert_eq!(writes, 3, "nothing is written but OP-TEE's file system");
}

#[test]
fn the_round_trip_closes_and_nothing_is_written() {
    let world = World::new();
    world.payment().unwrap().provision().unwrap();
    let before = world.device.rpmb().writes();
    world.finds("device key", State::Ok, None);
    world.finds("round trip", State::Ok, None);
    world.finds("factory", State::Warning, None);
    world.finds("keys", State::Ok, None);
    assert_eq!(world.device.rpmb().writes(), before);
}

#[test]
fn a_firmware_without_soter_is_not_broken() {
    let mut world = World::new();
    world.no_soter = Some(Status::TaNotFound);
    world.finds("SOTER TA", State::Ok, Some(Status::TaNotFound));
    let links = world.examine_with(RpmbKey::Programmed);
    assert!(links.iter().all(|link| link.name != "SOTER ATTK"));
    // Who might have it is not there: that it is nowhere is not known.
    let cause = Status::SupplicantMissing;
    world.no_soter = Some(cause);
    world.finds("SOTER TA", State::NotTold, Some(cause));
}

#[test]
fn a_lost_copy_is_a_warning_and_two_are_not() {
    let mut world = World::new();
    world.payment().unwrap().provision().unwrap();
    world.device.rpmb().lose(b"pattk.b");
    world.device.reboot();
    let cause = Some(Status::DeviceKeySlotDamaged);
    world.finds("device key", State::Warning, cause);
    world.finds("round trip", State::Ok, None);
    world.device.rpmb().lose(b"pattk.a");
    world.device.reboot();
    let cause = Some(Status::DeviceKeyLost);
    world.finds("device key", State::Broken, cause);
    world.finds("round trip", State::Broken, cause);
}

#[test]
fn a_dead_storage_is_found() {
    let mut world = World::new();
    world.payment().unwrap().provision().unwrap();
    world.device.rpmb().set_dead(true);
    world.device.reboot();
    let cause = Some(Status::StorageDead);
    world.finds("RPMB", State::Broken, cause);
    world.finds("device key", State::Broken, cause);
}

fn diagnosis(state: Status) -> Diagnosis {
    let diagnosis = World::new().payment().unwrap().diagnose().unwrap();
    Diagnosis { state, ..diagnosis }
}

fn unusable() -> Diagnosis {
    diagnosis(Status::StorageUnavailable)
}

#[test]
fn an_unusable_rpmb_is_asked_itself() {
    let diagnosis = unusable();
    for (answer, cause) in [
        (RpmbKey::NotProgrammed, Status::RpmbKeyNotProgrammed),
        (RpmbKey::Programmed, Status::RpmbKeyedForOther),
        (
            RpmbKey::Unknown("`mmc` is not installed".into()),
            Status::StorageUnavailable,
        ),
    ] {
        let link = storage::rpmb(Some(&diagnosis), None, &|| answer.clone());
        assert_eq!((link.state, link.cause), (State::Broken, Some(cause)));
        let said = link.found.contains("not installed");
        assert_eq!(said, matches!(answer, RpmbKey::Unknown(_)));
    }
}

#[test]
fn an_rpmb_works_only_where_something_was_read_in_it() {
    for (state, found) in [
        (Status::Ok, State::Warning),
        (Status::DeviceKeyLost, State::Warning),
        (Status::StorageDamaged, State::Broken),
        (Status::StorageDead, State::Broken),
        (Status::Internal, State::NotTold),
        (Status::OutOfMemory, State::NotTold),
        (Status::Busy, State::NotTold),
    ] {
        let link = storage::rpmb(Some(&diagnosis(state)), None, &|| RpmbKey::Programmed);
        assert_eq!(link.state, found, "{link:?}");
        let works = found == State::Warning;
        assert_eq!(link.found.contains("works"), works, "{link:?}");
        assert_eq!(link.cause, (!works).then_some(state), "{link:?}");
    }
}

#[test]
fn an_rpmb_that_nobody_could_ask_is_not_said_to_work() {
    let empty = diagnosis(Status::NotProvisioned);
    let rpmb = |key: RpmbKey| storage::rpmb(Some(&empty), None, &|| key.clone());
    let not_asked = rpmb(RpmbKey::Unknown("`mmc` is not installed".into()));
    assert_eq!(not_asked.state, State::Warning);
    assert!(!not_asked.found.contains("works"), "{not_asked:?}");
    assert!(not_asked.found.contains("not installed"), "{not_asked:?}");
    // Whose key it is cannot be asked: one of another device looks the same.
    let keyed = rpmb(RpmbKey::Programmed);
    assert_eq!(keyed.state, State::Warning);
    assert!(!keyed.found.contains("works"), "{keyed:?}");
    let cause = Some(Status::RpmbKeyNotProgrammed);
    assert_eq!(rpmb(RpmbKey::NotProgrammed).cause, cause);
}

#[test]
fn a_slot_that_is_not_told_is_no_broken_one() {
    use Slot::{Damaged, Empty, Good, Unknown};
    for (slot_a, slot_b, state, cause) in [
        (Good, Good, State::Ok, None),
        (Good, Unknown, State::Warning, None),
        (Unknown, Unknown, State::NotTold, None),
        (Damaged, Unknown, State::NotTold, None),
        (
            Empty,
            Good,
            State::Warning,
            Some(Status::DeviceKeySlotDamaged),
        ),
        (
            Damaged,
            Empty,
            State::Broken,
            Some(Status::DeviceKeyMismatch),
        ),
        (Empty, Empty, State::Broken, Some(Status::DeviceKeyLost)),
    ] {
        let diagnosis = Diagnosis {
            slot_a,
            slot_b,
            ..diagnosis(Status::Ok)
        };
        let link = keys::device_key(Some(&diagnosis));
        assert_eq!((link.state, link.cause), (state, cause), "{link:?}");
    }
}

#[test]
fn a_payment_ta_without_the_fingerprint_ta_is_found() {
    let reaches = |enrolment| {
        let diagnosis = Diagnosis {
            enrolment,
            ..diagnosis(Status::Ok)
        };
        trusted_application::peer(Some(&diagnosis))
    };
    assert_eq!(reaches(Status::Ok).state, State::Ok);
    assert_eq!(reaches(Status::NoFingerEnrolled).state, State::Ok);
    let alone = reaches(Status::PeerUnavailable);
    assert_eq!(alone.state, State::Broken);
    assert_eq!(alone.cause, Some(Status::PeerUnavailable));
}

#[test]
fn what_would_be_a_write_is_not_asked() {
    let mut diagnosis = unusable();
    assert!(!would_write(&diagnosis), "nothing is sealed yet");
    diagnosis.version_floor = diagnosis.ta_version;
    assert!(!would_write(&diagnosis));
    diagnosis.ta_version += 1;
    assert!(would_write(&diagnosis));
}
