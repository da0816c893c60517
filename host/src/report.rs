//! A making of a key that failed, with what a backend can verify of it.
//!
//! ```
//! # use touchseal_core::dispatch::Login;
//! # use touchseal_nonsecure::Device;
//! # use touchseal::PaymentClient;
//! use touchseal::proto::label::Label;
//! use touchseal::report::GenerationFailure;
//!
//! # fn main() -> Result<(), touchseal::Error<touchseal_core::error::Error>> {
//! # let device = Device::default();
//! # PaymentClient::new(device.payment(Login::App { uid: 0 })).provision()?;
//! # let mut client = PaymentClient::new(device.payment(Login::App { uid: 10115 }));
//! let backends_nonce = [7; 32];
//! if let Err(cause) = client.generate_payment_key(Label::new("checkout")?, false) {
//!     let failure = GenerationFailure::new(&mut client, cause, backends_nonce);
//!     eprintln!("{}", failure.cause.cause());
//!     // For the backend: `touchseal_verify::verify_report`.
//!     assert!(failure.report.is_some());
//! #   return Ok(());
//! }
//! # unreachable!("without a finger there is no payment key");
//! # }
//! ```

use crate::Error;
use crate::client::{Client, HoldsKeys};
use std::fmt;
use touchseal_proto::message::SignedReport;
use touchseal_proto::status::Status;
use touchseal_proto::transport::Transport;

/// Why a key was not made.
#[derive(Debug)]
pub struct GenerationFailure<E> {
    /// The cause.
    pub cause: Error<E>,
    /// The device's own word on it, signed by its device key: where it has one that signs,
    /// and where the failure is not the caller's own.
    pub report: Option<SignedReport>,
}

impl<E> GenerationFailure<E> {
    /// Of what `client` was answered last. The session must be the one that failed: the
    /// trusted application reports on that alone. The backend's `nonce` goes into the
    /// report.
    pub fn new<T, A>(client: &mut Client<T, A>, cause: Error<E>, nonce: [u8; 32]) -> Self
    where
        T: Transport<Error = E>,
        A: HoldsKeys,
    {
        let report = match cause {
            Error::Transport(_)
            | Error::Protocol(_)
            | Error::Refused(Status::NotAuthorized | Status::BadRequest) => None,
            Error::Refused(_) => client.report(nonce).ok(),
        };
        Self { cause, report }
    }
}

impl<E: fmt::Display> fmt::Display for GenerationFailure<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.cause.fmt(f)
    }
}

impl<E: std::error::Error> std::error::Error for GenerationFailure<E> {}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::client::PaymentClient;
    use touchseal_core::dispatch::Login;
    use touchseal_nonsecure::{Device, NonsecureTransport};
    use touchseal_proto::command::Request;
    use touchseal_proto::message::GenerateAppKey;
    use touchseal_verify::{Signed, verify_report};

    const NONCE: [u8; 32] = [5; 32];

    fn root(device: &Device) -> PaymentClient<NonsecureTransport> {
        PaymentClient::new(device.payment(Login::App { uid: 0 }))
    }

    #[test]
    fn a_failure_carries_what_a_backend_can_verify() {
        let device = Device::default();
        let mut client = root(&device);
        client.provision().unwrap();
        let device_key = client.export_device_key().unwrap().public_key;
        device.rpmb().set_full(true);
        let cause = client.generate_app_key(false).unwrap_err();
        let failure = GenerationFailure::new(&mut client, cause, NONCE);
        assert_eq!(failure.cause, Error::Refused(Status::StorageFull));
        let report = Signed::from(failure.report.unwrap());
        let report = verify_report(&device_key, &report, Some(&NONCE)).unwrap();
        assert_eq!(report.status, Status::StorageFull);
        assert_eq!(report.command, GenerateAppKey::COMMAND);
    }

    #[test]
    fn without_a_device_key_there_is_no_report() {
        let device = Device::default();
        let mut client = root(&device);
        let cause = client.generate_app_key(false).unwrap_err();
        let failure = GenerationFailure::new(&mut client, cause, NONCE);
        assert_eq!(failure.cause, Error::Refused(Status::NotProvisioned));
        assert_eq!(failure.report, None);
    }

    #[test]
    fn the_callers_own_fault_is_not_reported() {
        let device = Device::default();
        let mut client = root(&device);
        client.provision().unwrap();
        let cause = Error::Refused(Status::NotAuthorized);
        assert_eq!(
            GenerationFailure::new(&mut client, cause, NONCE).report,
            None
        );
    }
}
