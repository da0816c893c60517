//! The numbers in `aidl/` are the protocol's.

use touchseal::proto::status::Status;
use touchseal::soter::Code;

/// The constants of an enum: its names in the protocol's spelling, and their numbers.
fn constants(aidl: &str) -> Vec<(String, i32)> {
    let constant = |line: &str| {
        let (name, number) = line.trim().strip_suffix(',')?.split_once(" = ")?;
        let words = name.split('_').map(|word| {
            let (first, rest) = word.split_at(1);
            format!("{first}{}", rest.to_lowercase())
        });
        Some((words.collect(), number.parse().ok()?))
    };
    aidl.lines().filter_map(constant).collect()
}

#[test]
fn every_cause_is_there_under_its_number() {
    let aidl = include_str!("../../aidl/vendor/touchseal/hardware/payment/Cause.aidl");
    let all: Vec<_> = Status::ALL
        .iter()
        .map(|cause| (cause.name().to_owned(), *cause as i32))
        .collect();
    assert_eq!(constants(aidl), all);
}

#[test]
fn every_soter_code_is_there_under_its_number() {
    let aidl = include_str!("../../aidl/vendor/touchseal/hardware/payment/SoterCode.aidl");
    let known = constants(aidl);
    for cause in Status::ALL {
        let code = Code::from(*cause);
        let named = (format!("{code:?}"), code.number());
        assert!(known.contains(&named), "{named:?}");
    }
    for code in [Code::SessionOutOfTime, Code::Unknown] {
        assert!(known.contains(&(format!("{code:?}"), code.number())));
    }
}
