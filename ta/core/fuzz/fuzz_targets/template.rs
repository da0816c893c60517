//! See `touchseal_fuzz::template`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| touchseal_fuzz::template::one_input(input));
