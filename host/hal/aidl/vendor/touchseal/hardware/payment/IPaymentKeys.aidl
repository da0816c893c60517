package vendor.touchseal.hardware.payment;

import vendor.touchseal.hardware.payment.DeviceInfo;
import vendor.touchseal.hardware.payment.DeviceKey;
import vendor.touchseal.hardware.payment.IPaymentCallback;
import vendor.touchseal.hardware.payment.KeyState;
import vendor.touchseal.hardware.payment.Operation;
import vendor.touchseal.hardware.payment.Payment;
import vendor.touchseal.hardware.payment.PaymentKey;
import vendor.touchseal.hardware.payment.SignedStatement;

/**
 * The keys of the app that calls, and payments with them. The app is the uid that the kernel tells of
 * the caller: no method takes one but removeAppKeysOf(). Root (0) has no keys here.
 *
 * A failure is a service-specific error: its code is a value of Cause, its message says what happened
 * and what to do. An argument that cannot be one is EX_ILLEGAL_ARGUMENT, with the argument's name.
 *
 * A scene is 1 to 64 bytes of UTF-8, without control characters.
 */
@VintfStability
interface IPaymentKeys {
    /** How the payment TA is. Anyone may ask. */
    DeviceInfo getInfo();

    /** The device key's public half, for the backend's registry. Anyone may ask. */
    DeviceKey exportDeviceKey();

    /**
     * A report under the device key: of the app's last making of a key that failed, or that there was
     * none. The HAL remembers it for the apps that called last; it counts nothing and writes nothing.
     *
     * @param nonce the backend's: 32 bytes.
     */
    SignedStatement report(in byte[] nonce);

    /**
     * Makes the app key, unless there is one, or when told to replace it: the old one then works until
     * the new one is durable.
     *
     * @return whether one was made.
     */
    boolean generateAppKey(boolean replace);

    /**
     * Makes the payment key of a scene, unless a good one is there, or when told to replace it: the old
     * one then works until the new one is durable.
     *
     * @return whether one was made.
     */
    boolean generatePaymentKey(in String scene, boolean replace);

    /** Whether there is an app key. */
    KeyState findAppKey();

    /** The payment keys, in no order. */
    PaymentKey[] listPaymentKeys();

    /** Removes the payment key of a scene, for ever. */
    void removePaymentKey(in String scene);

    /** Removes all keys of the app, for ever. */
    void removeAppKeys();

    /**
     * Removes all keys of an app that was uninstalled, in both dialects. For the Android framework
     * (uid 1000) alone: anyone else is refused with NOT_AUTHORIZED. BUSY while a call of the app is
     * still served, which may make a key: nothing is removed then; call again.
     */
    void removeAppKeysOf(int uid);

    /** The app key, signed by the device key. */
    SignedStatement exportAppKey();

    /** The payment key of a scene, signed by the app key. */
    SignedStatement exportPaymentKey(in String scene);

    /**
     * Begins a payment. An app has four operations at most: one more is refused with BUSY.
     *
     * @param client is told what the owner has to do. When its process dies, the operation ends.
     */
    Operation begin(in String scene, in Payment payment, in IPaymentCallback client);

    /**
     * Waits half a minute for the finger, and signs the payment with the match that was made for it.
     *
     * The sensor serves one operation at a time: meanwhile others are refused with BUSY, and are as
     * they were. Where there was no match (NO_FINGER_ON_SENSOR, LIFT_FINGER, FINGER_NOT_RECOGNIZED,
     * POOR_IMAGE, LOCKED_OUT, SENSOR_SILENT, SENSOR_FAULT), the operation stays until its lifetime is
     * over, for another try. Anything else ends it. An operation that is over, another's, or one that
     * was never begun is NOT_AUTHORIZED.
     */
    SignedStatement finish(long handle);

    /** Gives the operation up. A finish() that waits for its finger ends with NOT_AUTHORIZED. */
    void abort(long handle);
}
