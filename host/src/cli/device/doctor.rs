//! Prints what the doctor found: a table for a person, or JSON.

use super::output::Output;
use super::session::me;
use crate::cli::exit::{Exit, json_of_cause};
use anyhow::Result;
use serde_json::json;
use std::path::Path;
use touchseal::doctor::{Link, Machine, State, examine};
use touchseal::emmc::ask_rpmb;
use touchseal::transport::teec::DEVICE_NODE;

pub fn run(output: Output) -> Result<Exit> {
    let sysfs = Path::new("/sys");
    let machine = Machine {
        device_node: Path::new(DEVICE_NODE),
        sysfs,
        ask_rpmb: &|| ask_rpmb(sysfs),
    };
    let links = examine(&machine, &me());
    let count = |state| links.iter().filter(|link| link.state == state).count();
    let (broken, warnings) = (count(State::Broken), count(State::Warning));
    let not_told = count(State::NotTold);
    let rows: Vec<_> = links.iter().map(row).collect();
    output.say(
        format!(
            "{}\n{broken} broken, {warnings} warnings, {not_told} not told",
            rows.join("\n")
        ),
        json!({
            "well": broken == 0,
            "links": links.iter().map(to_json).collect::<Vec<_>>(),
        }),
    );
    Ok(if broken == 0 {
        Exit::Done
    } else {
        Exit::Refused
    })
}

fn row(link: &Link) -> String {
    let mut row = format!("{:<15} {:<11} {}", link.name, link.state.name(), link.found);
    if let Some(cause) = link.cause {
        row += &format!(" ({}, {})", cause.name(), cause as u16);
    }
    if let Some(remedy) = &link.remedy {
        row += &format!("\n{:<15} {:<11} -> {remedy}", "", "");
    }
    row
}

fn to_json(link: &Link) -> serde_json::Value {
    json!({
        "name": link.name,
        "state": link.state.name(),
        "found": link.found,
        "cause": link
            .cause
            .map(|cause| json_of_cause(cause, link.remedy.as_deref().unwrap_or(cause.remedy()))),
        "remedy": link.remedy,
    })
}
