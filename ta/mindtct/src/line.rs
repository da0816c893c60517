// SPDX-FileCopyrightText: 2026 fprintd (pure-Rust) contributors
//
// Changed for touchseal, see README.md.
//
// SPDX-License-Identifier: MIT OR Apache-2.0

//! The pixels of a straight line (`line.c`).

use crate::num::quantize;

/// `line_points`: from one pixel to another, both included.
pub(crate) fn pixels(from: (i32, i32), to: (i32, i32)) -> impl Iterator<Item = (i32, i32)> {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let (adx, ady) = (dx.abs(), dy.abs());
    let step = |delta: i32| if delta >= 0 { 1 } else { -1 };
    let slope = |delta: i32, of: i32| f64::from(delta) / f64::from(of.max(1));

    // The longer axis goes pixel by pixel, and the other follows; on a diagonal both go.
    let (mut x, mut y) = from;
    let (mut rx, mut ry) = (f64::from(x), f64::from(y));
    core::iter::once(from).chain((0..adx.max(ady)).map(move |_| {
        if ady > adx {
            rx = quantize(rx + slope(dx, ady));
            x = (rx + 0.5) as i32;
        } else {
            x += step(dx);
        }
        if adx > ady {
            ry = quantize(ry + slope(dy, adx));
            y = (ry + 0.5) as i32;
        } else {
            y += step(dy);
        }
        (x, y)
    }))
}
