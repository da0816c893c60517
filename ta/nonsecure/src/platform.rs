//! The platform traits in a process. Keys are sealed in the clear in the store: this
//! is what "nonsecure" means.

use crate::algorithm::{Algorithm, P256, Rsa2048};
use crate::transport::{NonsecureTransport, Shared};
use std::marker::PhantomData;
use std::ops::ControlFlow;
use std::sync::{Arc, Weak};
use touchseal_core::dispatch::Login;
use touchseal_core::error::{Error, Result};
use touchseal_core::platform::{
    Clock, Enrolment, FingerprintPlatform, GatekeeperPlatform, Hardware, KeyStore, PaymentPlatform,
    Random, RefusalLog, SoterPlatform, Store,
};
use touchseal_core::signature::Unverified;
use touchseal_proto::command::{PaymentCommand, Request};
use touchseal_proto::label::Name;
use touchseal_proto::message::{GetInfo, GetPasswordKey, GetTokenKey, TokenKey};
use touchseal_proto::transport::{Transport, call};

/// One trusted application's view of the device.
pub struct NonsecurePlatform<A> {
    pub(crate) device: Weak<Shared>,
    /// Keeps the objects of the trusted applications apart.
    pub(crate) owner: u8,
    pub(crate) algorithm: PhantomData<A>,
}

/// An opened key.
pub struct Key<A: Algorithm> {
    pair: A::KeyPair,
    record: Vec<u8>,
}

impl<A> NonsecurePlatform<A> {
    fn device(&self) -> Result<Arc<Shared>> {
        self.device.upgrade().ok_or(Error::Platform)
    }

    fn id(&self, id: &[u8]) -> Vec<u8> {
        [&[self.owner], id].concat()
    }
}

impl<A: Algorithm> NonsecurePlatform<A> {
    fn seal_key(&mut self, pair: A::KeyPair, id: &[u8], record: &[u8]) -> Result<Key<A>> {
        let private = A::to_bytes(&pair)?;
        let len = u16::try_from(private.len()).map_err(|_| Error::Platform)?;
        let sealed = [&len.to_be_bytes(), private.as_slice(), record].concat();
        self.device()?.rpmb().create(&self.id(id), sealed)?;
        Ok(Key {
            pair,
            record: record.to_vec(),
        })
    }
}

impl<A> Store for NonsecurePlatform<A> {
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
    fn update(
        &mut self,
        id: &[u8],
        change: &mut dyn FnMut(&mut [u8]) -> Result<()>,
    ) -> Result<bool> {
        let device = self.device()?;
        let mut rpmb = device.rpmb();
        let id = self.id(id);
        let Some(bytes) = rpmb.get(&id)?.map(<[u8]>::to_vec) else {
            return Ok(false);
        };
        let mut changed = bytes.clone();
        change(&mut changed)?;
        if changed != bytes {
            rpmb.replace(&id, &changed)?;
        }
        Ok(true)
    }
    fn delete(&mut self, id: &[u8]) -> Result<()> {
        self.device()?.rpmb().delete(&self.id(id))
    }
}

impl<A: Algorithm> KeyStore for NonsecurePlatform<A> {
    type Key = Key<A>;
    type PublicKey = A::PublicKey;
    type Signature = A::Signature;
    const SPARES: u8 = A::SPARES;

    fn generate_key(&mut self, id: &[u8], record: &[u8]) -> Result<Key<A>> {
        self.device()?.rpmb().check_room()?;
        self.seal_key(A::generate()?, id, record)
    }
    fn copy_key(&mut self, key: &Key<A>, id: &[u8], record: &[u8]) -> Result<()> {
        self.seal_key(key.pair.clone(), id, record).map(drop)
    }
    fn take_key(&mut self, from: &[u8], id: &[u8], record: &[u8]) -> Result<Option<Key<A>>> {
        let Some(spare) = self.open_key(from)? else {
            return Ok(None);
        };
        self.delete(from)?;
        self.seal_key(spare.pair, id, record).map(Some)
    }
    fn open_key(&mut self, id: &[u8]) -> Result<Option<Key<A>>> {
        let device = self.device()?;
        let mut rpmb = device.rpmb();
        let Some(bytes) = rpmb.get(&self.id(id))? else {
            return Ok(None);
        };
        let (len, rest) = bytes.split_first_chunk().ok_or(Error::StorageDamaged)?;
        let (private, record) = rest
            .split_at_checked(u16::from_be_bytes(*len).into())
            .ok_or(Error::StorageDamaged)?;
        Ok(Some(Key {
            pair: A::from_bytes(private)?,
            record: record.to_vec(),
        }))
    }
    fn key_record(&mut self, key: &mut Key<A>, out: &mut [u8]) -> Result<usize> {
        out.get_mut(..key.record.len())
            .ok_or(Error::StorageDamaged)?
            .copy_from_slice(&key.record);
        Ok(key.record.len())
    }
    fn public_key(&mut self, key: &Key<A>) -> Result<A::PublicKey> {
        A::public_key(&key.pair)
    }
    fn sign(&mut self, key: &Key<A>, digest: &[u8; 32]) -> Result<Unverified<A::Signature>> {
        let mut signature = A::sign(&key.pair, digest)?;
        if let Some(last) = signature.as_mut().last_mut() {
            *last ^= u8::from(self.device()?.is_faulty());
        }
        Ok(Unverified::new(signature))
    }
    fn verify(&mut self, key: &Key<A>, digest: &[u8; 32], signature: &A::Signature) -> Result<()> {
        A::verify(&key.pair, digest, signature)
    }
    fn visit_ids(&mut self, visit: &mut dyn FnMut(&[u8]) -> ControlFlow<()>) -> Result<()> {
        for id in self.device()?.rpmb().ids_of(self.owner)? {
            if visit(&id).is_break() {
                break;
            }
        }
        Ok(())
    }
}

impl<A> Clock for NonsecurePlatform<A> {
    fn now_ms(&mut self) -> u64 {
        self.device().map_or(0, |device| device.now_ms())
    }
}

impl<A> Random for NonsecurePlatform<A> {
    fn fill(&mut self, out: &mut [u8]) {
        getrandom::fill(out).expect("the operating system has randomness");
    }
}

impl<A> RefusalLog for NonsecurePlatform<A> {
    fn refused(&mut self, _: u32, error: Error) {
        if let Ok(device) = self.device() {
            device.note_refusal(error);
        }
    }
}

/// There is no hardware key.
impl<A> Hardware for NonsecurePlatform<A> {
    fn has_test_key(&mut self) -> Result<bool> {
        Ok(true)
    }
    fn name(&mut self) -> Option<Name> {
        Name::new("an ordinary process").ok()
    }
}

impl<A> Enrolment for NonsecurePlatform<A> {
    fn enrolment_epoch(&mut self) -> Result<u64> {
        self.device()?.enrolment_epoch()
    }
}

impl PaymentPlatform for NonsecurePlatform<P256> {}

impl SoterPlatform for NonsecurePlatform<Rsa2048> {
    type Payment = NonsecureTransport;

    fn open_payment(&mut self, uid: Option<u32>) -> Result<NonsecureTransport> {
        let login = uid.map_or(Login::Public, |uid| Login::SoterTa { uid });
        Shared::try_payment(&self.device()?, login)
    }
    fn ask<R: Request>(
        &mut self,
        payment: &mut NonsecureTransport,
        request: &R,
    ) -> Result<R::Response> {
        call(
            request,
            &mut [0; PaymentCommand::MAX_REQUEST],
            &mut [0; PaymentCommand::MAX_RESPONSE],
            |command, request, response| payment.invoke(command, request, response),
        )
        .map_err(Error::from)
    }
}

impl FingerprintPlatform for NonsecurePlatform<()> {
    fn token_key(&mut self) -> Result<TokenKey> {
        self.device()?
            .ask_payment(Login::FingerprintTa, &GetTokenKey {})
    }
    fn password_key(&mut self) -> Result<TokenKey> {
        self.device()?
            .ask_payment(Login::FingerprintTa, &GetPasswordKey {})
    }
    fn factory_mode(&mut self) -> Result<bool> {
        Ok(!self
            .device()?
            .ask_payment(Login::FingerprintTa, &GetInfo {})?
            .latched)
    }
}

impl GatekeeperPlatform for NonsecurePlatform<()> {
    fn password_key(&mut self) -> Result<TokenKey> {
        self.device()?
            .ask_payment(Login::GatekeeperTa, &GetPasswordKey {})
    }
}
