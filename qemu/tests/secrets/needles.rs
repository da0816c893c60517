//! Secrets, and where in memory they are.

use anyhow::Result;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use touchseal_qemu::{Block, Memory};

/// Of a secret so many bytes are looked for by at first.
pub const START: usize = 8;
/// A secret, or a piece of one, has at most so many bytes.
pub const LONGEST: usize = 64;

const PAGE: usize = 4096;
const ZEROS: [u8; PAGE + START] = [0; PAGE + START];

/// Bytes that are looked for, by what they are of.
#[derive(Default)]
pub struct Needles {
    all: Vec<(&'static str, Vec<u8>)>,
    by_start: HashMap<[u8; START], Vec<usize>>,
    firsts: Vec<bool>,
}

fn first(bytes: &[u8]) -> usize {
    u16::from_le_bytes([bytes[0], bytes[1]]).into()
}

impl Needles {
    pub fn add(&mut self, what: &'static str, bytes: &[u8]) {
        assert!((START..=LONGEST).contains(&bytes.len()), "{what}");
        assert_ne!(bytes[..START], ZEROS[..START], "{what}");
        self.firsts.resize(1 << 16, false);
        self.firsts[first(bytes)] = true;
        let start = *bytes.first_chunk().unwrap();
        self.by_start.entry(start).or_default().push(self.all.len());
        self.all.push((what, bytes.to_vec()));
    }

    /// The same bytes forwards, and backwards as little-endian numbers are.
    pub fn add_number(&mut self, what: &'static str, bytes: &[u8]) {
        self.add(what, bytes);
        let backwards: Vec<_> = bytes.iter().rev().copied().collect();
        self.add(what, &backwards);
    }

    /// What they are of.
    pub fn kinds(&self) -> BTreeSet<&'static str> {
        self.all.iter().map(|(what, _)| *what).collect()
    }

    /// Each piece of them that is long enough, where its bytes are not those of much else.
    pub fn pieces(&self) -> Self {
        let mut pieces = Self::default();
        for (what, bytes) in &self.all {
            for piece in bytes.windows(START).filter(|piece| different(piece) >= 5) {
                pieces.add(what, piece);
            }
        }
        pieces
    }

    /// What is in `bytes`, and at which of its places.
    pub fn find(&self, bytes: &[u8], mut found: impl FnMut(&'static str, usize)) {
        let last = (bytes.len() + 1).saturating_sub(START);
        for page in (0..last).step_by(PAGE) {
            let end = last.min(page + PAGE);
            let begins = &bytes[page..end + START - 1];
            // Most of a memory, and the start of nothing.
            if begins == &ZEROS[..begins.len()] {
                continue;
            }
            for at in page..end {
                if self.firsts.get(first(&bytes[at..])) == Some(&true) {
                    self.find_at(bytes, at, &mut found);
                }
            }
        }
    }

    fn find_at(&self, bytes: &[u8], at: usize, found: &mut impl FnMut(&'static str, usize)) {
        let start: &[u8; START] = bytes[at..].first_chunk().unwrap();
        for number in self.by_start.get(start).into_iter().flatten() {
            let (what, needle) = &self.all[*number];
            if bytes[at..].starts_with(needle) {
                found(what, at);
            }
        }
    }

    /// How often each is in some bytes.
    pub fn count(&self, bytes: &[u8]) -> Found {
        let mut counted = Found::default();
        self.find(bytes, |what, _| *counted.entry(what).or_default() += 1);
        counted
    }

    /// How often each is in the blocks that are wanted.
    pub fn count_in(&self, memory: &Memory, wanted: impl Fn(&Block) -> bool) -> Result<Found> {
        let mut counted = Found::default();
        for block in memory.blocks().iter().filter(|block| wanted(block)) {
            memory.read(block, LONGEST - 1, |_, piece| {
                self.find(piece, |what, _| *counted.entry(what).or_default() += 1);
            })?;
        }
        Ok(counted)
    }
}

/// What was found, and how often.
pub type Found = BTreeMap<&'static str, usize>;

/// How many different bytes there are.
pub fn different(bytes: &[u8]) -> u32 {
    let mut seen = [0u64; 4];
    for byte in bytes {
        seen[usize::from(byte >> 6)] |= 1 << (byte & 63);
    }
    seen.iter().map(|word| word.count_ones()).sum()
}

/// Whether bytes look like a key: of 32 bytes at random 30 are different in the mean, and fewer
/// than 22 once in a billion times.
pub fn is_random(bytes: &[u8; 32]) -> bool {
    different(bytes) >= 22
}

/// What looks like a key in some memory: from every so many bytes on.
pub fn keys(memory: &[u8], step: usize) -> impl Iterator<Item = &[u8; 32]> {
    (0..memory.len())
        .step_by(step)
        .filter_map(|at| memory[at..].first_chunk())
        .filter(|bytes| is_random(bytes))
}
