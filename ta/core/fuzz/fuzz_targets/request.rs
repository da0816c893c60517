//! See `touchseal_fuzz::request`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| touchseal_fuzz::request::one_input(input));
