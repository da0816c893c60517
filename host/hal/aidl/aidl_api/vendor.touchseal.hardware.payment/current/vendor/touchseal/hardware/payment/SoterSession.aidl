package vendor.touchseal.hardware.payment;
import vendor.touchseal.hardware.payment.SoterResult;
@VintfStability
parcelable SoterSession {
    SoterResult result;
    long session;
}
