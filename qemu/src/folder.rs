//! What one guest has to itself.

use anyhow::{Context, Result, bail};
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

/// A folder that is ours alone while this value lives.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    _lock: File,
}

impl Folder {
    /// Makes it where there is none, and changes nothing else in it.
    ///
    /// # Errors
    ///
    /// When it cannot be made, or is in use.
    pub fn take(path: impl Into<PathBuf>) -> Result<Self> {
        let path = path.into();
        let open = || {
            std::fs::create_dir_all(&path)?;
            File::create(path.join("lock"))
        };
        let file = open().with_context(|| format!("Cannot make the folder {}", path.display()))?;
        lock("folder", &path, &file)?;
        Ok(Self { path, _lock: file })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Until the file is closed, however this process ends.
pub(crate) fn lock(what: &str, path: &Path, file: &File) -> Result<()> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => bail!(
            "The {what} {} is in use by another guest. End that one first.",
            path.display()
        ),
        Err(TryLockError::Error(e)) => {
            Err(e).with_context(|| format!("Cannot lock the {what} {}", path.display()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_guests_cannot_share_a_folder() {
        let dir = tempfile::tempdir().unwrap();
        let first = Folder::take(dir.path().join("new")).unwrap();
        let second = Folder::take(first.path()).unwrap_err().to_string();
        assert!(second.contains("in use"), "{second}");
        let path = first.path().to_owned();
        drop(first);
        Folder::take(path).unwrap();
    }
}
