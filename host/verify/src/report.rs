//! A device's own word on how it is, and on a key that it did not make.

use crate::chain::{device_id, open};
use crate::error::{Link, VerifyError};
use crate::evidence::Signed;
use touchseal_proto::message::PublicKey;
use touchseal_proto::signed::ReportStatement;

/// Verifies a report: that the registered device key signed it, and with `nonce`, that it
/// was signed for that. A report without a nonce of the backend's own may be an old one.
pub fn verify_report(
    device_key: &PublicKey,
    report: &Signed,
    nonce: Option<&[u8; 32]>,
) -> Result<ReportStatement, VerifyError> {
    let statement: ReportStatement = open(Link::Report, Link::DeviceKey, device_key, report)?;
    if statement.header.device_id != device_id(device_key) {
        return Err(VerifyError::Disagrees(Link::Report, "device"));
    }
    if nonce.is_some_and(|nonce| statement.nonce != *nonce) {
        return Err(VerifyError::Nonce(Link::Report));
    }
    Ok(statement)
}
