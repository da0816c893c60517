//! See `touchseal_fuzz::soter`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| touchseal_fuzz::soter::one_input(input));
