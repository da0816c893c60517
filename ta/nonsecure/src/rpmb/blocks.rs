//! The partition itself: blocks that are written whole or not at all, one after another, by
//! authenticated requests.

use super::files::Entry;
use std::collections::BTreeMap;
use touchseal_core::error::{Error, Result};

/// Bytes in a block.
pub const BLOCK: usize = 256;
/// So often OP-TEE asks for a write, before it takes the RPMB for dead until it restarts.
const TRIES: u32 = 10;

/// What OP-TEE's file system has in a block.
#[derive(Clone, Debug)]
pub enum Block {
    /// The partition's head, which says that there is a file system.
    Partition { formatted: bool },
    /// A file's entry in the FAT.
    Entry(Entry),
    /// A part of a file.
    Data(Box<[u8; BLOCK]>),
}

/// An authenticated write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Write {
    /// The block's number in the partition.
    pub block: u32,
    /// What it is of.
    pub of: Part,
}

/// A part of OP-TEE's file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The partition's head.
    Partition,
    /// The table of files.
    Fat,
    /// The files.
    Data,
}

/// The power's failure.
#[derive(Clone, Copy)]
enum Cut {
    /// Instead of the write with this number.
    Before(u64),
    /// Once it is done, before it is acknowledged.
    After(u64),
}

/// The blocks, and what fails.
#[derive(Clone, Default)]
pub struct Blocks {
    held: BTreeMap<u32, Block>,
    count: u64,
    log: Vec<Write>,
    cut: Option<Cut>,
    refused: u32,
    given_up: bool,
    /// Answers nothing, whatever is restarted.
    pub dead: bool,
}

impl Blocks {
    /// How many writes there were.
    pub fn count(&self) -> u64 {
        self.count
    }

    pub fn log(&self) -> &[Write] {
        &self.log
    }

    pub fn forget_log(&mut self) {
        self.log = Vec::new();
    }

    pub fn lose_power_at(&mut self, nth: u64) {
        self.cut = Some(Cut::Before(self.count + nth));
    }

    pub fn lose_power_after(&mut self, nth: u64) {
        self.cut = Some(Cut::After(self.count + nth));
    }

    /// Whether the power is out.
    pub fn is_out(&self) -> bool {
        match self.cut {
            Some(Cut::Before(nth)) => self.count >= nth,
            Some(Cut::After(nth)) => self.count > nth,
            None => false,
        }
    }

    pub fn refuse_requests(&mut self, count: u32) {
        self.refused = count;
    }

    /// Power is back, and OP-TEE starts anew.
    pub fn restart(&mut self) {
        self.cut = None;
        self.given_up = false;
    }

    pub fn powered(&self) -> Result<()> {
        if self.dead || self.given_up || self.is_out() {
            Err(Error::StorageDead)
        } else {
            Ok(())
        }
    }

    /// Before the power failed at this very write it is not done; the last one may be.
    pub fn write(&mut self, block: u32, content: Block) -> Result<()> {
        self.powered()?;
        let refused = self.refused.min(TRIES);
        self.refused -= refused;
        self.given_up = refused == TRIES;
        self.powered()?;
        let of = match content {
            Block::Partition { .. } => Part::Partition,
            Block::Entry(_) => Part::Fat,
            Block::Data(_) => Part::Data,
        };
        self.count += 1;
        self.log.push(Write { block, of });
        self.held.insert(block, content);
        match self.cut {
            Some(Cut::After(_)) => self.powered(),
            _ => Ok(()),
        }
    }

    /// What is there, whether there is power or not.
    pub fn get(&self, block: u32) -> Option<&Block> {
        self.held.get(&block)
    }

    /// The same, to be changed without a write: flash that has gone bad.
    pub fn get_mut(&mut self, block: u32) -> Option<&mut Block> {
        self.held.get_mut(&block)
    }
}
