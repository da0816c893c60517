//! Verifies a report and prints it as a person reads it.

use super::input;
use super::output::Output;
use super::verify::{accept, read, verified};
use anyhow::Result;
use clap::Args;
use serde_json::json;
use std::path::PathBuf;
use touchseal::words;
use touchseal_proto::command::Request;
use touchseal_proto::message::{DeviceId, GenerateAppKey, GeneratePaymentKey};
use touchseal_proto::signed::ReportStatement;
use touchseal_verify::{
    ReportExpectations, Signed, device_key_from_text, from_json, verify_report,
};

#[derive(Args)]
pub struct VerifyReport {
    /// The report: the file that `--report` wrote
    report: PathBuf,
    /// The device key as the factory registered it: the file that `touchseal device-key` wrote
    #[arg(long, value_name = "FILE")]
    device_key: PathBuf,
    /// The nonce that the backend gave for this report
    #[arg(long, value_parser = input::nonce())]
    nonce: Option<[u8; 32]>,
    /// The device that the backend expects: its id, 32 hexadecimal digits
    #[arg(long, value_parser = input::device_id())]
    device: Option<DeviceId>,
    /// The oldest TA version to accept
    #[arg(long)]
    min_ta_version: Option<u32>,
}

impl VerifyReport {
    pub fn run(self, output: Output) -> Result<()> {
        let device_key = read(&self.device_key, device_key_from_text)?;
        let report = read(&self.report, |file| {
            let report: Signed = from_json(file)?;
            verify_report(&device_key, &report, self.nonce.as_ref()).map_err(anyhow::Error::from)
        })?;
        let expected = ReportExpectations {
            device: self.device,
            min_ta_version: self.min_ta_version,
        };
        accept(expected.check(&report))?;
        let text = verified("device key -> report", facts(&report));
        output.say(text, to_json(&report))
    }
}

fn command(report: &ReportStatement) -> &'static str {
    match report.command {
        0 => "none: the device is asked how it is",
        GenerateAppKey::COMMAND => "app key",
        GeneratePaymentKey::COMMAND => "payment key",
        _ => "another command",
    }
}

fn facts(report: &ReportStatement) -> [(&'static str, String); 11] {
    let header = &report.header;
    let (slot_a, slot_b) = (words::slot(report.slot_a), words::slot(report.slot_b));
    [
        ("key not made", command(report).into()),
        ("cause", report.status.to_string()),
        ("dialect", words::dialect(report.dialect).into()),
        ("slots", format!("a {slot_a}, b {slot_b}")),
        ("app", format!("uid {}", header.uid)),
        ("nonce", hex::encode(report.nonce)),
        ("device", hex::encode(header.device_id)),
        ("counter", header.counter.to_string()),
        ("TA version", header.ta_version.to_string()),
        (
            "security level",
            words::security_level(header.security_level).into(),
        ),
        ("device key", words::root(header.root).into()),
    ]
}

fn to_json(report: &ReportStatement) -> serde_json::Value {
    let header = &report.header;
    json!({
        "command": report.command,
        "cause": super::exit::json_of_cause(report.status, report.status.remedy()),
        "dialect": report.dialect as u8,
        "slot_a": report.slot_a as u8,
        "slot_b": report.slot_b as u8,
        "uid": header.uid,
        "epoch": format!("{:016x}", header.epoch),
        "nonce": hex::encode(report.nonce),
        "device_id": hex::encode(header.device_id),
        "counter": header.counter,
        "ta_version": header.ta_version,
        "security_level": header.security_level as u8,
        "root": header.root as u8,
        "audit_head": hex::encode(header.audit_head),
    })
}
