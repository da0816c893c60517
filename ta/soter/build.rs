//! The TA header, and how a trusted application is linked.

use optee_utee_build::{Error, TaConfig, build};

/// An instance a session: while one makes an RSA key, which takes seconds, no other
/// session waits for it. OP-TEE lets one thread at a time into all single instances.
const FLAGS: u32 = 0;

fn main() -> Result<(), Error> {
    println!("cargo:rustc-link-arg=-nostartfiles");
    build(
        TaConfig::new_default_with_cargo_env(touchseal_proto::SOTER_TA)?
            .ta_flags(FLAGS)
            .ta_stack_size(64 * 1024)
            .ta_data_size(64 * 1024),
    )
}
