package vendor.touchseal.hardware.payment;
import vendor.touchseal.hardware.payment.Prompt;
@VintfStability
oneway interface IPaymentCallback {
    void onPrompt(in Prompt prompt);
}
