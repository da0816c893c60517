//! See `touchseal_fuzz::record`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| touchseal_fuzz::record::one_input(input));
