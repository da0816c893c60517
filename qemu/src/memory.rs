//! A machine's memory, as QEMU holds it: of both worlds, while the machine stands still.

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::FileExt;
use std::os::unix::net::UnixStream;
use std::time::Duration;

/// Nothing that the monitor does takes so long.
const LIMIT: Duration = Duration::from_secs(20);
/// What is read at once.
const PIECE: usize = 1 << 20;
/// What QEMU calls the memory that the secure world alone reaches.
const SECURE: &str = "virt.secure-ram";

/// QEMU's monitor (QMP).
#[derive(Debug)]
pub(crate) struct Monitor(BufReader<UnixStream>);

impl Monitor {
    pub(crate) fn new(port: UnixStream) -> Result<Self> {
        port.set_read_timeout(Some(LIMIT))?;
        let mut monitor = Self(BufReader::new(port));
        monitor.hear()?;
        monitor.ask("qmp_capabilities", &json!({}))?;
        Ok(monitor)
    }

    fn hear(&mut self) -> Result<Value> {
        let mut line = String::new();
        self.0
            .read_line(&mut line)
            .context("QEMU's monitor does not answer")?;
        serde_json::from_str(&line).context("QEMU's monitor says something else than JSON")
    }

    /// Skips what QEMU says of its own accord.
    fn ask(&mut self, command: &str, arguments: &Value) -> Result<Value> {
        let request = json!({ "execute": command, "arguments": arguments });
        writeln!(self.0.get_mut(), "{request}")?;
        loop {
            let said = self.hear()?;
            if let Some(answer) = said.get("return") {
                return Ok(answer.clone());
            }
            if let Some(error) = said.get("error") {
                bail!("QEMU refuses {command}: {error}");
            }
        }
    }

    /// The machine stands still.
    pub(crate) fn stop(&mut self) -> Result<()> {
        self.ask("stop", &json!({})).map(drop)
    }

    /// The machine goes on.
    pub(crate) fn go_on(&mut self) -> Result<()> {
        self.ask("cont", &json!({})).map(drop)
    }

    pub(crate) fn memory(&mut self, qemu: u32) -> Result<Memory> {
        let command = json!({ "command-line": "info ramblock" });
        let said = self.ask("human-monitor-command", &command)?;
        let said = said.as_str().context("QEMU names no memory")?;
        let blocks: Vec<_> = said.lines().filter_map(Block::parse).collect();
        ensure!(
            blocks.iter().any(Block::is_secure) && blocks.iter().any(|block| !block.is_secure()),
            "QEMU names no memory of both worlds:\n{said}"
        );
        let process = File::open(format!("/proc/{qemu}/mem"))
            .context("Cannot read QEMU's memory: is ptrace allowed on this machine?")?;
        Ok(Memory { blocks, process })
    }
}

/// Memory of one kind.
#[derive(Debug, PartialEq, Eq)]
pub struct Block {
    /// What QEMU calls it.
    pub name: String,
    start: u64,
    len: u64,
}

impl Block {
    /// A line of `info ramblock`: a name, a page size, and offset, used and whole size, and
    /// address in the process in hexadecimal.
    fn parse(line: &str) -> Option<Self> {
        let name = line.split_whitespace().next()?.to_owned();
        let numbers = line.split_whitespace().filter_map(|word| {
            let digits = word.strip_prefix("0x")?;
            u64::from_str_radix(digits, 16).ok()
        });
        match numbers.collect::<Vec<_>>()[..] {
            [_, len, _, start] => Some(Self { name, start, len }),
            _ => None,
        }
    }

    /// Whether the secure world alone reaches it.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.name == SECURE
    }
}

/// Of a machine, in blocks.
#[derive(Debug)]
pub struct Memory {
    blocks: Vec<Block>,
    process: File,
}

impl Memory {
    /// All of the machine's memory, one world's after the other's.
    #[must_use]
    pub fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// Reads a block piece by piece, of which each begins with the last `overlap` bytes of the
    /// one before; pieces of zeros are left out. `look` is told where a piece begins.
    ///
    /// # Errors
    ///
    /// When QEMU's memory cannot be read.
    pub fn read(
        &self,
        block: &Block,
        overlap: usize,
        mut look: impl FnMut(u64, &[u8]),
    ) -> Result<()> {
        let (zeros, mut piece) = (vec![0; PIECE], vec![0; PIECE]);
        let mut offset = 0;
        while offset < block.len {
            let len = usize::try_from(block.len - offset)?.min(PIECE);
            self.process
                .read_exact_at(&mut piece[..len], block.start + offset)
                .with_context(|| format!("Cannot read {} of QEMU", block.name))?;
            if piece[..len] != zeros[..len] {
                look(offset, &piece[..len]);
            }
            offset += if len == PIECE { len - overlap } else { len } as u64;
        }
        Ok(())
    }

    /// The secure world's memory.
    ///
    /// # Errors
    ///
    /// When QEMU's memory cannot be read.
    pub fn secure(&self) -> Result<Vec<u8>> {
        let secure = self.blocks.iter().find(|block| block.is_secure());
        let block = secure.context("no secure memory")?;
        let mut bytes = vec![0; usize::try_from(block.len)?];
        self.process.read_exact_at(&mut bytes, block.start)?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_found_where_qemu_says() {
        let said = "              Block Name    PSize              Offset               Used              Total                HVA  RO\n\
                    \x20        virt.secure-ram    4 KiB  0x0000000040000000 0x0000000001000000 0x0000000001000000 0x00007f1122000000  rw";
        let blocks: Vec<_> = said.lines().filter_map(Block::parse).collect();
        let secure = Block {
            name: SECURE.into(),
            start: 0x7f11_2200_0000,
            len: 16 << 20,
        };
        assert_eq!(blocks, [secure]);
        assert!(blocks[0].is_secure());
    }

    #[test]
    fn pieces_overlap_and_none_is_left_out() {
        let mut file = tempfile::tempfile().unwrap();
        let bytes: Vec<u8> = (0..5 * PIECE / 2).map(|n| (n % 251) as u8).collect();
        file.write_all(&bytes).unwrap();
        let block = Block {
            name: "some".into(),
            start: 0,
            len: bytes.len() as u64,
        };
        let memory = Memory {
            blocks: Vec::new(),
            process: file,
        };
        let mut end = 0;
        memory
            .read(&block, 31, |offset, piece| {
                let offset = usize::try_from(offset).unwrap();
                assert_eq!(piece, &bytes[offset..offset + piece.len()]);
                assert_eq!(offset, if end == 0 { 0 } else { end - 31 });
                end = offset + piece.len();
            })
            .unwrap();
        assert_eq!(end, bytes.len());
    }
}
