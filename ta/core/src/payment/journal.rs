//! The one record that every signature writes: the device counter and the head of
//! the audit chain, durable before the signature exists.

use super::Config;
use crate::error::{Error, Result};
use crate::platform::{KeyStore, RECORD_MAX, Store};
use crate::record::{Record, Sealed};
use sha2::{Digest, Sha256};
use touchseal_proto::message::{DeviceId, PublicKey, Signature};
use touchseal_proto::signed::{Header, Root, Sensor, Statement};
use touchseal_proto::wire_struct;

wire_struct! {
    /// The device's state. One block, replaced in place.
    #[derive(Clone, Debug, PartialEq, Eq)]
    State {
        /// The oldest TA version that may use this state.
        ta_version_floor: u32,
        /// The last counter value that may have been signed.
        counter: u64,
        /// Head of the audit chain.
        audit_head: [u8; 32],
        /// How the device key comes to be.
        root: Root,
        /// Whether it was made; until then the rest is zero.
        provisioned: bool,
        /// The device.
        device_id: DeviceId,
        /// The public half of the device key: tells a lost key from one never made.
        device_key: PublicKey,
    }
}

impl Record for State {
    const MAGIC: [u8; 4] = *b"TSPS";
    const VERSION: u16 = 1;
    const SIZE: usize = RECORD_MAX;
}

/// A statement whose counter is durable: only a completed write makes one. It is
/// signed once, by value.
pub struct Committed<S: Statement> {
    bytes: S::Bytes,
}

impl<S: Statement> Committed<S> {
    /// The statement and its signature.
    pub fn sign<K: KeyStore>(self, keys: &mut K, key: &K::Key) -> Result<(S::Bytes, Signature)> {
        let signature = keys.sign(key, &Sha256::digest(self.bytes.as_ref()).into())?;
        Ok((self.bytes, signature))
    }
}

/// Keeps [`State`].
pub struct Journal {
    ta_version: u32,
    sealed: Sealed<State>,
}

impl Journal {
    pub fn new(ta_version: u32) -> Self {
        Self {
            ta_version,
            sealed: Sealed::new(b"payment.state"),
        }
    }

    /// The state; None before provisioning. A state last written by a newer trusted
    /// application is refused: an old one put back must not run on it.
    pub fn state(&mut self, store: &mut impl Store) -> Result<Option<&State>> {
        match self.sealed.get(store)? {
            Some(state) if state.ta_version_floor > self.ta_version => Err(Error::SealedByNewer),
            state => Ok(state),
        }
    }

    /// Before the device key is made: from here on, a state that is missing is lost.
    pub fn begin(&mut self, store: &mut impl Store, root: Root) -> Result<()> {
        let state = State {
            ta_version_floor: self.ta_version,
            counter: 0,
            audit_head: [0; 32],
            root,
            provisioned: false,
            device_id: [0; 16],
            device_key: [0; 64],
        };
        self.sealed.put(store, state)
    }

    /// The device key was made.
    pub fn provisioned(&mut self, store: &mut impl Store, device_key: PublicKey) -> Result<()> {
        let state = self.state(store)?.ok_or(Error::NotProvisioned)?.clone();
        let id = Sha256::new()
            .chain_update(b"touchseal.device")
            .chain_update(device_key)
            .finalize();
        let (device_id, _) = id.split_first_chunk().ok_or(Error::Platform)?;
        let device_id = *device_id;
        self.sealed.put(
            store,
            State {
                provisioned: true,
                device_id,
                device_key,
                ..state
            },
        )
    }

    /// Counts a statement, in one authenticated write.
    pub fn commit<S: Statement>(
        &mut self,
        store: &mut impl Store,
        config: &Config,
        build: impl FnOnce(Header) -> S,
    ) -> Result<Committed<S>> {
        let state = self.state(store)?.ok_or(Error::NotProvisioned)?;
        let counter = state
            .counter
            .checked_add(1)
            .ok_or(Error::CounterExhausted)?;
        let state = state.clone();
        let statement = build(Header {
            security_level: config.security_level,
            root: state.root,
            sensor: Sensor::None,
            ta_version: config.ta_version,
            device_id: state.device_id,
            counter,
            audit_head: state.audit_head,
            uid: 0,
            epoch: 0,
        });
        let bytes = statement.to_bytes()?;
        let next = State {
            ta_version_floor: self.ta_version,
            counter,
            audit_head: extend(&state.audit_head, bytes.as_ref()),
            ..state
        };
        self.sealed.put(store, next)?;
        Ok(Committed { bytes })
    }
}

/// The head after a statement: SHA-256("touchseal.audit" || head || SHA-256(statement)).
fn extend(head: &[u8; 32], statement: &[u8]) -> [u8; 32] {
    Sha256::new()
        .chain_update(b"touchseal.audit")
        .chain_update(head)
        .chain_update(Sha256::digest(statement))
        .finalize()
        .into()
}
