//! The trusted applications' commands, one method each.

use crate::Error;
use crate::finger::Image;
use crate::patience::Patience;
use std::marker::PhantomData;
use touchseal_proto::command::{
    FingerprintCommand, GatekeeperCommand, PaymentCommand, Request, SimulatedSensorCommand,
    SoterCommand,
};
use touchseal_proto::label::Scene;
use touchseal_proto::message::*;
use touchseal_proto::password::Password;
use touchseal_proto::signed::Sensor;
use touchseal_proto::soter::{Blob, Challenge};
use touchseal_proto::token::AuthToken;
use touchseal_proto::transport::{Transport, call};
use zeroize::Zeroizing;

/// The outcome of a command over `T`.
pub type Result<R, T> = std::result::Result<R, Error<<T as Transport>::Error>>;

/// A trusted application that can be asked.
pub trait Ta {
    /// Its largest request.
    const MAX_REQUEST: usize;
    /// Its largest response.
    const MAX_RESPONSE: usize;
}

/// A trusted application with a device key, app keys and payment keys of its own: the same
/// commands lead them through their lives.
pub trait HoldsKeys: Ta {}

/// The payment TA: P-256 keys and typed payments.
pub enum Payments {}
/// The SOTER TA: RSA keys and challenges.
pub enum Soter {}
/// The fingerprint TA.
pub enum Fingerprints {}
/// The gatekeeper TA.
pub enum Gatekeeper {}
/// The fingerprint TA whose sensor is simulated, as what is put on the sensor reaches it.
enum SimulatedSensor {}

impl Ta for Payments {
    const MAX_REQUEST: usize = PaymentCommand::MAX_REQUEST;
    const MAX_RESPONSE: usize = PaymentCommand::MAX_RESPONSE;
}
impl Ta for Soter {
    const MAX_REQUEST: usize = SoterCommand::MAX_REQUEST;
    const MAX_RESPONSE: usize = SoterCommand::MAX_RESPONSE;
}
impl Ta for Fingerprints {
    const MAX_REQUEST: usize = FingerprintCommand::MAX_REQUEST;
    const MAX_RESPONSE: usize = FingerprintCommand::MAX_RESPONSE;
}
impl Ta for Gatekeeper {
    const MAX_REQUEST: usize = GatekeeperCommand::MAX_REQUEST;
    const MAX_RESPONSE: usize = GatekeeperCommand::MAX_RESPONSE;
}
impl Ta for SimulatedSensor {
    const MAX_REQUEST: usize = SimulatedSensorCommand::MAX_REQUEST;
    const MAX_RESPONSE: usize = Fingerprints::MAX_RESPONSE;
}
impl HoldsKeys for Payments {}
impl HoldsKeys for Soter {}

/// A session with a trusted application. An operation ends with its session.
pub struct Client<T, A> {
    transport: T,
    patience: Patience,
    ta: PhantomData<A>,
}

/// A session with the payment TA: keys and payments of one uid.
pub type PaymentClient<T> = Client<T, Payments>;
/// A session with the SOTER TA: keys and challenges of one uid.
pub type SoterClient<T> = Client<T, Soter>;
/// A session with the fingerprint TA.
pub type FingerprintClient<T> = Client<T, Fingerprints>;
/// A session with the gatekeeper TA.
pub type GatekeeperClient<T> = Client<T, Gatekeeper>;

impl<T: Transport, A: Ta> Client<T, A> {
    /// Over an open session.
    pub fn new(transport: T) -> Self {
        Self {
            transport,
            patience: Patience::default(),
            ta: PhantomData,
        }
    }

    fn call<R: Request>(&mut self, request: &R) -> Result<R::Response, T> {
        ask::<T, A, R>(&mut self.transport, request)
    }
}

/// What was sent is wiped: it may be a password.
fn ask<T: Transport, A: Ta, R: Request>(transport: &mut T, request: &R) -> Result<R::Response, T> {
    call(
        request,
        &mut Zeroizing::new(vec![0; A::MAX_REQUEST]),
        &mut vec![0; A::MAX_RESPONSE],
        |command, request, response| transport.invoke(command, request, response),
    )
}

impl<T: Transport, A: HoldsKeys> Client<T, A> {
    /// How to wait for others that make or remove keys, from here on.
    pub fn set_patience(&mut self, patience: Patience) {
        self.patience = patience;
    }

    /// Asks for what one session makes or removes at a time, and waits for its turn.
    fn call_in_turn<R: Request>(&mut self, request: &R) -> Result<R::Response, T> {
        let (transport, patience) = (&mut self.transport, &mut self.patience);
        patience.wait_out(|| ask::<T, A, R>(transport, request))
    }

    /// Makes the device key, once, or repairs a copy of it. For uid 0.
    pub fn provision(&mut self) -> Result<Provisioned, T> {
        self.call_in_turn(&Provision {})
    }

    /// The state of everything that a key depends on. Writes nothing.
    pub fn diagnose(&mut self) -> Result<Diagnosis, T> {
        self.call(&Diagnose {})
    }

    /// A report signed by the device key: of this session's last making of a key that
    /// failed, or that there was none.
    pub fn report(&mut self, nonce: [u8; 32]) -> Result<SignedReport, T> {
        self.call(&GetReport { nonce })
    }

    /// Removes the keys of every app, for ever. For uid 0.
    pub fn remove_every_key(&mut self) -> Result<Done, T> {
        self.call_in_turn(&RemoveEveryKey {})
    }

    /// Makes the caller's app key, unless it is there; or replaces it.
    pub fn generate_app_key(&mut self, replace: bool) -> Result<Generated, T> {
        self.call_in_turn(&GenerateAppKey { replace })
    }

    /// Makes the caller's payment key for a scene, unless a good one is there; or replaces
    /// it.
    pub fn generate_payment_key(&mut self, scene: Scene, replace: bool) -> Result<Generated, T> {
        self.call_in_turn(&GeneratePaymentKey { scene, replace })
    }

    /// The caller's payment keys.
    pub fn list_payment_keys(&mut self) -> Result<PaymentKeys, T> {
        self.call(&ListPaymentKeys {})
    }

    /// Removes one of the caller's payment keys, for ever.
    pub fn remove_payment_key(&mut self, scene: Scene) -> Result<Done, T> {
        self.call_in_turn(&RemovePaymentKey { scene })
    }

    /// Removes all of the caller's keys, for ever.
    pub fn remove_app_keys(&mut self) -> Result<Done, T> {
        self.call_in_turn(&RemoveAppKeys {})
    }

    /// Whether the caller has an app key.
    pub fn find_app_key(&mut self) -> Result<KeyState, T> {
        Ok(self.call(&FindAppKey {})?.state)
    }

    /// Whether the caller has a payment key, and of what use it is.
    pub fn find_payment_key(&mut self, scene: Scene) -> Result<KeyState, T> {
        Ok(self.call(&FindPaymentKey { scene })?.state)
    }

    /// Gives the operation up.
    pub fn abort(&mut self, handle: u64) -> Result<Done, T> {
        self.call(&Abort { handle })
    }
}

impl<T: Transport> PaymentClient<T> {
    /// How the payment TA is.
    pub fn info(&mut self) -> Result<Info, T> {
        self.call(&GetInfo {})
    }

    /// The sensor whose matches are believed.
    pub fn sensor(&mut self) -> Result<Sensor, T> {
        Ok(self.call(&GetSensor {})?.sensor)
    }

    /// Closes the factory mode for ever. For uid 0.
    pub fn latch(&mut self, latch: Latch) -> Result<Done, T> {
        self.call(&latch)
    }

    /// The device key's public half, for the backend's registry.
    pub fn export_device_key(&mut self) -> Result<DeviceKey, T> {
        self.call(&ExportDeviceKey {})
    }

    /// The caller's app key, signed by the device key.
    pub fn export_app_key(&mut self) -> Result<SignedKey, T> {
        self.call(&ExportAppKey {})
    }

    /// The caller's payment key, signed by the app key.
    pub fn export_payment_key(&mut self, scene: Scene) -> Result<SignedKey, T> {
        self.call(&ExportPaymentKey { scene })
    }

    /// Begins a payment: the handle is the challenge for the finger.
    pub fn begin(&mut self, scene: Scene, payment: Payment) -> Result<Begun, T> {
        self.call(&Begin { scene, payment })
    }

    /// Finishes the payment with the match made for it.
    pub fn finish(&mut self, handle: u64, token: AuthToken) -> Result<SignedPayment, T> {
        self.call(&Finish { handle, token })
    }
}

impl<T: Transport> SoterClient<T> {
    /// The ATTK's public half, for the backend's registry.
    pub fn export_device_key(&mut self) -> Result<SoterDeviceKey, T> {
        self.call(&ExportSoterDeviceKey {})
    }

    /// The caller's ASK, signed by the ATTK.
    pub fn export_app_key(&mut self) -> Result<Blob, T> {
        self.call(&ExportSoterAppKey {})
    }

    /// The caller's AuthKey, signed by the ASK.
    pub fn export_payment_key(&mut self, scene: Scene) -> Result<Blob, T> {
        self.call(&ExportSoterPaymentKey { scene })
    }

    /// Begins to sign a challenge: the handle is the challenge for the finger.
    pub fn begin(&mut self, scene: Scene, challenge: Challenge) -> Result<Begun, T> {
        self.call(&BeginSoter { scene, challenge })
    }

    /// Signs the challenge after the match made for it.
    pub fn finish(&mut self, handle: u64, token: AuthToken) -> Result<Blob, T> {
        self.call(&FinishSoter { handle, token })
    }

    /// Makes a key pair ahead, for the next key that is wanted. For uid 0.
    pub fn prepare(&mut self) -> Result<Prepared, T> {
        self.call_in_turn(&Prepare {})
    }
}

impl<T: Transport> FingerprintClient<T> {
    /// The enrolled fingers.
    pub fn fingers(&mut self) -> Result<Fingers, T> {
        self.call(&GetFingers {})
    }

    /// A challenge for a stronger credential: its token begins an enrolment, or ends a lock.
    pub fn challenge(&mut self) -> Result<u64, T> {
        Ok(self.call(&GetChallenge {})?.challenge)
    }

    /// Begins to enrol a finger: how many impressions are wanted. For uid 0.
    pub fn begin_enroll(&mut self, token: Option<AuthToken>) -> Result<u8, T> {
        Ok(self.call(&BeginEnroll { token })?.wanted)
    }

    /// Takes a picture of the finger that is being enrolled. For uid 0.
    pub fn add_impression(&mut self) -> Result<Impression, T> {
        self.call(&AddImpression {})
    }

    /// Gives the enrolment up. For uid 0.
    pub fn abort_enroll(&mut self) -> Result<Done, T> {
        self.call(&AbortEnroll {})
    }

    /// Removes a finger. For uid 0.
    pub fn remove_finger(&mut self, finger: u32) -> Result<Done, T> {
        self.call(&RemoveFinger { finger })
    }

    /// Removes every finger. For uid 0.
    pub fn remove_fingers(&mut self) -> Result<Done, T> {
        self.call(&RemoveFingers {})
    }

    /// Begins a new epoch with the same fingers: payment keys made before are unusable for
    /// ever. For uid 0.
    pub fn invalidate_enrolment(&mut self) -> Result<Done, T> {
        self.call(&InvalidateEnrolment {})
    }

    /// Ends a lock by a stronger credential, shown for a [challenge](Self::challenge).
    pub fn reset_lockout(&mut self, token: AuthToken) -> Result<Done, T> {
        self.call(&ResetLockout { token })
    }

    /// Takes a picture of the finger on the sensor and matches it for an operation.
    /// [`touch`](crate::touch) waits for the finger.
    pub fn authenticate(&mut self, operation: u64) -> Result<AuthToken, T> {
        Ok(self.call(&Authenticate { operation })?.token)
    }

    /// Puts a finger on a simulated sensor, for one picture: with a sensor's noise, for no
    /// sensor gives the same picture twice, and the secure world refuses one that does.
    pub fn place(&mut self, image: &Image) -> Result<(), T> {
        let image = image.with_noise();
        let mut offset = 0;
        for part in image.pixels.chunks(IMAGE_PART) {
            let part = PlaceImage {
                width: image.width,
                height: image.height,
                offset,
                pixels: part.iter().copied().collect(),
            };
            ask::<T, SimulatedSensor, _>(&mut self.transport, &part)?;
            offset += part.pixels.len() as u32;
        }
        Ok(())
    }
}

impl<T: Transport> GatekeeperClient<T> {
    /// Whether a password is set, and for how long none is compared.
    pub fn password(&mut self) -> Result<PasswordState, T> {
        self.call(&GetPassword {})
    }

    /// Sets the password, or changes the current one. For uid 0.
    pub fn set_password(&mut self, current: Option<Password>, new: Password) -> Result<Done, T> {
        self.call(&SetPassword { current, new })
    }

    /// Shows the password for a [challenge](FingerprintClient::challenge).
    pub fn verify_password(&mut self, challenge: u64, password: Password) -> Result<AuthToken, T> {
        let request = VerifyPassword {
            challenge,
            password,
        };
        Ok(self.call(&request)?.token)
    }

    /// Removes the password: a factory reset. For uid 0.
    pub fn forget_password(&mut self) -> Result<Done, T> {
        self.call(&ForgetPassword {})
    }
}
