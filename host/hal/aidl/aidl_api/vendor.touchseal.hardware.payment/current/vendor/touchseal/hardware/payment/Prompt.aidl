package vendor.touchseal.hardware.payment;
@VintfStability
@Backing(type="int")
enum Prompt {
    PLACE_FINGER = 0,
    LIFT_FINGER = 1,
}
