//! The golden vectors, and the `openssl` command.
#![allow(dead_code, reason = "no test uses all of it")]

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use touchseal_verify::{SoterBlob, SoterChain};

const VECTORS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../proto/vectors");
const KEYS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/keys");

/// The bytes of a golden vector.
pub fn vector(name: &str) -> Vec<u8> {
    let text = fs::read_to_string(format!("{VECTORS}/{name}.hex")).expect(name);
    let digits: String = text
        .lines()
        .map(|line| line.split('#').next().unwrap().trim())
        .collect();
    hex::decode(digits).expect(name)
}

pub fn blob(name: &str) -> SoterBlob {
    SoterBlob::from_bytes(&vector(name)).expect(name)
}

pub fn golden_chain() -> SoterChain {
    SoterChain {
        app_key: blob("soter_app_key"),
        payment_key: blob("soter_payment_key"),
    }
}

pub fn golden_device_key() -> touchseal_verify::RsaPublicKey {
    vector("soter_device_key").try_into().unwrap()
}

pub const PSS_SALT_20: [&str; 3] = [
    "rsa_padding_mode:pss",
    "rsa_pss_saltlen:20",
    "rsa_mgf1_md:sha256",
];

/// A temporary file, deleted when dropped.
struct File(PathBuf);

impl File {
    fn new(content: &[u8]) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("openssl-{}-{number}", std::process::id());
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::write(&path, content).unwrap();
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn openssl_dgst(digest: &str, options: &[&str], args: &[&str], message: &[u8]) -> Output {
    let mut child = Command::new("openssl")
        .args(["dgst", digest])
        .args(options.iter().flat_map(|option| ["-sigopt", option]))
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("needs the openssl command");
    // A key that does not load ends the command before it reads.
    let _ = child.stdin.take().unwrap().write_all(message);
    child.wait_with_output().unwrap()
}

/// OpenSSL's verdict on a signature over SHA-256 of `message`.
pub fn openssl_verifies(options: &[&str], pem: &str, message: &[u8], signature: &[u8]) -> bool {
    let (key, signature) = (File::new(pem.as_bytes()), File::new(signature));
    let args = ["-verify", key.path(), "-signature", signature.path()];
    openssl_dgst("-sha256", options, &args, message)
        .status
        .success()
}

/// A signature that OpenSSL makes with the TEST key `name`.
pub fn openssl_signs(digest: &str, options: &[&str], name: &str, message: &[u8]) -> Vec<u8> {
    let key = format!("{KEYS}/TEST_{name}.pem");
    let output = openssl_dgst(digest, options, &["-sign", &key], message);
    assert!(output.status.success(), "{output:?}");
    output.stdout
}

/// `json`, signed with the TEST key `name` as SOTER does.
pub fn signed(name: &str, json: impl Into<Vec<u8>>) -> SoterBlob {
    let json = json.into();
    let signature = openssl_signs("-sha256", &PSS_SALT_20, name, &json);
    SoterBlob {
        json,
        signature: signature.try_into().unwrap(),
    }
}
