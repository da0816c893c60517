//! The payment TA's entry points.
#![no_std]
#![no_main]

extern crate alloc;

use optee_utee::{
    ParametersAny, ta_close_session, ta_create, ta_destroy, ta_invoke_command, ta_open_session,
};
use touchseal_core::payment::{Config, PaymentTa, Session};
use touchseal_optee::{Instance, OpteePlatform, entry, login};
use touchseal_proto::TA_VERSION;
use touchseal_proto::command::PaymentCommand;
use touchseal_proto::signed::{Root, SecurityLevel, Sensor};

const CONFIG: Config = Config {
    ta_version: TA_VERSION,
    security_level: SecurityLevel::TrustedEnvironment,
    root: Root::Test,
    sensor: Sensor::Simulated,
};

static TA: Instance<PaymentTa<OpteePlatform>> = Instance::new();

#[ta_create]
fn create() -> optee_utee::Result<()> {
    TA.start(PaymentTa::new(OpteePlatform::default(), CONFIG))
}

#[ta_open_session]
fn open_session(
    parameters: &mut ParametersAny<'_>,
    session: &mut Session,
) -> optee_utee::Result<()> {
    *session = Session::new(login(parameters)?);
    Ok(())
}

#[ta_invoke_command]
fn invoke_command(
    session: &mut Session,
    command: u32,
    parameters: &mut entry::Parameters<'_>,
) -> optee_utee::Result<()> {
    const IN: usize = PaymentCommand::MAX_REQUEST;
    const OUT: usize = PaymentCommand::MAX_RESPONSE;
    entry::invoke::<IN, OUT>(parameters, |request, response| {
        TA.enter(|ta| ta.invoke(session, command, request, response))
    })
}

#[ta_close_session]
fn close_session(_: &mut Session) {}

#[ta_destroy]
fn destroy() {}

include!(concat!(env!("OUT_DIR"), "/user_ta_header.rs"));
