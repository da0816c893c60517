package vendor.touchseal.hardware.payment;

/** SOTER's error codes: those that all vendors share, and below -9 the most widely used one's. */
@VintfStability
@Backing(type="int")
enum SoterCode {
    /** Success. */
    OK = 0,
    /** There is no ATTK. */
    ATTK_NOT_EXIST = -2,
    /** The ATTK is not the one that the device's state names. */
    ATTK_DIGEST_NOT_MATCH = -3,
    /** The app has no ASK. */
    ASK_NOT_READY = -5,
    /** The app has no AuthKey of that name. */
    AUTH_KEY_NOT_READY = -6,
    /** The session is out of time. */
    SESSION_OUT_OF_TIME = -7,
    /** The AuthKey does not fit the enrolled fingers any more. */
    NO_AUTH_KEY_MATCHED = -8,
    /** The keys are in use. */
    IS_AUTHING = -9,
    /** There is no room. */
    MEMORY_ALLOC = -11,
    /** A name or challenge that cannot be one. */
    INVALID_ARGUMENT = -16,
    /** The secure world is not reached. */
    SECURE_HW_COMMUNICATION_FAILED = -18,
    /** The factory is done with the device. */
    ATTK_ALREADY_PROVISIONED = -20,
    /** The RPMB has no key, or another device's. */
    RPMB_NOT_PROVISIONED = -21,
    /** There is no room for what was to be written. */
    INSUFFICIENT_BUFFER = -22,
    /** A sealed key or record is damaged. */
    INVALID_KEY_BLOB = -25,
    /** No finger was verified for this session. */
    VERIFICATION_FAILED = -26,
    /** No such session, or a failure without a code. */
    UNKNOWN = -1000,
}
