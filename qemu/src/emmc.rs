//! The device's eMMC: one sparse file with the boot partitions, the RPMB
//! partition and the user area, in QEMU's order.

use crate::folder::lock;
use anyhow::{Context, Result, bail, ensure};
use std::fs::File;
use std::io::ErrorKind;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

pub(crate) const BOOT_SIZE: u64 = 128 << 10;
const RPMB_SIZE: u64 = 2 << 20;
pub(crate) const RPMB_START: u64 = 2 * BOOT_SIZE;
/// Nothing of ours is in the user area; Linux wants one.
const USER_SIZE: u64 = 64 << 20;

/// At the start of the first boot partition, which nothing else uses: says that
/// a file is one of ours.
const MARK: &[u8] = b"touchseal eMMC 1\n";
/// OP-TEE's RPMB file system starts with this, once there is one.
const RPMB_MARK: [u8; 4] = 0x5250_4D42_u32.to_le_bytes();

/// An eMMC image, ours alone while this value lives.
#[derive(Debug)]
pub struct Emmc {
    path: PathBuf,
    file: File,
    rpmb_size: u64,
    _scratch: Option<TempDir>,
}

impl Emmc {
    /// A new, empty device that is gone when this value is.
    ///
    /// # Errors
    ///
    /// When the file cannot be made.
    pub fn scratch() -> Result<Self> {
        Self::scratch_with_rpmb(RPMB_SIZE)
    }

    /// The same, with an RPMB partition of so many bytes: a multiple of 128 KiB.
    ///
    /// # Errors
    ///
    /// When the file cannot be made.
    pub fn scratch_with_rpmb(rpmb_size: u64) -> Result<Self> {
        let dir = tempfile::tempdir().context("Cannot make a temporary directory")?;
        let emmc = Self::create(&dir.path().join("emmc.img"), rpmb_size)?;
        Ok(Self {
            _scratch: Some(dir),
            ..emmc
        })
    }

    /// The device in `path`: with all that was sealed in it, or a new one.
    ///
    /// # Errors
    ///
    /// When the file is not an eMMC image, is damaged, or is in use.
    pub fn open_or_create(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        match File::options().read(true).write(true).open(path) {
            Ok(file) => Self::lock(path, file, RPMB_SIZE)?.check(),
            Err(e) if e.kind() == ErrorKind::NotFound => Self::create(path, RPMB_SIZE),
            Err(e) => {
                Err(e).with_context(|| format!("Cannot open the eMMC image {}", path.display()))
            }
        }
    }

    /// Where the image is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn rpmb_size(&self) -> u64 {
        self.rpmb_size
    }

    fn size(&self) -> u64 {
        RPMB_START + self.rpmb_size + USER_SIZE
    }

    /// What is in the RPMB partition.
    ///
    /// # Errors
    ///
    /// When the image cannot be read.
    pub fn read_rpmb(&self) -> Result<Vec<u8>> {
        let mut rpmb = vec![0; usize::try_from(self.rpmb_size)?];
        self.file.read_exact_at(&mut rpmb, RPMB_START)?;
        Ok(rpmb)
    }

    /// What is on it outside of that partition, where the normal world writes as it likes.
    ///
    /// # Errors
    ///
    /// When the image cannot be read.
    pub fn read_outside_rpmb(&self) -> Result<Vec<u8>> {
        let mut all = std::fs::read(&self.path)?;
        let start = usize::try_from(RPMB_START)?;
        all.drain(start..start + usize::try_from(self.rpmb_size)?);
        Ok(all)
    }

    /// Puts something else there, past its authentication: flash that has gone bad. While
    /// no guest runs.
    ///
    /// # Errors
    ///
    /// When it is another size, or the image cannot be written.
    pub fn write_rpmb(&self, rpmb: &[u8]) -> Result<()> {
        ensure!(rpmb.len() as u64 == self.rpmb_size, "not the RPMB's size");
        Ok(self.file.write_all_at(rpmb, RPMB_START)?)
    }

    fn create(path: &Path, rpmb_size: u64) -> Result<Self> {
        let make = || -> std::io::Result<File> {
            let dir = match path.parent() {
                Some(dir) if dir != Path::new("") => dir,
                _ => Path::new("."),
            };
            std::fs::create_dir_all(dir)?;
            // Under its name only when complete.
            let new = tempfile::NamedTempFile::new_in(dir)?;
            new.as_file().set_len(RPMB_START + rpmb_size + USER_SIZE)?;
            new.as_file().write_all_at(MARK, 0)?;
            Ok(new.persist_noclobber(path)?)
        };
        let file =
            make().with_context(|| format!("Cannot make the eMMC image {}", path.display()))?;
        Self::lock(path, file, rpmb_size)
    }

    fn lock(path: &Path, file: File, rpmb_size: u64) -> Result<Self> {
        lock("eMMC image", path, &file)?;
        Ok(Self {
            path: path.to_owned(),
            file,
            rpmb_size,
            _scratch: None,
        })
    }

    fn check(self) -> Result<Self> {
        let mut mark = [0; MARK.len()];
        let mut rpmb = [0; RPMB_MARK.len()];
        let what = match self.file.metadata()?.len() {
            size if size == self.size() => {
                self.file.read_exact_at(&mut mark, 0)?;
                self.file.read_exact_at(&mut rpmb, RPMB_START)?;
                if mark != MARK {
                    "does not begin as one".to_owned()
                } else if rpmb != RPMB_MARK && rpmb != [0; 4] {
                    "has no file system of OP-TEE in its RPMB partition".to_owned()
                } else {
                    return Ok(self);
                }
            }
            size => format!("is {size} bytes long and should be {}", self.size()),
        };
        bail!(
            "{} is not an intact eMMC image of touchseal: it {what}.\n\
             Put back a copy, or remove it to start with a new device; the keys sealed in it are lost then.",
            self.path.display()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(spoil: impl FnOnce(&File)) -> String {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("emmc.img");
        drop(Emmc::open_or_create(&path).unwrap());
        spoil(&File::options().write(true).open(&path).unwrap());
        Emmc::open_or_create(&path).unwrap_err().to_string()
    }

    #[test]
    fn a_new_image_is_blank_and_opens_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("new/emmc.img");
        for _ in 0..2 {
            let emmc = Emmc::open_or_create(&path).unwrap();
            assert!(emmc.read_rpmb().unwrap().iter().all(|&byte| byte == 0));
        }
    }

    #[test]
    fn a_damaged_image_is_refused_with_a_reason() {
        assert!(refusal(|file| file.set_len(1000).unwrap()).contains("1000 bytes long"));
        assert!(refusal(|file| file.write_all_at(b"?", 0).unwrap()).contains("does not begin"));
        let rpmb = refusal(|file| file.write_all_at(b"junk", RPMB_START).unwrap());
        assert!(rpmb.contains("no file system of OP-TEE"), "{rpmb}");
    }

    #[test]
    fn two_guests_cannot_share_an_image() {
        let emmc = Emmc::scratch().unwrap();
        let second = Emmc::open_or_create(emmc.path()).unwrap_err().to_string();
        assert!(second.contains("in use"), "{second}");
    }
}
