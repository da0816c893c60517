//! The one record that every signature writes: the device counter and the head of
//! the audit chain, durable before the signature exists.

use crate::config::Config;
use crate::error::{Error, Result};
use crate::platform::{KeyStore, RECORD_MAX, Store};
use crate::record::{self, Record, Sealed};
use crate::signature::sign;
use sha2::{Digest, Sha256};
use touchseal_proto::label::Lot;
use touchseal_proto::message::{Counted, DeviceId, Latch, PublicKey, Signature};
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
        /// Whether the factory mode is closed for ever.
        latched: bool,
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

wire_struct! {
    /// What the factory has pinned. Created once, and never changed.
    #[derive(Clone, Debug, PartialEq, Eq)]
    LatchRecord {
        /// The device.
        device_id: DeviceId,
        /// The production lot.
        lot: Lot,
        /// The issuer's public key.
        issuer: PublicKey,
    }
}

impl Record for LatchRecord {
    const MAGIC: [u8; 4] = *b"TSLR";
    const VERSION: u16 = 1;
    const SIZE: usize = RECORD_MAX;
}

const LATCH: &[u8] = b"payment.latch";

/// A statement whose counter is durable: only a completed write makes one. It is
/// signed once, by value.
pub struct Committed<S: Statement> {
    bytes: S::Bytes,
}

impl<S: Statement> Committed<S> {
    /// The statement and its signature.
    pub fn sign<K>(self, keys: &mut K, key: &K::Key) -> Result<(S::Bytes, Signature)>
    where
        K: KeyStore<Signature = Signature>,
    {
        let signature = sign(keys, key, &Sha256::digest(self.bytes.as_ref()).into())?;
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
            Some(state) if state.ta_version_floor > self.ta_version => Err(Error::TaTooOld),
            state => Ok(state),
        }
    }

    /// The oldest version that may use the state; 0 while there is none, or it cannot be
    /// read.
    pub fn version_floor(&mut self, store: &mut impl Store) -> u32 {
        match self.sealed.get(store) {
            Ok(Some(state)) => state.ta_version_floor,
            _ => 0,
        }
    }

    /// Raises the floor to this version: before a newer trusted application uses any key.
    pub fn raise_floor(&mut self, store: &mut impl Store) -> Result<()> {
        let ta_version_floor = self.ta_version;
        match self.state(store)? {
            Some(state) if state.ta_version_floor < ta_version_floor => {
                let raised = State {
                    ta_version_floor,
                    ..state.clone()
                };
                self.sealed.put(store, raised)
            }
            _ => Ok(()),
        }
    }

    /// Before the device key is made: from here on, a state that is missing is lost.
    pub fn begin(&mut self, store: &mut impl Store) -> Result<()> {
        let state = State {
            ta_version_floor: self.ta_version,
            counter: 0,
            audit_head: [0; 32],
            root: Root::Test,
            provisioned: false,
            latched: false,
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

    /// Closes the factory mode: pins what is known, then says so in the state, with what
    /// root it is from then on. The record that was made first counts.
    pub fn latch(&mut self, store: &mut impl Store, latch: Latch, root: Root) -> Result<()> {
        let wanted = LatchRecord {
            device_id: latch.device_id,
            lot: latch.lot,
            issuer: latch.issuer,
        };
        let state = self.state(store)?.ok_or(Error::NotProvisioned)?.clone();
        match record::load::<LatchRecord>(store, LATCH)? {
            Some(pinned) if pinned != wanted => return Err(Error::FactoryClosed),
            Some(_) if state.latched => return Ok(()),
            Some(_) => {}
            None if state.latched => return Err(Error::StorageDamaged),
            None => store.create(LATCH, &record::to_bytes(&wanted)?)?,
        }
        let latched = State {
            latched: true,
            root,
            ..state
        };
        self.sealed.put(store, latched)
    }

    /// What the factory has pinned.
    pub fn latched(&mut self, store: &mut impl Store) -> Result<Option<LatchRecord>> {
        match self.state(store)? {
            Some(state) if state.latched => record::load(store, LATCH)?
                .map(Some)
                .ok_or(Error::StorageDamaged),
            _ => Ok(None),
        }
    }

    /// The common part of a statement that is not counted.
    pub fn header(&mut self, store: &mut impl Store, config: &Config) -> Result<Header> {
        let state = self.state(store)?.ok_or(Error::NotProvisioned)?;
        Ok(header(state, config, state.counter))
    }

    /// Counts a statement, in one authenticated write.
    pub fn commit<S: Statement>(
        &mut self,
        store: &mut impl Store,
        config: &Config,
        build: impl FnOnce(Header) -> S,
    ) -> Result<Committed<S>> {
        let state = self.state(store)?.ok_or(Error::NotProvisioned)?;
        let statement = build(header(state, config, next(state)?));
        let bytes = statement.to_bytes()?;
        self.count(store, Sha256::digest(&bytes).into())?;
        Ok(Committed { bytes })
    }

    /// Counts a statement that another trusted application will sign.
    pub fn commit_for_other(&mut self, store: &mut impl Store, statement: &Counted) -> Result<()> {
        self.check_next(store, statement)?;
        self.count(store, statement.digest)
    }

    /// Refuses a statement whose counter is not the next.
    pub fn check_next(&mut self, store: &mut impl Store, statement: &Counted) -> Result<()> {
        let state = self.state(store)?.ok_or(Error::NotProvisioned)?;
        if next(state)? == statement.counter {
            Ok(())
        } else {
            Err(Error::Busy)
        }
    }

    fn count(&mut self, store: &mut impl Store, digest: [u8; 32]) -> Result<()> {
        let ta_version_floor = self.ta_version;
        let state = self.state(store)?.ok_or(Error::NotProvisioned)?;
        let counted = State {
            ta_version_floor,
            counter: next(state)?,
            audit_head: extend(&state.audit_head, &digest),
            ..state.clone()
        };
        self.sealed.put(store, counted)
    }
}

fn next(state: &State) -> Result<u64> {
    state.counter.checked_add(1).ok_or(Error::CounterExhausted)
}

fn header(state: &State, config: &Config, counter: u64) -> Header {
    Header {
        security_level: config.security_level,
        root: state.root,
        sensor: Sensor::None,
        ta_version: config.ta_version,
        device_id: state.device_id,
        counter,
        audit_head: state.audit_head,
        uid: 0,
        epoch: 0,
    }
}

/// The head after a statement: SHA-256("touchseal.audit" || head || SHA-256(statement)).
fn extend(head: &[u8; 32], digest: &[u8; 32]) -> [u8; 32] {
    Sha256::new()
        .chain_update(b"touchseal.audit")
        .chain_update(head)
        .chain_update(digest)
        .finalize()
        .into()
}
