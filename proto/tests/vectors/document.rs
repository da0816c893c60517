//! What `PROTOCOL.md` says.

use touchseal_proto::command::{
    FingerprintCommand, GatekeeperCommand, PaymentCommand, SimulatedSensorCommand, SoterCommand,
};
use touchseal_proto::soter::{BLOB_MAX, JSON_MAX};
use touchseal_proto::status::Status;
use touchseal_proto::{
    FINGERPRINT_TA, GATEKEEPER_TA, PAYMENT_TA, SIMULATED_FINGERPRINT_TA, SOTER_TA,
};

const DOCUMENT: &str = include_str!("../../PROTOCOL.md");

/// The rows below the row `head`, up to the next part of the table, or its end.
pub fn rows_below(head: &str) -> Vec<&'static str> {
    let mut lines = DOCUMENT.lines();
    assert!(
        lines.any(|line| line == head),
        "PROTOCOL.md lacks the row {head}"
    );
    lines
        .skip_while(|line| line.starts_with("| ---"))
        .take_while(|line| line.starts_with('|') && !line.starts_with("| **"))
        .collect()
}

#[test]
fn trusted_applications_are_documented() {
    let row = |name, uuid, largest_request, largest_response| {
        format!("| {name} | `{uuid}` | {largest_request} | {largest_response} |")
    };
    assert_eq!(
        rows_below("| trusted application | UUID | largest request | largest response |"),
        [
            row(
                "payment TA",
                PAYMENT_TA,
                PaymentCommand::MAX_REQUEST,
                PaymentCommand::MAX_RESPONSE
            ),
            row(
                "SOTER TA",
                SOTER_TA,
                SoterCommand::MAX_REQUEST,
                SoterCommand::MAX_RESPONSE
            ),
            row(
                "fingerprint TA",
                FINGERPRINT_TA.uuid,
                FingerprintCommand::MAX_REQUEST,
                FingerprintCommand::MAX_RESPONSE
            ),
            row(
                "fingerprint TA, simulated sensor",
                SIMULATED_FINGERPRINT_TA.uuid,
                FingerprintCommand::MAX_REQUEST.max(SimulatedSensorCommand::MAX_REQUEST),
                FingerprintCommand::MAX_RESPONSE.max(SimulatedSensorCommand::MAX_RESPONSE)
            ),
            row(
                "gatekeeper TA",
                GATEKEEPER_TA,
                GatekeeperCommand::MAX_REQUEST,
                GatekeeperCommand::MAX_RESPONSE
            ),
        ]
    );
}

#[test]
fn soter_sizes_are_documented() {
    let rows = [
        format!("| JSON | {JSON_MAX} |"),
        format!("| SOTER blob | {BLOB_MAX} |"),
    ];
    assert_eq!(rows_below("| | largest, in bytes |"), rows);
}

#[test]
fn statuses_are_documented() {
    let rows: Vec<String> = Status::ALL
        .iter()
        .map(|status| {
            let (number, name) = (*status as u16, status.name());
            let (sentence, remedy) = (status.sentence(), status.remedy());
            format!("| {number} | {name} | {sentence} | {remedy} |")
        })
        .collect();
    assert_eq!(rows_below("| number | name | meaning | remedy |"), rows);
}
