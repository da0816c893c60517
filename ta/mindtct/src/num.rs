// SPDX-FileCopyrightText: 2026 fprintd (pure-Rust) contributors
//
// Changed for touchseal, see README.md.
//
// SPDX-License-Identifier: MIT OR Apache-2.0

//! The reference's two roundings, which make its results the same on every machine.

/// `sround`: half away from zero.
pub(crate) fn sround(x: f64) -> i32 {
    (if x < 0.0 { x - 0.5 } else { x + 0.5 }) as i32
}

/// `trunc_dbl_precision` at the reference's scale: to a multiple of 1/16384.
pub(crate) fn quantize(x: f64) -> f64 {
    f64::from(sround(x * 16384.0)) / 16384.0
}

/// The angle of a line, in `0..2π`. The reference adds a turn and takes the remainder; both are
/// exact here, as `atan2` is within half a turn.
pub(crate) fn positive_angle(y: f64, x: f64) -> f64 {
    const TURN: f64 = 2.0 * core::f64::consts::PI;
    let theta = libm::atan2(y, x) + TURN;
    if theta >= TURN { theta - TURN } else { theta }
}
