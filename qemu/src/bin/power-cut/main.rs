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
//! `power-cut CUTS [--seed SEED] [--fresh] [--rehearse]`. A seed repeats the operations and the
//! choices; where in an operation a delay ends is for the machine to say. A run that was ended
//! goes on with the same device where it was, until there were so many cuts in all; `--fresh`
//! begins another one. `--rehearse` is a short one beside it, which leaves it alone. A run that
//! has found something is over, and its image stays.

mod device;
mod inspect;
mod ledger;
mod operation;
mod pairs;
mod report;
mod soter;
mod state;
mod times;
mod violation;
mod wear;

use anyhow::{Context, Result, bail};
use device::{Device, is_cut};
use fastrand::Rng;
use ledger::Ledger;
use operation::{APPS, Dialect, FACTORY, Operation};
use report::Outcome;
use sha2::{Digest, Sha256};
use state::{Kept, State};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;
use touchseal_qemu::{Emmc, Folder, Guest, Options, Owner, Platform};
use violation::Violation;
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

/// What was asked for.
#[derive(Default)]
struct Wanted {
    cuts: usize,
    seed: Option<u64>,
    fresh: bool,
    rehearse: bool,
}

fn wanted(mut args: impl Iterator<Item = String>) -> Result<Wanted> {
    let mut wanted = Wanted::default();
    let cuts = args.next().context("How often?")?;
    wanted.cuts = cuts.parse().context("CUTS is a number")?;
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--fresh" => wanted.fresh = true,
            "--rehearse" => wanted.rehearse = true,
            "--seed" => {
                let seed = args.next().context("Which seed?")?;
                wanted.seed = Some(seed.parse().context("SEED is a number")?);
            }
            _ => bail!("{arg}?"),
        }
    }
    Ok(wanted)
}

fn run() -> Result<()> {
    let wanted = wanted(std::env::args().skip(1))
        .context("Usage: power-cut CUTS [--seed SEED] [--fresh] [--rehearse]")?;
    let platform = Platform::from_env()?;
    let name = if wanted.rehearse {
        "power-cut-rehearsal"
    } else {
        "power-cut"
    };
    let folder = Folder::take(platform.logs(name))?;
    let folder = folder.path();
    let mut options = Options::new(folder);
    options.programs = Some(platform.programs.clone());
    let kept = Kept::in_folder(folder);
    if wanted.fresh || wanted.rehearse {
        kept.forget()?;
    }
    let firmware = std::fs::read(&platform.firmware).context("Cannot read the firmware")?;
    let firmware = hex::encode(Sha256::digest(firmware));
    let (phone, state) = begin(&kept, folder, wanted.seed, firmware)?;
    let done = state.done;
    let mut drill = Drill {
        factory_image: folder.join("factory.img"),
        options,
        owner: Owner::new(&platform, "p1_1.png")?,
        platform,
        rng: Rng::with_seed(state.chance),
        state,
        kept,
    };
    let seed = drill.state.seed;
    drill
        .run(phone, wanted.cuts)
        .with_context(|| format!("with SEED={seed}"))?;
    println!("\n{}\nAlso in {}.", drill.state.report(), folder.display());
    if done >= wanted.cuts {
        println!(
            "No cut was made: {done} are done already. More CUTS go on, FRESH=1 begins another run."
        );
    }
    Ok(())
}

/// A new run, or the one that was ended.
fn begin(
    kept: &Kept,
    folder: &Path,
    seed: Option<u64>,
    firmware: String,
) -> Result<(Phone, State)> {
    let image = folder.join("emmc.img");
    if let Some((mut state, sealed)) = kept.load()? {
        state.may_go_on(seed, &firmware)?;
        println!("Going on after {} cuts, SEED={}", state.done, state.seed);
        let emmc = Emmc::open_or_create(&image)?;
        emmc.write_rpmb(&sealed)?;
        let phone = Phone {
            emmc,
            ledger: std::mem::take(&mut state.ledger),
            cut: state.cut.take(),
        };
        return Ok((phone, state));
    }
    let seed = seed.unwrap_or_else(|| Rng::new().u64(..));
    println!("SEED={seed}");
    let state = State {
        seed,
        chance: seed,
        firmware,
        ..State::default()
    };
    Ok((Phone::new(&image)?, state))
}

struct Drill {
    /// Of the devices that are cut in the factory, one after the other.
    factory_image: PathBuf,
    platform: Platform,
    options: Options,
    owner: Owner,
    rng: Rng,
    state: State,
    kept: Kept,
}

/// A device between its boots.
struct Phone {
    emmc: Emmc,
    ledger: Ledger,
    /// The cut that the last boot ended in, if it was not looked at yet; after how many
    /// writes it came.
    cut: Option<(Cut, u64)>,
}

impl Phone {
    /// A new one, in the place of what is there.
    fn new(image: &Path) -> Result<Self> {
        match std::fs::remove_file(image) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(error).context("The image of the last time");
            }
            _ => {}
        }
        Ok(Self {
            emmc: Emmc::open_or_create(image)?,
            ledger: Ledger::default(),
            cut: None,
        })
    }
}

impl Drill {
    /// Goes on until there are so many cuts. What is found by then is not forgotten.
    fn run(&mut self, mut phone: Phone, cuts: usize) -> Result<()> {
        let outcome = self.rounds(&mut phone, cuts);
        if let Err(error) = &outcome
            && error.is::<Violation>()
        {
            self.state.failed = Some(format!("{error:#}"));
            self.save(&mut phone)
                .with_context(|| format!("{error:#}; and it cannot be kept"))?;
        }
        outcome
    }

    fn rounds(&mut self, phone: &mut Phone, cuts: usize) -> Result<()> {
        while self.state.done < cuts {
            let began = Instant::now();
            let cut = self.state.done + 1;
            // Every operation has its turn.
            let round = match cut % ROUNDS_A_FACTORY {
                3 => self.factory_round(FACTORY[cut / ROUNDS_A_FACTORY % FACTORY.len()]),
                _ => self.cut(phone, APPS[cut % APPS.len()]),
            };
            let said = round.with_context(|| format!("cut {cut} of {cuts}"))?;
            self.state.done = cut;
            self.state.elapsed += began.elapsed();
            self.save(phone)?;
            println!("cut {cut:>3} of {cuts}: {said}");
        }
        self.boot(phone, None).context("after the last cut")?;
        self.save(phone)
    }

    /// What the next call goes on with.
    fn save(&mut self, phone: &mut Phone) -> Result<()> {
        let state = &mut self.state;
        state.chance = self.rng.get_seed();
        state.cut = phone.cut;
        std::mem::swap(&mut state.ledger, &mut phone.ledger);
        let saved = self.kept.save(state, &phone.emmc.read_rpmb()?);
        std::mem::swap(&mut state.ledger, &mut phone.ledger);
        saved
    }

    /// A new device, cut in the factory, and looked at.
    fn factory_round(&mut self, operation: Operation) -> Result<String> {
        let mut phone = Phone::new(&self.factory_image)?;
        let said = self.cut(&mut phone, operation)?;
        self.boot(&mut phone, None)?;
        Ok(format!("a new device, {said}"))
    }

    fn cut(&mut self, phone: &mut Phone, operation: Operation) -> Result<String> {
        let usual = self.state.times.writes(operation);
        let (cut, aim) = if self.rng.bool() {
            // Rather at the end: there is the write that makes the difference.
            let [one, other] = [(); 2].map(|()| self.rng.u64(0..=usual));
            let number = one.max(other);
            let aim = format!("after write {number} of {usual} of {operation}");
            (Cut::AfterWrite(number), aim)
        } else {
            let part = self.rng.f64() * 1.1;
            let time = self.state.times.mean(operation).mul_f64(part);
            let aim = format!("{} ms after {operation} began", time.as_millis());
            (Cut::AfterTime(time), aim)
        };
        self.boot(phone, Some((operation, cut)))?;
        let written = phone.cut.map_or(0, |(_, written)| written);
        let ledger = &phone.ledger;
        let [keys, soter_keys] =
            [Dialect::Payments, Dialect::Soter].map(|dialect| ledger.there(dialect).len());
        let under_way = ledger.under_way.as_ref();
        let (operation, place) = under_way.context("a cut that interrupted nothing")?;
        let usual = self.state.times.writes(*operation);
        Ok(format!(
            "during {operation} for {place}, after write {written} of {usual} (aim: {aim}); \
             {keys} and {soter_keys} keys, counter {}",
            ledger.counter
        ))
    }

    /// One boot: looks at everything, then cuts the power there, or ends in an orderly way.
    fn boot(&mut self, phone: &mut Phone, cut: Option<(Operation, Cut)>) -> Result<()> {
        let image = phone.emmc.path().to_owned();
        let after = phone.ledger.under_way.clone();
        let mut device = Guest::boot(&self.platform, &phone.emmc, &self.options)
            .and_then(|guest| Device::new(guest, &mut phone.ledger, &mut self.rng, &self.owner))
            .with_context(|| format!("the device in {} does not start", image.display()))?;
        let interrupted = device.inspect(&mut self.state.times).map_err(|error| {
            error.context(Violation {
                image: image.clone(),
                after,
            })
        })?;
        if let (Some((cut, written)), Some((operation, done))) = (phone.cut.take(), interrupted) {
            self.state.outcomes.add(Outcome {
                at_write: matches!(cut, Cut::AfterWrite(_)),
                operation,
                written,
                done,
            });
        }
        let Some((operation, cut)) = cut else {
            return device.power_off();
        };
        match device.wear(operation, cut, &mut self.state.times) {
            Err(error) if is_cut(&error) => {
                phone.cut = Some((cut, device.cut()?));
                Ok(())
            }
            Err(error) => Err(error.context(Violation { image, after: None })),
            Ok(()) => bail!("no cut"),
        }
    }
}
