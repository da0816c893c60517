package vendor.touchseal.hardware.payment;

/** Whether there is a key, and of what use it is. */
@VintfStability
@Backing(type="int")
enum KeyState {
    /** There is none. */
    ABSENT = 0,
    /** It can sign. */
    USABLE = 1,
    /** It was made under another set of fingers, and is unusable for ever. */
    INVALIDATED = 2,
}
