package vendor.touchseal.hardware.payment;

import vendor.touchseal.hardware.payment.Prompt;

/**
 * The client of an operation: it tells the owner what to do, and its death ends the operation. An
 * answer is not waited for.
 */
@VintfStability
oneway interface IPaymentCallback {
    /** Tell the owner. */
    void onPrompt(in Prompt prompt);
}
