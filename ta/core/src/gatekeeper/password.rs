//! The password as it is sealed: enough to tell whether another is the same.
//!
//! The record is encrypted and protected against replay: who could read it could change it,
//! too. So nothing is gained by making a guess slow, as where verifiers are stolen; the
//! throttle is what stands between a guess and the next.

use crate::error::{Error, Result};
use crate::platform::{RECORD_MAX, Random, Store, random_nonzero};
use crate::record::{Record, Sealed};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use touchseal_proto::TA_VERSION;
use touchseal_proto::password::Password;
use touchseal_proto::wire_struct;
use zeroize::{Zeroize, ZeroizeOnDrop};

wire_struct! {
    /// The gatekeeper's state. One block, replaced in place. Wiped when dropped.
    #[derive(Clone, Default, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
    State {
        /// The oldest TA version that may use this state.
        ta_version_floor: u32,
        /// Random, and new whenever a password is set without the one before; 0 while none
        /// is set.
        secure_user_id: u64,
        /// Attempts since the last right password.
        failures: u32,
        /// The verifier's key.
        salt: [u8; 32],
        /// HMAC-SHA-256 of the password.
        verifier: [u8; 32],
    }
}

impl Record for State {
    const MAGIC: [u8; 4] = *b"TSGS";
    const VERSION: u16 = 1;
    const SIZE: usize = RECORD_MAX;
}

impl State {
    /// With a new password, of the owner who has shown the one before, or of a new one.
    pub fn with_password(
        password: &Password,
        owner: Option<u64>,
        random: &mut impl Random,
    ) -> Result<Self> {
        let mut state = Self {
            secure_user_id: owner.unwrap_or_else(|| random_nonzero(random)),
            ..Self::default()
        };
        random.fill(&mut state.salt);
        state.verifier = state.mac(password)?.finalize().into_bytes().into();
        Ok(state)
    }

    fn mac(&self, password: &Password) -> Result<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.salt).map_err(|_| Error::Platform)?;
        mac.update(password.as_bytes());
        Ok(mac)
    }

    /// Whether there is a password.
    pub fn is_set(&self) -> bool {
        self.secure_user_id != 0
    }

    /// Whether it is this one. Compared in constant time.
    pub fn is(&self, password: &Password) -> Result<bool> {
        Ok(self.mac(password)?.verify_slice(&self.verifier).is_ok())
    }
}

/// The state; before the first password, an empty one. A state last written by a newer
/// trusted application is refused.
pub fn read(sealed: &mut Sealed<State>, store: &mut impl Store) -> Result<State> {
    let state = sealed.get(store)?.cloned().unwrap_or_default();
    if state.ta_version_floor > TA_VERSION {
        Err(Error::TaTooOld)
    } else {
        Ok(state)
    }
}

/// Seals the state.
pub fn write(sealed: &mut Sealed<State>, store: &mut impl Store, state: State) -> Result<()> {
    let ta_version_floor = TA_VERSION;
    sealed.put(
        store,
        State {
            ta_version_floor,
            ..state
        },
    )
}
