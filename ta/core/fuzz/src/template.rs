//! Whatever is read as a template has just these bytes as its record.

use touchseal_core::error::Error;
use touchseal_core::fingerprint::template::Template;

/// The input is a record, or damage.
pub fn one_input(input: &[u8]) {
    match Template::from_bytes(input) {
        Ok(template) => {
            let record = template.to_bytes().expect("what was read can be written");
            assert_eq!(record[..], *input);
        }
        Err(error) => assert_eq!(error, Error::StorageDamaged),
    }
}
