//! The TA header, and how a trusted application is linked.

use optee_utee_build::{Error, TaConfig, build};

/// Single instance, several sessions, kept alive: the wait after wrong passwords lives
/// in memory, and reloading costs 600 ms a session.
const FLAGS: u32 = 1 << 2 | 1 << 3 | 1 << 4;

fn main() -> Result<(), Error> {
    println!("cargo:rustc-link-arg=-nostartfiles");
    build(
        TaConfig::new_default_with_cargo_env(touchseal_proto::GATEKEEPER_TA)?
            .ta_flags(FLAGS)
            .ta_stack_size(64 * 1024)
            .ta_data_size(32 * 1024),
    )
}
