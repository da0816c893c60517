//! The two trusted applications' commands, one method each.

use crate::Error;
use touchseal_proto::command::{FingerprintCommand, PaymentCommand, Request};
use touchseal_proto::label::Scene;
use touchseal_proto::message::*;
use touchseal_proto::token::AuthToken;
use touchseal_proto::transport::{Transport, call};

/// The outcome of a command over `T`.
pub type Result<R, T> = std::result::Result<R, Error<<T as Transport>::Error>>;

/// A session with the payment TA: keys and payments of one uid. An operation ends
/// with its session.
pub struct PaymentClient<T>(T);

impl<T: Transport> PaymentClient<T> {
    /// Over an open session.
    pub fn new(transport: T) -> Self {
        Self(transport)
    }

    fn call<R: Request>(&mut self, request: &R) -> Result<R::Response, T> {
        call(
            request,
            &mut [0; PaymentCommand::MAX_REQUEST],
            &mut [0; PaymentCommand::MAX_RESPONSE],
            |command, request, response| self.0.invoke(command, request, response),
        )
    }

    /// How the payment TA is.
    pub fn info(&mut self) -> Result<Info, T> {
        self.call(&GetInfo {})
    }

    /// Makes the device key, once. For uid 0.
    pub fn provision(&mut self) -> Result<Generated, T> {
        self.call(&Provision {})
    }

    /// The device key's public half, for the backend's registry.
    pub fn export_device_key(&mut self) -> Result<DeviceKey, T> {
        self.call(&ExportDeviceKey {})
    }

    /// Makes the caller's app key, unless it is there.
    pub fn generate_app_key(&mut self) -> Result<Generated, T> {
        self.call(&GenerateAppKey {})
    }

    /// The caller's app key, signed by the device key.
    pub fn export_app_key(&mut self) -> Result<SignedKey, T> {
        self.call(&ExportAppKey {})
    }

    /// Makes the caller's payment key for a scene, unless a good one is there.
    pub fn generate_payment_key(&mut self, scene: Scene) -> Result<Generated, T> {
        self.call(&GeneratePaymentKey { scene })
    }

    /// The caller's payment key, signed by the app key.
    pub fn export_payment_key(&mut self, scene: Scene) -> Result<SignedKey, T> {
        self.call(&ExportPaymentKey { scene })
    }

    /// The scenes of the caller's payment keys.
    pub fn list_payment_keys(&mut self) -> Result<PaymentKeys, T> {
        self.call(&ListPaymentKeys {})
    }

    /// Removes one of the caller's payment keys, for ever.
    pub fn remove_payment_key(&mut self, scene: Scene) -> Result<Done, T> {
        self.call(&RemovePaymentKey { scene })
    }

    /// Removes all of the caller's keys, for ever.
    pub fn remove_app_keys(&mut self) -> Result<Done, T> {
        self.call(&RemoveAppKeys {})
    }

    /// Begins a payment: the handle is the challenge for the finger.
    pub fn begin(&mut self, scene: Scene, payment: Payment) -> Result<Begun, T> {
        self.call(&Begin { scene, payment })
    }

    /// Finishes the payment with the match made for it.
    pub fn finish(&mut self, handle: u64, token: AuthToken) -> Result<SignedPayment, T> {
        self.call(&Finish { handle, token })
    }

    /// Gives the payment up.
    pub fn abort(&mut self, handle: u64) -> Result<Done, T> {
        self.call(&Abort { handle })
    }

    /// Asks for the token key: refused to every client.
    pub fn token_key(&mut self) -> Result<TokenKey, T> {
        self.call(&GetTokenKey {})
    }
}

/// A session with the fingerprint TA.
pub struct FingerprintClient<T>(T);

impl<T: Transport> FingerprintClient<T> {
    /// Over an open session.
    pub fn new(transport: T) -> Self {
        Self(transport)
    }

    fn call<R: Request>(&mut self, request: &R) -> Result<R::Response, T> {
        call(
            request,
            &mut [0; FingerprintCommand::MAX_REQUEST],
            &mut [0; FingerprintCommand::MAX_RESPONSE],
            |command, request, response| self.0.invoke(command, request, response),
        )
    }

    /// The enrolled fingers.
    pub fn fingers(&mut self) -> Result<Fingers, T> {
        self.call(&GetFingers {})
    }

    /// Enrols a finger. For uid 0.
    pub fn enroll(&mut self, print: Print) -> Result<Enrolled, T> {
        self.call(&Enroll { print })
    }

    /// Removes every finger. For uid 0.
    pub fn remove_fingers(&mut self) -> Result<Done, T> {
        self.call(&RemoveFingers {})
    }

    /// Matches a finger for an operation.
    pub fn authenticate(&mut self, operation: u64, print: Print) -> Result<AuthToken, T> {
        Ok(self.call(&Authenticate { operation, print })?.token)
    }
}
