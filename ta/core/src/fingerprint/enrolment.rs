//! Which fingers are enrolled: templates, each an object of its own, and the state
//! record that says which of them count.

use super::matcher;
use super::print::Print;
use super::sealed_template;
use super::template::Template;
use crate::error::{Error, Result};
use crate::platform::{RECORD_MAX, Random, Store, random_nonzero};
use crate::record::{Record, Sealed};
use touchseal_proto::TA_VERSION;
use touchseal_proto::message::MAX_FINGERS;
use touchseal_proto::wire_struct;

wire_struct! {
    /// The enrolment's state. One block, replaced in place.
    #[derive(Clone, Debug, Default, PartialEq, Eq)]
    State {
        /// The oldest TA version that may use this state.
        ta_version_floor: u32,
        /// Changes whenever a finger is enrolled.
        epoch: u64,
        /// Attempts counted since the last match: see the lockout.
        attempts: u32,
        /// The last number that was given to a finger.
        last_finger: u32,
        /// The enrolled fingers' numbers.
        fingers: heapless::Vec<u32, MAX_FINGERS>,
        /// Fingers that count no more, and whose templates may still be there.
        leaving: heapless::Vec<u32, MAX_FINGERS>,
        /// Whose password the fingers were enrolled under: 0 where none was shown yet.
        /// Without fingers it says nothing.
        secure_user_id: u64,
    }
}

impl Record for State {
    const MAGIC: [u8; 4] = *b"TSFS";
    const VERSION: u16 = 2;
    const OLDEST: u16 = 1;
    const SIZE: usize = RECORD_MAX;
}

impl State {
    /// Whether there are fingers that are somebody's who has a password.
    pub fn has_owner(&self) -> bool {
        !self.fingers.is_empty() && self.secure_user_id != 0
    }

    /// The epoch, while there is a finger.
    pub fn authenticator_id(&self) -> u64 {
        if self.fingers.is_empty() {
            0
        } else {
            self.epoch
        }
    }
}

/// The state; before the first finger, an empty one. A state last written by a newer
/// trusted application is refused.
pub fn read(sealed: &mut Sealed<State>, store: &mut impl Store) -> Result<State> {
    let state = sealed.get(store)?.cloned().unwrap_or_default();
    if state.ta_version_floor > TA_VERSION {
        Err(Error::TaTooOld)
    } else {
        Ok(state)
    }
}

/// Seals the state.
pub fn write(sealed: &mut Sealed<State>, store: &mut impl Store, state: State) -> Result<()> {
    sealed.put(
        store,
        State {
            ta_version_floor: TA_VERSION,
            ..state
        },
    )
}

/// Refuses who is not the owner of the fingers: who adopts them by that could try wrong
/// fingers without end.
pub fn require_owner(
    sealed: &mut Sealed<State>,
    store: &mut impl Store,
    secure_user_id: u64,
) -> Result<()> {
    let state = read(sealed, store)?;
    if state.has_owner() && state.secure_user_id == secure_user_id {
        Ok(())
    } else {
        Err(Error::TokenOfOtherOwner)
    }
}

/// Admits who has shown a password: to change the fingers of another owner would be to put
/// one's own behind the other's keys. The first who does, while a finger is enrolled, is
/// its owner from then on.
pub fn admit(
    sealed: &mut Sealed<State>,
    store: &mut impl Store,
    secure_user_id: u64,
) -> Result<()> {
    let state = read(sealed, store)?;
    if secure_user_id == 0 {
        return Err(Error::TokenOfOtherOwner);
    }
    if state.fingers.is_empty() {
        return Ok(());
    }
    if state.has_owner() {
        return require_owner(sealed, store, secure_user_id);
    }
    write(
        sealed,
        store,
        State {
            secure_user_id,
            ..state
        },
    )
}

/// Seals a finger under a fresh number, then makes it count, together with a new
/// epoch, in one write. The state comes before the first finger: what is in the RPMB
/// is touched only by who knows what it belongs to. The first finger has the owner who was
/// admitted, if one was.
pub fn add<P: Store + Random>(
    sealed: &mut Sealed<State>,
    platform: &mut P,
    template: &Template,
    admitted: Option<u64>,
) -> Result<u32> {
    if sealed.get(platform)?.is_none() {
        write(sealed, platform, State::default())?;
    }
    let mut state = read(sealed, platform)?;
    if state.fingers.is_full() {
        return Err(Error::TooManyFingers);
    }
    let finger = state
        .last_finger
        .checked_add(1)
        .ok_or(Error::CounterExhausted)?;
    sweep(sealed, platform)?;
    sealed_template::create(platform, finger, template)?;
    if state.fingers.is_empty() {
        state.secure_user_id = admitted.unwrap_or(0);
    }
    state.last_finger = finger;
    state.epoch = random_nonzero(platform);
    state
        .fingers
        .push(finger)
        .map_err(|_| Error::TooManyFingers)?;
    write(
        sealed,
        platform,
        State {
            leaving: heapless::Vec::new(),
            ..state
        },
    )?;
    Ok(finger)
}

/// Makes a finger not count any more, then deletes its template.
pub fn remove(sealed: &mut Sealed<State>, store: &mut impl Store, finger: u32) -> Result<()> {
    sweep(sealed, store)?;
    let mut state = read(sealed, store)?;
    let at = state
        .fingers
        .iter()
        .position(|enrolled| *enrolled == finger);
    let at = at.ok_or(Error::NoSuchFinger)?;
    let leaving = state.fingers.remove(at);
    state
        .leaving
        .push(leaving)
        .map_err(|_| Error::TooManyFingers)?;
    write(sealed, store, state)?;
    sweep(sealed, store)
}

/// Makes no finger count any more, then deletes the templates.
pub fn remove_all(sealed: &mut Sealed<State>, store: &mut impl Store) -> Result<()> {
    sweep(sealed, store)?;
    let mut state = read(sealed, store)?;
    if state.fingers.is_empty() {
        return Ok(());
    }
    state.leaving = core::mem::take(&mut state.fingers);
    write(sealed, store, state)?;
    sweep(sealed, store)
}

/// Begins a new epoch with the same fingers.
pub fn invalidate<P: Store + Random>(sealed: &mut Sealed<State>, platform: &mut P) -> Result<()> {
    let state = read(sealed, platform)?;
    if state.fingers.is_empty() {
        return Err(Error::NoFingerEnrolled);
    }
    let epoch = random_nonzero(platform);
    write(sealed, platform, State { epoch, ..state })
}

/// Deletes the templates that an interrupted removal or enrolment has left.
fn sweep(sealed: &mut Sealed<State>, store: &mut impl Store) -> Result<()> {
    if sealed.get(store)?.is_none() {
        return Ok(());
    }
    let state = read(sealed, store)?;
    if let Some(unfinished) = state.last_finger.checked_add(1) {
        sealed_template::delete(store, unfinished)?;
    }
    if state.leaving.is_empty() {
        return Ok(());
    }
    state
        .leaving
        .iter()
        .try_for_each(|finger| sealed_template::delete(store, *finger))?;
    write(
        sealed,
        store,
        State {
            leaving: heapless::Vec::new(),
            ..state
        },
    )
}

/// The enrolled finger that `print` is an impression of. Every impression of every
/// template is compared: how long it takes does not say which finger it was, and a damaged
/// template takes none of the others with it.
pub fn find(
    sealed: &mut Sealed<State>,
    store: &mut impl Store,
    print: &Print,
) -> Result<Option<u32>> {
    let mut found = Ok(None);
    let mut steps = matcher::ATTEMPT_STEPS;
    for finger in read(sealed, store)?.fingers {
        found = match (found, is_of(finger, store, print, &mut steps)) {
            (Ok(Some(first)), _) => Ok(Some(first)),
            (_, Ok(true)) => Ok(Some(finger)),
            (Ok(None), Err(error)) => Err(error),
            (found, _) => found,
        };
    }
    found
}

fn is_of(finger: u32, store: &mut impl Store, print: &Print, steps: &mut u64) -> Result<bool> {
    let template = sealed_template::load(store, finger)?.ok_or(Error::StorageDamaged)?;
    let mut found = false;
    for view in &template.views {
        found |= matcher::matches(print, &view.print, steps)?;
    }
    Ok(found)
}
