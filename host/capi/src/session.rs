//! Sessions: whose keys are meant, and one thread at a time.

use crate::argument::{object, out};
use crate::boundary::call;
use crate::failure::Failure;
use crate::status::StatusNumber;
use crate::world::{Here, here};
use std::sync::{Mutex, MutexGuard, TryLockError};
use touchseal::proto::status::Status;
use touchseal::transport::SecureWorld;
use touchseal::{PaymentClient, SoterClient};

type Transport = <Here as SecureWorld>::Transport;

/// A session with the secure world, for the user who opened it: its keys are that user's,
/// and no call takes another. What is in it is the library's own.
///
/// A session holds one operation, a payment or a signature that waits for its finger.
/// Beginning another ends it, and so does closing the session.
///
/// Threads: a session may be used from any thread, by one at a time. A call that comes
/// while another is under way, from another thread or from a touchseal_prompt_callback, is
/// answered TOUCHSEAL_BUSY at once and does nothing. touchseal_close is the exception: no
/// call of the session may begin while it runs. Different sessions are independent of each
/// other. A user may have eight at a time, in all processes and both dialects; matching a
/// finger takes one more for a moment, and answers TOUCHSEAL_BUSY where there is none.
pub struct Session(Mutex<Open>);

/// What an open session has.
pub struct Open {
    pub world: Here,
    pub keys: Keys,
}

/// A session with the trusted application of a dialect.
pub enum Keys {
    Native(PaymentClient<Transport>),
    Soter(SoterClient<Transport>),
}

/// Asks whichever trusted application it is.
macro_rules! of_either {
    ($keys:expr, $client:ident => $ask:expr) => {
        match $keys {
            $crate::session::Keys::Native($client) => $ask,
            $crate::session::Keys::Soter($client) => $ask,
        }
    };
}
pub(crate) use of_either;

impl Keys {
    pub fn native(&mut self) -> Result<&mut PaymentClient<Transport>, Failure> {
        match self {
            Self::Native(client) => Ok(client),
            Self::Soter(_) => Err(Failure::argument("session", "it is of the SOTER dialect")),
        }
    }

    pub fn soter(&mut self) -> Result<&mut SoterClient<Transport>, Failure> {
        match self {
            Self::Soter(client) => Ok(client),
            Self::Native(_) => Err(Failure::argument("session", "it is of the native dialect")),
        }
    }

    fn remedy(&self) -> fn(Status) -> &'static str {
        match self {
            Self::Native(_) => Status::remedy,
            Self::Soter(_) => touchseal::soter::remedy,
        }
    }
}

impl Session {
    fn lock(&self) -> Result<MutexGuard<'_, Open>, Failure> {
        self.0.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => Failure::from(Status::Busy)
                .of("session: another call is under way, in another thread or around this one"),
            TryLockError::Poisoned(_) => {
                Failure::from(Status::LibraryDefect).of("session: an earlier call of it failed so")
            }
        })
    }
}

/// Asks over a session.
///
/// # Safety
///
/// `session` is NULL, or was opened and is not closed meanwhile.
pub unsafe fn ask<R>(
    session: *const Session,
    ask: impl FnOnce(&mut Open) -> Result<R, Failure>,
) -> Result<R, Failure> {
    // SAFETY: as this function's own.
    let session = unsafe { object("session", session) }?;
    let mut open = session.lock()?;
    ask(&mut open).map_err(|failure| failure.with_remedy(open.keys.remedy()))
}

/// Opens a session for the keys and payments of the native dialect.
///
/// It is for the calling process's effective user, for whom the kernel vouches.
///
/// session: where the session goes. touchseal_close() ends it.
///
/// Errors: TOUCHSEAL_DRIVER_MISSING, TOUCHSEAL_NO_PERMISSION, TOUCHSEAL_TA_NOT_FOUND and
/// others of the way to the secure world; TOUCHSEAL_BUSY where the app has too many.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn touchseal_open(session: *mut *mut Session) -> StatusNumber {
    // SAFETY: C passes room for a session, or NULL.
    call(|| unsafe { open(session, |world| world.payment().map(Keys::Native)) })
}

/// Opens a session for the keys and signatures of the SOTER dialect. Otherwise as
/// touchseal_open().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn touchseal_soter_open(session: *mut *mut Session) -> StatusNumber {
    // SAFETY: C passes room for a session, or NULL.
    call(|| unsafe { open(session, |world| world.soter().map(Keys::Soter)) })
}

/// # Safety
///
/// As [`out`].
unsafe fn open(
    session: *mut *mut Session,
    keys: impl FnOnce(&Here) -> Result<Keys, touchseal::transport::TransportError<Here>>,
) -> Result<(), Failure> {
    // SAFETY: as this function's own.
    let out = unsafe { out("session", session) }?;
    let world = here();
    let keys = keys(&world).map_err(Failure::not_opened)?;
    let open = Mutex::new(Open { world, keys });
    out.write(Box::into_raw(Box::new(Session(open))));
    Ok(())
}

/// Closes a session, and ends its operation.
///
/// session: the variable that holds the session. It is NULL afterwards, so that closing it
/// once more does nothing, as does closing NULL, and passing NULL here.
///
/// A copy of that variable still holds what is gone: using or closing it is undefined, as
/// with free().
///
/// No other call of the session may begin while this one runs, from whatever thread: it may
/// find the session gone.
///
/// Errors: TOUCHSEAL_BUSY while another call of the session is under way, as from within a
/// touchseal_prompt_callback: the session stays open, and the variable as it is.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn touchseal_close(session: *mut *mut Session) -> StatusNumber {
    call(|| {
        // SAFETY: C passes its own variable, or NULL.
        let Some(variable) = (unsafe { session.as_mut() }) else {
            return Ok(());
        };
        if variable.is_null() {
            return Ok(());
        }
        // SAFETY: what it holds was opened, and is set to NULL when it is closed.
        let session = unsafe { object("session", *variable) }?;
        // A session that a panic went through can still be closed.
        if let Err(TryLockError::WouldBlock) = session.0.try_lock() {
            return Err(Failure::from(Status::Busy).of("session: another call is under way"));
        }
        let session = std::mem::replace(variable, std::ptr::null_mut());
        // SAFETY: it came from Box::into_raw, and nobody has it any more.
        drop(unsafe { Box::from_raw(session) });
        Ok(())
    })
}
