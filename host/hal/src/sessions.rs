//! The sessions in which apps' keys are made, listed and removed: one a uid, kept for its next
//! call, and for a report of what has failed in it.

use crate::caller::Subject;
use crate::failure::{Failure, Result};
use crate::hal::{Asked, Worlds};
use std::sync::{Arc, Mutex, PoisonError};
use touchseal::Error;
use touchseal::client::PaymentClient;
use touchseal::transport::SecureWorld;

/// So many sessions are kept: the TA has 48 for apps in all.
const KEPT: usize = 16;

type Session<W> = Arc<Mutex<Option<PaymentClient<<W as SecureWorld>::Transport>>>>;

/// The sessions that are kept, the last used last.
pub struct Sessions<W: SecureWorld>(Mutex<Vec<(Subject, Session<W>)>>);

impl<W: SecureWorld> Default for Sessions<W> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<W: SecureWorld> Sessions<W> {
    /// Asks in the session of `subject`. One that does not answer any more is opened anew for
    /// the next call.
    pub fn ask<R>(
        &self,
        worlds: &Worlds<W>,
        subject: Subject,
        ask: impl FnOnce(&mut PaymentClient<W::Transport>) -> Asked<R, W>,
    ) -> Result<R> {
        let session = self.of(subject);
        let mut session = session.lock().unwrap_or_else(PoisonError::into_inner);
        let client = match &mut *session {
            Some(client) => client,
            None => {
                let opened = worlds(subject.uid()).payment();
                session.insert(opened.map_err(Failure::not_opened::<W>)?)
            }
        };
        let outcome = ask(client);
        if matches!(outcome, Err(Error::Transport(_))) {
            *session = None;
        }
        outcome.map_err(|error| error.cause().into())
    }

    fn of(&self, subject: Subject) -> Session<W> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let session = match kept.iter().position(|(of, _)| *of == subject) {
            Some(at) => kept.remove(at).1,
            None => Session::<W>::default(),
        };
        if kept.len() >= KEPT {
            kept.remove(0);
        }
        kept.push((subject, session.clone()));
        session
    }
}
