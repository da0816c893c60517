//! THE table: one row a command. A new command is a row here, its two structs in
//! [`message`](crate::message), a match arm in the trusted application, and a
//! method of the client; forgetting the arm does not compile.

use crate::message::*;
use crate::status::Status;
use crate::wire::{Wire, WireError, decode};

/// Who may call a command. Everything else is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    /// Any login.
    Anyone,
    /// An app: a login whose uid the kernel vouches for. It reaches its own keys only.
    App,
    /// An app with uid 0: the factory's tool, or the device's settings.
    Provisioner,
    /// The fingerprint TA, by its exact UUID.
    FingerprintTa,
}

/// A request knows its command and its response.
pub trait Request: Wire {
    /// The command id.
    const COMMAND: u32;
    /// What comes back.
    type Response: Wire;
}

macro_rules! commands {
    ($(#[$meta:meta])* $table:ident { $($id:literal $request:ident -> $response:ident, $caller:ident;)* }) => {
        $(#[$meta])*
        pub enum $table { $(#[doc = concat!("`", stringify!($request), "`")] $request($request),)* }

        impl $table {
            /// The largest request, in bytes: the version, then the body.
            #[allow(clippy::arithmetic_side_effects, reason = "evaluated by the compiler")]
            pub const MAX_REQUEST: usize = 1 + largest(&[$(<$request as Wire>::MAX),*]);
            /// The largest response, in bytes: the version, the status, then the body.
            /// A client offers so much room for any response: it is checked before the
            /// command runs, so that nothing is done whose outcome would be lost.
            #[allow(clippy::arithmetic_side_effects, reason = "evaluated by the compiler")]
            pub const MAX_RESPONSE: usize =
                1 + Status::MAX + largest(&[$(<$response as Wire>::MAX),*]);

            /// Who may call a command: None where there is no such command.
            pub fn caller(command: u32) -> Option<Caller> {
                match command { $($id => Some(Caller::$caller),)* _ => None }
            }

            /// Decodes a command's request, which must fill `bytes`.
            pub fn decode(command: u32, bytes: &[u8]) -> Result<Self, WireError> {
                match command {
                    $($id => decode::<$request>(bytes).map(Self::$request),)*
                    _ => Err(WireError::BadValue),
                }
            }
        }

        $(impl Request for $request {
            const COMMAND: u32 = $id;
            type Response = $response;
        })*
    };
}

#[allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "evaluated by the compiler"
)]
const fn largest(sizes: &[usize]) -> usize {
    let mut most = 0;
    let mut i = 0;
    while i < sizes.len() {
        if sizes[i] > most {
            most = sizes[i];
        }
        i += 1;
    }
    most
}

commands! {
    /// What the payment TA understands.
    PaymentCommand {
        1  GetInfo            -> Info,          Anyone;
        2  Provision          -> Generated,     Provisioner;
        3  ExportDeviceKey    -> DeviceKey,     Anyone;
        10 GenerateAppKey     -> Generated,     App;
        11 ExportAppKey       -> SignedKey,     App;
        12 GeneratePaymentKey -> Generated,     App;
        13 ExportPaymentKey   -> SignedKey,     App;
        14 ListPaymentKeys    -> PaymentKeys,   App;
        15 RemovePaymentKey   -> Done,          App;
        16 RemoveAppKeys      -> Done,          App;
        20 Begin              -> Begun,         App;
        21 Finish             -> SignedPayment, App;
        22 Abort              -> Done,          App;
        30 GetTokenKey        -> TokenKey,      FingerprintTa;
    }
}

commands! {
    /// What the fingerprint TA understands.
    FingerprintCommand {
        1  GetFingers    -> Fingers,       Anyone;
        2  Enroll        -> Enrolled,      Provisioner;
        3  RemoveFingers -> Done,          Provisioner;
        10 Authenticate  -> Authenticated, App;
    }
}
