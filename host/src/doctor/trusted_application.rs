//! Whether the trusted applications load, and which they are.

use super::Link;
use crate::client::{Client, HoldsKeys, Payments, Soter};
use crate::diagnosis::is_absent;
use crate::transport::SecureWorld;
use touchseal_proto::message::{Diagnosis, Fingers};
use touchseal_proto::status::Status;

/// A trusted application with keys, and how it says it is.
pub struct Examined<W: SecureWorld, A> {
    pub client: Client<W::Transport, A>,
    pub diagnosis: Diagnosis,
}

/// The payment TA and what it runs on.
pub fn payment<W: SecureWorld>(world: &W, links: &mut Vec<Link>) -> Option<Examined<W, Payments>> {
    const NAME: &str = "payment TA";
    let examined = world
        .payment()
        .map_err(Into::into)
        .and_then(diagnose::<W, _>);
    match examined {
        Ok(examined) => {
            links.push(platform(&examined.diagnosis));
            links.push(version(NAME, &examined.diagnosis));
            Some(examined)
        }
        Err(cause) => {
            links.push(Link::not_reached(OPTEE));
            links.push(Link::broken(NAME, cause));
            None
        }
    }
}

/// The fingerprint TA, and what it knows of its fingers.
pub fn fingerprint<W: SecureWorld>(
    world: &W,
    links: &mut Vec<Link>,
) -> Option<Result<Fingers, Status>> {
    const NAME: &str = "fingerprint TA";
    match world.fingerprint() {
        Ok(mut client) => {
            links.push(Link::ok(NAME, "loads"));
            Some(client.fingers().map_err(|error| error.cause()))
        }
        Err(error) => {
            links.push(Link::broken(NAME, error.into()));
            None
        }
    }
}

/// The SOTER TA, which a firmware need not have.
pub fn soter<W: SecureWorld>(world: &W, links: &mut Vec<Link>) -> Option<Examined<W, Soter>> {
    const NAME: &str = "SOTER TA";
    let examined = world.soter().map_err(Into::into).and_then(diagnose::<W, _>);
    match examined {
        Ok(examined) => {
            links.push(version(NAME, &examined.diagnosis));
            Some(examined)
        }
        Err(cause) if is_absent(cause) => {
            let found = "not in this firmware, which has the native dialect alone";
            links.push(Link::ok(NAME, found).because(cause));
            None
        }
        Err(cause @ Status::SupplicantMissing) => {
            let found =
                "not in the firmware's image; tee-supplicant does not run, which may have it";
            links.push(Link::not_told(NAME, found, cause.remedy()).because(cause));
            None
        }
        Err(cause) => {
            links.push(Link::broken(NAME, cause));
            None
        }
    }
}

/// Whether the payment TA gets an answer of the fingerprint TA: no match can be made for it
/// without.
pub fn peer(diagnosis: Option<&Diagnosis>) -> Link {
    const NAME: &str = "TA to TA";
    match diagnosis.map(|diagnosis| diagnosis.enrolment) {
        None => Link::not_reached(NAME),
        Some(Status::Ok | Status::NoFingerEnrolled) => {
            Link::ok(NAME, "the payment TA reaches the fingerprint TA")
        }
        Some(cause) => Link::broken(NAME, cause),
    }
}

fn diagnose<W: SecureWorld, A: HoldsKeys>(
    mut client: Client<W::Transport, A>,
) -> Result<Examined<W, A>, Status> {
    let diagnosis = client.diagnose().map_err(|error| error.cause())?;
    Ok(Examined { client, diagnosis })
}

const OPTEE: &str = "OP-TEE";

fn platform(diagnosis: &Diagnosis) -> Link {
    match &diagnosis.platform {
        Some(platform) => Link::ok(OPTEE, platform.as_str()),
        None => Link::warning(
            OPTEE,
            "it does not say its version",
            "look at the secure console, where it says it at boot",
        ),
    }
}

fn version(name: &'static str, diagnosis: &Diagnosis) -> Link {
    let (version, floor) = (diagnosis.ta_version, diagnosis.version_floor);
    let found = match floor {
        0 => format!("version {version}"),
        floor => format!("version {version}, floor {floor}"),
    };
    if version < floor || diagnosis.state == Status::TaTooOld {
        return Link {
            found,
            ..Link::broken(name, Status::TaTooOld)
        };
    }
    Link::ok(name, found)
}
