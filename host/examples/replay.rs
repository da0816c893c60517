//! An attack: pay once, then show the same match again for another payment. The
//! secure world refuses; this program succeeds if it does. `make run` runs it.
//!
//! `replay SCENE [IMAGE]`, as the app's user, with a finger on the sensor, or an image for a
//! simulated one.

use anyhow::{Context, Result, bail};
use std::path::Path;
use touchseal::finger::Image;
use touchseal::proto::label::{Label, Scene};
use touchseal::proto::message::{Currency, Payment};
use touchseal::proto::status::Status;
use touchseal::touch;
use touchseal::transport::teec::Teec;
use touchseal::{Error, FingerprintClient, Operation, PaymentClient};

fn label<const N: usize>(text: &str) -> Result<Label<N>> {
    Label::new(text).map_err(|_| anyhow::anyhow!("{text} is not a label"))
}

fn main() -> Result<()> {
    let mut args = std::env::args().skip(1);
    let scene: Scene = label(&args.next().context("Usage: replay SCENE [IMAGE]")?)?;
    let image = args.next();
    let payment = Payment {
        amount: 100,
        currency: Currency::new("EUR").map_err(|_| anyhow::anyhow!("EUR is a currency"))?,
        payee: label("Caffè Rossi")?,
        order: label("replay")?,
        nonce: [0; 32],
    };
    let uid = rustix::process::geteuid().as_raw();
    let mut payments = PaymentClient::new(Teec::payment(uid)?);
    let mut sensor = FingerprintClient::new(Teec::fingerprint(uid)?);

    let first = Operation::begin(&mut payments, scene.clone(), payment.clone())?;
    let image = image
        .map(|path| Image::from_file(Path::new(&path)))
        .transpose()?;
    let token = touch::authenticate(&mut sensor, first.handle(), &mut |sensor, _| {
        image.as_ref().map_or(Ok(()), |image| sensor.place(image))
    })?;
    first.finish(token.clone())?;

    match Operation::begin(&mut payments, scene, payment)?.finish(token) {
        Err(Error::Refused(Status::NotAuthorized)) => println!("refused: NotAuthorized"),
        Err(other) => bail!("refused for another reason: {other}"),
        Ok(_) => bail!("a match was good for two payments"),
    }
    Ok(())
}
