package vendor.touchseal.hardware.payment;

import vendor.touchseal.hardware.payment.SoterResult;

/** A signing session. */
@VintfStability
parcelable SoterSession {
    /** What came of it. */
    SoterResult result;
    /** The session, which is the challenge for the finger; 0 where errorCode is not OK. */
    long session;
}
