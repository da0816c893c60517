//! Whether the RPMB's key is programmed: the eMMC itself says so. The secure world cannot
//! tell an RPMB without a key from one that is keyed for another device.

use super::Emmc;
use std::io;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use touchseal_proto::status::Status;

/// What the eMMC says of its RPMB's key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RpmbKey {
    /// It is programmed: whose it is, is not said.
    Programmed,
    /// It is not programmed.
    NotProgrammed,
    /// It was not asked, or has not answered; in a sentence, why.
    Unknown(String),
}

/// The result of an RPMB operation before the key is programmed (JESD84-B51, 6.6.22.3).
const KEY_NOT_PROGRAMMED: &str = "retcode 0x0007";

/// Asks with `mmc` (mmc-utils), as root. Reading the write counter changes nothing.
pub fn ask_rpmb(sysfs: &Path) -> RpmbKey {
    let Some(emmc) = Emmc::find(sysfs) else {
        return RpmbKey::Unknown("there is no eMMC with an RPMB partition".into());
    };
    let node = format!("/dev/{}rpmb", emmc.block_device);
    let output = Command::new("mmc")
        .args(["rpmb", "read-counter", &node])
        .stdin(Stdio::null())
        .output();
    understand(output)
}

fn understand(output: io::Result<Output>) -> RpmbKey {
    let output = match output {
        Ok(output) => output,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return RpmbKey::Unknown(
                "`mmc` is not installed: install mmc-utils, so that the eMMC can be asked".into(),
            );
        }
        Err(error) => return RpmbKey::Unknown(format!("`mmc` cannot be run: {error}")),
    };
    let said = String::from_utf8_lossy(&output.stdout);
    if said.contains(KEY_NOT_PROGRAMMED) {
        RpmbKey::NotProgrammed
    } else if output.status.success() && said.contains("Counter value") {
        RpmbKey::Programmed
    } else {
        let complained = String::from_utf8_lossy(&output.stderr);
        let why = complained.lines().chain(said.lines()).next();
        RpmbKey::Unknown(format!("`mmc` says: {}", why.unwrap_or("nothing")))
    }
}

/// The cause, more exactly: of an RPMB that the secure world cannot use.
pub fn refine(cause: Status, key: &RpmbKey) -> Status {
    match (cause, key) {
        (Status::StorageUnavailable, RpmbKey::NotProgrammed) => Status::RpmbKeyNotProgrammed,
        (Status::StorageUnavailable, RpmbKey::Programmed) => Status::RpmbKeyedForOther,
        _ => cause,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt;
    use std::process::ExitStatus;

    fn mmc(code: i32, stdout: &str, stderr: &str) -> RpmbKey {
        understand(Ok(Output {
            status: ExitStatus::from_raw(code << 8),
            stdout: stdout.into(),
            stderr: stderr.into(),
        }))
    }

    #[test]
    fn the_two_causes_are_told_apart() {
        let cause = Status::StorageUnavailable;
        let unprogrammed = mmc(1, "RPMB operation failed, retcode 0x0007\n", "");
        assert_eq!(refine(cause, &unprogrammed), Status::RpmbKeyNotProgrammed);
        let keyed = mmc(0, "Counter value: 0x00000029\n", "");
        assert_eq!(refine(cause, &keyed), Status::RpmbKeyedForOther);
        assert_eq!(refine(Status::StorageFull, &keyed), Status::StorageFull);
    }

    #[test]
    fn no_answer_is_no_cause() {
        let not_installed = understand(Err(io::ErrorKind::NotFound.into()));
        let not_allowed = mmc(1, "", "device open: Permission denied\n");
        let failed = mmc(1, "RPMB operation failed, retcode 0x0001\n", "");
        for (answer, why) in [
            (not_installed, "not installed"),
            (not_allowed, "Permission denied"),
            (failed, "0x0001"),
        ] {
            let cause = Status::StorageUnavailable;
            assert_eq!(refine(cause, &answer), cause);
            assert!(matches!(answer, RpmbKey::Unknown(said) if said.contains(why)));
        }
    }
}
