//! How the trusted applications are, in short.

use super::session;
use crate::cli::output::Output;
use anyhow::Result;
use serde_json::json;
use touchseal::words;

pub fn run(output: Output) -> Result<()> {
    let info = session::payment()?.info()?;
    let fingers = session::fingerprint()?.fingers()?;
    let device_key = match info.provisioned {
        true => format!("of device {}", hex::encode(info.device_id)),
        false => "none".into(),
    };
    let mut facts = vec![
        ("TA version", info.ta_version.to_string()),
        (
            "security level",
            words::security_level(info.security_level).into(),
        ),
        ("device key", device_key),
        ("counter", info.counter.to_string()),
        ("fingers", fingers.fingers.len().to_string()),
        ("sensor", words::sensor(fingers.sensor).into()),
        ("enrolment", format!("{:016x}", fingers.authenticator_id)),
    ];
    match fingers.locked_ms {
        0 => {}
        u32::MAX => facts.push(("locked", "for good".into())),
        ms => facts.push(("locked", format!("for {} s", ms.div_ceil(1000)))),
    }
    let text: Vec<_> = facts
        .into_iter()
        .map(|(name, value)| format!("{name:<15} {value}"))
        .collect();
    output.say(
        text.join("\n"),
        json!({
            "ta_version": info.ta_version,
            "security_level": info.security_level as u8,
            "provisioned": info.provisioned,
            "root": info.root as u8,
            "device_id": hex::encode(info.device_id),
            "counter": info.counter,
            "fingers": fingers.fingers.len(),
            "sensor": fingers.sensor as u8,
            "latched": info.latched,
            "epoch": format!("{:016x}", fingers.authenticator_id),
            "locked_ms": fingers.locked_ms,
        }),
    )
}
