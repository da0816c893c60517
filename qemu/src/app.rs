//! An app of the guest, for programs that pay many times.

use crate::{Hand, Owner, Proxy, ProxyError, Session};
use touchseal::proto::label::{Label, Scene};
use touchseal::proto::message::{Currency, Payment, SignedPayment};
use touchseal::proto::soter::{Blob, Challenge};
use touchseal::proto::token::AuthToken;
use touchseal::{Error, FingerprintClient, PaymentClient, SoterClient};

/// An app, with a session with each trusted application.
pub struct App {
    /// Its keys and payments.
    pub payments: PaymentClient<Session>,
    /// The sensor.
    pub sensor: FingerprintClient<Session>,
    /// What lies on the sensor.
    hand: Hand,
}

impl App {
    /// The app of this uid.
    ///
    /// # Errors
    ///
    /// When it cannot open its sessions.
    pub fn new(proxy: &Proxy, hand: &Hand, uid: u32) -> Result<Self, ProxyError> {
        Ok(Self {
            payments: proxy.payment(uid)?,
            sensor: proxy.fingerprint(uid)?,
            hand: hand.clone(),
        })
    }

    /// Enrols the owner's finger. For uid 0.
    ///
    /// # Errors
    ///
    /// When it is refused, or has no answer.
    pub fn enroll(&mut self, owner: &Owner) -> Result<u32, Error<ProxyError>> {
        owner.enroll(&self.hand, &mut self.sensor)
    }

    /// Puts the owner's finger on the sensor for an operation.
    ///
    /// # Errors
    ///
    /// When the match is refused, or has no answer.
    pub fn touch(&mut self, owner: &Owner, operation: u64) -> Result<AuthToken, Error<ProxyError>> {
        owner.touch(&self.hand, &mut self.sensor, operation)
    }

    /// Pays, with a finger on the sensor.
    ///
    /// # Errors
    ///
    /// When one of the three steps is refused, or has no answer.
    pub fn pay(
        &mut self,
        scene: Scene,
        payment: Payment,
        owner: &Owner,
    ) -> Result<SignedPayment, Error<ProxyError>> {
        let begun = self.payments.begin(scene, payment)?;
        let token = self.touch(owner, begun.handle)?;
        self.payments.finish(begun.handle, token)
    }
}

/// An app that speaks the SOTER dialect, with the sessions that it takes.
pub struct SoterApp {
    /// Its keys and challenges.
    pub soter: SoterClient<Session>,
    /// The sensor.
    pub sensor: FingerprintClient<Session>,
    /// What lies on the sensor.
    hand: Hand,
}

impl SoterApp {
    /// The app of this uid.
    ///
    /// # Errors
    ///
    /// When it cannot open its sessions.
    pub fn new(proxy: &Proxy, hand: &Hand, uid: u32) -> Result<Self, ProxyError> {
        Ok(Self {
            soter: proxy.soter(uid)?,
            sensor: proxy.fingerprint(uid)?,
            hand: hand.clone(),
        })
    }

    /// Signs a challenge, with a finger on the sensor.
    ///
    /// # Errors
    ///
    /// When one of the three steps is refused, or has no answer.
    pub fn sign(
        &mut self,
        scene: Scene,
        challenge: Challenge,
        owner: &Owner,
    ) -> Result<Blob, Error<ProxyError>> {
        let begun = self.soter.begin(scene, challenge)?;
        let token = owner.touch(&self.hand, &mut self.sensor, begun.handle)?;
        self.soter.finish(begun.handle, token)
    }
}

/// A payment like any other, under this nonce.
///
/// # Errors
///
/// None: its labels are good.
pub fn some_payment(nonce: [u8; 32]) -> Result<Payment, Error<ProxyError>> {
    Ok(Payment {
        amount: 1999,
        currency: Currency::new("EUR").map_err(Error::Protocol)?,
        payee: label("Caffè Rossi")?,
        order: label("order-1")?,
        nonce,
    })
}

/// A scene, or another label.
///
/// # Errors
///
/// When the text is not one.
pub fn label<const N: usize>(text: &str) -> Result<Label<N>, Error<ProxyError>> {
    Label::new(text).map_err(Error::Protocol)
}
