//! What the drill looks for: a device that is not as it should be. A guest that does not start
//! is none, as the next call starts it again with the same in its RPMB.

use crate::operation::{Operation, Place};
use std::fmt;
use std::path::PathBuf;

#[derive(Debug)]
pub struct Violation {
    /// The device's.
    pub image: PathBuf,
    /// What its power was cut during, if that was not looked at before.
    pub after: Option<(Operation, Place)>,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let image = self.image.display();
        write!(f, "the device in {image} is not as it should be")?;
        match &self.after {
            Some((operation, place)) => write!(f, " after a cut during {operation} for {place}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::Dialect;
    use anyhow::anyhow;

    #[test]
    fn it_is_told_from_other_errors_and_says_after_what() {
        let violation = Violation {
            image: "emmc.img".into(),
            after: Some((Operation::Pay, Place::app(Dialect::Payments, 10001))),
        };
        let found = anyhow!("lost").context(violation).context("cut 3 of 9");
        assert!(found.is::<Violation>());
        assert!(!anyhow!("lost").context("cut 3 of 9").is::<Violation>());
        let said = format!("{found:#}");
        assert!(
            said.starts_with("cut 3 of 9: the device in emmc.img"),
            "{said}"
        );
        assert!(said.ends_with("during Pay for uid 10001: lost"), "{said}");
    }
}
