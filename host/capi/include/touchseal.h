/**
 * touchseal.h: fingerprint payment keys in an OP-TEE secure world.
 *
 * Generated from host/capi/src by `make header`: change it there.
 *
 * A session is opened for the user who calls. Over it keys are made, listed, exported and
 * removed, and payments are signed, each after a match of a finger that the secure world
 * makes for that very payment. A backend verifies what comes out with public keys alone
 * (touchseal-verify). Link with `pkg-config --cflags --libs touchseal`.
 *
 *     #include <stdio.h>
 *     #include <touchseal.h>
 *
 *     static bool show(void *user, touchseal_prompt prompt)
 *     {
 *         (void)user;
 *         puts(prompt == TOUCHSEAL_PROMPT_LIFT ? "lift the finger"
 *                                              : "put the finger on the sensor");
 *         return true;
 *     }
 *
 *     int main(void)
 *     {
 *         touchseal_session *session = NULL;
 *         touchseal_payment payment = {
 *             .amount = 1999, .currency = "EUR", .payee = "Caff\u00e8 Rossi", .order = "42",
 *             .nonce = { 0 }, // of the backend, used once
 *         };
 *         touchseal_signed_payment signed_payment;
 *         bool made;
 *         touchseal_status status = touchseal_open(&session);
 *
 *         if (status == TOUCHSEAL_OK)
 *             status = touchseal_make_app_key(session, false, &made);
 *         if (status == TOUCHSEAL_OK)
 *             status = touchseal_make_payment_key(session, "checkout", false, &made);
 *         if (status == TOUCHSEAL_OK)
 *             status = touchseal_pay(session, "checkout", &payment, show, NULL,
 *                                    &signed_payment);
 *         if (status != TOUCHSEAL_OK)
 *             fprintf(stderr, "%s\n", touchseal_last_error());
 *         touchseal_close(&session);
 *         return status == TOUCHSEAL_OK ? 0 : 1;
 *     }
 *
 * Unless a function says otherwise:
 *
 * - It returns TOUCHSEAL_OK, or why it has failed. touchseal_last_error() has the words.
 * - What it writes, it writes on success alone: on a failure all is as it was.
 * - A pointer that is NULL, a text that is too long or not UTF-8, and a session of another
 *   dialect are TOUCHSEAL_BAD_ARGUMENT, before anything is asked.
 * - Texts and structs that it takes are the caller's, and may go when it returns. It keeps
 *   no pointer, and gives none to be freed.
 * - Any function may fail as the way to the secure world does: TOUCHSEAL_NOT_REACHED,
 *   TOUCHSEAL_TA_DIED. After that the session is only good to be closed.
 * - A defect of the library is TOUCHSEAL_LIBRARY_DEFECT, and never an unwound stack. After
 *   that, too, the session is only good to be closed.
 * - It blocks, and may be called from any thread; see touchseal_session.
 *
 * Sizes are in bytes, times in milliseconds, amounts in minor units of their currency.
 */


#ifndef TOUCHSEAL_H
#define TOUCHSEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * The outcome of a call. Numbers are for ever; one day there may be more of them. What is
 * said of each here touchseal_status_sentence() says, too.
 */
enum touchseal_status
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /** done */
  TOUCHSEAL_OK = 0,
  /** not authorised */
  TOUCHSEAL_NOT_AUTHORIZED = 1,
  /** the request is not one that this trusted application understands */
  TOUCHSEAL_BAD_REQUEST = 2,
  /** the device has no device key yet */
  TOUCHSEAL_NOT_PROVISIONED = 10,
  /** both copies of the device key are gone from the RPMB */
  TOUCHSEAL_DEVICE_KEY_LOST = 11,
  /** this app has no app key yet */
  TOUCHSEAL_NO_APP_KEY = 12,
  /** this app has no payment key of that name */
  TOUCHSEAL_NO_PAYMENT_KEY = 13,
  /** the payment key was made under another set of fingers, and is unusable for ever */
  TOUCHSEAL_PAYMENT_KEY_INVALIDATED = 14,
  /** this app has as many keys as it may have */
  TOUCHSEAL_TOO_MANY_KEYS = 15,
  /** one of the two copies of the device key is damaged; the other is good */
  TOUCHSEAL_DEVICE_KEY_SLOT_DAMAGED = 16,
  /** the sealed state and the device key do not belong together */
  TOUCHSEAL_DEVICE_KEY_MISMATCH = 17,
  /** the factory mode is closed for ever, with another device id, lot or issuer */
  TOUCHSEAL_FACTORY_CLOSED = 18,
  /** the key was damaged in the RPMB, and is lost */
  TOUCHSEAL_KEY_DAMAGED = 19,
  /** no finger is enrolled */
  TOUCHSEAL_NO_FINGER_ENROLLED = 20,
  /** the largest number of fingers is enrolled already */
  TOUCHSEAL_TOO_MANY_FINGERS = 21,
  /** the finger was not recognised */
  TOUCHSEAL_FINGER_NOT_RECOGNIZED = 22,
  /** the image shows too little of a finger to compare */
  TOUCHSEAL_POOR_IMAGE = 23,
  /** too many wrong fingers: locked for 30 seconds */
  TOUCHSEAL_LOCKED_OUT = 24,
  /** too many wrong fingers: locked until a stronger credential is shown */
  TOUCHSEAL_LOCKED_OUT_FOR_GOOD = 25,
  /** the trusted applications do not reach each other */
  TOUCHSEAL_PEER_UNAVAILABLE = 26,
  /** no finger lies on the sensor */
  TOUCHSEAL_NO_FINGER_ON_SENSOR = 27,
  /** the sensor does not answer */
  TOUCHSEAL_SENSOR_SILENT = 28,
  /** the sensor answers what it must not, or repeats an old picture */
  TOUCHSEAL_SENSOR_FAULT = 29,
  /** the RPMB cannot be used: its key is not programmed, or it is keyed for another device */
  TOUCHSEAL_STORAGE_UNAVAILABLE = 30,
  /** the RPMB is full */
  TOUCHSEAL_STORAGE_FULL = 31,
  /** the RPMB stopped answering */
  TOUCHSEAL_STORAGE_DEAD = 32,
  /** a sealed record in the RPMB is damaged */
  TOUCHSEAL_STORAGE_DAMAGED = 33,
  /** the trusted application is older than the one that wrote the sealed records */
  TOUCHSEAL_TA_TOO_OLD = 34,
  /** the RPMB's key is not programmed */
  TOUCHSEAL_RPMB_KEY_NOT_PROGRAMMED = 35,
  /** the RPMB's answers do not verify: it is keyed for another device, or they are changed on their way */
  TOUCHSEAL_RPMB_KEYED_FOR_OTHER = 36,
  /** another call is before this one, or this user has as many sessions open as it may have */
  TOUCHSEAL_BUSY = 37,
  /** the finger still lies on the sensor from before */
  TOUCHSEAL_LIFT_FINGER = 38,
  /** no enrolment is under way: it was not begun, was given up, or waited too long */
  TOUCHSEAL_NO_ENROLMENT = 39,
  /** the secure world is out of memory */
  TOUCHSEAL_OUT_OF_MEMORY = 40,
  /** the secure world failed in a way that has no better name */
  TOUCHSEAL_INTERNAL = 41,
  /** this platform's RSA ignores how long the salt of a signature must be: no SOTER backend takes what it signs */
  TOUCHSEAL_SALT_IGNORED = 42,
  /** no finger of that number is enrolled */
  TOUCHSEAL_NO_SUCH_FINGER = 43,
  /** the password is wrong */
  TOUCHSEAL_PASSWORD_WRONG = 44,
  /** no password is set */
  TOUCHSEAL_NO_PASSWORD = 45,
  /** too many wrong passwords: locked for a while */
  TOUCHSEAL_PASSWORD_LOCKED = 46,
  /** there is no OP-TEE driver: the TEE device node is not there */
  TOUCHSEAL_DRIVER_MISSING = 50,
  /** no permission on the TEE device node */
  TOUCHSEAL_NO_PERMISSION = 51,
  /** the trusted application was not found */
  TOUCHSEAL_TA_NOT_FOUND = 52,
  /** tee-supplicant does not run, and the trusted application or its storage needs it */
  TOUCHSEAL_SUPPLICANT_MISSING = 53,
  /** the trusted application died */
  TOUCHSEAL_TA_DIED = 54,
  /** the command did not reach the trusted application, or its answer did not come back */
  TOUCHSEAL_NOT_REACHED = 55,
  /** an argument of the call cannot be used */
  TOUCHSEAL_BAD_ARGUMENT = 60,
  /** the buffer is smaller than what may have to be written: nothing was done */
  TOUCHSEAL_BUFFER_TOO_SMALL = 61,
  /** the client library has failed as it must not */
  TOUCHSEAL_LIBRARY_DEFECT = 62,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum touchseal_status touchseal_status;
#else
typedef uint32_t touchseal_status;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Size of a signature of the native dialect in bytes: r, then s, big-endian, of ECDSA on
 * P-256 over SHA-256.
 */
#define TOUCHSEAL_SIGNATURE_SIZE 64

/**
 * Size of the signed bytes of a report.
 */
#define TOUCHSEAL_REPORT_STATEMENT_SIZE 133

/**
 * Size of a backend's nonce in bytes.
 */
#define TOUCHSEAL_NONCE_SIZE 32

/**
 * The largest number of payment keys of an app.
 */
#define TOUCHSEAL_MAX_PAYMENT_KEYS 16

/**
 * Room for a scene: 64 bytes of UTF-8 and a NUL.
 */
#define TOUCHSEAL_SCENE_SIZE 65

/**
 * Size of the signed bytes of a key.
 */
#define TOUCHSEAL_KEY_STATEMENT_SIZE 222

/**
 * Size of the signed bytes of a payment.
 */
#define TOUCHSEAL_PAYMENT_STATEMENT_SIZE 338

/**
 * Size of a P-256 public key in bytes: X, then Y, big-endian.
 */
#define TOUCHSEAL_PUBLIC_KEY_SIZE 64

/**
 * Size of a device's id in bytes.
 */
#define TOUCHSEAL_DEVICE_ID_SIZE 16

/**
 * Room for every SOTER blob, in bytes.
 */
#define TOUCHSEAL_SOTER_BLOB_SIZE 3551

/**
 * Room for a cpu_id: 36 hexadecimal digits and a NUL.
 */
#define TOUCHSEAL_SOTER_CPU_ID_SIZE 37

/**
 * Room for the ATTK in PEM and a NUL.
 */
#define TOUCHSEAL_SOTER_PEM_SIZE 452

/**
 * Whether there is a key, and of what use it is.
 */
enum touchseal_key_state
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * There is none.
   */
  TOUCHSEAL_KEY_STATE_ABSENT = 0,
  /**
   * It can sign.
   */
  TOUCHSEAL_KEY_STATE_USABLE = 1,
  /**
   * It was made under another set of fingers, and is unusable for ever: make another.
   */
  TOUCHSEAL_KEY_STATE_INVALIDATED = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum touchseal_key_state touchseal_key_state;
#else
typedef uint32_t touchseal_key_state;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What the owner of the finger has to do.
 */
enum touchseal_prompt
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * Put the finger on the sensor.
   */
  TOUCHSEAL_PROMPT_PLACE = 0,
  /**
   * Lift it, and put it there again.
   */
  TOUCHSEAL_PROMPT_LIFT = 1,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum touchseal_prompt touchseal_prompt;
#else
typedef uint32_t touchseal_prompt;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * A session with the secure world, for the user who opened it: its keys are that user's,
 * and no call takes another. What is in it is the library's own.
 *
 * A session holds one operation, a payment or a signature that waits for its finger.
 * Beginning another ends it, and so does closing the session.
 *
 * Threads: a session may be used from any thread, by one at a time. A call that comes
 * while another is under way, from another thread or from a touchseal_prompt_callback, is
 * answered TOUCHSEAL_BUSY at once and does nothing. touchseal_close is the exception: no
 * call of the session may begin while it runs. Different sessions are independent of each
 * other. A user may have eight at a time, in all processes and both dialects; matching a
 * finger takes one more for a moment, and answers TOUCHSEAL_BUSY where there is none.
 */
typedef struct touchseal_session touchseal_session;

/**
 * A payment key in a list.
 */
typedef struct {
  /**
   * Its scene: NUL-terminated UTF-8.
   */
  char scene[TOUCHSEAL_SCENE_SIZE];
  /**
   * TOUCHSEAL_KEY_STATE_USABLE or TOUCHSEAL_KEY_STATE_INVALIDATED.
   */
  touchseal_key_state state;
} touchseal_listed_key;

/**
 * What a device says of a key that it did not make, signed by its device key. With
 * touchseal-verify a backend tells a broken phone from a lying one.
 */
typedef struct {
  /**
   * The signed bytes.
   */
  uint8_t statement[TOUCHSEAL_REPORT_STATEMENT_SIZE];
  /**
   * By the device key.
   */
  uint8_t signature[TOUCHSEAL_SIGNATURE_SIZE];
} touchseal_signed_report;

/**
 * The device key's public half, which the factory registers with the backend.
 */
typedef struct {
  /**
   * The device.
   */
  uint8_t device_id[TOUCHSEAL_DEVICE_ID_SIZE];
  /**
   * The key.
   */
  uint8_t public_key[TOUCHSEAL_PUBLIC_KEY_SIZE];
} touchseal_device_key;

/**
 * A key's public half with what the device says of it, signed by the key above.
 */
typedef struct {
  /**
   * The signed bytes.
   */
  uint8_t statement[TOUCHSEAL_KEY_STATEMENT_SIZE];
  /**
   * By the key above.
   */
  uint8_t signature[TOUCHSEAL_SIGNATURE_SIZE];
} touchseal_signed_key;

/**
 * What the owner agrees to. Its texts are NUL-terminated UTF-8 of the caller's, and may go
 * when the call that takes them returns.
 */
typedef struct {
  /**
   * The amount in minor units of the currency (ISO 4217): cents, pence, yen.
   */
  uint64_t amount;
  /**
   * The currency: three capital letters (ISO 4217).
   */
  const char *currency;
  /**
   * Who gets the money: 1 to 64 bytes, which a person reads.
   */
  const char *payee;
  /**
   * The backend's order number: 1 to 64 bytes.
   */
  const char *order;
  /**
   * The backend's nonce: random bytes, used once.
   */
  uint8_t nonce[TOUCHSEAL_NONCE_SIZE];
} touchseal_payment;

/**
 * An operation that waits for its finger.
 */
typedef struct {
  /**
   * Names it within the session that began it.
   */
  uint64_t handle;
  /**
   * How long it waits from its beginning, in milliseconds.
   */
  uint32_t lifetime_ms;
} touchseal_operation;

/**
 * Is told what the owner has to do, while a call waits for the finger: once for each
 * change, by the thread that waits.
 *
 * user: what was passed with the callback.
 *
 * Returns: true to wait on. With false the call ends at once, with
 * TOUCHSEAL_NO_FINGER_ON_SENSOR or TOUCHSEAL_LIFT_FINGER: a program with an event loop of
 * its own returns false, and calls touchseal_finish() again until a finger is there.
 *
 * It must return: neither longjmp() nor a C++ exception may leave it. What it calls with
 * the session that waits is answered TOUCHSEAL_BUSY.
 */
typedef bool (*touchseal_prompt_callback)(void *user, touchseal_prompt prompt);

/**
 * A payment with what the device says of it, signed by the payment key.
 */
typedef struct {
  /**
   * The signed bytes.
   */
  uint8_t statement[TOUCHSEAL_PAYMENT_STATEMENT_SIZE];
  /**
   * By the payment key.
   */
  uint8_t signature[TOUCHSEAL_SIGNATURE_SIZE];
} touchseal_signed_payment;

/**
 * SOTER's device key, which the factory registers with the backend.
 */
typedef struct {
  /**
   * The device: NUL-terminated ASCII.
   */
  char cpu_id[TOUCHSEAL_SOTER_CPU_ID_SIZE];
  /**
   * The ATTK's public half, a SubjectPublicKeyInfo in PEM that ends with a line end:
   * NUL-terminated ASCII.
   */
  char pem[TOUCHSEAL_SOTER_PEM_SIZE];
} touchseal_soter_device_key;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * The stable name of a status, such as "NoAppKey", for logs and machines.
 *
 * Returns: NUL-terminated ASCII, which is the library's for ever; "Unknown" for a number
 * that is no status. Never NULL.
 *
 * Threads: any.
 */
const char *touchseal_status_name(touchseal_status status);

/**
 * What happened, in a sentence, in English.
 *
 * Returns: NUL-terminated UTF-8, which is the library's for ever, and never NULL.
 *
 * Threads: any.
 */
const char *touchseal_status_sentence(touchseal_status status);

/**
 * What to do about it, in English.
 *
 * Returns: NUL-terminated UTF-8, which is the library's for ever, and never NULL.
 *
 * Threads: any.
 */
const char *touchseal_status_remedy(touchseal_status status);

/**
 * What to do about it where the session is of the SOTER dialect, whose commands have names
 * of their own. Otherwise as touchseal_status_remedy().
 */
const char *touchseal_soter_status_remedy(touchseal_status status);

/**
 * Says why this thread's last call that failed did: what happened, to what, and what to
 * do about it; with the status' name and number. In English, for a person or a log.
 *
 * Returns: NUL-terminated UTF-8; empty where no call of this thread has failed. It is the
 * library's, and stays as it is until the next call of this thread that fails. Never NULL.
 *
 * Threads: each has its own.
 */
const char *touchseal_last_error(void);

/**
 * Opens a session for the keys and payments of the native dialect.
 *
 * It is for the calling process's effective user, for whom the kernel vouches.
 *
 * session: where the session goes. touchseal_close() ends it.
 *
 * Errors: TOUCHSEAL_DRIVER_MISSING, TOUCHSEAL_NO_PERMISSION, TOUCHSEAL_TA_NOT_FOUND and
 * others of the way to the secure world; TOUCHSEAL_BUSY where the app has too many.
 *
 * Threads: any.
 */
touchseal_status touchseal_open(touchseal_session **session);

/**
 * Opens a session for the keys and signatures of the SOTER dialect. Otherwise as
 * touchseal_open().
 */
touchseal_status touchseal_soter_open(touchseal_session **session);

/**
 * Closes a session, and ends its operation.
 *
 * session: the variable that holds the session. It is NULL afterwards, so that closing it
 * once more does nothing, as does closing NULL, and passing NULL here.
 *
 * A copy of that variable still holds what is gone: using or closing it is undefined, as
 * with free().
 *
 * No other call of the session may begin while this one runs, from whatever thread: it may
 * find the session gone.
 *
 * Errors: TOUCHSEAL_BUSY while another call of the session is under way, as from within a
 * touchseal_prompt_callback: the session stays open, and the variable as it is.
 */
touchseal_status touchseal_close(touchseal_session **session);

/**
 * Makes the user's app key, unless there is a good one.
 *
 * While another app makes a key, the call waits for its turn, a minute at most. In the SOTER
 * dialect making takes seconds.
 *
 * session: of either dialect.
 *
 * replace: makes another even if there is a good one, which works until the other is
 * durable. Payment keys stay, but no longer chain to it: make them anew, too.
 *
 * made: whether a key was made; false where a good one was there and was kept.
 *
 * Errors: TOUCHSEAL_NOT_PROVISIONED, TOUCHSEAL_STORAGE_FULL and others of the storage;
 * TOUCHSEAL_BUSY. A good key is never lost by a failure. touchseal_report() has the
 * device's signed word on it.
 */
touchseal_status touchseal_make_app_key(touchseal_session *session,
                                        bool replace,
                                        bool *made);

/**
 * Makes the user's payment key for a scene, unless there is one that the enrolled fingers
 * can use. An app may have TOUCHSEAL_MAX_PAYMENT_KEYS.
 *
 * scene: names the key within the app: 1 to 64 bytes of UTF-8, which a person can read.
 * Otherwise as touchseal_make_app_key().
 *
 * Errors: besides, TOUCHSEAL_NO_APP_KEY, TOUCHSEAL_NO_FINGER_ENROLLED and
 * TOUCHSEAL_TOO_MANY_KEYS.
 */
touchseal_status touchseal_make_payment_key(touchseal_session *session,
                                            const char *scene,
                                            bool replace,
                                            bool *made);

/**
 * Tells whether the user has an app key.
 *
 * state: TOUCHSEAL_KEY_STATE_ABSENT or TOUCHSEAL_KEY_STATE_USABLE. That there is none is no
 * error.
 */
touchseal_status touchseal_find_app_key(touchseal_session *session,
                                        touchseal_key_state *state);

/**
 * Tells whether the user has a payment key for a scene, and of what use it is. That there
 * is none is no error.
 */
touchseal_status touchseal_find_payment_key(touchseal_session *session,
                                            const char *scene,
                                            touchseal_key_state *state);

/**
 * Lists the user's payment keys, in no order.
 *
 * keys: an array of the caller's; it may be NULL where capacity is 0. What is behind the
 * last key stays as it was.
 *
 * capacity: how many keys it has room for. TOUCHSEAL_MAX_PAYMENT_KEYS is always enough.
 *
 * count: how many keys there are.
 *
 * Errors: TOUCHSEAL_BUFFER_TOO_SMALL where there are more than capacity. Then count is
 * written, and keys is not.
 */
touchseal_status touchseal_list_payment_keys(touchseal_session *session,
                                             touchseal_listed_key *keys,
                                             size_t capacity,
                                             size_t *count);

/**
 * Removes the user's payment key for a scene, for ever.
 *
 * Errors: TOUCHSEAL_NO_PAYMENT_KEY where there is none.
 */
touchseal_status touchseal_remove_payment_key(touchseal_session *session,
                                              const char *scene);

/**
 * Removes all of the user's keys of the session's dialect, for ever: what uninstalling the
 * app is. That there are none is no error.
 */
touchseal_status touchseal_remove_app_keys(touchseal_session *session);

/**
 * Has the device sign what became of the session's last making of a key that failed, or
 * that there was none.
 *
 * nonce: TOUCHSEAL_NONCE_SIZE bytes of the backend's, used once. They are in the report.
 *
 * report: the report.
 *
 * Errors: TOUCHSEAL_NOT_PROVISIONED where there is no device key to sign it.
 *
 */
touchseal_status touchseal_report(touchseal_session *session,
                                  const uint8_t nonce[TOUCHSEAL_NONCE_SIZE],
                                  touchseal_signed_report *report);

/**
 * Exports the device key: what a backend begins with. For any user.
 *
 * session: of the native dialect.
 *
 * Errors: TOUCHSEAL_NOT_PROVISIONED.
 */
touchseal_status touchseal_export_device_key(touchseal_session *session,
                                             touchseal_device_key *key);

/**
 * Exports the user's app key, signed by the device key, for the backend.
 *
 * session: of the native dialect.
 *
 * Errors: TOUCHSEAL_NO_APP_KEY.
 */
touchseal_status touchseal_export_app_key(touchseal_session *session,
                                          touchseal_signed_key *key);

/**
 * Exports the user's payment key for a scene, signed by the app key, for the backend.
 *
 * session: of the native dialect.
 *
 * Errors: TOUCHSEAL_NO_APP_KEY and TOUCHSEAL_NO_PAYMENT_KEY. A key that was made under other
 * fingers is exported, too: see touchseal_find_payment_key().
 */
touchseal_status touchseal_export_payment_key(touchseal_session *session,
                                              const char *scene,
                                              touchseal_signed_key *key);

/**
 * Begins a payment, which touchseal_finish() signs after a match made for it.
 *
 * session: of the native dialect. The operation that it holds is ended.
 *
 * operation: the payment's handle, and how long it waits.
 *
 * Errors: TOUCHSEAL_NO_PAYMENT_KEY, TOUCHSEAL_PAYMENT_KEY_INVALIDATED, and
 * TOUCHSEAL_BAD_ARGUMENT for a text that cannot be signed as it is shown.
 */
touchseal_status touchseal_begin(touchseal_session *session,
                                 const char *scene,
                                 const touchseal_payment *payment,
                                 touchseal_operation *operation);

/**
 * Waits for a finger on the sensor, 30 seconds at most, and signs the payment with the
 * match made for it.
 *
 * Until there is a match the operation goes on, for its lifetime, and the call may be made
 * again: after a finger that was not recognised, too. A match uses it up, good or not.
 *
 * session: the one that began the payment.
 *
 * handle: the operation's.
 *
 * prompt: is told what the owner has to do; may be NULL.
 *
 * user: is passed to it.
 *
 * payment: the signed payment.
 *
 * Errors: TOUCHSEAL_NO_FINGER_ON_SENSOR, TOUCHSEAL_LIFT_FINGER,
 * TOUCHSEAL_FINGER_NOT_RECOGNIZED, TOUCHSEAL_POOR_IMAGE, TOUCHSEAL_LOCKED_OUT,
 * TOUCHSEAL_LOCKED_OUT_FOR_GOOD; TOUCHSEAL_NOT_AUTHORIZED where the operation is unknown,
 * out of time or used up.
 */
touchseal_status touchseal_finish(touchseal_session *session,
                                  uint64_t handle,
                                  touchseal_prompt_callback prompt,
                                  void *user,
                                  touchseal_signed_payment *payment);

/**
 * Gives an operation of either dialect up.
 *
 * Errors: TOUCHSEAL_NOT_AUTHORIZED where it is unknown, or over already.
 */
touchseal_status touchseal_abort(touchseal_session *session, uint64_t handle);

/**
 * Pays: touchseal_begin() and touchseal_finish() in one call. Where it fails, no operation
 * is left.
 */
touchseal_status touchseal_pay(touchseal_session *session,
                               const char *scene,
                               const touchseal_payment *payment,
                               touchseal_prompt_callback prompt,
                               void *user,
                               touchseal_signed_payment *signed_);

/**
 * Exports the ATTK. For any user.
 *
 * session: of the SOTER dialect.
 *
 * Errors: TOUCHSEAL_NOT_PROVISIONED.
 */
touchseal_status touchseal_soter_export_device_key(touchseal_session *session,
                                                   touchseal_soter_device_key *key);

/**
 * Exports the user's ASK, signed by the ATTK: a SOTER blob, which is the length of its JSON
 * (32 bits, little-endian), the JSON, the signature.
 *
 * session: of the SOTER dialect.
 *
 * blob: room of the caller's.
 *
 * capacity: its size in bytes, TOUCHSEAL_SOTER_BLOB_SIZE or more.
 *
 * length: how many bytes of it are the blob.
 *
 * Errors: TOUCHSEAL_NO_APP_KEY; TOUCHSEAL_BUFFER_TOO_SMALL where capacity is less than any
 * blob may need. Then length is the size that is needed, blob stays as it was, and nothing
 * was signed: a signature without room would be lost, with its counter value.
 */
touchseal_status touchseal_soter_export_app_key(touchseal_session *session,
                                                uint8_t *blob,
                                                size_t capacity,
                                                size_t *length);

/**
 * Exports the user's AuthKey of a name, signed by the ASK. Otherwise as
 * touchseal_soter_export_app_key().
 *
 * Errors: besides, TOUCHSEAL_NO_PAYMENT_KEY.
 */
touchseal_status touchseal_soter_export_payment_key(touchseal_session *session,
                                                    const char *scene,
                                                    uint8_t *blob,
                                                    size_t capacity,
                                                    size_t *length);

/**
 * Begins to sign a challenge, which touchseal_soter_finish() does after a match made for
 * it.
 *
 * session: of the SOTER dialect. The operation that it holds is ended.
 *
 * challenge: what the backend asks to be signed: UTF-8 text of 1 to 512 characters.
 *
 * operation: its handle, and how long it waits.
 *
 * Errors: as of touchseal_begin().
 */
touchseal_status touchseal_soter_begin(touchseal_session *session,
                                       const char *scene,
                                       const char *challenge,
                                       touchseal_operation *operation);

/**
 * Waits for a finger on the sensor, 30 seconds at most, and signs the challenge with the
 * match made for it: a SOTER blob. Whether the operation goes on, the prompts and their
 * errors are as of touchseal_finish(), the buffer and its errors as of
 * touchseal_soter_export_app_key().
 */
touchseal_status touchseal_soter_finish(touchseal_session *session,
                                        uint64_t handle,
                                        touchseal_prompt_callback prompt,
                                        void *user,
                                        uint8_t *blob,
                                        size_t capacity,
                                        size_t *length);

/**
 * Signs a challenge: touchseal_soter_begin() and touchseal_soter_finish() in one call.
 * Where it fails, no operation is left.
 */
touchseal_status touchseal_soter_sign(touchseal_session *session,
                                      const char *scene,
                                      const char *challenge,
                                      touchseal_prompt_callback prompt,
                                      void *user,
                                      uint8_t *blob,
                                      size_t capacity,
                                      size_t *length);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* TOUCHSEAL_H */
