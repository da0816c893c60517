//! What the gatekeeper TA is asked, and answers: the owner's password.

use crate::password::Password;
use crate::wire::wire_struct;

wire_struct! {
    /// Asks about the password.
    #[derive(Clone, Debug, PartialEq, Eq)]
    GetPassword {}
}

wire_struct! {
    /// How the password is.
    #[derive(Clone, Debug, PartialEq, Eq)]
    PasswordState {
        /// Whether one is set.
        set: bool,
        /// How long no password is compared yet, in milliseconds.
        locked_ms: u32,
    }
}

wire_struct! {
    /// Sets the password, or changes it. Setting one over none makes a new owner: who set it
    /// cannot add to the fingers of the one before.
    SetPassword {
        /// The one that is set: an attempt, which is counted first.
        current: Option<Password>,
        /// The new one.
        new: Password,
    }
}

wire_struct! {
    /// Verifies the password, for the challenge of who asks for it. The attempt is counted
    /// first.
    VerifyPassword {
        /// What the token will name.
        challenge: u64,
        /// The password.
        password: Password,
    }
}

wire_struct! {
    /// Removes the password, and the failed attempts at it: a factory reset.
    #[derive(Clone, Debug, PartialEq, Eq)]
    ForgetPassword {}
}
