//! Sessions with the trusted applications, as this user.

use super::world::{Session, Unreached, World};
use anyhow::{Context, Result};
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::process::Command;
use touchseal::client::{Client, HoldsKeys, Payments, Soter};
use touchseal::proto::status::Status;
use touchseal::transport::{DEVICE_NODE, SecureWorld};
use touchseal::{FingerprintClient, GatekeeperClient, PaymentClient, SoterClient};

/// This user, with keys of its own.
pub fn me() -> World {
    rustix::process::geteuid().as_raw().into()
}

/// Does this very command again as another user, which root can become; returns only when
/// that fails. In the group of the device node, which that user need not be in: OP-TEE is told
/// the user alone.
pub fn again_as(uid: u32) -> anyhow::Error {
    let program = match std::env::current_exe() {
        Ok(program) => program,
        Err(error) => return error.into(),
    };
    let arguments = std::env::args_os().skip(1);
    let group = std::fs::metadata(DEVICE_NODE).map_or(uid, |node| node.gid());
    let mut command = Command::new(program);
    let error = command.args(arguments).uid(uid).gid(group).exec();
    let error = match error.kind() {
        ErrorKind::PermissionDenied => {
            touchseal::Error::<Unreached>::Refused(Status::NotAuthorized).into()
        }
        _ => anyhow::Error::from(error),
    };
    error.context(format!("cannot become uid {uid}, as only root can"))
}

pub fn payment() -> Result<PaymentClient<Session>> {
    Payments::open(me())
}

pub fn soter() -> Result<SoterClient<Session>> {
    Soter::open(me())
}

pub fn fingerprint() -> Result<FingerprintClient<Session>> {
    me().fingerprint()
        .context("fingerprint trusted application")
}

pub fn gatekeeper() -> Result<GatekeeperClient<Session>> {
    me().gatekeeper().context("gatekeeper trusted application")
}

/// A trusted application with keys, and what the dialect calls them.
pub trait Dialect: HoldsKeys + Sized {
    const DEVICE_KEY: &str;
    const APP_KEY: &str;
    const PAYMENT_KEY: &str;
    /// Whether making a key takes seconds.
    const TAKES_TIME: bool;
    fn open(world: World) -> Result<Client<Session, Self>>;
}

impl Dialect for Payments {
    const DEVICE_KEY: &str = "device key";
    const APP_KEY: &str = "app key";
    const PAYMENT_KEY: &str = "payment key";
    const TAKES_TIME: bool = false;

    fn open(world: World) -> Result<PaymentClient<Session>> {
        world.payment().context("payment trusted application")
    }
}

impl Dialect for Soter {
    const DEVICE_KEY: &str = "ATTK";
    const APP_KEY: &str = "ASK";
    const PAYMENT_KEY: &str = "AuthKey";
    const TAKES_TIME: bool = true;

    fn open(world: World) -> Result<SoterClient<Session>> {
        world.soter().context("SOTER trusted application")
    }
}
