//! The way of a payment, step by step, as the person, the device and the backend go it.

use crate::report::Report;
use anyhow::{Context, Result, bail, ensure};
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process;
use std::time::{Duration, Instant};
use touchseal::proto::HAL_UID;
use touchseal_qemu::{Command, Emmc, Guest, Options, Output, Owner, Platform, patiently_where};
use touchseal_verify::{
    Chain, PublicKey, Signed, Verified, device_key_from_text, from_json, verify,
};

/// The app: an unprivileged uid, as Android gives one to each app.
const APP: u32 = 10115;
const ANOTHER_APP: u32 = 10116;
const ROOT: u32 = 0;
const SCENE: &str = "checkout";
const AMOUNT: &str = "1999";
/// The payment that the backend gets.
const PAYMENT: &str = "payment.json";
const LIMIT: Duration = Duration::from_secs(60);

/// What a device must keep.
pub struct Kept {
    pub keys: [PublicKey; 3],
    pub counter: u64,
}

/// One boot of one device.
pub struct Story<'a> {
    platform: &'a Platform,
    guest: Guest,
    booting: Duration,
    logs: PathBuf,
    /// Shared with the guest: what the device hands to the backend.
    handed_over: PathBuf,
}

/// What the backend asks to be paid, as options of the command line.
struct Order([String; 10]);

impl Order {
    /// A new order, with a nonce that was never used.
    fn new(amount: &str) -> Result<Self> {
        let mut nonce = [0; 32];
        getrandom::fill(&mut nonce)?;
        let order = format!("order-{}", hex::encode(&nonce[..3]));
        Ok(Self(
            [
                ("--amount", amount),
                ("--currency", "EUR"),
                ("--payee", "Caffè Rossi"),
                ("--order", &order),
                ("--nonce", &hex::encode(nonce)),
            ]
            .into_iter()
            .flat_map(|(option, value)| [option.to_owned(), value.to_owned()])
            .collect::<Vec<_>>()
            .try_into()
            .map_err(|_| anyhow::anyhow!("an order has five options"))?,
        ))
    }

    fn with_amount(&self, amount: &str) -> Self {
        let mut options = self.0.clone();
        options[1] = amount.to_owned();
        Self(options)
    }
}

impl<'a> Story<'a> {
    /// Boots the device.
    pub fn new(platform: &'a Platform, emmc: &Emmc) -> Result<Self> {
        let logs = platform.logs("run");
        let handed_over = logs.join("handed-over");
        std::fs::create_dir_all(&handed_over)
            .with_context(|| format!("cannot make {}", handed_over.display()))?;
        // Apps of several uids write there.
        std::fs::set_permissions(&handed_over, Permissions::from_mode(0o777))?;
        let mut options = Options::new(&logs);
        options.programs = Some(platform.programs.clone());
        options.read_write = vec![handed_over.clone()];
        let began = Instant::now();
        let guest = Guest::boot(platform, emmc, &options)?;
        Ok(Self {
            platform,
            guest,
            booting: began.elapsed(),
            logs,
            handed_over,
        })
    }

    /// The owner of the device, with the finger that was enrolled, as it lies another day.
    fn owner(&self) -> Result<Owner> {
        Owner::new(self.platform, "p1_2.png")
    }

    /// Whoever it is, with a finger on the sensor while something is done.
    fn with_finger<R>(
        &mut self,
        owner: &Owner,
        mut act: impl FnMut(&mut Self) -> Result<R>,
    ) -> Result<R> {
        patiently_where(
            |outcome: &Result<R>, status| {
                let error = outcome.as_ref().err();
                error.is_some_and(|error| error.to_string().contains(status.name()))
            },
            || {
                owner.place(self.guest.hand());
                let outcome = act(self);
                self.guest.hand().lift();
                outcome
            },
        )
    }

    fn file(&self, name: &str) -> PathBuf {
        self.handed_over.join(name)
    }

    fn path(&self, name: &str) -> String {
        self.file(name).display().to_string()
    }

    /// Runs a command in the guest, and counts.
    fn counted(&mut self, command: &Command) -> Result<(Output, u64)> {
        let before = self.guest.rpmb_writes()?;
        let output = self.guest.run(command, LIMIT)?;
        Ok((output, self.guest.rpmb_writes()? - before))
    }

    /// A step that must succeed; returns what it cost.
    fn step(&mut self, report: &mut Report, name: &str, uid: u32, args: &[&str]) -> Result<u64> {
        self.run(report, name, &touchseal(uid, args))
    }

    fn run(&mut self, report: &mut Report, name: &str, command: &Command) -> Result<u64> {
        let (output, writes) = self.counted(command)?;
        let stderr = String::from_utf8_lossy(&output.stderr);
        ensure!(output.code == 0, "{name}: {}", stderr.trim());
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        report.add(
            name,
            said.lines().next().unwrap_or_default(),
            output.elapsed,
            Some(writes),
        );
        Ok(writes)
    }

    /// A step that must be refused, for this reason.
    fn refused(
        &mut self,
        report: &mut Report,
        name: &str,
        command: &Command,
        status: &str,
    ) -> Result<()> {
        let (output, writes) = self.counted(command)?;
        let stderr = String::from_utf8_lossy(&output.stderr);
        ensure!(
            output.code != 0,
            "{name}: this was not refused, and must be"
        );
        ensure!(
            stderr.contains(status),
            "{name}: refused for another reason: {}",
            stderr.trim()
        );
        report.add(
            name,
            &format!("refused: {status}"),
            output.elapsed,
            Some(writes),
        );
        Ok(())
    }

    /// Everything, in its order.
    pub fn tell(mut self, report: &mut Report) -> Result<Kept> {
        report.add(
            "boot to a ready guest",
            "",
            self.booting,
            Some(self.guest.rpmb_writes()?),
        );
        self.provision(report)?;
        let order = self.pay(report)?;
        let table = self.verify(report, "verify, outside the device", PAYMENT, &order)?;
        self.refusals(report, &order)?;
        self.over_binder(report)?;
        let total = report.total();
        let files = self.files()?;
        self.guest.power_off()?;
        println!("\n{table}");
        println!("In all: {total}. Logs: {}", self.logs.display());
        let (device_key, verified) = verified(&files)?;
        Ok(Kept {
            keys: [
                device_key,
                verified.app_key.public_key,
                verified.payment_key.public_key,
            ],
            counter: verified.payment.header.counter,
        })
    }

    fn provision(&mut self, report: &mut Report) -> Result<()> {
        // OP-TEE writes once a boot, when its storage is first used, so that no write of an
        // earlier boot can be replayed.
        self.step(report, "start OP-TEE's RPMB storage", ROOT, &["info"])?;
        self.step(report, "provision the device key", ROOT, &["provision"])?;
        let device_key = self.path("device.key");
        self.step(
            report,
            "export the device key",
            ROOT,
            &["device-key", "--out", &device_key],
        )?;
        let (info, _) = self.counted(&touchseal(ROOT, &["info", "--json"]))?;
        let info: serde_json::Value = serde_json::from_slice(&info.stdout)
            .context("`touchseal info --json` did not answer with JSON")?;
        if info["fingers"] == 0 {
            Owner::new(self.platform, "p1_1.png")?.place_again(self.guest.hand());
            self.step(report, "enrol a finger", ROOT, &["enroll"])?;
            self.guest.hand().lift();
        }
        self.step(report, "make the app key", APP, &["app-key"])?;
        self.step(
            report,
            "make the payment key",
            APP,
            &["payment-key", "--scene", SCENE],
        )?;
        let chain = self.path("chain.json");
        let args = ["chain", "--scene", SCENE, "--out", &chain];
        let writes = self.step(report, "export the chain", APP, &args)?;
        ensure!(writes == 2, "two exports cost {writes} RPMB writes, not 2");
        Ok(())
    }

    fn pay_with(&self, order: &Order) -> Vec<String> {
        pay_into(&self.path(PAYMENT), order)
    }

    /// Twice: the first match after a start may cost more, for it settles whether the
    /// last attempt before failed.
    fn pay(&mut self, report: &mut Report) -> Result<Order> {
        let owner = self.owner()?;
        let first = self.pay_with(&Order::new("500")?);
        let name = "pay, first match since boot";
        self.with_finger(&owner, |story| story.step(report, name, APP, &args(&first)))?;
        let order = Order::new(AMOUNT)?;
        let pay = self.pay_with(&order);
        let writes =
            self.with_finger(&owner, |story| story.step(report, "pay", APP, &args(&pay)))?;
        ensure!(
            writes == 1,
            "a payment cost {writes} authenticated RPMB writes, not 1"
        );
        Ok(order)
    }

    /// What the backend does, outside the device, with public keys alone.
    fn backend(&self, payment: &str, order: &Order) -> Result<process::Output> {
        let device_key = self.file("device.key");
        process::Command::new(host_program()?)
            .arg("verify")
            .arg(self.file(payment))
            .arg("--chain")
            .arg(self.file("chain.json"))
            .arg("--device-key")
            .arg(device_key)
            .args([
                "--uid",
                &APP.to_string(),
                "--require-tee",
                "--require-real-sensor",
            ])
            .args(&order.0)
            .output()
            .context("cannot run touchseal verify")
    }

    fn verify(
        &self,
        report: &mut Report,
        name: &str,
        payment: &str,
        order: &Order,
    ) -> Result<String> {
        let began = Instant::now();
        let output = self.backend(payment, order)?;
        let stderr = String::from_utf8_lossy(&output.stderr);
        ensure!(
            output.status.success(),
            "the backend refuses the payment: {}",
            stderr.trim()
        );
        let verified = String::from_utf8_lossy(&output.stdout).into_owned();
        let first = verified.lines().next().unwrap_or_default();
        report.add(name, first, began.elapsed(), None);
        Ok(verified)
    }

    fn refusals(&mut self, report: &mut Report, order: &Order) -> Result<()> {
        let owner = self.owner()?;
        let stranger = Owner::new(self.platform, "p2_1.png")?;
        let pay = self.pay_with(&Order::new(AMOUNT)?);
        self.with_finger(&stranger, |story| {
            let (name, status) = ("another person's finger", "FingerNotRecognized");
            story.refused(report, name, &touchseal(APP, &args(&pay)), status)
        })?;

        let replay = self.guest.example("replay")?.args([SCENE]).uid(APP);
        self.with_finger(&owner, |story| {
            story.run(report, "a replayed token", &replay)
        })?;

        let foreign = pay_into("/tmp/payment.json", &Order::new(AMOUNT)?);
        self.refused(
            report,
            "another app's key",
            &touchseal(ANOTHER_APP, &args(&foreign)),
            "NoPaymentKey",
        )?;

        let began = Instant::now();
        let output = self.backend(PAYMENT, &order.with_amount("1"))?;
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        ensure!(
            !output.status.success(),
            "the backend took an altered amount"
        );
        ensure!(
            stderr.contains("amount"),
            "refused for another reason: {}",
            stderr.trim()
        );
        let why = stderr.trim().rsplit(": ").take(2).collect::<Vec<_>>();
        let why = why.into_iter().rev().collect::<Vec<_>>().join(": ");
        report.add(
            "an altered amount",
            &format!("refused: {why}"),
            began.elapsed(),
            None,
        );

        let began = Instant::now();
        let bytes = self.every_byte_counts()?;
        let outcome = format!("refused: {bytes} of {bytes} changed bytes");
        report.add("any changed byte", &outcome, began.elapsed(), None);

        // The owner's finger again, so that the stranger's attempt does not stay counted.
        let again = self.pay_with(&Order::new("700")?);
        self.with_finger(&owner, |story| {
            story
                .step(report, "pay again", APP, &args(&again))
                .map(drop)
        })
    }

    /// The Android HAL: an app pays over binder, and nobody in another's name.
    fn over_binder(&mut self, report: &mut Report) -> Result<()> {
        let began = Instant::now();
        self.guest.start_hal()?;
        let running = format!("the HAL runs as uid {HAL_UID}");
        report.add("start hub and HAL", &running, began.elapsed(), None);

        let (owner, order) = (self.owner()?, Order::new("900")?);
        let payment = "payment-over-binder.json";
        let pay = self.wallet(APP, &args(&pay_into(&self.path(payment), &order)))?;
        let name = "pay over binder";
        let (output, writes) = self.with_finger(&owner, |story| {
            let (output, writes) = story.counted(&pay)?;
            let stderr = String::from_utf8_lossy(&output.stderr);
            ensure!(output.code == 0, "{name}: {}", stderr.trim());
            Ok((output, writes))
        })?;
        ensure!(writes == 1, "{name}: it cost {writes} RPMB writes, not 1");
        let who = format!("paid by uid {APP}");
        report.add(name, &who, output.elapsed, Some(writes));
        self.verify(report, "verify, outside the device", payment, &order)?;

        let app = APP.to_string();
        let sign = [
            "soter",
            "sign",
            "--scene",
            SCENE,
            "--challenge",
            "order",
            "--out",
        ];
        let sign = [&sign[..], &["/tmp/signature", "--uid", &app]].concat();
        let foreign = self.wallet(ANOTHER_APP, &sign)?;
        self.refused(
            report,
            "another's uid, over binder",
            &foreign,
            "NotAuthorized",
        )
    }

    /// An app's wallet, a client of the HAL.
    fn wallet(&self, uid: u32, args: &[&str]) -> Result<Command> {
        let wallet = self.guest.example("wallet-binder")?;
        Ok(wallet.args(args.iter().copied()).uid(uid))
    }

    /// What the device has handed over.
    fn files(&self) -> Result<[Vec<u8>; 3]> {
        let read = |name| std::fs::read(self.file(name));
        Ok([read("device.key")?, read("chain.json")?, read(PAYMENT)?])
    }

    /// Changes each byte of each file in turn: verification must fail every time.
    fn every_byte_counts(&self) -> Result<usize> {
        let files =
            ["device.key", "chain.json", PAYMENT].map(|name| std::fs::read(self.file(name)));
        let [device_key, chain, payment] = files;
        let files = [device_key?, chain?, payment?];
        verified(&files)?;
        let mut changed = 0;
        for file in 0..files.len() {
            for at in 0..files[file].len() {
                let mut files = files.clone();
                files[file][at] ^= 1;
                ensure!(
                    verified(&files).is_err(),
                    "byte {at} of file {file} can be changed unnoticed"
                );
                changed += 1;
            }
        }
        Ok(changed)
    }
}

/// What the three files say, if they verify.
fn verified([device_key, chain, payment]: &[Vec<u8>; 3]) -> Result<(PublicKey, Verified)> {
    let device_key = device_key_from_text(device_key)?;
    let chain: Chain = from_json(chain)?;
    let payment: Signed = from_json(payment)?;
    Ok((device_key, verify(&device_key, &chain, &payment)?))
}

/// A payment of an order, as arguments of the command line.
fn pay_into(out: &str, order: &Order) -> Vec<String> {
    ["pay", "--scene", SCENE, "--out", out]
        .into_iter()
        .chain(order.0.iter().map(String::as_str))
        .map(str::to_owned)
        .collect()
}

/// The command line, as a user of the guest.
fn touchseal(uid: u32, args: &[&str]) -> Command {
    Command::new("touchseal")
        .args(args.iter().copied())
        .uid(uid)
}

fn args(args: &[String]) -> Vec<&str> {
    args.iter().map(String::as_str).collect()
}

/// `touchseal` for this machine, beside this program.
fn host_program() -> Result<PathBuf> {
    let here = std::env::current_exe()?;
    let program = here.parent().unwrap_or(Path::new(".")).join("touchseal");
    if !program.is_file() {
        bail!("{} is missing: run `make run`", program.display());
    }
    Ok(program)
}
