package vendor.touchseal.hardware.payment;
import vendor.touchseal.hardware.payment.SoterResult;
@VintfStability
parcelable SoterData {
    SoterResult result;
    byte[] data;
}
