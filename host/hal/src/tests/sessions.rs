//! Sessions that are kept, that end, and whose trusted application dies.

use super::bench::*;
use crate::caller::Caller;
use touchseal::client::PaymentClient;
use touchseal::proto::message::KeyState;
use touchseal::proto::status::Status;

#[test]
fn a_dead_trusted_application_is_told_once() {
    let (bench, hal) = Bench::ready();
    let app = Caller::with_uid(APP);
    let find = || hal.ask(app.itself().unwrap(), PaymentClient::find_app_key);
    assert_eq!(find().unwrap(), KeyState::Usable);
    bench.kill();
    refused(find(), Status::TaDied);
    assert_eq!(find().unwrap(), KeyState::Usable);

    let handle = begin(&hal, APP).unwrap().handle;
    bench.kill();
    refused(hal.finish(app, handle), Status::TaDied);
    let handle = begin(&hal, APP).unwrap().handle;
    bench.place(1);
    hal.finish(app, handle).unwrap();
}

#[test]
fn many_apps_take_no_more_sessions_than_there_are() {
    let (_bench, hal) = Bench::ready();
    for uid in 20_000..20_100 {
        let app = Caller::with_uid(uid).itself().unwrap();
        let found = hal.ask(app, PaymentClient::find_app_key).unwrap();
        assert_eq!(found, KeyState::Absent);
    }
}

#[test]
fn a_report_is_of_what_failed_for_the_app() {
    let bench = Bench::default();
    let hal = bench.hal();
    hal.ask(
        Caller::with_uid(ROOT).factory().unwrap(),
        PaymentClient::provision,
    )
    .unwrap();
    let app = Caller::with_uid(APP).itself().unwrap();
    let made = hal.ask(app, |client| {
        client.generate_payment_key(label(SCENE), false)
    });
    refused(made, Status::NoAppKey);
    let device_key = hal.ask(app, PaymentClient::export_device_key).unwrap();
    let report = hal.ask(app, |client| client.report([3; 32])).unwrap();
    let report =
        touchseal_verify::verify_report(&device_key.public_key, &report.into(), Some(&[3; 32]))
            .unwrap();
    assert_eq!((report.header.uid, report.status), (APP, Status::NoAppKey));
}
