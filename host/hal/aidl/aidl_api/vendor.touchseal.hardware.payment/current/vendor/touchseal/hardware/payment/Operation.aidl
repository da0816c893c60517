package vendor.touchseal.hardware.payment;
@VintfStability
parcelable Operation {
    long handle;
    int lifetimeMs;
}
