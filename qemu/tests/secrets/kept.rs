//! What the secure world keeps for as long as it runs: found by what it does.

use crate::needles::{Found, LONGEST, Needles, keys};
use crate::{PASSWORD, Run, primes};
use hmac::{Hmac, KeyInit, Mac};
use p256::ecdsa::SigningKey;
use sha2::Sha256;
use std::collections::HashSet;

const FINGERS_KEY: &str = "the key of fingers' tokens";
const PASSWORDS_KEY: &str = "the key of passwords' tokens";
const SALT: &str = "the password's salt";
const VERIFIER: &str = "the password's verifier";
const PRIVATE_KEY: &str = "a private key";
const PRIME: &str = "an RSA prime";

/// Whether each is in all of secure memory as often as it should be: core and trusted
/// applications take their pages from one pool, and no address tells whose one is. What OP-TEE
/// frees as it was may be there or not.
pub fn is_expected(found: &Found, run: &Run) -> bool {
    let private_keys = run.public_keys.len();
    let expected = [
        // The payment TA's, and in the page in which libutee took it to the fingerprint TA.
        (FINGERS_KEY, 1..=2),
        // The payment TA's.
        (PASSWORDS_KEY, 1..=1),
        // The gatekeeper's record.
        (SALT, 1..=1),
        (VERIFIER, 1..=1),
        // Core's, of the keys that the payment TA keeps open.
        (PRIVATE_KEY, private_keys..=private_keys),
        // Two primes of two pieces each: core's, of the key that the SOTER TA keeps open, and
        // in core's freed heap as they were read.
        (PRIME, 2 * 2..=2 * 2 * 2),
    ];
    found.len() == expected.len()
        && expected.iter().all(|(what, times)| {
            let found = found.get(what);
            found.is_some_and(|found| times.contains(found))
        })
}

/// The keys that are kept in the secure world, found by what they do.
pub fn find(secure: &[u8], run: &Run) -> Needles {
    let mut kept = Needles::default();
    let all: HashSet<&[u8; 32]> = keys(secure, 1).collect();
    let mac = |key: &[u8; 32], of: &[u8]| -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
        mac.update(of);
        mac.finalize().into_bytes().into()
    };
    for key in &all {
        for (what, token) in [
            (FINGERS_KEY, &run.finger_token),
            (PASSWORDS_KEY, &run.password_token),
        ] {
            if mac(key, &token.authenticated()) == token.mac {
                kept.add(what, *key);
            }
        }
        let verifier = mac(key, PASSWORD);
        if all.contains(&verifier) {
            kept.add(SALT, *key);
            kept.add(VERIFIER, &verifier);
        }
    }
    // Numbers of core's are aligned, and their least byte comes first.
    let numbers: HashSet<&[u8; 32]> = keys(secure, 8).collect();
    for number in numbers {
        let mut scalar = *number;
        scalar.reverse();
        let Ok(key) = SigningKey::from_slice(&scalar) else {
            continue;
        };
        let point = key.verifying_key().to_sec1_point(false);
        if run
            .public_keys
            .iter()
            .any(|public| point.as_bytes()[1..] == public[..])
        {
            kept.add_number(PRIVATE_KEY, &scalar);
        }
    }
    for prime in primes::of(&run.soter_device_key, secure) {
        for part in prime.chunks(LONGEST) {
            kept.add_number(PRIME, part);
        }
    }
    kept
}
