//! The primes of an RSA key, where they are in memory.

use super::needles::is_random;
use rsa::BoxedUint;
use std::collections::BTreeSet;
use touchseal::proto::soter::RsaPublicKey;

const BYTES: usize = 128;
const BITS: u32 = 8 * BYTES as u32;

/// Those of a key's that lie in memory as core's numbers do: aligned, the least byte first.
/// As such they are returned, the greatest byte first.
pub fn of(key: &RsaPublicKey, memory: &[u8]) -> BTreeSet<[u8; BYTES]> {
    let modulus = BoxedUint::from_be_slice(key, 2 * BITS).unwrap();
    let divides = |prime: &[u8; BYTES]| {
        let prime = BoxedUint::from_be_slice(prime, BITS).unwrap();
        let prime = prime.to_nz().expect("it is odd");
        bool::from(modulus.rem_vartime(&prime).is_zero())
    };
    (0..memory.len())
        .step_by(8)
        .filter_map(|at| memory[at..].first_chunk::<BYTES>())
        // Two of 1024 bits make a modulus of 2048.
        .filter(|number| number[0] % 2 == 1 && number[BYTES - 1] >= 0x80)
        .filter(|number| is_random(number.first_chunk().unwrap()))
        .map(|number| {
            let mut prime = *number;
            prime.reverse();
            prime
        })
        .filter(divides)
        .collect()
}
