//! The platform traits.

use crate::object::Object;
use crate::store::RpmbStore;
use crate::{keys, log, object, peer, store};
use core::ops::ControlFlow;
use optee_utee::Time;
use touchseal_core::error::{Error, Result};
use touchseal_core::platform::{
    Clock, FingerprintPlatform, KeyStore, PaymentPlatform, Random, RefusalLog, Store,
};
use touchseal_proto::command::{FingerprintCommand, PaymentCommand};
use touchseal_proto::message::{GetFingers, GetTokenKey, PublicKey, Signature, TokenKey};
use touchseal_proto::{FINGERPRINT_TA, PAYMENT_TA};

/// OP-TEE, as a trusted application sees it.
#[derive(Default)]
pub struct OpteePlatform {
    store: RpmbStore,
}

impl Store for OpteePlatform {
    fn read(&mut self, id: &[u8], out: &mut [u8]) -> Result<Option<usize>> {
        self.store.read(id, out)
    }
    fn create(&mut self, id: &[u8], bytes: &[u8]) -> Result<()> {
        self.store.create(id, bytes)
    }
    fn replace(&mut self, id: &[u8], bytes: &[u8]) -> Result<()> {
        self.store.replace(id, bytes)
    }
    fn delete(&mut self, id: &[u8]) -> Result<()> {
        self.store.delete(id)
    }
}

impl KeyStore for OpteePlatform {
    type Key = Object;

    fn generate_key(&mut self, id: &[u8], record: &[u8]) -> Result<Object> {
        keys::generate(id, record)
    }
    fn copy_key(&mut self, key: &Object, id: &[u8], record: &[u8]) -> Result<()> {
        keys::copy(key, id, record)
    }
    fn open_key(&mut self, id: &[u8]) -> Result<Option<Object>> {
        keys::open(id)
    }
    fn key_record(&mut self, key: &mut Object, out: &mut [u8]) -> Result<usize> {
        key.read(out)
    }
    fn public_key(&mut self, key: &Object) -> Result<PublicKey> {
        keys::public(key)
    }
    fn sign(&mut self, key: &Object, digest: &[u8; 32]) -> Result<Signature> {
        keys::sign(key, digest)
    }
    fn visit_ids(&mut self, visit: &mut dyn FnMut(&[u8]) -> ControlFlow<()>) -> Result<()> {
        object::visit_ids(visit)
    }
    fn delete_key(&mut self, id: &[u8]) -> Result<()> {
        store::delete(id)
    }
}

impl Clock for OpteePlatform {
    /// OP-TEE's system time: the CPU's counter, which the normal world cannot move
    /// (CFG_SECURE_TIME_SOURCE_CNTPCT).
    fn now_ms(&mut self) -> u64 {
        let mut time = Time::new();
        time.system_time();
        u64::from(time.seconds)
            .saturating_mul(1000)
            .saturating_add(time.millis.into())
    }
}

impl Random for OpteePlatform {
    fn fill(&mut self, out: &mut [u8]) {
        optee_utee::Random::generate(out);
    }
}

impl RefusalLog for OpteePlatform {
    fn refused(&mut self, command: u32, error: Error) {
        log::refused(command, error);
    }
}

impl PaymentPlatform for OpteePlatform {
    fn enrolment_epoch(&mut self) -> Result<u64> {
        const IN: usize = FingerprintCommand::MAX_REQUEST;
        const OUT: usize = FingerprintCommand::MAX_RESPONSE;
        let fingers = peer::ask::<_, IN, OUT>(FINGERPRINT_TA.uuid, &GetFingers {})?;
        Ok(fingers.authenticator_id)
    }
}

impl FingerprintPlatform for OpteePlatform {
    fn token_key(&mut self) -> Result<TokenKey> {
        const IN: usize = PaymentCommand::MAX_REQUEST;
        const OUT: usize = PaymentCommand::MAX_RESPONSE;
        peer::ask::<_, IN, OUT>(PAYMENT_TA, &GetTokenKey {})
    }
}
