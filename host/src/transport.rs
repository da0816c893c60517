//! Ways to the secure world.

#[cfg(feature = "teec")]
pub mod teec;
