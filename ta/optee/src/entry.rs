//! The way of a command in and out: types checked, bounds checked, the request copied
//! once out of shared memory, the response copied once into it.

use crate::{log, stack};
use optee_utee::{
    ErrorKind, ParameterMemref, ParameterMemrefInput, ParameterMemrefOutput, ParameterMemrefRead,
    ParameterMemrefWrite, ParameterNone,
};
use touchseal_core::error::{Error, Result};
use zeroize::Zeroizing;

/// What every command takes: a request, and room for a response.
pub type Parameters<'a> = (
    ParameterMemrefInput<'a>,
    ParameterMemrefOutput<'a>,
    ParameterNone,
    ParameterNone,
);

/// Why no session is opened, as far as OP-TEE has a word for it.
pub fn no_session(error: Error) -> optee_utee::Error {
    log::no_session(error);
    match error {
        Error::TooManySessions | Error::Busy => ErrorKind::Busy.into(),
        Error::OutOfMemory => ErrorKind::OutOfMemory.into(),
        _ => ErrorKind::Generic.into(),
    }
}

/// Serves a command. `IN` and `OUT` are the trusted application's largest request and
/// response. Room for less than the largest response is refused before anything is
/// done, with the size that is needed.
pub fn invoke<const IN: usize, const OUT: usize>(
    parameters: &mut Parameters<'_>,
    serve: impl FnOnce(&[u8], &mut [u8]) -> optee_utee::Result<Result<usize>>,
) -> optee_utee::Result<()> {
    let (shared_request, shared_response, _, _) = parameters;
    let len = shared_request.buffer_len();
    if len > IN {
        return Err(ErrorKind::BadParameters.into());
    }
    if shared_response.buffer_len() < OUT {
        // SAFETY: sets the size that the client reads back and nothing else; with
        // ShortBuffer it may exceed the buffer, which is what it is for.
        unsafe { shared_response.set_updated_size_unchecked(OUT) };
        return Err(ErrorKind::ShortBuffer.into());
    }
    let mut request = Zeroizing::new([0; IN]);
    let mut response = Zeroizing::new([0; OUT]);
    let request = request.get_mut(..len).ok_or(ErrorKind::BadParameters)?;
    if shared_request.read_at(0, request)? != len {
        return Err(ErrorKind::BadParameters.into());
    }
    let served = stack::wiped(|| serve(request, response.as_mut()));
    let filled = served?.map_err(|_| ErrorKind::Generic)?;
    shared_response.set_output(response.get(..filled).ok_or(ErrorKind::Generic)?)
}
