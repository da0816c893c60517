//! A signature in the SOTER dialect.

use super::{Report, accept, read};
use crate::cli::input;
use anyhow::{Context, Result};
use clap::Args;
use std::path::{Path, PathBuf};
use touchseal::words;
use touchseal_proto::soter::CpuId;
use touchseal_verify::{
    Origin, SoterBlob, SoterChain, SoterExpectations, SoterVerified, soter_device_key_from_pem,
    verify_soter,
};

#[derive(Args)]
#[command(next_help_heading = "For a SOTER signature")]
#[group(requires_all = ["ask", "auth_key"])]
pub struct Soter {
    /// The exported ASK
    #[arg(long, value_name = "FILE", required = false)]
    ask: PathBuf,
    /// The exported AuthKey
    #[arg(long, value_name = "FILE", required = false)]
    auth_key: PathBuf,
    /// The challenge that the backend gave
    #[arg(long)]
    challenge: Option<String>,
    /// The device that the backend expects: its cpu_id, 36 hexadecimal digits
    #[arg(long, value_parser = input::cpu_id())]
    cpu_id: Option<CpuId>,
}

impl Soter {
    pub fn verify(self, signature: &Path, device_key: &Path, origin: Origin) -> Result<Report> {
        let device_key = read(device_key, |pem| {
            soter_device_key_from_pem(&String::from_utf8_lossy(pem))
        })?;
        let chain = SoterChain {
            app_key: read(&self.ask, SoterBlob::from_bytes)?,
            payment_key: read(&self.auth_key, SoterBlob::from_bytes)?,
        };
        let signature = read(signature, SoterBlob::from_bytes)?;
        let verified = verify_soter(&device_key, &chain, &signature).context("NOT VERIFIED")?;
        let expectations = SoterExpectations {
            origin,
            cpu_id: self.cpu_id,
            challenge: self.challenge,
        };
        accept(expectations.check(&verified))?;
        Ok(report(&verified))
    }
}

fn report(verified: &SoterVerified) -> Report {
    let signed = &verified.challenge;
    let facts = vec![
        // Quoted and escaped: it may hold what a terminal obeys.
        ("challenge", format!("{:?}", signed.challenge.as_str())),
        ("app", format!("uid {}", signed.uid)),
        ("finger", signed.finger.to_string()),
        ("cpu_id", signed.cpu_id.to_string()),
        ("counter", signed.counter.to_string()),
        ("TA version", signed.tee_version.to_string()),
        (
            "security level",
            words::security_level(signed.cpu_id.security_level).into(),
        ),
        ("sensor", words::sensor(signed.sensor).into()),
        ("sensor version", signed.sensor_version.to_string()),
        ("device key", words::root(signed.cpu_id.root).into()),
    ];
    let json = serde_json::json!({
        "challenge": signed.challenge.as_str(),
        "uid": signed.uid,
        "finger": signed.finger,
        "cpu_id": signed.cpu_id.to_string(),
        "counter": signed.counter,
        "ta_version": signed.tee_version,
        "security_level": signed.cpu_id.security_level as u8,
        "sensor": signed.sensor as u8,
        "sensor_version": signed.sensor_version,
        "root": signed.cpu_id.root as u8,
    });
    Report {
        chain: "device key (ATTK) -> app key (ASK) -> payment key (AuthKey) -> challenge",
        facts,
        json,
    }
}
