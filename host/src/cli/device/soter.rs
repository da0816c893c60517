//! The SOTER dialect.

use super::touch::Finger;
use super::{keys, progress, session};
use crate::cli::input;
use crate::cli::out_file::OutFile;
use crate::cli::out_file::write_file;
use crate::cli::output::Output;
use anyhow::{Result, anyhow, ensure};
use clap::{Args, Subcommand};
use serde_json::json;
use std::path::{Path, PathBuf};
use touchseal::client::Soter;
use touchseal::proto::label::Scene;
use touchseal::proto::message::MAX_SPARES;
use touchseal::proto::soter::{Blob, Challenge, spki_pem};
use touchseal::{Operation, SoterClient};

#[derive(Subcommand)]
pub enum Command {
    /// Make the RSA device key (ATTK), once, or repair a copy of it (as root)
    Provision,
    /// Make key pairs ahead, so that the next keys take no time (as root)
    Prepare,
    /// Export the ATTK, which the factory registers with the backend after `touchseal latch`
    ///
    /// The latch changes the cpu_id, which goes into the registration and everything that is signed.
    DeviceKey {
        /// Where to write it, in PEM
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    #[command(flatten)]
    Keys(keys::Command),
    /// Export this user's ASK and AuthKey as SOTER blobs, signed by the keys above them
    Export(Export),
    /// Sign a challenge after a match made for it: a SOTER blob
    Sign(Sign),
}

#[derive(Args)]
pub struct Export {
    /// The name of the AuthKey
    #[arg(long, value_parser = input::label::<64>())]
    scene: Scene,
    /// Where to write the ASK
    #[arg(long, value_name = "FILE")]
    ask: PathBuf,
    /// Where to write the AuthKey
    #[arg(long, value_name = "FILE")]
    auth_key: PathBuf,
}

#[derive(Args)]
pub struct Sign {
    /// The name of the AuthKey
    #[arg(long, value_parser = input::label::<64>())]
    scene: Scene,
    /// What the backend asks to be signed: up to 512 characters
    #[arg(long, value_parser = input::challenge())]
    challenge: Box<Challenge>,
    #[command(flatten)]
    finger: Finger,
    /// Where to write the signature, for the backend
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

impl Command {
    pub fn run(self, output: Output) -> Result<()> {
        match self {
            Self::Provision => keys::provision::<Soter>(output),
            Self::Prepare => prepare(output),
            Self::DeviceKey { out } => device_key(&out, output),
            Self::Keys(command) => command.run::<Soter>(output),
            Self::Export(export) => export.run(output),
            Self::Sign(sign) => sign.run(output),
        }
    }
}

/// One key pair a command, so that others come in between, until there are no more places.
fn prepare(output: Output) -> Result<()> {
    let mut client = session::soter()?;
    let were_there = client.diagnose()?.spares;
    let mut spares = were_there;
    while spares < MAX_SPARES {
        let what = format!("key pair {} of {MAX_SPARES}", spares + 1);
        let prepared = progress::make(&what, true, &mut client, SoterClient::prepare)?.spares;
        if prepared == spares {
            break;
        }
        spares = prepared;
    }
    let text = match spares == were_there {
        true => format!("key pairs prepared: {spares}, which were there"),
        false => format!("key pairs prepared: {spares}"),
    };
    output.say(text, json!({ "spares": spares }))
}

fn device_key(out: &Path, output: Output) -> Result<()> {
    let key = session::soter()?.export_device_key()?;
    let pem = spki_pem(&key.public_key).map_err(|_| anyhow!("the ATTK is no RSA-2048 key"))?;
    write_file(out, format!("{pem}\n").as_bytes())?;
    let (cpu_id, path) = (key.cpu_id.to_string(), out.display().to_string());
    output.say(
        format!("cpu_id {cpu_id}\nthe ATTK is in {path}"),
        json!({ "cpu_id": cpu_id, "public_key": pem.as_str() }),
    )
}

impl Export {
    fn run(self, output: Output) -> Result<()> {
        let (ask, auth_key) = (OutFile::open(self.ask)?, OutFile::open(self.auth_key)?);
        ensure!(
            !ask.is_also(&auth_key)?,
            "--ask and --auth-key are the same file: each is another blob"
        );
        let mut client = session::soter()?;
        let ask = write_blob(ask, &client.export_app_key()?)?;
        let auth_key = write_blob(auth_key, &client.export_payment_key(self.scene)?)?;
        output.say(
            format!("the ASK is in {ask}\nthe AuthKey is in {auth_key}"),
            json!({ "ask": ask, "auth_key": auth_key }),
        )
    }
}

impl Sign {
    fn run(self, output: Output) -> Result<()> {
        let out = OutFile::open(self.out)?;
        let mut client = session::soter()?;
        let operation = Operation::begin(&mut client, self.scene, *self.challenge)?;
        let token = self.finger.authenticate(operation.handle())?;
        let path = write_blob(out, &operation.finish(token)?)?;
        output.say(
            format!("signed\nthe signature is in {path}"),
            json!({ "signature": path }),
        )
    }
}

fn write_blob(out: OutFile, blob: &Blob) -> Result<String> {
    let blob = blob
        .to_soter()
        .map_err(|_| anyhow!("what was signed is too long for a SOTER blob"))?;
    out.write(&blob)
}
