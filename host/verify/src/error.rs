//! Where a chain breaks, and why.

use std::fmt;

/// A link of the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// The registered device key (ATTK).
    DeviceKey,
    /// The app key's statement (ASK).
    AppKey,
    /// The payment key's statement (AuthKey).
    PaymentKey,
    /// The payment's statement.
    Payment,
    /// The statement of a SOTER challenge.
    Challenge,
    /// The statement of a report.
    Report,
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::DeviceKey => "device key",
            Self::AppKey => "app key",
            Self::PaymentKey => "payment key",
            Self::Payment => "payment",
            Self::Challenge => "challenge",
            Self::Report => "report",
        })
    }
}

/// Where the chain breaks, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// Not a point on P-256.
    #[error("{0}: not a P-256 public key")]
    NotAKey(Link),
    /// Not a modulus of 2048 bits, or not a public key as touchseal spells it.
    #[error("{0}: not an RSA-2048 public key")]
    NotAnRsaKey(Link),
    /// Not r and s.
    #[error("{0}: the signature does not have the form of one")]
    SignatureForm(Link),
    /// Another key signed, or other bytes were signed.
    #[error("{0}: the signature does not match its statement and the key above it")]
    Signature(Link),
    /// The signed bytes are not a statement of this kind.
    #[error("{0}: the signed bytes are not such a statement")]
    Statement(Link),
    /// The signed bytes are JSON with these members, but this one's value is not one that
    /// touchseal signs.
    #[error("{0}: its {1} has no such value")]
    Value(Link, &'static str),
    /// A field disagrees with the link above.
    #[error("{0}: its {1} is not that of the key above it")]
    Disagrees(Link, &'static str),
    /// It was signed for another nonce.
    #[error("{0}: its nonce is not the one that was given")]
    Nonce(Link),
}
