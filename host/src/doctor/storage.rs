//! What the keys are sealed in.

use super::Link;
use crate::emmc::{Emmc, RpmbKey, refine};
use touchseal_proto::message::Diagnosis;
use touchseal_proto::signed::SecurityLevel;
use touchseal_proto::status::Status;

/// So many objects may a trusted application seal (`MAX_OBJECTS` in `ta/core/src/keys.rs`).
const MAX_OBJECTS: u16 = 256;

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
            "a TEST key, which is public: what is sealed here is anybody's",
            "a product gives OP-TEE the hardware unique key of its chip (ta/PORTING.md)",
        ),
        (SecurityLevel::TrustedEnvironment, false) => Link::ok(NAME, "the device's own"),
    }
}

/// Whether the RPMB works, and what it is worth.
pub fn rpmb(diagnosis: Option<&Diagnosis>, emmc: Option<&Emmc>, ask: &dyn Fn() -> RpmbKey) -> Link {
    const NAME: &str = "RPMB";
    let Some(diagnosis) = diagnosis else {
        return Link::not_reached(NAME);
    };
    let in_what = emmc.map_or("no eMMC that Linux knows of".into(), |emmc| {
        format!(
            "eMMC {}, manufacturer {:#04x}",
            emmc.name, emmc.manufacturer
        )
    });
    match diagnosis.state {
        Status::StorageUnavailable => {
            let key = ask();
            let mut link = Link::broken(NAME, refine(diagnosis.state, &key));
            if let RpmbKey::Unknown(why) = key {
                link.found = format!("{}: {why}", link.found);
            }
            link
        }
        cause
        @ (Status::RpmbKeyNotProgrammed | Status::RpmbKeyedForOther | Status::StorageDead) => {
            Link::broken(NAME, cause)
        }
        _ if emmc.is_some_and(Emmc::is_emulated) => Link::warning(
            NAME,
            format!("works; EMULATED ({in_what}): it protects nothing"),
            "use it for tests only",
        ),
        _ if diagnosis.security_level == SecurityLevel::Software => Link::warning(
            NAME,
            "works; none: what is sealed is in plain memory",
            "use it for tests only",
        ),
        _ if diagnosis.test_hardware => Link::warning(
            NAME,
            format!("works; keyed with a TEST key ({in_what})"),
            "an RPMB is keyed once, for ever: put no money behind this eMMC",
        ),
        _ => Link::ok(NAME, format!("works; keyed for this device ({in_what})")),
    }
}

/// What is known of the room that is left. OP-TEE does not say how much of the RPMB is in
/// use.
pub fn room(diagnosis: Option<&Diagnosis>, soter: Option<&Diagnosis>, emmc: Option<&Emmc>) -> Link {
    const NAME: &str = "room";
    let Some(diagnosis) = diagnosis else {
        return Link::not_reached(NAME);
    };
    let most = [Some(diagnosis), soter].into_iter().flatten();
    let full = most.map(|ta| ta.objects).max() >= Some(MAX_OBJECTS);
    let mut found = format!("{} of {MAX_OBJECTS} objects", diagnosis.objects);
    if let Some(soter) = soter {
        let (objects, spares) = (soter.objects, soter.spares);
        found += &format!(", SOTER {objects} of {MAX_OBJECTS} ({spares} keys prepared)");
    }
    if let Some(emmc) = emmc {
        found += &format!(", in an RPMB of {} KiB", emmc.rpmb_size / 1024);
    }
    if full {
        let cause = Status::TooManyKeys;
        Link::warning(NAME, found, cause.remedy()).because(cause)
    } else {
        Link::ok(NAME, found)
    }
}
