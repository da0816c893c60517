//! What holds a secret cannot be printed: no log and no panic says it by accident.

use static_assertions::assert_not_impl_any;
use std::fmt::{Debug, Display, LowerHex};
use touchseal::proto::message::{SetPassword, TokenKey, VerifyPassword};
use touchseal::proto::password::Password;
use touchseal_core::auth_token::MatchVerifier;
use touchseal_core::fingerprint::frame::Frame;
use touchseal_core::fingerprint::print::Print;
use touchseal_core::fingerprint::template::{Template, View};
use touchseal_core::gatekeeper::StateRecord;
use zeroize::ZeroizeOnDrop;

macro_rules! silent {
    ($($secret:ty),+ $(,)?) => { $(assert_not_impl_any!($secret: Debug, Display, LowerHex);)+ };
}

silent!(
    TokenKey,
    MatchVerifier,
    Password,
    SetPassword,
    VerifyPassword,
    StateRecord,
    Frame,
    Print,
    View,
    Template,
);

/// And it is wiped when it is dropped.
#[test]
fn what_holds_a_secret_is_wiped_when_dropped() {
    fn is_wiped<T: ZeroizeOnDrop>() {}
    is_wiped::<TokenKey>();
    is_wiped::<Password>();
    is_wiped::<StateRecord>();
    is_wiped::<Print>();
    is_wiped::<View>();
    is_wiped::<Template>();
}
