//! The C library in the guest: a C program pays over it, linked either way, and under
//! valgrind. `make test-guest` runs these.

mod boot;
mod c_wallet;

use boot::{APP, Boot, ROOT, owner, platform};
use c_wallet::{Linking, compile, said};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command as Tool;
use std::time::Duration;
use touchseal::proto::status::Status;
use touchseal_qemu::{Command, Emmc, Owner};
use touchseal_verify::{SoterBlob, SoterChain, device_key_from_text, from_json};
use touchseal_verify::{soter_device_key_from_pem, verify, verify_soter};

/// Valgrind on an emulated processor takes its time, and so does an RSA key.
const LIMIT: Duration = Duration::from_secs(180);
/// What valgrind exits with when it has found something.
const FOUND: i32 = 99;
const NONCE: &str = "0707070707070707070707070707070707070707070707070707070707070707";

#[test]
fn the_library_is_as_a_linker_expects_it() {
    let platform = platform();
    let library = platform.programs.join("libtouchseal.so");
    let readelf = |option: &str| {
        let mut readelf = Tool::new("aarch64-linux-gnu-readelf");
        said(readelf.args(["--wide", option]).arg(&library))
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

/// A device with a finger, and room for programs and for what they write.
struct Device {
    boot: Boot,
    programs: tempfile::TempDir,
    files: tempfile::TempDir,
    _emmc: Emmc,
}

impl Device {
    fn new() -> Self {
        let platform = platform();
        let (programs, files, emmc) = (for_all(), for_all(), Emmc::scratch().unwrap());
        let boot = Boot::with(&platform, &emmc, |options| {
            options.read_only = vec![programs.path().into(), platform.valgrind.clone()];
            options.read_write = vec![files.path().into()];
        });
        let mut factory = boot.app(ROOT);
        factory.payments.provision().unwrap();
        factory.enroll(&owner()).unwrap();
        Self {
            boot,
            programs,
            files,
            _emmc: emmc,
        }
    }

    fn wallet(&mut self, linking: Linking) -> Wallet<'_> {
        let program = compile(&platform(), linking, self.programs.path());
        Wallet {
            line: vec![program.display().to_string()],
            environment: Vec::new(),
            boot: &mut self.boot,
            files: self.files.path(),
        }
    }

    fn root(&mut self, line: &str) {
        let command = Command::new("sh").args(["-c", line]);
        assert_eq!(self.boot.guest.run(&command, LIMIT).unwrap().code, 0);
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
            format!("--extra-debuginfo-path={}", path("debug")),
        ];
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
    fn fails(&mut self, arguments: &[&str], code: i32) -> Value {
        let (found, said) = self.run(arguments);
        assert_eq!(found, code, "{said}");
        said["error"]["cause"].clone()
    }

    #[track_caller]
    fn refused(&mut self, arguments: &[&str], cause: Status) {
        self.told(arguments, 1, cause);
    }

    #[track_caller]
    fn told(&mut self, arguments: &[&str], code: i32, cause: Status) {
        let told = self.fails(arguments, code);
        assert_eq!(told["name"], cause.name());
        assert_eq!(told["number"], cause as u16);
        assert_eq!(told["sentence"], cause.sentence());
    }

    /// Runs it while the finger lies on the sensor.
    fn touched(&mut self, owner: &Owner, arguments: &[&str]) -> Value {
        owner.place(self.boot.guest.hand());
        let said = self.ok(arguments);
        self.boot.guest.hand().lift();
        said
    }

    fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.files.join(name)).unwrap()
    }

    fn pay(&mut self, owner: &Owner) {
        self.ok(&["device-key", "--out", "device.key"]);
        self.ok(&["chain", "--scene", "checkout", "--out", "chain.json"]);
        self.touched(
            owner,
            &[
                "pay",
                "--scene",
                "checkout",
                "--amount",
                "1999",
                "--currency",
                "EUR",
                "--payee",
                "Caffè Rossi",
                "--order",
                "42",
                "--nonce",
                NONCE,
                "--out",
                "payment.json",
            ],
        );
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
        self.touched(
            owner,
            &[
                "soter",
                "sign",
                "--scene",
                "checkout",
                "--challenge",
                "order 42",
                "--out",
                "signature",
            ],
        );
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

/// What goes from the first key to a payment.
fn life(wallet: &mut Wallet, new: bool) {
    assert_eq!(wallet.ok(&["app-key"]), json!({ "new": new }));
    let key = ["payment-key", "--scene", "checkout"];
    assert_eq!(wallet.ok(&key), json!({ "new": new }));
    let listed = json!([{ "scene": "checkout", "state": "usable" }]);
    assert_eq!(
        wallet.ok(&["keys", "--json"]),
        json!({ "app_key": "usable", "payment_keys": listed })
    );
    wallet.pay(&owner());
}

#[test]
fn a_c_program_pays() {
    let mut device = Device::new();
    let mut wallet = device.wallet(Linking::Dynamic);
    wallet.fails(&["keys", "--out"], 2);
    wallet.refused(
        &["chain", "--scene", "checkout", "--out", "none"],
        Status::NoAppKey,
    );
    assert!(!wallet.files.join("none").exists());
    life(&mut wallet, true);
    life(&mut device.wallet(Linking::Static), false);

    device.root("chmod 600 /dev/tee0");
    let mut wallet = device.wallet(Linking::Static);
    wallet.told(&["keys"], 3, Status::NoPermission);
    device.root("chmod 666 /dev/tee0");
    let mut wallet = device.wallet(Linking::Dynamic);
    wallet.told(&["remove-key", "--scene", " "], 2, Status::BadArgument);
    let calls = wallet.ok(&["bench", "10"]);
    assert_eq!(calls["calls"], 10);
    wallet.ok(&["remove-key", "--scene", "checkout"]);
    wallet.refused(&["remove-key", "--scene", "checkout"], Status::NoPaymentKey);
    wallet.ok(&["remove-app"]);
    assert_eq!(wallet.ok(&["keys"])["app_key"], "none");
    device.boot.power_off();
}

#[test]
fn a_c_program_signs_for_soter() {
    let mut device = Device::new();
    device.boot.soter(ROOT).soter.provision().unwrap();
    let mut wallet = device.wallet(Linking::Dynamic);
    wallet.refused(
        &["soter", "payment-key", "--scene", "checkout"],
        Status::NoAppKey,
    );
    wallet.ok(&["soter", "app-key"]);
    wallet.ok(&["soter", "payment-key", "--scene", "checkout"]);
    wallet.sign(&owner());
    wallet.ok(&["soter", "remove-key", "--scene", "checkout"]);
    wallet.ok(&["soter", "remove-app"]);
    device.boot.power_off();
}

#[test]
fn valgrind_finds_nothing() {
    let mut device = Device::new();
    let mut wallet = device.wallet(Linking::Dynamic).under_valgrind();
    wallet.refused(&["payment-key", "--scene", "checkout"], Status::NoAppKey);
    life(&mut wallet, true);
    device.boot.power_off();
}
