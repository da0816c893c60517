package vendor.touchseal.hardware.payment;

/** A payment that has begun. */
@VintfStability
parcelable Operation {
    /** The operation handle. It is random, its caller's alone, and good for one payment. */
    long handle;
    /** How long the operation waits for its finger, in milliseconds. */
    int lifetimeMs;
}
