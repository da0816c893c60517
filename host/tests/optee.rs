//! The black-box suite on the real trusted applications: in the guest, as root, one
//! test at a time (`--test-threads=1`), because a session is opened as the process's
//! effective uid.

mod blackbox;
mod hostile;

use blackbox::{Bench, soter_client, suite};
use nix::unistd::{Uid, seteuid};
use optee_teec::{Context, ErrorKind, Uuid};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, mpsc};
use std::time::Duration;
use touchseal::SoterClient;
use touchseal::proto::HAL_UID;
use touchseal::proto::label::Scene;
use touchseal::proto::message::KeyState;
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

/// OP-TEE says of a key that another session looks for, and that is not there, that it exists.
#[test]
fn a_soter_key_that_another_looks_for_is_made() {
    const APP: u32 = 10_059;
    const KEYS: usize = 6;
    let optee = Optee::new();
    let mut maker = soter_client(&optee, APP);
    for number in 1..=KEYS {
        let scene = || Scene::new(&format!("watched-{number}")).unwrap();
        let over = AtomicBool::new(false);
        let (looks, looking) = mpsc::channel();
        let made = std::thread::scope(|scope| {
            scope.spawn(|| {
                let mut other = SoterClient::new(optee.soter(APP));
                looks.send(()).unwrap();
                while !over.load(Ordering::Relaxed) {
                    let _ = other.find_payment_key(scene());
                }
            });
            looking.recv().unwrap();
            let made = maker.generate_payment_key(scene(), false);
            over.store(true, Ordering::Relaxed);
            made
        });
        assert!(made.unwrap().new, "key {number} was not there");
        let found = maker.find_payment_key(scene()).unwrap();
        assert_eq!(found, KeyState::Usable, "key {number}");
    }
    maker.remove_app_keys().unwrap();
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
