//! What the keys are sealed in.

use super::Link;
use crate::emmc::{Emmc, RpmbKey, refine};
use touchseal_proto::message::{Diagnosis, NOT_COUNTED};
use touchseal_proto::signed::SecurityLevel;
use touchseal_proto::status::Status;

/// What the RPMB's key and all that is sealed are derived from.
pub fn hardware_key(diagnosis: Option<&Diagnosis>) -> Link {
    const NAME: &str = "hardware key";
    let Some(diagnosis) = diagnosis else {
        return Link::not_reached(NAME);
    };
    match (diagnosis.security_level, diagnosis.test_hardware) {
        (SecurityLevel::Software, _) => Link::warning(
            NAME,
            "none: this is an ordinary process, and protects nothing",
            "use it for tests only",
        ),
        (SecurityLevel::TrustedEnvironment, true) => Link::warning(
            NAME,
            "a TEST key, which is public, or one that OP-TEE does not tell from it: what is sealed here may be anybody's",
            "a product gives OP-TEE the hardware unique key of its chip (ta/PORTING.md)",
        ),
        (SecurityLevel::TrustedEnvironment, false) => Link::ok(NAME, "the device's own"),
    }
}

const RPMB: &str = "RPMB";

/// Whether the RPMB works, and what it is worth.
pub fn rpmb(diagnosis: Option<&Diagnosis>, emmc: Option<&Emmc>, ask: &dyn Fn() -> RpmbKey) -> Link {
    let Some(diagnosis) = diagnosis else {
        return Link::not_reached(RPMB);
    };
    match diagnosis.state {
        Status::StorageUnavailable => {
            let key = ask();
            let mut link = Link::broken(RPMB, refine(diagnosis.state, &key));
            if let RpmbKey::Unknown(why) = key {
                link.found = format!("{}: {why}", link.found);
            }
            link
        }
        // Before anything is sealed, an RPMB without its key looks like an empty one.
        Status::NotProvisioned => match ask() {
            RpmbKey::NotProgrammed => Link::broken(RPMB, Status::RpmbKeyNotProgrammed),
            RpmbKey::Programmed => Link::warning(
                RPMB,
                "it has a key; whether this device's is known when something is sealed",
                "run `touchseal provision`: it tells if the RPMB is another device's",
            ),
            RpmbKey::Unknown(why) => Link::warning(
                RPMB,
                format!("whether it has its key is not known before something is sealed: {why}"),
                "run `touchseal doctor` as root with mmc-utils installed, or `touchseal provision`",
            ),
        },
        // What was read in it.
        Status::Ok
        | Status::DeviceKeyLost
        | Status::DeviceKeySlotDamaged
        | Status::DeviceKeyMismatch
        | Status::TaTooOld => working(diagnosis, emmc),
        cause @ (Status::RpmbKeyNotProgrammed
        | Status::RpmbKeyedForOther
        | Status::StorageFull
        | Status::StorageDead
        | Status::StorageDamaged) => Link::broken(RPMB, cause),
        cause => Link::not_told(RPMB, cause.sentence(), cause.remedy()).because(cause),
    }
}

/// What an RPMB that works is worth.
fn working(diagnosis: &Diagnosis, emmc: Option<&Emmc>) -> Link {
    let in_what = emmc.map_or("no eMMC that Linux knows of".into(), |emmc| {
        format!(
            "eMMC {}, manufacturer {:#04x}",
            emmc.name, emmc.manufacturer
        )
    });
    match diagnosis.security_level {
        _ if emmc.is_some_and(Emmc::is_emulated) => Link::warning(
            RPMB,
            format!("works; EMULATED ({in_what}): it protects nothing"),
            "use it for tests only",
        ),
        SecurityLevel::Software => Link::warning(
            RPMB,
            "works; none: what is sealed is in plain memory",
            "use it for tests only",
        ),
        SecurityLevel::TrustedEnvironment if diagnosis.test_hardware => Link::warning(
            RPMB,
            format!(
                "works; keyed as the hardware key is: with a TEST key, or one not told from it ({in_what})"
            ),
            "an RPMB is keyed once, for ever: put no money behind this eMMC",
        ),
        SecurityLevel::TrustedEnvironment => {
            Link::ok(RPMB, format!("works; keyed for this device ({in_what})"))
        }
    }
}

/// What is known of the room that is left. OP-TEE does not say how much of the RPMB is in
/// use.
pub fn room(diagnosis: Option<&Diagnosis>, soter: Option<&Diagnosis>, emmc: Option<&Emmc>) -> Link {
    const NAME: &str = "room";
    let Some(diagnosis) = diagnosis else {
        return Link::not_reached(NAME);
    };
    let count = |objects| match objects {
        NOT_COUNTED => "not counted (ask as root)".to_owned(),
        objects => objects.to_string(),
    };
    let mut found = format!("objects: {}", count(diagnosis.objects));
    if let Some(soter) = soter {
        let (objects, spares) = (count(soter.objects), soter.spares);
        found += &format!(", SOTER {objects} ({spares} keys prepared)");
    }
    if let Some(emmc) = emmc {
        found += &format!(", in an RPMB of {} KiB", emmc.rpmb_size / 1024);
    }
    Link::ok(NAME, found)
}
