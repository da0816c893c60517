package vendor.touchseal.hardware.payment;

import vendor.touchseal.hardware.payment.SoterResult;

/** What a SOTER verb gives out. */
@VintfStability
parcelable SoterData {
    /** What came of it. */
    SoterResult result;
    /** The bytes, of exactly this length; empty where errorCode is not OK. */
    byte[] data;
}
