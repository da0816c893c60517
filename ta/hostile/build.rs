//! The TA header, and how a trusted application is linked.

use optee_utee_build::{Error, TaConfig, build};

/// `host/tests/hostile` knows it by that.
const UUID: &str = "26494dd0-612d-4437-a1d9-25cdb7bee420";

/// An instance a session: it need not wait for the ones that it attacks.
const FLAGS: u32 = 0;

fn main() -> Result<(), Error> {
    println!("cargo:rustc-link-arg=-nostartfiles");
    build(
        TaConfig::new_default_with_cargo_env(UUID)?
            .ta_flags(FLAGS)
            .ta_stack_size(32 * 1024)
            .ta_data_size(64 * 1024),
    )
}
