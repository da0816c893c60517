package vendor.touchseal.hardware.payment;
import vendor.touchseal.hardware.payment.Cause;
import vendor.touchseal.hardware.payment.SoterCode;
@VintfStability
parcelable SoterResult {
    SoterCode errorCode = SoterCode.OK;
    Cause cause = Cause.OK;
    String message;
}
