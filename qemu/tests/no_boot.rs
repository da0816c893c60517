//! Machines that do not come up, acted by a shell in QEMU's place.

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;
use touchseal_qemu::{Emmc, Guest, Options, Platform};

fn boot(dir: &Path, script: &str) -> String {
    let file = dir.join("file");
    std::fs::write(&file, "").unwrap();
    let platform = Platform {
        firmware: file.clone(),
        kernel: file.clone(),
        initrd: file,
        qemu: ["sh", "-c", script, "qemu"].map(OsString::from).to_vec(),
        programs: dir.into(),
        valgrind: dir.into(),
        fingers: dir.into(),
        repo: dir.into(),
        cache: dir.into(),
    };
    let mut options = Options::new(dir.join("logs"));
    options.boot_limit = Duration::from_secs(3);
    let emmc = Emmc::scratch().unwrap();
    format!("{:#}", Guest::boot(&platform, &emmc, &options).unwrap_err())
}

#[test]
fn a_qemu_without_rpmb_is_too_old() {
    let dir = tempfile::tempdir().unwrap();
    let script =
        "echo \"qemu: -device emmc: Property 'emmc.rpmb-partition-size' not found\" >&2; exit 1";
    let error = boot(dir.path(), script);
    assert!(error.starts_with("This QEMU is too old"), "{error}");
    assert!(error.contains("11.1"), "{error}");
}

#[test]
fn a_qemu_that_ends_at_once_is_quoted() {
    let dir = tempfile::tempdir().unwrap();
    let error = boot(dir.path(), "echo no such thing >&2; exit 1");
    assert!(
        error.contains("QEMU ended at once") && error.contains("no such thing"),
        "{error}"
    );
}

#[test]
fn a_qemu_that_hangs_is_ended() {
    let dir = tempfile::tempdir().unwrap();
    let error = boot(dir.path(), "echo stuck >&2; exec sleep 1000");
    assert!(
        error.contains("QEMU does not start") && error.contains("stuck"),
        "{error}"
    );
}
