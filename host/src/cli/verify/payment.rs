//! A payment: the native dialect.

use super::{Report, accept, read};
use crate::cli::{amount, input};
use anyhow::{Context, Result};
use clap::Args;
use std::path::{Path, PathBuf};
use touchseal::words;
use touchseal_proto::message::DeviceId;
use touchseal_proto::signed::PaymentStatement;
use touchseal_verify::{
    Chain, Expectations, Origin, Signed, Verified, device_key_from_text, from_json, verify,
};

#[derive(Args)]
#[command(next_help_heading = "For a payment")]
#[group(requires = "chain")]
pub struct Payment {
    /// The keys that vouch for it: the file that `touchseal chain` wrote
    #[arg(long, value_name = "FILE", required = false)]
    chain: PathBuf,
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
    #[arg(long, value_parser = input::nonce())]
    nonce: Option<[u8; 32]>,
    /// The scene that the backend expects
    #[arg(long)]
    scene: Option<String>,
    /// The device that the backend expects: its id, 32 hexadecimal digits
    #[arg(long, value_parser = input::device_id())]
    device: Option<DeviceId>,
}

impl Payment {
    pub fn verify(self, payment: &Path, device_key: &Path, origin: Origin) -> Result<Report> {
        let device_key = read(device_key, device_key_from_text)?;
        let chain: Chain = read(&self.chain, from_json)?;
        let payment: Signed = read(payment, from_json)?;
        let verified = verify(&device_key, &chain, &payment).context("NOT VERIFIED")?;
        accept(self.expectations(origin).check(&verified))?;
        Ok(report(&verified))
    }

    fn expectations(self, origin: Origin) -> Expectations {
        Expectations {
            origin,
            device: self.device,
            amount: self.amount,
            currency: self.currency,
            payee: self.payee,
            order: self.order,
            nonce: self.nonce,
            scene: self.scene,
        }
    }
}

fn report(verified: &Verified) -> Report {
    let PaymentStatement {
        header,
        finger,
        scene,
        payment,
    } = &verified.payment;
    let facts = vec![
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
            words::security_level(header.security_level).into(),
        ),
        ("sensor", words::sensor(header.sensor).into()),
        ("device key", words::root(header.root).into()),
        ("audit head", hex::encode(header.audit_head)),
    ];
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
    Report {
        chain: "device key -> app key -> payment key -> payment",
        facts,
        json,
    }
}
