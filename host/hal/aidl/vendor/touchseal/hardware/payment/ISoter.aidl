package vendor.touchseal.hardware.payment;

import vendor.touchseal.hardware.payment.SoterData;
import vendor.touchseal.hardware.payment.SoterResult;
import vendor.touchseal.hardware.payment.SoterSession;

/**
 * SOTER's fourteen verbs, with the names and codes that SOTER's callers know. A framework service is
 * ported by changing an import, and reads errorCode of what comes back.
 *
 * A uid is the app whose keys are meant. An app names its own, as the kernel tells it of the caller;
 * the Android framework (uid 1000), which has read its own caller's, may name another's. Anyone else is
 * refused: VERIFICATION_FAILED, with the cause NOT_AUTHORIZED. Nobody names root (0).
 *
 * A name and a challenge are text: 1 to 64 bytes of UTF-8, and up to 512 characters. What cannot be one
 * is INVALID_ARGUMENT.
 */
@VintfStability
interface ISoter {
    /**
     * Makes the device's keys, the native device key and the ATTK, unless they are there. For root and
     * the framework.
     *
     * @param copyNum is not read: there are two copies.
     */
    SoterResult generateAttkKeyPair(int copyNum);

    /** Whether the ATTK signs: one good copy is enough. */
    SoterResult verifyAttkKeyPair();

    /** The ATTK's public half: SPKI in PEM. */
    SoterData exportAttkPublicKey();

    /** The device's id, in ASCII: what exports and signatures call cpu_id. */
    SoterData getDeviceId();

    /** Makes the app's ASK, unless there is one. */
    SoterResult generateAskKeyPair(int uid);

    /** The ASK, signed by the ATTK: a SOTER blob. */
    SoterData exportAskPublicKey(int uid);

    /** OK where there is an ASK, else ASK_NOT_READY. */
    SoterResult hasAskAlready(int uid);

    /** Removes the app's ASK and AuthKeys, for ever. */
    SoterResult removeAllUidKey(int uid);

    /** Makes the app's AuthKey of a name, unless there is one that the enrolled fingers can use. */
    SoterResult generateAuthKeyPair(int uid, in String name);

    /** The AuthKey, signed by the ASK: a SOTER blob. */
    SoterData exportAuthKeyPublicKey(int uid, in String name);

    /** OK where there is one that can be used, else AUTH_KEY_NOT_READY or NO_AUTH_KEY_MATCHED. */
    SoterResult hasAuthKey(int uid, in String name);

    /** Removes the AuthKey, for ever. */
    SoterResult removeAuthKey(int uid, in String name);

    /** Begins to sign a challenge. It ends the session before it, of the same caller and app. */
    SoterSession initSign(int uid, in String name, in String challenge);

    /**
     * Waits half a minute for the finger, and signs the challenge with the match that was made for it:
     * a SOTER blob. Where there was no match (VERIFICATION_FAILED) the session stays open until it is
     * out of time. It is the caller's that began it: to another it is UNKNOWN. While the sensor serves
     * another operation: IS_AUTHING. When the caller dies, the wait ends.
     */
    SoterData finishSign(long session);
}
