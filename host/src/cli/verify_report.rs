//! Verifies a report and prints it as a person reads it.

use super::parse_nonce;
use anyhow::{Context, Result};
use clap::Args;
use serde_json::json;
use std::path::PathBuf;
use touchseal_proto::command::Request;
use touchseal_proto::message::{GenerateAppKey, GeneratePaymentKey, Slot};
use touchseal_proto::signed::{Dialect, ReportStatement};
use touchseal_verify::{Signed, device_key_from_text, from_json, verify_report};

#[derive(Args)]
pub struct VerifyReport {
    /// The report: the file that `--report` wrote
    report: PathBuf,
    /// The device key as the factory registered it: the file that `touchseal device-key` wrote
    #[arg(long, value_name = "FILE")]
    device_key: PathBuf,
    /// The nonce that the backend gave for this report
    #[arg(long, value_parser = parse_nonce)]
    nonce: Option<[u8; 32]>,
}

impl VerifyReport {
    pub fn run(self, as_json: bool) -> Result<()> {
        let read = |path: &PathBuf| {
            std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))
        };
        let device_key = device_key_from_text(&read(&self.device_key)?).context("NOT VERIFIED")?;
        let report: Signed = from_json(&read(&self.report)?).context("NOT VERIFIED")?;
        let report =
            verify_report(&device_key, &report, self.nonce.as_ref()).context("NOT VERIFIED")?;
        if as_json {
            println!("{:#}", to_json(&report));
        } else {
            println!("VERIFIED: device key -> report");
            for (name, value) in facts(&report) {
                println!("  {name:<15} {value}");
            }
        }
        Ok(())
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

fn dialect(report: &ReportStatement) -> &'static str {
    match report.dialect {
        Dialect::Native => "native",
        Dialect::Soter => "SOTER",
    }
}

fn slot(slot: Slot) -> &'static str {
    match slot {
        Slot::Empty => "empty",
        Slot::Good => "good",
        Slot::Damaged => "damaged",
        Slot::Unknown => "unknown",
    }
}

fn facts(report: &ReportStatement) -> [(&'static str, String); 10] {
    let header = &report.header;
    let (slot_a, slot_b) = (slot(report.slot_a), slot(report.slot_b));
    let (cause, number) = (report.status, report.status as u16);
    [
        ("key not made", command(report).into()),
        (
            "cause",
            format!("{} ({}, {number})", cause.sentence(), cause.name()),
        ),
        ("dialect", dialect(report).into()),
        ("slots", format!("a {slot_a}, b {slot_b}")),
        ("app", format!("uid {}", header.uid)),
        ("nonce", hex::encode(report.nonce)),
        ("device", hex::encode(header.device_id)),
        ("counter", header.counter.to_string()),
        ("TA version", header.ta_version.to_string()),
        ("security level", format!("{:?}", header.security_level)),
    ]
}

fn to_json(report: &ReportStatement) -> serde_json::Value {
    let header = &report.header;
    json!({
        "command": report.command,
        "cause": super::exit::json_of_cause(report.status),
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
