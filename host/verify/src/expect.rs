//! What a backend expects of a payment, beyond that its signature is good.

use touchseal_proto::message::Payment;
use touchseal_proto::signed::{PaymentStatement, SecurityLevel, Sensor};

/// Only what is set is checked.
#[derive(Clone, Debug, Default)]
pub struct Expectations {
    /// The payment that the backend asked for, nonce and all.
    pub payment: Option<Payment>,
    /// The app.
    pub uid: Option<u32>,
    /// The scene.
    pub scene: Option<String>,
    /// The last counter seen of the device: the payment's must be above it.
    pub last_counter: Option<u64>,
    /// The oldest TA version to accept.
    pub min_ta_version: Option<u32>,
    /// Refuse keys that are not in a trusted execution environment.
    pub require_tee: bool,
    /// Refuse a simulated sensor.
    pub require_real_sensor: bool,
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
    pub fn check(&self, statement: &PaymentStatement) -> Result<(), Unexpected> {
        let PaymentStatement {
            header,
            scene,
            payment,
            ..
        } = statement;
        if let Some(expected) = &self.payment {
            same("amount", payment.amount, expected.amount)?;
            same(
                "currency",
                payment.currency.as_str(),
                expected.currency.as_str(),
            )?;
            same("payee", payment.payee.as_str(), expected.payee.as_str())?;
            same("order", payment.order.as_str(), expected.order.as_str())?;
            same(
                "nonce",
                hex::encode(payment.nonce),
                hex::encode(expected.nonce),
            )?;
        }
        if let Some(uid) = self.uid {
            same("uid", header.uid, uid)?;
        }
        if let Some(expected) = &self.scene {
            same("scene", scene.as_str(), expected)?;
        }
        if let Some(last) = self.last_counter {
            at_least("counter", header.counter, last.saturating_add(1))?;
        }
        if let Some(oldest) = self.min_ta_version {
            at_least("TA version", header.ta_version.into(), oldest.into())?;
        }
        if self.require_tee && header.security_level != SecurityLevel::TrustedEnvironment {
            return Err(unexpected(
                "security level",
                "software",
                "trusted environment",
            ));
        }
        if self.require_real_sensor && header.sensor == Sensor::Simulated {
            return Err(unexpected("sensor", "simulated", "a real one"));
        }
        Ok(())
    }
}

fn unexpected(field: &'static str, signed: impl ToString, expected: impl ToString) -> Unexpected {
    Unexpected {
        field,
        signed: signed.to_string(),
        expected: expected.to_string(),
    }
}

fn same<T: PartialEq + ToString>(
    field: &'static str,
    signed: T,
    expected: T,
) -> Result<(), Unexpected> {
    if signed == expected {
        Ok(())
    } else {
        Err(unexpected(field, signed, expected))
    }
}

fn at_least(field: &'static str, signed: u64, least: u64) -> Result<(), Unexpected> {
    if signed >= least {
        return Ok(());
    }
    Err(unexpected(field, signed, format!("{least} or more")))
}
