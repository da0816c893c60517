package vendor.touchseal.hardware.payment;

/** What the owner agrees to: it is signed as it stands. */
@VintfStability
parcelable Payment {
    /** The amount in minor units of the currency (cents, pence, yen); not negative. */
    long amount;
    /** ISO 4217: three capital letters. */
    String currency;
    /** Who gets the money: 1 to 64 bytes of UTF-8. */
    String payee;
    /** The backend's order number: 1 to 64 bytes of UTF-8. */
    String order;
    /** The backend's nonce: 32 random bytes, used once. */
    byte[] nonce;
}
