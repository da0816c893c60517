//! The machine: QEMU's command line, here and nowhere else.

use crate::{Emmc, Options, Platform, emmc};
use anyhow::{Context, Result};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What OP-TEE derives from this machine's hardware key (QEMU's is all zero)
/// and its eMMC's identity: HMAC-SHA-256 of CID under HUK. QEMU keeps no RPMB
/// key across processes, so that it is set at each start, as a factory would
/// once.
pub(crate) const RPMB_KEY: &str =
    "D418724EC59C71EBC4F70716725CB24C3E17E24F9A59622028F7792BB50A251D";

/// Where BL31 expects the kernel (PRELOADED_BL33_BASE), and where the kernel is
/// told to find its root file system.
const KERNEL_ADDRESS: &str = "0x60000000";
const INITRD_ADDRESS: &str = "0x68000000";

/// The first UART. Until the kernel has found its console it complains there.
const UART: &str = "pl011,mmio32,0x9000000";

/// The files that a running machine writes.
#[derive(Debug, Clone)]
pub(crate) struct Logs {
    pub linux: PathBuf,
    pub secure: PathBuf,
    pub rpmb: PathBuf,
    pub qemu: PathBuf,
}

impl Logs {
    pub fn in_directory(dir: &Path) -> Self {
        Self {
            linux: dir.join("linux.log"),
            secure: dir.join("secure.log"),
            rpmb: dir.join("rpmb.log"),
            qemu: dir.join("qemu.log"),
        }
    }
}

/// Where a machine's lines end.
pub(crate) struct Sockets<'a> {
    /// The fingerprint sensor.
    pub sensor: &'a Path,
    /// Who stops the machine and asks for its memory.
    pub monitor: &'a Path,
    /// What the guest's agent talks through, in the order of its ports.
    pub ports: &'a [PathBuf],
}

/// A QEMU ready to start. `shares` are the directories that the guest may mount, by tag.
pub(crate) fn command(
    platform: &Platform,
    emmc: &Emmc,
    options: &Options,
    logs: &Logs,
    sockets: &Sockets<'_>,
    shares: &[Share],
) -> Result<Command> {
    let initrd_size = std::fs::metadata(&platform.initrd)?.len();
    let (kernel, initrd) = (quoted(&platform.kernel), quoted(&platform.initrd));
    let mut args = ["-nodefaults", "-no-reboot", "-display", "none"]
        .map(String::from)
        .to_vec();
    let mut arg = |flag: &str, value: String| args.extend([flag.to_owned(), value]);

    // Cortex-A57 and not `max`: this TF-A doesn't know what `max` has.
    arg("-machine", "virt,secure=on,gic-version=3,acpi=off".into());
    arg("-cpu", "cortex-a57".into());
    arg("-smp", options.processors.to_string());
    arg("-m", "1024".into());
    arg("-bios", platform.firmware.display().to_string());
    arg("-kernel", platform.kernel.display().to_string());
    arg(
        "-append",
        format!(
            "console=hvc0 earlycon={UART} quiet panic=-1 initrd={INITRD_ADDRESS},{initrd_size} {}",
            options.kernel_parameters
        ),
    );
    arg(
        "-device",
        format!("loader,file={kernel},addr={KERNEL_ADDRESS},force-raw=on"),
    );
    arg(
        "-device",
        format!("loader,file={initrd},addr={INITRD_ADDRESS},force-raw=on"),
    );

    arg(
        "-drive",
        format!("if=none,format=raw,id=emmc,file={}", quoted(emmc.path())),
    );
    arg("-device", "sdhci-pci".into());
    let key = options.rpmb_key.map(|key| format!(",auth-key={key}"));
    arg(
        "-device",
        format!(
            "emmc,drive=emmc,boot-partition-size={},rpmb-partition-size={}{}",
            emmc::BOOT_SIZE,
            emmc.rpmb_size(),
            key.unwrap_or_default()
        ),
    );
    arg("-device", "virtio-rng-pci".into());

    // The second UART belongs to the secure world alone: there is the sensor. A module
    // that was unplugged may come back.
    arg("-serial", format!("file:{}", logs.secure.display()));
    arg(
        "-chardev",
        format!(
            "socket,id=sensor,reconnect-ms=50,path={}",
            quoted(sockets.sensor)
        ),
    );
    arg("-serial", "chardev:sensor".into());
    arg(
        "-chardev",
        format!("socket,id=monitor,path={}", quoted(sockets.monitor)),
    );
    arg("-mon", "chardev=monitor,mode=control".into());
    // The requests, and where in the image each write goes.
    arg("-trace", "sdcard_rpmb_write_block".into());
    arg("-trace", "blk_co_pwritev".into());
    arg("-D", logs.rpmb.display().to_string());

    // Consoles are numbered in the order in which they are here: this is hvc0.
    arg("-device", "virtio-serial-pci".into());
    arg(
        "-chardev",
        format!("file,id=linux,path={}", quoted(&logs.linux)),
    );
    arg("-device", "virtconsole,chardev=linux,nr=0".into());
    for (port, socket) in (1..).zip(sockets.ports) {
        arg(
            "-chardev",
            format!("socket,id=port{port},path={}", quoted(socket)),
        );
        arg(
            "-device",
            format!("virtserialport,chardev=port{port},nr={port}"),
        );
    }
    if options.console {
        arg("-chardev", "stdio,id=console,signal=off".into());
        arg(
            "-device",
            format!("virtconsole,chardev=console,nr={}", sockets.ports.len() + 1),
        );
    }
    for Share {
        tag,
        path,
        read_only,
    } in shares
    {
        // Who owns what the guest writes is kept beside it, as the guest sees
        // it: QEMU itself need not be root.
        let access = if *read_only {
            "security_model=none,readonly=on"
        } else {
            "security_model=mapped-xattr"
        };
        arg(
            "-fsdev",
            format!("local,id={tag},{access},path={}", quoted(path)),
        );
        arg(
            "-device",
            format!("virtio-9p-pci,fsdev={tag},mount_tag={tag}"),
        );
    }

    let (program, first) = platform
        .qemu
        .split_first()
        .context("The platform names no QEMU")?;
    let mut command = Command::new(program);
    command
        .args(first)
        .args(args)
        .stderr(File::create(&logs.qemu)?);
    if !options.console {
        command.stdin(Stdio::null()).stdout(Stdio::null());
    }
    Ok(command)
}

/// A directory that the guest may mount.
#[derive(Debug, Clone)]
pub(crate) struct Share {
    pub tag: String,
    pub path: PathBuf,
    pub read_only: bool,
}

/// In an option's value QEMU wants each comma twice.
fn quoted(path: &Path) -> String {
    path.display().to_string().replace(',', ",,")
}
