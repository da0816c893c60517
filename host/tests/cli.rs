//! The command line, as a person and as a machine runs it: what needs no device.

use serde_json::Value;
use std::fs;
use std::process::{Command, Output};

fn touchseal(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_touchseal"));
    command.args(arguments);
    command
}

fn output(arguments: &[&str]) -> Output {
    touchseal(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// What a machine is told of a failure, and the exit code.
fn failure(arguments: &[&str]) -> (Value, i32) {
    let output = output(arguments);
    assert!(!output.stderr.is_empty());
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    (told["error"].clone(), output.status.code().unwrap())
}

#[test]
fn a_misuse_is_told_to_machines_too() {
    for (arguments, named) in [
        (&["pay", "--json"][..], "--scene <SCENE>"),
        (&["--json", "pya"], "subcommand 'pya'"),
        (&["--json", "payment-key", "--scene", ""], "it is empty"),
        (&["--json"], "Usage: touchseal"),
        (
            &[
                "--json",
                "verify",
                "none.json",
                "--device-key",
                "none.key",
                "--chain",
                "none",
            ],
            "cannot read none.key",
        ),
    ] {
        let (error, code) = failure(arguments);
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(named), "{message}");
        assert!(!message.starts_with("error: "), "{message}");
        assert_eq!((&error["cause"], code), (&Value::Null, 2));
    }
    for person in [&["pay"][..], &["pay", "--scene", "--json"]] {
        let told = output(person);
        assert_eq!(told.status.code(), Some(2));
    }
    assert!(output(&["pay"]).stdout.is_empty());
}

#[test]
fn help_is_no_failure() {
    for arguments in [
        &["--help"][..],
        &["help", "pay"],
        &["--json", "--version"],
        &["soter", "-h"],
    ] {
        let told = output(arguments);
        assert!(told.status.success() && told.stderr.is_empty());
        assert!(text(&told.stdout).contains("touchseal"));
    }
    let help = output(&["pay", "-h"]).stdout;
    assert!(text(&help).contains("Examples:\n  touchseal pay --scene checkout"));
}

/// On a machine without a device: each command ends, and says which link is missing.
#[cfg(not(feature = "teec"))]
#[test]
fn what_needs_a_device_says_so() {
    let nonce = "5a".repeat(32);
    let device_id = "acee591a25cdfe5ec5c5c96f248d15a0";
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    let key = "5a".repeat(64);
    fs::write(file("issuer"), format!("{key}\n")).unwrap();
    let (issuer, out) = (file("issuer"), file("out"));
    for arguments in [
        "info",
        "provision",
        &format!("latch --device-id {device_id} --lot 1 --issuer {issuer}"),
        "factory-reset --yes",
        "device-key",
        "enroll",
        "fingers",
        "remove-finger 1",
        "remove-fingers",
        "invalidate-enrolment",
        "set-password",
        "unlock",
        "app-key",
        "payment-key --scene a",
        "keys",
        "remove-key --scene a",
        "remove-app",
        &format!("chain --scene a --out {out}"),
        &format!(
            "pay --scene a --amount 1 --currency EUR --payee a --order a --nonce {nonce} --out {out}"
        ),
        "soter provision",
        "soter prepare",
        &format!("soter device-key --out {out}"),
        "soter app-key",
        "soter payment-key --scene a",
        "soter keys",
        "soter remove-key --scene a",
        "soter remove-app",
        &format!("soter export --scene a --ask {out} --auth-key {out}-auth"),
        &format!("soter sign --scene a --challenge a --out {out}"),
    ] {
        let arguments: Vec<_> = arguments.split(' ').chain(["--json"]).collect();
        let (error, code) = failure(&arguments);
        let message = error["message"].as_str().unwrap();
        assert!(
            message.contains("built without OP-TEE's client library"),
            "{message}"
        );
        let number = &error["cause"]["number"];
        assert_eq!((number.as_u64(), code), (Some(55), 3), "{arguments:?}");
        assert!(!fs::exists(&out).unwrap(), "{arguments:?} leaves a file");
    }
    let export = ["soter", "export", "--scene", "a", "--json"];
    let again = format!("{}/./out", directory.path().display());
    let one = ["--ask", &out, "--auth-key", &again];
    let (error, code) = failure(&[&export[..], &one].concat());
    assert!(error["message"].as_str().unwrap().contains("same file"));
    assert_eq!(code, 2);
    assert!(!fs::exists(&out).unwrap());
    let told = output(&["doctor", "--json"]);
    assert_eq!(told.status.code(), Some(1));
    let told: Value = serde_json::from_slice(&told.stdout).unwrap();
    assert_eq!(told["well"], false);
    let links = told["links"].as_array().unwrap();
    let link = links.iter().find(|link| link["name"] == "payment TA");
    assert_eq!(link.unwrap()["cause"]["name"], "NotReached");
}

#[test]
fn shells_complete_every_command() {
    for shell in ["bash", "zsh", "fish"] {
        let script = output(&["completions", shell]);
        assert!(script.status.success());
        let script = text(&script.stdout);
        for word in [
            "payment-key",
            "auth-key",
            "prepare",
            "require-real-sensor",
            "svg",
        ] {
            assert!(script.contains(word), "{shell}: no {word}");
        }
    }
}

#[test]
fn every_command_has_its_man_page() {
    let directory = tempfile::tempdir().unwrap();
    let folder = directory.path().to_str().unwrap();
    let told = output(&["man", folder, "--json"]);
    let told: Value = serde_json::from_slice(&told.stdout).unwrap();
    let pages = fs::read_dir(folder).unwrap().count();
    assert_eq!(told["pages"], pages);
    // The commands of both dialects, the two of them, and the program.
    assert!(pages > 30, "{pages}");
    for (page, sections) in [
        ("touchseal", &["SUBCOMMANDS", "EXIT CODES"][..]),
        ("touchseal-pay", &["OPTIONS", "EXAMPLES", "SEE ALSO"]),
        ("touchseal-soter", &["SUBCOMMANDS", "SEE ALSO"]),
        ("touchseal-soter-sign", &["OPTIONS", "EXAMPLES"]),
        ("touchseal-fp-eval", &["DESCRIPTION", "EXAMPLES"]),
    ] {
        let page = fs::read_to_string(format!("{folder}/{page}.1")).unwrap();
        for section in sections.iter().chain(&["NAME", "SYNOPSIS"]) {
            let heading = [format!(".SH {section}\n"), format!(".SH \"{section}\"\n")];
            assert!(
                heading.iter().any(|heading| page.contains(heading)),
                "{section}: {page}"
            );
        }
    }
    let (error, code) = failure(&["--json", "man", &format!("{folder}/none")]);
    assert!(error["message"].as_str().unwrap().contains("cannot write"));
    assert_eq!(code, 2);
}

#[cfg(target_os = "linux")]
mod terminal {
    use super::*;
    use nix::pty::openpty;
    use std::io::Read;
    use std::process::Stdio;

    /// What `touchseal doctor` says on a terminal.
    fn doctor(color: &[(&str, &str)]) -> String {
        let terminal = openpty(None, None).unwrap();
        let mut command = touchseal(&["doctor"]);
        command
            .env_remove("NO_COLOR")
            .env("TERM", "xterm")
            .envs(color.iter().copied())
            .stdout(terminal.slave)
            .stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        // With it, this process's end of the terminal.
        drop(command);
        let mut said = Vec::new();
        let mut buffer = [0; 4096];
        let mut master = fs::File::from(terminal.master);
        // An error is how a terminal ends.
        while let Ok(1..) = master
            .read(&mut buffer)
            .inspect(|count| said.extend(&buffer[..*count]))
        {}
        child.wait().unwrap();
        String::from_utf8(said).unwrap()
    }

    #[test]
    fn colour_is_for_terminals_and_who_wants_it() {
        const RED: &str = "\u{1b}[31mbroken";
        assert!(doctor(&[]).contains(RED), "{}", doctor(&[]));
        let plain = doctor(&[("NO_COLOR", "1")]);
        assert!(
            plain.contains("broken") && !plain.contains('\u{1b}'),
            "{plain}"
        );
        let piped = output(&["doctor"]);
        for said in [piped.stdout, piped.stderr] {
            assert!(!said.contains(&0x1b), "{}", text(&said));
        }
    }

    #[test]
    fn a_full_disk_is_told() {
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        let told = touchseal(&["doctor"]).stdout(full).output().unwrap();
        assert_eq!(told.status.code(), Some(2));
        let said = text(&told.stderr);
        assert!(said.contains("cannot write to standard output"), "{said}");
    }
}
