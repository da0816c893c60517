//! What is old is put back, and what is another's is put in: what the normal world stores, the
//! whole eMMC, another device's. `make test-guest` runs these.

mod boot;
mod fat;

use boot::{APP, Boot, ROOT, owner, platform, refused};
use std::collections::BTreeSet;
use std::time::Duration;
use touchseal::proto::label::Scene;
use touchseal::proto::message::PublicKey;
use touchseal::proto::password::Password;
use touchseal::proto::soter::Challenge;
use touchseal::proto::status::Status;
use touchseal::{Client, HoldsKeys};
use touchseal_qemu::{Command, Emmc, Owner, Session, label, some_payment};
use touchseal_verify::{Chain, Expectations, Origin, Signed, Verified, verify};

const LIMIT: Duration = Duration::from_secs(60);
/// Where tee-supplicant keeps what trusted applications store with the normal world.
const FOLDER: &str = "/var/lib/tee";

/// What a backend gets of a payment.
struct Paid {
    chain: Chain,
    payment: Signed,
}

impl Paid {
    fn at(boot: &Boot, owner: &Owner) -> Self {
        let scene = || label("checkout").unwrap();
        let mut app = boot.app(APP);
        let chain = Chain {
            app_key: Signed::from(app.payments.export_app_key().unwrap()),
            payment_key: Signed::from(app.payments.export_payment_key(scene()).unwrap()),
        };
        let payment = some_payment([7; 32]).unwrap();
        let payment = Signed::from(app.pay(scene(), payment, owner).unwrap());
        Self { chain, payment }
    }

    fn verified(&self, device_key: &PublicKey) -> Verified {
        verify(device_key, &self.chain, &self.payment).unwrap()
    }
}

fn sh(script: &str) -> Command {
    Command::new("sh").args(["-c", script])
}

/// Of a device that has lived, there is nothing in what the normal world stores: there is
/// nothing to put back, and to wipe it changes nothing.
#[test]
fn nothing_of_ours_is_the_normal_worlds_to_put_back() {
    let (platform, owner, emmc) = (platform(), owner(), Emmc::scratch().unwrap());
    let outside = emmc.read_outside_rpmb().unwrap();
    let mut boot = Boot::of(&platform, &emmc);
    let list = format!("cd {FOLDER} && md5sum *");
    let run = |boot: &mut Boot, script: &str| boot.guest.run(&sh(script), LIMIT).unwrap();
    let old = format!("mkdir -p {FOLDER} && echo old >{FOLDER}/dirf.db && echo old >{FOLDER}/0");
    assert_eq!(run(&mut boot, &old).code, 0);
    let before = run(&mut boot, &list);
    boot.set_up(&owner);
    let first = boot.pay(&owner);
    assert_eq!(run(&mut boot, &list).stdout, before.stdout);

    assert_eq!(run(&mut boot, &format!("rm -r {FOLDER}")).code, 0);
    assert_eq!(boot.pay(&owner), first + 1);
    assert!(run(&mut boot, &list).code != 0, "it was made anew");
    boot.power_off();
    assert!(emmc.read_outside_rpmb().unwrap() == outside);
}

/// An attempt is written down before the password is compared: a cut then buys none.
#[test]
fn wrong_passwords_stay_counted_when_the_power_goes() {
    const BEFORE_THE_LOCK: usize = 5;
    let (platform, emmc) = (platform(), Emmc::scratch().unwrap());
    let password = |text: &str| Password::new(text.as_bytes()).unwrap();
    let boot = Boot::of(&platform, &emmc);
    boot.app(ROOT).payments.provision().unwrap();
    let gatekeeper = |boot: &Boot| boot.proxy.gatekeeper(ROOT).unwrap();
    let mut owner = gatekeeper(&boot);
    owner.set_password(None, password("owner's")).unwrap();
    for _ in 1..BEFORE_THE_LOCK {
        let wrong = owner.verify_password(7, password("wrong"));
        refused(wrong, Status::PasswordWrong);
    }
    drop(owner);
    let written = boot.cut(1, gatekeeper, |owner| {
        owner.verify_password(7, password("wrong"))
    });
    assert_eq!(written, 1);

    let boot = Boot::of(&platform, &emmc);
    let mut owner = gatekeeper(&boot);
    let right = owner.verify_password(7, password("owner's"));
    refused(right, Status::PasswordLocked);
    let locked_ms = owner.password().unwrap().locked_ms;
    std::thread::sleep(Duration::from_millis(u64::from(locked_ms) + 100));
    owner.verify_password(7, password("owner's")).unwrap();
    boot.power_off();
}

/// An RPMB that is put back, past its authentication, is believed by the device; and not by
/// a backend that has seen a later payment.
#[test]
fn a_backend_sees_that_an_old_emmc_was_put_back() {
    let (platform, owner, emmc) = (platform(), owner(), Emmc::scratch().unwrap());
    let boot = Boot::of(&platform, &emmc);
    boot.set_up(&owner);
    let device_key = boot.device_key().public_key;
    let old = emmc.read_rpmb().unwrap();
    let seen = Paid::at(&boot, &owner).verified(&device_key).payment.header;
    boot.power_off();
    emmc.write_rpmb(&old).unwrap();

    let boot = Boot::of(&platform, &emmc);
    let again = Paid::at(&boot, &owner).verified(&device_key);
    // One value was signed twice: what forbids that was gone around.
    assert_eq!(again.payment.header.counter, seen.counter);
    let expected = Expectations {
        origin: Origin {
            last_counter: Some(seen.counter),
            ..Origin::default()
        },
        ..Expectations::default()
    };
    let found = expected.check(&again).unwrap_err();
    assert_eq!(found.field, "counter");
    assert_eq!(found.signed, seen.counter.to_string());
    assert_eq!(found.expected, format!("more than {}", seen.counter));
    boot.power_off();
}

/// The emulator gives both the same hardware key: that two of a product have different RPMB
/// keys is not shown here.
#[test]
fn two_devices_share_nothing() {
    let (platform, owner) = (platform(), owner());
    let scene = || label("checkout").unwrap();
    let payment = || some_payment([7; 32]).unwrap();
    let devices = [(); 2].map(|()| {
        let emmc = Emmc::scratch().unwrap();
        let boot = Boot::of(&platform, &emmc);
        boot.set_up(&owner);
        let paid = Paid::at(&boot, &owner);
        (emmc, boot.device_key(), paid, boot)
    });
    let [
        (one, key, paid, first),
        (other, other_key, other_paid, second),
    ] = devices;
    assert!(key.device_id != other_key.device_id && key.public_key != other_key.public_key);
    assert!(verify(&other_key.public_key, &paid.chain, &paid.payment).is_err());
    let mixed = verify(&key.public_key, &paid.chain, &other_paid.payment);
    assert!(mixed.is_err(), "the other's payment under this one's keys");

    let mut here = first.app(APP);
    let begun = here.payments.begin(scene(), payment()).unwrap();
    let token = second.app(APP).touch(&owner, begun.handle).unwrap();
    let finished = here.payments.finish(begun.handle, token);
    refused(finished, Status::NotAuthorized);
    first.power_off();
    second.power_off();

    let sealed = |emmc: &Emmc| {
        let rpmb = emmc.read_rpmb().unwrap();
        let data = fat::data(&rpmb);
        assert!(!data.is_empty());
        let chunks = data.into_iter().flat_map(|data| {
            let chunks = rpmb[data].chunks_exact(16);
            chunks.map(<[u8]>::to_vec).collect::<Vec<_>>()
        });
        chunks.collect::<BTreeSet<_>>()
    };
    let both: Vec<_> = sealed(&one)
        .intersection(&sealed(&other))
        .cloned()
        .collect();
    assert!(both.iter().all(|chunk| *chunk == [0; 16]), "{both:x?}");
}

/// What an app asks of another app's key is answered, and costs RPMB traffic, as of a key that
/// never was.
#[test]
fn anothers_key_is_as_one_that_never_was() {
    let (platform, owner, emmc) = (platform(), owner(), Emmc::scratch().unwrap());
    let boot = Boot::of(&platform, &emmc);
    boot.set_up(&owner);
    boot.soter(ROOT).soter.provision().unwrap();
    let mut app = boot.soter(APP).soter;
    app.generate_app_key(false).unwrap();
    app.generate_payment_key(label("checkout").unwrap(), false)
        .unwrap();

    let mut stranger = boot.app(10_116).payments;
    asks_in_vain(
        &boot,
        &mut stranger,
        [
            |app, scene| format!("{:?}", app.export_payment_key(scene).map(drop)),
            |app, scene| format!("{:?}", app.begin(scene, some_payment([7; 32]).unwrap())),
        ],
    );
    let mut stranger = boot.soter(10_116).soter;
    asks_in_vain(
        &boot,
        &mut stranger,
        [
            |app, scene| format!("{:?}", app.export_payment_key(scene).map(drop)),
            |app, scene| {
                format!(
                    "{:?}",
                    app.begin(scene, Challenge::new("order 42").unwrap())
                )
            },
        ],
    );
    // The other's are good yet.
    boot.pay(&owner);
    let challenge = Challenge::new("order 42").unwrap();
    let mut app = boot.soter(APP);
    app.sign(label("checkout").unwrap(), challenge, &owner)
        .unwrap();
}

type Ask<A> = fn(&mut Client<Session, A>, Scene) -> String;

/// By who has no key, and by who has one of another name.
fn asks_in_vain<A: HoldsKeys>(
    boot: &Boot,
    stranger: &mut Client<Session, A>,
    of_dialect: [Ask<A>; 2],
) {
    let of_both: [Ask<A>; 3] = [
        |app, scene| format!("{:?}", app.find_payment_key(scene)),
        |app, scene| format!("{:?}", app.remove_payment_key(scene)),
        // Which is there then, and its own.
        |app, scene| {
            let made = app.generate_payment_key(scene.clone(), false);
            format!("{made:?}, {:?}", app.remove_payment_key(scene))
        },
    ];
    let scene = |name: &str| label(name).unwrap();
    for has_keys in [false, true] {
        if has_keys {
            stranger.generate_app_key(false).unwrap();
            stranger.generate_payment_key(scene("own"), false).unwrap();
        }
        for ask in of_both.into_iter().chain(of_dialect) {
            // The first time is not measured: what it finds, OP-TEE may remember.
            let [_, anothers, nobodys] = ["nobody's", "checkout", "never"].map(|name| {
                let traffic = || {
                    (
                        boot.guest.rpmb_reads().unwrap(),
                        boot.guest.rpmb_writes().unwrap(),
                    )
                };
                let before = traffic();
                let said = ask(stranger, scene(name));
                let after = traffic();
                (said, after.0 - before.0, after.1 - before.1)
            });
            assert_eq!(anothers, nobodys);
        }
        let own = stranger.list_payment_keys().unwrap().keys.len();
        assert_eq!(own, usize::from(has_keys));
    }
}
