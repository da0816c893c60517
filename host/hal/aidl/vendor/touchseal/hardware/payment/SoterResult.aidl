package vendor.touchseal.hardware.payment;

import vendor.touchseal.hardware.payment.Cause;
import vendor.touchseal.hardware.payment.SoterCode;

/** What came of a SOTER verb. */
@VintfStability
parcelable SoterResult {
    /** What SOTER's callers expect: OK, or why not. */
    SoterCode errorCode = SoterCode.OK;
    /** The exact cause, where the code stands for several; OK where the code says it all. */
    Cause cause = Cause.OK;
    /** What happened and what to do, for a person; empty when errorCode is OK. */
    String message;
}
