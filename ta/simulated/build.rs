//! The TA header, and how a trusted application is linked.

use optee_utee_build::{Error, TaConfig, build};
use touchseal_core::fingerprint::frame::MAX_PIXELS;
use touchseal_core::fingerprint::matcher::HEAP_BOUND;

/// Single instance, several sessions, kept alive: the lock after wrong fingers lives
/// in memory, and reloading costs 600 ms a session.
const FLAGS: u32 = 1 << 2 | 1 << 3 | 1 << 4;

/// Some is left for what the allocator cannot use.
const HEAP: u32 = 1536 * 1024;
const _: () = assert!(MAX_PIXELS + HEAP_BOUND + 128 * 1024 <= HEAP as usize);

fn main() -> Result<(), Error> {
    println!("cargo:rustc-link-arg=-nostartfiles");
    build(
        TaConfig::new_default_with_cargo_env(touchseal_proto::SIMULATED_FINGERPRINT_TA.uuid)?
            .ta_flags(FLAGS)
            .ta_stack_size(64 * 1024)
            .ta_data_size(HEAP),
    )
}
