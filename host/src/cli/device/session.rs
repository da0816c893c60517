//! Sessions with the trusted applications, as this user.

use anyhow::{Context, Result};
use touchseal::client::{Client, HoldsKeys, Payments, Soter};
use touchseal::transport::SecureWorld;
use touchseal::transport::teec::{Identity, Teec};
use touchseal::{FingerprintClient, GatekeeperClient, PaymentClient, SoterClient};

/// This user, with keys of its own.
pub fn me() -> Identity {
    rustix::process::geteuid().as_raw().into()
}

/// This user, for the keys of `uid`; its own where there is none. Another's is for root.
pub fn on_behalf_of(uid: Option<u32>) -> Identity {
    let me = me();
    Identity {
        uid: uid.unwrap_or(me.uid),
        ..me
    }
}

pub fn payment() -> Result<PaymentClient<Teec>> {
    Payments::open(me())
}

pub fn soter() -> Result<SoterClient<Teec>> {
    Soter::open(me())
}

pub fn fingerprint() -> Result<FingerprintClient<Teec>> {
    me().fingerprint()
        .context("fingerprint trusted application")
}

pub fn gatekeeper() -> Result<GatekeeperClient<Teec>> {
    me().gatekeeper().context("gatekeeper trusted application")
}

/// A trusted application with keys, and what the dialect calls them.
pub trait Dialect: HoldsKeys + Sized {
    const DEVICE_KEY: &str;
    const APP_KEY: &str;
    const PAYMENT_KEY: &str;
    /// Whether making a key takes seconds.
    const TAKES_TIME: bool;
    fn open(identity: Identity) -> Result<Client<Teec, Self>>;
}

impl Dialect for Payments {
    const DEVICE_KEY: &str = "device key";
    const APP_KEY: &str = "app key";
    const PAYMENT_KEY: &str = "payment key";
    const TAKES_TIME: bool = false;

    fn open(identity: Identity) -> Result<PaymentClient<Teec>> {
        identity.payment().context("payment trusted application")
    }
}

impl Dialect for Soter {
    const DEVICE_KEY: &str = "ATTK";
    const APP_KEY: &str = "ASK";
    const PAYMENT_KEY: &str = "AuthKey";
    const TAKES_TIME: bool = true;

    fn open(identity: Identity) -> Result<SoterClient<Teec>> {
        identity.soter().context("SOTER trusted application")
    }
}
