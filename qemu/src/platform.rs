//! What the build left for us to boot.

use anyhow::{Result, bail};
use std::ffi::OsString;
use std::path::PathBuf;

/// The files that make up the platform.
#[derive(Debug, Clone)]
pub struct Platform {
    /// TF-A and OP-TEE, with the trusted applications in it.
    pub firmware: PathBuf,
    /// The Linux kernel.
    pub kernel: PathBuf,
    /// The guest's root file system.
    pub initrd: PathBuf,
    /// The emulator, as a command line to which its arguments are added.
    pub qemu: Vec<OsString>,
    /// The project's programs for the guest.
    pub programs: PathBuf,
    /// Valgrind for the guest, with the symbols that it needs.
    pub valgrind: PathBuf,
    /// Fingerprint images for tests: `p1_1.png` and `p1_2.png` are of one
    /// finger, `p2_1.png` of another person's.
    pub fingers: PathBuf,
    /// The checkout.
    pub repo: PathBuf,
    /// Everything that was built.
    pub cache: PathBuf,
}

impl Platform {
    /// Finds the platform as the build describes it in the environment.
    ///
    /// # Errors
    ///
    /// When the platform is not built, or this is not run through `make` or
    /// `qemu/toolbox`.
    pub fn from_env() -> Result<Self> {
        Ok(Self {
            firmware: file("TOUCHSEAL_FIRMWARE", "platform")?,
            kernel: file("TOUCHSEAL_KERNEL", "platform")?,
            initrd: file("TOUCHSEAL_INITRD", "platform")?,
            // With setpriv the emulator dies with us, however we die.
            qemu: ["setpriv", "--pdeathsig", "KILL"]
                .map(OsString::from)
                .into_iter()
                .chain([std::env::var_os("TOUCHSEAL_QEMU").unwrap_or("qemu-system-aarch64".into())])
                .collect(),
            programs: directory("TOUCHSEAL_PROGRAMS")?,
            valgrind: directory("TOUCHSEAL_VALGRIND")?,
            fingers: directory("TOUCHSEAL_FINGERS")?,
            repo: directory("TOUCHSEAL_REPO")?,
            cache: directory("TOUCHSEAL_CACHE")?,
        })
    }

    /// The same, with trusted applications of the next version.
    ///
    /// # Errors
    ///
    /// When they are not built.
    pub fn next(&self) -> Result<Self> {
        Ok(Self {
            firmware: file("TOUCHSEAL_NEXT_FIRMWARE", "test-firmware")?,
            ..self.clone()
        })
    }

    /// The same, with a fingerprint sensor that the normal world puts images on, and a hostile
    /// trusted application.
    ///
    /// # Errors
    ///
    /// When they are not built.
    pub fn simulated(&self) -> Result<Self> {
        Ok(Self {
            firmware: file("TOUCHSEAL_SIMULATED_FIRMWARE", "test-firmware")?,
            ..self.clone()
        })
    }

    /// The device whose keys stay from one run to the next: the image in the
    /// cache, or the one that `TOUCHSEAL_EMMC` names.
    #[must_use]
    pub fn device(&self) -> PathBuf {
        let named = std::env::var_os("TOUCHSEAL_EMMC").map(PathBuf::from);
        named.unwrap_or_else(|| self.cache.join("emmc.img"))
    }

    /// Where the logs of a program of this name go.
    #[must_use]
    pub fn logs(&self, program: &str) -> PathBuf {
        self.cache.join("logs").join(program)
    }
}

fn file(variable: &str, goal: &str) -> Result<PathBuf> {
    let path = directory(variable)?;
    if !path.is_file() {
        bail!(
            "{} ({variable}) is missing. Run `make {goal}`.",
            path.display()
        );
    }
    Ok(path)
}

fn directory(variable: &str) -> Result<PathBuf> {
    match std::env::var_os(variable).filter(|value| !value.is_empty()) {
        Some(path) => Ok(path.into()),
        None => bail!(
            "The platform is not built, or this is not run through it: {variable} is not set.\n\
             Run `make platform`, then `qemu/toolbox COMMAND`."
        ),
    }
}
