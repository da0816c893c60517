//! The model of OP-TEE's RPMB file system (`ta/nonsecure/src/rpmb`), on which the power is cut
//! at every write, makes the very writes that OP-TEE makes: the same life on both, and after each
//! command the blocks that were written are the same, in the same order.

mod phone;

use phone::{Guest, Model, Outcome, Phone, outcome};
use touchseal::proto::label::Lot;
use touchseal::proto::message::Latch;
use touchseal::proto::password::Password;
use touchseal::proto::soter::Challenge;
use touchseal_qemu::{label, some_payment};

const ROOT: u32 = 0;
const APP: u32 = 10115;

/// A command with what it said, but for keys and signatures, and the blocks that it wrote.
type Account = (&'static str, String, Vec<u64>);

struct Diary<P> {
    phone: P,
    accounts: Vec<Account>,
    /// So many writes of this boot were of the commands before.
    seen: usize,
    /// After so many writes the power was cut.
    cut: usize,
}

impl<P: Phone> Diary<P> {
    fn new(phone: P) -> Self {
        Self {
            phone,
            accounts: Vec::new(),
            seen: 0,
            cut: 0,
        }
    }

    fn does<R>(&mut self, name: &'static str, command: impl FnOnce(&P) -> Outcome<R>) {
        let said = command(&self.phone).map(drop);
        let blocks = self.phone.blocks();
        let new = blocks[self.seen..].to_vec();
        self.seen = blocks.len();
        self.accounts.push((name, format!("{said:?}"), new));
    }

    fn reboots(&mut self) {
        self.phone.reboot();
        self.seen = 0;
    }
}

/// The FAT grows from the start, files from the end.
fn part(block: &u64) -> char {
    match block {
        0 => 'P',
        1..4096 => 'F',
        _ => 'D',
    }
}

fn password(text: &[u8]) -> Password {
    Password::new(text).unwrap()
}

/// Every command that writes, of the factory, of apps in both dialects, and of the owner.
fn live<P: Phone>(phone: P, cut: usize) -> Diary<P> {
    let shop = || label("shop").unwrap();
    let mut life = Diary::new(phone);
    life.does("info", |phone| outcome(phone.payment(ROOT).info()));
    life.does("provision", |phone| {
        outcome(phone.payment(ROOT).provision())
    });
    life.does("provision again", |phone| {
        outcome(phone.payment(ROOT).provision())
    });
    life.does("enroll", |phone| phone.enroll());
    life.does("set password", |phone| {
        outcome(
            phone
                .gatekeeper(ROOT)
                .set_password(None, password(b"owner's")),
        )
    });
    keys(&mut life);
    for name in ["pay", "pay again"] {
        life.does(name, |phone| {
            let mut app = phone.payment(APP);
            let begun = outcome(app.begin(shop(), some_payment([7; 32]).unwrap()))?;
            let token = phone.touch(begun.handle, true)?;
            outcome(app.finish(begun.handle, token))
        });
    }
    for name in ["wrong finger", "wrong finger again", "right finger"] {
        life.does(name, |phone| phone.touch(9, name == "right finger"));
    }
    life.reboots();
    life.does("right finger after a start", |phone| phone.touch(9, true));
    soter(&mut life);
    for (name, text) in [
        ("wrong password", &b"thief's"[..]),
        ("password", b"owner's"),
    ] {
        life.does(name, |phone| {
            outcome(phone.gatekeeper(APP).verify_password(1, password(text)))
        });
    }
    life.does("change password", |phone| {
        let (current, new) = (Some(password(b"owner's")), password(b"another"));
        outcome(phone.gatekeeper(ROOT).set_password(current, new))
    });
    life.does("invalidate enrolment", |phone| {
        outcome(phone.fingerprint(ROOT).invalidate_enrolment())
    });
    life.does("key of another enrolment", |phone| {
        outcome(phone.payment(APP).generate_payment_key(shop(), false))
    });
    life.does("latch", |phone| {
        let mut root = phone.payment(ROOT);
        let device_id = outcome(root.info())?.device_id;
        let latch = Latch {
            device_id,
            lot: Lot::new("lot 7").unwrap(),
            issuer: [7; 64],
        };
        outcome(root.latch(latch))
    });
    life.does("remove fingers", |phone| {
        outcome(phone.fingerprint(ROOT).remove_fingers())
    });
    life.does("forget password", |phone| {
        outcome(phone.gatekeeper(ROOT).forget_password())
    });
    life.does("remove every key", |phone| {
        outcome(phone.payment(ROOT).remove_every_key())
    });
    life.does("app key once more", |phone| {
        outcome(phone.payment(APP).generate_app_key(false))
    });
    refused(&mut life);
    // Before the last writes, with which the key appears: a temporary file is left.
    life.cut = life.phone.cut_app_key(APP + 1, cut);
    life.seen = 0;
    life.does("app key after a cut", |phone| {
        outcome(phone.payment(APP + 1).generate_app_key(false))
    });
    life
}

fn keys<P: Phone>(life: &mut Diary<P>) {
    let shop = || label("shop").unwrap();
    let tram = || label("tram").unwrap();
    life.does("app key", |phone| {
        outcome(phone.payment(APP).generate_app_key(false))
    });
    life.does("payment key", |phone| {
        outcome(phone.payment(APP).generate_payment_key(shop(), false))
    });
    life.does("another payment key", |phone| {
        outcome(phone.payment(APP).generate_payment_key(tram(), false))
    });
    life.does("replace payment key", |phone| {
        outcome(phone.payment(APP).generate_payment_key(shop(), true))
    });
    life.does("replace app key", |phone| {
        outcome(phone.payment(APP).generate_app_key(true))
    });
    life.does("export payment key", |phone| {
        outcome(phone.payment(APP).export_payment_key(shop()))
    });
    life.does("remove payment key", |phone| {
        outcome(phone.payment(APP).remove_payment_key(tram()))
    });
    life.does("another app's key", |phone| {
        outcome(phone.payment(APP + 1).generate_app_key(false))
    });
    life.does("remove an app's keys", |phone| {
        outcome(phone.payment(APP + 1).remove_app_keys())
    });
}

fn soter<P: Phone>(life: &mut Diary<P>) {
    let shop = || label("shop").unwrap();
    life.does("SOTER provision", |phone| {
        outcome(phone.soter(ROOT).provision())
    });
    life.does("SOTER prepare", |phone| {
        outcome(phone.soter(ROOT).prepare())
    });
    life.does("SOTER app key of a spare", |phone| {
        outcome(phone.soter(APP).generate_app_key(false))
    });
    life.does("SOTER payment key without one", |phone| {
        outcome(phone.soter(APP).generate_payment_key(shop(), false))
    });
    life.does("SOTER sign", |phone| {
        let mut app = phone.soter(APP);
        let begun = outcome(app.begin(shop(), Challenge::new("order 42").unwrap()))?;
        let token = phone.touch(begun.handle, true)?;
        outcome(app.finish(begun.handle, token))
    });
    life.does("SOTER remove keys", |phone| {
        outcome(phone.soter(APP).remove_app_keys())
    });
}

/// A write is tried again until it has failed ten times; then the RPMB is given up.
fn refused<P: Phone>(life: &mut Diary<P>) {
    // The next one is one write, of a part of a block.
    let export = |phone: &P| outcome(phone.payment(APP).export_app_key());
    life.does("export app key", export);
    life.phone.refuse_writes(9);
    life.does("nine times refused", export);
    life.phone.refuse_writes(10);
    life.does("ten times refused", export);
    life.does("given up", export);
    life.reboots();
    life.does("started again", export);
}

#[test]
fn the_model_writes_what_op_tee_writes() {
    // Of the list of its keys, and of the key, whose last one makes it appear. The first is
    // what a start costs.
    let writes = {
        let model = live(Model::new(), 0);
        let last = model.accounts.last().unwrap();
        last.2.len() - 1
    };
    // The cut may come a write or two late.
    let guest = live(Guest::new(), writes - 3);
    let model = live(Model::new(), guest.cut);
    let mut differ = 0;
    for (real, modelled) in guest.accounts.iter().zip(&model.accounts) {
        let (name, said, blocks) = real;
        let order: String = blocks.iter().map(part).collect();
        println!("{name:<30} {said:<10} {:>3} writes {order}", blocks.len());
        if real != modelled {
            differ += 1;
            println!(
                "  the model: {} {:?}\n  OP-TEE:          {blocks:?}",
                modelled.1, modelled.2
            );
        }
    }
    assert_eq!(differ, 0, "commands whose writes differ");
    let written = |(_, said, blocks): &Account| said == "Ok(())" && !blocks.is_empty();
    assert!(
        guest
            .accounts
            .iter()
            .filter(|account| written(account))
            .count()
            > 20
    );
}
