//! Signatures by OP-TEE core. As with [objects](crate::object), core itself is called:
//! libutee ends the TA when a damaged key does not sign.

use crate::algorithm::Algorithm;
use crate::error::{self, check};
use crate::object::Object;
use core::ffi::c_ulong;
use optee_utee::raw::{
    _utee_asymm_operate, _utee_asymm_verify, _utee_cryp_state_alloc, _utee_cryp_state_free,
    TEE_ERROR_OUT_OF_MEMORY, TEE_Result, TEE_SUCCESS,
};
use optee_utee::{AttributeId, GenericObject, OperationMode, TransientObject};
use touchseal_core::error::{Error, Result};
use touchseal_core::signature::Unverified;

/// An attribute that is a value, laid out as core reads it (`struct utee_attribute`).
#[repr(C)]
pub struct Attribute {
    a: u64,
    b: u64,
    id: u32,
}

impl Attribute {
    /// A value.
    pub const fn value(id: AttributeId, value: u64) -> Self {
        Self {
            a: value,
            b: 0,
            id: id as u32,
        }
    }
}

/// An operation of core, with its own copy of the key. Freed when dropped, with the copy.
struct Operation(u32);

impl Operation {
    fn new<A: Algorithm>(key: &Object, mode: OperationMode) -> Result<Self> {
        // Core takes a key pair for verification, too, and dies of it when it is ECDSA's.
        let kind = match mode {
            OperationMode::Verify => A::PUBLIC_TYPE,
            _ => A::TYPE,
        };
        let mut copy = TransientObject::allocate(kind, A::BITS).map_err(error::of)?;
        copy.copy_attribute_from(key).map_err(error::of)?;
        // SAFETY: the handle is used while `copy` lives, or by core as its owner.
        let handle = unsafe { *copy.as_raw_ref() };
        let mut number = 0;
        // SAFETY: `handle` is an object's, `number` is writable.
        let result = unsafe {
            _utee_cryp_state_alloc(
                A::SIGNING as c_ulong,
                mode as c_ulong,
                handle.addr() as c_ulong,
                0,
                &mut number,
            )
        };
        check(result)?;
        // Core closes it with the operation.
        core::mem::forget(copy);
        Ok(Self(number))
    }

    fn number(&self) -> c_ulong {
        c_ulong::from(self.0)
    }
}

impl Drop for Operation {
    fn drop(&mut self) {
        // SAFETY: a number that core has given; not used afterwards.
        unsafe { _utee_cryp_state_free(self.number()) };
    }
}

/// What a signature has come to, or a look at it: a sound key does not fail at either. One
/// whose public half is damaged is no point of the curve, which core tells as a bad state.
fn outcome(result: TEE_Result) -> Result<()> {
    match result {
        TEE_SUCCESS => Ok(()),
        TEE_ERROR_OUT_OF_MEMORY => Err(Error::OutOfMemory),
        _ => Err(Error::KeyDamaged),
    }
}

/// Signs a SHA-256 digest.
pub fn sign<A: Algorithm>(key: &Object, digest: &[u8; 32]) -> Result<Unverified<A::Signature>> {
    let mut signature = A::room();
    let room = signature.as_ref().len();
    let mut len = room as u64;
    let operation = Operation::new::<A>(key, OperationMode::Sign)?;
    // SAFETY: the parameters and `digest` are readable, `signature` is writable for `len`.
    outcome(unsafe {
        _utee_asymm_operate(
            operation.number(),
            A::PARAMETERS.as_ptr().cast(),
            A::PARAMETERS.len() as c_ulong,
            digest.as_ptr().cast(),
            digest.len(),
            signature.as_mut().as_mut_ptr().cast(),
            &mut len,
        )
    })?;
    if len != room as u64 {
        return Err(Error::KeyDamaged);
    }
    Ok(Unverified::new(signature))
}

/// Verifies a signature with the public half, and that it does not verify with other parameters.
pub fn verify<A: Algorithm>(
    key: &Object,
    digest: &[u8; 32],
    signature: &A::Signature,
) -> Result<()> {
    verify_with::<A>(key, A::PARAMETERS, digest, signature)?;
    if A::WRONG_PARAMETERS.is_empty() {
        return Ok(());
    }
    match verify_with::<A>(key, A::WRONG_PARAMETERS, digest, signature) {
        Err(Error::KeyDamaged) => Ok(()),
        Ok(()) => Err(Error::SaltIgnored),
        Err(error) => Err(error),
    }
}

fn verify_with<A: Algorithm>(
    key: &Object,
    parameters: &[Attribute],
    digest: &[u8; 32],
    signature: &A::Signature,
) -> Result<()> {
    let operation = Operation::new::<A>(key, OperationMode::Verify)?;
    // SAFETY: the parameters, `digest` and `signature` are readable for their lengths.
    outcome(unsafe {
        _utee_asymm_verify(
            operation.number(),
            parameters.as_ptr().cast(),
            parameters.len() as c_ulong,
            digest.as_ptr().cast(),
            digest.len(),
            signature.as_ref().as_ptr().cast(),
            signature.as_ref().len(),
        )
    })
}
