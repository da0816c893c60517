//! Finds objects in OP-TEE's RPMB file system from outside (OP-TEE 4.10,
//! `core/tee/tee_rpmb_fs.c`): entries of one block each from address 512, the last of them
//! marked.
//!
//! | offset | length | `struct rpmb_fat_entry` |
//! | --- | --- | --- |
//! | 0 | 4 | address of the data, little-endian |
//! | 4 | 4 | its size |
//! | 8 | 4 | flags: 1 active, 2 last |
//! | 12 | 4 | unused |
//! | 16 | 16 | the file's key, encrypted |
//! | 32 | 224 | file name: `/` TA's UUID `/` object id, both in hexadecimal |
#![allow(dead_code, reason = "each test uses some")]

use std::ops::Range;

const START: usize = 512;
const ENTRY: usize = 256;
const NAME: usize = 32;
const ACTIVE: u32 = 1;
const LAST: u32 = 2;

struct Entry {
    at: usize,
    data: Range<usize>,
    flags: u32,
    id: String,
}

fn entries(rpmb: &[u8]) -> Vec<Entry> {
    let mut entries = Vec::new();
    for (number, entry) in rpmb[START..].chunks_exact(ENTRY).enumerate() {
        let field = |at: usize| u32::from_le_bytes(entry[at..at + 4].try_into().unwrap());
        let (address, size, flags) = (field(0) as usize, field(4) as usize, field(8));
        let name = entry[NAME..].split(|&byte| byte == 0).next().unwrap();
        let id = name.rsplit(|&byte| byte == b'/').next().unwrap();
        entries.push(Entry {
            at: START + number * ENTRY,
            data: address..address + size,
            flags,
            id: String::from_utf8_lossy(id).into_owned(),
        });
        if flags & LAST != 0 {
            break;
        }
    }
    entries
}

/// Where the data of the object with this id is.
pub fn data_of(rpmb: &[u8], id: &[u8]) -> Option<Range<usize>> {
    let wanted = hex::encode_upper(id);
    let mut entries = entries(rpmb).into_iter();
    let found = entries.find(|entry| entry.flags & ACTIVE != 0 && entry.id == wanted);
    found.map(|entry| entry.data)
}

/// Where the data of all objects is.
pub fn data(rpmb: &[u8]) -> Vec<Range<usize>> {
    let active = entries(rpmb).into_iter();
    let active = active.filter(|entry| entry.flags & ACTIVE != 0);
    active.map(|entry| entry.data).collect()
}

/// The ids that begin so.
pub fn ids_from(rpmb: &[u8], start: &[u8]) -> Vec<Vec<u8>> {
    let start = hex::encode_upper(start);
    entries(rpmb)
        .into_iter()
        .filter(|entry| entry.flags & ACTIVE != 0 && entry.id.starts_with(&start))
        .map(|entry| hex::decode(entry.id).unwrap())
        .collect()
}

/// The id of the one object whose id begins so.
pub fn id_from(rpmb: &[u8], start: &[u8]) -> Vec<u8> {
    let [id] = ids_from(rpmb, start).try_into().expect("one id");
    id
}

/// Gives each of two objects the other's id.
pub fn exchange(rpmb: &mut [u8], one: &[u8], other: &[u8]) {
    let names = [one, other].map(|id| {
        let wanted = hex::encode_upper(id);
        let mut entries = entries(rpmb).into_iter();
        let found = entries.find(|entry| entry.flags & ACTIVE != 0 && entry.id == wanted);
        found.expect("an object of this id").at + NAME
    });
    for byte in 0..ENTRY - NAME {
        rpmb.swap(names[0] + byte, names[1] + byte);
    }
}

/// Adds a large object of another TA, which leaves so many bytes. OP-TEE's entries grow from
/// the start, its data from the end.
pub fn leave(rpmb: &mut [u8], bytes: usize) {
    let entries = entries(rpmb);
    let last = entries.last().unwrap().at;
    let active = entries.iter().filter(|entry| entry.flags & ACTIVE != 0);
    let end = active.map(|entry| entry.data.start).min().unwrap();
    let start = last + 2 * ENTRY + bytes;
    let mut entry = [0; ENTRY];
    for (field, value) in [start, end - start, ACTIVE as usize]
        .into_iter()
        .enumerate()
    {
        let value = u32::try_from(value).unwrap().to_le_bytes();
        entry[4 * field..4 * field + 4].copy_from_slice(&value);
    }
    let name = b"/00000000000000000000000000000000/00";
    entry[NAME..NAME + name.len()].copy_from_slice(name);
    rpmb[last..last + ENTRY].copy_from_slice(&entry);
    entry = [0; ENTRY];
    entry[8] = LAST as u8;
    rpmb[last + ENTRY..last + 2 * ENTRY].copy_from_slice(&entry);
}
