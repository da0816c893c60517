//! `make power-cut`: cuts a device's power again and again while apps use it, and checks at
//! each boot that nothing that was acknowledged is lost, that what was interrupted is there
//! whole or not at all, and that no counter value is signed twice.
//!
//! The cut is SIGKILL to QEMU: the eMMC keeps what it was given by then. QEMU writes an RPMB
//! block of 256 bytes at a time, in order. So this shows that OP-TEE and the trusted
//! applications stand a cut between any two blocks; it does not show what an eMMC does that
//! loses power within a block, or that has said "written" too early.
//!
//! `power-cut CUTS [SEED]`. A seed repeats the operations and the delays; where in an
//! operation a delay ends is for the machine to say.

mod device;
mod ledger;
mod operation;

use anyhow::{Context, Result, bail};
use device::{Device, Times, is_cut};
use fastrand::Rng;
use ledger::Ledger;
use operation::{APPS, FACTORY, Operation};
use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use touchseal::finger;
use touchseal::proto::message::Print;
use touchseal_qemu::{Emmc, Guest, Options, Platform};

/// One round in so many cuts a new device's power, in the factory.
const ROUNDS_A_FACTORY: usize = 20;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nmake power-cut: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let mut args = std::env::args().skip(1);
    let cuts = args
        .next()
        .context("How often? Usage: power-cut CUTS [SEED]")?;
    let cuts = cuts.parse().context("CUTS is a number")?;
    let seed = match args.next() {
        Some(seed) => seed.parse().context("SEED is a number")?,
        None => Rng::new().u64(..),
    };
    println!("{cuts} cuts, SEED={seed}");
    let platform = Platform::from_env()?;
    let mut options = Options::new(platform.logs("power-cut"));
    options.programs = Some(platform.programs.clone());
    let mut drill = Drill {
        options,
        print: finger::from_file(&platform.fingers.join("p1_1.png"))?,
        platform,
        rng: Rng::with_seed(seed),
        times: Times::default(),
        cuts: BTreeMap::new(),
    };
    let began = Instant::now();
    drill
        .run(cuts)
        .with_context(|| format!("with SEED={seed}"))?;
    drill.summary(began.elapsed());
    Ok(())
}

struct Drill {
    platform: Platform,
    options: Options,
    print: Print,
    rng: Rng,
    times: Times,
    /// What was interrupted, and whether it was done all the same; None: nothing was.
    cuts: BTreeMap<Option<(Operation, bool)>, usize>,
}

/// A device between its boots.
struct Phone {
    emmc: Emmc,
    ledger: Ledger,
    /// Whether the last boot ended in a cut that was not looked at yet.
    cut: bool,
}

impl Phone {
    fn new(emmc: Emmc) -> Self {
        let ledger = Ledger::default();
        Self {
            emmc,
            ledger,
            cut: false,
        }
    }
}

impl Drill {
    fn run(&mut self, cuts: usize) -> Result<()> {
        let image = self.options.logs.join("emmc.img");
        if image.exists() {
            std::fs::remove_file(&image).context("The image of the last time")?;
        }
        let mut phone = Phone::new(Emmc::open_or_create(&image)?);
        for cut in 1..=cuts {
            // Every operation has its turn.
            let round = match cut % ROUNDS_A_FACTORY {
                3 => self.factory_round(FACTORY[cut / ROUNDS_A_FACTORY % FACTORY.len()]),
                _ => self.cut(&mut phone, APPS[cut % APPS.len()]),
            };
            let said = round.with_context(|| {
                format!("cut {cut} of {cuts}; the image is {}", image.display())
            })?;
            println!("cut {cut:>3} of {cuts}: {said}");
        }
        self.boot(&mut phone, None)
            .with_context(|| format!("after the last cut; the image is {}", image.display()))
    }

    /// A new device, cut in the factory, and looked at.
    fn factory_round(&mut self, operation: Operation) -> Result<String> {
        let mut phone = Phone::new(Emmc::scratch()?);
        let said = self.cut(&mut phone, operation)?;
        self.boot(&mut phone, None)?;
        Ok(format!("a new device, {said}"))
    }

    fn cut(&mut self, phone: &mut Phone, operation: Operation) -> Result<String> {
        // To a little beyond its usual end, and every second cut near it: there is the write
        // that makes the difference.
        let from = if self.rng.bool() { 0.0 } else { 0.85 };
        let part = from + self.rng.f64() * (1.1 - from);
        let after = self.times.mean(operation).mul_f64(part);
        self.boot(phone, Some((operation, after)))?;
        let there = phone.ledger.there().len();
        let counter = phone.ledger.counter;
        let during = match &phone.ledger.under_way {
            Some((operation, place)) => format!("during {operation} for {place}"),
            None => "between operations".to_owned(),
        };
        Ok(format!(
            "{during}, {} ms after {operation} began; {there} keys, counter {counter}",
            after.as_millis()
        ))
    }

    /// One boot: looks at everything, then cuts the power there, or ends in an orderly way.
    fn boot(&mut self, phone: &mut Phone, cut: Option<(Operation, Duration)>) -> Result<()> {
        let guest = Guest::boot(&self.platform, &phone.emmc, &self.options)?;
        let ledger = &mut phone.ledger;
        let mut device = Device::new(guest, ledger, &mut self.rng, &self.print)?;
        let interrupted = device.inspect(&mut self.times)?;
        if std::mem::take(&mut phone.cut) {
            *self.cuts.entry(interrupted).or_default() += 1;
        }
        let Some((operation, after)) = cut else {
            return device.power_off();
        };
        match device.wear(operation, after, &mut self.times) {
            Err(error) if is_cut(&error) => {
                phone.cut = true;
                Ok(())
            }
            Err(error) => Err(error),
            Ok(()) => bail!("no cut"),
        }
    }

    fn summary(&self, elapsed: Duration) {
        println!(
            "\n  {:<20} {:>12} {:>5} {:>9} {:>5}",
            "operation", "acknowledged", "cuts", "not done", "done"
        );
        let count = |key| self.cuts.get(&key).copied().unwrap_or(0);
        for operation in FACTORY.into_iter().chain(APPS) {
            let [not, done] = [false, true].map(|done| count(Some((operation, done))));
            let acknowledged = self.times.count(operation);
            println!(
                "  {operation:<20} {acknowledged:>12} {:>5} {not:>9} {done:>5}",
                not + done
            );
        }
        println!(
            "  {:<20} {:>12} {:>5}",
            "between operations",
            "",
            count(None)
        );
        println!(
            "\nNothing acknowledged was lost, everything interrupted is there whole or not at all, \
             and no counter value is in two statements. {} s.",
            elapsed.as_secs()
        );
    }
}
