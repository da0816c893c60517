package vendor.touchseal.hardware.payment;

/** A statement, and the signature over exactly its bytes. A backend verifies it; nobody changes it. */
@VintfStability
parcelable SignedStatement {
    /** The bytes that are signed, as PROTOCOL.md lays them out. */
    byte[] statement;
    /** ECDSA P-256 over SHA-256: r, then s, 32 bytes each. */
    byte[] signature;
}
