//! The SOTER dialect: blobs into the caller's buffers.

use crate::argument::{challenge, label, out, outs};
use crate::boundary::call;
use crate::failure::Failure;
use crate::keys::write_text;
use crate::payment::Operation;
use crate::session::{Open, Session, ask};
use crate::status::StatusNumber;
use crate::touch::{Owner, PromptCallback};
use std::ffi::{c_char, c_void};
use std::mem::MaybeUninit;
use touchseal::Error;
use touchseal::proto::soter::{BLOB_MAX, Blob, spki_pem};
use touchseal::proto::status::Status;

/// Room for every SOTER blob, in bytes.
pub const TOUCHSEAL_SOTER_BLOB_SIZE: usize = 3551;
/// Room for a cpu_id: 36 hexadecimal digits and a NUL.
pub const TOUCHSEAL_SOTER_CPU_ID_SIZE: usize = 37;
/// Room for the ATTK in PEM and a NUL.
pub const TOUCHSEAL_SOTER_PEM_SIZE: usize = 452;

const _: () = assert!(TOUCHSEAL_SOTER_BLOB_SIZE == BLOB_MAX);

/// SOTER's device key, which the factory registers with the backend.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct SoterDeviceKey {
    /// The device: NUL-terminated ASCII.
    pub cpu_id: [c_char; TOUCHSEAL_SOTER_CPU_ID_SIZE],
    /// The ATTK's public half, a SubjectPublicKeyInfo in PEM that ends with a line end:
    /// NUL-terminated ASCII.
    pub pem: [c_char; TOUCHSEAL_SOTER_PEM_SIZE],
}

/// Room for a blob, and where its length goes.
///
/// What is too small for any blob is refused before anything is asked: a signature that
/// finds no room would be lost, with its counter value.
struct Room<'a> {
    blob: &'a mut [MaybeUninit<u8>],
    length: &'a mut MaybeUninit<usize>,
}

impl Room<'_> {
    /// # Safety
    ///
    /// As [`outs`] and [`out`].
    unsafe fn new(blob: *mut u8, capacity: usize, length: *mut usize) -> Result<Self, Failure> {
        // SAFETY: as this function's own.
        let length = unsafe { out("length", length) }?;
        // SAFETY: as this function's own.
        let blob = unsafe { outs("blob", blob, capacity) }?;
        if capacity < BLOB_MAX {
            length.write(BLOB_MAX);
            return Err(Failure::from(Status::BufferTooSmall).of(format_args!(
                "blob: it has room for {capacity} bytes, and {BLOB_MAX} are needed"
            )));
        }
        Ok(Self { blob, length })
    }

    fn write(self, blob: &[u8]) {
        for (room, byte) in self.blob.iter_mut().zip(blob) {
            room.write(*byte);
        }
        self.length.write(blob.len());
    }
}

/// Asks for a blob, as SOTER's backends have it.
///
/// # Safety
///
/// As [`ask`].
unsafe fn ask_for_blob(
    session: *const Session,
    job: impl FnOnce(&mut Open) -> Result<Blob, Failure>,
) -> Result<impl AsRef<[u8]>, Failure> {
    // SAFETY: as this function's own.
    unsafe {
        ask(session, |open| {
            let blob = job(open)?.to_soter().map_err(Error::Protocol)?;
            Ok(blob)
        })
    }
}

/// Exports the ATTK. For any user.
///
/// session: of the SOTER dialect.
///
/// Errors: TOUCHSEAL_NOT_PROVISIONED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn touchseal_soter_export_device_key(
    session: *mut Session,
    key: *mut SoterDeviceKey,
) -> StatusNumber {
    call(|| {
        // SAFETY: C passes room for it, or NULL.
        let key = unsafe { out("key", key) }?;
        // SAFETY: C passes a session that is open, or NULL.
        let (cpu_id, pem) = unsafe {
            ask(session, |open| {
                let exported = open.keys.soter()?.export_device_key()?;
                let pem = spki_pem(&exported.public_key).map_err(Error::Protocol)?;
                Ok((exported.cpu_id.to_string(), format!("{pem}\n")))
            })
        }?;
        let mut written = SoterDeviceKey {
            cpu_id: [0; TOUCHSEAL_SOTER_CPU_ID_SIZE],
            pem: [0; TOUCHSEAL_SOTER_PEM_SIZE],
        };
        write_text(&mut written.cpu_id, &cpu_id);
        write_text(&mut written.pem, &pem);
        key.write(written);
        Ok(())
    })
}

/// Exports the user's ASK, signed by the ATTK: a SOTER blob, which is the length of its JSON
/// (32 bits, little-endian), the JSON, the signature.
///
/// session: of the SOTER dialect.
///
/// blob: room of the caller's.
///
/// capacity: its size in bytes, TOUCHSEAL_SOTER_BLOB_SIZE or more.
///
/// length: how many bytes of it are the blob.
///
/// Errors: TOUCHSEAL_NO_APP_KEY; TOUCHSEAL_BUFFER_TOO_SMALL where capacity is less than any
/// blob may need. Then length is the size that is needed, blob stays as it was, and nothing
/// was signed: a signature without room would be lost, with its counter value.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn touchseal_soter_export_app_key(
    session: *mut Session,
    blob: *mut u8,
    capacity: usize,
    length: *mut usize,
) -> StatusNumber {
    call(|| {
        // SAFETY: C passes room for them, or NULL.
        let room = unsafe { Room::new(blob, capacity, length) }?;
        // SAFETY: C passes a session that is open, or NULL.
        let blob =
            unsafe { ask_for_blob(session, |open| Ok(open.keys.soter()?.export_app_key()?)) }?;
        room.write(blob.as_ref());
        Ok(())
    })
}

/// Exports the user's AuthKey of a name, signed by the ASK. Otherwise as
/// touchseal_soter_export_app_key().
///
/// Errors: besides, TOUCHSEAL_NO_PAYMENT_KEY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn touchseal_soter_export_payment_key(
    session: *mut Session,
    scene: *const c_char,
    blob: *mut u8,
    capacity: usize,
    length: *mut usize,
) -> StatusNumber {
    call(|| {
        // SAFETY: C passes a text, or NULL.
        let scene = unsafe { label("scene", scene) }?;
        // SAFETY: C passes room for them, or NULL.
        let room = unsafe { Room::new(blob, capacity, length) }?;
        // SAFETY: C passes a session that is open, or NULL.
        let blob = unsafe {
            ask_for_blob(session, |open| {
                Ok(open.keys.soter()?.export_payment_key(scene)?)
            })
        }?;
        room.write(blob.as_ref());
        Ok(())
    })
}

/// Begins to sign a challenge, which touchseal_soter_finish() does after a match made for
/// it.
///
/// session: of the SOTER dialect. The operation that it holds is ended.
///
/// challenge: what the backend asks to be signed: UTF-8 text of 1 to 512 characters.
///
/// operation: its handle, and how long it waits.
///
/// Errors: as of touchseal_begin().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn touchseal_soter_begin(
    session: *mut Session,
    scene: *const c_char,
    challenge: *const c_char,
    operation: *mut Operation,
) -> StatusNumber {
    call(|| {
        // SAFETY: C passes a text, or NULL.
        let scene = unsafe { label("scene", scene) }?;
        // SAFETY: C passes a text, or NULL.
        let challenge = unsafe { self::challenge("challenge", challenge) }?;
        // SAFETY: C passes room for it, or NULL.
        let operation = unsafe { out("operation", operation) }?;
        // SAFETY: C passes a session that is open, or NULL.
        let begun = unsafe {
            ask(session, |open| {
                Ok(open.keys.soter()?.begin(scene, challenge)?)
            })
        }?;
        operation.write(begun.into());
        Ok(())
    })
}

/// Waits for a finger on the sensor, 30 seconds at most, and signs the challenge with the
/// match made for it: a SOTER blob. Whether the operation goes on, the prompts and their
/// errors are as of touchseal_finish(), the buffer and its errors as of
/// touchseal_soter_export_app_key().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn touchseal_soter_finish(
    session: *mut Session,
    handle: u64,
    prompt: PromptCallback,
    user: *mut c_void,
    blob: *mut u8,
    capacity: usize,
    length: *mut usize,
) -> StatusNumber {
    let callback = prompt;
    call(|| {
        // SAFETY: C passes room for them, or NULL.
        let room = unsafe { Room::new(blob, capacity, length) }?;
        // SAFETY: C passes a session that is open, or NULL.
        let blob = unsafe {
            ask_for_blob(session, |open| {
                open.keys.soter()?;
                let token = open.touch(handle, Owner { callback, user })?;
                Ok(open.keys.soter()?.finish(handle, token)?)
            })
        }?;
        room.write(blob.as_ref());
        Ok(())
    })
}

/// Signs a challenge: touchseal_soter_begin() and touchseal_soter_finish() in one call.
/// Where it fails, no operation is left.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn touchseal_soter_sign(
    session: *mut Session,
    scene: *const c_char,
    challenge: *const c_char,
    prompt: PromptCallback,
    user: *mut c_void,
    blob: *mut u8,
    capacity: usize,
    length: *mut usize,
) -> StatusNumber {
    let callback = prompt;
    call(|| {
        // SAFETY: C passes a text, or NULL.
        let scene = unsafe { label("scene", scene) }?;
        // SAFETY: C passes a text, or NULL.
        let challenge = unsafe { self::challenge("challenge", challenge) }?;
        // SAFETY: C passes room for them, or NULL.
        let room = unsafe { Room::new(blob, capacity, length) }?;
        // SAFETY: C passes a session that is open, or NULL.
        let blob = unsafe {
            ask_for_blob(session, |open| {
                let handle = open.keys.soter()?.begin(scene, challenge)?.handle;
                open.touch_and_finish(handle, Owner { callback, user }, |keys, token| {
                    Ok(keys.soter()?.finish(handle, token)?)
                })
            })
        }?;
        room.write(blob.as_ref());
        Ok(())
    })
}
