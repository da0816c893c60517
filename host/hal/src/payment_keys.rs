//! `IPaymentKeys` over binder.

use crate::aidl::DeviceInfo::DeviceInfo;
use crate::aidl::DeviceKey::DeviceKey;
use crate::aidl::IPaymentCallback::IPaymentCallback;
use crate::aidl::IPaymentKeys::IPaymentKeys;
use crate::aidl::KeyState::KeyState;
use crate::aidl::Operation::Operation;
use crate::aidl::Payment::Payment;
use crate::aidl::PaymentKey::PaymentKey;
use crate::aidl::SignedStatement::SignedStatement;
use crate::arguments;
use crate::callback::prompter;
use crate::caller::{Caller, Subject};
use crate::failure::Result;
use crate::hal::{Asked, Hal, World};
use crate::operations::Wanted;
use rsbinder::{BinderResult, Interface, Strong};
use std::sync::Arc;
use touchseal::client::PaymentClient;
use touchseal::proto::message::{self, SignedKey, SignedPayment, SignedReport};
use touchseal::proto::signed::{Root, SecurityLevel};

/// The native dialect.
pub struct PaymentKeys<W: World>(pub Arc<Hal<W>>);

impl<W: World> Interface for PaymentKeys<W> {}

impl<W: World> PaymentKeys<W> {
    /// Asks the payment TA, for whom `speaks` says that the caller speaks.
    fn ask<R>(
        &self,
        speaks: impl FnOnce(Caller) -> Result<Subject>,
        ask: impl FnOnce(&mut PaymentClient<W::Transport>) -> Asked<R, W>,
    ) -> Result<R> {
        let subject = speaks(Caller::of_transaction()?)?;
        let _served = self.0.admit(subject)?;
        self.0.ask(subject, ask)
    }

    /// Asks it about the caller's own keys.
    fn own<R>(
        &self,
        ask: impl FnOnce(&mut PaymentClient<W::Transport>) -> Asked<R, W>,
    ) -> Result<R> {
        self.ask(Caller::itself, ask)
    }
}

impl<W: World> IPaymentKeys for PaymentKeys<W> {
    fn getInfo(&self) -> BinderResult<DeviceInfo> {
        let info = self.ask(|caller| Ok(caller.anyone()), PaymentClient::info)?;
        Ok(DeviceInfo {
            taVersion: info.ta_version.cast_signed(),
            inTee: info.security_level == SecurityLevel::TrustedEnvironment,
            provisioned: info.provisioned,
            latched: info.latched,
            factoryRoot: info.root == Root::Factory,
            counter: info.counter.cast_signed(),
            deviceId: info.device_id.to_vec(),
        })
    }

    fn exportDeviceKey(&self) -> BinderResult<DeviceKey> {
        let key = self.ask(
            |caller| Ok(caller.anyone()),
            PaymentClient::export_device_key,
        )?;
        Ok(DeviceKey {
            deviceId: key.device_id.to_vec(),
            publicKey: key.public_key.to_vec(),
        })
    }

    fn report(&self, nonce: &[u8]) -> BinderResult<SignedStatement> {
        let nonce = arguments::nonce(nonce)?;
        Ok(self.own(|client| client.report(nonce))?.into())
    }

    fn generateAppKey(&self, replace: bool) -> BinderResult<bool> {
        Ok(self.own(|client| client.generate_app_key(replace))?.new)
    }

    fn generatePaymentKey(&self, scene: &str, replace: bool) -> BinderResult<bool> {
        let scene = arguments::scene(scene)?;
        let made = self.own(|client| client.generate_payment_key(scene, replace))?;
        Ok(made.new)
    }

    fn findAppKey(&self) -> BinderResult<KeyState> {
        Ok(self.own(PaymentClient::find_app_key)?.into())
    }

    fn listPaymentKeys(&self) -> BinderResult<Vec<PaymentKey>> {
        let found = self.own(PaymentClient::list_payment_keys)?;
        let keys = found.keys.into_iter().map(|key| PaymentKey {
            scene: key.scene.as_str().to_owned(),
            state: key.state.into(),
        });
        Ok(keys.collect())
    }

    fn removePaymentKey(&self, scene: &str) -> BinderResult<()> {
        let scene = arguments::scene(scene)?;
        self.own(|client| client.remove_payment_key(scene))?;
        Ok(())
    }

    fn removeAppKeys(&self) -> BinderResult<()> {
        self.own(PaymentClient::remove_app_keys)?;
        Ok(())
    }

    fn removeAppKeysOf(&self, uid: i32) -> BinderResult<()> {
        let caller = Caller::of_transaction()?;
        Ok(self.0.uninstall(caller.uninstalling(uid)?)?)
    }

    fn exportAppKey(&self) -> BinderResult<SignedStatement> {
        Ok(self.own(PaymentClient::export_app_key)?.into())
    }

    fn exportPaymentKey(&self, scene: &str) -> BinderResult<SignedStatement> {
        let scene = arguments::scene(scene)?;
        Ok(self.own(|client| client.export_payment_key(scene))?.into())
    }

    fn begin(
        &self,
        scene: &str,
        payment: &Payment,
        client: &Strong<dyn IPaymentCallback>,
    ) -> BinderResult<Operation> {
        let caller = Caller::of_transaction()?;
        let _served = self.0.admit(caller.itself()?)?;
        let what = (arguments::scene(scene)?, arguments::payment(payment)?);
        let wanted = Arc::<Wanted>::default();
        let prompt = prompter(&self.0, client, &wanted)?;
        let begun = self.0.begin(caller, what, wanted, prompt)?;
        Ok(Operation {
            handle: begun.handle.cast_signed(),
            lifetimeMs: begun.lifetime_ms.cast_signed(),
        })
    }

    fn finish(&self, handle: i64) -> BinderResult<SignedStatement> {
        let caller = Caller::of_transaction()?;
        let _served = self.0.admit(caller.itself()?)?;
        Ok(self.0.finish(caller, handle.cast_unsigned())?.into())
    }

    fn abort(&self, handle: i64) -> BinderResult<()> {
        let caller = Caller::of_transaction()?;
        Ok(self.0.abort(caller, handle.cast_unsigned())?)
    }
}

impl From<message::KeyState> for KeyState {
    fn from(state: message::KeyState) -> Self {
        match state {
            message::KeyState::Absent => Self::ABSENT,
            message::KeyState::Usable => Self::USABLE,
            message::KeyState::Invalidated => Self::INVALIDATED,
        }
    }
}

impl From<SignedKey> for SignedStatement {
    fn from(key: SignedKey) -> Self {
        Self {
            statement: key.statement.to_vec(),
            signature: key.signature.to_vec(),
        }
    }
}

impl From<SignedPayment> for SignedStatement {
    fn from(payment: SignedPayment) -> Self {
        Self {
            statement: payment.statement.to_vec(),
            signature: payment.signature.to_vec(),
        }
    }
}

impl From<SignedReport> for SignedStatement {
    fn from(report: SignedReport) -> Self {
        Self {
            statement: report.statement.to_vec(),
            signature: report.signature.to_vec(),
        }
    }
}
