//! The verifier of the native dialect: a file is read in its only spelling, and what
//! verifies is what was signed.

use crate::golden::{Edit, vector};
use arbitrary::Unstructured;
use p256::ecdsa::signature::hazmat::PrehashSigner;
use p256::ecdsa::{Signature, SigningKey};
use sha2::{Digest, Sha256};
use std::fmt::Debug;
use touchseal_proto::signed::{
    KeyKind, KeyStatement, PaymentStatement, ReportStatement, Statement,
};
use touchseal_verify::{
    Chain, PublicKey, Signed, device_id, device_key_from_text, device_key_to_text, from_json,
    to_json, verify, verify_report,
};

/// The input is a file; or changes of a chain that verifies, signed anew or not.
pub fn one_input(input: &[u8]) {
    let Some((way, input)) = input.split_first() else {
        return;
    };
    match way % 3 {
        0 => files(input),
        1 => drop(forged(&mut Unstructured::new(input))),
        _ => drop(signed_anew(&mut Unstructured::new(input))),
    }
}

fn files(text: &[u8]) {
    if let Ok(signed) = from_json::<Signed>(text) {
        assert_eq!(to_json(&signed).as_bytes(), text);
    }
    if let Ok(chain) = from_json::<Chain>(text) {
        assert_eq!(to_json(&chain).as_bytes(), text);
    }
    if let Ok(key) = device_key_from_text(text) {
        assert_eq!(device_key_to_text(&key).as_bytes(), text);
    }
}

/// A device key and what hangs from it: app key, payment key, payment, and a report.
struct Evidence {
    device_key: PublicKey,
    links: [Signed; 4],
}

const REPORT: usize = 3;

impl Evidence {
    fn golden() -> Self {
        let signed = |response: Vec<u8>| {
            let (statement, signature) = response[3..].split_at(response.len() - 3 - 64);
            Signed {
                statement: statement.to_vec(),
                signature: signature.to_vec(),
            }
        };
        Self {
            device_key: vector!("device_key")[3 + 16..].try_into().expect("a key"),
            links: [
                vector!("signed_app_key"),
                vector!("signed_payment_key"),
                vector!("signed_payment"),
                vector!("signed_report"),
            ]
            .map(signed),
        }
    }

    /// Whether the payment verifies, and whether the report does.
    fn verdicts(&self) -> [bool; 2] {
        let [app_key, payment_key, payment, report] = self.links.clone();
        let chain = Chain {
            app_key,
            payment_key,
        };
        let verified = verify(&self.device_key, &chain, &payment);
        let reported = verify_report(&self.device_key, &report, None);
        if let Ok(verified) = &verified {
            spells(&verified.app_key, &chain.app_key);
            spells(&verified.payment_key, &chain.payment_key);
            spells(&verified.payment, &payment);
            let [app, key, paid] = [
                &verified.app_key.header,
                &verified.payment_key.header,
                &verified.payment.header,
            ];
            assert_eq!(app.device_id, device_id(&self.device_key));
            for below in [key, paid] {
                assert_eq!((below.device_id, below.uid), (app.device_id, app.uid));
                assert_eq!(
                    (below.root, below.security_level),
                    (app.root, app.security_level)
                );
            }
            let kinds = (verified.app_key.kind, verified.payment_key.kind);
            assert_eq!(kinds, (KeyKind::App, KeyKind::Payment));
            assert_eq!(key.epoch, paid.epoch);
            assert_eq!(
                verified.payment_key.scene.as_ref(),
                Some(&verified.payment.scene)
            );
        }
        if let Ok(reported) = &reported {
            spells(reported, &report);
            assert_eq!(reported.header.device_id, device_id(&self.device_key));
        }
        [verified.is_ok(), reported.is_ok()]
    }
}

fn spells<S: Statement<Bytes: AsRef<[u8]>> + Debug>(statement: &S, signed: &Signed) {
    let bytes = statement.to_bytes().expect("what was read can be written");
    assert_eq!(bytes.as_ref(), signed.statement);
}

/// Without the keys nothing else verifies.
fn forged(input: &mut Unstructured<'_>) -> arbitrary::Result<()> {
    let golden = Evidence::golden();
    let mut evidence = Evidence::golden();
    while !input.is_empty() {
        let part = input.int_in_range(0..=8)?;
        let edit: Edit = input.arbitrary()?;
        match evidence.links.get_mut(part / 2) {
            Some(link) if part % 2 == 0 => edit.make(&mut link.statement),
            Some(link) => edit.make(&mut link.signature),
            None => {
                let mut key = evidence.device_key.to_vec();
                edit.make(&mut key);
                if let Ok(key) = key.try_into() {
                    evidence.device_key = key;
                }
            }
        }
    }
    let same = |link: &usize| evidence.links[*link].statement == golden.links[*link].statement;
    let [paid, reported] = evidence.verdicts();
    let same_key = evidence.device_key == golden.device_key;
    assert!(!paid || same_key && [0, 1, 2].iter().all(same), "forged");
    assert!(!reported || same_key && same(&REPORT), "forged");
    Ok(())
}

/// With the keys, which are 1, 2 and 3 in the vectors: whatever verifies is a statement in
/// its only spelling, and agrees with the one above.
fn signed_anew(input: &mut Unstructured<'_>) -> arbitrary::Result<()> {
    let mut evidence = Evidence::golden();
    let link = input.int_in_range(0..=3)?;
    while !input.is_empty() {
        input
            .arbitrary::<Edit>()?
            .make(&mut evidence.links[link].statement);
    }
    let signer = [1, 2, 3, 1][link];
    let signed = &mut evidence.links[link];
    let mut scalar = [0; 32];
    scalar[31] = signer;
    let key = SigningKey::from_slice(&scalar).expect("a private key");
    let signature: Signature = key
        .sign_prehash(&Sha256::digest(&signed.statement))
        .expect("signs");
    signed.signature = signature.to_bytes().to_vec();

    let reads = if link == REPORT {
        ReportStatement::from_bytes(&signed.statement).is_ok()
    } else if link == 2 {
        PaymentStatement::from_bytes(&signed.statement).is_ok()
    } else {
        KeyStatement::from_bytes(&signed.statement).is_ok()
    };
    let verdict = evidence.verdicts()[usize::from(link == REPORT)];
    assert!(reads || !verdict, "no statement, and it verifies");
    Ok(())
}
