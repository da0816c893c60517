//! THE table: one row a command. A new command is a row here, its two structs in
//! [`message`](crate::message), a match arm in the trusted application, and a
//! method of the client; forgetting the arm does not compile.

use crate::message::*;
use crate::soter::Blob;
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
    /// An app with uid 0, or the HAL for itself: what it asks for changes no device that
    /// has been set up.
    Factory,
    /// The fingerprint TA, by its exact UUID.
    FingerprintTa,
    /// Who makes or verifies tokens of a stronger credential: the gatekeeper TA or the
    /// fingerprint TA, by their exact UUIDs.
    PasswordTa,
    /// The SOTER TA, by its exact UUID, for a uid that it vouches for.
    SoterTa,
}

/// A request knows its command and its response.
pub trait Request: Wire {
    /// The command id.
    const COMMAND: u32;
    /// What comes back.
    type Response: Wire;
}

/// A table; and what its requests are answered with, but for those that it shares with
/// a table above: they have the same ids and answers there.
macro_rules! commands {
    ($(#[$meta:meta])* $table:ident {
        $($id:literal $request:ident -> $response:ident, $caller:ident;)*
        $(shared: $($shared_id:literal $shared:ident -> $shared_response:ident, $shared_caller:ident;)*)?
    }) => {
        $(impl Request for $request {
            const COMMAND: u32 = $id;
            type Response = $response;
        })*
        $($(const _: () = {
            assert!(<$shared as Request>::COMMAND == $shared_id);
            const fn same<R: Request<Response = $shared_response>>() {}
            same::<$shared>();
        };)*)?
        table! {
            $(#[$meta])* $table {
                $($id $request -> $response, $caller;)*
                $($($shared_id $shared -> $shared_response, $shared_caller;)*)?
            }
        }
    };
}

macro_rules! table {
    ($(#[$meta:meta])* $table:ident { $($id:literal $request:ident -> $response:ident, $caller:ident;)* }) => {
        $(#[$meta])*
        #[allow(clippy::large_enum_variant, reason = "lives on the stack, one at a time")]
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
        2  Provision          -> Provisioned,   Factory;
        3  ExportDeviceKey    -> DeviceKey,     Anyone;
        4  Latch              -> Done,          Provisioner;
        5  Diagnose           -> Diagnosis,     Anyone;
        6  GetReport          -> SignedReport,  App;
        7  RemoveEveryKey     -> Done,          Provisioner;
        8  GetSensor          -> TheSensor,     Anyone;
        10 GenerateAppKey     -> Generated,     App;
        11 ExportAppKey       -> SignedKey,     App;
        12 GeneratePaymentKey -> Generated,     App;
        13 ExportPaymentKey   -> SignedKey,     App;
        14 ListPaymentKeys    -> PaymentKeys,   App;
        15 RemovePaymentKey   -> Done,          App;
        16 RemoveAppKeys      -> Done,          App;
        17 FindAppKey         -> Found,         App;
        18 FindPaymentKey     -> Found,         App;
        20 Begin              -> Begun,         App;
        21 Finish             -> SignedPayment, App;
        22 Abort              -> Done,          App;
        30 GetTokenKey        -> TokenKey,      FingerprintTa;
        31 GetPasswordKey     -> TokenKey,      PasswordTa;
        40 TakeTurn           -> Done,          SoterTa;
        41 Count              -> Done,          SoterTa;
        42 BeginChallenge     -> Begun,         SoterTa;
        43 FinishChallenge    -> Done,          SoterTa;
        44 SignReport         -> SignedReport,  SoterTa;
    }
}

commands! {
    /// What the SOTER TA understands. What it shares with the payment TA is about keys
    /// of its own.
    SoterCommand {
        50 ExportSoterDeviceKey  -> SoterDeviceKey, Anyone;
        51 ExportSoterAppKey     -> Blob,           App;
        52 ExportSoterPaymentKey -> Blob,           App;
        53 BeginSoter            -> Begun,          App;
        54 FinishSoter           -> Blob,           App;
        55 Prepare               -> Prepared,       Provisioner;
        shared:
        2  Provision             -> Provisioned,    Factory;
        5  Diagnose              -> Diagnosis,      Anyone;
        6  GetReport             -> SignedReport,   App;
        7  RemoveEveryKey        -> Done,           Provisioner;
        10 GenerateAppKey        -> Generated,      App;
        12 GeneratePaymentKey    -> Generated,      App;
        14 ListPaymentKeys       -> PaymentKeys,    App;
        15 RemovePaymentKey      -> Done,           App;
        16 RemoveAppKeys         -> Done,           App;
        17 FindAppKey            -> Found,          App;
        18 FindPaymentKey        -> Found,          App;
        22 Abort                 -> Done,           App;
    }
}

commands! {
    /// What the fingerprint TA understands.
    FingerprintCommand {
        1  GetFingers          -> Fingers,        Anyone;
        2  GetChallenge        -> FreshChallenge, App;
        3  BeginEnroll         -> EnrollBegun,    Provisioner;
        4  AddImpression       -> Impression,     Provisioner;
        5  AbortEnroll         -> Done,           Provisioner;
        6  RemoveFinger        -> Done,           Provisioner;
        7  RemoveFingers       -> Done,           Provisioner;
        8  InvalidateEnrolment -> Done,           Provisioner;
        9  ResetLockout        -> Done,           App;
        10 Authenticate        -> Authenticated,  App;
    }
}

commands! {
    /// What the gatekeeper TA understands.
    GatekeeperCommand {
        1 GetPassword    -> PasswordState, Anyone;
        2 SetPassword    -> Done,          Provisioner;
        3 VerifyPassword -> Authenticated, App;
        4 ForgetPassword -> Done,          Provisioner;
    }
}

commands! {
    /// What the fingerprint TA understands besides, in the build whose sensor is simulated.
    SimulatedSensorCommand {
        100 PlaceImage -> Done, App;
    }
}
