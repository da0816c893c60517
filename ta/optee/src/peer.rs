//! One trusted application asks another.

use crate::error;
use optee_utee::{ErrorKind, ParamIndex, TaSession, TaSessionBuilder, TeeParams, Uuid};
use touchseal_core::error::{Error, Result};
use touchseal_proto::command::Request;
use touchseal_proto::transport::{CallError, call};

/// Why another trusted application, or a pseudo TA of OP-TEE, does not serve.
pub fn unavailable(error: optee_utee::Error) -> Error {
    match error.kind() {
        ErrorKind::Busy => Error::Busy,
        ErrorKind::OutOfMemory => Error::OutOfMemory,
        _ => Error::PeerUnavailable,
    }
}

/// A session with another trusted application. Closed when dropped.
pub struct Peer(TaSession);

impl Peer {
    /// Opens a session, for a uid that this TA vouches for, or for nobody.
    pub fn open(uuid: &str, uid: Option<u32>) -> Result<Self> {
        let uuid = Uuid::parse_str(uuid).map_err(error::of)?;
        let mut session = TaSessionBuilder::new(uuid);
        if let Some(uid) = uid {
            session =
                session.with_params(TeeParams::new().with_value_in(ParamIndex::Arg0, uid, uid));
        }
        session.build().map(Self).map_err(unavailable)
    }

    /// Asks; the peer's largest request and response are `IN` and `OUT`.
    pub fn ask<R: Request, const IN: usize, const OUT: usize>(
        &mut self,
        request: &R,
    ) -> Result<R::Response> {
        let mut response = zeroize::Zeroizing::new([0; OUT]);
        call(
            request,
            &mut [0; IN],
            response.as_mut(),
            |command, request, response| {
                let mut parameters = TeeParams::new()
                    .with_memref_in(ParamIndex::Arg0, request)
                    .with_memref_out(ParamIndex::Arg1, response);
                self.0.invoke_command(command, &mut parameters)?;
                Ok::<_, optee_utee::Error>(
                    parameters[ParamIndex::Arg1]
                        .written_slice()
                        .map_or(0, <[u8]>::len),
                )
            },
        )
        .map_err(|error| match error {
            CallError::Transport(error) => unavailable(error),
            other => other.into(),
        })
    }
}
