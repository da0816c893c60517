//! Who calls, and for whom it may speak.

use crate::failure::{Failure, Result};
use touchseal::proto::HAL_UID;
use touchseal::proto::status::Status;

const ROOT: u32 = 0;
/// The Android framework (AID_SYSTEM): it has read its own caller's uid.
const SYSTEM: u32 = 1000;
/// What binder says where a transport vouches for no uid.
const NOBODY: u32 = u32::MAX;

/// The process that has sent the transaction which this thread serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    uid: u32,
    pid: i32,
}

/// The user whose keys are meant: one that a caller may speak for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subject(u32);

impl Caller {
    /// As binder tells it. To be read first, and passed on: on another thread, and after the
    /// transaction, there is none.
    pub fn of_transaction() -> Result<Self> {
        let serving = rsbinder::calling_caller().is_some();
        let uid = rsbinder::get_calling_uid();
        if !serving || uid == NOBODY {
            return Err(Status::NotAuthorized.into());
        }
        // Tests may run as root, which has no keys.
        #[cfg(test)]
        let uid = tests::APP;
        let pid = rsbinder::get_calling_pid();
        Ok(Self { uid, pid })
    }

    #[cfg(test)]
    pub(crate) fn with_uid(uid: u32) -> Self {
        let pid = std::process::id().cast_signed();
        Self { uid, pid }
    }

    /// The uid.
    pub fn uid(self) -> u32 {
        self.uid
    }

    /// The process; not positive where it is not known.
    pub fn pid(self) -> i32 {
        self.pid
    }

    /// For itself. The HAL cannot speak for root.
    pub fn itself(self) -> Result<Subject> {
        match self.uid {
            ROOT => Err(Status::NotAuthorized.into()),
            uid => Ok(Subject(uid)),
        }
    }

    /// For the uid that it names: its own, or for the framework another's.
    pub fn naming(self, uid: i32) -> Result<Subject> {
        let uid = u32::try_from(uid).map_err(|_| Failure::argument("uid", "it is negative"))?;
        if uid != self.uid && self.uid != SYSTEM {
            return Err(Status::NotAuthorized.into());
        }
        Self { uid, ..self }.itself()
    }

    /// For an app that was uninstalled.
    pub fn uninstalling(self, uid: i32) -> Result<Subject> {
        match self.uid {
            SYSTEM => self.naming(uid),
            _ => Err(Status::NotAuthorized.into()),
        }
    }

    /// For whoever it is, where anyone may ask.
    pub fn anyone(self) -> Subject {
        self.itself().unwrap_or(Subject::HAL)
    }

    /// For the factory, as the HAL itself.
    pub fn factory(self) -> Result<Subject> {
        match self.uid {
            ROOT | SYSTEM => Ok(Subject::HAL),
            _ => Err(Status::NotAuthorized.into()),
        }
    }
}

impl Subject {
    /// The HAL itself, for what anyone may ask.
    pub const HAL: Self = Self(HAL_UID);

    /// The uid.
    pub fn uid(self) -> u32 {
        self.0
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(crate) mod tests {
    use super::*;

    pub const APP: u32 = 10115;

    fn caller(uid: u32) -> Caller {
        Caller::with_uid(uid)
    }

    #[track_caller]
    fn refused(outcome: Result<Subject>) {
        match outcome {
            Err(Failure::Cause(cause)) => assert_eq!(cause, Status::NotAuthorized),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn outside_a_transaction_there_is_no_caller() {
        assert!(Caller::of_transaction().is_err());
    }

    #[test]
    fn an_app_speaks_for_itself_alone() {
        assert_eq!(caller(APP).itself().unwrap(), Subject(APP));
        assert_eq!(caller(APP).naming(10115).unwrap(), Subject(APP));
        refused(caller(APP).naming(10116));
        refused(caller(APP).naming(0));
        refused(caller(APP).uninstalling(10115));
        refused(caller(APP).factory());
    }

    #[test]
    fn the_framework_speaks_for_apps_and_not_for_root() {
        let framework = caller(SYSTEM);
        assert_eq!(framework.naming(10115).unwrap(), Subject(APP));
        assert_eq!(framework.uninstalling(10115).unwrap(), Subject(APP));
        refused(framework.naming(0));
        refused(framework.uninstalling(0));
        assert_eq!(framework.factory().unwrap(), Subject::HAL);
        // Another Android user's system processes are not the framework.
        refused(caller(1_001_000).naming(10115));
    }

    #[test]
    fn root_is_nobody_here_but_may_set_the_device_up() {
        refused(caller(ROOT).itself());
        refused(caller(ROOT).naming(0));
        refused(caller(ROOT).naming(10115));
        assert_eq!(caller(ROOT).anyone(), Subject::HAL);
        assert_eq!(caller(ROOT).factory().unwrap(), Subject::HAL);
    }

    #[test]
    fn a_negative_uid_is_no_uid() {
        for uid in [1000, APP] {
            match caller(uid).naming(-1) {
                Err(Failure::Argument(why)) => assert!(why.contains("uid"), "{why}"),
                other => panic!("{other:?}"),
            }
        }
    }
}
