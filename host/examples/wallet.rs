//! An app's wallet over the library: its keys, their chain for a backend, payments and signatures.
//! It speaks as the command line does, in JSON. As the app's user:
//!
//! ```text
//! wallet app-key
//! wallet payment-key --scene checkout
//! wallet chain --scene checkout --out chain.json
//! wallet pay --scene checkout --amount 1999 --currency EUR --payee Rossi --order 42 --nonce 5a... --out payment.json
//! ```

use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use serde_json::{Value, json};
use std::fs::{self, File};
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;
use touchseal::client::{Client, HoldsKeys};
use touchseal::proto::label::{Order, Payee, Scene};
use touchseal::proto::message::{Currency, KeyState, Payment};
use touchseal::proto::soter::{Blob, Challenge};
use touchseal::proto::status::Status;
use touchseal::proto::token::AuthToken;
use touchseal::proto::wire::WireError;
use touchseal::soter;
use touchseal::touch::{self, Prompt};
use touchseal::transport::teec::{Teec, TeecError};
use touchseal::{Error, FingerprintClient, Operation, PaymentClient, SoterClient};
use touchseal_verify::{Chain, Signed, device_key_to_text, to_json};

#[derive(Parser)]
struct Wallet {
    /// It is always JSON
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    #[command(flatten)]
    Keys(Lifecycle),
    Chain {
        #[arg(long, value_parser = Scene::new)]
        scene: Scene,
        #[arg(long)]
        out: PathBuf,
    },
    Pay(Pay),
    DeviceKey {
        #[arg(long)]
        out: PathBuf,
    },
    #[command(subcommand)]
    Soter(Soter),
    /// Asks so many times whether there is an app key, over one session
    Bench {
        calls: u32,
    },
}

/// What is the same in both dialects.
#[derive(Subcommand)]
enum Lifecycle {
    AppKey {
        #[arg(long)]
        replace: bool,
    },
    PaymentKey {
        #[arg(long, value_parser = Scene::new)]
        scene: Scene,
        #[arg(long)]
        replace: bool,
    },
    Keys,
    RemoveKey {
        #[arg(long, value_parser = Scene::new)]
        scene: Scene,
    },
    RemoveApp,
}

#[derive(Args)]
struct Pay {
    #[arg(long, value_parser = Scene::new)]
    scene: Scene,
    #[arg(long)]
    amount: u64,
    #[arg(long, value_parser = Currency::new)]
    currency: Currency,
    #[arg(long, value_parser = Payee::new)]
    payee: Payee,
    #[arg(long, value_parser = Order::new)]
    order: Order,
    #[arg(long, value_parser = nonce)]
    nonce: [u8; 32],
    #[arg(long)]
    out: PathBuf,
}

#[derive(Subcommand)]
enum Soter {
    #[command(flatten)]
    Keys(Lifecycle),
    Export {
        #[arg(long, value_parser = Scene::new)]
        scene: Scene,
        #[arg(long)]
        ask: PathBuf,
        #[arg(long)]
        auth_key: PathBuf,
    },
    Sign {
        #[arg(long, value_parser = Scene::new)]
        scene: Scene,
        #[arg(long)]
        challenge: String,
        #[arg(long)]
        out: PathBuf,
    },
}

fn nonce(text: &str) -> Result<[u8; 32], hex::FromHexError> {
    let mut nonce = [0; 32];
    hex::decode_to_slice(text, &mut nonce)?;
    Ok(nonce)
}

fn main() -> ExitCode {
    let command = Wallet::parse().command;
    let remedy = match command {
        Command::Soter(_) => soter::remedy,
        _ => Status::remedy,
    };
    match command.run() {
        Ok(done) => {
            println!("{done:#}");
            ExitCode::SUCCESS
        }
        Err(error) => failed(&error, remedy),
    }
}

impl Command {
    fn run(self) -> Result<Value> {
        let uid = rustix::process::geteuid().as_raw();
        let payments = || anyhow::Ok(PaymentClient::new(Teec::payment(uid)?));
        match self {
            Self::Keys(keys) => keys.run(&mut payments()?),
            Self::Chain { scene, out } => {
                let mut client = payments()?;
                let chain = Chain {
                    app_key: Signed::from(client.export_app_key()?),
                    payment_key: Signed::from(client.export_payment_key(scene)?),
                };
                fs::write(&out, to_json(&chain))?;
                Ok(json!({ "chain": out }))
            }
            Self::Pay(pay) => pay.run(uid, &mut payments()?),
            Self::DeviceKey { out } => {
                let key = payments()?.export_device_key()?;
                fs::write(out, device_key_to_text(&key.public_key))?;
                Ok(json!({ "device_id": hex::encode(key.device_id) }))
            }
            Self::Soter(command) => command.run(uid),
            Self::Bench { calls } => {
                let mut client = payments()?;
                let began = Instant::now();
                for _ in 0..calls {
                    client.find_app_key()?;
                }
                let nanoseconds = u64::try_from(began.elapsed().as_nanos())?;
                Ok(json!({ "calls": calls, "nanoseconds": nanoseconds }))
            }
        }
    }
}

impl Lifecycle {
    fn run<A: HoldsKeys>(self, client: &mut Client<Teec, A>) -> Result<Value> {
        match self {
            Self::AppKey { replace } => {
                let made = client.generate_app_key(replace)?;
                Ok(json!({ "new": made.new }))
            }
            Self::PaymentKey { scene, replace } => {
                let made = client.generate_payment_key(scene, replace)?;
                Ok(json!({ "new": made.new }))
            }
            Self::Keys => {
                let app_key = word(client.find_app_key()?);
                let mut keys = client.list_payment_keys()?.keys;
                keys.sort_by(|a, b| a.scene.as_str().cmp(b.scene.as_str()));
                let keys = keys
                    .iter()
                    .map(|key| json!({ "scene": key.scene.as_str(), "state": word(key.state) }));
                Ok(json!({ "app_key": app_key, "payment_keys": keys.collect::<Value>() }))
            }
            Self::RemoveKey { scene } => {
                client.remove_payment_key(scene)?;
                Ok(json!({ "removed": true }))
            }
            Self::RemoveApp => {
                client.remove_app_keys()?;
                Ok(json!({ "removed": true }))
            }
        }
    }
}

fn word(state: KeyState) -> &'static str {
    match state {
        KeyState::Absent => "none",
        KeyState::Usable => "usable",
        KeyState::Invalidated => "invalidated",
    }
}

impl Pay {
    fn run(self, uid: u32, client: &mut PaymentClient<Teec>) -> Result<Value> {
        let payment = Payment {
            amount: self.amount,
            currency: self.currency,
            payee: self.payee,
            order: self.order,
            nonce: self.nonce,
        };
        // Before the device signs: a signature that cannot be kept is lost.
        let mut out = File::create(&self.out)?;
        let operation = Operation::begin(client, self.scene, payment)?;
        let token = touch(uid, operation.handle())?;
        let signed = Signed::from(operation.finish(token)?);
        out.write_all(to_json(&signed).as_bytes())?;
        Ok(json!({ "payment": self.out }))
    }
}

impl Soter {
    fn run(self, uid: u32) -> Result<Value> {
        let mut client = SoterClient::new(Teec::soter(uid)?);
        match self {
            Self::Keys(keys) => keys.run(&mut client),
            Self::Export {
                scene,
                ask,
                auth_key,
            } => {
                fs::write(&ask, bytes(&client.export_app_key()?)?)?;
                fs::write(&auth_key, bytes(&client.export_payment_key(scene)?)?)?;
                Ok(json!({ "ask": ask, "auth_key": auth_key }))
            }
            Self::Sign {
                scene,
                challenge,
                out,
            } => {
                let challenge = Challenge::new(&challenge)?;
                let operation = Operation::begin(&mut client, scene, challenge)?;
                let token = touch(uid, operation.handle())?;
                fs::write(&out, bytes(&operation.finish(token)?)?)?;
                Ok(json!({ "signature": out }))
            }
        }
    }
}

fn bytes(blob: &Blob) -> Result<Vec<u8>, WireError> {
    Ok(blob.to_soter()?.to_vec())
}

/// Waits for the finger.
fn touch(uid: u32, operation: u64) -> Result<AuthToken> {
    let mut sensor = FingerprintClient::new(Teec::fingerprint(uid)?);
    let token = touch::authenticate(&mut sensor, operation, &mut |_, prompt| {
        match prompt {
            Prompt::Place => eprintln!("put the finger on the sensor"),
            Prompt::Lift => eprintln!("lift the finger"),
            Prompt::Impression(..) => {}
        }
        Ok(())
    })?;
    Ok(token)
}

/// What was refused has a cause, with a number that stays and a remedy.
fn failed(error: &anyhow::Error, remedy: fn(Status) -> &'static str) -> ExitCode {
    let unreached = error.downcast_ref::<TeecError>().map(|error| error.cause());
    let refused = error.downcast_ref::<Error<TeecError>>().map(Error::cause);
    let cause = unreached.or(refused);
    let told = cause.map(|cause| {
        json!({
            "name": cause.name(),
            "number": cause as u16,
            "sentence": cause.sentence(),
            "remedy": remedy(cause),
        })
    });
    let mut message = format!("{error:#}");
    if let Some(cause) = cause {
        message = message.replace(cause.remedy(), remedy(cause));
    }
    eprintln!("wallet: {message}");
    let error = json!({ "message": message, "cause": told });
    println!("{:#}", json!({ "error": error }));
    match cause.map(|cause| cause as u16) {
        None => ExitCode::from(2),
        Some(..50) => ExitCode::from(1),
        Some(50..) => ExitCode::from(3),
    }
}
