//! The eMMC whose RPMB holds what is sealed, as the kernel describes it.

mod rpmb;

use std::path::Path;

pub use rpmb::{RpmbKey, ask_rpmb, refine};

/// An eMMC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Emmc {
    /// The kernel's name for it.
    pub block_device: String,
    /// Product name, from its CID.
    pub name: String,
    /// Manufacturer, from its CID.
    pub manufacturer: u32,
    /// The size of its RPMB partition in bytes.
    pub rpmb_size: u64,
}

/// `RPMB_SIZE_MULT` counts these, in bytes (JESD84-B51, 7.4.83).
const RPMB_UNIT: u64 = 128 * 1024;

impl Emmc {
    /// The first eMMC below `sysfs` (`/sys`) that has an RPMB partition.
    pub fn find(sysfs: &Path) -> Option<Self> {
        let mut devices: Vec<_> = std::fs::read_dir(sysfs.join("class/block"))
            .ok()?
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .collect();
        devices.sort();
        devices
            .into_iter()
            .find_map(|block_device| Self::read(sysfs, block_device))
    }

    fn read(sysfs: &Path, block_device: String) -> Option<Self> {
        let device = sysfs.join("class/block").join(&block_device).join("device");
        let text = |file| {
            let text = std::fs::read_to_string(device.join(file)).ok()?;
            Some(text.trim_matches(['\n', '\0', ' ']).to_owned())
        };
        let units = number(&text("raw_rpmb_size_mult")?)?;
        if units == 0 {
            return None;
        }
        Some(Self {
            block_device,
            name: text("name")?,
            manufacturer: number(&text("manfid")?)?.try_into().ok()?,
            rpmb_size: units.checked_mul(RPMB_UNIT)?,
        })
    }

    /// Whether it is QEMU's.
    pub fn is_emulated(&self) -> bool {
        self.name.starts_with("QEMU")
    }
}

/// A number as the kernel writes them here: hexadecimal.
fn number(text: &str) -> Option<u64> {
    u64::from_str_radix(text.strip_prefix("0x")?, 16).ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::fs;

    fn card(sysfs: &Path, block_device: &str, files: &[(&str, &str)]) {
        let device = sysfs.join("class/block").join(block_device).join("device");
        fs::create_dir_all(&device).unwrap();
        for (file, text) in files {
            fs::write(device.join(file), text).unwrap();
        }
    }

    #[test]
    fn the_emmc_is_told_from_what_else_there_is() {
        let sysfs = tempfile::tempdir().unwrap();
        assert_eq!(Emmc::find(sysfs.path()), None);
        card(sysfs.path(), "loop0", &[]);
        card(
            sysfs.path(),
            "mmcblk0",
            &[("name", "SD32G\n"), ("manfid", "0x000003\n")],
        );
        assert_eq!(Emmc::find(sysfs.path()), None);
        let mut files = [
            ("name", "QEMU!\0\n"),
            ("manfid", "0x0000aa\n"),
            ("raw_rpmb_size_mult", "0x10\n"),
        ];
        card(sysfs.path(), "mmcblk1", &files);
        let found = Emmc::find(sysfs.path()).unwrap();
        assert_eq!(found.block_device, "mmcblk1");
        assert_eq!(found.manufacturer, 0xaa);
        assert_eq!(found.rpmb_size, 2 << 20);
        assert!(found.is_emulated());
        files[2].1 = "0x0\n";
        card(sysfs.path(), "mmcblk1", &files);
        assert_eq!(Emmc::find(sysfs.path()), None);
    }
}
