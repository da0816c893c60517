//! The gatekeeper TA's commands, there and back.

use crate::commands::{complete, exchange};
use crate::values::{HANDLE, token_of_password};
use crate::{bytes_of, vector};
use touchseal_proto::command::GatekeeperCommand;
use touchseal_proto::message::*;
use touchseal_proto::password::Password;

fn password(text: &str) -> Password {
    Password::new(text.as_bytes()).unwrap()
}

#[test]
fn gatekeeper_commands() {
    let exchanged = vec![
        exchange(
            "get_password",
            GetPassword {},
            "password_state",
            PasswordState {
                set: true,
                locked_ms: 30_000,
            },
        ),
        exchange(
            "set_password",
            SetPassword {
                current: Some(password("correct horse")),
                new: password("päss"),
            },
            "done",
            Done {},
        ),
        exchange(
            "verify_password",
            VerifyPassword {
                challenge: HANDLE,
                password: password("correct horse"),
            },
            "password_verified",
            Authenticated {
                token: token_of_password(),
            },
        ),
        exchange("forget_password", ForgetPassword {}, "done", Done {}),
    ];
    complete("gatekeeper TA", exchanged, GatekeeperCommand::caller);
}

#[test]
fn a_first_password_has_none_before_it() {
    let first = SetPassword {
        current: None,
        new: password("correct horse"),
    };
    assert_eq!(bytes_of(&first), vector("set_first_password")[1..]);
}
