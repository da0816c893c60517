//! See `touchseal_fuzz::image`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| touchseal_fuzz::image::one_input(input));
