//! The life of a key, and of the device's own.

use super::*;
use touchseal::proto::HAL_UID;
use touchseal::proto::label::Lot;
use touchseal::proto::signed::Root;

fn public_key(signed: &SignedKey) -> PublicKey {
    KeyStatement::from_bytes(&signed.statement)
        .unwrap()
        .public_key
}

pub fn a_good_key_is_replaced_only_when_told<B: Bench>(bench: &B) {
    let mut client = client(bench, 10030);
    let keys = |client: &mut Payments<B>| {
        let app = public_key(&client.export_app_key().unwrap());
        let shop = public_key(&client.export_payment_key(label("shop")).unwrap());
        (app, shop)
    };
    let (app, shop) = keys(&mut client);
    assert!(!client.generate_app_key(false).unwrap().new);
    assert!(
        !client
            .generate_payment_key(label("shop"), false)
            .unwrap()
            .new
    );
    assert_eq!(keys(&mut client), (app, shop));

    let begun = client.begin(label("shop"), payment(1)).unwrap();
    for _ in 0..3 {
        let before = keys(&mut client);
        assert!(client.generate_app_key(true).unwrap().new);
        assert!(
            client
                .generate_payment_key(label("shop"), true)
                .unwrap()
                .new
        );
        let after = keys(&mut client);
        assert!(before.0 != after.0 && before.1 != after.1);
    }
    assert_eq!(client.list_payment_keys().unwrap().keys.len(), 1);

    // A payment that was begun is signed with the key that counts.
    let paid = client
        .finish(begun.handle, touch(bench, 10030, begun.handle))
        .unwrap();
    let chain = Chain {
        app_key: Signed::from(client.export_app_key().unwrap()),
        payment_key: Signed::from(client.export_payment_key(label("shop")).unwrap()),
    };
    let device_key = client.export_device_key().unwrap().public_key;
    verify(&device_key, &chain, &Signed::from(paid)).unwrap();
}

pub fn a_key_is_found_or_invalidated_or_absent<B: Bench>(bench: &B) {
    let mut client = client(bench, 10031);
    client.remove_app_keys().unwrap();
    let find = |client: &mut Payments<B>| {
        (
            client.find_app_key().unwrap(),
            client.find_payment_key(label("shop")).unwrap(),
        )
    };
    assert_eq!(find(&mut client), (KeyState::Absent, KeyState::Absent));
    client.generate_app_key(false).unwrap();
    assert_eq!(find(&mut client), (KeyState::Usable, KeyState::Absent));
    client.generate_payment_key(label("shop"), false).unwrap();
    assert_eq!(find(&mut client), (KeyState::Usable, KeyState::Usable));

    enroll(bench, 2).unwrap();
    assert_eq!(find(&mut client), (KeyState::Usable, KeyState::Invalidated));
    let listed = client.list_payment_keys().unwrap().keys;
    assert_eq!(listed[0].state, KeyState::Invalidated);
    refused(
        client.begin(label("shop"), payment(1)),
        Status::PaymentKeyInvalidated,
    );
    refused(
        client.begin(label("none"), payment(1)),
        Status::NoPaymentKey,
    );

    assert!(
        client
            .generate_payment_key(label("shop"), false)
            .unwrap()
            .new
    );
    assert_eq!(find(&mut client), (KeyState::Usable, KeyState::Usable));
    client.remove_payment_key(label("shop")).unwrap();
    assert_eq!(find(&mut client), (KeyState::Usable, KeyState::Absent));

    let mut stranger = payments(bench, 10032);
    assert_eq!(find(&mut stranger), (KeyState::Absent, KeyState::Absent));
}

pub fn the_hal_removes_the_keys_of_an_uninstalled_app<B: Bench>(bench: &B) {
    let mut uninstalled = client(bench, 10034);
    let mut other = client(bench, 10033);
    let mut hal = PaymentClient::new(bench.payment_on_behalf(10034));
    assert_eq!(hal.find_app_key().unwrap(), KeyState::Usable);
    // It speaks for the app, and is not itself then.
    refused(hal.provision(), Status::NotAuthorized);
    hal.remove_app_keys().unwrap();
    assert_eq!(uninstalled.find_app_key().unwrap(), KeyState::Absent);
    assert_eq!(other.find_app_key().unwrap(), KeyState::Usable);
    pay(bench, 10033, &mut other, 1);

    let mut itself = payments(bench, HAL_UID);
    assert!(!itself.provision().unwrap().new);
    refused(itself.remove_every_key(), Status::NotAuthorized);
    refused(
        fingers(bench, HAL_UID).remove_fingers(),
        Status::NotAuthorized,
    );
}

pub fn a_factory_reset_leaves_the_device_key_and_the_counter<B: Bench>(bench: &B) {
    let mut two = client(bench, 10036);
    let mut one = client(bench, 10035);
    pay(bench, 10035, &mut one, 1);
    refused(one.remove_every_key(), Status::NotAuthorized);
    let device_key = one.export_device_key().unwrap();
    let counter = one.info().unwrap().counter;

    let mut root = payments(bench, 0);
    fingers(bench, 0).remove_fingers().unwrap();
    root.remove_every_key().unwrap();
    root.remove_every_key().unwrap();
    for client in [&mut one, &mut two] {
        assert_eq!(client.find_app_key().unwrap(), KeyState::Absent);
        assert!(client.list_payment_keys().unwrap().keys.is_empty());
    }
    assert_eq!(root.export_device_key().unwrap(), device_key);
    assert_eq!(root.info().unwrap().counter, counter);
    assert!(!root.provision().unwrap().new);

    let mut again = client(bench, 10035);
    let paid = statement(&pay(bench, 10035, &mut again, 1));
    assert_eq!(paid.header.counter, counter + 1);
    assert_eq!(paid.header.device_id, device_key.device_id);
}

pub fn a_latch_is_for_ever<B: Bench>(bench: &B) {
    let mut app = client(bench, 10037);
    let device_id = app.info().unwrap().device_id;
    let latch = |lot: &str, issuer: u8| Latch {
        device_id,
        lot: Lot::new(lot).unwrap(),
        issuer: [issuer; 64],
    };
    refused(app.latch(latch("lot 7", 1)), Status::NotAuthorized);
    let mut root = payments(bench, 0);
    let another_device = Latch {
        device_id: [0; 16],
        ..latch("lot 7", 1)
    };
    refused(root.latch(another_device), Status::FactoryClosed);

    root.latch(latch("lot 7", 1)).unwrap();
    root.latch(latch("lot 7", 1)).unwrap();
    refused(root.latch(latch("lot 8", 1)), Status::FactoryClosed);
    refused(root.latch(latch("lot 7", 2)), Status::FactoryClosed);
    let found = root.diagnose().unwrap();
    assert_eq!((found.latched, found.lot), (true, Lot::new("lot 7").ok()));

    // What is made under a public hardware key says so, for ever.
    assert!(found.test_hardware);
    let paid = statement(&pay(bench, 10037, &mut app, 1));
    assert_eq!(paid.header.root, Root::Test);
    assert_eq!(app.info().unwrap().root, Root::Test);
}

pub fn a_sound_device_is_diagnosed_as_one<B: Bench>(bench: &B) {
    let mut app = client(bench, 10038);
    let found = app.diagnose().unwrap();
    assert_eq!(found.state, Status::Ok);
    assert_eq!((found.slot_a, found.slot_b), (Slot::Unknown, Slot::Unknown));
    assert_eq!(found.objects, NOT_COUNTED);

    let mut root = payments(bench, 0);
    let found = root.diagnose().unwrap();
    assert_eq!((found.slot_a, found.slot_b), (Slot::Good, Slot::Good));
    assert_eq!(found.enrolment, Status::Ok);
    assert!(found.platform.is_some());
    assert_eq!(found.version_floor, found.ta_version);
    assert_eq!(found.counter, app.info().unwrap().counter);
    // The state, two slots, an app key, a payment key and their list at least.
    assert!((6..NOT_COUNTED).contains(&found.objects));

    fingers(bench, 0).remove_fingers().unwrap();
    let found = app.diagnose().unwrap();
    assert_eq!(found.enrolment, Status::NoFingerEnrolled);
}
