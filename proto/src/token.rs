//! HardwareAuthToken (Android `hardware/hw_auth_token.h`, version 0): what a
//! fingerprint match looks like. 69 bytes, of which the first 37 are under the
//! MAC. Byte orders are Android's: the first three integers in the order of the
//! host (little-endian on ARM), the last two in network order.

use crate::wire::{Reader, Wire, WireError, Writer};

/// The bit of [`AuthToken::authenticator_type`] that stands for a password, or another
/// stronger credential than a finger.
pub const PASSWORD: u32 = 1 << 0;
/// The bit that stands for a fingerprint.
pub const FINGERPRINT: u32 = 1 << 1;
/// The bit that says that the sensor was simulated: of ours, above Android's.
pub const SIMULATED: u32 = 1 << 31;

/// A match, vouched for by the fingerprint trusted application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthToken {
    /// The operation handle that the match was made for.
    pub challenge: u64,
    /// Of a fingerprint the number of the finger; of a password Android's secure user id,
    /// which is another whenever a password is set without the one before.
    pub user_id: u64,
    /// The enrolment epoch: changes whenever a finger is enrolled.
    pub authenticator_id: u64,
    /// 1 password, 2 fingerprint; the highest bit says that the sensor was simulated.
    pub authenticator_type: u32,
    /// Milliseconds since boot, in the secure world's time.
    pub timestamp: u64,
    /// HMAC-SHA-256 over [`AuthToken::authenticated`].
    pub mac: [u8; 32],
}

impl AuthToken {
    /// The bytes under the MAC.
    pub fn authenticated(&self) -> [u8; 37] {
        let mut bytes = [0; 37];
        let mut out = Writer::new(&mut bytes);
        // The widths add up to 37: the writer has room for each.
        let _ = out.bytes(&[0]);
        let _ = out.bytes(&self.challenge.to_le_bytes());
        let _ = out.bytes(&self.user_id.to_le_bytes());
        let _ = out.bytes(&self.authenticator_id.to_le_bytes());
        let _ = out.bytes(&self.authenticator_type.to_be_bytes());
        let _ = out.bytes(&self.timestamp.to_be_bytes());
        bytes
    }
}

impl Wire for AuthToken {
    const MAX: usize = 69;
    fn write(&self, out: &mut Writer<'_>) -> Result<(), WireError> {
        out.bytes(&self.authenticated())?;
        out.bytes(&self.mac)
    }
    fn read(input: &mut Reader<'_>) -> Result<Self, WireError> {
        if input.get::<u8>()? != 0 {
            return Err(WireError::BadValue);
        }
        Ok(Self {
            challenge: u64::from_le_bytes(input.array()?),
            user_id: u64::from_le_bytes(input.array()?),
            authenticator_id: u64::from_le_bytes(input.array()?),
            authenticator_type: u32::from_be_bytes(input.array()?),
            timestamp: u64::from_be_bytes(input.array()?),
            mac: input.array()?,
        })
    }
}

/// Whether there is one (u8: 0 or 1), then the token.
impl Wire for Option<AuthToken> {
    const MAX: usize = 70;
    fn write(&self, out: &mut Writer<'_>) -> Result<(), WireError> {
        out.put(&self.is_some())?;
        self.iter().try_for_each(|token| out.put(token))
    }
    fn read(input: &mut Reader<'_>) -> Result<Self, WireError> {
        Ok(if input.get()? {
            Some(input.get()?)
        } else {
            None
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::wire::{decode, encode};

    #[test]
    fn the_layout_is_androids() {
        let token = AuthToken {
            challenge: 0x0102_0304_0506_0708,
            user_id: 0x11,
            authenticator_id: 0x22,
            authenticator_type: FINGERPRINT,
            timestamp: 0x33,
            mac: [0x44; 32],
        };
        let mut bytes = [0; 69];
        assert_eq!(encode(&token, &mut bytes), Ok(69));
        assert_eq!(bytes[0], 0);
        assert_eq!(bytes[1..9], [8, 7, 6, 5, 4, 3, 2, 1]);
        assert_eq!((bytes[9], bytes[17]), (0x11, 0x22));
        assert_eq!(bytes[25..29], [0, 0, 0, 2]);
        assert_eq!((bytes[36], bytes[37]), (0x33, 0x44));
        assert_eq!(decode::<AuthToken>(&bytes).unwrap(), token);
        bytes[0] = 1;
        assert_eq!(decode::<AuthToken>(&bytes), Err(WireError::BadValue));
    }
}
