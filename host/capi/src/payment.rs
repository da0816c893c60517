//! The native dialect: what a backend needs of the keys, and payments.

use crate::argument::{currency, label, object, out};
use crate::boundary::call;
use crate::failure::Failure;
use crate::keys::{TOUCHSEAL_NONCE_SIZE, TOUCHSEAL_SIGNATURE_SIZE};
use crate::session::{Session, ask, of_either};
use crate::status::StatusNumber;
use crate::touch::{Owner, PromptCallback};
use std::ffi::{c_char, c_void};
use touchseal::proto::message;
use touchseal::proto::signed::{KeyStatement, PaymentStatement};

/// Size of the signed bytes of a key.
pub const TOUCHSEAL_KEY_STATEMENT_SIZE: usize = 222;
/// Size of the signed bytes of a payment.
pub const TOUCHSEAL_PAYMENT_STATEMENT_SIZE: usize = 338;
/// Size of a P-256 public key in bytes: X, then Y, big-endian.
pub const TOUCHSEAL_PUBLIC_KEY_SIZE: usize = 64;
/// Size of a device's id in bytes.
pub const TOUCHSEAL_DEVICE_ID_SIZE: usize = 16;

const _: () = assert!(
    TOUCHSEAL_KEY_STATEMENT_SIZE == KeyStatement::LEN
        && TOUCHSEAL_PAYMENT_STATEMENT_SIZE == PaymentStatement::LEN
        && TOUCHSEAL_PUBLIC_KEY_SIZE == size_of::<message::PublicKey>()
        && TOUCHSEAL_DEVICE_ID_SIZE == size_of::<message::DeviceId>()
);

/// The device key's public half, which the factory registers with the backend.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct DeviceKey {
    /// The device.
    pub device_id: [u8; TOUCHSEAL_DEVICE_ID_SIZE],
    /// The key.
    pub public_key: [u8; TOUCHSEAL_PUBLIC_KEY_SIZE],
}

/// A key's public half with what the device says of it, signed by the key above.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct SignedKey {
    /// The signed bytes.
    pub statement: [u8; TOUCHSEAL_KEY_STATEMENT_SIZE],
    /// By the key above.
    pub signature: [u8; TOUCHSEAL_SIGNATURE_SIZE],
}

/// A payment with what the device says of it, signed by the payment key.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct SignedPayment {
    /// The signed bytes.
    pub statement: [u8; TOUCHSEAL_PAYMENT_STATEMENT_SIZE],
    /// By the payment key.
    pub signature: [u8; TOUCHSEAL_SIGNATURE_SIZE],
}

/// What the owner agrees to. Its texts are NUL-terminated UTF-8 of the caller's, and may go
/// when the call that takes them returns.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Payment {
    /// The amount in minor units of the currency (ISO 4217): cents, pence, yen.
    pub amount: u64,
    /// The currency: three capital letters (ISO 4217).
    pub currency: *const c_char,
    /// Who gets the money: 1 to 64 bytes, which a person reads.
    pub payee: *const c_char,
    /// The backend's order number: 1 to 64 bytes.
    pub order: *const c_char,
    /// The backend's nonce: random bytes, used once.
    pub nonce: [u8; TOUCHSEAL_NONCE_SIZE],
}

/// An operation that waits for its finger.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Operation {
    /// Names it within the session that began it.
    pub handle: u64,
    /// How long it waits from its beginning, in milliseconds.
    pub lifetime_ms: u32,
}

/// Exports the device key: what a backend begins with. For any user.
///
/// session: of the native dialect.
///
/// Errors: TOUCHSEAL_NOT_PROVISIONED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn touchseal_export_device_key(
    session: *mut Session,
    key: *mut DeviceKey,
) -> StatusNumber {
    call(|| {
        // SAFETY: C passes room for it, or NULL.
        let key = unsafe { out("key", key) }?;
        // SAFETY: C passes a session that is open, or NULL.
        let exported = unsafe {
            ask(session, |open| {
                Ok(open.keys.native()?.export_device_key()?)
            })
        }?;
        key.write(DeviceKey {
            device_id: exported.device_id,
            public_key: exported.public_key,
        });
        Ok(())
    })
}

/// Exports the user's app key, signed by the device key, for the backend.
///
/// session: of the native dialect.
///
/// Errors: TOUCHSEAL_NO_APP_KEY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn touchseal_export_app_key(
    session: *mut Session,
    key: *mut SignedKey,
) -> StatusNumber {
    call(|| {
        // SAFETY: C passes room for it, or NULL.
        let key = unsafe { out("key", key) }?;
        // SAFETY: C passes a session that is open, or NULL.
        let exported = unsafe { ask(session, |open| Ok(open.keys.native()?.export_app_key()?)) }?;
        key.write(exported.into());
        Ok(())
    })
}

/// Exports the user's payment key for a scene, signed by the app key, for the backend.
///
/// session: of the native dialect.
///
/// Errors: TOUCHSEAL_NO_APP_KEY and TOUCHSEAL_NO_PAYMENT_KEY. A key that was made under other
/// fingers is exported, too: see touchseal_find_payment_key().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn touchseal_export_payment_key(
    session: *mut Session,
    scene: *const c_char,
    key: *mut SignedKey,
) -> StatusNumber {
    call(|| {
        // SAFETY: C passes a text, or NULL.
        let scene = unsafe { label("scene", scene) }?;
        // SAFETY: C passes room for it, or NULL.
        let key = unsafe { out("key", key) }?;
        // SAFETY: C passes a session that is open, or NULL.
        let exported = unsafe {
            ask(session, |open| {
                Ok(open.keys.native()?.export_payment_key(scene)?)
            })
        }?;
        key.write(exported.into());
        Ok(())
    })
}

impl From<message::SignedKey> for SignedKey {
    fn from(key: message::SignedKey) -> Self {
        Self {
            statement: key.statement,
            signature: key.signature,
        }
    }
}

impl From<message::SignedPayment> for SignedPayment {
    fn from(payment: message::SignedPayment) -> Self {
        Self {
            statement: payment.statement,
            signature: payment.signature,
        }
    }
}

impl From<message::Begun> for Operation {
    fn from(begun: message::Begun) -> Self {
        Self {
            handle: begun.handle,
            lifetime_ms: begun.lifetime_ms,
        }
    }
}

/// # Safety
///
/// It is NULL, or points at a payment whose texts are NULL, or texts.
unsafe fn payment(pointer: *const Payment) -> Result<message::Payment, Failure> {
    // SAFETY: as this function's own.
    let payment = unsafe { object("payment", pointer) }?;
    Ok(message::Payment {
        amount: payment.amount,
        // SAFETY: as this function's own.
        currency: unsafe { currency("payment.currency", payment.currency) }?,
        // SAFETY: as this function's own.
        payee: unsafe { label("payment.payee", payment.payee) }?,
        // SAFETY: as this function's own.
        order: unsafe { label("payment.order", payment.order) }?,
        nonce: payment.nonce,
    })
}

/// Begins a payment, which touchseal_finish() signs after a match made for it.
///
/// session: of the native dialect. The operation that it holds is ended.
///
/// operation: the payment's handle, and how long it waits.
///
/// Errors: TOUCHSEAL_NO_PAYMENT_KEY, TOUCHSEAL_PAYMENT_KEY_INVALIDATED, and
/// TOUCHSEAL_BAD_ARGUMENT for a text that cannot be signed as it is shown.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn touchseal_begin(
    session: *mut Session,
    scene: *const c_char,
    payment: *const Payment,
    operation: *mut Operation,
) -> StatusNumber {
    call(|| {
        // SAFETY: C passes a text, or NULL.
        let scene = unsafe { label("scene", scene) }?;
        // SAFETY: C passes a payment of texts, or NULL.
        let payment = unsafe { self::payment(payment) }?;
        // SAFETY: C passes room for it, or NULL.
        let operation = unsafe { out("operation", operation) }?;
        // SAFETY: C passes a session that is open, or NULL.
        let begun = unsafe {
            ask(session, |open| {
                Ok(open.keys.native()?.begin(scene, payment)?)
            })
        }?;
        operation.write(begun.into());
        Ok(())
    })
}

/// Waits for a finger on the sensor, 30 seconds at most, and signs the payment with the
/// match made for it.
///
/// Until there is a match the operation goes on, for its lifetime, and the call may be made
/// again: after a finger that was not recognised, too. A match uses it up, good or not.
///
/// session: the one that began the payment.
///
/// handle: the operation's.
///
/// prompt: is told what the owner has to do; may be NULL.
///
/// user: is passed to it.
///
/// payment: the signed payment.
///
/// Errors: TOUCHSEAL_NO_FINGER_ON_SENSOR, TOUCHSEAL_LIFT_FINGER,
/// TOUCHSEAL_FINGER_NOT_RECOGNIZED, TOUCHSEAL_POOR_IMAGE, TOUCHSEAL_LOCKED_OUT,
/// TOUCHSEAL_LOCKED_OUT_FOR_GOOD; TOUCHSEAL_NOT_AUTHORIZED where the operation is unknown,
/// out of time or used up.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn touchseal_finish(
    session: *mut Session,
    handle: u64,
    prompt: PromptCallback,
    user: *mut c_void,
    payment: *mut SignedPayment,
) -> StatusNumber {
    let callback = prompt;
    call(|| {
        // SAFETY: C passes room for it, or NULL.
        let payment = unsafe { out("payment", payment) }?;
        // SAFETY: C passes a session that is open, or NULL.
        let signed = unsafe {
            ask(session, |open| {
                open.keys.native()?;
                let token = open.touch(handle, Owner { callback, user })?;
                Ok(open.keys.native()?.finish(handle, token)?)
            })
        }?;
        payment.write(signed.into());
        Ok(())
    })
}

/// Gives an operation of either dialect up.
///
/// Errors: TOUCHSEAL_NOT_AUTHORIZED where it is unknown, or over already.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn touchseal_abort(session: *mut Session, handle: u64) -> StatusNumber {
    // SAFETY: C passes a session that is open, or NULL.
    call(|| unsafe {
        ask(session, |open| {
            of_either!(&mut open.keys, client => client.abort(handle))?;
            Ok(())
        })
    })
}

/// Pays: touchseal_begin() and touchseal_finish() in one call. Where it fails, no operation
/// is left.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn touchseal_pay(
    session: *mut Session,
    scene: *const c_char,
    payment: *const Payment,
    prompt: PromptCallback,
    user: *mut c_void,
    signed: *mut SignedPayment,
) -> StatusNumber {
    let callback = prompt;
    call(|| {
        // SAFETY: C passes a text, or NULL.
        let scene = unsafe { label("scene", scene) }?;
        // SAFETY: C passes a payment of texts, or NULL.
        let payment = unsafe { self::payment(payment) }?;
        // SAFETY: C passes room for it, or NULL.
        let signed = unsafe { out("signed", signed) }?;
        // SAFETY: C passes a session that is open, or NULL.
        let paid = unsafe {
            ask(session, |open| {
                let handle = open.keys.native()?.begin(scene, payment)?.handle;
                open.touch_and_finish(handle, Owner { callback, user }, |keys, token| {
                    Ok(keys.native()?.finish(handle, token)?)
                })
            })
        }?;
        signed.write(paid.into());
        Ok(())
    })
}
