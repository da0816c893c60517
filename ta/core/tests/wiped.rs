//! Secrets are gone once they were used: the pictures, minutiae and templates of fingers, the
//! password and its verifier, the keys of tokens. From the heap, and from the trusted
//! applications themselves, which are kept there.
//!
//! The allocator takes nothing back, so that each freed block stays as it was left; at the end
//! all of them are searched. The test itself holds secrets with each bit turned, which is how
//! they are searched for, too: it would find itself else. Its own `main`, for the heap is its.

use static_alloc::Bump;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::rc::Rc;
use touchseal::proto::command::{FingerprintCommand, GatekeeperCommand, Request};
use touchseal::proto::message::{
    AddImpression, Authenticate, BeginEnroll, FreshChallenge, GetChallenge, Guidance, Impression,
    Info, SetPassword, TokenKey, VerifyPassword,
};
use touchseal::proto::password::Password;
use touchseal::proto::signed::{self, Root, SecurityLevel};
use touchseal::proto::status::Status;
use touchseal::proto::token::AuthToken;
use touchseal::proto::transport::{CallError, call};
use touchseal_core::dispatch::Login;
use touchseal_core::error::{Error, Result};
use touchseal_core::fingerprint::frame::Frame;
use touchseal_core::fingerprint::{FingerprintTa, matcher};
use touchseal_core::gatekeeper::GatekeeperTa;
use touchseal_core::platform::{
    Clock, FingerprintPlatform, GatekeeperPlatform, Random, RefusalLog, Sensor, Store,
};
use touchseal_nonsecure::finger;
use zeroize::Zeroize;

#[global_allocator]
static HEAP: Bump<[u8; 1 << 27]> = Bump::uninit();

const ROOT: Login = Login::App { uid: 0 };
const FINGER: u64 = 1;
const STRANGER: u64 = 2;
/// Each bit turned: what a sensor and an owner bring.
const PASSWORD: [u8; 24] = turned(*b"correct horse, battery 1");
const OTHER_PASSWORD: [u8; 24] = turned(*b"another horse, battery 2");
const TOKEN_KEY: [u8; 32] = turned(*b"a key for the tokens of fingers.");
const PASSWORD_KEY: [u8; 32] = turned(*b"a key for the tokens, passwords.");

/// No secret is longer.
const LONGEST: usize = 64;
/// Before the first minutia: of the sealed record, the template and its first view.
const HEADERS: usize = 12 + 24 + 4;
/// Where a password's salt is in its sealed record; its verifier follows.
const SALT: usize = 8 + 4 + 8 + 4;

const fn turned<const N: usize>(mut bytes: [u8; N]) -> [u8; N] {
    let mut at = 0;
    while at < N {
        bytes[at] = !bytes[at];
        at += 1;
    }
    bytes
}

/// What must not be found, each bit turned.
#[derive(Default)]
struct Secrets(Vec<(&'static str, Vec<u8>)>);

impl Secrets {
    fn add(&mut self, what: &'static str, bytes: &[u8]) {
        self.0
            .push((what, bytes.iter().map(|byte| !byte).collect()));
    }

    fn add_turned(&mut self, what: &'static str, bytes: &[u8]) {
        self.0.push((what, bytes.to_vec()));
    }

    /// What of them is anywhere on the heap: in use, or as it was freed. A part of it is
    /// copied at a time, to the stack: on the heap, copies would be found the next time.
    fn found(&self) -> Vec<&'static str> {
        const STEP: usize = 1 << 16;
        let mut firsts = vec![false; 1 << 16];
        let mut longest = 0;
        for (_, secret) in &self.0 {
            firsts[start_of(secret)] = true;
            longest = longest.max(secret.len());
        }
        assert!(longest <= LONGEST);
        let memory = File::open("/proc/self/mem").unwrap();
        let (start, end) = (HEAP.data_ptr().addr().get(), HEAP.level().byte_offset());
        let mut found = BTreeSet::new();
        let mut part = [0; STEP + LONGEST];
        for from in (0..end).step_by(STEP) {
            let part = &mut part[..(end - from).min(STEP + LONGEST)];
            memory.read_exact_at(part, (start + from) as u64).unwrap();
            part.iter_mut().for_each(|byte| *byte = !*byte);
            for at in 0..part.len().saturating_sub(1).min(STEP) {
                let rest = &part[at..];
                if firsts[start_of(rest)] {
                    let here = self.0.iter().filter(|(_, secret)| rest.starts_with(secret));
                    found.extend(here.map(|(what, _)| *what));
                }
            }
        }
        found.into_iter().collect()
    }

    /// While the trusted application that has used them lives on.
    fn are_gone(&self) {
        assert_eq!(self.found(), Vec::<&str>::new(), "left on the heap");
    }

    /// Of a picture: from the middle of some of its rows.
    fn add_picture(&mut self, picture: &finger::Picture) {
        let width = usize::from(picture.width);
        for row in picture.pixels.chunks(width).skip(40).step_by(40) {
            self.add_turned("a picture", &row[width / 2..][..32]);
        }
    }

    /// Of a finger's minutiae: three that follow each other, as a print and as the matcher
    /// has them.
    fn add_print(&mut self, frame: &Frame) {
        let (print, _) = matcher::extract(frame).unwrap();
        for three in print.0.windows(3) {
            let mut narrow = [0; 18];
            let mut wide = [0; 36];
            let numbers = three.iter().flat_map(|m| [m.x, m.y, m.theta]);
            for (n, number) in numbers.enumerate() {
                narrow[2 * n..][..2].copy_from_slice(&number.to_le_bytes());
                wide[4 * n..][..4].copy_from_slice(&i32::from(number).to_le_bytes());
            }
            self.add("a print", &narrow);
            self.add("a print of the matcher", &wide);
        }
    }
}

fn start_of(bytes: &[u8]) -> usize {
    u16::from_le_bytes([bytes[0], bytes[1]]).into()
}

/// What is sealed is kept with each bit turned, as OP-TEE keeps it encrypted.
#[derive(Clone, Default)]
struct World {
    sealed: Rc<RefCell<BTreeMap<Vec<u8>, Vec<u8>>>>,
    random: u8,
}

impl Store for World {
    fn read(&mut self, id: &[u8], out: &mut [u8]) -> Result<Option<usize>> {
        let all = self.sealed.borrow();
        let Some(sealed) = all.get(id) else {
            return Ok(None);
        };
        let bytes = sealed.iter().map(|byte| !byte);
        out.iter_mut()
            .zip(bytes)
            .for_each(|(out, byte)| *out = byte);
        Ok(Some(sealed.len()))
    }
    fn create(&mut self, id: &[u8], bytes: &[u8]) -> Result<()> {
        self.replace(id, bytes)
    }
    fn replace(&mut self, id: &[u8], bytes: &[u8]) -> Result<()> {
        let sealed = bytes.iter().map(|byte| !byte).collect();
        self.sealed.borrow_mut().insert(id.to_vec(), sealed);
        Ok(())
    }
    fn update(&mut self, _: &[u8], _: &mut dyn FnMut(&mut [u8]) -> Result<()>) -> Result<bool> {
        Err(Error::Platform)
    }
    fn delete(&mut self, id: &[u8]) -> Result<()> {
        self.sealed.borrow_mut().remove(id);
        Ok(())
    }
}

impl Clock for World {
    fn now_ms(&mut self) -> u64 {
        1_000_000
    }
}

impl Random for World {
    fn fill(&mut self, out: &mut [u8]) {
        for byte in out {
            self.random = self.random.wrapping_mul(29).wrapping_add(101);
            *byte = self.random;
        }
    }
}

impl RefusalLog for World {
    fn refused(&mut self, _: u32, _: Error) {}
}

fn key(turned_key: [u8; 32]) -> TokenKey {
    TokenKey {
        key: turned(turned_key),
    }
}

impl FingerprintPlatform for World {
    fn token_key(&mut self) -> Result<TokenKey> {
        Ok(key(TOKEN_KEY))
    }
    fn password_key(&mut self) -> Result<TokenKey> {
        Ok(key(PASSWORD_KEY))
    }
    fn payment_info(&mut self) -> Result<Info> {
        Ok(Info {
            ta_version: 1,
            security_level: SecurityLevel::Software,
            provisioned: true,
            counter: 0,
            root: Root::Test,
            latched: false,
            device_id: [0; 16],
        })
    }
}

impl GatekeeperPlatform for World {
    fn password_key(&mut self) -> Result<TokenKey> {
        Ok(key(PASSWORD_KEY))
    }
}

/// Shows one picture after the other, each bit turned: a negative, of which ridges and
/// valleys have changed places.
struct Pictures(std::vec::IntoIter<finger::Picture>);

fn show(picture: &finger::Picture, frame: &mut Frame) -> Result<()> {
    frame.start(picture.width, picture.height)?;
    picture
        .pixels
        .iter()
        .try_for_each(|pixel| frame.push(&[!pixel]))
}

impl Sensor for Pictures {
    const KIND: signed::Sensor = signed::Sensor::Simulated;

    fn capture(&mut self, frame: &mut Frame, _: &mut impl Clock) -> Result<()> {
        show(&self.0.next().ok_or(Error::NoFingerOnSensor)?, frame)
    }
    fn lifted(&mut self, _: &mut impl Clock) -> Result<bool> {
        Ok(true)
    }
}

fn ask<R: Request>(
    request: &R,
    invoke: impl FnOnce(u32, &[u8], &mut [u8]) -> Result<usize>,
) -> std::result::Result<R::Response, CallError<Error>> {
    const IN: usize = max(
        FingerprintCommand::MAX_REQUEST,
        GatekeeperCommand::MAX_REQUEST,
    );
    const OUT: usize = max(
        FingerprintCommand::MAX_RESPONSE,
        GatekeeperCommand::MAX_RESPONSE,
    );
    call(request, &mut [0; IN], &mut [0; OUT], invoke)
}

const fn max(a: usize, b: usize) -> usize {
    if a > b { a } else { b }
}

/// Enrols a finger, shows it, and shows another's.
fn use_fingers(secrets: &mut Secrets) {
    let shown: Vec<_> = [0, 1, 2, 3, 4]
        .map(|placement| finger::impression(FINGER, placement))
        .into_iter()
        .chain([finger::impression(STRANGER, 0)])
        .collect();
    let mut frame = Frame::room().unwrap();
    for picture in &shown {
        secrets.add_picture(picture);
        show(picture, &mut frame).unwrap();
        secrets.add_print(&frame);
    }
    drop(frame);
    let world = World::default();
    let mut ta = Box::new(FingerprintTa::new(
        world.clone(),
        Pictures(shown.into_iter()),
    ));
    let mut session = ta.open(ROOT).unwrap();
    macro_rules! ask {
        ($request:expr) => {
            ask(&$request, |command, request, response| {
                ta.invoke(&mut session, command, request, response)
            })
        };
    }
    ask!(BeginEnroll { token: None }).unwrap();
    let guided = std::iter::repeat_with(|| ask!(AddImpression {}).unwrap());
    let taken: Vec<Impression> = guided.take(4).collect();
    assert_eq!(taken[3].guidance, Guidance::Enrolled, "{taken:?}");
    ask!(Authenticate { operation: 7 }).unwrap();
    assert_eq!(
        ask!(Authenticate { operation: 8 }).err(),
        Some(CallError::Refused(Status::FingerNotRecognized))
    );
    // The password's key is asked for, whatever its token is.
    let FreshChallenge { challenge } = ask!(GetChallenge {}).unwrap();
    let forged = AuthToken {
        challenge,
        user_id: 1,
        authenticator_id: 0,
        authenticator_type: 1,
        timestamp: 1_000_000,
        mac: [0; 32],
    };
    ask!(BeginEnroll {
        token: Some(forged)
    })
    .unwrap_err();
    let template = &world.sealed.borrow()[&b"template\0\0\0\x01"[..]];
    for minutiae in template[HEADERS..].chunks_exact(18) {
        secrets.add_turned("a template", minutiae);
    }
    secrets.add_turned("the key of fingers' tokens", &TOKEN_KEY);
    secrets.add_turned("the key of passwords' tokens", &PASSWORD_KEY);
    secrets.are_gone();
}

/// Sets a password, shows it and a wrong one, and changes it.
fn use_passwords(secrets: &mut Secrets) {
    let world = World::default();
    let mut ta = Box::new(GatekeeperTa::new(world.clone()));
    ta.open(ROOT).unwrap();
    let password = |turned_password| Password::new(&turned(turned_password)).unwrap();
    macro_rules! ask {
        ($request:expr) => {
            ask(&$request, |command, request, response| {
                ta.invoke(ROOT, command, request, response)
            })
        };
    }
    let set = |current: Option<[u8; 24]>, new| SetPassword {
        current: current.map(password),
        new: password(new),
    };
    ask!(set(None, PASSWORD)).unwrap();
    let show = |turned_password| VerifyPassword {
        challenge: 7,
        password: password(turned_password),
    };
    ask!(show(PASSWORD)).unwrap();
    ask!(show(OTHER_PASSWORD)).unwrap_err();
    let mut sealed = world.sealed.borrow()[&b"gatekeeper.state"[..]].clone();
    secrets.add_turned("a password's salt", &sealed[SALT..][..32]);
    secrets.add_turned("a password's verifier", &sealed[SALT + 32..][..32]);
    sealed.zeroize();
    ask!(set(Some(PASSWORD), OTHER_PASSWORD)).unwrap();
    secrets.add_turned("a password", &PASSWORD);
    secrets.add_turned("another password", &OTHER_PASSWORD);
    secrets.are_gone();
}

fn main() {
    // A backtrace takes more of the heap than there is.
    std::panic::set_hook(Box::new(|panic| eprintln!("{panic}")));
    let mut secrets = Secrets::default();
    use_fingers(&mut secrets);
    use_passwords(&mut secrets);
    secrets.are_gone();

    // What is freed without being wiped would have been found.
    for (_, secret) in &secrets.0 {
        drop(secret.iter().map(|byte| !byte).collect::<Vec<u8>>());
    }
    let kinds: BTreeSet<_> = secrets.0.iter().map(|(what, _)| *what).collect();
    assert_eq!(secrets.found(), Vec::from_iter(kinds.clone()));
    println!(
        "wiped: nothing of {} secrets of {} kinds is left in {} MiB of heap",
        secrets.0.len(),
        kinds.len(),
        HEAP.level().byte_offset() >> 20
    );
}
