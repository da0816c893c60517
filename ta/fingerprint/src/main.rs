//! The fingerprint TA's entry points, in the build whose images the normal world injects.
#![no_std]
#![no_main]

extern crate alloc;

use optee_utee::{
    ParametersAny, ta_close_session, ta_create, ta_destroy, ta_invoke_command, ta_open_session,
};
use touchseal_core::dispatch::Login;
use touchseal_core::fingerprint::FingerprintTa;
use touchseal_optee::{Instance, OpteePlatform, entry, login};
use touchseal_proto::command::FingerprintCommand;

static TA: Instance<FingerprintTa<OpteePlatform>> = Instance::new();

#[ta_create]
fn create() -> optee_utee::Result<()> {
    TA.start(FingerprintTa::new(OpteePlatform::default()))
}

#[ta_open_session]
fn open_session(parameters: &mut ParametersAny<'_>, session: &mut Login) -> optee_utee::Result<()> {
    *session = login(parameters)?;
    Ok(())
}

#[ta_invoke_command]
fn invoke_command(
    session: &mut Login,
    command: u32,
    parameters: &mut entry::Parameters<'_>,
) -> optee_utee::Result<()> {
    const IN: usize = FingerprintCommand::MAX_REQUEST;
    const OUT: usize = FingerprintCommand::MAX_RESPONSE;
    entry::invoke::<IN, OUT>(parameters, |request, response| {
        TA.enter(|ta| ta.invoke(*session, command, request, response))
    })
}

#[ta_close_session]
fn close_session(_: &mut Login) {}

#[ta_destroy]
fn destroy() {}

include!(concat!(env!("OUT_DIR"), "/user_ta_header.rs"));
