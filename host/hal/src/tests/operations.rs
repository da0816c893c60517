//! Payments between begin and finish.

use super::bench::*;
use crate::caller::Caller;
use crate::operations::Wanted;
use std::sync::Arc;
use std::time::Instant;
use touchseal::proto::message::KeyState;
use touchseal::proto::signed::{PaymentStatement, Statement};
use touchseal::proto::status::Status;

fn caller(uid: u32) -> Caller {
    Caller::with_uid(uid)
}

#[test]
fn an_app_pays_and_a_handle_is_good_once() {
    let (bench, hal) = Bench::ready();
    let handle = begin(&hal, APP).unwrap().handle;
    bench.place(1);
    let paid = hal.finish(caller(APP), handle).unwrap();
    let statement = PaymentStatement::from_bytes(&paid.statement).unwrap();
    assert_eq!(statement.header.uid, APP);
    assert_eq!(statement.payment, payment(1999));
    refused(hal.finish(caller(APP), handle), Status::NotAuthorized);
}

#[test]
fn an_operation_is_its_callers_alone() {
    let (bench, hal) = Bench::ready();
    let handle = begin(&hal, APP).unwrap().handle;
    bench.place(1);
    for other in [ANOTHER, FRAMEWORK, ROOT] {
        refused(hal.finish(caller(other), handle), Status::NotAuthorized);
        refused(hal.abort(caller(other), handle), Status::NotAuthorized);
    }
    hal.finish(caller(APP), handle).unwrap();
}

#[test]
fn a_caller_reaches_its_own_keys_and_root_has_none() {
    let (_bench, hal) = Bench::ready();
    refused(begin(&hal, ANOTHER), Status::NoPaymentKey);
    refused(begin(&hal, ROOT), Status::NotAuthorized);
}

#[test]
fn a_wrong_finger_leaves_another_try() {
    let (bench, hal) = Bench::ready();
    let handle = begin(&hal, APP).unwrap().handle;
    bench.place(2);
    refused(hal.finish(caller(APP), handle), Status::FingerNotRecognized);
    bench.place(1);
    hal.finish(caller(APP), handle).unwrap();
}

#[test]
fn the_sensor_serves_one_operation_at_a_time() {
    let (bench, hal) = Bench::ready();
    bench.make_keys(&hal, ANOTHER);
    let (first, waiting) = begin_watched(&hal, APP);
    let second = begin(&hal, ANOTHER).unwrap().handle;
    std::thread::scope(|threads| {
        let waits = threads.spawn(|| hal.finish(caller(APP), first));
        until(waiting);
        refused(hal.finish(caller(ANOTHER), second), Status::Busy);
        // Nor does the same operation wait twice.
        refused(hal.finish(caller(APP), first), Status::Busy);
        bench.place(1);
        waits.join().unwrap().unwrap();
    });
    bench.place(1);
    hal.finish(caller(ANOTHER), second).unwrap();
}

#[test]
fn a_wait_ends_promptly_when_it_is_given_up() {
    let (bench, hal) = Bench::ready();
    let (handle, waiting) = begin_watched(&hal, APP);
    std::thread::scope(|threads| {
        let waits = threads.spawn(|| hal.finish(caller(APP), handle));
        until(waiting);
        let began = Instant::now();
        hal.abort(caller(APP), handle).unwrap();
        refused(waits.join().unwrap(), Status::NotAuthorized);
        assert!(began.elapsed() < PROMPTLY);
    });
    let next = begin(&hal, APP).unwrap().handle;
    bench.place(1);
    hal.finish(caller(APP), next).unwrap();
}

#[test]
fn an_app_has_so_many_operations_and_others_have_theirs() {
    let (bench, hal) = Bench::ready();
    bench.make_keys(&hal, ANOTHER);
    let begun: Vec<_> = (0..4).map(|_| begin(&hal, APP).unwrap().handle).collect();
    refused(begin(&hal, APP), Status::Busy);
    begin(&hal, ANOTHER).unwrap();
    hal.abort(caller(APP), begun[0]).unwrap();
    begin(&hal, APP).unwrap();
    // Each is good as if it were alone.
    bench.place(1);
    hal.finish(caller(APP), begun[3]).unwrap();
}

#[test]
fn operations_of_the_dead_are_gone() {
    let (_bench, hal) = Bench::ready();
    let wanted = Arc::<Wanted>::default();
    for _ in 0..4 {
        let what = (label(SCENE), payment(1));
        hal.begin(caller(APP), what, wanted.clone(), Box::new(|_| ()))
            .unwrap();
    }
    refused(begin(&hal, APP), Status::Busy);
    wanted.give_up();
    begin(&hal, APP).unwrap();
}

#[test]
fn an_uninstall_takes_keys_and_operations() {
    let (bench, hal) = Bench::ready();
    hal.provision(caller(FRAMEWORK)).unwrap();
    let handle = begin(&hal, APP).unwrap().handle;
    let app = caller(FRAMEWORK).uninstalling(10115).unwrap();
    hal.uninstall(app).unwrap();
    bench.place(1);
    refused(hal.finish(caller(APP), handle), Status::NotAuthorized);
    let left = hal.ask(app, |client| client.find_app_key()).unwrap();
    assert_eq!(left, KeyState::Absent);
    // What is still served could make a key after it.
    let served = hal.admit(app).unwrap();
    refused(hal.uninstall(app), Status::Busy);
    std::thread::scope(|threads| {
        let waits = threads.spawn(|| hal.uninstall(app));
        // Nothing is let in meanwhile.
        until(|| hal.admit(app).is_err());
        drop(served);
        waits.join().unwrap().unwrap();
    });
    hal.admit(app).unwrap();
}
