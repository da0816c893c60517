//! See `touchseal_fuzz::evidence`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| touchseal_fuzz::evidence::one_input(input));
