//! The SOTER dialect.

use crate::failure::{Failure, check};
use crate::{OfScene, Out, interface, patiently, removed, write};
use clap::{Args, Subcommand};
use rsbinder::Strong;
use serde_json::{Value, json};
use std::path::PathBuf;
use touchseal_hal::SOTER;
use touchseal_hal::aidl::ISoter::ISoter;
use touchseal_hal::aidl::SoterCode::SoterCode;
use touchseal_hal::aidl::SoterData::SoterData;

#[derive(Subcommand)]
pub enum Command {
    /// Make the device's keys, for the framework and the factory
    Provision,
    /// Make the ASK, unless it is there
    AppKey,
    /// Make the AuthKey, unless a good one is there
    PaymentKey(OfScene),
    /// Export the ASK and the AuthKey
    Export {
        #[command(flatten)]
        key: OfScene,
        #[arg(long)]
        ask: PathBuf,
        #[arg(long)]
        auth_key: PathBuf,
    },
    /// Export the ATTK
    DeviceKey(Out),
    /// Sign a challenge, with a finger on the sensor
    Sign(Sign),
    /// Remove the AuthKey, for ever
    RemoveKey(OfScene),
    /// Remove all keys, for ever
    RemoveApp,
}

#[derive(Args)]
pub struct Sign {
    #[command(flatten)]
    key: OfScene,
    #[arg(long)]
    challenge: String,
    /// Name this uid rather than one's own
    #[arg(long)]
    uid: Option<i32>,
    #[command(flatten)]
    out: Out,
}

impl Command {
    pub fn run(self) -> Result<Value, Failure> {
        let hal: Strong<dyn ISoter> = interface(SOTER)?;
        let uid = rustix::process::geteuid().as_raw().cast_signed();
        Ok(match self {
            Self::Provision => {
                check(&hal.generateAttkKeyPair(2)?)?;
                json!({ "provisioned": true })
            }
            Self::AppKey => {
                let was_there = hal.hasAskAlready(uid)?.errorCode == SoterCode::OK;
                check(&hal.generateAskKeyPair(uid)?)?;
                json!({ "new": !was_there })
            }
            Self::PaymentKey(key) => {
                let found = hal.hasAuthKey(uid, &key.scene)?;
                check(&hal.generateAuthKeyPair(uid, &key.scene)?)?;
                json!({ "new": found.errorCode != SoterCode::OK })
            }
            Self::Export { key, ask, auth_key } => {
                let (exported_ask, exported_key) = (
                    bytes(hal.exportAskPublicKey(uid)?)?,
                    bytes(hal.exportAuthKeyPublicKey(uid, &key.scene)?)?,
                );
                json!({
                    "ask": write(&ask, exported_ask)?,
                    "auth_key": write(&auth_key, exported_key)?,
                })
            }
            Self::DeviceKey(out) => {
                let pem = bytes(hal.exportAttkPublicKey()?)?;
                write(&out.out, [pem.as_slice(), b"\n"].concat())?;
                json!({
                    "cpu_id": String::from_utf8_lossy(&bytes(hal.getDeviceId()?)?),
                    "public_key": String::from_utf8_lossy(&pem),
                })
            }
            Self::Sign(sign) => sign.run(&*hal, uid)?,
            Self::RemoveKey(key) => {
                check(&hal.removeAuthKey(uid, &key.scene)?)?;
                removed()
            }
            Self::RemoveApp => {
                check(&hal.removeAllUidKey(uid)?)?;
                removed()
            }
        })
    }
}

impl Sign {
    fn run(self, hal: &dyn ISoter, own: i32) -> Result<Value, Failure> {
        let uid = self.uid.unwrap_or(own);
        let begun = hal.initSign(uid, &self.key.scene, &self.challenge)?;
        check(&begun.result)?;
        let signed = patiently(|| bytes(hal.finishSign(begun.session)?))?;
        Ok(json!({ "signature": write(&self.out.out, signed)? }))
    }
}

fn bytes(given_out: SoterData) -> Result<Vec<u8>, Failure> {
    check(&given_out.result)?;
    Ok(given_out.data)
}
