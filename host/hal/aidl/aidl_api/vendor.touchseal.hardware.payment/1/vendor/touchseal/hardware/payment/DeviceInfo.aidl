package vendor.touchseal.hardware.payment;
@VintfStability
parcelable DeviceInfo {
    int taVersion;
    boolean inTee;
    boolean provisioned;
    boolean latched;
    boolean factoryRoot;
    long counter;
    byte[] deviceId;
}
