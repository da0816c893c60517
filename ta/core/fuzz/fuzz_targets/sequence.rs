//! See `touchseal_fuzz::sequence`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| touchseal_fuzz::sequence::one_input(input));
