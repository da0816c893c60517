//! The files that a command leaves.

use anyhow::{Context, Result};
use rustix::fs::{FallocateFlags, fallocate};
use rustix::io::Errno;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// More than anything that the device signs, in JSON as well.
const ROOM: u64 = 16 * 1024;

/// A file for what the device signs, open before it does, with room for it: a signature that
/// cannot be kept is lost, and its counter value with it.
pub struct OutFile {
    path: PathBuf,
    file: File,
    /// Whether it would be left empty by a failure.
    is_new: bool,
}

impl OutFile {
    /// Makes the file, or opens the one that is there: its content stays until another is
    /// written.
    pub fn open(path: PathBuf) -> Result<Self> {
        let is_new = !path.exists();
        let cannot = || format!("cannot write {}", path.display());
        let file = File::options()
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .with_context(cannot)?;
        let reserved = reserve(&file).with_context(cannot);
        let out = Self { path, file, is_new };
        reserved.map(|()| out)
    }

    /// Whether another is the very same file, by whatever name.
    pub fn is_also(&self, other: &Self) -> io::Result<bool> {
        let (one, other) = (self.file.metadata()?, other.file.metadata()?);
        Ok(one.is_file() && (one.dev(), one.ino()) == (other.dev(), other.ino()))
    }

    /// Writes it, in place of what was there; tells the path.
    pub fn write(mut self, bytes: &[u8]) -> Result<String> {
        let path = self.path.display().to_string();
        self.replace(bytes)
            .with_context(|| format!("cannot write {path}"))?;
        Ok(path)
    }

    /// A pipe or a terminal has no length to set, and keeps nothing.
    fn replace(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.is_new = false;
        if self.file.metadata()?.is_file() {
            self.file.set_len(bytes.len() as u64)?;
            self.file.sync_all()?;
        }
        Ok(())
    }
}

/// Takes the room on the disk, where the file system can; what cannot says so in its own way.
fn reserve(file: &File) -> io::Result<()> {
    if !file.metadata()?.is_file() {
        return Ok(());
    }
    match fallocate(file, FallocateFlags::KEEP_SIZE, 0, ROOM) {
        Err(full @ (Errno::NOSPC | Errno::DQUOT)) => Err(full.into()),
        _ => Ok(()),
    }
}

impl Drop for OutFile {
    fn drop(&mut self) {
        if self.is_new {
            // The failure that is told already is the one that counts.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// For what is there already, and can be asked for again.
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<()> {
    OutFile::open(path.into())?.write(bytes)?;
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_file_is_made_first_and_not_left_empty() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("payment.json");
        let out = OutFile::open(path.clone()).unwrap();
        assert!(path.exists());
        drop(out);
        assert!(!path.exists());
        OutFile::open(path.clone()).unwrap().write(b"long").unwrap();
        drop(OutFile::open(path.clone()).unwrap());
        assert_eq!(fs::read(&path).unwrap(), b"long");
        OutFile::open(path.clone()).unwrap().write(b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert!(OutFile::open(path.join("below")).is_err());
        OutFile::open("/dev/null".into())
            .unwrap()
            .write(b"")
            .unwrap();
    }
}
