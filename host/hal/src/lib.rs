//! The Android HAL: payment keys over binder, in the native dialect (`IPaymentKeys`) and in
//! SOTER's (`ISoter`). The interfaces are in `aidl/`.
//!
//! A caller is the uid that binder tells of it; the secure world is asked in sessions of that
//! uid. [`interfaces`] is the service, which the program `touchseal-hal` brings up.
#![forbid(unsafe_code)]

mod alive;
mod arguments;
mod callback;
mod caller;
mod calls;
mod failure;
mod hal;
mod operations;
mod payment_keys;
mod sensor;
mod sessions;
mod soter;
#[cfg(test)]
mod tests;

use aidl::IPaymentKeys::BnPaymentKeys;
use aidl::ISoter::BnSoter;
use rsbinder::SIBinder;
use std::sync::Arc;

pub use calls::THREADS;
pub use hal::World;

/// The service's name of `IPaymentKeys`.
pub const PAYMENT_KEYS: &str = "vendor.touchseal.hardware.payment.IPaymentKeys/default";
/// The service's name of `ISoter`.
pub const SOTER: &str = "vendor.touchseal.hardware.payment.ISoter/default";

/// The two interfaces by their names, over a secure world that is opened for one uid at a time.
pub fn interfaces<W: World>(
    worlds: impl Fn(u32) -> W + Send + Sync + 'static,
) -> [(&'static str, SIBinder); 2] {
    let hal = Arc::new(hal::Hal::new(worlds));
    let payment_keys = payment_keys::PaymentKeys(hal.clone());
    [
        (
            PAYMENT_KEYS,
            BnPaymentKeys::new_binder(payment_keys).as_binder(),
        ),
        (
            SOTER,
            BnSoter::new_binder(soter::SoterVerbs(hal)).as_binder(),
        ),
    ]
}

/// What is generated from `aidl/`: clients use it, too.
#[allow(missing_docs, reason = "the documentation is in aidl/")]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/payment.rs"));
}

pub use generated::vendor::touchseal::hardware::payment as aidl;
