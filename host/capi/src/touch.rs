//! The finger, and whom it is waited for with.

use crate::failure::Failure;
use crate::session::{Keys, Open, of_either};
use std::ffi::c_void;
use touchseal::Error;
use touchseal::proto::status::Status;
use touchseal::proto::token::AuthToken;
use touchseal::touch;
use touchseal::transport::SecureWorld;

/// What the owner of the finger has to do.
#[repr(u32)]
pub enum Prompt {
    /// Put the finger on the sensor.
    Place = 0,
    /// Lift it, and put it there again.
    Lift = 1,
}

/// Is told what the owner has to do, while a call waits for the finger: once for each
/// change, by the thread that waits.
///
/// user: what was passed with the callback.
///
/// Returns: true to wait on. With false the call ends at once, with
/// TOUCHSEAL_NO_FINGER_ON_SENSOR or TOUCHSEAL_LIFT_FINGER: a program with an event loop of
/// its own returns false, and calls touchseal_finish() again until a finger is there.
///
/// It must return: neither longjmp() nor a C++ exception may leave it. What it calls with
/// the session that waits is answered TOUCHSEAL_BUSY.
pub type PromptCallback = Option<unsafe extern "C" fn(user: *mut c_void, prompt: Prompt) -> bool>;

/// Who is told.
#[derive(Clone, Copy)]
pub struct Owner {
    pub callback: PromptCallback,
    pub user: *mut c_void,
}

impl Owner {
    /// Whether to wait on.
    fn follow(self, prompt: Prompt) -> bool {
        match self.callback {
            // SAFETY: C passes a function of this type, and what it takes.
            Some(callback) => unsafe { callback(self.user, prompt) },
            None => true,
        }
    }
}

impl Open {
    /// Matches the owner's finger for an operation.
    pub fn touch(&self, operation: u64, owner: Owner) -> Result<AuthToken, Failure> {
        let mut sensor = self.world.fingerprint().map_err(Failure::not_opened)?;
        let token = touch::authenticate(&mut sensor, operation, &mut |_, prompt| {
            let (prompt, unless) = match prompt {
                touch::Prompt::Lift => (Prompt::Lift, Status::LiftFinger),
                touch::Prompt::Place | touch::Prompt::Impression(..) => {
                    (Prompt::Place, Status::NoFingerOnSensor)
                }
            };
            match owner.follow(prompt) {
                true => Ok(()),
                false => Err(Error::Refused(unless)),
            }
        })?;
        Ok(token)
    }

    /// The same, and finishes the operation; where one or the other fails it is given up.
    pub fn touch_and_finish<R>(
        &mut self,
        operation: u64,
        owner: Owner,
        finish: impl FnOnce(&mut Keys, AuthToken) -> Result<R, Failure>,
    ) -> Result<R, Failure> {
        let token = self.touch(operation, owner);
        let outcome = token.and_then(|token| finish(&mut self.keys, token));
        if outcome.is_err() {
            // What is told is why it failed. What has not arrived is open still.
            let _ = of_either!(&mut self.keys, client => client.abort(operation).map(drop));
        }
        outcome
    }
}
