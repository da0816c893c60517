//! Who opens a session. Linux vouches for a uid with TEEC_LOGIN_USER: the client's
//! UUID is then version 5 (RFC 4122: SHA-1 of a namespace and a name) of "uid=%x" in
//! a namespace of the kernel's (drivers/tee/tee_core.c). It cannot be turned back into
//! the uid, so the client says the uid, and it is checked.

use crate::FINGERPRINT_TA;
use core::fmt::Write;
use heapless::String;
use optee_utee::property::{ClientIdentity, PropertyKey};
use optee_utee::{
    AlgorithmId, Digest, ErrorKind, Identity, LoginType, ParameterAny, ParameterValueRead,
    ParametersAny, Uuid,
};
use touchseal_core::dispatch::Login;
use touchseal_proto::{GATEKEEPER_TA, HAL_UID, PAYMENT_TA, SOTER_TA};

const KERNEL_NAMESPACE: [u8; 16] = [
    0x58, 0xac, 0x9c, 0xa0, 0x20, 0x86, 0x46, 0x83, 0xa1, 0xb8, 0xec, 0x4b, 0xc0, 0x8e, 0x01, 0xb6,
];

/// The login of the session that is being opened. A uid that is claimed and not
/// vouched for is refused; whoever claims none is anyone.
pub fn login(parameters: &ParametersAny<'_>) -> optee_utee::Result<Login> {
    let client: Identity = ClientIdentity.get()?;
    let claim = match parameters {
        (
            ParameterAny::ValueInput(claim),
            ParameterAny::None,
            ParameterAny::None,
            ParameterAny::None,
        ) => Some((claim.get_a(), claim.get_b())),
        _ => None,
    };
    match (client.login_type(), claim) {
        (LoginType::TrustedApp, claim) => ta(&client.uuid(), claim),
        (LoginType::User, Some((caller, uid))) => {
            let vouched_for = same(&client.uuid(), &kernel_uuid(caller)?)?;
            if vouched_for && may_speak_for(caller, uid) {
                Ok(Login::App { uid })
            } else {
                Err(ErrorKind::AccessDenied.into())
            }
        }
        _ => Ok(Login::Public),
    }
}

/// Apps are behind the HAL. Root can become any user, and needs no leave; nobody else
/// becomes root here.
fn may_speak_for(caller: u32, uid: u32) -> bool {
    caller == uid || caller == HAL_UID && uid != 0
}

/// A trusted application is known by its exact UUID. The SOTER TA has checked its client's
/// uid as it is checked here.
fn ta(client: &Uuid, claim: Option<(u32, u32)>) -> optee_utee::Result<Login> {
    if same(client, &Uuid::parse_str(FINGERPRINT_TA.uuid)?)? {
        return Ok(Login::FingerprintTa);
    }
    if same(client, &Uuid::parse_str(GATEKEEPER_TA)?)? {
        return Ok(Login::GatekeeperTa);
    }
    if same(client, &Uuid::parse_str(PAYMENT_TA)?)? {
        return Ok(Login::KeysTa);
    }
    if same(client, &Uuid::parse_str(SOTER_TA)?)? {
        return Ok(claim.map_or(Login::KeysTa, |(uid, _)| Login::SoterTa { uid }));
    }
    Ok(Login::Public)
}

fn kernel_uuid(uid: u32) -> optee_utee::Result<Uuid> {
    let mut name = String::<12>::new();
    write!(name, "uid={uid:x}").map_err(|_| ErrorKind::Generic)?;
    let sha1 = Digest::allocate(AlgorithmId::Sha1)?;
    sha1.update(&KERNEL_NAMESPACE);
    let mut hash = [0; 20];
    sha1.do_final(name.as_bytes(), &mut hash)?;
    let (bytes, _) = hash.split_first_chunk::<16>().ok_or(ErrorKind::Generic)?;
    let mut bytes = *bytes;
    let [_, _, _, _, _, _, version, _, variant, ..] = &mut bytes;
    *version = *version & 0x0f | 0x50;
    *variant = *variant & 0x3f | 0x80;
    Ok(Uuid::from_bytes(bytes))
}

/// By their text: `Uuid` does not compare.
fn same(a: &Uuid, b: &Uuid) -> optee_utee::Result<bool> {
    let text = |uuid: &Uuid| {
        let mut text = String::<36>::new();
        write!(text, "{uuid}").map_err(|_| ErrorKind::Generic)?;
        Ok::<_, optee_utee::Error>(text)
    };
    Ok(text(a)? == text(b)?)
}
