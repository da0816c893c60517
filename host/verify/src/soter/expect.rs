//! What a backend expects of a SOTER signature, beyond that the chain is good.

use super::SoterVerified;
use crate::expect::{Facts, Origin, Unexpected, same};
use touchseal_proto::soter::CpuId;

/// Only what is set is checked. A backend sets at least its challenge, which it gives once, the
/// app's uid and the last counter that it saw of the device; where there is money, all that an
/// [`Origin`] can require.
#[derive(Clone, Debug, Default)]
pub struct SoterExpectations {
    /// Where the signature was made. A key export says no TA version: only the signature's
    /// is checked.
    pub origin: Origin,
    /// The device, as its keys were registered.
    pub cpu_id: Option<CpuId>,
    /// The challenge that the backend gave.
    pub challenge: Option<String>,
}

impl SoterExpectations {
    /// Checks every expectation; the first that fails is told.
    pub fn check(&self, verified: &SoterVerified) -> Result<(), Unexpected> {
        let signed = &verified.challenge;
        // Escaped: who shows the difference shows no more than that.
        same(
            "challenge",
            format!("{:?}", signed.challenge.as_str()),
            self.challenge.as_ref().map(|text| format!("{text:?}")),
        )?;
        same("cpu_id", signed.cpu_id, self.cpu_id)?;
        self.origin.check(&Facts {
            uid: signed.uid,
            counter: signed.counter,
            ta_versions: &[signed.tee_version],
            security_level: signed.cpu_id.security_level,
            root: signed.cpu_id.root,
            sensor: signed.sensor,
        })
    }
}
