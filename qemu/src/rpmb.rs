//! RPMB traffic as seen from outside, in QEMU's trace.

use crate::emmc::RPMB_START;
use anyhow::{Context, Result};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

/// Follows the authenticated data writes of a boot, live. The eMMC's own write counter
/// cannot tell: QEMU starts it afresh in each process.
#[derive(Debug)]
pub struct Writes {
    trace: BufReader<File>,
    request: &'static [u8],
    line: Vec<u8>,
    count: u64,
}

impl Writes {
    pub(crate) fn follow(trace: &Path) -> Result<Self> {
        Self::requests(trace, b"sdcard_rpmb_write_block req 0x3 ")
    }

    fn requests(trace: &Path, request: &'static [u8]) -> Result<Self> {
        let trace = File::open(trace)
            .with_context(|| format!("Cannot read the RPMB trace {}", trace.display()))?;
        Ok(Self {
            trace: BufReader::new(trace),
            request,
            line: Vec::new(),
            count: 0,
        })
    }

    /// How many there were since boot.
    ///
    /// # Errors
    ///
    /// When the trace cannot be read.
    pub fn count(&mut self) -> std::io::Result<u64> {
        loop {
            self.trace.read_until(b'\n', &mut self.line)?;
            if self.line.last() != Some(&b'\n') {
                return Ok(self.count);
            }
            let mut parts = self.line.windows(self.request.len());
            self.count += u64::from(parts.any(|part| part == self.request));
            self.line.clear();
        }
    }
}

/// How many authenticated data reads there were since boot; each may be of many blocks.
pub(crate) fn reads(trace: &Path) -> Result<u64> {
    Ok(Writes::requests(trace, b"sdcard_rpmb_write_block req 0x4 ")?.count()?)
}

/// Which blocks of the RPMB partition were written since boot, in order.
pub(crate) fn blocks(trace: &Path) -> Result<Vec<u64>> {
    let trace = std::fs::read_to_string(trace)
        .with_context(|| format!("Cannot read the RPMB trace {}", trace.display()))?;
    Ok(trace.lines().filter_map(block).collect())
}

/// What goes to the image in so many bytes is an RPMB block: sectors are longer.
fn block(line: &str) -> Option<u64> {
    let (_, line) = line.split_once("blk_co_pwritev ")?;
    let (_, offset) = line.split_once(" offset ")?;
    let (offset, line) = offset.split_once(" bytes ")?;
    let offset: u64 = offset.parse().ok()?;
    let in_partition = offset.checked_sub(RPMB_START)?;
    line.starts_with("256 ").then_some(in_partition / 256)
}

#[cfg(test)]
mod tests {
    use super::{Writes, block};
    use std::io::Write;

    #[test]
    fn only_data_writes_count_once_their_line_is_whole() {
        let mut trace = tempfile::NamedTempFile::new().unwrap();
        let mut writes = Writes::follow(trace.path()).unwrap();
        assert_eq!(writes.count().unwrap(), 0);
        for (said, count) in [
            ("sdcard_rpmb_write_block req 0x2 result 0x0\n", 0),
            ("sdcard_rpmb_write_block req 0x3 result 0x0\n", 1),
            (
                "sdcard_rpmb_write_block req 0x4 result 0x0\nsdcard_rpmb_w",
                1,
            ),
            ("rite_block req 0x3 result 0x0", 1),
            ("\n", 2),
        ] {
            trace.write_all(said.as_bytes()).unwrap();
            assert_eq!(writes.count().unwrap(), count, "{said}");
        }
    }

    #[test]
    fn a_block_is_told_from_a_sector() {
        let line = |offset, bytes| {
            format!("blk_co_pwritev blk 0x5 bs 0x6 offset {offset} bytes {bytes} flags 0x0")
        };
        assert_eq!(block(&line(262_144 + 512, 256)), Some(2));
        assert_eq!(block(&line(262_144, 512)), None);
        assert_eq!(block(&line(0, 256)), None);
    }
}
