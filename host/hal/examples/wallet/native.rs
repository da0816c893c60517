//! The native dialect.

use crate::failure::Failure;
use crate::{OfScene, Out, interface, patiently, removed, write};
use clap::{Args, Subcommand};
use rsbinder::{BinderResult, Interface, Strong};
use serde_json::{Value, json};
use std::time::Instant;
use touchseal_hal::PAYMENT_KEYS;
use touchseal_hal::aidl::IPaymentCallback::{BnPaymentCallback, IPaymentCallback};
use touchseal_hal::aidl::IPaymentKeys::IPaymentKeys;
use touchseal_hal::aidl::KeyState::KeyState;
use touchseal_hal::aidl::Payment::Payment;
use touchseal_hal::aidl::Prompt::Prompt;
use touchseal_hal::aidl::SignedStatement::SignedStatement;
use touchseal_verify::{Chain, Signed, device_key_to_text, to_json};

#[derive(Subcommand)]
pub enum Command {
    /// Make the app key, unless it is there
    AppKey {
        #[arg(long)]
        replace: bool,
    },
    /// Make the payment key of a scene, unless a good one is there
    PaymentKey {
        #[command(flatten)]
        key: OfScene,
        #[arg(long)]
        replace: bool,
    },
    /// List the keys
    Keys,
    /// Export the keys for the backend
    Chain {
        #[command(flatten)]
        key: OfScene,
        #[command(flatten)]
        out: Out,
    },
    /// Pay, with a finger on the sensor
    Pay(Pay),
    /// Remove a payment key, for ever
    RemoveKey(OfScene),
    /// Remove all keys, for ever
    RemoveApp {
        /// Those of an app that was uninstalled, for the framework
        #[arg(long)]
        uid: Option<i32>,
    },
    /// Export the device key
    DeviceKey(Out),
    /// Find the app key so many times
    Bench { calls: u32 },
}

#[derive(Args)]
pub struct Pay {
    #[command(flatten)]
    key: OfScene,
    #[arg(long)]
    amount: i64,
    #[arg(long)]
    currency: String,
    #[arg(long)]
    payee: String,
    #[arg(long)]
    order: String,
    /// 64 hexadecimal digits
    #[arg(long)]
    nonce: String,
    #[command(flatten)]
    out: Out,
}

/// The person at the sensor.
struct Person;

impl Interface for Person {}

impl IPaymentCallback for Person {
    fn onPrompt(&self, prompt: Prompt) -> BinderResult<()> {
        match prompt {
            Prompt::LIFT_FINGER => eprintln!("wallet: lift the finger"),
            _ => eprintln!("wallet: put the finger on the sensor"),
        }
        Ok(())
    }
}

impl Command {
    pub fn run(self) -> Result<Value, Failure> {
        let hal: Strong<dyn IPaymentKeys> = interface(PAYMENT_KEYS)?;
        Ok(match self {
            Self::AppKey { replace } => json!({ "new": hal.generateAppKey(replace)? }),
            Self::PaymentKey { key, replace } => {
                json!({ "new": hal.generatePaymentKey(&key.scene, replace)? })
            }
            Self::Keys => keys(&*hal)?,
            Self::Chain { key, out } => {
                let chain = Chain {
                    app_key: signed(hal.exportAppKey()?),
                    payment_key: signed(hal.exportPaymentKey(&key.scene)?),
                };
                json!({ "chain": write(&out.out, to_json(&chain))? })
            }
            Self::Pay(pay) => pay.run(&*hal)?,
            Self::RemoveKey(key) => {
                hal.removePaymentKey(&key.scene)?;
                removed()
            }
            Self::RemoveApp { uid: None } => {
                hal.removeAppKeys()?;
                removed()
            }
            Self::RemoveApp { uid: Some(uid) } => {
                hal.removeAppKeysOf(uid)?;
                removed()
            }
            Self::DeviceKey(out) => device_key(&*hal, &out)?,
            Self::Bench { calls } => {
                let began = Instant::now();
                for _ in 0..calls {
                    hal.findAppKey()?;
                }
                let nanoseconds = u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX);
                json!({ "calls": calls, "nanoseconds": nanoseconds })
            }
        })
    }
}

impl Pay {
    fn run(self, hal: &dyn IPaymentKeys) -> Result<Value, Failure> {
        let nonce = hex::decode(&self.nonce)
            .map_err(|_| Failure::misuse("--nonce: it is not hexadecimal".into()))?;
        let payment = Payment {
            amount: self.amount,
            currency: self.currency,
            payee: self.payee,
            order: self.order,
            nonce,
        };
        let person = BnPaymentCallback::new_binder(Person);
        let begin = || Ok(hal.begin(&self.key.scene, &payment, &person)?);
        let operation = patiently(begin)?;
        let paid = patiently(|| Ok(hal.finish(operation.handle)?))?;
        let path = write(&self.out.out, to_json(&signed(paid)))?;
        Ok(json!({ "payment": path }))
    }
}

fn keys(hal: &dyn IPaymentKeys) -> Result<Value, Failure> {
    let app_key = hal.findAppKey()?;
    let mut keys = hal.listPaymentKeys()?;
    keys.sort_by(|a, b| a.scene.cmp(&b.scene));
    let keys: Vec<_> = keys
        .iter()
        .map(|key| json!({ "scene": key.scene, "state": word(key.state) }))
        .collect();
    Ok(json!({ "app_key": word(app_key), "payment_keys": keys }))
}

fn word(state: KeyState) -> &'static str {
    match state {
        KeyState::USABLE => "usable",
        KeyState::INVALIDATED => "invalidated",
        _ => "none",
    }
}

fn device_key(hal: &dyn IPaymentKeys, out: &Out) -> Result<Value, Failure> {
    let key = hal.exportDeviceKey()?;
    let public_key = key.publicKey.as_slice().try_into();
    let public_key =
        public_key.map_err(|_| Failure::not_reached(&"its device key has another length"))?;
    write(&out.out, device_key_to_text(&public_key))?;
    Ok(json!({
        "device_id": hex::encode(key.deviceId),
        "public_key": hex::encode(public_key),
    }))
}

fn signed(statement: SignedStatement) -> Signed {
    let SignedStatement {
        statement,
        signature,
    } = statement;
    Signed {
        statement,
        signature,
    }
}
