//! What the payments of years do to an RPMB.

use serde_json::{Value, json};

/// Assumed, not measured: how often an owner pays, and the wrong fingers meanwhile.
const PAYMENTS_A_DAY: f64 = 20.0;
/// Of a wrong finger: its attempt and the match that follows, each a write at most.
const WRONG_FINGERS_A_DAY: f64 = 5.0;
const WRITES_A_WRONG_FINGER: f64 = 2.0;
/// OP-TEE's own, when its storage is first used.
const BOOTS_A_DAY: f64 = 1.0;
const YEARS: f64 = 8.0;
const DAYS: f64 = YEARS * 365.25;
/// The RPMB's write counter has 32 bits, and the partition is read-only at its end.
const WRITE_COUNTER: f64 = u32::MAX as f64;
/// Assumed of the flash: a block of three bits a cell stands so many erasures, what is written
/// into it is a page of so many bytes whatever its size, and an RPMB has its smallest size.
const ERASURES: f64 = 3_000.0;
const PAGE: f64 = 16_384.0;
const PARTITION: f64 = 131_072.0;

/// The writes of years.
#[derive(Clone, Copy, Debug)]
pub struct Wear {
    pub writes: f64,
    /// Of the write counter's range.
    pub of_counter: f64,
    /// Of what the flash of the partition stands, if the eMMC levels its wear within it.
    pub of_flash: f64,
}

impl Wear {
    pub fn of(writes_a_payment: f64) -> Self {
        let a_day = PAYMENTS_A_DAY * writes_a_payment
            + WRONG_FINGERS_A_DAY * WRITES_A_WRONG_FINGER
            + BOOTS_A_DAY;
        let writes = DAYS * a_day;
        Self {
            writes,
            of_counter: writes / WRITE_COUNTER,
            of_flash: writes * PAGE / (ERASURES * PARTITION),
        }
    }

    pub fn told(&self) -> String {
        format!(
            "{YEARS} years of {PAYMENTS_A_DAY} payments, {WRONG_FINGERS_A_DAY} wrong fingers and {BOOTS_A_DAY} boot a day (assumed) \
             are {:.0} writes:\n  {:.4} % of the RPMB's 32-bit write counter; {:.0} % of what an RPMB of 128 KiB stands, if its \
             blocks stand {ERASURES} erasures\n  and each write costs a page of 16 KiB (assumed; larger partitions stand more in proportion)",
            self.writes,
            100.0 * self.of_counter,
            100.0 * self.of_flash
        )
    }

    pub fn json(&self) -> Value {
        json!({
            "years": YEARS,
            "assumed": {
                "payments_a_day": PAYMENTS_A_DAY,
                "wrong_fingers_a_day": WRONG_FINGERS_A_DAY,
                "boots_a_day": BOOTS_A_DAY,
                "erasures_a_block": ERASURES,
                "page_bytes": PAGE,
                "partition_bytes": PARTITION,
            },
            "writes": self.writes.round(),
            "of_write_counter": self.of_counter,
            "of_flash": self.of_flash,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_years_are_far_from_the_counters_end() {
        let wear = Wear::of(1.0);
        assert_eq!(wear.writes.round(), 90_582.0);
        assert!(wear.of_counter < 1e-4);
        assert!(Wear::of(6.0).of_flash > wear.of_flash * 4.0);
    }
}
