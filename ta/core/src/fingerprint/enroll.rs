//! The impressions of a finger that is being enrolled, and what to tell its owner.

use super::capture::Captured;
use super::matcher;
use super::template::{MAX_VIEWS, Template, View};
use crate::error::{Error, Result};
use touchseal_proto::message::Guidance;

/// So many impressions make a finger.
pub const WANTED: usize = MAX_VIEWS;

/// An enrolment that no impression comes to for so long is given up, in milliseconds.
const LIFETIME_MS: u64 = 60_000;

/// An impression that is so like one before, in percent of its likeness to itself, shows
/// nothing new. The same place twice gives 90 and more, ten pixels beside it 70 to 85.
const SIMILAR_PERCENT: u32 = 87;

/// A finger that is being enrolled.
pub struct Enrolling {
    admitted: Option<u64>,
    template: Template,
    expires: u64,
}

impl Enrolling {
    /// No finger was shown yet; a password was, where an owner is admitted.
    pub fn begin(admitted: Option<u64>, now: u64) -> Self {
        Self {
            admitted,
            template: Template {
                width: 0,
                height: 0,
                views: heapless::Vec::new(),
            },
            expires: now.saturating_add(LIFETIME_MS),
        }
    }

    /// Whether it is still waited for.
    pub fn is_current(&self, now: u64) -> bool {
        now < self.expires
    }

    /// The secure user id of who was admitted.
    pub fn admitted(&self) -> Option<u64> {
        self.admitted
    }

    /// How many impressions were taken.
    pub fn taken(&self) -> u8 {
        u8::try_from(self.template.views.len()).unwrap_or(u8::MAX)
    }

    /// The template, once there are enough.
    pub fn template(&self) -> Option<&Template> {
        self.template.views.is_full().then_some(&self.template)
    }

    /// Looks at an impression, if a picture gave one, and takes it if it adds to those before.
    pub fn add(&mut self, captured: Option<Captured>, now: u64) -> Result<Guidance> {
        self.expires = now.saturating_add(LIFETIME_MS);
        let Some(captured) = captured else {
            return Ok(Guidance::TooSmall);
        };
        let print = &captured.print;
        let likeness_to_itself = matcher::score(print, print)?;
        if likeness_to_itself < matcher::THRESHOLD {
            return Ok(Guidance::TooSmall);
        }
        let mut likeness = 0;
        for view in &self.template.views {
            likeness = likeness.max(matcher::score(print, &view.print)?);
        }
        if !self.template.views.is_empty() {
            if likeness < matcher::THRESHOLD {
                return Ok(Guidance::WrongFinger);
            }
            if likeness.saturating_mul(100) >= likeness_to_itself.saturating_mul(SIMILAR_PERCENT) {
                return Ok(Guidance::TooSimilar);
            }
        }
        self.template.width = self.template.width.max(captured.width);
        self.template.height = self.template.height.max(captured.height);
        self.template
            .views
            .push(View {
                print: captured.print,
                quality: captured.quality,
            })
            .map_err(|_| Error::Platform)?;
        Ok(Guidance::Taken)
    }
}
