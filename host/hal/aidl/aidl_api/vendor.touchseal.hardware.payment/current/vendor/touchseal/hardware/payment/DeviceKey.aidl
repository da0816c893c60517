package vendor.touchseal.hardware.payment;
@VintfStability
parcelable DeviceKey {
    byte[] deviceId;
    byte[] publicKey;
}
