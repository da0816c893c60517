//! A running guest: boots, runs commands one after another, powers off.
//!
//! The agent in the guest (qemu/guest/init) listens on the first of five
//! serial ports. A job goes in as a line with an id and a shell script in hex;
//! its output comes out of the next two ports, each ended by the id between
//! zero bytes, and its exit code comes out of the first. The last two ports are for
//! proxies.

use crate::machine::{self, Logs, Share};
use crate::memory::{Memory, Monitor};
use crate::sensor::Module;
use crate::{Command, Emmc, Hand, Output, Platform, Proxy, Writes, command, rpmb};
use anyhow::{Context, Error, Result, anyhow, bail, ensure};
use std::collections::VecDeque;
use std::hash::{BuildHasher, RandomState};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

const POWER_OFF_LIMIT: Duration = Duration::from_secs(20);
const SHARE_LIMIT: Duration = Duration::from_secs(20);
const PROXY_LIMIT: Duration = Duration::from_secs(20);
/// How much of each console an error shows.
const LAST_LINES: usize = 20;

/// How to boot.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where the consoles and QEMU's trace go; each boot writes them afresh.
    pub logs: PathBuf,
    /// A directory of programs, which commands may name without their path.
    pub programs: Option<PathBuf>,
    /// Directories that the guest may read, under the paths that they have here.
    pub read_only: Vec<PathBuf>,
    /// Directories that the guest may also write.
    pub read_write: Vec<PathBuf>,
    /// How long booting may take.
    pub boot_limit: Duration,
    /// The key in the RPMB, 64 hexadecimal digits; none where it was never programmed.
    pub rpmb_key: Option<&'static str>,
    /// Whose fingers lie on the sensor.
    pub hand: Hand,
    /// How many: one is quicker to emulate than two.
    pub processors: u8,
    /// More of the kernel's command line.
    pub kernel_parameters: &'static str,
    /// Joins a terminal of the guest to this process's.
    pub(crate) console: bool,
}

impl Options {
    /// A guest that shares nothing, with 60 s to boot.
    pub fn new(logs: impl Into<PathBuf>) -> Self {
        Self {
            logs: logs.into(),
            programs: None,
            read_only: Vec::new(),
            read_write: Vec::new(),
            boot_limit: Duration::from_secs(60),
            rpmb_key: Some(machine::RPMB_KEY),
            hand: Hand::default(),
            processors: 2,
            kernel_parameters: "",
            console: false,
        }
    }

    /// Joins a terminal of the guest, `/dev/hvc1`, to this process's terminal.
    #[must_use]
    pub fn with_console(mut self) -> Self {
        self.console = true;
        self
    }

    fn shares(&self) -> Result<Vec<Share>> {
        let read_only = self
            .programs
            .iter()
            .chain(&self.read_only)
            .map(|path| (path, true));
        let read_write = self.read_write.iter().map(|path| (path, false));
        let mut shares = Vec::<Share>::new();
        for (path, read_only) in read_only.chain(read_write) {
            let path = real(path)?;
            match shares.iter_mut().find(|share| share.path == path) {
                Some(share) => share.read_only &= read_only,
                None => shares.push(Share {
                    tag: String::new(),
                    path,
                    read_only,
                }),
            }
        }
        // An outer directory before the ones in it, or it would hide them.
        shares.sort_by_key(|share| share.path.components().count());
        for (n, share) in shares.iter_mut().enumerate() {
            share.tag = format!("share{n}");
        }
        Ok(shares)
    }
}

/// A guest. Dropping it is a power cut; [`Guest::power_off`] is the orderly way.
#[derive(Debug)]
pub struct Guest {
    qemu: Qemu,
    hand: Hand,
    /// The sensor is there for as long as the machine.
    _sensor: Module,
    agent: UnixStream,
    /// Ports for proxies, by number.
    proxies: VecDeque<(usize, UnixStream)>,
    monitor: Monitor,
    events: Receiver<Event>,
    /// What the agent said that was not yet read.
    said: Vec<u8>,
    lines: VecDeque<String>,
    programs: Option<PathBuf>,
    path: String,
    jobs: u64,
    logs: Logs,
}

/// The emulator, which ends with this value.
#[derive(Debug)]
struct Qemu(Child);

impl Qemu {
    fn end(&mut self) {
        // Both fail only when it has already ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Qemu {
    fn drop(&mut self) {
        self.end();
    }
}

/// Something came out of a port.
#[derive(Debug)]
struct Event {
    port: Port,
    bytes: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Port {
    Agent,
    Stdout,
    Stderr,
}

const PORTS: [Port; 3] = [Port::Agent, Port::Stdout, Port::Stderr];
/// So many proxies: commands of two are under way at once.
const PROXIES: usize = 2;

impl Guest {
    /// Starts the machine and returns when it takes commands.
    ///
    /// # Errors
    ///
    /// When it does not come up in time or not as it should; the last lines of
    /// both consoles are in the error.
    pub fn boot(platform: &Platform, emmc: &Emmc, options: &Options) -> Result<Self> {
        let deadline = Instant::now() + options.boot_limit;
        std::fs::create_dir_all(&options.logs)
            .with_context(|| format!("Cannot make the log directory {}", options.logs.display()))?;
        let logs = Logs::in_directory(&options.logs);
        for log in [&logs.linux, &logs.secure, &logs.rpmb] {
            std::fs::write(log, "")
                .with_context(|| format!("Cannot write the log {}", log.display()))?;
        }
        let shares = options.shares()?;

        let dir = tempfile::tempdir().context("Cannot make a temporary directory")?;
        let sockets: Vec<_> = (0..PORTS.len() + PROXIES)
            .map(|n| dir.path().join(n.to_string()))
            .collect();
        let monitor = dir.path().join("monitor");
        let mut listeners = sockets
            .iter()
            .chain([&monitor])
            .map(UnixListener::bind)
            .collect::<Result<Vec<_>, _>>()?
            .into_iter();
        let hand = options.hand.clone();
        let sensor = Module::start(hand.clone())?;
        let uart = sensor.socket();
        let outside = machine::Sockets {
            sensor: &uart,
            monitor: &monitor,
            ports: &sockets,
        };
        let mut qemu = machine::command(platform, emmc, options, &logs, &outside, &shares)?
            .spawn()
            .map(Qemu)
            .context(
                "Cannot start QEMU. Run this through `make` or `qemu/toolbox`, which bring it",
            )?;

        let (sender, events) = mpsc::channel();
        let mut agent = None;
        let mut connected = || {
            let listener = listeners.next().context("a port without a socket")?;
            accept(&listener, &mut qemu.0, deadline)
                .map_err(|e| refused_to_start(&mut qemu, &logs, e))
        };
        for port in PORTS {
            let stream = connected()?;
            if port == Port::Agent {
                agent = Some(stream.try_clone()?);
            }
            let sender = sender.clone();
            std::thread::spawn(move || forward(port, stream, &sender));
        }
        let proxies = (PORTS.len() + 1..)
            .take(PROXIES)
            .map(|number| Ok((number, connected()?)))
            .collect::<Result<_>>()?;
        let monitor = Monitor::new(connected()?)?;
        // With the last port's sender gone, we know that QEMU is.
        drop(sender);

        let mut guest = Self {
            qemu,
            hand,
            _sensor: sensor,
            agent: agent.context("no port for the agent")?,
            proxies,
            monitor,
            events,
            said: Vec::new(),
            lines: VecDeque::new(),
            programs: None,
            path: "/usr/bin".into(),
            jobs: 0,
            logs,
        };
        guest.wait_until_ready(deadline, options.boot_limit)?;
        guest.mount(&shares)?;
        if let Some(programs) = &options.programs {
            let programs = real(programs)?;
            guest.path = format!("{}:{}", programs.display(), guest.path);
            guest.programs = Some(programs);
        }
        Ok(guest)
    }

    /// Runs a command and waits for its end, `limit` at most.
    ///
    /// A command that fails is no error here: see [`Output::code`].
    ///
    /// # Errors
    ///
    /// When the guest hangs or ends. A guest that ran into the limit is gone.
    pub fn run(&mut self, command: &Command, limit: Duration) -> Result<Output> {
        let start = Instant::now();
        let id = self.submit(&command.script(&self.path))?;
        let mut stdout = Capture::new(&id, command.live);
        let mut stderr = Capture::new(&id, command.live);
        let mut code = None;
        while !(stdout.complete && stderr.complete && code.is_some()) {
            let event = self.event(start + limit).map_err(|why| match why {
                RecvTimeoutError::Timeout => {
                    self.qemu.end();
                    self.failure(&format!(
                        "`{command}` was not done after {} s: the guest hangs, or the limit is too short.",
                        limit.as_secs_f32()
                    ))
                }
                RecvTimeoutError::Disconnected => {
                    self.failure(&format!("The guest ended while it ran `{command}`."))
                }
            })?;
            match event.port {
                Port::Stdout => stdout.add(&event.bytes, &mut std::io::stdout())?,
                Port::Stderr => stderr.add(&event.bytes, &mut std::io::stderr())?,
                Port::Agent => self.hear(&event.bytes),
            }
            while let Some(line) = self.lines.pop_front() {
                if let Some(said) = line.strip_prefix(&id) {
                    code = Some(said.trim().parse().context("the agent's exit code")?);
                }
            }
        }
        Ok(Output {
            code: code.unwrap_or_default(),
            stdout: stdout.bytes,
            stderr: stderr.bytes,
            elapsed: start.elapsed(),
        })
    }

    /// Starts a proxy, through which this process reaches the trusted applications.
    /// Twice a boot. It is among the examples of [`Options::programs`].
    ///
    /// # Errors
    ///
    /// When no programs are shared, it is not among them, both proxies run already, or the
    /// guest ends.
    pub fn proxy(&mut self) -> Result<Proxy> {
        let program = self.example_path("proxy")?;
        let (number, port) = self
            .proxies
            .pop_front()
            .context("Both proxies run already")?;
        let start = format!(
            "{} <>\"$(echo /dev/vport*p{number})\" >&0 2>/dev/console &",
            command::quoted(&program)
        );
        let start = Command::new("sh").args(["-c", &start]);
        self.run(&start, PROXY_LIMIT)?;
        Ok(Proxy::new(port))
    }

    /// A program among the examples of [`Options::programs`].
    ///
    /// # Errors
    ///
    /// When no programs are shared, or it is not among them.
    pub fn example(&self, name: &str) -> Result<Command> {
        self.example_path(name).map(Command::new)
    }

    fn example_path(&self, name: &str) -> Result<String> {
        let programs = self.programs.as_ref().context("No programs are shared")?;
        let example = programs.join("examples").join(name);
        ensure!(
            example.is_file(),
            "{}, which is to run in the guest, is missing. Run `make programs`.",
            example.display()
        );
        Ok(example.display().to_string())
    }

    /// Who puts fingers on the sensor.
    #[must_use]
    pub fn hand(&self) -> &Hand {
        &self.hand
    }

    /// Authenticated RPMB data writes since boot, as QEMU's eMMC saw them.
    ///
    /// # Errors
    ///
    /// When the trace cannot be read.
    pub fn rpmb_writes(&self) -> Result<u64> {
        Ok(self.follow_rpmb_writes()?.count()?)
    }

    /// Authenticated RPMB data reads since boot, each of one block or many.
    ///
    /// # Errors
    ///
    /// When the trace cannot be read.
    pub fn rpmb_reads(&self) -> Result<u64> {
        rpmb::reads(&self.logs.rpmb)
    }

    /// Which blocks of the RPMB partition were written since boot, in order.
    ///
    /// # Errors
    ///
    /// When the trace cannot be read.
    pub fn rpmb_blocks(&self) -> Result<Vec<u64>> {
        rpmb::blocks(&self.logs.rpmb)
    }

    /// The writes, as they come.
    ///
    /// # Errors
    ///
    /// When the trace cannot be read.
    pub fn follow_rpmb_writes(&self) -> Result<Writes> {
        Writes::follow(&self.logs.rpmb)
    }

    /// Cuts the power, as dropping does: which blocks of the RPMB partition were written until
    /// then.
    ///
    /// # Errors
    ///
    /// When the trace cannot be read.
    pub fn cut(self) -> Result<Vec<u64>> {
        let trace = self.logs.rpmb.clone();
        drop(self);
        rpmb::blocks(&trace)
    }

    /// Lets the machine stand still while its memory is looked at.
    ///
    /// # Errors
    ///
    /// When QEMU does not say where it is, or does not go on.
    pub fn look_at_memory<R>(&mut self, look: impl FnOnce(&Memory) -> Result<R>) -> Result<R> {
        self.monitor.stop()?;
        let looked = self
            .monitor
            .memory(self.qemu.0.id())
            .and_then(|memory| look(&memory));
        self.monitor.go_on()?;
        looked
    }

    /// Powers the guest off.
    ///
    /// # Errors
    ///
    /// When it does not end in time, or QEMU ends in another way.
    pub fn power_off(mut self) -> Result<()> {
        self.submit("sync; poweroff -f")?;
        let status = self
            .wait_for_end(Instant::now() + POWER_OFF_LIMIT)?
            .ok_or_else(|| self.failure("The guest does not power off."))?;
        self.in_order(status)
    }

    /// Gives the guest's terminal a shell, and waits until the person leaves it. There
    /// `finger` writes into the shared file `hand` whose finger of the directory `fingers`
    /// lies on the sensor.
    ///
    /// # Errors
    ///
    /// When the guest ends in another way.
    pub fn shell(
        mut self,
        directory: &Path,
        fingers: &Path,
        hand: &Path,
        rows: u32,
        columns: u32,
    ) -> Result<()> {
        self.hand.follow(hand, fingers);
        let script = format!(
            "export PATH={} TERM=linux PS1='touchseal# ' FINGERS={} HAND={}\ncd {}\n\
             stty -F /dev/hvc1 rows {rows} cols {columns}\n\
             setsid -c sh </dev/hvc1 >/dev/hvc1 2>&1\npoweroff -f\n",
            command::quoted(&self.path),
            command::quoted(&fingers.display().to_string()),
            command::quoted(&hand.display().to_string()),
            command::quoted(&directory.display().to_string()),
        );
        self.submit(&script)?;
        let status = self.qemu.0.wait()?;
        self.in_order(status)
    }

    fn in_order(&self, status: ExitStatus) -> Result<()> {
        if !status.success() {
            bail!(self.failure(&format!("The guest ended in disorder: QEMU's {status}.")));
        }
        Ok(())
    }

    fn wait_until_ready(&mut self, deadline: Instant, limit: Duration) -> Result<()> {
        while self.lines.is_empty() {
            let event = self.event(deadline).map_err(|why| match why {
                RecvTimeoutError::Timeout => {
                    self.failure(&format!("The guest did not boot in {} s.", limit.as_secs()))
                }
                RecvTimeoutError::Disconnected => self.failure("The guest ended while it booted."),
            })?;
            if event.port == Port::Agent {
                self.hear(&event.bytes);
            }
        }
        match self.lines.pop_front().as_deref() {
            // RPMB frames go through the kernel to the eMMC, and not to an
            // emulation in a daemon's memory.
            Some("ready kernel") => Ok(()),
            other => Err(self.failure(&format!(
                "The guest's kernel does not route RPMB to OP-TEE (it says {other:?})."
            ))),
        }
    }

    fn mount(&mut self, shares: &[Share]) -> Result<()> {
        for Share {
            tag,
            path,
            read_only,
        } in shares
        {
            let mode = if *read_only { "ro,cache=loose" } else { "rw" };
            let path = path
                .to_str()
                .context("A shared directory's name is not UTF-8")?;
            let dir = command::quoted(path);
            let options = format!("trans=virtio,version=9p2000.L,msize=262144,{mode}");
            let mount = Command::new("sh").args([
                "-c".to_owned(),
                format!("mkdir -p {dir} && mount -t 9p -o {options} {tag} {dir}"),
            ]);
            let output = self.run(&mount, SHARE_LIMIT)?;
            if output.code != 0 {
                bail!(
                    "The guest cannot mount {path}: {}",
                    String::from_utf8_lossy(&output.stderr).trim()
                );
            }
        }
        Ok(())
    }

    /// Sends a script to the agent.
    fn submit(&mut self, script: &str) -> Result<String> {
        self.jobs += 1;
        // No output should look like the end of output.
        let id = format!(
            "{}-{:016x}",
            self.jobs,
            RandomState::new().hash_one(self.jobs)
        );
        let hex: String = script.bytes().map(|byte| format!("{byte:02x}")).collect();
        match writeln!(self.agent, "{id} {hex}") {
            Ok(()) => Ok(id),
            Err(_) => Err(self.failure("The guest is gone.")),
        }
    }

    fn event(&self, deadline: Instant) -> Result<Event, RecvTimeoutError> {
        self.events
            .recv_timeout(deadline.saturating_duration_since(Instant::now()))
    }

    fn hear(&mut self, bytes: &[u8]) {
        self.said.extend_from_slice(bytes);
        while let Some(end) = self.said.iter().position(|&byte| byte == b'\n') {
            let line: Vec<u8> = self.said.drain(..=end).collect();
            self.lines
                .push_back(String::from_utf8_lossy(&line).trim().to_owned());
        }
    }

    fn wait_for_end(&mut self, deadline: Instant) -> Result<Option<ExitStatus>> {
        loop {
            match self.qemu.0.try_wait()? {
                None if Instant::now() < deadline => std::thread::sleep(Duration::from_millis(5)),
                status => return Ok(status),
            }
        }
    }

    fn failure(&self, what: &str) -> Error {
        anyhow!(
            "{what}\n{}{}{}",
            last_lines("QEMU", &self.logs.qemu),
            last_lines("Linux", &self.logs.linux),
            last_lines("the secure world", &self.logs.secure)
        )
    }
}

/// One output of one command, up to its end mark.
struct Capture {
    mark: Vec<u8>,
    bytes: Vec<u8>,
    shown: Option<usize>,
    complete: bool,
}

impl Capture {
    fn new(id: &str, live: bool) -> Self {
        Self {
            mark: format!("\0{id}\0").into_bytes(),
            bytes: Vec::new(),
            shown: live.then_some(0),
            complete: false,
        }
    }

    fn add(&mut self, bytes: &[u8], live: &mut impl Write) -> Result<()> {
        let searched = self.bytes.len().saturating_sub(self.mark.len());
        self.bytes.extend_from_slice(bytes);
        let mut windows = self.bytes[searched..].windows(self.mark.len());
        if let Some(end) = windows.position(|window| window == self.mark) {
            self.bytes.truncate(searched + end);
            self.complete = true;
        }
        if let Some(shown) = &mut self.shown {
            // What may be the beginning of the mark waits.
            let tail = self.bytes.len().saturating_sub(self.mark.len()).max(*shown);
            let zero = self.bytes[tail..].iter().position(|&byte| byte == 0);
            let end = match zero {
                Some(zero) if !self.complete => tail + zero,
                _ => self.bytes.len(),
            };
            live.write_all(&self.bytes[*shown..end])?;
            live.flush()?;
            *shown = end;
        }
        Ok(())
    }
}

fn real(path: &Path) -> Result<PathBuf> {
    path.canonicalize()
        .with_context(|| format!("Cannot share {} with the guest", path.display()))
}

fn accept(listener: &UnixListener, qemu: &mut Child, deadline: Instant) -> Result<UnixStream> {
    listener.set_nonblocking(true)?;
    loop {
        match listener.accept() {
            Ok((stream, _)) => {
                stream.set_nonblocking(false)?;
                return Ok(stream);
            }
            Err(e) if e.kind() != ErrorKind::WouldBlock => return Err(e.into()),
            Err(_) if qemu.try_wait()?.is_some() => bail!("QEMU ended at once"),
            Err(_) if Instant::now() > deadline => bail!("QEMU does not start"),
            Err(_) => std::thread::sleep(Duration::from_millis(5)),
        }
    }
}

fn refused_to_start(qemu: &mut Qemu, logs: &Logs, why: Error) -> Error {
    qemu.end();
    let said = std::fs::read_to_string(&logs.qemu).unwrap_or_default();
    if said.contains("rpmb-partition-size") || said.contains("'emmc' is not a valid device") {
        return anyhow!(
            "This QEMU is too old: its eMMC has no RPMB partition.\n\
             QEMU 11.1 or newer is needed. The toolbox brings one: unset TOUCHSEAL_QEMU."
        );
    }
    why.context(format!(
        "Cannot start QEMU:\n{}",
        last_lines("QEMU", &logs.qemu)
    ))
}

fn forward(port: Port, mut stream: UnixStream, events: &Sender<Event>) {
    let mut buffer = vec![0; 64 << 10];
    while let Ok(count @ 1..) = stream.read(&mut buffer) {
        let bytes = buffer[..count].to_vec();
        if events.send(Event { port, bytes }).is_err() {
            return;
        }
    }
}

fn last_lines(who: &str, log: &Path) -> String {
    let text = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<_> = text.lines().collect();
    if lines.is_empty() {
        return format!("\nNothing from {who} ({}).\n", log.display());
    }
    let last = lines[lines.len().saturating_sub(LAST_LINES)..].join("\n  ");
    format!("\nThe last lines of {who} ({}):\n  {last}\n", log.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_ends_at_its_mark_however_it_is_cut() {
        let stream = b"one\0two\0 three\x007-ab\0";
        for size in 1..=stream.len() {
            let mut capture = Capture::new("7-ab", true);
            let mut live = Vec::new();
            for chunk in stream.chunks(size) {
                assert!(!capture.complete);
                capture.add(chunk, &mut live).unwrap();
            }
            assert!(capture.complete);
            assert_eq!(capture.bytes, b"one\0two\0 three");
            assert_eq!(live, capture.bytes, "chunks of {size}");
        }
    }

    #[test]
    fn outer_shares_come_first_and_once() {
        let dir = tempfile::tempdir().unwrap();
        let inner = dir.path().join("inner");
        std::fs::create_dir(&inner).unwrap();
        let mut options = Options::new("unused");
        options.programs = Some(inner.clone());
        options.read_only = vec![dir.path().into()];
        options.read_write = vec![inner.clone()];
        let shares = options.shares().unwrap();
        let found: Vec<_> = shares
            .iter()
            .map(|s| (s.path.clone(), s.read_only))
            .collect();
        assert_eq!(
            found,
            [
                (real(dir.path()).unwrap(), true),
                (real(&inner).unwrap(), false)
            ]
        );
    }
}
