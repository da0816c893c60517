//! Who uses a session when.

use super::life::{SCENE, close, make_keys, opened, payment, written};
use super::world::{PANIC, Panic, Person, follow, provision};
use super::{is, last_error, ok};
use crate::keys::*;
use crate::payment::*;
use crate::session::*;
use crate::touch::Prompt;
use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicU32, Ordering};
use touchseal::proto::status::Status;

/// A session that other threads use, too.
struct Shared(*mut Session);
// SAFETY: a session may be used from any thread.
unsafe impl Sync for Shared {}

#[test]
fn threads_take_turns_or_are_told_that_it_is_busy() {
    const THREADS: u32 = 8;
    const CALLS: u32 = 200;
    provision();
    let session = Shared(opened());
    make_keys(session.0);
    let (done, busy) = (AtomicU32::new(0), AtomicU32::new(0));
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                let session = &session;
                for _ in 0..CALLS {
                    let mut state = MaybeUninit::uninit();
                    // SAFETY: the session is open until all threads are over.
                    let status = unsafe { touchseal_find_app_key(session.0, state.as_mut_ptr()) };
                    if status == Status::Ok as u32 {
                        // SAFETY: it has succeeded.
                        assert_eq!(unsafe { state.assume_init() }, KeyState::Usable);
                        done.fetch_add(1, Ordering::Relaxed);
                    } else {
                        is(status, Status::Busy);
                        busy.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    assert!(done.load(Ordering::Relaxed) > 0);
    assert_eq!(done.into_inner() + busy.into_inner(), THREADS * CALLS);
    close(session.0);
}

/// Somebody who uses the session that waits for them.
struct Meddler {
    session: *mut Session,
    person: Person,
}

unsafe extern "C" fn meddle(user: *mut c_void, prompt: Prompt) -> bool {
    // SAFETY: the test passes a meddler, and waits until the call is over.
    let meddler = unsafe { &mut *user.cast::<Meddler>() };
    let mut state = MaybeUninit::uninit();
    // SAFETY: the session is open.
    let status = unsafe { touchseal_find_app_key(meddler.session, state.as_mut_ptr()) };
    is(status, Status::Busy);
    assert!(
        last_error().starts_with("session: another call"),
        "{}",
        last_error()
    );
    let mut variable = meddler.session;
    // SAFETY: it holds an open session.
    let status = unsafe { touchseal_close(&raw mut variable) };
    is(status, Status::Busy);
    assert_eq!(variable, meddler.session);
    // SAFETY: as this function's own.
    unsafe { follow(meddler.person.user(), prompt) }
}

#[test]
fn a_session_that_waits_is_busy_and_stays_open() {
    provision();
    let session = opened();
    make_keys(session);
    let payment = payment();
    let mut meddler = Meddler {
        session,
        person: Person::owner(),
    };
    let user = (&raw mut meddler).cast();
    // SAFETY: the session is open, texts are texts, and the meddler waits.
    written(|signed| unsafe {
        touchseal_pay(
            session,
            SCENE,
            &raw const payment,
            Some(meddle),
            user,
            signed,
        )
    });
    assert_eq!(meddler.person.prompts, ["place"]);
    close(session);
}

#[test]
fn an_operation_ends_with_its_session() {
    provision();
    let session = opened();
    make_keys(session);
    let payment = payment();
    let begun = written(|begun|
        // SAFETY: the session is open, and texts are texts.
        unsafe { touchseal_begin(session, SCENE, &raw const payment, begun) });
    let other = opened();
    // SAFETY: the session is open.
    let foreign = unsafe { touchseal_abort(other, begun.handle) };
    is(foreign, Status::NotAuthorized);
    close(session);
    let mut signed = MaybeUninit::uninit();
    let mut owner = Person::owner();
    // SAFETY: the session is open, and the owner waits.
    let gone = unsafe {
        let user = owner.user();
        touchseal_finish(other, begun.handle, Some(follow), user, signed.as_mut_ptr())
    };
    is(gone, Status::NotAuthorized);
    close(other);
}

#[test]
fn a_session_that_a_panic_went_through_is_only_good_to_be_closed() {
    provision();
    let session = opened();
    let mut state = MaybeUninit::uninit();
    PANIC.set(Panic::InTheTransport);
    // SAFETY: the session is open.
    let panicked = unsafe { touchseal_find_app_key(session, state.as_mut_ptr()) };
    is(panicked, Status::LibraryDefect);
    PANIC.set(Panic::Nowhere);
    // SAFETY: the session is open.
    let after = unsafe { touchseal_find_app_key(session, state.as_mut_ptr()) };
    is(after, Status::LibraryDefect);
    assert!(
        last_error().starts_with("session: an earlier call"),
        "{}",
        last_error()
    );
    close(session);
}

#[test]
fn an_app_has_so_many_sessions() {
    let mut sessions = Vec::new();
    let refused = loop {
        let mut session = null_mut();
        // SAFETY: it has room for a session.
        let status = unsafe { touchseal_open(&raw mut session) };
        if status != Status::Ok as u32 {
            assert!(session.is_null());
            break status;
        }
        sessions.push(session);
    };
    assert_eq!(sessions.len(), 8);
    is(refused, Status::Busy);
    sessions.into_iter().for_each(close);
    let mut session = null_mut();
    // SAFETY: it has room for a session.
    ok(unsafe { touchseal_open(&raw mut session) });
    close(session);
}
