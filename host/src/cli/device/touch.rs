//! The person at the sensor, or images in the place of one.

use super::progress::{spin, spinner, tell};
use super::session;
use super::world::Session;
use anyhow::{Context, Result, bail};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use std::path::PathBuf;
use touchseal::finger::Image;
use touchseal::proto::message::{Fingers, Guidance};
use touchseal::proto::signed::Sensor;
use touchseal::proto::status::Status;
use touchseal::proto::token::AuthToken;
use touchseal::proto::transport::Transport;
use touchseal::touch::{self, Progress, Prompt};
use touchseal::{Error, FingerprintClient};

/// Whose finger it is.
#[derive(Args)]
pub struct Finger {
    /// An image of the finger, for a simulated sensor: PNG, BMP or PGM at 500 dpi. More than
    /// one are shown in turn
    #[arg(long = "image", value_name = "FILE")]
    images: Vec<PathBuf>,
}

impl Finger {
    /// Matches the finger for an operation.
    pub fn authenticate(&self, operation: u64) -> Result<AuthToken> {
        let (mut client, mut hand) = self.at_sensor()?;
        spin(&hand.shown, "reading the finger".into());
        let outcome = touch::authenticate(&mut client, operation, &mut |client, prompt| {
            hand.follow(client, prompt)
        });
        hand.shown.finish_and_clear();
        let locked = matches!(outcome, Err(Error::Refused(Status::LockedOut)));
        let outcome = outcome.map_err(anyhow::Error::from);
        if locked && let Ok(fingers) = client.fingers() {
            let seconds = fingers.locked_ms.div_ceil(1000);
            return outcome.with_context(|| format!("locked for {seconds} s"));
        }
        outcome
    }

    /// Enrols the finger: its number.
    /// `allow` gets the token that it takes, where it takes one.
    pub fn enroll(
        &self,
        allow: impl FnOnce(&mut FingerprintClient<Session>) -> Result<Option<AuthToken>>,
    ) -> Result<u32> {
        let (mut client, mut hand) = self.at_sensor()?;
        let token = allow(&mut client)?;
        hand.places_anew = self.images.len() < 2;
        spin(&hand.shown, "reading the finger".into());
        let enrolled = touch::enroll(&mut client, token, &mut |client, prompt| {
            hand.follow(client, prompt)
        });
        hand.shown.finish_and_clear();
        Ok(enrolled?)
    }

    fn at_sensor(&self) -> Result<(FingerprintClient<Session>, Hand)> {
        let mut client = session::fingerprint()?;
        let Fingers { sensor, .. } = client.fingers()?;
        match (sensor, self.images.is_empty()) {
            (Sensor::Simulated, true) => bail!(
                "the sensor of this firmware is simulated: name an image of the finger with --image"
            ),
            (Sensor::Simulated, false) | (_, true) => {}
            (_, false) => bail!(
                "this sensor takes its own pictures: --image is for a simulated one. Put the finger on the sensor"
            ),
        }
        let images = self.images.iter().map(|path| Image::from_file(path));
        let hand = Hand {
            images: images.collect::<Result<_>>()?,
            placed: 0,
            places_anew: false,
            shown: spinner(),
        };
        Ok((client, hand))
    }
}

/// Does what the secure world waits for, or says it to the person.
struct Hand {
    images: Vec<Image>,
    placed: usize,
    /// One image stands for impressions that are each placed a little differently.
    places_anew: bool,
    shown: ProgressBar,
}

impl Hand {
    fn follow<T: Transport>(
        &mut self,
        client: &mut FingerprintClient<T>,
        prompt: Prompt,
    ) -> Result<(), Error<T::Error>> {
        match prompt {
            Prompt::Place if !self.images.is_empty() => return self.place(client),
            Prompt::Place => self.say("put the finger on the sensor"),
            Prompt::Lift => self.say("lift the finger"),
            Prompt::Impression(guidance, progress) => self.impression(guidance, progress),
        }
        Ok(())
    }

    fn place<T: Transport>(
        &mut self,
        client: &mut FingerprintClient<T>,
    ) -> Result<(), Error<T::Error>> {
        let image = &self.images[self.placed % self.images.len()];
        if self.places_anew {
            client.place(&image.placement(self.placed))?;
        } else {
            client.place(image)?;
        }
        self.placed += 1;
        Ok(())
    }

    fn impression(&self, guidance: Guidance, Progress { taken, wanted }: Progress) {
        if let Ok(style) = ProgressStyle::with_template("{spinner} {bar:20} {msg}, {elapsed}") {
            self.shown.set_style(style);
        }
        self.shown.set_length(wanted.into());
        self.shown.set_position(taken.into());
        match guidance {
            Guidance::Taken => self.say(&format!(
                "{taken} of {wanted}: lift the finger, and place it again a little differently"
            )),
            Guidance::Enrolled => self.say(&format!("{taken} of {wanted}")),
            Guidance::TooSmall => {
                self.say("too little of the finger is to be seen: cover the whole sensor");
            }
            Guidance::TooSimilar => self.say("that is known already: move the finger a little"),
            Guidance::WrongFinger => {
                self.say("that is another finger, or another part of it: use the same one");
            }
        }
    }

    fn say(&self, words: &str) {
        tell(&self.shown, words.into());
    }
}
