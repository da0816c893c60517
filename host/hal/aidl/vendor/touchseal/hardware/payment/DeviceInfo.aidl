package vendor.touchseal.hardware.payment;

/** How the payment TA is. */
@VintfStability
parcelable DeviceInfo {
    /** Version of the trusted application. */
    int taVersion;
    /** Whether keys live in a trusted execution environment, and not in software. */
    boolean inTee;
    /** Whether there is a device key. */
    boolean provisioned;
    /** Whether the factory mode is closed. */
    boolean latched;
    /** Whether the device key was made in a factory. One made elsewhere is a test key. */
    boolean factoryRoot;
    /** The last value of the device counter that was signed. */
    long counter;
    /** Names the device: 16 bytes, zero until there is a device key. */
    byte[] deviceId;
}
