package vendor.touchseal.hardware.payment;
@VintfStability
parcelable Payment {
    long amount;
    String currency;
    String payee;
    String order;
    byte[] nonce;
}
