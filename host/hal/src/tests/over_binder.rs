//! Both interfaces over a Unix socket: what travels, and what must not harm the service.

use super::bench::*;
use crate::aidl::Cause::Cause;
use crate::aidl::IPaymentCallback::{BnPaymentCallback, IPaymentCallback};
use crate::aidl::IPaymentKeys::{BnPaymentKeys, IPaymentKeys};
use crate::aidl::ISoter::{BnSoter, ISoter};
use crate::aidl::KeyState::KeyState;
use crate::aidl::Payment::Payment as SentPayment;
use crate::aidl::Prompt::Prompt;
use crate::aidl::SignedStatement::SignedStatement;
use crate::aidl::SoterCode::SoterCode;
use crate::aidl::SoterData::SoterData;
use crate::hal::Hal;
use crate::payment_keys::PaymentKeys;
use crate::soter::SoterVerbs;
use crate::{PAYMENT_KEYS, SOTER};
use rsbinder::entry::{Uri, WireProfile, WireVersion};
use rsbinder::{
    BinderResult, Client, Endpoint, ExceptionCode, FIRST_CALL_TRANSACTION, Interface, ServerGuard,
    Status as BinderStatus, Strong,
};
use std::fmt::Debug;
use std::sync::{Arc, Mutex};
use touchseal::proto::status::Status;
use touchseal_verify::{
    Chain, Signed, SoterBlob, SoterChain, soter_device_key_from_pem, verify, verify_soter,
};

const UID: i32 = 10115;

/// The service on a socket.
struct Service {
    bench: Bench,
    hal: Arc<Hal<AsUid>>,
    socket: Uri,
    _server: ServerGuard,
    _directory: tempfile::TempDir,
}

impl Service {
    fn start() -> Self {
        let (bench, hal) = Bench::ready();
        let directory = tempfile::tempdir().unwrap();
        let socket = Uri::new(Endpoint::unix(directory.path().join("binder")))
            .with_wire(WireProfile::Android13Plus(WireVersion::MAX));
        let payment_keys = BnPaymentKeys::new_binder(PaymentKeys(hal.clone()));
        let soter = BnSoter::new_binder(SoterVerbs(hal.clone()));
        let server = rsbinder::serve(socket.clone())
            .unwrap()
            .add(PAYMENT_KEYS, payment_keys.as_binder())
            .unwrap()
            .add(SOTER, soter.as_binder())
            .unwrap()
            .with(|options| options.threads = Some(4))
            .spawn()
            .unwrap();
        Self {
            bench,
            hal,
            socket,
            _server: server,
            _directory: directory,
        }
    }

    /// An app that may be called back.
    fn client(&self) -> Client {
        Client::open_with(self.socket.clone(), |options, _| {
            options.incoming_connections = Some(1);
        })
        .unwrap()
    }
}

fn keys(client: &Client) -> Strong<dyn IPaymentKeys> {
    client.get(PAYMENT_KEYS).unwrap()
}

fn soter(client: &Client) -> Strong<dyn ISoter> {
    client.get(SOTER).unwrap()
}

/// Who is prompted.
#[derive(Clone, Default)]
struct Person(Arc<Mutex<Vec<Prompt>>>);

impl Interface for Person {}

impl IPaymentCallback for Person {
    fn onPrompt(&self, prompt: Prompt) -> BinderResult<()> {
        self.0.lock().unwrap().push(prompt);
        Ok(())
    }
}

fn sent(amount: i64) -> SentPayment {
    SentPayment {
        amount,
        currency: "EUR".into(),
        payee: "Caffè Rossi".into(),
        order: "order-1".into(),
        nonce: vec![7; 32],
    }
}

fn signed(statement: SignedStatement) -> Signed {
    Signed {
        statement: statement.statement,
        signature: statement.signature,
    }
}

#[track_caller]
fn caused<R: Debug>(outcome: BinderResult<R>, cause: Status) {
    let error = outcome.unwrap_err();
    assert_eq!(error.exception_code(), ExceptionCode::ServiceSpecific);
    assert_eq!(error.service_specific_error(), cause as i32);
    let message = error.message().unwrap();
    assert!(message.contains(cause.sentence()) && message.contains(cause.remedy()));
}

#[track_caller]
fn no_argument<R: Debug>(outcome: BinderResult<R>, why: &str) {
    let error: BinderStatus = outcome.unwrap_err();
    assert_eq!(error.exception_code(), ExceptionCode::IllegalArgument);
    assert_eq!(error.message(), Some(why));
}

#[test]
fn an_app_pays_is_prompted_and_the_payment_verifies() {
    let service = Service::start();
    let client = service.client();
    let keys = keys(&client);
    assert_eq!(keys.findAppKey().unwrap(), KeyState::USABLE);
    assert!(!keys.generatePaymentKey(SCENE, false).unwrap());
    let listed = keys.listPaymentKeys().unwrap();
    assert_eq!((listed.len(), &*listed[0].scene), (1, SCENE));

    let person = Person::default();
    let callback = BnPaymentCallback::new_binder(person.clone());
    let begun = keys.begin(SCENE, &sent(1999), &callback).unwrap();
    let paid = std::thread::scope(|threads| {
        let waits = threads.spawn(|| keys.finish(begun.handle));
        until(|| *person.0.lock().unwrap() == [Prompt::PLACE_FINGER]);
        service.bench.place(1);
        waits.join().unwrap().unwrap()
    });
    let chain = Chain {
        app_key: signed(keys.exportAppKey().unwrap()),
        payment_key: signed(keys.exportPaymentKey(SCENE).unwrap()),
    };
    let device_key = keys.exportDeviceKey().unwrap();
    let public_key = device_key.publicKey.try_into().unwrap();
    let verified = verify(&public_key, &chain, &signed(paid)).unwrap();
    assert_eq!(verified.payment.payment, payment(1999));
    assert_eq!(verified.payment.header.uid, APP);
    let info = keys.getInfo().unwrap();
    assert!(info.provisioned && !info.inTee);
    assert_eq!(info.deviceId, device_key.deviceId);
}

#[test]
fn the_death_of_a_client_ends_its_operation_and_the_wait_for_it() {
    let service = Service::start();
    let dies = service.client();
    let person = Person::default();
    let callback = BnPaymentCallback::new_binder(person.clone());
    let begun = keys(&dies).begin(SCENE, &sent(1), &callback).unwrap();
    let survives = service.client();
    std::thread::scope(|threads| {
        // Another process of the app waits; the one that began the payment dies.
        let keys = keys(&survives);
        let waits = threads.spawn(move || keys.finish(begun.handle));
        until(|| *person.0.lock().unwrap() == [Prompt::PLACE_FINGER]);
        dies.session().unwrap().close_session();
        caused(waits.join().unwrap(), Status::NotAuthorized);
    });
    let keys = keys(&survives);
    let begun = keys.begin(SCENE, &sent(2), &callback).unwrap();
    service.bench.place(1);
    keys.finish(begun.handle).unwrap();
}

#[test]
fn what_cannot_be_an_argument_is_told_by_its_name() {
    let service = Service::start();
    let client = service.client();
    let keys = keys(&client);
    let callback = BnPaymentCallback::new_binder(Person::default());
    let begin = |change: fn(&mut SentPayment)| {
        let mut payment = sent(1);
        change(&mut payment);
        keys.begin(SCENE, &payment, &callback)
    };
    no_argument(begin(|p| p.amount = -1), "amount: it is negative");
    no_argument(
        begin(|p| p.currency = "eur".into()),
        "currency: it is not three capital letters",
    );
    no_argument(begin(|p| p.payee.clear()), "payee: it is empty");
    no_argument(
        begin(|p| p.order = "x".repeat(65)),
        "order: it has 65 bytes, and may have 64",
    );
    no_argument(
        begin(|p| p.payee = "a\u{202e}b".into()),
        "payee: it has characters that do not show, or white space at an end",
    );
    no_argument(
        begin(|p| p.nonce.truncate(31)),
        "nonce: it has 31 bytes, and must have 32",
    );
    no_argument(
        keys.report(&[0; 33]),
        "nonce: it has 33 bytes, and must have 32",
    );
    no_argument(keys.removePaymentKey(""), "scene: it is empty");
    let long = "x".repeat(100_000);
    no_argument(
        keys.generatePaymentKey(&long, false),
        "scene: it has 100000 bytes, and may have 64",
    );
    caused(keys.finish(-1), Status::NotAuthorized);
    caused(keys.abort(i64::MIN), Status::NotAuthorized);
    caused(keys.removeAppKeysOf(UID), Status::NotAuthorized);
    caused(keys.exportPaymentKey("nothing"), Status::NoPaymentKey);
    assert_eq!(keys.findAppKey().unwrap(), KeyState::USABLE);
}

/// What no client that is generated from the interface would send.
#[test]
fn a_parcel_that_is_none_does_the_service_no_harm() {
    let service = Service::start();
    let client = service.client();
    let keys = keys(&client);
    let binder = keys.as_binder();
    let proxy = binder.as_remote().unwrap();
    for code in 0..40 {
        for rubbish in [&[][..], &[0xff; 3], &[0x7f; 4_000], &[0; 200_000]] {
            let mut parcel = proxy.prepare_transact(true).unwrap();
            parcel.write(rubbish).unwrap();
            let _refused = proxy.submit_transact(FIRST_CALL_TRANSACTION + code, &parcel, 0);
        }
    }
    // A callback, but none.
    let mut parcel = proxy.prepare_transact(true).unwrap();
    parcel.write(SCENE).unwrap();
    parcel.write(&sent(1)).unwrap();
    parcel.write(&None::<rsbinder::SIBinder>).unwrap();
    let begin = FIRST_CALL_TRANSACTION + 12;
    proxy.submit_transact(begin, &parcel, 0).unwrap_err();
    keys.getInfo().unwrap();
}

#[track_caller]
fn told(given: &SoterData, code: SoterCode, cause: Cause) {
    let result = &given.result;
    assert_eq!(
        (result.errorCode, result.cause),
        (code, cause),
        "{result:?}"
    );
    assert!(given.data.is_empty() && !result.message.is_empty());
}

#[test]
fn a_soter_signature_verifies_and_refusals_have_their_codes() {
    let service = Service::start();
    service
        .hal
        .provision(crate::caller::Caller::with_uid(ROOT))
        .unwrap();
    let client = service.client();
    let hal = soter(&client);
    let found = hal.hasAskAlready(UID).unwrap();
    assert_eq!(found.errorCode, SoterCode::ASK_NOT_READY);
    let begun = hal.initSign(UID, "pay", "order 42").unwrap();
    assert_eq!(begun.result.errorCode, SoterCode::ASK_NOT_READY);
    for made in [
        hal.generateAskKeyPair(UID).unwrap(),
        hal.generateAuthKeyPair(UID, "pay").unwrap(),
        hal.hasAskAlready(UID).unwrap(),
        hal.hasAuthKey(UID, "pay").unwrap(),
        hal.verifyAttkKeyPair().unwrap(),
    ] {
        assert_eq!((made.errorCode, &*made.message), (SoterCode::OK, ""));
    }
    // A session that another has taken the place of is none.
    let first = hal.initSign(UID, "pay", "another").unwrap().session;
    let begun = hal.initSign(UID, "pay", "order 42").unwrap();
    told(
        &hal.finishSign(first).unwrap(),
        SoterCode::UNKNOWN,
        Cause::OK,
    );
    // The session stays open for another try.
    service.bench.place(2);
    told(
        &hal.finishSign(begun.session).unwrap(),
        SoterCode::VERIFICATION_FAILED,
        Cause::FINGER_NOT_RECOGNIZED,
    );
    service.bench.place(1);
    let signature = hal.finishSign(begun.session).unwrap();
    assert_eq!(signature.result.errorCode, SoterCode::OK);

    let blob = |given: SoterData| SoterBlob::from_bytes(&given.data).unwrap();
    let pem = String::from_utf8(hal.exportAttkPublicKey().unwrap().data).unwrap();
    let chain = SoterChain {
        app_key: blob(hal.exportAskPublicKey(UID).unwrap()),
        payment_key: blob(hal.exportAuthKeyPublicKey(UID, "pay").unwrap()),
    };
    let device_key = soter_device_key_from_pem(&pem).unwrap();
    let verified = verify_soter(&device_key, &chain, &blob(signature)).unwrap();
    assert_eq!(verified.challenge.challenge.as_str(), "order 42");
    let id = hal.getDeviceId().unwrap().data;
    assert_eq!(id, verified.challenge.cpu_id.to_string().into_bytes());
}

#[test]
fn an_app_names_no_other_in_any_verb() {
    let service = Service::start();
    let client = service.client();
    let hal = soter(&client);
    for uid in [10116, 0, 1000] {
        for refused in [
            hal.generateAskKeyPair(uid).unwrap(),
            hal.hasAskAlready(uid).unwrap(),
            hal.removeAllUidKey(uid).unwrap(),
            hal.generateAuthKeyPair(uid, "pay").unwrap(),
            hal.hasAuthKey(uid, "pay").unwrap(),
            hal.removeAuthKey(uid, "pay").unwrap(),
            hal.initSign(uid, "pay", "order 42").unwrap().result,
            hal.exportAskPublicKey(uid).unwrap().result,
            hal.exportAuthKeyPublicKey(uid, "pay").unwrap().result,
            hal.generateAttkKeyPair(2).unwrap(),
        ] {
            let told = (refused.errorCode, refused.cause);
            let expected = (SoterCode::VERIFICATION_FAILED, Cause::NOT_AUTHORIZED);
            assert_eq!(told, expected);
        }
    }
    let negative = hal.hasAskAlready(-1).unwrap();
    assert_eq!(negative.errorCode, SoterCode::INVALID_ARGUMENT);
    let long = hal.initSign(UID, "pay", &"x".repeat(513)).unwrap().result;
    assert_eq!(long.errorCode, SoterCode::INVALID_ARGUMENT);
}
