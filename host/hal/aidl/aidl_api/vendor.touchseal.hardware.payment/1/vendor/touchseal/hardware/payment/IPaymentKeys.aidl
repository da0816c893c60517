package vendor.touchseal.hardware.payment;
import vendor.touchseal.hardware.payment.DeviceInfo;
import vendor.touchseal.hardware.payment.DeviceKey;
import vendor.touchseal.hardware.payment.IPaymentCallback;
import vendor.touchseal.hardware.payment.KeyState;
import vendor.touchseal.hardware.payment.Operation;
import vendor.touchseal.hardware.payment.Payment;
import vendor.touchseal.hardware.payment.PaymentKey;
import vendor.touchseal.hardware.payment.SignedStatement;
@VintfStability
interface IPaymentKeys {
    DeviceInfo getInfo();
    DeviceKey exportDeviceKey();
    SignedStatement report(in byte[] nonce);
    boolean generateAppKey(boolean replace);
    boolean generatePaymentKey(in String scene, boolean replace);
    KeyState findAppKey();
    PaymentKey[] listPaymentKeys();
    void removePaymentKey(in String scene);
    void removeAppKeys();
    void removeAppKeysOf(int uid);
    SignedStatement exportAppKey();
    SignedStatement exportPaymentKey(in String scene);
    Operation begin(in String scene, in Payment payment, in IPaymentCallback client);
    SignedStatement finish(long handle);
    void abort(long handle);
}
