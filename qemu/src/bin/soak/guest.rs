//! The run in the guest: sets the device up, lets the clients pay, and follows what they say.

use crate::seen::{CLIENTS_A_UID, FIRST_UID, Seen};
use anyhow::{Result, bail, ensure};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use touchseal_qemu::{
    App, Command, Emmc, Guest, Options, Owner, Platform, Proxy, ProxyError, Writes, label,
};
use touchseal_verify::{Chain, Signed};

const ROOT: u32 = 0;
const LIMIT: Duration = Duration::from_secs(30);
/// The clients say something each second.
const SILENCE: Duration = Duration::from_secs(120);
const PAUSE: Duration = Duration::from_millis(200);
/// One line of progress each so many.
const PROGRESS: Duration = Duration::from_secs(15);
/// What one uid may have open with a trusted application.
const SESSIONS: usize = 8;
/// Secure memory is counted in pieces as small as its smallest allocation.
const GRANULE: usize = 16;
/// It is looked at so many times a run.
const LOOKS: usize = 20;

/// What is known of the device, besides what its clients say.
#[derive(Clone, Copy, Debug)]
pub struct Counted {
    pub before: u64,
    pub after: u64,
    pub writes: u64,
}

pub struct Run {
    guest: Guest,
    proxy: Proxy,
    writes: Writes,
    directory: PathBuf,
    payments: usize,
    clients: usize,
    /// Counter and writes when the clients begin.
    before: (u64, u64),
}

impl Run {
    /// Boots a new device, and makes its keys and those of the clients. The folder is the
    /// run's own: of the last one nothing stays there.
    pub fn set_up(
        platform: &Platform,
        folder: &Path,
        payments: usize,
        clients: usize,
        seen: &mut Seen,
    ) -> Result<Self> {
        let directory = folder.to_owned();
        for name in ["seen", "stop", "ended", "said", "report.json"] {
            let _ = std::fs::remove_file(directory.join(name));
        }
        let mut options = Options::new(&directory);
        options.programs = Some(platform.programs.clone());
        options.read_write = vec![directory.clone()];
        let emmc = Emmc::scratch()?;
        let mut guest = Guest::boot(platform, &emmc, &options)?;
        let owner = Owner::new(platform, "p1_1.png")?;
        let proxy = guest.proxy()?;
        let mut factory = App::new(&proxy, guest.hand(), ROOT)?;
        factory.payments.provision()?;
        factory.enroll(&owner)?;
        seen.device_key = Some(factory.payments.export_device_key()?.public_key);
        for uid in (FIRST_UID..).take(clients.div_ceil(CLIENTS_A_UID)) {
            let mut keys = proxy.payment(uid)?;
            keys.generate_app_key(false)?;
            keys.generate_payment_key(label("checkout")?, false)?;
            let chain = Chain {
                app_key: Signed::from(keys.export_app_key()?),
                payment_key: Signed::from(keys.export_payment_key(label("checkout")?)?),
            };
            seen.chains.insert(uid, chain);
        }
        // The first match of a device leaves an attempt reserved, in a write of its own.
        factory.touch(&owner, 1)?;
        owner.place_again(guest.hand());
        let mut writes = guest.follow_rpmb_writes()?;
        let before = (factory.payments.info()?.counter, writes.count()?);
        Ok(Self {
            guest,
            proxy,
            writes,
            directory,
            payments,
            clients,
            before,
        })
    }

    /// Lets them pay, until there are enough payments or somebody says stop.
    pub fn pay(&mut self, seen: &mut Seen, stopped: &Arc<AtomicBool>) -> Result<()> {
        let directory = self.directory.display();
        let soak = self.guest.example("soak")?;
        let start = format!(
            "{{ {soak} {directory} {} {} >{directory}/said 2>&1; echo $? >{directory}/ended; }} &",
            self.payments, self.clients
        );
        self.guest
            .run(&Command::new("sh").args(["-c", &start]), LIMIT)?;
        let mut lines = Lines::of(self.directory.join("seen"));
        let (began, mut told) = (Instant::now(), Instant::now());
        loop {
            let ended = read(&self.directory.join("ended"));
            lines.follow(seen)?;
            if stopped.load(Ordering::Relaxed) {
                // Whoever cannot hear it has ended already.
                File::create(self.directory.join("stop"))?;
            }
            if seen.paid.len() * LOOKS >= seen.secure.len() * self.payments {
                seen.secure.push((seen.paid.len(), self.used_once()?));
            }
            match ended.as_deref() {
                Some("0") => return Ok(()),
                Some(_) => bail!(
                    "a client failed: {}",
                    read(&self.directory.join("said")).unwrap_or_default()
                ),
                None => ensure!(
                    lines.heard.elapsed() < SILENCE,
                    "the clients have said nothing for {} s",
                    SILENCE.as_secs()
                ),
            }
            if told.elapsed() > PROGRESS {
                told = Instant::now();
                println!(
                    "{:>6} of {} payments verified in {} s; {} clients killed while they paid",
                    seen.paid.len(),
                    self.payments,
                    began.elapsed().as_secs(),
                    seen.killed
                );
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// How much of the secure memory was ever written to: what a leak makes more and more.
    fn used_once(&mut self) -> Result<u64> {
        let secure = self.guest.look_at_memory(|memory| memory.secure())?;
        let granules = secure.as_chunks::<GRANULE>().0.iter();
        Ok((GRANULE * granules.filter(|granule| **granule != [0; GRANULE]).count()) as u64)
    }

    /// How many sessions can be open at once.
    fn sessions<S>(&self, open: impl Fn(&Proxy) -> Result<S, ProxyError>) -> usize {
        let open = || open(&self.proxy).ok();
        std::iter::from_fn(open)
            .take(SESSIONS)
            .collect::<Vec<_>>()
            .len()
    }

    /// What the device says at the end. That an app opens all of its sessions shows that none
    /// of a killed client's is left.
    pub fn end(mut self) -> Result<Counted> {
        for uid in (FIRST_UID..).take(self.clients.div_ceil(CLIENTS_A_UID)) {
            let payment = self.sessions(|proxy| proxy.payment(uid));
            let fingerprint = self.sessions(|proxy| proxy.fingerprint(uid));
            ensure!(
                (payment, fingerprint) == (SESSIONS, SESSIONS),
                "uid {uid} can open {payment} sessions with the payment TA and {fingerprint} with \
                 the fingerprint TA, of {SESSIONS}: some are left of clients that are gone"
            );
        }
        let writes = self.writes.count()? - self.before.1;
        let after = self.proxy.payment(ROOT)?.info()?.counter;
        self.guest.power_off()?;
        Ok(Counted {
            before: self.before.0,
            after,
            writes,
        })
    }
}

fn read(path: &Path) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    text.strip_suffix('\n').map(str::to_owned)
}

/// The lines of a file that grows.
struct Lines {
    path: PathBuf,
    file: Option<BufReader<File>>,
    line: String,
    heard: Instant,
}

impl Lines {
    fn of(path: PathBuf) -> Self {
        Self {
            path,
            file: None,
            line: String::new(),
            heard: Instant::now(),
        }
    }

    fn follow(&mut self, seen: &mut Seen) -> Result<()> {
        if self.file.is_none() {
            self.file = File::open(&self.path).ok().map(BufReader::new);
        }
        let Some(file) = &mut self.file else {
            return Ok(());
        };
        while file.read_line(&mut self.line)? > 0 && self.line.ends_with('\n') {
            seen.line(self.line.trim_end())?;
            self.line.clear();
            self.heard = Instant::now();
        }
        Ok(())
    }
}
