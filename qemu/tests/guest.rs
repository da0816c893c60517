//! The guest itself, booted. `make test-guest` runs these.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};
use touchseal_qemu::{Command, Emmc, Guest, Options, Platform};

const LIMIT: Duration = Duration::from_secs(20);

fn boot(emmc: &Emmc, options: &Options) -> Guest {
    Guest::boot(&Platform::from_env().unwrap(), emmc, options).unwrap()
}

#[test]
fn commands_run_as_asked() {
    let dir = tempfile::tempdir().unwrap();
    let shared = dir.path().join("with space, and comma");
    std::fs::create_dir(&shared).unwrap();
    std::fs::set_permissions(&shared, Permissions::from_mode(0o777)).unwrap();
    let mut options = Options::new(dir.path().join("logs"));
    options.read_write = vec![shared.clone()];
    let emmc = Emmc::scratch().unwrap();
    let mut guest = boot(&emmc, &options);

    let output = guest
        .run(
            &Command::new("sh")
                .args(["-c", "id -u; id -G; echo \"$A\" >&2; exit 7"])
                .uid(10115)
                .env("A", "b 'c'"),
            LIMIT,
        )
        .unwrap();
    assert_eq!(
        (output.code, &*output.stdout, &*output.stderr),
        (7, &b"10115\n10115\n"[..], &b"b 'c'\n"[..])
    );

    let binary = guest
        .run(
            &Command::new("head").args(["-c", "3000000", "/dev/zero"]),
            LIMIT,
        )
        .unwrap();
    assert_eq!(binary.stdout, vec![0; 3_000_000]);

    // As an app, which owns what it wrote and may write it again.
    let write = Command::new("sh")
        .args(["-c", "echo here > file && stat -c %u file"])
        .uid(10115)
        .current_dir(&shared);
    for _ in 0..2 {
        let output = guest.run(&write, LIMIT).unwrap();
        assert_eq!((output.code, &*output.stdout), (0, &b"10115\n"[..]));
    }
    assert_eq!(
        std::fs::read_to_string(shared.join("file")).unwrap(),
        "here\n"
    );

    assert_eq!(
        guest
            .run(&Command::new("no-such-program"), LIMIT)
            .unwrap()
            .code,
        127
    );
    let any_uid = Command::new("sh")
        .args(["-c", "exec 3<>/dev/tee0"])
        .uid(10115);
    assert_eq!(guest.run(&any_uid, LIMIT).unwrap().code, 0);
    guest.power_off().unwrap();
}

#[test]
fn a_hang_is_told_with_both_consoles() {
    let dir = tempfile::tempdir().unwrap();
    let emmc = Emmc::scratch().unwrap();
    let mut guest = boot(&emmc, &Options::new(dir.path()));
    let start = Instant::now();
    let hang = Command::new("sleep").arg("1000");
    let error = guest
        .run(&hang, Duration::from_secs(1))
        .unwrap_err()
        .to_string();
    assert!(start.elapsed() < Duration::from_secs(5));
    assert!(
        error.starts_with("`sleep 1000` was not done after 1 s"),
        "{error}"
    );
    assert!(
        error.contains("linux.log") && error.contains("OP-TEE version"),
        "{error}"
    );
    let after = guest.run(&Command::new("true"), LIMIT).unwrap_err();
    assert!(after.to_string().starts_with("The guest is gone"));
}

/// Linux has a console of its own, and OP-TEE shares the first UART with TF-A: on the second
/// nobody prints, it is the sensor's.
#[test]
fn each_world_has_its_log() {
    let dir = tempfile::tempdir().unwrap();
    let emmc = Emmc::scratch().unwrap();
    let mut guest = boot(&emmc, &Options::new(dir.path()));
    let line = "cat /proc/consoles; echo '<1>from the kernel' >/dev/kmsg; \
                cat /proc/device-tree/pl011@9040000/status";
    let said = guest
        .run(&Command::new("sh").args(["-c", line]), LIMIT)
        .unwrap();
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    let [console, uart] = said.lines().collect::<Vec<_>>()[..] else {
        panic!("{said}");
    };
    assert!(console.starts_with("hvc0 "), "{console}");
    assert_eq!(uart, "disabled\0", "Linux may use the sensor's UART");
    guest.power_off().unwrap();
    let log = |name| std::fs::read_to_string(dir.path().join(name)).unwrap();
    let (linux, secure) = (log("linux.log"), log("secure.log"));
    assert!(linux.contains("from the kernel"), "{linux}");
    assert!(
        !linux.contains("BL31") && !linux.contains("OP-TEE version"),
        "{linux}"
    );
    assert!(
        secure.contains("BL31") && secure.contains("OP-TEE version"),
        "{secure}"
    );
    assert!(!secure.contains("from the kernel"), "{secure}");
    assert!(secure.is_ascii(), "{secure}");
}

#[test]
fn a_crash_is_told_with_both_consoles() {
    let dir = tempfile::tempdir().unwrap();
    let emmc = Emmc::scratch().unwrap();
    let mut guest = boot(&emmc, &Options::new(dir.path()));
    let crash = Command::new("sh").args(["-c", "echo c >/proc/sysrq-trigger"]);
    let error = guest.run(&crash, LIMIT).unwrap_err().to_string();
    assert!(error.starts_with("The guest ended while it ran"), "{error}");
    assert!(error.contains("sysrq triggered crash"), "{error}");
}

#[test]
fn a_kernel_that_does_not_come_up_is_quoted() {
    let dir = tempfile::tempdir().unwrap();
    let mut platform = Platform::from_env().unwrap();
    platform.initrd = dir.path().join("no.cpio");
    std::fs::write(&platform.initrd, "not one").unwrap();
    let emmc = Emmc::scratch().unwrap();
    let error = Guest::boot(&platform, &emmc, &Options::new(dir.path())).unwrap_err();
    assert!(error.to_string().contains("Kernel panic"), "{error}");
}

/// An RPMB that was never keyed, or is keyed for another device: the command line says
/// which, nothing falls back to other storage, and the trusted applications live on.
#[test]
fn an_rpmb_without_our_key_is_told() {
    let platform = Platform::from_env().unwrap();
    let dir = tempfile::tempdir().unwrap();
    for (key, cause) in [
        (None, "RpmbKeyNotProgrammed"),
        (Some(ANOTHER_DEVICES), "RpmbKeyedForOther"),
    ] {
        let emmc = Emmc::scratch().unwrap();
        let mut options = Options::new(dir.path());
        options.programs = Some(platform.programs.clone());
        options.rpmb_key = key;
        let mut guest = boot(&emmc, &options);
        let mut run = |args: &[&str]| {
            let output = guest
                .run(&Command::new("touchseal").args(args.iter().copied()), LIMIT)
                .unwrap();
            let said = [output.stdout, output.stderr].concat();
            (output.code, String::from_utf8_lossy(&said).into_owned())
        };
        if key.is_none() {
            // Before anything was tried, the eMMC itself says so.
            let (code, said) = run(&["doctor"]);
            assert!(code == 1 && said.contains(cause), "{said}");
        }
        for _ in 0..2 {
            let (code, said) = run(&["provision"]);
            assert!(code == 1 && said.contains(cause), "{said}");
        }
        assert_eq!(run(&["info"]).0, 0);
        guest.power_off().unwrap();
    }
}

const ANOTHER_DEVICES: &str = "D3EB3EC36E334C9F988CE2C0B85954610D2BCF8664844DF2AB56E6C61BB701E4";
