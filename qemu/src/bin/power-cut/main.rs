//! `make power-cut`: cuts a device's power again and again while apps use it, and checks at
//! each boot that nothing that was acknowledged is lost, that what was interrupted is there
//! whole or not at all, and that no counter value is signed twice.
//!
//! The cut is SIGKILL to QEMU: the eMMC keeps what it was given by then. QEMU writes an RPMB
//! block of 256 bytes at a time, in order. So this shows that OP-TEE and the trusted
//! applications stand a cut between any two blocks; it does not show what an eMMC does that
//! loses power within a block, or that has said "written" too early.
//!
//! Half of the cuts come as soon as an operation has made a chosen number of writes, half at
//! a chosen time, between writes.
//!
//! `power-cut CUTS [SEED]`. A seed repeats the operations and the choices; where in an
//! operation a delay ends is for the machine to say.

mod device;
mod inspect;
mod ledger;
mod operation;
mod soter;
mod times;
mod wear;

use anyhow::{Context, Result, bail};
use device::{Device, is_cut};
use fastrand::Rng;
use ledger::Ledger;
use operation::{APPS, Dialect, FACTORY, Operation};
use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use times::Times;
use touchseal_qemu::{Emmc, Guest, Options, Owner, Platform};
use wear::Cut;

/// One round in so many cuts a new device's power, in the factory.
const ROUNDS_A_FACTORY: usize = 10;

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
        owner: Owner::new(&platform, "p1_1.png")?,
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
    owner: Owner,
    rng: Rng,
    times: Times,
    /// How often a cut at a write or at a time had an outcome.
    cuts: BTreeMap<(bool, Outcome), usize>,
}

/// What was interrupted, and whether it was done all the same; None: nothing was.
type Outcome = Option<(Operation, bool)>;

/// A device between its boots.
struct Phone {
    emmc: Emmc,
    ledger: Ledger,
    /// The cut that the last boot ended in, if it was not looked at yet; after how many
    /// writes it came.
    cut: Option<(Cut, u64)>,
}

impl Phone {
    fn new(emmc: Emmc) -> Self {
        let ledger = Ledger::default();
        Self {
            emmc,
            ledger,
            cut: None,
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
        let usual = self.times.writes(operation);
        let (cut, aim) = if self.rng.bool() {
            // Rather at the end: there is the write that makes the difference.
            let [one, other] = [(); 2].map(|()| self.rng.u64(0..=usual));
            let number = one.max(other);
            let aim = format!("after write {number} of {usual} of {operation}");
            (Cut::AfterWrite(number), aim)
        } else {
            let part = self.rng.f64() * 1.1;
            let time = self.times.mean(operation).mul_f64(part);
            let aim = format!("{} ms after {operation} began", time.as_millis());
            (Cut::AfterTime(time), aim)
        };
        self.boot(phone, Some((operation, cut)))?;
        let written = phone.cut.map_or(0, |(_, written)| written);
        let ledger = &phone.ledger;
        let [keys, soter_keys] =
            [Dialect::Payments, Dialect::Soter].map(|dialect| ledger.there(dialect).len());
        let during = match &ledger.under_way {
            Some((operation, place)) => {
                let usual = self.times.writes(*operation);
                format!("during {operation} for {place}, after write {written} of {usual}")
            }
            None => "between operations".to_owned(),
        };
        Ok(format!(
            "{during} (aim: {aim}); {keys} and {soter_keys} keys, counter {}",
            ledger.counter
        ))
    }

    /// One boot: looks at everything, then cuts the power there, or ends in an orderly way.
    fn boot(&mut self, phone: &mut Phone, cut: Option<(Operation, Cut)>) -> Result<()> {
        let guest = Guest::boot(&self.platform, &phone.emmc, &self.options)?;
        let ledger = &mut phone.ledger;
        let mut device = Device::new(guest, ledger, &mut self.rng, &self.owner)?;
        let interrupted = device.inspect(&mut self.times)?;
        if let Some((cut, _)) = phone.cut.take() {
            let at_write = matches!(cut, Cut::AfterWrite(_));
            *self.cuts.entry((at_write, interrupted)).or_default() += 1;
        }
        let Some((operation, cut)) = cut else {
            return device.power_off();
        };
        match device.wear(operation, cut, &mut self.times) {
            Err(error) if is_cut(&error) => {
                phone.cut = Some((cut, device.cut()?));
                Ok(())
            }
            Err(error) => Err(error),
            Ok(()) => bail!("no cut"),
        }
    }

    fn summary(&self, elapsed: Duration) {
        println!(
            "\n  {:<26} {:>12} {:>6}   {:^14}   {:^14}",
            "", "", "", "cut at a write", "cut at a time"
        );
        println!(
            "  {:<26} {:>12} {:>6}   {3:>8} {4:>5}   {3:>8} {4:>5}",
            "operation", "acknowledged", "writes", "not done", "done"
        );
        let count = |at_write, outcome| self.cuts.get(&(at_write, outcome)).copied().unwrap_or(0);
        for operation in FACTORY.into_iter().chain(APPS) {
            let acknowledged = self.times.count(operation);
            let writes = self.times.writes(operation);
            print!("  {operation:<26} {acknowledged:>12} {writes:>6}");
            for at_write in [true, false] {
                let [not, done] =
                    [false, true].map(|done| count(at_write, Some((operation, done))));
                print!("   {not:>8} {done:>5}");
            }
            println!();
        }
        let [at_write, at_time] = [true, false].map(|at_write| count(at_write, None));
        println!(
            "  {:<46}   {at_write:>14}   {at_time:>14}",
            "between operations"
        );
        println!(
            "\nNothing acknowledged was lost, everything interrupted is there whole or not at all, \
             and no counter value is in two statements. {} s.",
            elapsed.as_secs()
        );
    }
}
