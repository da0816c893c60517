package vendor.touchseal.hardware.payment;
import vendor.touchseal.hardware.payment.KeyState;
@VintfStability
parcelable PaymentKey {
    String scene;
    KeyState state;
}
