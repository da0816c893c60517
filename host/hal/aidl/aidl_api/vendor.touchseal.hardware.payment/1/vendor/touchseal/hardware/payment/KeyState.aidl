package vendor.touchseal.hardware.payment;
@VintfStability
@Backing(type="int")
enum KeyState {
    ABSENT = 0,
    USABLE = 1,
    INVALIDATED = 2,
}
