//! Over the GlobalPlatform TEE client API (libteec, the kernel, OP-TEE).

use optee_teec::{
    ConnectionMethods, Context, ErrorKind, Operation, ParamNone, ParamTmpRef, ParamType,
    ParamValue, Session, Uuid,
};
use std::fmt;
use touchseal_proto::transport::Transport;
use touchseal_proto::{FINGERPRINT_TA, PAYMENT_TA};

/// Which link of the chain broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TeecError {
    link: Link,
    kind: ErrorKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Link {
    Driver,
    Session,
    Command,
}

impl TeecError {
    /// What happened, and what to do about it.
    fn explain(self) -> (&'static str, &'static str) {
        match (self.link, self.kind) {
            (_, ErrorKind::OutOfMemory) => (
                "the secure world is out of memory",
                "close other clients, then try again",
            ),
            (_, ErrorKind::TargetDead) => (
                "the trusted application died",
                "try again, and report what the secure console says",
            ),
            (_, ErrorKind::Busy) => ("the secure world is busy", "try again"),
            (Link::Driver, ErrorKind::AccessDenied) => (
                "no permission on the TEE device node",
                "run as a user that may open /dev/tee0",
            ),
            (Link::Driver, _) => (
                "there is no OP-TEE driver: /dev/tee0 cannot be opened",
                "check that the kernel has CONFIG_OPTEE, that the firmware has OP-TEE, and that \
                 this user may open /dev/tee0",
            ),
            (Link::Session, ErrorKind::ItemNotFound) => (
                "the trusted application was not found",
                "flash firmware that has it, or install its .ta file and run tee-supplicant",
            ),
            (Link::Session, ErrorKind::AccessDenied) => (
                "the trusted application does not let this user in",
                "a user may only open sessions for its own uid",
            ),
            (Link::Session, _) => (
                "the trusted application does not open a session",
                "look at the secure console",
            ),
            (Link::Command, ErrorKind::BadParameters | ErrorKind::ShortBuffer) => (
                "the trusted application does not take this client's parameters",
                "use a client of its version",
            ),
            (Link::Command, _) => (
                "the command did not come back",
                "look at the secure console",
            ),
        }
    }
}

impl fmt::Display for TeecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, remedy) = self.explain();
        write!(
            f,
            "{what} ({:?}, {:#010x}): {remedy}",
            self.kind,
            u32::from(self.kind)
        )
    }
}

impl std::error::Error for TeecError {}

fn at(link: Link) -> impl Fn(optee_teec::Error) -> TeecError {
    move |error| TeecError {
        link,
        kind: error.kind(),
    }
}

/// A session with a trusted application.
pub struct Teec(Session);

impl Teec {
    /// Opens a session with the payment TA as `uid`, which must be the caller's own.
    pub fn payment(uid: u32) -> Result<Self, TeecError> {
        Self::open(PAYMENT_TA, uid)
    }

    /// Opens a session with the fingerprint TA as `uid`, which must be the caller's own.
    pub fn fingerprint(uid: u32) -> Result<Self, TeecError> {
        Self::open(FINGERPRINT_TA.uuid, uid)
    }

    fn open(uuid: &str, uid: u32) -> Result<Self, TeecError> {
        let uuid = Uuid::parse_str(uuid).map_err(|_| TeecError {
            link: Link::Session,
            kind: ErrorKind::BadFormat,
        })?;
        let mut context = Context::new().map_err(at(Link::Driver))?;
        let claim = ParamValue::new(uid, 0, ParamType::ValueInput);
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
