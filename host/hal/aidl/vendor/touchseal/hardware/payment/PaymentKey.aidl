package vendor.touchseal.hardware.payment;

import vendor.touchseal.hardware.payment.KeyState;

/** A payment key in a list. */
@VintfStability
parcelable PaymentKey {
    /** Its scene. */
    String scene;
    /** USABLE, or INVALIDATED. */
    KeyState state;
}
