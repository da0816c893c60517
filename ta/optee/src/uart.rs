//! The UART that the secure world alone reaches, through the pseudo TA that
//! `qemu/build/patches/optee-secure-uart.patch` adds to OP-TEE: it lets the fingerprint TA in,
//! and nobody else.

use crate::error;
use crate::peer::unavailable;
use optee_utee::{ErrorKind, ParamIndex, TaSession, TaSessionBuilder, TeeParams, Uuid};
use touchseal_core::error::{Error, Result};
use touchseal_core::platform::Uart;

const SECURE_UART: &str = "03985ac7-f440-4efa-8a77-01bcbddcc021";
const WRITE: u32 = 1;
const READ: u32 = 2;
const DISCARD: u32 = 3;

/// What a call transfers at most, in bytes, and how long it waits.
const MAX_SIZE: usize = 4096;
const MAX_MS: u32 = 1000;

/// The UART. It is opened when it is first used, and anew after an error.
#[derive(Default)]
pub struct SecureUart(Option<TaSession>);

impl SecureUart {
    fn invoke(&mut self, command: u32, parameters: &mut TeeParams<'_>) -> Result<()> {
        let mut session = match self.0.take() {
            Some(session) => session,
            None => TaSessionBuilder::new(Uuid::parse_str(SECURE_UART).map_err(error::of)?)
                .build()
                .map_err(of)?,
        };
        session.invoke_command(command, parameters).map_err(of)?;
        self.0 = Some(session);
        Ok(())
    }
}

impl Uart for SecureUart {
    fn send(&mut self, bytes: &[u8]) -> Result<()> {
        for part in bytes.chunks(MAX_SIZE) {
            let mut parameters = TeeParams::new().with_memref_in(ParamIndex::Arg0, part);
            self.invoke(WRITE, &mut parameters)?;
        }
        Ok(())
    }

    fn receive(&mut self, out: &mut [u8], limit_ms: u32) -> Result<usize> {
        let size = out.len().min(MAX_SIZE);
        let out = match out.get_mut(..size) {
            // OP-TEE has no empty parameters.
            Some(out) if size > 0 => out,
            _ => return Ok(0),
        };
        let mut parameters = TeeParams::new()
            .with_memref_out(ParamIndex::Arg0, out)
            .with_value_in(ParamIndex::Arg1, limit_ms.min(MAX_MS), 0);
        self.invoke(READ, &mut parameters)?;
        let came = parameters[ParamIndex::Arg0].written_slice();
        Ok(came.map_or(0, <[u8]>::len))
    }

    fn discard(&mut self) -> Result<()> {
        self.invoke(DISCARD, &mut TeeParams::new())
    }
}

/// A UART that takes no byte is one without a sensor.
fn of(error: optee_utee::Error) -> Error {
    match error.kind() {
        ErrorKind::Communication => Error::SensorSilent,
        // Else OP-TEE was built without the pseudo TA, or with another fingerprint TA's UUID in it.
        _ => unavailable(error),
    }
}
