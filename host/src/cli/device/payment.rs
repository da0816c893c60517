//! The native dialect: what a backend needs of the keys, and a payment.

use super::session;
use super::touch::Finger;
use crate::cli::out_file::OutFile;
use crate::cli::out_file::write_file;
use crate::cli::output::Output;
use crate::cli::{amount, input};
use anyhow::Result;
use clap::Args;
use serde_json::json;
use std::path::PathBuf;
use touchseal::Operation;
use touchseal::proto::label::{Order, Payee, Scene};
use touchseal::proto::message::{Currency, Payment};
use touchseal_verify::{Chain, Signed, device_key_to_text, to_json};

/// Exports the device key.
pub fn device_key(out: Option<PathBuf>, output: Output) -> Result<()> {
    let key = session::payment()?.export_device_key()?;
    let device_id = hex::encode(key.device_id);
    let line = device_key_to_text(&key.public_key);
    let text = match &out {
        Some(path) => {
            write_file(path, line.as_bytes())?;
            format!("device {device_id}")
        }
        None => format!("device {device_id}\n{}", line.trim_end()),
    };
    let public_key = hex::encode(key.public_key);
    output.say(
        text,
        json!({ "device_id": device_id, "public_key": public_key }),
    )
}

#[derive(Args)]
pub struct Export {
    /// The scene
    #[arg(long, value_parser = input::label::<64>())]
    scene: Scene,
    /// Where to write them, for the backend
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

impl Export {
    pub fn run(self, output: Output) -> Result<()> {
        let out = OutFile::open(self.out)?;
        let mut client = session::payment()?;
        let chain = Chain {
            app_key: Signed::from(client.export_app_key()?),
            payment_key: Signed::from(client.export_payment_key(self.scene)?),
        };
        let path = out.write(to_json(&chain).as_bytes())?;
        output.say(
            format!("app key and payment key exported\nthe chain is in {path}"),
            json!({ "chain": path }),
        )
    }
}

#[derive(Args)]
pub struct Pay {
    /// The scene
    #[arg(long, value_parser = input::label::<64>())]
    scene: Scene,
    #[command(flatten)]
    payment: PaymentArgs,
    #[command(flatten)]
    finger: Finger,
    /// Where to write the signed payment, for the backend
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// A payment, as a person writes it.
#[derive(Args)]
struct PaymentArgs {
    /// Amount in minor units of the currency (cents)
    #[arg(long)]
    amount: u64,
    /// ISO 4217 currency code
    #[arg(long, value_parser = input::currency())]
    currency: Currency,
    /// Who gets the money
    #[arg(long, value_parser = input::label::<64>())]
    payee: Payee,
    /// The backend's order number
    #[arg(long, value_parser = input::label::<64>())]
    order: Order,
    /// The backend's nonce: 64 hexadecimal digits, used once
    #[arg(long, value_parser = input::nonce())]
    nonce: [u8; 32],
}

impl From<PaymentArgs> for Payment {
    fn from(args: PaymentArgs) -> Self {
        Self {
            amount: args.amount,
            currency: args.currency,
            payee: args.payee,
            order: args.order,
            nonce: args.nonce,
        }
    }
}

impl Pay {
    pub fn run(self, output: Output) -> Result<()> {
        let paid = amount(self.payment.amount, self.payment.currency.as_str());
        let out = OutFile::open(self.out)?;
        let mut client = session::payment()?;
        let operation = Operation::begin(&mut client, self.scene, self.payment.into())?;
        let token = self.finger.authenticate(operation.handle())?;
        let payment = operation.finish(token)?;
        let path = out.write(to_json(&Signed::from(payment)).as_bytes())?;
        output.say(
            format!("paid {paid}\nthe signed payment is in {path}"),
            json!({ "payment": path }),
        )
    }
}
