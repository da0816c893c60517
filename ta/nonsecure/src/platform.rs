//! The platform traits in a process. Keys are sealed as scalars in the store: this
//! is what "nonsecure" means.

use crate::transport::Shared;
use p256::ecdsa::signature::hazmat::PrehashSigner;
use p256::ecdsa::{Signature as P256Signature, SigningKey};
use std::ops::ControlFlow;
use std::sync::Weak;
use touchseal_core::error::{Error, Result};
use touchseal_core::platform::{
    Clock, FingerprintPlatform, KeyStore, PaymentPlatform, Random, RefusalLog, Store,
};
use touchseal_proto::message::{PublicKey, Signature, TokenKey};

/// The length of a P-256 scalar: a sealed key is the scalar, then its record.
const SCALAR: usize = 32;

/// One trusted application's view of the device.
pub struct NonsecurePlatform {
    pub(crate) device: Weak<Shared>,
    /// Keeps the objects of the two trusted applications apart.
    pub(crate) owner: u8,
}

/// An opened key.
pub struct Key {
    signing: SigningKey,
    record: Vec<u8>,
}

impl NonsecurePlatform {
    fn device(&self) -> Result<std::sync::Arc<Shared>> {
        self.device.upgrade().ok_or(Error::Platform)
    }

    fn id(&self, id: &[u8]) -> Vec<u8> {
        [&[self.owner], id].concat()
    }

    fn seal_key(&mut self, signing: SigningKey, id: &[u8], record: &[u8]) -> Result<Key> {
        let sealed = [signing.to_bytes().as_slice(), record].concat();
        self.device()?.rpmb().create(&self.id(id), sealed)?;
        Ok(Key {
            signing,
            record: record.to_vec(),
        })
    }
}

impl Store for NonsecurePlatform {
    fn read(&mut self, id: &[u8], out: &mut [u8]) -> Result<Option<usize>> {
        let device = self.device()?;
        let mut rpmb = device.rpmb();
        let Some(bytes) = rpmb.get(&self.id(id))? else {
            return Ok(None);
        };
        out.get_mut(..bytes.len())
            .ok_or(Error::StorageDamaged)?
            .copy_from_slice(bytes);
        Ok(Some(bytes.len()))
    }
    fn create(&mut self, id: &[u8], bytes: &[u8]) -> Result<()> {
        self.device()?.rpmb().create(&self.id(id), bytes.to_vec())
    }
    fn replace(&mut self, id: &[u8], bytes: &[u8]) -> Result<()> {
        self.device()?.rpmb().replace(&self.id(id), bytes)
    }
    fn delete(&mut self, id: &[u8]) -> Result<()> {
        self.device()?.rpmb().delete(&self.id(id))
    }
}

impl KeyStore for NonsecurePlatform {
    type Key = Key;

    fn generate_key(&mut self, id: &[u8], record: &[u8]) -> Result<Key> {
        let signing = loop {
            let mut scalar = [0; SCALAR];
            self.fill(&mut scalar);
            if let Ok(signing) = SigningKey::from_slice(&scalar) {
                break signing;
            }
        };
        self.seal_key(signing, id, record)
    }
    fn copy_key(&mut self, key: &Key, id: &[u8], record: &[u8]) -> Result<()> {
        self.seal_key(key.signing.clone(), id, record).map(|_| ())
    }
    fn open_key(&mut self, id: &[u8]) -> Result<Option<Key>> {
        let device = self.device()?;
        let mut rpmb = device.rpmb();
        let Some(bytes) = rpmb.get(&self.id(id))? else {
            return Ok(None);
        };
        let (scalar, record) = bytes
            .split_at_checked(SCALAR)
            .ok_or(Error::StorageDamaged)?;
        let signing = SigningKey::from_slice(scalar).map_err(|_| Error::StorageDamaged)?;
        Ok(Some(Key {
            signing,
            record: record.to_vec(),
        }))
    }
    fn key_record(&mut self, key: &mut Key, out: &mut [u8]) -> Result<usize> {
        out.get_mut(..key.record.len())
            .ok_or(Error::StorageDamaged)?
            .copy_from_slice(&key.record);
        Ok(key.record.len())
    }
    fn public_key(&mut self, key: &Key) -> Result<PublicKey> {
        let point = key.signing.verifying_key().to_sec1_point(false);
        match point.as_bytes() {
            [4, xy @ ..] => xy.try_into().map_err(|_| Error::Platform),
            _ => Err(Error::Platform),
        }
    }
    fn sign(&mut self, key: &Key, digest: &[u8; 32]) -> Result<Signature> {
        let signature: P256Signature = key
            .signing
            .sign_prehash(digest)
            .map_err(|_| Error::Platform)?;
        Ok(signature.to_bytes().into())
    }
    fn visit_ids(&mut self, visit: &mut dyn FnMut(&[u8]) -> ControlFlow<()>) -> Result<()> {
        for id in self.device()?.rpmb().ids_of(self.owner)? {
            if visit(&id).is_break() {
                break;
            }
        }
        Ok(())
    }
    fn delete_key(&mut self, id: &[u8]) -> Result<()> {
        self.delete(id)
    }
}

impl Clock for NonsecurePlatform {
    fn now_ms(&mut self) -> u64 {
        self.device().map_or(0, |device| device.now_ms())
    }
}

impl Random for NonsecurePlatform {
    fn fill(&mut self, out: &mut [u8]) {
        getrandom::fill(out).expect("the operating system has randomness");
    }
}

impl RefusalLog for NonsecurePlatform {
    fn refused(&mut self, _: u32, error: Error) {
        if let Ok(device) = self.device() {
            device.note_refusal(error);
        }
    }
}

impl PaymentPlatform for NonsecurePlatform {
    fn enrolment_epoch(&mut self) -> Result<u64> {
        self.device()?.enrolment_epoch()
    }
}

impl FingerprintPlatform for NonsecurePlatform {
    fn token_key(&mut self) -> Result<TokenKey> {
        self.device()?.token_key()
    }
}
