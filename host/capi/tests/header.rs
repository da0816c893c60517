//! The header is the one that the code makes, and C and C++ take it.

use std::path::{Path, PathBuf};
use std::process::Command;
use touchseal::proto::status::Status;

/// In the order in which the header has them.
const SOURCES: [&str; 7] = [
    "status", "failure", "session", "keys", "touch", "payment", "soter",
];
/// Set, it has the header written.
const WRITE: &str = "TOUCHSEAL_WRITE_HEADER";

fn here() -> PathBuf {
    env!("CARGO_MANIFEST_DIR").into()
}

/// `NoAppKey` is `TOUCHSEAL_NO_APP_KEY`.
fn constant(status: &Status) -> String {
    let words = status.name().chars().flat_map(|c| {
        let between = c.is_ascii_uppercase().then_some('_');
        between.into_iter().chain([c.to_ascii_uppercase()])
    });
    "TOUCHSEAL".chars().chain(words).collect()
}

/// As cbindgen writes an enum that is a u32: it does not see the protocol's, which a macro
/// makes.
fn statuses() -> String {
    let constants = Status::ALL.iter().map(|status| {
        let (sentence, name, number) = (status.sentence(), constant(status), *status as u16);
        format!("  /** {sentence} */\n  {name} = {number},\n")
    });
    let constants: String = constants.collect();
    format!(
        "
/**
 * The outcome of a call. Numbers are for ever; one day there may be more of them. What is
 * said of each here touchseal_status_sentence() says, too.
 */
enum touchseal_status
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {{
{constants}}};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum touchseal_status touchseal_status;
#else
typedef uint32_t touchseal_status;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus"
    )
}

fn generated() -> String {
    let mut config = cbindgen::Config::from_file(here().join("cbindgen.toml")).unwrap();
    config.after_includes = Some(statuses());
    let sources = SOURCES.map(|name| here().join(format!("src/{name}.rs")));
    let builder = cbindgen::Builder::new().with_config(config);
    let builder = sources
        .into_iter()
        .fold(builder, |builder, source| builder.with_src(source));
    let mut header = Vec::new();
    builder.generate().unwrap().write(&mut header);
    String::from_utf8(header).unwrap()
}

#[test]
fn the_header_is_what_the_code_says() {
    let path = here().join("include/touchseal.h");
    let generated = generated();
    if std::env::var_os(WRITE).is_some() {
        std::fs::write(&path, &generated).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    let line = 1 + committed
        .lines()
        .zip(generated.lines())
        .take_while(|(committed, generated)| committed == generated)
        .count();
    assert!(
        committed == generated,
        "{} differs from what the code says, from line {line} on: `make header` writes it anew",
        path.display()
    );
}

#[track_caller]
fn compiles(compiler: &str, standard: &str, source: &Path) {
    let output = Command::new(compiler)
        .args([
            standard,
            "-Wall",
            "-Wextra",
            "-Werror",
            "-pedantic",
            "-fsyntax-only",
            "-I",
        ])
        .arg(here().join("include"))
        .arg(source)
        .output()
        .unwrap_or_else(|error| panic!("{compiler} is needed, and cannot be run: {error}"));
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn c_and_cpp_take_it() {
    compiles("cc", "-std=c99", &here().join("examples/wallet.c"));
    compiles("c++", "-std=c++11", &here().join("tests/wallet.cpp"));
}
