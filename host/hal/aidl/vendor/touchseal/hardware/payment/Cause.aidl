package vendor.touchseal.hardware.payment;

/** Every cause of a failure: a service-specific error's code. The numbers are for ever. */
@VintfStability
@Backing(type="int")
enum Cause {
    /** Done. */
    OK = 0,
    /** Not authorised. */
    NOT_AUTHORIZED = 1,
    /** The request is not one that this trusted application understands. */
    BAD_REQUEST = 2,
    /** The device has no device key yet. */
    NOT_PROVISIONED = 10,
    /** Both copies of the device key are gone from the RPMB. */
    DEVICE_KEY_LOST = 11,
    /** This app has no app key yet. */
    NO_APP_KEY = 12,
    /** This app has no payment key of that name. */
    NO_PAYMENT_KEY = 13,
    /** The payment key was made under another set of fingers, and is unusable for ever. */
    PAYMENT_KEY_INVALIDATED = 14,
    /** This app has as many keys as it may have. */
    TOO_MANY_KEYS = 15,
    /** One of the two copies of the device key is damaged; the other is good. */
    DEVICE_KEY_SLOT_DAMAGED = 16,
    /** The sealed state and the device key do not belong together. */
    DEVICE_KEY_MISMATCH = 17,
    /** The factory mode is closed for ever, with another device id, lot or issuer. */
    FACTORY_CLOSED = 18,
    /** The key was damaged in the RPMB, and is lost. */
    KEY_DAMAGED = 19,
    /** No finger is enrolled. */
    NO_FINGER_ENROLLED = 20,
    /** The largest number of fingers is enrolled already. */
    TOO_MANY_FINGERS = 21,
    /** The finger was not recognised. */
    FINGER_NOT_RECOGNIZED = 22,
    /** The image shows too little of a finger to compare. */
    POOR_IMAGE = 23,
    /** Too many wrong fingers: locked for 30 seconds. */
    LOCKED_OUT = 24,
    /** Too many wrong fingers: locked until a stronger credential is shown. */
    LOCKED_OUT_FOR_GOOD = 25,
    /** The trusted applications do not reach each other. */
    PEER_UNAVAILABLE = 26,
    /** No finger lies on the sensor. */
    NO_FINGER_ON_SENSOR = 27,
    /** The sensor does not answer. */
    SENSOR_SILENT = 28,
    /** The sensor answers what it must not, or repeats an old picture. */
    SENSOR_FAULT = 29,
    /** The RPMB cannot be used: its key is not programmed, or it is keyed for another device. */
    STORAGE_UNAVAILABLE = 30,
    /** The RPMB is full. */
    STORAGE_FULL = 31,
    /** The RPMB stopped answering. */
    STORAGE_DEAD = 32,
    /** A sealed record in the RPMB is damaged. */
    STORAGE_DAMAGED = 33,
    /** The trusted application is older than the one that wrote the sealed records. */
    TA_TOO_OLD = 34,
    /** The RPMB's key is not programmed. */
    RPMB_KEY_NOT_PROGRAMMED = 35,
    /** The RPMB's answers do not verify: it is keyed for another device, or they are changed on their way. */
    RPMB_KEYED_FOR_OTHER = 36,
    /** Another client is making or using that key. */
    BUSY = 37,
    /** The finger still lies on the sensor from before. */
    LIFT_FINGER = 38,
    /** No enrolment is under way: it was not begun, was given up, or waited too long. */
    NO_ENROLMENT = 39,
    /** The secure world is out of memory. */
    OUT_OF_MEMORY = 40,
    /** The secure world failed in a way that has no better name. */
    INTERNAL = 41,
    /** This platform's RSA ignores how long the salt of a signature must be: no SOTER backend takes what it signs. */
    SALT_IGNORED = 42,
    /** No finger of that number is enrolled. */
    NO_SUCH_FINGER = 43,
    /** The password is wrong. */
    PASSWORD_WRONG = 44,
    /** No password is set. */
    NO_PASSWORD = 45,
    /** Too many wrong passwords: locked for a while. */
    PASSWORD_LOCKED = 46,
    /** There is no OP-TEE driver: the TEE device node is not there. */
    DRIVER_MISSING = 50,
    /** No permission on the TEE device node. */
    NO_PERMISSION = 51,
    /** The trusted application was not found. */
    TA_NOT_FOUND = 52,
    /** Tee-supplicant does not run, and the trusted application or its storage needs it. */
    SUPPLICANT_MISSING = 53,
    /** The trusted application died. */
    TA_DIED = 54,
    /** The command did not reach the trusted application, or its answer did not come back. */
    NOT_REACHED = 55,
    /** An argument of the call cannot be used. */
    BAD_ARGUMENT = 60,
    /** The buffer is smaller than what may have to be written: nothing was done. */
    BUFFER_TOO_SMALL = 61,
    /** The client library has failed as it must not. */
    LIBRARY_DEFECT = 62,
}
