//! A making of a key that failed, with what a backend can verify of it.

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
        match &self.cause {
            Error::Refused(status) => write!(
                f,
                "{} ({}, {}): {}",
                status.sentence(),
                status.name(),
                *status as u16,
                status.remedy()
            ),
            cause => cause.fmt(f),
        }
    }
}

impl<E: std::error::Error> std::error::Error for GenerationFailure<E> {}
