//! The life of an app's keys, in either dialect.

use super::progress;
use super::report::Report;
use super::session::{Dialect, again_as, me};
use super::world::{Session, Unreached};
use crate::cli::input;
use crate::cli::output::Output;
use anyhow::Result;
use clap::{Args, Subcommand};
use serde_json::json;
use touchseal::Error;
use touchseal::client::Client;
use touchseal::proto::label::Scene;
use touchseal::proto::message::{Generated, KeyState};

#[derive(Subcommand)]
pub enum Command {
    /// Make this user's app key (ASK), unless it is there
    AppKey(Making),
    /// Make this user's payment key (AuthKey) for a scene, unless a good one is there
    PaymentKey {
        #[command(flatten)]
        key: OfScene,
        #[command(flatten)]
        making: Making,
    },
    /// List this user's keys, and whether they can be used
    Keys,
    /// Remove this user's payment key (AuthKey) for a scene, for ever
    RemoveKey(OfScene),
    /// Remove all of this user's keys, for ever
    RemoveApp {
        /// Remove those of another uid, which was uninstalled (as root)
        #[arg(long)]
        uid: Option<u32>,
    },
}

#[derive(Args)]
pub struct OfScene {
    /// The scene
    #[arg(long, value_parser = input::label::<64>())]
    scene: Scene,
}

#[derive(Args)]
pub struct Making {
    /// Make another even if there is a good one, which works until the other is durable
    #[arg(long)]
    replace: bool,
    #[command(flatten)]
    report: Report,
}

impl Making {
    fn run<A: Dialect>(
        self,
        what: &str,
        output: Output,
        make: impl FnOnce(&mut Client<Session, A>, bool) -> Result<Generated, Error<Unreached>>,
    ) -> Result<()> {
        let mut client = A::open(me())?;
        let replace = self.replace;
        match progress::make(what, A::TAKES_TIME, &mut client, |client| {
            make(client, replace)
        }) {
            Ok(Generated { new }) => {
                let outcome = if new {
                    "made"
                } else {
                    "was there, and is kept"
                };
                output.say(format!("{what}: {outcome}"), json!({ "new": new }))
            }
            Err(cause) => Err(self.report.failure(&mut client, cause)?.into()),
        }
    }
}

impl Command {
    pub fn run<A: Dialect>(self, output: Output) -> Result<()> {
        match self {
            Self::AppKey(making) => making.run::<A>(A::APP_KEY, output, |client, replace| {
                client.generate_app_key(replace)
            }),
            Self::PaymentKey { key, making } => {
                making.run::<A>(A::PAYMENT_KEY, output, |client, replace| {
                    client.generate_payment_key(key.scene, replace)
                })
            }
            Self::Keys => list::<A>(output),
            Self::RemoveKey(key) => {
                A::open(me())?.remove_payment_key(key.scene)?;
                let text = format!("{}: removed", A::PAYMENT_KEY);
                output.say(text, json!({ "removed": true }))
            }
            Self::RemoveApp { uid } => {
                let me = me();
                if let Some(another) = uid.filter(|uid| *uid != me.uid) {
                    return Err(again_as(another));
                }
                progress::during("removing the keys", || {
                    anyhow::Ok(A::open(me)?.remove_app_keys()?)
                })?;
                let (app, payment, uid) = (A::APP_KEY, A::PAYMENT_KEY, me.uid);
                let text = format!("{app} and {payment}s of uid {uid}: removed");
                output.say(text, json!({ "removed": true, "uid": uid }))
            }
        }
    }
}

/// Makes the device key.
pub fn provision<A: Dialect>(output: Output) -> Result<()> {
    let mut client = A::open(me())?;
    let made = progress::make(A::DEVICE_KEY, A::TAKES_TIME, &mut client, Client::provision)?;
    let outcome = match (made.new, made.repaired) {
        (true, _) => "made",
        (false, true) => "was there; one of its two copies was gone or damaged, and is repaired",
        (false, false) => "was there, and is kept",
    };
    output.say(
        format!("{}: {outcome}", A::DEVICE_KEY),
        json!({ "new": made.new, "repaired": made.repaired }),
    )
}

fn list<A: Dialect>(output: Output) -> Result<()> {
    let mut client = A::open(me())?;
    let app_key = client.find_app_key()?;
    let mut keys = client.list_payment_keys()?.keys;
    keys.sort_by(|a, b| a.scene.as_str().cmp(b.scene.as_str()));
    let mut text = format!("{:<12} {}", A::APP_KEY, word(app_key));
    for key in &keys {
        text += &format!(
            "\n{:<12} {:<12} {}",
            A::PAYMENT_KEY,
            word(key.state),
            key.scene
        );
    }
    let payment_keys: Vec<_> = keys
        .iter()
        .map(|key| json!({ "scene": key.scene.as_str(), "state": word(key.state) }))
        .collect();
    output.say(
        text,
        json!({ "app_key": word(app_key), "payment_keys": payment_keys }),
    )
}

fn word(state: KeyState) -> &'static str {
    match state {
        KeyState::Absent => "none",
        KeyState::Usable => "usable",
        KeyState::Invalidated => "invalidated",
    }
}
