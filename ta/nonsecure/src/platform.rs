//! The platform traits in a process. Keys are sealed in the clear in the store: this
//! is what "nonsecure" means.

use crate::algorithm::{Algorithm, P256, Rsa2048};
use crate::rpmb::Object;
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
use touchseal_proto::message::{GetInfo, GetPasswordKey, GetTokenKey, Info, TokenKey};
use touchseal_proto::transport::{Transport, call};

/// One trusted application's view of the device.
pub struct NonsecurePlatform<A> {
    pub(crate) device: Weak<Shared>,
    /// Keeps the objects of the trusted applications apart.
    pub(crate) owner: u8,
    pub(crate) algorithm: PhantomData<A>,
}

/// An opened key. As on OP-TEE it is only when it signs that a damaged one is known.
pub struct Key<A: Algorithm> {
    object: Object,
    pair: Result<A::KeyPair>,
}

impl<A: Algorithm> Key<A> {
    fn pair(&self) -> Result<&A::KeyPair> {
        self.pair.as_ref().map_err(|error| *error)
    }
}

impl<A> NonsecurePlatform<A> {
    fn device(&self) -> Result<Arc<Shared>> {
        self.device.upgrade().ok_or(Error::Platform)
    }

    fn id(&self, id: &[u8]) -> Vec<u8> {
        [&[self.owner], id].concat()
    }

    /// As on OP-TEE, a second time where a power cut had left a longer one
    /// (`ta/optee/src/object.rs`).
    fn create_object(&self, id: &[u8], object: &Object) -> Result<Object> {
        let device = self.device()?;
        let (mut rpmb, name) = (device.rpmb(), self.id(id));
        let created = rpmb.create(&name, object)?;
        if created.data.len() == object.data.len() {
            return Ok(created);
        }
        rpmb.delete(&name)?;
        rpmb.create(&name, object)
    }
}

impl<A: Algorithm> NonsecurePlatform<A> {
    fn seal_key(&mut self, key: &Object, id: &[u8], record: &[u8]) -> Result<Key<A>> {
        let object = self.create_object(id, &key.with(record))?;
        Ok(Key {
            pair: A::from_object(&object),
            object,
        })
    }
}

impl<A> Store for NonsecurePlatform<A> {
    fn read(&mut self, id: &[u8], out: &mut [u8]) -> Result<Option<usize>> {
        let device = self.device()?;
        let mut rpmb = device.rpmb();
        let Some(Object { data, .. }) = rpmb.get(&self.id(id))? else {
            return Ok(None);
        };
        out.get_mut(..data.len())
            .ok_or(Error::StorageDamaged)?
            .copy_from_slice(&data);
        Ok(Some(data.len()))
    }
    fn create(&mut self, id: &[u8], bytes: &[u8]) -> Result<()> {
        self.create_object(id, &Object::record(bytes)).map(drop)
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
        let Some(Object { data, .. }) = rpmb.get(&id)? else {
            return Ok(false);
        };
        let mut changed = data.clone();
        change(&mut changed)?;
        if changed != data {
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
        self.seal_key(&A::to_object(&A::generate()?)?, id, record)
    }
    fn copy_key(&mut self, key: &Key<A>, id: &[u8], record: &[u8]) -> Result<()> {
        self.seal_key(&key.object, id, record).map(drop)
    }
    fn take_key(&mut self, from: &[u8], id: &[u8], record: &[u8]) -> Result<Option<Key<A>>> {
        let Some(spare) = self.open_key(from)? else {
            return Ok(None);
        };
        self.delete(from)?;
        self.seal_key(&spare.object, id, record).map(Some)
    }
    fn open_key(&mut self, id: &[u8]) -> Result<Option<Key<A>>> {
        let device = self.device()?;
        let mut rpmb = device.rpmb();
        let Some(object) = rpmb.get(&self.id(id))? else {
            return Ok(None);
        };
        if !object.is(A::TYPE) {
            return Err(Error::StorageDamaged);
        }
        Ok(Some(Key {
            pair: A::from_object(&object),
            object,
        }))
    }
    fn key_record(&mut self, key: &mut Key<A>, out: &mut [u8]) -> Result<usize> {
        let record = &key.object.data;
        out.get_mut(..record.len())
            .ok_or(Error::StorageDamaged)?
            .copy_from_slice(record);
        Ok(record.len())
    }
    fn public_key(&mut self, key: &Key<A>) -> Result<A::PublicKey> {
        A::public_key(&key.object)
    }
    fn sign(&mut self, key: &Key<A>, digest: &[u8; 32]) -> Result<Unverified<A::Signature>> {
        let mut signature = A::sign(key.pair()?, digest)?;
        if let Some(last) = signature.as_mut().last_mut() {
            *last ^= u8::from(self.device()?.is_faulty());
        }
        Ok(Unverified::new(signature))
    }
    fn verify(&mut self, key: &Key<A>, digest: &[u8; 32], signature: &A::Signature) -> Result<()> {
        A::verify(key.pair()?, digest, signature)
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
        let login = uid.map_or(Login::KeysTa, |uid| Login::SoterTa { uid });
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
    fn payment_info(&mut self) -> Result<Info> {
        self.device()?
            .ask_payment(Login::FingerprintTa, &GetInfo {})
    }
}

impl GatekeeperPlatform for NonsecurePlatform<()> {
    fn password_key(&mut self) -> Result<TokenKey> {
        self.device()?
            .ask_payment(Login::GatekeeperTa, &GetPasswordKey {})
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Device;

    /// A key pair whose numbers are so long together.
    fn of_length(wanted: impl Fn(usize) -> bool) -> Object {
        loop {
            let pair = P256::to_object(&P256::generate().unwrap()).unwrap();
            if wanted(pair.attributes.len()) {
                return pair;
            }
        }
    }

    #[test]
    fn a_key_is_whole_where_a_cut_has_left_a_longer_one() {
        const ID: &[u8] = b"key";
        let record = [7; 96];
        let mut device = Device::default();
        device.rpmb().lose_power_at(11);
        let long = of_length(|length| length == 112);
        device
            .platform::<P256>()
            .seal_key(&long, ID, &record)
            .map(drop)
            .unwrap_err();
        device.reboot();
        let short = of_length(|length| length < 112);
        let sealed = device
            .platform::<P256>()
            .seal_key(&short, ID, &record)
            .unwrap();
        assert_eq!(sealed.object.data, record);
        let sealed = device.platform::<P256>().open_key(ID).unwrap().unwrap();
        assert_eq!(sealed.object.data, record);
        assert_eq!(sealed.object.attributes, short.attributes);
    }
}
