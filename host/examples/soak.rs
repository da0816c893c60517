//! Clients that pay again and again in the guest, each a process of its own: some for as long
//! as the run takes, some killed in the middle of a payment and replaced. `make soak` puts the
//! finger on the sensor, and looks at what this says.
//!
//! `soak DIRECTORY PAYMENTS CLIENTS`, as root, with the keys of the clients made. It ends when
//! so many payments are acknowledged, or when there is `DIRECTORY/stop`. In `DIRECTORY/seen`
//! each line is something that happened; times are in microseconds since the beginning:
//!
//! | | |
//! | --- | --- |
//! | `paid CLIENT AT BEGIN TOUCH FINISH AGAIN WRONG NONCE STATEMENT SIGNATURE` | acknowledged; how long its three steps took, how often one was asked again because of others, and how often a finger was not recognized |
//! | `killed CLIENT AT` | with a payment under way that was not acknowledged |
//! | `control AT MICROS` | how long the same little work of this program took |
//! | `memory AT CLIENTS KERNEL FREE` | of the clients that live long, of the kernel's own objects, and what is free, in KiB |

use anyhow::{Context, Result, bail, ensure};
use fastrand::Rng;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};
use touchseal::proto::label::Label;
use touchseal::proto::message::{Currency, Payment};
use touchseal::proto::status::Status;
use touchseal::touch;
use touchseal::transport::teec::{Teec, TeecError};
use touchseal::{Error, FingerprintClient, PaymentClient};

/// The uid of the first two clients; each pair has its own.
const FIRST_UID: usize = 10_001;
/// One client in so many is killed, in every other of its payments.
const KILLED: usize = 4;
/// A token is good for so long.
const TOKEN_LIFETIME: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(100);
const SECOND: Duration = Duration::from_secs(1);
/// Memory is looked at so many times a run.
const LOOKS: u64 = 20;

fn main() -> Result<()> {
    let args: Vec<_> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["client", uid] => client(uid.parse()?),
        [directory, payments, clients] => {
            Run::new(directory.into(), payments.parse()?, clients.parse()?)?.pay()
        }
        _ => bail!("soak DIRECTORY PAYMENTS CLIENTS"),
    }
}

/// Pays for each nonce that it is given.
fn client(uid: u32) -> Result<()> {
    let mut payments = PaymentClient::new(Teec::payment(uid)?);
    let mut sensor = FingerprintClient::new(Teec::fingerprint(uid)?);
    println!("ready");
    for line in std::io::stdin().lines() {
        let mut nonce = [0; 32];
        hex::decode_to_slice(line?, &mut nonce)?;
        println!("{}", pay(&mut payments, &mut sensor, nonce)?);
    }
    Ok(())
}

fn pay(
    payments: &mut PaymentClient<Teec>,
    sensor: &mut FingerprintClient<Teec>,
    nonce: [u8; 32],
) -> Result<String> {
    let (mut again, mut wrong) = (0, 0);
    loop {
        let payment = Payment {
            amount: 1999,
            currency: Currency::new("EUR")?,
            payee: Label::new("Caffè Rossi")?,
            order: Label::new("order-1")?,
            nonce,
        };
        let start = Instant::now();
        let begun = match payments.begin(Label::new("checkout")?, payment) {
            Err(error) if passes(&error) => {
                again += 1;
                sleep(PAUSE);
                continue;
            }
            begun => begun?,
        };
        let began = Instant::now();
        let token = match touch::authenticate(sensor, begun.handle, &mut |_, _| Ok(())) {
            Err(Error::Refused(Status::FingerNotRecognized | Status::PoorImage)) => {
                wrong += 1;
                continue;
            }
            Err(error) if passes(&error) => {
                again += 1;
                sleep(PAUSE);
                continue;
            }
            token => token?,
        };
        let touched = Instant::now();
        let signed = match payments.finish(begun.handle, token) {
            // Too many others were before it: the token was made at some time since.
            Err(Error::Refused(Status::NotAuthorized)) if began.elapsed() > TOKEN_LIFETIME => {
                again += 1;
                continue;
            }
            signed => signed?,
        };
        return Ok(format!(
            "{} {} {} {again} {wrong} {} {} {}",
            (began - start).as_micros(),
            (touched - began).as_micros(),
            touched.elapsed().as_micros(),
            hex::encode(nonce),
            hex::encode(signed.statement),
            hex::encode(signed.signature)
        ));
    }
}

/// Whether it is over by itself.
fn passes(error: &Error<TeecError>) -> bool {
    let passing = [
        Status::Busy,
        Status::LockedOut,
        Status::NoFingerOnSensor,
        Status::SensorSilent,
        Status::SensorFault,
    ];
    matches!(error, Error::Refused(status) if passing.contains(status))
}

fn is_killed(client: usize) -> bool {
    client % KILLED == KILLED - 1
}

struct Run {
    directory: PathBuf,
    wanted: u64,
    clients: usize,
    began: Instant,
    seen: Mutex<File>,
    acknowledged: AtomicU64,
    /// The processes of the clients that are not killed.
    old: Mutex<Vec<u32>>,
    /// So often memory was looked at.
    looks: AtomicU32,
    failed: AtomicBool,
}

impl Run {
    fn new(directory: PathBuf, wanted: u64, clients: usize) -> Result<Self> {
        Ok(Self {
            seen: Mutex::new(File::create(directory.join("seen"))?),
            directory,
            wanted,
            clients,
            began: Instant::now(),
            acknowledged: AtomicU64::new(0),
            old: Mutex::default(),
            looks: AtomicU32::new(0),
            failed: AtomicBool::new(false),
        })
    }

    fn pay(&self) -> Result<()> {
        std::thread::scope(|scope| {
            let clients: Vec<_> = (0..self.clients)
                .map(|number| scope.spawn(move || self.tend(number)))
                .collect();
            while !clients
                .iter()
                .all(std::thread::ScopedJoinHandle::is_finished)
            {
                self.look()?;
            }
            clients
                .into_iter()
                .try_for_each(|client| client.join().expect("a client's thread does not panic"))
        })
    }

    fn goes_on(&self) -> bool {
        self.acknowledged.load(Ordering::Relaxed) < self.wanted
            && !self.failed.load(Ordering::Relaxed)
            && !self.directory.join("stop").exists()
    }

    fn say(&self, line: &str) -> Result<()> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(seen.write_all(format!("{line}\n").as_bytes())?)
    }

    fn now(&self) -> u128 {
        self.began.elapsed().as_micros()
    }

    fn tend(&self, number: usize) -> Result<()> {
        let outcome = self.pay_again_and_again(number);
        if outcome.is_err() {
            self.failed.store(true, Ordering::Relaxed);
        }
        outcome.with_context(|| format!("client {number}"))
    }

    fn pay_again_and_again(&self, number: usize) -> Result<()> {
        let uid = u32::try_from(FIRST_UID + number / 2)?;
        let is_killed = is_killed(number);
        let mut rng = Rng::new();
        let mut payer = Payer::start(uid)?;
        if !is_killed {
            let mut old = self.old.lock().unwrap_or_else(PoisonError::into_inner);
            old.push(payer.process.id());
        }
        let mut usual = SECOND;
        while self.goes_on() {
            let nonce: [u8; 32] = std::array::from_fn(|_| rng.u8(..));
            let asked = Instant::now();
            payer.ask(nonce)?;
            let answer = if is_killed && rng.bool() {
                sleep(usual.mul_f64(rng.f64() * 1.2));
                let last = payer.kill()?;
                payer = Payer::start(uid)?;
                last
            } else {
                let answer = payer.answer()?;
                usual = asked.elapsed();
                Some(answer)
            };
            match answer {
                Some(answer) => {
                    self.say(&format!("paid {number} {} {answer}", self.now()))?;
                    self.acknowledged.fetch_add(1, Ordering::Relaxed);
                }
                None => self.say(&format!("killed {number} {}", self.now()))?,
            }
        }
        self.old
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .retain(|process| *process != payer.process.id());
        payer.end()
    }

    /// What the machine's time and memory are.
    fn look(&self) -> Result<()> {
        let begun = Instant::now();
        let mut digest = Sha256::digest([0; 32]);
        for _ in 0..2_000 {
            digest = Sha256::digest(digest);
        }
        ensure!(digest[..] != [0; 32], "a digest of zeros");
        let micros = begun.elapsed().as_micros();
        self.say(&format!("control {} {micros}", self.now()))?;
        let next = u64::from(self.looks.load(Ordering::Relaxed));
        if self.acknowledged.load(Ordering::Relaxed) * LOOKS >= next * self.wanted {
            self.look_at_memory()?;
        }
        sleep(SECOND);
        Ok(())
    }

    /// While all of them are there.
    fn look_at_memory(&self) -> Result<()> {
        // What is cached of files is not in use.
        std::fs::write("/proc/sys/vm/drop_caches", "3")?;
        let old = self.old.lock().unwrap_or_else(PoisonError::into_inner);
        let all = (0..self.clients).filter(|number| !is_killed(*number));
        if !self.goes_on() || old.len() < all.count() {
            return Ok(());
        }
        self.looks.fetch_add(1, Ordering::Relaxed);
        let resident = |process: &u32| kib(format!("/proc/{process}/status"), "VmRSS:");
        let clients = old.iter().map(resident).sum::<Result<u64>>()?;
        let kernel = kib("/proc/meminfo", "SUnreclaim:")?;
        let free = kib("/proc/meminfo", "MemFree:")?;
        self.say(&format!("memory {} {clients} {kernel} {free}", self.now()))
    }
}

/// A number of a file of `/proc`.
fn kib(file: impl AsRef<Path>, name: &str) -> Result<u64> {
    let text = std::fs::read_to_string(&file)?;
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|line| line.trim().strip_suffix(" kB"));
    Ok(number
        .context("a file of /proc without its line")?
        .parse()?)
}

/// A client's process.
struct Payer {
    process: Child,
    nonces: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Payer {
    fn start(uid: u32) -> Result<Self> {
        let mut process = Command::new(std::env::current_exe()?)
            .args(["client", &uid.to_string()])
            .uid(uid)
            .gid(uid)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut payer = Self {
            nonces: process.stdin.take().context("no pipe")?,
            answers: BufReader::new(process.stdout.take().context("no pipe")?),
            process,
        };
        ensure!(payer.answer()? == "ready", "it does not start");
        Ok(payer)
    }

    fn ask(&mut self, nonce: [u8; 32]) -> Result<()> {
        Ok(self
            .nonces
            .write_all(format!("{}\n", hex::encode(nonce)).as_bytes())?)
    }

    fn answer(&mut self) -> Result<String> {
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        let answer = line.strip_suffix('\n').context("it has ended")?;
        Ok(answer.to_owned())
    }

    /// Its last answer, if it has given one.
    fn kill(mut self) -> Result<Option<String>> {
        self.process.kill()?;
        self.process.wait()?;
        let mut rest = String::new();
        self.answers.read_to_string(&mut rest)?;
        Ok(rest.strip_suffix('\n').map(str::to_owned))
    }

    fn end(mut self) -> Result<()> {
        drop(self.nonces);
        ensure!(self.process.wait()?.success(), "it has failed");
        Ok(())
    }
}
