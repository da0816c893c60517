//! The owner's password.

use super::{Bench, fingers, refused};
use touchseal::GatekeeperClient;
use touchseal::proto::password::Password;
use touchseal::proto::status::Status;
use touchseal::proto::token::{AuthToken, PASSWORD};

fn gatekeeper<B: Bench>(bench: &B, uid: u32) -> GatekeeperClient<B::Transport> {
    GatekeeperClient::new(bench.gatekeeper(uid))
}

fn password(text: &str) -> Password {
    Password::new(text.as_bytes()).unwrap()
}

/// A new owner's password, with no wrong ones counted, and no finger of the owner before.
pub fn new_owner<B: Bench>(bench: &B) {
    fingers(bench, 0).remove_fingers().unwrap();
    set_password(bench);
}

/// A password that was set without knowing the one before.
pub fn set_password<B: Bench>(bench: &B) {
    let mut root = gatekeeper(bench, 0);
    root.forget_password().unwrap();
    root.set_password(None, password("owner's")).unwrap();
}

/// The owner's word for a challenge.
pub fn password_token<B: Bench>(bench: &B, challenge: u64) -> AuthToken {
    gatekeeper(bench, 10060)
        .verify_password(challenge, password("owner's"))
        .unwrap()
}

pub fn a_password_is_verified_for_its_challenge<B: Bench>(bench: &B) {
    new_owner(bench);
    assert!(gatekeeper(bench, 10061).password().unwrap().set);
    let first = password_token(bench, 7);
    let second = password_token(bench, 8);
    assert_eq!((first.challenge, second.challenge), (7, 8));
    assert_eq!(first.authenticator_type, PASSWORD);
    assert_eq!(first.user_id, second.user_id);
    new_owner(bench);
    assert_ne!(password_token(bench, 7).user_id, first.user_id);
}

pub fn a_password_is_changed_by_who_knows_it<B: Bench>(bench: &B) {
    new_owner(bench);
    let mut root = gatekeeper(bench, 0);
    let thief = || password("thief's");
    refused(root.set_password(None, thief()), Status::PasswordWrong);
    refused(
        root.set_password(Some(thief()), thief()),
        Status::PasswordWrong,
    );
    let mut app = gatekeeper(bench, 10062);
    let owner = || password("owner's");
    refused(
        app.set_password(Some(owner()), thief()),
        Status::NotAuthorized,
    );
    refused(app.forget_password(), Status::NotAuthorized);

    root.set_password(Some(owner()), password("changed"))
        .unwrap();
    refused(app.verify_password(7, owner()), Status::PasswordWrong);
    app.verify_password(7, password("changed")).unwrap();
    root.forget_password().unwrap();
    refused(app.verify_password(7, owner()), Status::NoPassword);
}

pub fn wrong_passwords_lock<B: Bench>(bench: &B) {
    new_owner(bench);
    let mut app = gatekeeper(bench, 10063);
    for _ in 0..5 {
        refused(
            app.verify_password(7, password("wrong")),
            Status::PasswordWrong,
        );
    }
    refused(
        app.verify_password(7, password("owner's")),
        Status::PasswordLocked,
    );
    let locked_ms = app.password().unwrap().locked_ms;
    assert!((1..=30_000).contains(&locked_ms), "{locked_ms}");
    bench.wait_ms(31_000);
    password_token(bench, 7);
    assert_eq!(app.password().unwrap().locked_ms, 0);
}
