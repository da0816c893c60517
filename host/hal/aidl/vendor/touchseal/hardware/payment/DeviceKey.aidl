package vendor.touchseal.hardware.payment;

/** What the factory registers with the backend. */
@VintfStability
parcelable DeviceKey {
    /** Names the device: 16 bytes. */
    byte[] deviceId;
    /** The public half of the device key: X, then Y of a P-256 point, 32 bytes each. */
    byte[] publicKey;
}
