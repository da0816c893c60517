//! The Android HAL in a guest: binder's service manager, and the service.

use crate::{Command, Guest};
use anyhow::{Result, bail};
use std::time::{Duration, Instant};
use touchseal::proto::HAL_UID;

const LIMIT: Duration = Duration::from_secs(60);
/// Any app.
const APP: u32 = 10115;

impl Guest {
    /// Starts it as init does: the service again and again, until its service manager is there.
    /// Returns when an app is answered.
    ///
    /// # Errors
    ///
    /// When it does not answer in time, or the guest ends.
    pub fn start_hal(&mut self) -> Result<()> {
        let start = format!(
            "rsb_hub >/dev/console 2>&1 & \
             until as {HAL_UID} touchseal-hal; do sleep 0.1; done >/dev/console 2>&1 &"
        );
        self.run(&Command::new("sh").args(["-c", &start]), LIMIT)?;
        let ask = self.example("wallet-binder")?.args(["keys"]).uid(APP);
        let until = Instant::now() + LIMIT;
        while self.run(&ask, LIMIT)?.code != 0 {
            if Instant::now() > until {
                bail!("The HAL does not answer");
            }
        }
        Ok(())
    }
}
