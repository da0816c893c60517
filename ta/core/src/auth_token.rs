//! Mints and verifies HardwareAuthTokens: both here, so that they cannot drift apart.

use crate::error::{Error, Result};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use touchseal_proto::message::TokenKey;
use touchseal_proto::token::{AuthToken, FINGERPRINT};

/// A token is good for this long: the way from the sensor to the payment.
pub const LIFETIME_MS: u64 = 10_000;

fn mac(key: &TokenKey, token: &AuthToken) -> Result<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(&key.key).map_err(|_| Error::Platform)?;
    mac.update(&token.authenticated());
    Ok(mac)
}

/// A token for a finger that matched.
pub fn mint(
    key: &TokenKey,
    operation: u64,
    finger: u64,
    epoch: u64,
    now: u64,
) -> Result<AuthToken> {
    let mut token = AuthToken {
        challenge: operation,
        user_id: finger,
        authenticator_id: epoch,
        authenticator_type: FINGERPRINT,
        timestamp: now,
        mac: [0; 32],
    };
    token.mac = mac(key, &token)?.finalize().into_bytes().into();
    Ok(token)
}

/// The finger that `token` vouches for, if it was made for this operation, just
/// now, under `epoch`. The MAC is compared in constant time and before any field.
pub fn verify(
    key: &TokenKey,
    token: &AuthToken,
    operation: u64,
    epoch: u64,
    now: u64,
) -> Result<u64> {
    mac(key, token)?
        .verify_slice(&token.mac)
        .map_err(|_| Error::TokenForged)?;
    if token.challenge != operation {
        return Err(Error::TokenForOther);
    }
    if token.authenticator_type & FINGERPRINT == 0 {
        return Err(Error::TokenNotFingerprint);
    }
    if token.authenticator_id != epoch {
        return Err(Error::TokenStaleEpoch);
    }
    match now.checked_sub(token.timestamp) {
        Some(age) if age <= LIFETIME_MS => Ok(token.user_id),
        _ => Err(Error::TokenExpired),
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

    fn key(byte: u8) -> TokenKey {
        TokenKey { key: [byte; 32] }
    }

    #[test]
    fn a_token_is_good_for_its_operation_epoch_and_time_only() {
        let token = mint(&key(1), 7, 2, 3, 1000).unwrap();
        assert_eq!(verify(&key(1), &token, 7, 3, 1000 + LIFETIME_MS), Ok(2));
        assert_eq!(
            verify(&key(1), &token, 7, 3, 1001 + LIFETIME_MS),
            Err(Error::TokenExpired)
        );
        assert_eq!(verify(&key(1), &token, 7, 3, 999), Err(Error::TokenExpired));
        assert_eq!(
            verify(&key(1), &token, 8, 3, 1000),
            Err(Error::TokenForOther)
        );
        assert_eq!(
            verify(&key(1), &token, 7, 4, 1000),
            Err(Error::TokenStaleEpoch)
        );
        assert_eq!(verify(&key(2), &token, 7, 3, 1000), Err(Error::TokenForged));
    }

    #[test]
    fn another_authenticator_is_refused_though_its_mac_is_good() {
        let mut token = mint(&key(1), 7, 2, 3, 1000).unwrap();
        token.authenticator_type = 1;
        token.mac = mac(&key(1), &token).unwrap().finalize().into_bytes().into();
        assert_eq!(
            verify(&key(1), &token, 7, 3, 1000),
            Err(Error::TokenNotFingerprint)
        );
    }

    #[test]
    fn any_flipped_bit_is_a_forgery() {
        let token = mint(&key(1), 7, 2, 3, 1000).unwrap();
        for bit in 0..256 {
            let mut forged = token.clone();
            forged.mac[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(
                verify(&key(1), &forged, 7, 3, 1000),
                Err(Error::TokenForged)
            );
        }
        for change in [
            |t: &mut AuthToken| t.challenge ^= 1,
            |t: &mut AuthToken| t.user_id ^= 1,
            |t: &mut AuthToken| t.authenticator_id ^= 1,
            |t: &mut AuthToken| t.authenticator_type ^= 4,
            |t: &mut AuthToken| t.timestamp ^= 1,
        ] {
            let mut forged = token.clone();
            change(&mut forged);
            assert_eq!(
                verify(&key(1), &forged, 7, 3, 1000),
                Err(Error::TokenForged)
            );
        }
    }

    /// Known answer, computed with Python's hmac module.
    #[test]
    fn golden() {
        let token = mint(&key(0x5a), 0x0102_0304_0506_0708, 9, 10, 11).unwrap();
        assert_eq!(token.mac[..4], GOLDEN_MAC);
    }
    const GOLDEN_MAC: [u8; 4] = [251, 223, 237, 24];
}
