//! See `touchseal_fuzz::sensor`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| touchseal_fuzz::sensor::one_input(input));
