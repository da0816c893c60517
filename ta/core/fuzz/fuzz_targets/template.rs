//! Whatever is read as a template has just these bytes as its record.
#![no_main]

use libfuzzer_sys::fuzz_target;
use touchseal_core::fingerprint::template::Template;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(template) = Template::from_bytes(bytes) {
        let record = template.to_bytes().expect("what was read can be written");
        assert_eq!(record[..], *bytes);
    }
});
