//! Walks the chain from the device node to a signature, link by link, and says of each how
//! it is and what to do. It programs nothing and writes nothing. The world is
//! `transport::teec::Identity` on a device.
//!
//! ```
//! use std::path::Path;
//! use touchseal::doctor::{Link, Machine, State, examine};
//! use touchseal::emmc::ask_rpmb;
//! use touchseal::transport::{DEVICE_NODE, SecureWorld};
//!
//! fn broken<W: SecureWorld>(world: &W) -> Option<Link> {
//!     let sysfs = Path::new("/sys");
//!     let machine = Machine {
//!         device_node: Path::new(DEVICE_NODE),
//!         sysfs,
//!         ask_rpmb: &|| ask_rpmb(sysfs),
//!     };
//!     let links = examine(&machine, world);
//!     links.into_iter().find(|link| link.state == State::Broken)
//! }
//! ```

mod keys;
mod normal_world;
mod round_trip;
mod storage;
mod trusted_application;

use crate::emmc::{Emmc, RpmbKey};
use crate::transport::SecureWorld;
use std::path::Path;
use touchseal_proto::message::Diagnosis;
use touchseal_proto::status::Status;

/// How a link is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// As it should be.
    Ok,
    /// It works; somebody should know this.
    Warning,
    /// What depends on it does not work.
    Broken,
    /// Not examined: a link before it is broken.
    NotReached,
    /// Examined, and not told.
    NotTold,
}

impl State {
    /// In a word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Broken => "broken",
            Self::NotReached => "not reached",
            Self::NotTold => "not told",
        }
    }
}

/// A link of the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Which.
    pub name: &'static str,
    /// How it is.
    pub state: State,
    /// What was found.
    pub found: String,
    /// The cause, where it has a name.
    pub cause: Option<Status>,
    /// What to do, where there is something to do.
    pub remedy: Option<String>,
}

impl Link {
    fn ok(name: &'static str, found: impl Into<String>) -> Self {
        Self {
            name,
            state: State::Ok,
            found: found.into(),
            cause: None,
            remedy: None,
        }
    }

    fn warning(name: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            state: State::Warning,
            remedy: Some(remedy.into()),
            ..Self::ok(name, found)
        }
    }

    fn broken(name: &'static str, cause: Status) -> Self {
        Self {
            state: State::Broken,
            cause: Some(cause),
            remedy: Some(cause.remedy().into()),
            ..Self::ok(name, cause.sentence())
        }
    }

    fn not_reached(name: &'static str) -> Self {
        Self {
            state: State::NotReached,
            ..Self::ok(name, "a link before it is broken")
        }
    }

    fn not_told(name: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            state: State::NotTold,
            ..Self::warning(name, found, remedy)
        }
    }

    /// With the name of the cause, where the link is not broken for it.
    fn because(self, cause: Status) -> Self {
        Self {
            cause: Some(cause),
            ..self
        }
    }
}

/// The machine around the secure world.
pub struct Machine<'a> {
    /// The node that clients open.
    pub device_node: &'a Path,
    /// Where sysfs is mounted.
    pub sysfs: &'a Path,
    /// Asks the eMMC about its RPMB's key.
    pub ask_rpmb: &'a dyn Fn() -> RpmbKey,
}

/// Every link, in the order in which a command needs them.
pub fn examine<W: SecureWorld>(machine: &Machine<'_>, world: &W) -> Vec<Link> {
    let mut links = vec![
        normal_world::device_node(machine.device_node),
        normal_world::driver(machine.sysfs, machine.device_node),
    ];
    let mut payment = trusted_application::payment(world, &mut links);
    let fingerprint = trusted_application::fingerprint(world, &mut links);
    let mut soter = trusted_application::soter(world, &mut links);

    let emmc = Emmc::find(machine.sysfs);
    let diagnosis = payment.as_ref().map(|payment| &payment.diagnosis);
    links.push(trusted_application::peer(diagnosis));
    let soter_diagnosis = soter.as_ref().map(|soter| &soter.diagnosis);
    links.push(storage::hardware_key(diagnosis));
    links.push(storage::rpmb(diagnosis, emmc.as_ref(), machine.ask_rpmb));
    links.push(storage::room(diagnosis, soter_diagnosis, emmc.as_ref()));
    links.push(keys::device_key(diagnosis));
    links.extend(soter_diagnosis.map(keys::soter_device_key));
    links.push(keys::factory(diagnosis));
    links.extend(keys::fingers(fingerprint.as_ref()));
    links.push(keys::of_caller::<W, _>("keys", payment.as_mut()));
    if soter.is_some() {
        links.push(keys::of_caller::<W, _>("SOTER keys", soter.as_mut()));
    }
    links.push(round_trip::signature::<W>(payment.as_mut()));
    links
}

/// A trusted application that older sealed state belongs to makes that its own with the
/// first command that uses it: a write.
fn would_write(diagnosis: &Diagnosis) -> bool {
    diagnosis.version_floor != 0 && diagnosis.version_floor < diagnosis.ta_version
}

/// What was not examined for that reason.
fn not_asked(name: &'static str) -> Link {
    Link {
        found: "not asked: the trusted application would raise its version floor, a write".into(),
        ..Link::not_reached(name)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
