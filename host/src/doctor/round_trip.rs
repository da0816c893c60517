//! Whether the device key signs, and whether that verifies: the proof of the chain.

use super::trusted_application::Examined;
use super::{Link, not_asked, would_write};
use crate::client::Payments;
use crate::transport::SecureWorld;
use std::time::Instant;
use touchseal_proto::status::Status;
use touchseal_verify::{Signed, verify_report};

/// Has a report signed for a random nonce, and verifies it.
pub fn signature<W: SecureWorld>(payment: Option<&mut Examined<W, Payments>>) -> Link {
    const NAME: &str = "round trip";
    let Some(Examined { client, diagnosis }) = payment else {
        return Link::not_reached(NAME);
    };
    if diagnosis.state != Status::Ok {
        return Link::not_reached(NAME);
    }
    if would_write(diagnosis) {
        return not_asked(NAME);
    }
    let mut nonce = [0; 32];
    if let Err(error) = getrandom::fill(&mut nonce) {
        return Link::warning(NAME, format!("no random nonce: {error}"), "try again");
    }
    let began = Instant::now();
    let answer = client
        .export_device_key()
        .and_then(|device| Ok((device, client.report(nonce)?)));
    let (device, report) = match answer {
        Ok(answer) => answer,
        Err(error) => return Link::broken(NAME, error.cause()),
    };
    let took = began.elapsed();
    match verify_report(&device.public_key, &Signed::from(report), Some(&nonce)) {
        Ok(_) => Link::ok(
            NAME,
            format!(
                "a report signed and verified, {} ms in the secure world",
                took.as_millis()
            ),
        ),
        Err(error) => Link {
            found: error.to_string(),
            ..Link::broken(NAME, Status::Internal)
        },
    }
}
