//! The gatekeeper TA's commands, there and back.

use crate::commands::{complete, exchange};
use crate::values::HANDLE;
use crate::{bytes_of, hex, vector};
use touchseal_proto::command::GatekeeperCommand;
use touchseal_proto::message::*;
use touchseal_proto::password::Password;
use touchseal_proto::token::{AuthToken, PASSWORD};

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
                token: AuthToken {
                    challenge: HANDLE,
                    user_id: 0xffee_ddcc_bbaa_9988,
                    authenticator_id: 0,
                    authenticator_type: PASSWORD,
                    timestamp: 123_456_789,
                    mac: hex("3efcb84c915cfe8054be781c1eec18e338806713f554c6e10ab926833791c02f"),
                },
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
