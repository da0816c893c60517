//! Fingerprint payment keys in an OP-TEE secure world, from the normal world.
//!
//! A trusted application makes the keys, keeps them in the RPMB, and signs a payment after a
//! fingerprint match made for that very payment. This library asks it, one blocking call a command.
//! What comes out is for a backend, which verifies it with `touchseal-verify` and public keys alone.
//!
//! # A payment
//!
//! ```
//! use touchseal::proto::label::Label;
//! use touchseal::proto::message::{Currency, Payment};
//! use touchseal::touch::{self, Prompt};
//! use touchseal::{FingerprintClient, Operation, PaymentClient};
//! # use touchseal_core::dispatch::Login;
//! # use touchseal_nonsecure::{Device, NonsecureTransport};
//! # use touchseal::finger::Image;
//! #
//! # fn enroll(device: &Device) -> touchseal::client::Result<(), NonsecureTransport> {
//! #     let mut sensor = FingerprintClient::new(device.fingerprint(Login::App { uid: 0 }));
//! #     let mut impressions = 0;
//! #     touch::enroll(&mut sensor, None, &mut |sensor, prompt| match prompt {
//! #         Prompt::Place => {
//! #             impressions += 1;
//! #             sensor.place(&finger(impressions))
//! #         }
//! #         _ => Ok(()),
//! #     })?;
//! #     Ok(())
//! # }
//! #
//! # fn finger(impression: u64) -> Image {
//! #     let picture = touchseal_nonsecure::finger::impression(1, impression);
//! #     Image { width: picture.width, height: picture.height, pixels: picture.pixels }
//! # }
//! #
//! # fn main() -> touchseal::client::Result<(), NonsecureTransport> {
//! # let device = Device::default();
//! # PaymentClient::new(device.payment(Login::App { uid: 0 })).provision()?;
//! # enroll(&device)?;
//! # let (payments, sensor) = (device.payment(Login::App { uid: 10115 }), device.fingerprint(Login::App { uid: 10115 }));
//!
//! // On a device: Teec::payment(uid)? and Teec::fingerprint(uid)?, of the feature teec.
//! let mut payments = PaymentClient::new(payments);
//! let mut sensor = FingerprintClient::new(sensor);
//!
//! // Once. A key that is there is kept.
//! let scene = Label::new("checkout")?;
//! payments.generate_app_key(false)?;
//! payments.generate_payment_key(scene.clone(), false)?;
//!
//! // The nonce is the backend's. The finger is matched for this payment and no other.
//! let payment = Payment {
//!     amount: 1999,
//!     currency: Currency::new("EUR")?,
//!     payee: Label::new("Caffè Rossi")?,
//!     order: Label::new("42")?,
//!     nonce: [7; 32],
//! };
//! let operation = Operation::begin(&mut payments, scene.clone(), payment)?;
//! # let mut impressions = 10;
//! let token = touch::authenticate(&mut sensor, operation.handle(), &mut |sensor, prompt| {
//!     match prompt {
//!         Prompt::Place => eprintln!("put the finger on the sensor"),
//!         Prompt::Lift => eprintln!("lift the finger"),
//!         Prompt::Impression(..) => {}
//!     }
//! #   impressions += 1;
//! #   sensor.place(&finger(impressions))?;
//!     Ok(())
//! })?;
//! let signed = operation.finish(token)?;
//!
//! // What the backend needs, besides the device key that the factory has registered.
//! let app_key = payments.export_app_key()?;
//! let payment_key = payments.export_payment_key(scene)?;
//! # let device_key = payments.export_device_key()?.public_key;
//! # let chain = touchseal_verify::Chain { app_key: app_key.into(), payment_key: payment_key.into() };
//! # let verified = touchseal_verify::verify(&device_key, &chain, &signed.into()).unwrap();
//! # assert_eq!(verified.payment.payment.amount, 1999);
//! # Ok(())
//! # }
//! ```
//!
//! # Sessions, and what ends
//!
//! A [`client`] is a session, of one uid: the kernel vouches for it. It is closed when it is
//! dropped, and what it had begun ends with it. An [`Operation`] borrows its session, is finished
//! once, and is given up when it is dropped. A client may be sent to another thread. It is asked
//! one thing after the other, and answers when that is done.
//!
//! # When it fails
//!
//! [`Error::cause`] is a [`Status`](proto::status::Status) whatever has failed: a name and a number that
//! stay, a sentence, and a remedy. `Display` says all four. From 50 on, the trusted application was
//! not reached.
//!
//! ```
//! # use touchseal_core::dispatch::Login;
//! # use touchseal_nonsecure::Device;
//! use touchseal::PaymentClient;
//! use touchseal::proto::status::Status;
//!
//! # let session = Device::default().payment(Login::App { uid: 10115 });
//! let refused = PaymentClient::new(session).export_app_key().unwrap_err();
//! assert_eq!(refused.cause(), Status::NotProvisioned);
//! assert!(refused.remedy().contains("`touchseal provision`"));
//! ```
//!
//! # What else there is
//!
//! [`client`] has one method a command, over any
//! [`Transport`](touchseal_proto::transport::Transport); on a device that is
//! `transport::teec` (feature `teec`). [`soter`] has SOTER's verbs over that, [`report`] what
//! a failed making of a key leaves for a backend, [`doctor`] says which link to the keys is
//! broken, by what a [`diagnosis`] comes to. A key waits its turn with [`patience`]; [`words`] are
//! for what a person reads. [`touch`] waits for a finger on the sensor, and enrols one; where the
//! sensor is simulated, [`finger`] has the images. [`evaluation`] measures how often fingers are
//! matched wrongly.
#![forbid(unsafe_code)]

pub mod client;
pub mod diagnosis;
pub mod doctor;
pub mod emmc;
pub mod evaluation;
pub mod finger;
pub mod operation;
pub mod patience;
pub mod report;
pub mod soter;
pub mod touch;
pub mod transport;
pub mod words;

pub use client::{
    Client, FingerprintClient, GatekeeperClient, HoldsKeys, PaymentClient, SoterClient,
};
pub use operation::Operation;
pub use touchseal_proto as proto;
pub use touchseal_proto::transport::CallError as Error;
