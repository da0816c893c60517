//! Mints and verifies HardwareAuthTokens: both here, so that they cannot drift apart.

use crate::error::{Error, Result};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use touchseal_proto::message::TokenKey;
use touchseal_proto::signed::Sensor;
use touchseal_proto::token::{AuthToken, FINGERPRINT, SIMULATED};

/// A token is good for this long: the way from the sensor to the payment.
pub const LIFETIME_MS: u64 = 10_000;

fn mac(key: &TokenKey, token: &AuthToken) -> Result<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(&key.key).map_err(|_| Error::Platform)?;
    mac.update(&token.authenticated());
    Ok(mac)
}

/// What a token says, but for when.
pub struct Claim {
    /// The operation, or the challenge.
    pub challenge: u64,
    /// Whose match it is: the finger's number, or who has the password.
    pub user_id: u64,
    /// Under which enrolment.
    pub authenticator_id: u64,
    /// Of which kind.
    pub authenticator_type: u32,
}

/// A token for what was just shown.
pub fn mint(key: &TokenKey, claim: &Claim, now: u64) -> Result<AuthToken> {
    let mut token = AuthToken {
        challenge: claim.challenge,
        user_id: claim.user_id,
        authenticator_id: claim.authenticator_id,
        authenticator_type: claim.authenticator_type,
        timestamp: now,
        mac: [0; 32],
    };
    token.mac = mac(key, &token)?.finalize().into_bytes().into();
    Ok(token)
}

/// Checks that `token` was made for this challenge, just now, by an authenticator of this
/// very type. The MAC is compared in constant time and before any field.
pub fn verify(
    key: &TokenKey,
    token: &AuthToken,
    authenticator_type: u32,
    challenge: u64,
    now: u64,
) -> Result<()> {
    mac(key, token)?
        .verify_slice(&token.mac)
        .map_err(|_| Error::TokenForged)?;
    if token.challenge != challenge {
        return Err(Error::TokenForOther);
    }
    if token.authenticator_type != authenticator_type {
        return Err(Error::TokenOfOtherType);
    }
    match now.checked_sub(token.timestamp) {
        Some(age) if age <= LIFETIME_MS => Ok(()),
        _ => Err(Error::TokenExpired),
    }
}

/// What a sensor's tokens say that they are of.
pub fn fingerprint_type(sensor: Sensor) -> u32 {
    match sensor {
        Sensor::Simulated => FINGERPRINT | SIMULATED,
        Sensor::SecureUart | Sensor::None => FINGERPRINT,
    }
}

/// Who believes the matches of one sensor.
pub struct MatchVerifier {
    /// The key that the sensor's trusted application has.
    pub key: TokenKey,
    /// The sensor.
    pub sensor: Sensor,
}

impl MatchVerifier {
    /// The finger that `token` vouches for, if it was made for this operation, just now,
    /// under `epoch`.
    pub fn finger(&self, token: &AuthToken, operation: u64, epoch: u64, now: u64) -> Result<u64> {
        let of_sensor = fingerprint_type(self.sensor);
        verify(&self.key, token, of_sensor, operation, now)?;
        if token.authenticator_id != epoch {
            return Err(Error::TokenStaleEpoch);
        }
        Ok(token.user_id)
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]
mod tests {
    use super::*;
    use touchseal_proto::token::PASSWORD;

    fn verifier(byte: u8) -> MatchVerifier {
        MatchVerifier {
            key: TokenKey { key: [byte; 32] },
            sensor: Sensor::SecureUart,
        }
    }

    fn claim(authenticator_type: u32) -> Claim {
        Claim {
            challenge: 7,
            user_id: 2,
            authenticator_id: 3,
            authenticator_type,
        }
    }

    fn token() -> AuthToken {
        mint(&verifier(1).key, &claim(FINGERPRINT), 1000).unwrap()
    }

    #[test]
    fn a_token_is_good_for_its_operation_epoch_and_time_only() {
        let (token, mine) = (token(), verifier(1));
        assert_eq!(mine.finger(&token, 7, 3, 1000 + LIFETIME_MS), Ok(2));
        for (operation, epoch, now, error) in [
            (7, 3, 1001 + LIFETIME_MS, Error::TokenExpired),
            (7, 3, 999, Error::TokenExpired),
            (8, 3, 1000, Error::TokenForOther),
            (7, 4, 1000, Error::TokenStaleEpoch),
        ] {
            assert_eq!(mine.finger(&token, operation, epoch, now), Err(error));
        }
        assert_eq!(
            verifier(2).finger(&token, 7, 3, 1000),
            Err(Error::TokenForged)
        );
    }

    #[test]
    fn another_authenticator_is_refused_though_its_mac_is_good() {
        for other in [PASSWORD, FINGERPRINT | PASSWORD, FINGERPRINT | SIMULATED, 0] {
            let token = mint(&verifier(1).key, &claim(other), 1000).unwrap();
            assert_eq!(
                verifier(1).finger(&token, 7, 3, 1000),
                Err(Error::TokenOfOtherType)
            );
        }
        let of_emulator = MatchVerifier {
            sensor: Sensor::Simulated,
            ..verifier(1)
        };
        assert_eq!(
            of_emulator.finger(&token(), 7, 3, 1000),
            Err(Error::TokenOfOtherType)
        );
    }

    #[test]
    fn any_flipped_bit_is_a_forgery() {
        let (token, mine) = (token(), verifier(1));
        for bit in 0..256 {
            let mut forged = token.clone();
            forged.mac[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(mine.finger(&forged, 7, 3, 1000), Err(Error::TokenForged));
        }
        for change in [
            |t: &mut AuthToken| t.challenge ^= 1,
            |t: &mut AuthToken| t.user_id ^= 1,
            |t: &mut AuthToken| t.authenticator_id ^= 1,
            |t: &mut AuthToken| t.authenticator_type ^= 1 << 31,
            |t: &mut AuthToken| t.timestamp ^= 1,
        ] {
            let mut forged = token.clone();
            change(&mut forged);
            assert_eq!(mine.finger(&forged, 7, 3, 1000), Err(Error::TokenForged));
        }
    }

    /// Known answer, computed with Python's hmac module.
    #[test]
    fn golden() {
        let claim = Claim {
            challenge: 0x0102_0304_0506_0708,
            user_id: 9,
            authenticator_id: 10,
            authenticator_type: FINGERPRINT,
        };
        let token = mint(&verifier(0x5a).key, &claim, 11).unwrap();
        assert_eq!(token.mac[..4], GOLDEN_MAC);
    }
    const GOLDEN_MAC: [u8; 4] = [251, 223, 237, 24];
}
