//! Rates as a person reads them.

use touchseal::evaluation::rates::{Interval, Proportion};

pub fn counted(proportion: Proportion) -> String {
    let shown = with_limits((proportion.rate(), proportion.interval()));
    format!("{shown}: {} of {}", proportion.errors, proportion.trials)
}

pub fn with_limits((rate, limits): (f64, Interval)) -> String {
    format!(
        "{} ({} to {})",
        percent(rate),
        percent(limits.low),
        percent(limits.high)
    )
}

/// With three digits that count.
pub fn percent(rate: f64) -> String {
    let percent = rate * 100.0;
    if percent == 0.0 {
        return "0 %".into();
    }
    let digits = (2.0 - percent.log10().floor()).clamp(0.0, 9.0) as usize;
    let shown = format!("{percent:.digits$}");
    match shown.contains('.') {
        true => format!("{} %", shown.trim_end_matches('0').trim_end_matches('.')),
        false => format!("{shown} %"),
    }
}

#[cfg(test)]
mod tests {
    use super::percent;

    #[test]
    fn percents_have_three_digits() {
        for (rate, shown) in [
            (0.0, "0 %"),
            (1.0, "100 %"),
            (0.841_886, "84.2 %"),
            (0.1, "10 %"),
            (0.000_606, "0.0606 %"),
            (0.000_02, "0.002 %"),
        ] {
            assert_eq!(percent(rate), shown);
        }
    }
}
