//! The C library as a linker and valgrind see it, in the guest. `faces` has what it does.
//! `make test-guest` runs these.

mod boot;

use boot::{APP, Boot, ROOT, owner, platform};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command as Tool;
use std::time::Duration;
use touchseal::proto::status::Status;
use touchseal_qemu::{Command, Emmc, Owner, patiently_where};
use touchseal_verify::{SoterBlob, SoterChain, device_key_from_text, from_json};
use touchseal_verify::{soter_device_key_from_pem, verify, verify_soter};

/// Valgrind on an emulated processor takes its time, and so does an RSA key.
const LIMIT: Duration = Duration::from_secs(180);
/// What valgrind exits with when it has found something.
const FOUND: i32 = 99;
const NONCE: &str = "0707070707070707070707070707070707070707070707070707070707070707";
#[rustfmt::skip]
const PAY: [&str; 15] = [
    "pay", "--scene", "checkout", "--amount", "1999", "--currency", "EUR", "--payee", "Caffè Rossi",
    "--order", "42", "--nonce", NONCE, "--out", "payment.json",
];
#[rustfmt::skip]
const SIGN: [&str; 8] = [
    "soter", "sign", "--scene", "checkout", "--challenge", "order 42", "--out", "signature",
];

#[test]
fn the_library_is_as_a_linker_expects_it() {
    let platform = platform();
    let library = platform.programs.join("libtouchseal.so");
    let readelf = |option: &str| {
        let mut readelf = Tool::new("aarch64-linux-gnu-readelf");
        let output = readelf.args(["--wide", option]).arg(&library).output();
        String::from_utf8(output.unwrap().stdout).unwrap()
    };
    let dynamic = readelf("--dynamic");
    assert!(
        dynamic.contains("Library soname: [libtouchseal.so.0]"),
        "{dynamic}"
    );
    let segments = readelf("--segments");
    let loads: Vec<_> = segments
        .lines()
        .filter(|line| line.trim_start().starts_with("LOAD"))
        .collect();
    assert!(
        !loads.is_empty() && loads.iter().all(|line| line.ends_with(" 0x4000")),
        "{segments}"
    );
    let symbols = readelf("--dyn-syms");
    let exported: BTreeSet<_> = symbols
        .lines()
        .filter(|line| line.contains(" GLOBAL ") && !line.contains(" UND "))
        .filter_map(|line| line.split_whitespace().last())
        .collect();
    let header = std::fs::read_to_string(platform.repo.join("host/capi/include/touchseal.h"));
    let header = header.unwrap();
    let declared: BTreeSet<_> = header
        .lines()
        .filter(|line| !line.starts_with([' ', '/', '*']) && line.contains('('))
        .filter_map(|line| line.split('(').next()?.rsplit([' ', '*']).next())
        .filter(|name| name.starts_with("touchseal_"))
        .collect();
    assert_eq!(exported, declared);
}

/// A device with a finger, and room for what programs write.
struct Device {
    boot: Boot,
    files: tempfile::TempDir,
    _emmc: Emmc,
}

impl Device {
    fn new() -> Self {
        let (platform, files, emmc) = (platform(), for_all(), Emmc::scratch().unwrap());
        let boot = Boot::with(&platform, &emmc, |options| {
            options.read_only = vec![platform.valgrind.clone()];
            options.read_write = vec![files.path().into()];
        });
        let mut factory = boot.app(ROOT);
        factory.payments.provision().unwrap();
        factory.enroll(&owner()).unwrap();
        boot.soter(ROOT).soter.provision().unwrap();
        Self {
            boot,
            files,
            _emmc: emmc,
        }
    }

    fn wallet(&mut self, name: &str) -> Wallet<'_> {
        let program = platform().programs.join("examples").join(name);
        Wallet {
            line: vec![program.display().to_string()],
            environment: Vec::new(),
            boot: &mut self.boot,
            files: self.files.path(),
        }
    }
}

/// A directory that an app of the guest may write, too.
fn for_all() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    std::fs::set_permissions(directory.path(), Permissions::from_mode(0o777)).unwrap();
    directory
}

/// A wallet of an app, run in the guest.
struct Wallet<'a> {
    /// The program, and what comes before it.
    line: Vec<String>,
    environment: Vec<(&'static str, String)>,
    boot: &'a mut Boot,
    files: &'a Path,
}

impl Wallet<'_> {
    /// The same under valgrind, for which any error is a failure, and a leak is one.
    fn under_valgrind(mut self) -> Self {
        let valgrind = platform().valgrind;
        let path = |name: &str| valgrind.join(name).display().to_string();
        let mut line = vec![
            path("valgrind"),
            "--quiet".into(),
            format!("--error-exitcode={FOUND}"),
            "--leak-check=full".into(),
        ];
        // It looks for the symbols of the loader in one place only.
        let link = ["-s", &path("debug"), "/usr/lib/debug"];
        let linked = self
            .boot
            .guest
            .run(&Command::new("ln").args(link), LIMIT)
            .unwrap();
        assert_eq!(linked.code, 0);
        line.append(&mut self.line);
        self.line = line;
        self.environment = vec![("VALGRIND_LIB", path(""))];
        self
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let (program, before) = self.line.split_first().unwrap();
        let command = Command::new(program)
            .args(before.iter().cloned())
            .args(arguments.iter().copied())
            .current_dir(self.files)
            .uid(APP);
        let environment = self.environment.iter();
        environment.fold(command, |command, (name, value)| command.env(*name, value))
    }

    /// Its exit code, and what it says.
    fn run(&mut self, arguments: &[&str]) -> (i32, Value) {
        let command = self.command(arguments);
        let output = self.boot.guest.run(&command, LIMIT).unwrap();
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_ne!(output.code, FOUND, "{errors}");
        let said = serde_json::from_slice(&output.stdout);
        (
            output.code,
            said.unwrap_or_else(|error| panic!("{command}: {error}: {errors}")),
        )
    }

    #[track_caller]
    fn ok(&mut self, arguments: &[&str]) -> Value {
        let (code, said) = self.run(arguments);
        assert_eq!(code, 0, "{said}");
        said
    }

    #[track_caller]
    fn refused(&mut self, arguments: &[&str], cause: Status) {
        let (code, said) = self.run(arguments);
        assert_eq!(code, 1, "{said}");
        assert_eq!(said["error"]["cause"]["name"], cause.name(), "{said}");
    }

    /// Runs it while the finger lies on the sensor.
    fn touched(&mut self, owner: &Owner, arguments: &[&str]) -> Value {
        let (code, said) = patiently_where(
            |(_, said): &(i32, Value), status| said["error"]["cause"]["name"] == status.name(),
            || {
                owner.place(self.boot.guest.hand());
                let outcome = self.run(arguments);
                self.boot.guest.hand().lift();
                outcome
            },
        );
        assert_eq!(code, 0, "{said}");
        said
    }

    fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.files.join(name)).unwrap()
    }

    fn pay(&mut self, owner: &Owner) {
        self.ok(&["device-key", "--out", "device.key"]);
        self.ok(&["chain", "--scene", "checkout", "--out", "chain.json"]);
        self.touched(owner, &PAY);
        let device_key = device_key_from_text(&self.read("device.key")).unwrap();
        let chain = from_json(&self.read("chain.json")).unwrap();
        let payment = from_json(&self.read("payment.json")).unwrap();
        let verified = verify(&device_key, &chain, &payment).unwrap().payment;
        assert_eq!(verified.header.uid, APP);
        assert_eq!(verified.payment.amount, 1999);
        assert_eq!(verified.payment.payee.as_str(), "Caffè Rossi");
        assert_eq!(verified.payment.nonce, [7; 32]);
    }

    fn sign(&mut self, owner: &Owner) {
        self.ok(&["soter", "device-key", "--out", "attk.pem"]);
        self.ok(&[
            "soter",
            "export",
            "--scene",
            "checkout",
            "--ask",
            "ask",
            "--auth-key",
            "auth-key",
        ]);
        self.touched(owner, &SIGN);
        let device_key = String::from_utf8(self.read("attk.pem")).unwrap();
        let device_key = soter_device_key_from_pem(&device_key).unwrap();
        let blob = |name| SoterBlob::from_bytes(&self.read(name)).unwrap();
        let chain = SoterChain {
            app_key: blob("ask"),
            payment_key: blob("auth-key"),
        };
        let verified = verify_soter(&device_key, &chain, &blob("signature")).unwrap();
        assert_eq!(verified.challenge.challenge.as_str(), "order 42");
        assert_eq!(verified.challenge.uid, APP);
    }
}

/// What an app does, from its first key to its last.
fn life(wallet: &mut Wallet) {
    let key = ["payment-key", "--scene", "checkout"];
    wallet.refused(&key, Status::NoAppKey);
    wallet.ok(&["app-key"]);
    wallet.ok(&key);
    let listed = json!([{ "scene": "checkout", "state": "usable" }]);
    assert_eq!(
        wallet.ok(&["keys", "--json"]),
        json!({ "app_key": "usable", "payment_keys": listed })
    );
    wallet.pay(&owner());
    assert_eq!(wallet.ok(&["bench", "3"])["calls"], 3);
    wallet.ok(&["remove-app"]);
    wallet.ok(&["soter", "app-key"]);
    wallet.ok(&["soter", "payment-key", "--scene", "checkout"]);
    wallet.sign(&owner());
    wallet.ok(&["soter", "remove-key", "--scene", "checkout"]);
    wallet.ok(&["soter", "remove-app"]);
}

#[test]
fn it_may_be_linked_statically() {
    let mut device = Device::new();
    life(&mut device.wallet("wallet-c-static"));
    device.boot.power_off();
}

/// What a key, a payment and a signature take; valgrind takes ten seconds to start.
#[test]
fn valgrind_finds_nothing() {
    let mut device = Device::new();
    let mut wallet = device.wallet("wallet-c");
    wallet.ok(&["app-key"]);
    wallet.ok(&["soter", "app-key"]);
    wallet.ok(&["soter", "payment-key", "--scene", "checkout"]);
    let mut wallet = wallet.under_valgrind();
    wallet.refused(&PAY, Status::NoPaymentKey);
    wallet.ok(&["payment-key", "--scene", "checkout"]);
    wallet.touched(&owner(), &PAY);
    wallet.touched(&owner(), &SIGN);
    wallet.ok(&["remove-app"]);
    device.boot.power_off();
}
