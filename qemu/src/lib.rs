//! A phone in a process: QEMU with OP-TEE in its secure world, an eMMC whose
//! RPMB partition is a real (emulated) one, and a small Linux.
//!
//! ```no_run
//! # fn main() -> anyhow::Result<()> {
//! use std::time::Duration;
//! use touchseal_qemu::{Command, Emmc, Guest, Options, Platform};
//!
//! let platform = Platform::from_env()?;
//! let emmc = Emmc::open_or_create("device.img")?;
//! let mut guest = Guest::boot(&platform, &emmc, &Options::new("logs"))?;
//! let who = Command::new("id").uid(10115);
//! let output = guest.run(&who, Duration::from_secs(10))?;
//! println!("{} {}", output.code, String::from_utf8_lossy(&output.stdout));
//! println!("{} RPMB writes since boot", guest.rpmb_writes()?);
//! guest.power_off()?;
//! # Ok(())
//! # }
//! ```
//!
//! The guest sees every shared directory under its own path, so a path means
//! the same thing inside and outside.

#![forbid(unsafe_code)]

mod app;
mod command;
mod emmc;
mod folder;
mod guest;
mod hal;
mod machine;
mod memory;
mod owner;
mod platform;
mod proxy;
mod rpmb;
pub mod sensor;

pub use app::{App, SoterApp, label, some_payment};
pub use command::{Command, Output};
pub use emmc::Emmc;
pub use folder::Folder;
pub use guest::{Guest, Options};
pub use memory::{Block, Memory};
pub use owner::{Owner, patiently, patiently_where};
pub use platform::Platform;
pub use proxy::{Cut, Proxy, ProxyError, Session};
pub use rpmb::Writes;
pub use sensor::{Fault, Hand, Impression};
