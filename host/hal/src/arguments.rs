//! What callers send, checked: an argument that cannot be one is told by its name.

use crate::aidl::Payment::Payment as SentPayment;
use crate::failure::{Failure, Result};
use touchseal::proto::label::{Label, Scene};
use touchseal::proto::message::{Currency, Payment};

/// A scene.
pub fn scene(text: &str) -> Result<Scene> {
    label("scene", text)
}

/// A backend's nonce.
pub fn nonce(bytes: &[u8]) -> Result<[u8; 32]> {
    bytes.try_into().map_err(|_| {
        let sent = bytes.len();
        Failure::argument("nonce", format!("it has {sent} bytes, and must have 32"))
    })
}

/// A payment.
pub fn payment(sent: &SentPayment) -> Result<Payment> {
    Ok(Payment {
        amount: u64::try_from(sent.amount)
            .map_err(|_| Failure::argument("amount", "it is negative"))?,
        currency: Currency::new(&sent.currency)
            .map_err(|_| Failure::argument("currency", "it is not three capital letters"))?,
        payee: label("payee", &sent.payee)?,
        order: label("order", &sent.order)?,
        nonce: nonce(&sent.nonce)?,
    })
}

fn label<const N: usize>(name: &str, text: &str) -> Result<Label<N>> {
    Label::new(text).map_err(|_| {
        let why = match text.len() {
            0 => "it is empty".into(),
            len if len > N => format!("it has {len} bytes, and may have {N}"),
            _ => "it has characters that do not show, or white space at an end".into(),
        };
        Failure::argument(name, why)
    })
}
