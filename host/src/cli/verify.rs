//! Verifies a payment and prints the payment as a person reads it.

use super::{amount, parse_nonce};
use anyhow::{Context, Result};
use clap::Args;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::path::{Path, PathBuf};
use touchseal_proto::message::PublicKey;
use touchseal_proto::signed::{PaymentStatement, Root, SecurityLevel, Sensor};
use touchseal_verify::{
    Chain, Expectations, Signed, Verified, device_key_from_text, from_json, verify,
};

#[derive(Args)]
pub struct Verify {
    /// The payment: the file that `touchseal pay` wrote
    signed_payment: PathBuf,
    /// The keys that vouch for it: the file that `touchseal chain` wrote
    #[arg(long)]
    chain: PathBuf,
    /// The device key as the factory registered it: the file that `touchseal device-key` wrote
    #[arg(long)]
    device_key: PathBuf,
    /// The amount that the backend asked for, in minor units
    #[arg(long)]
    amount: Option<u64>,
    /// The currency that the backend asked for
    #[arg(long)]
    currency: Option<String>,
    /// The payee that the backend asked for
    #[arg(long)]
    payee: Option<String>,
    /// The backend's order number
    #[arg(long)]
    order: Option<String>,
    /// The nonce that the backend gave for this payment
    #[arg(long, value_parser = parse_nonce)]
    nonce: Option<[u8; 32]>,
    /// The uid that the backend expects
    #[arg(long)]
    uid: Option<u32>,
    /// The scene that the backend expects
    #[arg(long)]
    scene: Option<String>,
    /// The last counter that the backend saw of this device
    #[arg(long)]
    last_counter: Option<u64>,
    /// The oldest TA version to accept
    #[arg(long)]
    min_ta_version: Option<u32>,
    /// Refuse keys that do not live in a trusted execution environment
    #[arg(long)]
    require_tee: bool,
    /// Refuse a device key that was not made in a factory
    #[arg(long)]
    require_factory: bool,
    /// Refuse a finger from a simulated sensor
    #[arg(long)]
    require_real_sensor: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Verify {
    pub fn run(self) -> Result<()> {
        let device_key = read_device_key(&self.device_key)?;
        let chain: Chain = read(&self.chain)?;
        let signed_payment: Signed = read(&self.signed_payment)?;
        let verified = verify(&device_key, &chain, &signed_payment).context("NOT VERIFIED")?;
        let json = self.json;
        self.expectations()
            .check(&verified)
            .context("NOT ACCEPTED: the signatures are good, but this is not what was expected")?;
        if json {
            print_json(&verified)
        } else {
            print_table(&verified)
        }
        Ok(())
    }
}

impl Verify {
    fn expectations(self) -> Expectations {
        Expectations {
            amount: self.amount,
            currency: self.currency,
            payee: self.payee,
            order: self.order,
            nonce: self.nonce,
            uid: self.uid,
            scene: self.scene,
            last_counter: self.last_counter,
            min_ta_version: self.min_ta_version,
            require_tee: self.require_tee,
            require_factory: self.require_factory,
            require_real_sensor: self.require_real_sensor,
        }
    }
}

fn read<T: Serialize + DeserializeOwned>(path: &Path) -> Result<T> {
    let text = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    from_json(&text).with_context(|| format!("NOT VERIFIED: {}", path.display()))
}

fn read_device_key(path: &Path) -> Result<PublicKey> {
    let text = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    device_key_from_text(&text).with_context(|| format!("NOT VERIFIED: {}", path.display()))
}

/// The facts, in the order in which a person asks for them.
fn facts(verified: &Verified) -> Vec<(&'static str, String)> {
    let PaymentStatement {
        header,
        finger,
        scene,
        payment,
    } = &verified.payment;
    vec![
        ("amount", amount(payment.amount, payment.currency.as_str())),
        ("payee", payment.payee.to_string()),
        ("order", payment.order.to_string()),
        ("nonce", hex::encode(payment.nonce)),
        ("app", format!("uid {}", header.uid)),
        ("scene", scene.to_string()),
        (
            "finger",
            format!("{finger}, enrolment epoch {:016x}", header.epoch),
        ),
        ("device", hex::encode(header.device_id)),
        ("counter", header.counter.to_string()),
        ("TA version", header.ta_version.to_string()),
        (
            "security level",
            match header.security_level {
                SecurityLevel::TrustedEnvironment => "trusted execution environment".into(),
                SecurityLevel::Software => "SOFTWARE: an ordinary process, no protection".into(),
            },
        ),
        (
            "sensor",
            match header.sensor {
                Sensor::None => "none".into(),
                Sensor::Simulated => "SIMULATED: the image came from the normal world".into(),
            },
        ),
        (
            "device key",
            match header.root {
                Root::Factory => "made in a factory".into(),
                Root::Test => "TEST: made on demand, outside a factory".into(),
            },
        ),
        ("audit head", hex::encode(header.audit_head)),
    ]
}

fn print_table(verified: &Verified) {
    println!("VERIFIED: device key -> app key -> payment key -> payment");
    for (name, value) in facts(verified) {
        println!("  {name:<15} {value}");
    }
}

fn print_json(verified: &Verified) {
    let PaymentStatement {
        header,
        finger,
        scene,
        payment,
    } = &verified.payment;
    let json = serde_json::json!({
        "amount": payment.amount,
        "currency": payment.currency.as_str(),
        "payee": payment.payee.as_str(),
        "order": payment.order.as_str(),
        "nonce": hex::encode(payment.nonce),
        "uid": header.uid,
        "scene": scene.as_str(),
        "finger": finger,
        "epoch": format!("{:016x}", header.epoch),
        "device_id": hex::encode(header.device_id),
        "counter": header.counter,
        "ta_version": header.ta_version,
        "security_level": header.security_level as u8,
        "sensor": header.sensor as u8,
        "root": header.root as u8,
        "audit_head": hex::encode(header.audit_head),
    });
    println!("{json:#}");
}
