package vendor.touchseal.hardware.payment;
import vendor.touchseal.hardware.payment.SoterData;
import vendor.touchseal.hardware.payment.SoterResult;
import vendor.touchseal.hardware.payment.SoterSession;
@VintfStability
interface ISoter {
    SoterResult generateAttkKeyPair(int copyNum);
    SoterResult verifyAttkKeyPair();
    SoterData exportAttkPublicKey();
    SoterData getDeviceId();
    SoterResult generateAskKeyPair(int uid);
    SoterData exportAskPublicKey(int uid);
    SoterResult hasAskAlready(int uid);
    SoterResult removeAllUidKey(int uid);
    SoterResult generateAuthKeyPair(int uid, in String name);
    SoterData exportAuthKeyPublicKey(int uid, in String name);
    SoterResult hasAuthKey(int uid, in String name);
    SoterResult removeAuthKey(int uid, in String name);
    SoterSession initSign(int uid, in String name, in String challenge);
    SoterData finishSign(long session);
}
