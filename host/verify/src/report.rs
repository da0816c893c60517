//! A device's own word on how it is, and on a key that it did not make.

use crate::chain::{device_id, open};
use crate::error::{Link, VerifyError};
use crate::evidence::Signed;
use crate::expect::{Unexpected, not_older, same};
use touchseal_proto::message::{DeviceId, PublicKey};
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

/// What a backend expects of a report. Only what is set is checked.
#[derive(Clone, Debug, Default)]
pub struct ReportExpectations {
    /// The device.
    pub device: Option<DeviceId>,
    /// The oldest TA version to accept.
    pub min_ta_version: Option<u32>,
}

impl ReportExpectations {
    /// Checks every expectation; the first that fails is told.
    pub fn check(&self, report: &ReportStatement) -> Result<(), Unexpected> {
        let header = &report.header;
        let device = hex::encode(header.device_id);
        same("device", device, self.device.map(hex::encode))?;
        not_older(header.ta_version, self.min_ta_version)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use p256::ecdsa::signature::hazmat::PrehashSigner;
    use p256::ecdsa::{Signature, SigningKey};
    use sha2::{Digest, Sha256};
    use touchseal_proto::message::Slot;
    use touchseal_proto::signed::{Dialect, Header, Root, SecurityLevel, Sensor, Statement};
    use touchseal_proto::status::Status;

    fn key(seed: u8) -> (SigningKey, PublicKey) {
        let key = SigningKey::from_slice(&[seed; 32]).unwrap();
        let point = key.verifying_key().to_sec1_point(false);
        let public_key = point.as_bytes()[1..].try_into().unwrap();
        (key, public_key)
    }

    fn report(key: &SigningKey, device: &PublicKey) -> Signed {
        let statement = ReportStatement {
            header: Header {
                security_level: SecurityLevel::TrustedEnvironment,
                root: Root::Factory,
                sensor: Sensor::None,
                ta_version: 1,
                device_id: device_id(device),
                counter: 9,
                audit_head: [1; 32],
                uid: 10115,
                epoch: 3,
            },
            dialect: Dialect::Native,
            command: 10,
            status: Status::StorageFull,
            slot_a: Slot::Good,
            slot_b: Slot::Empty,
            nonce: [7; 32],
        }
        .to_bytes()
        .unwrap();
        let signature: Signature = key.sign_prehash(&Sha256::digest(statement)).unwrap();
        Signed {
            statement: statement.to_vec(),
            signature: signature.to_bytes().to_vec(),
        }
    }

    #[test]
    fn a_report_is_the_devices_own_and_for_this_nonce() {
        let (signing, device) = key(1);
        let report = report(&signing, &device);
        let read = verify_report(&device, &report, Some(&[7; 32])).unwrap();
        assert_eq!(read.status, Status::StorageFull);
        assert!(verify_report(&device, &report, None).is_ok());
        assert_eq!(
            verify_report(&device, &report, Some(&[8; 32])),
            Err(VerifyError::Nonce(Link::Report))
        );
    }

    #[test]
    fn a_report_is_of_the_device_and_the_version_that_are_expected() {
        let (signing, device) = key(1);
        let report = verify_report(&device, &report(&signing, &device), None).unwrap();
        let refused = |device, min_ta_version| {
            let expected = ReportExpectations {
                device,
                min_ta_version,
            };
            expected.check(&report).err().map(|error| error.field)
        };
        assert_eq!(refused(None, None), None);
        assert_eq!(refused(Some(device_id(&device)), Some(1)), None);
        assert_eq!(refused(Some([0; 16]), None), Some("device"));
        assert_eq!(refused(None, Some(2)), Some("TA version"));
    }

    #[test]
    fn what_another_key_signed_or_what_was_changed_is_refused() {
        let (signing, device) = key(1);
        let (other, other_device) = key(2);
        let bad = Err(VerifyError::Signature(Link::Report));
        assert_eq!(verify_report(&device, &report(&other, &device), None), bad);
        assert_eq!(
            verify_report(&device, &report(&signing, &other_device), None),
            Err(VerifyError::Disagrees(Link::Report, "device"))
        );
        let good = report(&signing, &device);
        for at in 0..good.statement.len() {
            let mut changed = good.clone();
            changed.statement[at] ^= 1;
            assert_eq!(verify_report(&device, &changed, None), bad);
        }
    }
}
