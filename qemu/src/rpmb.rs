//! RPMB traffic as seen from outside, in QEMU's trace.

use anyhow::{Context, Result};
use std::path::Path;

/// How many authenticated data writes the trace holds. The eMMC's own write
/// counter cannot tell: QEMU starts it afresh in each process.
pub(crate) fn authenticated_writes(trace: &Path) -> Result<u64> {
    let trace = std::fs::read_to_string(trace)
        .with_context(|| format!("Cannot read the RPMB trace {}", trace.display()))?;
    Ok(count(&trace))
}

/// Request 3 is an authenticated data write.
fn count(trace: &str) -> u64 {
    let writes = trace
        .lines()
        .filter(|line| line.contains("sdcard_rpmb_write_block req 0x3 "));
    writes.count() as u64
}

#[cfg(test)]
mod tests {
    #[test]
    fn only_data_writes_count() {
        let trace = "sdcard_rpmb_write_block req 0x2 result 0x0\n\
                     sdcard_rpmb_write_block req 0x3 result 0x0\n\
                     sdcard_rpmb_write_block req 0x4 result 0x0\n\
                     sdcard_rpmb_write_block req 0x3 result 0x0\n";
        assert_eq!(super::count(trace), 2);
    }
}
