//! OP-TEE's RPMB file system, write by write (OP-TEE 4.10, `core/tee/tee_rpmb_fs.c`, with
//! `qemu/build/patches`). `qemu/tests/rpmb_model` compares it with the real one.
//!
//! The FAT grows from block 2, an entry a block, the last of them marked; files are put as far
//! to the end as they fit. A file that is overwritten within one block is so in place. Else it is
//! written anew elsewhere, and then its entry.

use super::blocks::{BLOCK, Block, Blocks};
use std::ops::Range;
use touchseal_core::error::{Error, Result};

const HEAD: u32 = 0;
const FAT: u32 = 2;
/// An RPMB of 2 MiB, whose last block OP-TEE does not use.
const END: u32 = 8191;

/// A file's name: its trusted application's and its object's, and whether it is not whole yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Name {
    pub temporary: bool,
    pub id: Vec<u8>,
}

/// An entry of the FAT.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    pub active: bool,
    pub last: bool,
    pub start: u32,
    pub size: usize,
    pub name: Name,
}

impl Entry {
    fn blocks(&self) -> Range<u32> {
        self.start..self.start + blocks(self.size)
    }

    fn is(&self, name: &Name) -> bool {
        self.active && self.name == *name
    }
}

fn blocks(size: usize) -> u32 {
    u32::try_from(size.div_ceil(BLOCK)).unwrap_or(u32::MAX)
}

/// The file system.
#[derive(Clone, Default)]
pub struct Files {
    pub blocks: Blocks,
    /// Whether it was used since OP-TEE started.
    used: bool,
    /// Has no room for anything more.
    pub full: bool,
}

impl Files {
    pub fn restart(&mut self) {
        self.blocks.restart();
        self.used = false;
    }

    /// Once a start, a block is written as it is: a request that was held back before has an
    /// old counter then. The first time of all, there is no file system yet.
    pub fn set_up(&mut self) -> Result<()> {
        self.blocks.powered()?;
        if self.used {
            return Ok(());
        }
        let formatted = match self.blocks.get(HEAD) {
            Some(Block::Partition { formatted }) => *formatted,
            _ => false,
        };
        self.blocks.write(HEAD, Block::Partition { formatted })?;
        if !formatted {
            self.mark_last(FAT)?;
            self.blocks
                .write(HEAD, Block::Partition { formatted: true })?;
        }
        self.used = true;
        Ok(())
    }

    fn mark_last(&mut self, at: u32) -> Result<()> {
        let last = Entry {
            last: true,
            ..Entry::default()
        };
        self.blocks.write(at, Block::Entry(last))
    }

    /// The FAT, as far as it goes.
    pub fn entries(&self) -> impl Iterator<Item = (u32, &Entry)> {
        let mut beyond = false;
        (FAT..END).map_while(move |at| match self.blocks.get(at) {
            Some(Block::Entry(entry)) if !beyond => {
                beyond = entry.last;
                Some((at, entry))
            }
            _ => None,
        })
    }

    pub fn find(&self, name: &Name) -> Option<(u32, Entry)> {
        let mut entries = self.entries();
        let (at, entry) = entries.find(|(_, entry)| entry.is(name))?;
        Some((at, entry.clone()))
    }

    /// A file's bytes.
    pub fn read(&self, name: &Name) -> Option<Vec<u8>> {
        let (_, entry) = self.find(name)?;
        Some(self.content(&entry))
    }

    fn content(&self, entry: &Entry) -> Vec<u8> {
        let data = entry.blocks().filter_map(|at| match self.blocks.get(at) {
            Some(Block::Data(data)) => Some(**data),
            _ => None,
        });
        let mut content = data.collect::<Vec<_>>().concat();
        content.resize(entry.size, 0);
        content
    }

    /// Where files are, the last one first.
    fn in_use(&self) -> Vec<Range<u32>> {
        let active = self.entries().filter(|(_, entry)| entry.active);
        let mut ranges: Vec<_> = active.map(|(_, entry)| entry.blocks()).collect();
        ranges.retain(|range| !range.is_empty());
        ranges.sort_by_key(|range| std::cmp::Reverse(range.start));
        ranges
    }

    /// The first gap from the end that is large enough.
    fn room(&self, size: usize) -> Result<u32> {
        let needed = blocks(size);
        let fat = self.entries().last().map_or(FAT, |(at, _)| at + 1);
        let mut end = END;
        for used in self.in_use().into_iter().chain(std::iter::once(0..fat)) {
            if end - used.end >= needed && !self.full {
                return Ok(end - needed);
            }
            end = used.start;
        }
        Err(Error::StorageFull)
    }

    /// A new file appears under its own name with the last of the writes.
    pub fn create(&mut self, id: &[u8], overwrite: bool, parts: &[&[u8]]) -> Result<()> {
        self.set_up()?;
        let name = |temporary| Name {
            temporary,
            id: id.to_vec(),
        };
        let temporary = name(true);
        let created = self
            .fill(&temporary, parts)
            .and_then(|()| self.rename(&temporary, &name(false), overwrite));
        if created.is_err() {
            let _ = self.remove(&temporary);
        }
        created
    }

    fn fill(&mut self, name: &Name, parts: &[&[u8]]) -> Result<()> {
        self.open_or_create(name)?;
        let mut at = 0;
        for part in parts {
            self.write(name, at, part)?;
            at += part.len();
        }
        Ok(())
    }

    /// A temporary file that a power cut has left is taken over as it is.
    fn open_or_create(&mut self, name: &Name) -> Result<()> {
        if self.find(name).is_some() {
            return Ok(());
        }
        let free = self.entries().find(|(_, entry)| !entry.active);
        let (at, grows) = free
            .map(|(at, entry)| (at, entry.last))
            .ok_or(Error::Platform)?;
        if grows {
            let lowest = self.in_use().last().map_or(END, |file| file.start);
            if lowest < at + 2 {
                return Err(Error::OutOfMemory);
            }
            self.mark_last(at + 1)?;
        }
        let entry = Entry {
            active: true,
            name: name.clone(),
            ..Entry::default()
        };
        self.blocks.write(at, Block::Entry(entry))
    }

    /// Writes `bytes` into a file at `from`: in place within a block, or the whole file anew.
    pub fn write(&mut self, name: &Name, from: usize, bytes: &[u8]) -> Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        let (at, mut entry) = self.find(name).ok_or(Error::Platform)?;
        let end = from + bytes.len();
        let mut content = self.content(&entry);
        content.resize(content.len().max(end), 0);
        content[from..end].copy_from_slice(bytes);
        let (first, last) = (from / BLOCK, (end - 1) / BLOCK);
        if end <= entry.size && first == last {
            return self.write_blocks(entry.start, &content, first..first + 1);
        }
        entry.size = content.len();
        entry.start = self.room(entry.size)?;
        self.write_blocks(entry.start, &content, 0..content.len().div_ceil(BLOCK))?;
        self.blocks.write(at, Block::Entry(entry))
    }

    fn write_blocks(&mut self, start: u32, content: &[u8], which: Range<usize>) -> Result<()> {
        for (at, part) in (start..)
            .zip(content.chunks(BLOCK))
            .skip(which.start)
            .take(which.len())
        {
            let mut data = [0; BLOCK];
            data[..part.len()].copy_from_slice(part);
            self.blocks.write(at, Block::Data(Box::new(data)))?;
        }
        Ok(())
    }

    /// Not power-safe where something is overwritten: its entry is cleared first.
    fn rename(&mut self, from: &Name, to: &Name, overwrite: bool) -> Result<()> {
        let (at, mut entry) = self.find(from).ok_or(Error::Platform)?;
        if self.find(to).is_some() {
            if !overwrite {
                return Err(Error::Exists);
            }
            self.remove(to)?;
        }
        entry.name = to.clone();
        self.blocks.write(at, Block::Entry(entry))
    }

    pub fn remove(&mut self, name: &Name) -> Result<()> {
        match self.find(name) {
            Some((at, _)) => self.blocks.write(at, Block::Entry(Entry::default())),
            None => Ok(()),
        }
    }

    /// Forgets a file without a write: flash that has gone bad.
    pub fn lose(&mut self, name: &Name) {
        if let Some((at, _)) = self.find(name)
            && let Some(block) = self.blocks.get_mut(at)
        {
            *block = Block::Entry(Entry::default());
        }
    }

    /// Puts other bytes in a file in the same way.
    pub fn spoil(&mut self, name: &Name, change: impl FnOnce(&mut [u8])) {
        let Some((_, entry)) = self.find(name) else {
            return;
        };
        let mut content = self.content(&entry);
        change(&mut content);
        for (at, part) in entry.blocks().zip(content.chunks(BLOCK)) {
            if let Some(Block::Data(data)) = self.blocks.get_mut(at) {
                data[..part.len()].copy_from_slice(part);
            }
        }
    }
}
