//! What is between begin and finish. Each operation has a session of its own, which ends
//! with it.

use crate::caller::{Caller, Subject};
use crate::failure::Result;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::Instant;
use touchseal::proto::status::Status;
use touchseal::touch::Prompt;

/// The TA has eight sessions for one uid, and some of them are for its keys.
const OPERATIONS_OF_ONE: usize = 4;

/// Whether an operation is still wanted.
#[derive(Default)]
pub struct Wanted(AtomicBool);

impl Wanted {
    /// It is not, from here on.
    pub fn give_up(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether it is not.
    pub fn is_given_up(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// Tells the owner of the finger what to do.
pub type Prompter = Box<dyn Fn(Prompt) + Send + Sync>;

/// An operation, and `S` that signs.
pub struct Operation<S> {
    /// Whoever began it: nobody else finishes it.
    pub owner: Caller,
    /// Whose key signs.
    pub subject: Subject,
    /// Its handle.
    pub handle: u64,
    /// The end of its lifetime.
    pub until: Instant,
    /// Whether it is still wanted.
    pub wanted: Arc<Wanted>,
    /// Tells the owner of the finger what to do.
    pub prompt: Prompter,
    /// What signs.
    pub signer: Mutex<S>,
}

impl<S> Operation<S> {
    /// Whether it is over.
    pub fn is_over(&self) -> bool {
        self.wanted.is_given_up() || Instant::now() >= self.until
    }

    /// What signs, unless it is in use.
    pub fn signer(&self) -> Result<MutexGuard<'_, S>> {
        match self.signer.try_lock() {
            Ok(signer) => Ok(signer),
            Err(TryLockError::Poisoned(signer)) => Ok(signer.into_inner()),
            Err(TryLockError::WouldBlock) => Err(Status::Busy.into()),
        }
    }
}

/// The operations of one dialect.
pub struct Operations<S>(Mutex<Vec<Arc<Operation<S>>>>);

impl<S> Default for Operations<S> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<S> Operations<S> {
    /// Keeps one, unless its app has too many.
    pub fn add(&self, operation: Operation<S>) -> Result<()> {
        self.sweep();
        let mut operations = self.lock();
        let of_this_app = operations
            .iter()
            .filter(|other| other.subject == operation.subject);
        if of_this_app.count() >= OPERATIONS_OF_ONE {
            return Err(Status::Busy.into());
        }
        operations.push(Arc::new(operation));
        Ok(())
    }

    /// The caller's operation of that handle.
    pub fn find(&self, caller: Caller, handle: u64) -> Option<Arc<Operation<S>>> {
        let operations = self.lock();
        let mut found = operations
            .iter()
            .filter(|one| one.handle == handle && one.owner.uid() == caller.uid());
        found.next().cloned()
    }

    /// Ends those that are meant; tells whether there were any. Each is ended once: by who
    /// finishes it, or by who gives it up.
    pub fn end(&self, meant: impl Fn(&Operation<S>) -> bool) -> bool {
        let over: Vec<_> = self.lock().extract_if(.., |one| meant(one)).collect();
        // Here, where nobody waits for the lock: it may close a session.
        for one in &over {
            one.wanted.give_up();
        }
        !over.is_empty()
    }

    /// Ends those that are over.
    pub fn sweep(&self) {
        self.end(Operation::is_over);
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Operation<S>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
