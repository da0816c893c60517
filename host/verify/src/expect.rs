//! What a backend expects, beyond that the signatures are good.

use crate::chain::Verified;
use touchseal_proto::message::DeviceId;
use touchseal_proto::signed::{Root, SecurityLevel, Sensor};

/// What a backend expects of where a signature was made, in either dialect. Only what is
/// set is checked.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// The app.
    pub uid: Option<u32>,
    /// The last counter seen of the device: the signature's must be above it.
    pub last_counter: Option<u64>,
    /// The oldest TA version to accept.
    pub min_ta_version: Option<u32>,
    /// Refuse keys that are not in a trusted execution environment.
    pub require_tee: bool,
    /// Refuse a device key that was not made in a factory.
    pub require_factory: bool,
    /// Refuse a simulated sensor.
    pub require_real_sensor: bool,
}

/// What was signed of where.
pub(crate) struct Facts<'a> {
    pub uid: u32,
    pub counter: u64,
    pub ta_versions: &'a [u32],
    pub security_level: SecurityLevel,
    pub root: Root,
    pub sensor: Sensor,
}

impl Origin {
    pub(crate) fn check(&self, signed: &Facts<'_>) -> Result<(), Unexpected> {
        same("uid", signed.uid, self.uid)?;
        if let Some(last) = self.last_counter.filter(|last| signed.counter <= *last) {
            return Err(unexpected(
                "counter",
                signed.counter,
                format!("more than {last}"),
            ));
        }
        for version in signed.ta_versions {
            not_older(*version, self.min_ta_version)?;
        }
        if self.require_tee && signed.security_level != SecurityLevel::TrustedEnvironment {
            return Err(unexpected(
                "security level",
                "software",
                "trusted environment",
            ));
        }
        if self.require_factory && signed.root != Root::Factory {
            return Err(unexpected(
                "device key",
                "a test key",
                "one made in a factory",
            ));
        }
        if self.require_real_sensor && matches!(signed.sensor, Sensor::None | Sensor::Simulated) {
            return Err(unexpected("sensor", "simulated", "a real one"));
        }
        Ok(())
    }
}

/// What a backend expects of a payment. Only what is set is checked. A backend sets at
/// least the amount, the currency, the payee, its nonce, the app's uid and the last counter
/// that it saw of the device; where there is money, all that an [`Origin`] can require.
#[derive(Clone, Debug, Default)]
pub struct Expectations {
    /// Where the payment was signed. The TA version is checked of the keys, too.
    pub origin: Origin,
    /// The device.
    pub device: Option<DeviceId>,
    /// Amount in minor units.
    pub amount: Option<u64>,
    /// ISO 4217 code.
    pub currency: Option<String>,
    /// Who gets the money.
    pub payee: Option<String>,
    /// The order.
    pub order: Option<String>,
    /// The nonce that the backend gave for this payment.
    pub nonce: Option<[u8; 32]>,
    /// The scene.
    pub scene: Option<String>,
}

/// A field is not as expected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: signed {signed}, expected {expected}")]
pub struct Unexpected {
    /// Which.
    pub field: &'static str,
    /// What was signed.
    pub signed: String,
    /// What was expected.
    pub expected: String,
}

impl Expectations {
    /// Checks every expectation; the first that fails is told.
    pub fn check(&self, verified: &Verified) -> Result<(), Unexpected> {
        let header = &verified.payment.header;
        let payment = &verified.payment.payment;
        same("amount", payment.amount, self.amount)?;
        same(
            "currency",
            payment.currency.as_str(),
            self.currency.as_deref(),
        )?;
        same("payee", payment.payee.as_str(), self.payee.as_deref())?;
        same("order", payment.order.as_str(), self.order.as_deref())?;
        same(
            "nonce",
            hex::encode(payment.nonce),
            self.nonce.map(hex::encode),
        )?;
        same(
            "scene",
            verified.payment.scene.as_str(),
            self.scene.as_deref(),
        )?;
        same(
            "device",
            hex::encode(header.device_id),
            self.device.map(hex::encode),
        )?;
        let statements = [
            &verified.app_key.header,
            &verified.payment_key.header,
            header,
        ];
        self.origin.check(&Facts {
            uid: header.uid,
            counter: header.counter,
            ta_versions: &statements.map(|header| header.ta_version),
            security_level: header.security_level,
            root: header.root,
            sensor: header.sensor,
        })
    }
}

fn unexpected(field: &'static str, signed: impl ToString, expected: impl ToString) -> Unexpected {
    Unexpected {
        field,
        signed: signed.to_string(),
        expected: expected.to_string(),
    }
}

pub(crate) fn not_older(version: u32, oldest: Option<u32>) -> Result<(), Unexpected> {
    match oldest.filter(|oldest| version < *oldest) {
        Some(oldest) => {
            let expected = format!("{oldest} or later");
            Err(unexpected("TA version", version, expected))
        }
        None => Ok(()),
    }
}

pub(crate) fn same<T: PartialEq + ToString>(
    field: &'static str,
    signed: T,
    expected: Option<T>,
) -> Result<(), Unexpected> {
    match expected {
        Some(expected) if expected != signed => Err(unexpected(field, signed, expected)),
        _ => Ok(()),
    }
}
