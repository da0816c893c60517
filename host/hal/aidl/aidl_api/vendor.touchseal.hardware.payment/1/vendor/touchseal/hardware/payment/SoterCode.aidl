package vendor.touchseal.hardware.payment;
@VintfStability
@Backing(type="int")
enum SoterCode {
    OK = 0,
    ATTK_NOT_EXIST = -2,
    ATTK_DIGEST_NOT_MATCH = -3,
    ASK_NOT_READY = -5,
    AUTH_KEY_NOT_READY = -6,
    SESSION_OUT_OF_TIME = -7,
    NO_AUTH_KEY_MATCHED = -8,
    IS_AUTHING = -9,
    MEMORY_ALLOC = -11,
    INVALID_ARGUMENT = -16,
    SECURE_HW_COMMUNICATION_FAILED = -18,
    ATTK_ALREADY_PROVISIONED = -20,
    RPMB_NOT_PROVISIONED = -21,
    INSUFFICIENT_BUFFER = -22,
    INVALID_KEY_BLOB = -25,
    VERIFICATION_FAILED = -26,
    UNKNOWN = -1000,
}
