//! What needs a device: the commands that open a session with the secure world.

use super::{amount, parse_nonce};
use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use std::path::{Path, PathBuf};
use touchseal::proto::label::{Label, Scene};
use touchseal::proto::message::{Currency, Generated, Payment};
use touchseal::proto::wire::WireError;
use touchseal::transport::teec::Teec;
use touchseal::{FingerprintClient, PaymentClient, finger};
use touchseal_verify::{Chain, Signed, device_key_to_text, to_json};

#[derive(Subcommand)]
pub enum Command {
    /// Say how the trusted applications are
    Info {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Make the device key, once (as root)
    Provision,
    /// Print the device's public key, which the factory registers with the backend
    DeviceKey {
        /// Write it to a file
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// Enrol a finger (as root)
    Enroll {
        /// An image of the finger: PNG, BMP or PGM at 500 dpi
        #[arg(long)]
        image: PathBuf,
    },
    /// Remove every enrolled finger (as root)
    RemoveFingers,
    /// Make this user's app key, unless it is there
    AppKey,
    /// Make this user's payment key for a scene, unless a good one is there
    PaymentKey {
        /// The scene
        #[arg(long)]
        scene: String,
    },
    /// List this user's payment keys
    Keys,
    /// Remove this user's payment key for a scene, for ever
    RemoveKey {
        /// The scene
        #[arg(long)]
        scene: String,
    },
    /// Remove all of this user's keys, for ever
    RemoveApp,
    /// Export this user's app key and payment key, signed by the keys above them
    Chain {
        /// The scene
        #[arg(long)]
        scene: String,
        /// Where to write them, for the backend
        #[arg(long)]
        out: PathBuf,
    },
    /// Pay: begin, match a finger for this very payment, sign
    Pay(Pay),
}

#[derive(Args)]
pub struct Pay {
    /// The scene
    #[arg(long)]
    scene: String,
    #[command(flatten)]
    payment: PaymentArgs,
    /// An image of the finger on the sensor
    #[arg(long)]
    image: PathBuf,
    /// Where to write the signed payment, for the backend
    #[arg(long)]
    out: PathBuf,
}

/// A payment, as a person writes it.
#[derive(Args)]
struct PaymentArgs {
    /// Amount in minor units of the currency (cents)
    #[arg(long)]
    amount: u64,
    /// ISO 4217 currency code
    #[arg(long)]
    currency: String,
    /// Who gets the money
    #[arg(long)]
    payee: String,
    /// The backend's order number
    #[arg(long)]
    order: String,
    /// The backend's nonce: 64 hexadecimal digits, used once
    #[arg(long, value_parser = parse_nonce)]
    nonce: [u8; 32],
}

impl PaymentArgs {
    fn to_payment(&self) -> Result<Payment> {
        Ok(Payment {
            amount: self.amount,
            currency: Currency::new(&self.currency)
                .map_err(|_| anyhow::anyhow!("--currency is not three capital letters"))?,
            payee: label("--payee", &self.payee)?,
            order: label("--order", &self.order)?,
            nonce: self.nonce,
        })
    }
}

fn label<const N: usize>(option: &str, text: &str) -> Result<Label<N>> {
    Label::new(text).map_err(|error| match error {
        WireError::TooLong => anyhow::anyhow!("{option} is longer than {N} bytes"),
        _ => anyhow::anyhow!(
            "{option} is empty, has invisible or control characters, or white space at an end"
        ),
    })
}

impl Command {
    pub fn run(self) -> Result<()> {
        match self {
            Self::Info { json } => info(json),
            Self::Provision => {
                said("device key", &payment()?.provision()?);
                Ok(())
            }
            Self::DeviceKey { out } => device_key(out),
            Self::Enroll { image } => enroll(&image),
            Self::RemoveFingers => {
                fingerprint()?.remove_fingers()?;
                println!("no finger is enrolled any more");
                Ok(())
            }
            Self::AppKey => {
                said("app key", &payment()?.generate_app_key()?);
                Ok(())
            }
            Self::PaymentKey { scene } => {
                let scene = label("--scene", &scene)?;
                said("payment key", &payment()?.generate_payment_key(scene)?);
                Ok(())
            }
            Self::Keys => keys(),
            Self::RemoveKey { scene } => {
                payment()?.remove_payment_key(label("--scene", &scene)?)?;
                println!("payment key: removed");
                Ok(())
            }
            Self::RemoveApp => {
                payment()?.remove_app_keys()?;
                println!("app key and payment keys: removed");
                Ok(())
            }
            Self::Chain { scene, out } => chain(&scene, &out),
            Self::Pay(pay) => pay.run(),
        }
    }
}

fn uid() -> u32 {
    rustix::process::geteuid().as_raw()
}

fn payment() -> Result<PaymentClient<Teec>> {
    Ok(PaymentClient::new(
        Teec::payment(uid()).context("payment trusted application")?,
    ))
}

fn fingerprint() -> Result<FingerprintClient<Teec>> {
    let transport = Teec::fingerprint(uid()).context("fingerprint trusted application")?;
    Ok(FingerprintClient::new(transport))
}

fn said(key: &str, generated: &Generated) {
    println!(
        "{key}: {}",
        if generated.new {
            "made"
        } else {
            "was there, and is kept"
        }
    );
}

fn info(json: bool) -> Result<()> {
    let info = payment()?.info()?;
    let fingers = fingerprint()?.fingers()?;
    if json {
        let json = serde_json::json!({
            "ta_version": info.ta_version,
            "security_level": info.security_level as u8,
            "provisioned": info.provisioned,
            "counter": info.counter,
            "fingers": fingers.fingers,
            "epoch": format!("{:016x}", fingers.authenticator_id),
            "locked_ms": fingers.locked_ms,
        });
        println!("{json:#}");
        return Ok(());
    }
    println!("TA version      {}", info.ta_version);
    println!("security level  {:?}", info.security_level);
    println!(
        "device key      {}",
        if info.provisioned {
            "provisioned"
        } else {
            "none"
        }
    );
    println!("counter         {}", info.counter);
    println!("fingers         {}", fingers.fingers);
    println!("enrolment       {:016x}", fingers.authenticator_id);
    match fingers.locked_ms {
        0 => {}
        u32::MAX => println!("locked          for good"),
        ms => println!("locked          for {} s", ms.div_ceil(1000)),
    }
    Ok(())
}

fn device_key(out: Option<PathBuf>) -> Result<()> {
    let key = payment()?.export_device_key()?;
    println!("device {}", hex::encode(key.device_id));
    let line = device_key_to_text(&key.public_key);
    match out {
        Some(path) => write_file(&path, line.as_bytes()),
        None => {
            print!("{line}");
            Ok(())
        }
    }
}

fn enroll(image: &Path) -> Result<()> {
    let enrolled = fingerprint()?.enroll(finger::from_file(image)?)?;
    println!(
        "finger {} enrolled, {} in all",
        enrolled.finger, enrolled.fingers
    );
    Ok(())
}

fn keys() -> Result<()> {
    for scene in payment()?.list_payment_keys()?.scenes {
        println!("{scene}");
    }
    Ok(())
}

fn chain(scene: &str, out: &Path) -> Result<()> {
    let mut client = payment()?;
    let chain = Chain {
        app_key: Signed::from(client.export_app_key()?),
        payment_key: Signed::from(client.export_payment_key(label("--scene", scene)?)?),
    };
    write_file(out, to_json(&chain).as_bytes())?;
    println!("app key and payment key exported");
    println!("the chain is in {}", out.display());
    Ok(())
}

impl Pay {
    fn run(self) -> Result<()> {
        let scene: Scene = label("--scene", &self.scene)?;
        let print = finger::from_file(&self.image)?;
        let mut client = payment()?;
        let begun = client.begin(scene, self.payment.to_payment()?)?;
        let token = fingerprint()?.authenticate(begun.handle, print)?;
        let payment = client.finish(begun.handle, token)?;
        write_file(&self.out, to_json(&Signed::from(payment)).as_bytes())?;
        println!(
            "paid {}",
            amount(self.payment.amount, &self.payment.currency)
        );
        println!("the signed payment is in {}", self.out.display());
        Ok(())
    }
}

fn write_file(path: &Path, bytes: &[u8]) -> Result<()> {
    std::fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}
