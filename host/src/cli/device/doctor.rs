//! Prints what the doctor found: a table for a person, or JSON.

use super::progress;
use super::session::me;
use crate::cli::exit::{Exit, json_of_cause};
use crate::cli::output::Output;
use anyhow::Result;
use console::{StyledObject, style};
use serde_json::json;
use std::path::Path;
use touchseal::doctor::{Link, Machine, State, examine};
use touchseal::emmc::ask_rpmb;
use touchseal::transport::DEVICE_NODE;

pub fn run(output: Output) -> Result<Exit> {
    let sysfs = Path::new("/sys");
    let machine = Machine {
        device_node: Path::new(DEVICE_NODE),
        sysfs,
        ask_rpmb: &|| ask_rpmb(sysfs),
    };
    let links = progress::during("walking the chain to the keys", || examine(&machine, &me()));
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
    )?;
    Ok(if broken == 0 {
        Exit::Done
    } else {
        Exit::Refused
    })
}

fn row(link: &Link) -> String {
    let mut row = format!("{:<15} {:<11} {}", link.name, word(link.state), link.found);
    if let Some(cause) = link.cause {
        row += &format!(" ({}, {})", cause.name(), cause as u16);
    }
    if let Some(remedy) = &link.remedy {
        row += &format!("\n{:<15} {:<11} -> {remedy}", "", "");
    }
    row
}

fn word(state: State) -> StyledObject<&'static str> {
    let word = style(state.name());
    match state {
        State::Ok => word.green(),
        State::Warning | State::NotTold => word.yellow(),
        State::Broken => word.red(),
        State::NotReached => word.dim(),
    }
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
