//! Another thread changes what is shared while a command runs: what comes of it fits one
//! request.

use super::raw::{Parameter, Raw, Shared};
use super::ta::{HOSTILE_TA, WATCH};
use super::target::{self, MARGIN, Memory, PAYMENT, ask, bytes};
use super::witness::Witness;
use crate::Optee;
use crate::blackbox::{client, label, payment, touch};
use optee_teec::{ConnectionMethods, ParamType};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};
use touchseal::proto::command::Request;
use touchseal::proto::label::Scene;
use touchseal::proto::message::*;
use touchseal::proto::signed::{KeyStatement, PaymentStatement, ReportStatement, Statement};
use touchseal::proto::status::Status;
use touchseal::proto::token::AuthToken;
use touchseal::proto::wire::decode;
use touchseal_verify::{Signed, verify_report};

const APP: u32 = 10_092;

/// Does something while another thread writes now these bytes, now those.
pub fn while_flipping<R>(
    memory: &Shared,
    at: usize,
    faces: [&[u8]; 2],
    attack: impl FnOnce() -> R,
) -> R {
    struct Over<'a>(&'a AtomicBool);
    impl Drop for Over<'_> {
        fn drop(&mut self) {
            self.0.store(true, Relaxed);
        }
    }
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let _over = Over(&over);
        scope.spawn(|| {
            while !over.load(Relaxed) {
                faces.iter().for_each(|face| memory.write(at, face));
            }
        });
        attack()
    })
}

/// Memory with a request to the payment TA in it.
fn memory(request: &[u8]) -> Memory {
    let memory = Memory::new(request.len(), PAYMENT.largest_response);
    memory.request.write(0, request);
    memory
}

/// Sends what is in memory, whatever that is just now.
fn send<R: Request>(session: &mut Raw, memory: &Memory) -> Result<R::Response, Status> {
    let (outcome, after) = session.call(R::COMMAND, memory.parameters());
    assert_eq!(outcome, Ok(()));
    let answer = MARGIN..MARGIN + after[1].size;
    target::body(&memory.response.read(answer))
}

/// What another thread writes does reach a trusted application in the middle of a command.
#[test]
fn memory_changes_under_a_trusted_applications_eyes() {
    let _alone = Optee::new();
    let none = [Parameter::none(); 4];
    let mut session = Raw::open(APP, HOSTILE_TA, ConnectionMethods::LoginPublic, none).unwrap();
    let memory = Memory::new(64, 64);
    let mut watch = || {
        let [request, response, _, none] = memory.parameters();
        let reads = Parameter::value(ParamType::ValueInout, [1_000_000, 0]);
        let (outcome, after) = session.call(WATCH, [request, response, reads, none]);
        assert_eq!(outcome, Ok(()));
        after[2].values()[1] != 0
    };
    assert!(!watch(), "it changes by itself");
    assert!(while_flipping(&memory.request, 0, [&[1], &[2]], watch));
}

/// A key's statement is about the scene that its key was found by, and the scene is a label.
#[test]
fn a_statement_is_about_one_scene() {
    const ROUNDS: usize = 25;
    let optee = Optee::new();
    let mut witness = Witness::new(&optee);
    let mut app = client(&optee, APP);
    let scenes: [Scene; 2] = [label("shop"), label("cafe")];
    let keys = scenes.clone().map(|scene| {
        app.generate_payment_key(scene.clone(), false).unwrap();
        let exported = app.export_payment_key(scene).unwrap();
        KeyStatement::from_bytes(&exported.statement)
            .unwrap()
            .public_key
    });
    let requests = scenes
        .clone()
        .map(|scene| bytes(&ExportPaymentKey { scene }));
    let bell = [&requests[0][..2], b"\x07hop"].concat();
    let mut session = Raw::of(APP, PAYMENT.uuid);
    let mut seen = [0; 2];
    let mut signed = 2;
    for other in [&requests[1], &bell] {
        let memory = memory(&requests[0]);
        while_flipping(&memory.request, 0, [&requests[0], other], || {
            for _ in 0..ROUNDS {
                if let Some(others) = witness.sometimes() {
                    assert_eq!(others, std::mem::take(&mut signed));
                }
                match send::<ExportPaymentKey>(&mut session, &memory) {
                    Ok(exported) => {
                        let exported = KeyStatement::from_bytes(&exported.statement).unwrap();
                        let scene = exported.scene.unwrap();
                        let of = scenes.iter().position(|one| *one == scene).unwrap();
                        assert_eq!(exported.public_key, keys[of]);
                        seen[of] += 1;
                        signed += 1;
                    }
                    Err(status) => {
                        assert!(
                            matches!(status, Status::NoPaymentKey | Status::BadRequest),
                            "{status:?}"
                        );
                    }
                }
            }
        });
    }
    assert!(seen.iter().all(|seen| *seen > 0), "never changed: {seen:?}");
    assert_eq!(witness.goes_on(), signed);
}

/// The signature is over what is in the answer, also where that was copied half and half.
#[test]
fn a_report_is_signed_as_it_is_told() {
    const ROUNDS: usize = 12;
    let optee = Optee::new();
    let mut witness = Witness::new(&optee);
    let device_key = client(&optee, APP).export_device_key().unwrap().public_key;
    let mut session = Raw::of(APP, PAYMENT.uuid);
    let requests = [[0xaa; 32], [0x55; 32]].map(|nonce| bytes(&GetReport { nonce }));
    let memory = memory(&requests[0]);
    let mut reports = Vec::new();
    while_flipping(&memory.request, 0, [&requests[0], &requests[1]], || {
        for _ in 0..ROUNDS {
            assert_eq!(witness.sometimes().unwrap_or(0), 0);
            reports.push(send::<GetReport>(&mut session, &memory).unwrap());
        }
    });
    // What is written into the answer meanwhile is in nobody's way.
    while_flipping(&memory.response, MARGIN, [&[0; 200], &[0xff; 200]], || {
        for _ in 0..ROUNDS {
            assert_eq!(witness.sometimes().unwrap_or(0), 0);
            let (outcome, after) = session.call(GetReport::COMMAND, memory.parameters());
            assert_eq!((outcome, after[1].size), (Ok(()), 200));
        }
    });
    assert_eq!(witness.goes_on(), 0);
    let mut seen = [0; 3];
    for report in reports {
        let statement = ReportStatement::from_bytes(&report.statement).unwrap();
        let nonce = statement.nonce;
        verify_report(&device_key, &Signed::from(report), Some(&nonce)).unwrap();
        seen[match nonce {
            [0xaa, ..] if nonce == [0xaa; 32] => 0,
            [0x55, ..] if nonce == [0x55; 32] => 1,
            _ => 2,
        }] += 1;
    }
    assert!(seen[0].max(seen[1]) < ROUNDS, "never changed: {seen:?}");
    println!("{seen:?}: the one nonce, the other, a copy of both");
}

/// A token is good for what its MAC covers, and for nothing that takes its place meanwhile.
#[test]
fn no_token_is_moved_to_another_payment_while_it_is_looked_at() {
    const ROUNDS: usize = 37;
    // It is good for ten.
    const FRESH: Duration = Duration::from_secs(5);
    let optee = Optee::new();
    let mut app = client(&optee, APP);
    let before = app.info().unwrap().counter;
    let mut session = Raw::of(APP, PAYMENT.uuid);
    let begin = |amount| Begin {
        scene: label("shop"),
        payment: payment(amount),
    };
    let first = ask(&mut session, &PAYMENT, &begin(1)).unwrap().handle;
    let (mut token, mut touched) = (touch(&optee, APP, first), Instant::now());
    for _ in 0..ROUNDS {
        if touched.elapsed() > FRESH {
            let again = ask(&mut session, &PAYMENT, &begin(1)).unwrap().handle;
            (token, touched) = (touch(&optee, APP, again), Instant::now());
        }
        let handle = ask(&mut session, &PAYMENT, &begin(2)).unwrap().handle;
        let finish = |challenge| {
            let token = AuthToken {
                challenge,
                ..token.clone()
            };
            bytes(&Finish { handle, token })
        };
        let (good, moved) = (finish(token.challenge), finish(handle));
        let memory = memory(&good);
        let finished = while_flipping(&memory.request, 0, [&good, &moved], || {
            send::<Finish>(&mut session, &memory)
        });
        assert_eq!(finished.err(), Some(Status::NotAuthorized));
    }
    assert_eq!(app.info().unwrap().counter, before);
}

/// A payment is signed as it was asked for, and with a token that was good, or not at all.
#[test]
fn a_payment_is_one_that_was_asked_for() {
    const ROUNDS: u8 = 3;
    let optee = Optee::new();
    let mut app = client(&optee, APP);
    let mut session = Raw::of(APP, PAYMENT.uuid);
    let mut last = app.info().unwrap().counter;
    let asked = bytes(&Begin {
        scene: label("shop"),
        payment: payment(1),
    });
    // Behind the version: the scene, the amount, the currency, the length of the payee.
    let (amount, currency, payee) = (65 + 8, 65 + 8 + 3, 65 + 8 + 3 + 2);
    for (at, other) in [(amount, 2), (currency, b'S'), (payee, b'D'), (payee, 7)] {
        let mut changed = asked.clone();
        changed[at] = other;
        let valid: Vec<_> = [&asked, &changed]
            .into_iter()
            .filter_map(|asked| decode::<Begin>(&asked[1..]).ok())
            .map(|asked| asked.payment)
            .collect();
        for _ in 0..ROUNDS {
            let memory = memory(&asked);
            let begun = while_flipping(&memory.request, 0, [&asked, &changed], || {
                send::<Begin>(&mut session, &memory)
            });
            let handle = match begun {
                Ok(begun) => begun.handle,
                Err(status) => {
                    assert_eq!((status, valid.len()), (Status::BadRequest, 1));
                    continue;
                }
            };
            let token = touch(&optee, APP, handle);
            let good = bytes(&Finish { handle, token });
            let mut forged = good.clone();
            *forged.last_mut().unwrap() ^= 1;
            let memory = self::memory(&good);
            let finished = while_flipping(&memory.request, 0, [&good, &forged], || {
                send::<Finish>(&mut session, &memory)
            });
            match finished {
                Ok(paid) => {
                    let paid = PaymentStatement::from_bytes(&paid.statement).unwrap();
                    assert!(valid.contains(&paid.payment), "{:?}", paid.payment);
                    assert_eq!(paid.header.counter, last + 1);
                    last += 1;
                }
                Err(status) => assert_eq!(status, Status::NotAuthorized),
            }
            memory.request.write(0, &good);
            let again = send::<Finish>(&mut session, &memory);
            assert_eq!(again.err(), Some(Status::NotAuthorized));
        }
    }
    assert_eq!(app.info().unwrap().counter, last);
}
