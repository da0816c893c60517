//! A device that is used for years, in a process: clients on threads of their own pay again and
//! again, others go away in the middle of a payment. `TOUCHSEAL_SOAK=100000` says how many
//! payments; without it there are a few. Its own `main`: nothing else allocates meanwhile.

mod device;

use cap::Cap;
use device::{enroll, image};
use sha2::{Digest, Sha256};
use std::alloc::System;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};
use touchseal::proto::label::{Label, Scene};
use touchseal::proto::message::{Currency, Payment, PublicKey};
use touchseal::proto::token::AuthToken;
use touchseal::{FingerprintClient, PaymentClient};
use touchseal_core::dispatch::Login;
use touchseal_nonsecure::{Device, NonsecureTransport};
use touchseal_verify::{Chain, Signed, verify};

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

const FEW: u64 = 80;
const CLIENTS: usize = 8;
const FIRST_UID: u32 = 10_001;
const FINGER: u64 = 1;
/// A client goes away in the middle of the payment after so many.
const PAYMENTS_OF_ONE: u8 = 2;
/// A run has so many parts; between them no client is there, and memory is looked at.
const PARTS: u64 = 4;
/// What threads take and give back, in bytes, however many payments there were.
const COMES_AND_GOES: usize = 4096;
const PROGRESS: Duration = Duration::from_secs(15);

/// What the backend keeps of a payment: its counter, its audit head, its digest.
type Paid = (u64, [u8; 32], [u8; 32]);

struct Run {
    device: Device,
    device_key: PublicKey,
    chains: BTreeMap<u32, Chain>,
    /// How many payments may be begun yet.
    wanted: AtomicU64,
    paid: Mutex<Vec<Paid>>,
    /// Payments that were touched for, and never finished.
    left: AtomicU64,
    finger: Mutex<()>,
    told: Mutex<Instant>,
}

fn main() {
    let wanted = std::env::var("TOUCHSEAL_SOAK").map_or(FEW, |count| count.parse().unwrap());
    let run = Run::set_up(wanted);
    // The first match of a device leaves an attempt reserved, in a write of its own.
    run.touch(&mut run.sensor(FIRST_UID), 1);
    // Each placement is drawn once, and kept.
    (0..6).for_each(|placement| drop(image(FINGER, placement)));
    let (before, writes) = (run.counter(), run.device.rpmb().writes());
    let began = Instant::now();
    let in_use: Vec<_> = (0..PARTS)
        .map(|_| {
            run.pay(wanted / PARTS);
            // The model's own, which grows with every write.
            run.device.rpmb().forget_log();
            (run.paid().len(), ALLOCATOR.allocated())
        })
        .collect();
    let took = began.elapsed();
    // Of fewer, each client may have but one.
    if wanted >= FEW {
        assert!(run.left.load(Ordering::Relaxed) > 0);
    }
    let (after, writes) = (run.counter(), run.device.rpmb().writes() - writes);
    let paid = run.check(before, after);
    assert_eq!(writes, paid, "RPMB writes for {paid} payments");
    // From the second part on everything has been used once.
    let [_, early, .., late] = in_use[..] else {
        unreachable!()
    };
    assert!(
        late.1.abs_diff(early.1) < COMES_AND_GOES,
        "{} bytes in use after {} payments, {} after {}",
        late.1,
        late.0,
        early.1,
        early.0
    );
    println!(
        "soak: {paid} payments of {CLIENTS} clients in {} s, each verified and one write, {} left in the middle; \
         {} bytes in use after {} payments, {} after {}",
        took.as_secs(),
        run.left.load(Ordering::Relaxed),
        late.1,
        late.0,
        early.1,
        early.0
    );
}

impl Run {
    fn set_up(wanted: u64) -> Self {
        let device = Device::default();
        let root = Login::App { uid: 0 };
        let mut factory = PaymentClient::new(device.payment(root));
        factory.provision().unwrap();
        enroll(
            &mut FingerprintClient::new(device.fingerprint(root)),
            FINGER,
        )
        .unwrap();
        let scene = || Label::new("checkout").unwrap();
        let chains = (FIRST_UID..).take(CLIENTS).map(|uid| {
            let mut app = PaymentClient::new(device.payment(Login::App { uid }));
            app.generate_app_key(false).unwrap();
            app.generate_payment_key(scene(), false).unwrap();
            let chain = Chain {
                app_key: Signed::from(app.export_app_key().unwrap()),
                payment_key: Signed::from(app.export_payment_key(scene()).unwrap()),
            };
            (uid, chain)
        });
        Self {
            chains: chains.collect(),
            device_key: factory.export_device_key().unwrap().public_key,
            device,
            wanted: AtomicU64::new(0),
            // The backend's ledger does not grow while memory is looked at.
            paid: Mutex::new(Vec::with_capacity(usize::try_from(wanted).unwrap())),
            left: AtomicU64::new(0),
            finger: Mutex::default(),
            told: Mutex::new(Instant::now()),
        }
    }

    fn counter(&self) -> u64 {
        let mut anyone = PaymentClient::new(self.device.payment(Login::Public));
        anyone.info().unwrap().counter
    }

    fn paid(&self) -> MutexGuard<'_, Vec<Paid>> {
        self.paid.lock().unwrap()
    }

    /// So many payments, by all clients at once.
    fn pay(&self, count: u64) {
        self.wanted.store(count, Ordering::Relaxed);
        std::thread::scope(|scope| {
            for uid in (FIRST_UID..).take(CLIENTS) {
                scope.spawn(move || while self.lives(uid) {});
            }
        });
    }

    /// A client from its first payment to its end, in the middle of one. False when there
    /// were enough payments.
    fn lives(&self, uid: u32) -> bool {
        let login = Login::App { uid };
        let mut payments = PaymentClient::new(self.device.payment(login));
        let mut sensor = self.sensor(uid);
        for nonce in 0..=PAYMENTS_OF_ONE {
            if nonce == PAYMENTS_OF_ONE {
                let begun = payments.begin(scene(), payment([0xff; 32])).unwrap();
                self.touch(&mut sensor, begun.handle);
                self.left.fetch_add(1, Ordering::Relaxed);
                break;
            }
            let left = |wanted: u64| wanted.checked_sub(1);
            if self
                .wanted
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, left)
                .is_err()
            {
                return false;
            }
            let asked = payment([nonce; 32]);
            let begun = payments.begin(scene(), asked.clone()).unwrap();
            let token = self.touch(&mut sensor, begun.handle);
            let signed = Signed::from(payments.finish(begun.handle, token).unwrap());
            self.verify(uid, &asked, &signed);
        }
        true
    }

    fn sensor(&self, uid: u32) -> FingerprintClient<NonsecureTransport> {
        FingerprintClient::new(self.device.fingerprint(Login::App { uid }))
    }

    /// The owner has one finger: what is put on the sensor is one client's at a time.
    fn touch(
        &self,
        sensor: &mut FingerprintClient<NonsecureTransport>,
        operation: u64,
    ) -> AuthToken {
        let _finger = self.finger.lock().unwrap();
        sensor.place(&image(FINGER, operation)).unwrap();
        sensor.authenticate(operation).unwrap()
    }

    /// As a backend does.
    fn verify(&self, uid: u32, asked: &Payment, signed: &Signed) {
        let verified = verify(&self.device_key, &self.chains[&uid], signed).unwrap();
        assert_eq!(verified.payment.payment, *asked);
        let header = verified.payment.header;
        assert_eq!(header.uid, uid);
        let mut paid = self.paid();
        paid.push((header.counter, header.audit_head, digest(&signed.statement)));
        let mut told = self.told.lock().unwrap();
        if told.elapsed() > PROGRESS {
            *told = Instant::now();
            eprintln!("soak: {} payments", paid.len());
        }
    }

    /// Each counter value once and none missing, and the audit chain is whole: how many.
    fn check(&self, before: u64, after: u64) -> u64 {
        let mut paid = self.paid();
        paid.sort_unstable();
        for (counter, (found, _, _)) in (before + 1..).zip(&*paid) {
            assert_eq!(*found, counter);
        }
        for pair in paid.windows(2) {
            let [(_, head, digest), (counter, next, _)] = pair else {
                unreachable!()
            };
            let mut chain = Sha256::new_with_prefix(b"touchseal.audit");
            chain.update(head);
            chain.update(digest);
            assert_eq!(chain.finalize()[..], next[..], "the statement of {counter}");
        }
        assert_eq!(before + paid.len() as u64, after);
        after - before
    }
}

fn digest(statement: &[u8]) -> [u8; 32] {
    Sha256::digest(statement).into()
}

fn scene() -> Scene {
    Label::new("checkout").unwrap()
}

fn payment(nonce: [u8; 32]) -> Payment {
    Payment {
        amount: 1999,
        currency: Currency::new("EUR").unwrap(),
        payee: Label::new("Caffè Rossi").unwrap(),
        order: Label::new("order-1").unwrap(),
        nonce,
    }
}
