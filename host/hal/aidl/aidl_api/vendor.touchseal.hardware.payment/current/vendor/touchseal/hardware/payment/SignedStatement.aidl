package vendor.touchseal.hardware.payment;
@VintfStability
parcelable SignedStatement {
    byte[] statement;
    byte[] signature;
}
