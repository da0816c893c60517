//! The C library's wallet, compiled for the guest as an app's author would.
#![allow(dead_code, reason = "each test uses some")]

use std::path::{Path, PathBuf};
use std::process::Command;
use touchseal_qemu::Platform;

/// How the library comes into the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Linking {
    /// From `libtouchseal.so.0`, which has to lie beside the program.
    Dynamic,
    /// From `libtouchseal.a`.
    Static,
}

/// Compiles the wallet into `directory`, and returns its path.
pub fn compile(platform: &Platform, linking: Linking, directory: &Path) -> PathBuf {
    let capi = platform.repo.join("host/capi");
    let library = |name: &str| platform.programs.join(name);
    let program = directory.join(format!("wallet-c-{linking:?}").to_lowercase());
    let mut compiler = Command::new("aarch64-linux-gnu-gcc");
    compiler
        .args("-std=c99 -Wall -Wextra -Werror -pedantic -O2 -g".split(' '))
        .arg("-I")
        .arg(capi.join("include"))
        .arg(capi.join("examples/wallet.c"))
        .arg("-o")
        .arg(&program);
    match linking {
        Linking::Dynamic => {
            std::fs::copy(
                library("libtouchseal.so"),
                directory.join("libtouchseal.so.0"),
            )
            .unwrap();
            compiler.arg(library("libtouchseal.so"));
            compiler.arg("-Wl,-rpath,$ORIGIN");
            compiler.arg(format!(
                "-Wl,-rpath-link,{}",
                platform.client.join("usr/lib").display()
            ));
        }
        Linking::Static => {
            compiler.arg(library("libtouchseal.a"));
            compiler.arg("-L").arg(platform.client.join("usr/lib"));
            compiler.args("-lteec -lgcc_s -lpthread -ldl -lm".split(' '));
        }
    }
    said(&mut compiler);
    program
}

/// What a tool of the build says, which works.
pub fn said(tool: &mut Command) -> String {
    let output = tool
        .output()
        .unwrap_or_else(|error| panic!("{tool:?}: {error}"));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{tool:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}
