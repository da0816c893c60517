//! The Android HAL over the kernel's binder, on the real OP-TEE: a service manager, the service
//! as the user that may speak for apps, and wallets in processes and under uids of their own.
//! `make test-guest` runs these.

mod boot;

use boot::{APP, Boot, ROOT, owner, platform};
use serde_json::Value;
use std::time::Duration;
use touchseal::proto::HAL_UID;
use touchseal_qemu::{Command, Emmc, Output, Owner};
use touchseal_verify::{
    Chain, Signed, SoterBlob, SoterChain, Verified, device_key_from_text, from_json,
    soter_device_key_from_pem, verify, verify_soter,
};

const LIMIT: Duration = Duration::from_secs(300);
const FRAMEWORK: u32 = 1000;

/// A phone that is set up, with a way into it.
struct Phone {
    boot: Boot,
    owner: Owner,
}

impl Phone {
    fn new(emmc: &Emmc) -> Self {
        let (boot, owner) = (Boot::of(&platform(), emmc), owner());
        boot.set_up(&owner);
        Self { boot, owner }
    }

    /// The same, with its service manager and the service.
    fn with_hal(emmc: &Emmc) -> Self {
        let mut phone = Self::new(emmc);
        phone.boot.guest.start_hal().unwrap();
        phone
    }

    fn run(&mut self, command: &Command) -> Output {
        self.boot.guest.run(command, LIMIT).unwrap()
    }

    fn shell(&mut self, script: &str) -> Output {
        self.run(&Command::new("sh").args(["-c", script]))
    }

    #[track_caller]
    fn must(&mut self, script: &str) -> String {
        let output = self.shell(script);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.code, 0, "{script}: {stderr}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Each of them succeeds.
    #[track_caller]
    fn all_at_once(&mut self, commands: impl Iterator<Item = String>) {
        let start: String = commands
            .map(|command| format!("({command} >&2) & all=\"$all $!\"; "))
            .collect();
        self.must(&format!(
            "{IN_PROGRAMS} true; {start} for one in $all; do wait $one || bad=$one; done; [ -z \"$bad\" ]"
        ));
    }

    fn start_hub(&mut self) {
        self.must("rsb_hub >/dev/console 2>&1 & sleep 1; kill -0 $!");
    }

    /// Returns when it is served.
    fn start_service(&mut self) {
        self.must(&format!("as {HAL_UID} touchseal-hal >/dev/console 2>&1 &"));
        let device_key = "as 10115 examples/wallet-binder device-key --out /tmp/device.key";
        self.must(&format!(
            "{IN_PROGRAMS} for n in $(seq 100); do {device_key} && exit; sleep 0.1; done; exit 1"
        ));
    }

    /// A wallet's answer and its exit code.
    fn wallet(&mut self, uid: u32, args: &[&str]) -> (i32, Value) {
        let wallet = self.boot.guest.example("wallet-binder").unwrap();
        let output = self.run(&wallet.args(args.iter().copied()).uid(uid));
        let stdout = String::from_utf8_lossy(&output.stdout);
        let answer = serde_json::from_str(&stdout)
            .unwrap_or_else(|error| panic!("{args:?}: {error}: {stdout}"));
        (output.code, answer)
    }

    #[track_caller]
    fn done(&mut self, uid: u32, args: &[&str]) -> Value {
        let (code, answer) = self.wallet(uid, args);
        assert_eq!(code, 0, "{args:?}: {answer}");
        answer
    }

    #[track_caller]
    fn refused(&mut self, uid: u32, args: &[&str], exit: i32, cause: &str) {
        let (code, answer) = self.wallet(uid, args);
        let found = answer["error"]["cause"]["name"].as_str();
        assert_eq!((code, found), (exit, Some(cause)), "{args:?}: {answer}");
    }

    /// What is in a file of the guest.
    fn file(&mut self, path: &str) -> Vec<u8> {
        let output = self.run(&Command::new("cat").arg(path));
        assert_eq!(output.code, 0, "{path}");
        output.stdout
    }

    /// What the app's last payment says, as a backend verifies it.
    fn verified(&mut self, uid: u32) -> Verified {
        self.done(uid, &["device-key", "--out", &format!("/tmp/{uid}.key")]);
        let chain = format!("/tmp/{uid}.chain");
        self.done(uid, &["chain", "--scene", "checkout", "--out", &chain]);
        let device_key = device_key_from_text(&self.file(&format!("/tmp/{uid}.key"))).unwrap();
        let chain: Chain = from_json(&self.file(&chain)).unwrap();
        let paid: Signed = from_json(&self.file(&format!("/tmp/{uid}.paid"))).unwrap();
        verify(&device_key, &chain, &paid).unwrap()
    }
}

/// The examples are beside the programs.
const IN_PROGRAMS: &str = "cd \"$(dirname \"$(which touchseal-hal)\")\" &&";
const NONCE: &str = "0707070707070707070707070707070707070707070707070707070707070707";

/// A payment of an app, as the wallet's arguments.
fn pay(uid: u32) -> Vec<String> {
    let out = format!("/tmp/{uid}.paid");
    [
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
        &out,
    ]
    .map(str::to_owned)
    .to_vec()
}

fn args(args: &[String]) -> Vec<&str> {
    args.iter().map(String::as_str).collect()
}

/// The same for the guest's shell.
fn pay_in_shell(uid: u32) -> String {
    let words = pay(uid).into_iter().map(|word| format!(" '{word}'"));
    format!(
        "as {uid} examples/wallet-binder{}",
        words.collect::<String>()
    )
}

#[test]
fn an_app_pays_and_nobody_in_its_name() {
    let emmc = Emmc::scratch().unwrap();
    let mut phone = Phone::with_hal(&emmc);
    let pay = pay(APP);
    // OP-TEE's own write of a boot, and the match that settles the last attempt before.
    phone.owner.place(phone.boot.guest.hand());
    phone.done(APP, &args(&pay));
    phone.boot.guest.hand().lift();
    let owner = phone.owner.clone();
    owner.place(phone.boot.guest.hand());
    let before = phone.boot.guest.rpmb_writes().unwrap();
    phone.done(APP, &args(&pay));
    assert_eq!(phone.boot.guest.rpmb_writes().unwrap() - before, 1);
    phone.boot.guest.hand().lift();
    let verified = phone.verified(APP);
    assert_eq!(verified.payment.header.uid, APP);
    assert_eq!(verified.payment.payment.amount, 1999);

    phone.refused(APP + 1, &args(&pay), 1, "NoPaymentKey");
    phone.refused(ROOT, &args(&pay), 1, "NotAuthorized");
    let sign = [
        "soter",
        "sign",
        "--scene",
        "checkout",
        "--challenge",
        "x",
        "--out",
        "/tmp/x",
    ];
    let sign_as = |uid| [&sign[..], &["--uid", uid]].concat();
    phone.refused(APP + 1, &sign_as("10115"), 1, "NotAuthorized");
    phone.refused(FRAMEWORK, &sign_as("0"), 1, "NotAuthorized");
    phone.refused(APP, &["soter", "provision"], 1, "NotAuthorized");
    phone.done(FRAMEWORK, &["soter", "provision"]);
    // The framework is heard for the app, which has no such keys yet.
    phone.refused(FRAMEWORK, &sign_as("10115"), 1, "NoAppKey");
    phone.refused(APP, &["remove-app", "--uid", "10116"], 1, "NotAuthorized");
    phone.done(FRAMEWORK, &["remove-app", "--uid", "10115"]);
    assert_eq!(phone.done(APP, &["keys"])["app_key"], "none");
    phone.boot.power_off();
}

#[test]
fn a_soter_app_signs() {
    let emmc = Emmc::scratch().unwrap();
    let mut phone = Phone::with_hal(&emmc);
    phone.done(ROOT, &["soter", "provision"]);
    assert_eq!(phone.done(APP, &["soter", "app-key"])["new"], true);
    let scene = ["--scene", "checkout"];
    let of_scene = |verb: &[&'static str]| [&["soter"], verb, &scene].concat();
    phone.done(APP, &of_scene(&["payment-key"]));
    let files = ["--ask", "/tmp/ask", "--auth-key", "/tmp/auth-key"];
    phone.done(APP, &[of_scene(&["export"]), files.to_vec()].concat());
    phone.owner.place(phone.boot.guest.hand());
    let sign = ["--challenge", "order 42", "--out", "/tmp/signature"];
    phone.done(APP, &[of_scene(&["sign"]), sign.to_vec()].concat());
    phone.done(APP, &["soter", "device-key", "--out", "/tmp/attk"]);
    let mut blob = |path| SoterBlob::from_bytes(&phone.file(path)).unwrap();
    let chain = SoterChain {
        app_key: blob("/tmp/ask"),
        payment_key: blob("/tmp/auth-key"),
    };
    let signature = blob("/tmp/signature");
    let attk = String::from_utf8(phone.file("/tmp/attk")).unwrap();
    let attk = soter_device_key_from_pem(&attk).unwrap();
    let signed = verify_soter(&attk, &chain, &signature).unwrap().challenge;
    assert_eq!((signed.challenge.as_str(), signed.uid), ("order 42", APP));
    phone.boot.power_off();
}

#[test]
fn four_apps_at_once_pay_and_a_killed_one_is_in_nobodys_way() {
    let emmc = Emmc::scratch().unwrap();
    let mut phone = Phone::with_hal(&emmc);
    let make = (APP..APP + 4).map(|uid| {
        let wallet = format!("as {uid} examples/wallet-binder");
        format!("{wallet} app-key && {wallet} payment-key --scene checkout")
    });
    phone.all_at_once(make);

    // Killed while it waits for its finger, which the next one shows.
    let dies = pay_in_shell(APP);
    phone.must(&format!(
        "{IN_PROGRAMS} true; {dies} & sleep 2; kill -9 $! && sleep 1"
    ));
    let (owner, hand) = (phone.owner.clone(), phone.boot.guest.hand().clone());
    owner.place(&hand);
    phone.done(APP + 1, &args(&pay(APP + 1)));
    hand.lift();
    assert_eq!(phone.verified(APP + 1).payment.header.uid, APP + 1);
    assert_eq!(phone.shell("ls /tmp/10115.paid").code, 1);

    owner.place_again(&hand);
    phone.all_at_once((APP..APP + 4).map(pay_in_shell));
    hand.lift();
    let paid: Vec<_> = (APP..APP + 4)
        .map(|uid| phone.verified(uid).payment.header)
        .collect();
    assert!(
        paid.iter()
            .zip(APP..)
            .all(|(header, uid)| header.uid == uid)
    );
    phone.boot.power_off();
}

#[test]
fn what_is_missing_is_said_and_the_service_goes_on_when_it_is_there() {
    let emmc = Emmc::scratch().unwrap();
    let mut phone = Phone::new(&emmc);
    let hal = Command::new("touchseal-hal");
    let says = |phone: &mut Phone, command: Command, exit: i32, what: &str| {
        let output = phone.run(&command);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.code, exit, "{stderr}");
        assert!(
            stderr.contains(what) && stderr.lines().count() == 1,
            "{stderr}"
        );
    };
    says(&mut phone, hal.clone(), 2, "start it as uid 2950");
    says(
        &mut phone,
        hal.clone().arg("--help"),
        2,
        "there are no options",
    );
    let hal = hal.uid(HAL_UID);
    says(&mut phone, hal.clone(), 3, "start rsb_hub");
    phone.refused(APP, &["keys"], 3, "NotReached");
    phone.must("chmod 0600 /dev/tee0");
    says(&mut phone, hal.clone(), 3, "NoPermission");
    phone.must("chmod 0666 /dev/tee0; chmod 0600 /dev/binderfs/binder");
    says(&mut phone, hal, 3, "the binder driver cannot be used");
    phone.must("chmod 0666 /dev/binderfs/binder");
    phone.start_hub();
    phone.refused(APP, &["keys"], 3, "NotReached");

    phone.start_service();
    // A session that is open goes on; a new one is refused, and is there again after that.
    phone.done(APP, &["keys"]);
    phone.must("chmod 0600 /dev/tee0");
    phone.done(APP, &["keys"]);
    phone.refused(APP + 1, &["keys"], 3, "NoPermission");
    phone.must("chmod 0666 /dev/tee0");
    phone.done(APP + 1, &["keys"]);

    // What is no payment is told as that.
    let mut odd = pay(APP);
    odd.splice(3..5, ["--amount=-1".to_owned()]);
    let (code, answer) = phone.wallet(APP, &args(&odd));
    let message = answer["error"]["message"].as_str();
    assert_eq!((code, message), (2, Some("amount: it is negative")));

    // The service ends, and another takes its place.
    phone.must("kill -9 $(pidof touchseal-hal); sleep 1");
    phone.refused(APP, &["keys"], 3, "NotReached");
    phone.start_service();
    phone.done(APP, &["keys"]);
    let bench = phone.done(APP, &["bench", "50"]);
    assert_eq!(bench["calls"], 50);
    phone.boot.power_off();
}
