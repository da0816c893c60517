package vendor.touchseal.hardware.payment;

/** What the owner of the finger has to be told. */
@VintfStability
@Backing(type="int")
enum Prompt {
    /** Put the finger on the sensor. */
    PLACE_FINGER = 0,
    /** Lift it first: it still lies there from before. */
    LIFT_FINGER = 1,
}
