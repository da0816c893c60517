//! Whether the process that waits for a call is still there. SOTER's verbs bring no binder
//! whose death would tell.

use crate::caller::Caller;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::OwnedFd;
use rustix::process::{Pid, PidfdFlags, pidfd_open};

/// A process.
pub struct Process(Option<OwnedFd>);

impl Process {
    /// The caller's.
    pub fn of(caller: Caller) -> Self {
        let pid = Pid::from_raw(caller.pid().max(0));
        Self(pid.and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok()))
    }

    /// Whether it has ended, as far as can be told.
    pub fn is_gone(&self) -> bool {
        let Some(process) = &self.0 else {
            return false;
        };
        let mut ended = [PollFd::new(process, PollFlags::IN)];
        poll(&mut ended, Some(&Timespec::default())).is_ok_and(|ended| ended > 0)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn a_process_is_there_until_it_ends() {
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        let pid = Pid::from_child(&child);
        let process = Process(pidfd_open(pid, PidfdFlags::empty()).ok());
        assert!(process.0.is_some() && !process.is_gone());
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(process.is_gone());
        assert!(!Process::of(Caller::with_uid(10115)).is_gone());
    }
}
