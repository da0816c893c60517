//! One trusted application asks the other.

use optee_utee::{ParamIndex, TaSessionBuilder, TeeParams, Uuid};
use touchseal_core::error::{Error, Result};
use touchseal_proto::command::Request;
use touchseal_proto::transport::call;

/// Asks the trusted application `uuid`, whose largest request and response are `IN`
/// and `OUT`. A session each time: a peer that died is found again.
pub fn ask<R: Request, const IN: usize, const OUT: usize>(
    uuid: &str,
    request: &R,
) -> Result<R::Response> {
    let mut response = zeroize::Zeroizing::new([0; OUT]);
    call(
        request,
        &mut [0; IN],
        response.as_mut(),
        |command, request, response| {
            let mut session = TaSessionBuilder::new(Uuid::parse_str(uuid)?).build()?;
            let mut parameters = TeeParams::new()
                .with_memref_in(ParamIndex::Arg0, request)
                .with_memref_out(ParamIndex::Arg1, response);
            session.invoke_command(command, &mut parameters)?;
            Ok::<_, optee_utee::Error>(
                parameters[ParamIndex::Arg1]
                    .written_slice()
                    .map_or(0, <[u8]>::len),
            )
        },
    )
    .map_err(Error::from)
}
