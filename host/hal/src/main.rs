//! `touchseal-hal`: the service `vendor.touchseal.hardware.payment-service.optee`.
#![forbid(unsafe_code)]

use anyhow::{Result, anyhow, bail};
use rsbinder::StatusCode;
use rsbinder::entry::KernelEndpoint;
use std::process::ExitCode;
use touchseal::proto::HAL_UID;
use touchseal::transport::SecureWorld;
use touchseal::transport::teec::Identity;
use touchseal_hal::{THREADS, interfaces};

/// As the command line's: what was asked for cannot be done, or something is not reached.
const MISUSE: u8 = 2;
const NOT_REACHED: u8 = 3;

fn main() -> ExitCode {
    if let Err(error) = may_start() {
        eprintln!("touchseal-hal: {error:#}");
        return MISUSE.into();
    }
    let Err(error) = serve();
    eprintln!("touchseal-hal: {error:#}");
    NOT_REACHED.into()
}

fn may_start() -> Result<()> {
    if let Some(option) = std::env::args().nth(1) {
        bail!("{option}: there are no options; it is started by init, or by systemd");
    }
    let uid = rustix::process::geteuid().as_raw();
    if uid != HAL_UID {
        bail!(
            "this is uid {uid}, for which the secure world opens no sessions of apps: \
             start it as uid {HAL_UID}"
        );
    }
    Ok(())
}

/// Returns when something is not there that it needs.
fn serve() -> Result<std::convert::Infallible> {
    let hal = Identity::from(HAL_UID);
    let mut payment = hal.payment()?;
    payment.sensor()?;
    drop(payment);

    let kernel = KernelEndpoint::default().with_threads(THREADS);
    let mut server = rsbinder::serve(kernel).map_err(no_driver)?;
    rsbinder::hub::default().map_err(no_service_manager)?;
    for (name, interface) in interfaces(move |uid| Identity { uid, ..hal }) {
        server = server.add(name, interface).map_err(not_registered)?;
    }
    server.run().map_err(not_registered)?;
    bail!("binder has ended the service: start it again")
}

fn no_driver(error: StatusCode) -> anyhow::Error {
    anyhow!(
        "the binder driver cannot be used ({error}): check that binderfs is mounted at \
         /dev/binderfs, with a node binder that uid {HAL_UID} may open"
    )
}

fn no_service_manager(error: StatusCode) -> anyhow::Error {
    anyhow!(
        "no service manager answers ({error}): on Android that is servicemanager; elsewhere \
         start rsb_hub"
    )
}

fn not_registered(error: StatusCode) -> anyhow::Error {
    anyhow!(
        "the service manager does not take the service ({error}): let uid {HAL_UID} add \
         vendor.touchseal.hardware.payment.* (the manifest and the SELinux policy on Android, \
         rsb_hub's configuration elsewhere)"
    )
}
