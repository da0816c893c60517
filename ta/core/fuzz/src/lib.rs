//! What each fuzz target does with an input: whatever it finds wrong is a panic. cargo-fuzz
//! calls it from `fuzz_targets`, and the tests on any machine: on the corpus, and on inputs
//! of their own.
#![forbid(unsafe_code)]

pub mod evidence;
pub mod image;
pub mod record;
pub mod request;
pub mod sensor;
pub mod sequence;
pub mod soter;
pub mod template;

mod ask;
mod golden;
mod lived;
