//! The black-box suite on the real trusted applications: in the guest, as root, one
//! test at a time (`--test-threads=1`), because a session is opened as the process's
//! effective uid.

mod blackbox;
mod hostile;

use blackbox::{Bench, suite};
use nix::unistd::{Uid, seteuid};
use optee_teec::{Context, ErrorKind, Uuid};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use touchseal::proto::HAL_UID;
use touchseal::transport::teec::{Identity, Teec, TeecError};

static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

struct Optee {
    _alone: MutexGuard<'static, ()>,
}

impl Optee {
    fn new() -> Self {
        Self {
            _alone: ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }
}

/// Opens a session as `uid`, as an app with that uid would.
fn as_uid<T>(uid: u32, open: impl FnOnce() -> T) -> T {
    seteuid(Uid::from_raw(uid)).expect("the suite runs as root");
    let opened = open();
    seteuid(Uid::from_raw(0)).expect("the saved uid is root's");
    opened
}

impl Bench for Optee {
    type Transport = Teec;

    fn try_payment(&self, uid: u32) -> Option<Teec> {
        as_uid(uid, || Teec::payment(uid)).ok()
    }
    fn payment_on_behalf(&self, uid: u32) -> Teec {
        let caller = HAL_UID;
        as_uid(caller, || Teec::payment(Identity { caller, uid })).unwrap()
    }
    fn soter(&self, uid: u32) -> Teec {
        as_uid(uid, || Teec::soter(uid)).unwrap()
    }
    fn fingerprint(&self, uid: u32) -> Teec {
        as_uid(uid, || Teec::fingerprint(uid)).unwrap()
    }
    fn gatekeeper(&self, uid: u32) -> Teec {
        as_uid(uid, || Teec::gatekeeper(uid)).unwrap()
    }
    fn wait_ms(&self, ms: u64) {
        std::thread::sleep(Duration::from_millis(ms));
    }
}

suite! { Optee::new() }

#[test]
fn a_uid_that_the_kernel_does_not_vouch_for_is_refused() {
    let _alone = Optee::new();
    let claim = |real, caller, uid| {
        let open: [fn(Identity) -> Result<Teec, TeecError>; 4] = [
            Teec::payment,
            Teec::soter,
            Teec::fingerprint,
            Teec::gatekeeper,
        ];
        open.map(|open| as_uid(real, || open(Identity { caller, uid }).map(drop)))
    };
    for (real, caller, uid) in [(10001, 10001, 10001), (HAL_UID, HAL_UID, 10001)] {
        assert_eq!(claim(real, caller, uid), [Ok(()); 4]);
    }
    for (real, caller, uid) in [
        (10001, 10002, 10002),
        (10001, 10001, 10002),
        (10001, 0, 0),
        (10001, 0, 10001),
        (10001, 10001, 0),
        (0, 10001, 10001),
        (0, 0, 10001),
        (0, HAL_UID, 10001),
        (10001, HAL_UID, 10001),
        (10001, HAL_UID, 10002),
        (HAL_UID, HAL_UID, 0),
        (HAL_UID, 10001, 10001),
        (1, 0x10, 0x10),
    ] {
        for refused in claim(real, caller, uid) {
            assert!(
                refused.is_err(),
                "uid {real} passed for {caller}, which speaks for {uid}"
            );
        }
    }
}

/// The UART of the fingerprint sensor is there, and not for the normal world.
#[test]
fn the_sensors_line_is_refused() {
    const SECURE_UART: &str = "03985ac7-f440-4efa-8a77-01bcbddcc021";
    let _alone = Optee::new();
    for uid in [0, 10001] {
        let refused = as_uid(uid, || {
            let mut context = Context::new().unwrap();
            let opened = context.open_session(Uuid::parse_str(SECURE_UART).unwrap());
            opened.map(drop).map_err(|error| error.kind())
        });
        assert_eq!(refused, Err(ErrorKind::AccessDenied), "uid {uid}");
    }
}
