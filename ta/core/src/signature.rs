//! A signature leaves when it has verified, and not before: a wrong one, of a fault in the
//! processor or a damaged key, can tell the private half to whoever sees it.

use crate::error::Result;
use crate::platform::KeyStore;

/// A signature that nobody has verified. [`sign`] alone opens it.
pub struct Unverified<S>(S);

impl<S> Unverified<S> {
    /// What a platform has made.
    pub fn new(signature: S) -> Self {
        Self(signature)
    }
}

/// Signs a SHA-256 digest. What does not verify with the public half is
/// [`Error::KeyDamaged`](crate::error::Error::KeyDamaged), and no signature.
pub fn sign<P: KeyStore>(
    platform: &mut P,
    key: &P::Key,
    digest: &[u8; 32],
) -> Result<P::Signature> {
    let Unverified(signature) = platform.sign(key, digest)?;
    platform.verify(key, digest, &signature)?;
    Ok(signature)
}
