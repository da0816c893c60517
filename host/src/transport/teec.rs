//! Over the GlobalPlatform TEE client API (libteec, the kernel, OP-TEE).
//!
//! ```no_run
//! use touchseal::PaymentClient;
//! use touchseal::transport::teec::Teec;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let uid = rustix::process::geteuid().as_raw();
//! let mut payments = PaymentClient::new(Teec::payment(uid)?);
//! println!("{:?}", payments.find_app_key()?);
//! # Ok(())
//! # }
//! ```

use crate::Error;
use crate::client::{FingerprintClient, GatekeeperClient, PaymentClient, SoterClient};
use crate::transport::{DEVICE_NODE, SecureWorld};
use optee_teec::{
    ConnectionMethods, Context, ErrorKind, Operation, ParamNone, ParamTmpRef, ParamType,
    ParamValue, Session, Uuid,
};
use std::fmt;
use std::fs::File;
use touchseal_proto::status::Status;
use touchseal_proto::transport::Transport;
use touchseal_proto::{GATEKEEPER_TA, PAYMENT_TA, SOTER_TA, fingerprint_ta};

/// Why the secure world was not reached, or did not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TeecError {
    cause: Status,
    kind: ErrorKind,
}

/// Which link of the chain broke.
#[derive(Clone, Copy)]
enum Link {
    Driver,
    Session,
    Command,
}

impl TeecError {
    fn new(link: Link, kind: ErrorKind) -> Self {
        let cause = match (link, kind) {
            (_, ErrorKind::OutOfMemory) => Status::OutOfMemory,
            (_, ErrorKind::TargetDead) => Status::TaDied,
            (_, ErrorKind::Busy) => Status::Busy,
            (Link::Driver, ErrorKind::AccessDenied) => Status::NoPermission,
            (Link::Driver, _) => driver_cause(),
            (Link::Session, ErrorKind::ItemNotFound) => Status::TaNotFound,
            (Link::Session, ErrorKind::AccessDenied) => Status::NotAuthorized,
            (Link::Command, ErrorKind::BadParameters | ErrorKind::ShortBuffer) => {
                Status::BadRequest
            }
            // OP-TEE's answer where nobody serves its requests to the normal world.
            (_, ErrorKind::Communication) => Status::SupplicantMissing,
            _ => Status::NotReached,
        };
        Self { cause, kind }
    }

    /// What has happened.
    pub fn cause(self) -> Status {
        self.cause
    }
}

/// libteec says "not found" of a device node that it may not open, too.
fn driver_cause() -> Status {
    match File::options().read(true).write(true).open(DEVICE_NODE) {
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => Status::NoPermission,
        _ => Status::DriverMissing,
    }
}

impl fmt::Display for TeecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (cause, kind) = (self.cause, self.kind);
        write!(f, "{cause} [libteec: {kind:?} {:#010x}]", u32::from(kind))
    }
}

impl std::error::Error for TeecError {}

impl From<TeecError> for Status {
    fn from(error: TeecError) -> Self {
        error.cause
    }
}

fn at(link: Link) -> impl Fn(optee_teec::Error) -> TeecError {
    move |error| TeecError::new(link, error.kind())
}

/// Who opens a session, and whose keys it is about. The kernel vouches for the caller;
/// another uid than the caller's own is for the [HAL](touchseal_proto::HAL_UID) alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The caller's effective uid.
    pub caller: u32,
    /// The uid whose keys are meant.
    pub uid: u32,
}

impl From<u32> for Identity {
    fn from(uid: u32) -> Self {
        Self { caller: uid, uid }
    }
}

impl SecureWorld for Identity {
    type Transport = Teec;

    fn payment(&self) -> Result<PaymentClient<Teec>, TeecError> {
        Teec::payment(*self).map(PaymentClient::new)
    }
    fn soter(&self) -> Result<SoterClient<Teec>, TeecError> {
        Teec::soter(*self).map(SoterClient::new)
    }
    fn fingerprint(&self) -> Result<FingerprintClient<Teec>, TeecError> {
        Teec::fingerprint(*self).map(FingerprintClient::new)
    }
    fn gatekeeper(&self) -> Result<GatekeeperClient<Teec>, TeecError> {
        Teec::gatekeeper(*self).map(GatekeeperClient::new)
    }
}

/// A session with a trusted application.
pub struct Teec(Session);

impl Teec {
    /// Opens a session with the payment TA.
    pub fn payment(identity: impl Into<Identity>) -> Result<Self, TeecError> {
        Self::open(PAYMENT_TA, identity.into())
    }

    /// Opens a session with the SOTER TA.
    pub fn soter(identity: impl Into<Identity>) -> Result<Self, TeecError> {
        Self::open(SOTER_TA, identity.into())
    }

    /// Opens a session with the fingerprint TA whose matches the payment TA believes. Another
    /// may not be part of the firmware, and OP-TEE waits for tee-supplicant to bring it.
    pub fn fingerprint(identity: impl Into<Identity>) -> Result<Self, TeecError> {
        let identity = identity.into();
        let mut payment = PaymentClient::new(Self::payment(identity)?);
        let sensor = payment.sensor().map_err(|error| match error {
            Error::Transport(error) => error,
            Error::Protocol(_) | Error::Refused(_) => {
                TeecError::new(Link::Command, ErrorKind::BadParameters)
            }
        })?;
        Self::open(fingerprint_ta(sensor).uuid, identity)
    }

    /// Opens a session with the gatekeeper TA.
    pub fn gatekeeper(identity: impl Into<Identity>) -> Result<Self, TeecError> {
        Self::open(GATEKEEPER_TA, identity.into())
    }

    fn open(uuid: &str, identity: Identity) -> Result<Self, TeecError> {
        let uuid = Uuid::parse_str(uuid)
            .map_err(|_| TeecError::new(Link::Session, ErrorKind::BadFormat))?;
        let mut context = Context::new().map_err(at(Link::Driver))?;
        let claim = ParamValue::new(identity.caller, identity.uid, ParamType::ValueInput);
        let mut operation = Operation::new(0, claim, ParamNone, ParamNone, ParamNone);
        Session::new(
            &mut context,
            uuid,
            ConnectionMethods::LoginUser,
            Some(&mut operation),
        )
        .map(Self)
        .map_err(at(Link::Session))
    }
}

impl Transport for Teec {
    type Error = TeecError;

    fn invoke(
        &mut self,
        command: u32,
        request: &[u8],
        response: &mut [u8],
    ) -> Result<usize, TeecError> {
        let mut operation = Operation::new(
            0,
            ParamTmpRef::new_input(request),
            ParamTmpRef::new_output(response),
            ParamNone,
            ParamNone,
        );
        self.0
            .invoke_command(command, &mut operation)
            .map_err(at(Link::Command))?;
        Ok(operation.parameters().1.updated_size())
    }
}
