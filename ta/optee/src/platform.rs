//! The platform traits.

use crate::FINGERPRINT_TA;
use crate::algorithm::{Algorithm, P256, Rsa2048};
use crate::object::Object;
use crate::peer::Peer;
use crate::store::RpmbStore;
use crate::{hardware, keys, log, object, operation};
use core::marker::PhantomData;
use core::ops::ControlFlow;
use optee_utee::Time;
use touchseal_core::error::{Error, Result};
use touchseal_core::platform::{
    Clock, Enrolment, FingerprintPlatform, GatekeeperPlatform, Hardware, KeyStore, PaymentPlatform,
    Random, RefusalLog, SoterPlatform, Store,
};
use touchseal_core::signature::Unverified;
use touchseal_proto::command::{FingerprintCommand, PaymentCommand, Request};
use touchseal_proto::label::Name;
use touchseal_proto::message::{GetFingers, GetInfo, GetPasswordKey, GetTokenKey, Info, TokenKey};
use touchseal_proto::{GATEKEEPER_TA, PAYMENT_TA, SOTER_TA};

/// OP-TEE, as the trusted application `uuid` sees it, with key pairs of one algorithm.
pub struct OpteePlatform<A> {
    uuid: &'static str,
    store: RpmbStore,
    algorithm: PhantomData<A>,
}

impl<A> OpteePlatform<A> {
    fn new(uuid: &'static str, store: RpmbStore) -> Self {
        Self {
            uuid,
            store,
            algorithm: PhantomData,
        }
    }
}

/// The payment TA's platform.
pub fn payment() -> OpteePlatform<P256> {
    OpteePlatform::new(PAYMENT_TA, RpmbStore::of_the_only_instance())
}

/// The SOTER TA's platform.
pub fn soter() -> OpteePlatform<Rsa2048> {
    OpteePlatform::new(SOTER_TA, RpmbStore::of_one_instance())
}

/// The platform of the fingerprint TA that is believed: it has no keys.
pub fn fingerprint() -> OpteePlatform<()> {
    OpteePlatform::new(FINGERPRINT_TA.uuid, RpmbStore::of_the_only_instance())
}

/// The gatekeeper TA's platform: it has no keys.
pub fn gatekeeper() -> OpteePlatform<()> {
    OpteePlatform::new(GATEKEEPER_TA, RpmbStore::of_the_only_instance())
}

impl<A> Store for OpteePlatform<A> {
    fn read(&mut self, id: &[u8], out: &mut [u8]) -> Result<Option<usize>> {
        self.store.read(id, out)
    }
    fn create(&mut self, id: &[u8], bytes: &[u8]) -> Result<()> {
        self.store.create(id, bytes)
    }
    fn replace(&mut self, id: &[u8], bytes: &[u8]) -> Result<()> {
        self.store.replace(id, bytes)
    }
    fn update(
        &mut self,
        id: &[u8],
        change: &mut dyn FnMut(&mut [u8]) -> Result<()>,
    ) -> Result<bool> {
        self.store.update(id, change)
    }
    fn delete(&mut self, id: &[u8]) -> Result<()> {
        self.store.delete(id)
    }
}

impl<A: Algorithm> KeyStore for OpteePlatform<A> {
    type Key = Object;
    type PublicKey = A::PublicKey;
    type Signature = A::Signature;
    const SPARES: u8 = A::SPARES;

    fn generate_key(&mut self, id: &[u8], record: &[u8]) -> Result<Object> {
        keys::generate::<A>(id, record)
    }
    fn copy_key(&mut self, key: &Object, id: &[u8], record: &[u8]) -> Result<()> {
        keys::copy::<A>(key, id, record)
    }
    fn take_key(&mut self, from: &[u8], id: &[u8], record: &[u8]) -> Result<Option<Object>> {
        keys::take::<A>(from, id, record)
    }
    fn open_key(&mut self, id: &[u8]) -> Result<Option<Object>> {
        keys::open::<A>(id)
    }
    fn key_record(&mut self, key: &mut Object, out: &mut [u8]) -> Result<usize> {
        key.read(out)
    }
    fn public_key(&mut self, key: &Object) -> Result<A::PublicKey> {
        A::public_key(key)
    }
    fn sign(&mut self, key: &Object, digest: &[u8; 32]) -> Result<Unverified<A::Signature>> {
        operation::sign::<A>(key, digest)
    }
    fn verify(&mut self, key: &Object, digest: &[u8; 32], signature: &A::Signature) -> Result<()> {
        operation::verify::<A>(key, digest, signature)
    }
    fn visit_ids(&mut self, visit: &mut dyn FnMut(&[u8]) -> ControlFlow<()>) -> Result<()> {
        object::visit_ids(visit)
    }
}

impl<A> Clock for OpteePlatform<A> {
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

impl<A> Random for OpteePlatform<A> {
    fn fill(&mut self, out: &mut [u8]) {
        optee_utee::Random::generate(out);
    }
}

impl<A> RefusalLog for OpteePlatform<A> {
    fn refused(&mut self, command: u32, error: Error) {
        log::refused(command, error);
    }
}

impl<A> Hardware for OpteePlatform<A> {
    fn has_test_key(&mut self) -> Result<bool> {
        hardware::has_test_key(self.uuid)
    }
    fn name(&mut self) -> Option<Name> {
        hardware::name()
    }
}

/// A peer that died is found again: a session each time.
impl<A> Enrolment for OpteePlatform<A> {
    fn enrolment_epoch(&mut self) -> Result<u64> {
        const IN: usize = FingerprintCommand::MAX_REQUEST;
        const OUT: usize = FingerprintCommand::MAX_RESPONSE;
        let fingers = Peer::open(FINGERPRINT_TA.uuid, None)?.ask::<_, IN, OUT>(&GetFingers {})?;
        Ok(fingers.authenticator_id)
    }
}

const PAYMENT_IN: usize = PaymentCommand::MAX_REQUEST;
const PAYMENT_OUT: usize = PaymentCommand::MAX_RESPONSE;

impl PaymentPlatform for OpteePlatform<P256> {}

impl SoterPlatform for OpteePlatform<Rsa2048> {
    type Payment = Peer;

    fn open_payment(&mut self, uid: Option<u32>) -> Result<Peer> {
        Peer::open(PAYMENT_TA, uid)
    }
    fn ask<R: Request>(&mut self, payment: &mut Peer, request: &R) -> Result<R::Response> {
        payment.ask::<_, PAYMENT_IN, PAYMENT_OUT>(request)
    }
}

/// A payment TA that died is found again: a session each time.
fn ask_payment<R: Request>(request: &R) -> Result<R::Response> {
    Peer::open(PAYMENT_TA, None)?.ask::<_, PAYMENT_IN, PAYMENT_OUT>(request)
}

impl FingerprintPlatform for OpteePlatform<()> {
    fn token_key(&mut self) -> Result<TokenKey> {
        ask_payment(&GetTokenKey {})
    }
    fn password_key(&mut self) -> Result<TokenKey> {
        ask_payment(&GetPasswordKey {})
    }
    fn payment_info(&mut self) -> Result<Info> {
        ask_payment(&GetInfo {})
    }
}

impl GatekeeperPlatform for OpteePlatform<()> {
    fn password_key(&mut self) -> Result<TokenKey> {
        ask_payment(&GetPasswordKey {})
    }
}
