//! The one seam that both worlds share.

use crate::PROTOCOL_VERSION;
use crate::command::Request;
use crate::status::Status;
use crate::wire::{Reader, Wire, WireError, Writer};
use core::fmt;

/// A session with one trusted application.
pub trait Transport {
    /// Why the request did not arrive, or the response did not come back.
    type Error;
    /// Sends one command; returns how many bytes of `response` were filled.
    fn invoke(
        &mut self,
        command: u32,
        request: &[u8],
        response: &mut [u8],
    ) -> Result<usize, Self::Error>;
}

/// Why a command has no result.
#[derive(Debug, PartialEq, Eq)]
pub enum CallError<E> {
    /// The command did not arrive, or its response did not come back.
    Transport(E),
    /// Client and trusted application speak different protocols.
    Protocol(WireError),
    /// The trusted application refused.
    Refused(Status),
}

/// A cause as a person is told of it: sentence, name, number and remedy.
impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sentence, name, number) = (self.sentence(), self.name(), *self as u16);
        write!(f, "{sentence} ({name}, {number}): {}", self.remedy())
    }
}

impl<E: fmt::Display> fmt::Display for CallError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Transport(error) => write!(f, "{error}"),
            Self::Protocol(error) => write!(
                f,
                "the trusted application speaks another protocol ({error}): use a client of \
                 its version"
            ),
            Self::Refused(status) => {
                write!(f, "{status}")
            }
        }
    }
}

impl<E: core::error::Error> core::error::Error for CallError<E> {}

/// Of what is no message, and is not sent.
impl<E> From<WireError> for CallError<E> {
    fn from(error: WireError) -> Self {
        Self::Protocol(error)
    }
}

impl<E: Copy + Into<Status>> CallError<E> {
    /// What has happened.
    pub fn cause(&self) -> Status {
        match self {
            Self::Transport(error) => (*error).into(),
            Self::Protocol(_) => Status::BadRequest,
            Self::Refused(status) => *status,
        }
    }

    /// What to do about it.
    pub fn remedy(&self) -> &'static str {
        self.cause().remedy()
    }
}

/// Asks for `request` over `invoke`. The buffers hold the largest request and the
/// largest response of the trusted application that is asked.
pub fn call<R: Request, E>(
    request: &R,
    request_buffer: &mut [u8],
    response_buffer: &mut [u8],
    invoke: impl FnOnce(u32, &[u8], &mut [u8]) -> Result<usize, E>,
) -> Result<R::Response, CallError<E>> {
    let mut out = Writer::new(request_buffer);
    out.put(&PROTOCOL_VERSION)?;
    out.put(request)?;
    let len = out.len();
    let filled = invoke(
        R::COMMAND,
        request_buffer.get(..len).unwrap_or_default(),
        response_buffer,
    )
    .map_err(CallError::Transport)?;
    let response = response_buffer.get(..filled).unwrap_or_default();
    match parse(response)? {
        Ok(body) => Ok(body),
        Err(refused) => Err(CallError::Refused(refused)),
    }
}

fn parse<B: Wire>(response: &[u8]) -> Result<Result<B, Status>, WireError> {
    let mut input = Reader::new(response);
    if input.get::<u8>()? != PROTOCOL_VERSION {
        return Err(WireError::BadValue);
    }
    let body = match input.get()? {
        Status::Ok => Ok(input.get()?),
        refused => Err(refused),
    };
    input.finish()?;
    Ok(body)
}
