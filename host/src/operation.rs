//! What has begun, and waits for its finger.

use crate::client::{Client, HoldsKeys, Payments, Result, Soter};
use touchseal_proto::label::Scene;
use touchseal_proto::message::{Begun, Payment, SignedPayment};
use touchseal_proto::soter::{Blob, Challenge};
use touchseal_proto::token::AuthToken;
use touchseal_proto::transport::Transport;

/// A trusted application that signs after a match made for it.
pub trait Signs: HoldsKeys + Sized {
    /// What is signed.
    type What;
    /// With its signature.
    type Signed;
    /// Begins.
    fn begin<T: Transport>(
        client: &mut Client<T, Self>,
        scene: Scene,
        what: Self::What,
    ) -> Result<Begun, T>;
    /// Signs.
    fn finish<T: Transport>(
        client: &mut Client<T, Self>,
        handle: u64,
        token: AuthToken,
    ) -> Result<Self::Signed, T>;
}

impl Signs for Payments {
    type What = Payment;
    type Signed = SignedPayment;

    fn begin<T: Transport>(
        client: &mut Client<T, Self>,
        scene: Scene,
        payment: Payment,
    ) -> Result<Begun, T> {
        client.begin(scene, payment)
    }
    fn finish<T: Transport>(
        client: &mut Client<T, Self>,
        handle: u64,
        token: AuthToken,
    ) -> Result<SignedPayment, T> {
        client.finish(handle, token)
    }
}

impl Signs for Soter {
    type What = Challenge;
    type Signed = Blob;

    fn begin<T: Transport>(
        client: &mut Client<T, Self>,
        scene: Scene,
        challenge: Challenge,
    ) -> Result<Begun, T> {
        client.begin(scene, challenge)
    }
    fn finish<T: Transport>(
        client: &mut Client<T, Self>,
        handle: u64,
        token: AuthToken,
    ) -> Result<Blob, T> {
        client.finish(handle, token)
    }
}

/// A payment, or a challenge, that was begun. It is finished once, by value; one that is dropped
/// is given up in the secure world too.
///
/// ```
/// # use touchseal::proto::{label::Label, message::{Currency, Payment}};
/// # use touchseal::{Operation, PaymentClient, operation::Signs, client::{Client, Result}};
/// # use touchseal::proto::{label::Scene, token::AuthToken, transport::Transport};
/// /// In either dialect. Without a match, the operation ends here.
/// fn sign<T: Transport, A: Signs>(
///     client: &mut Client<T, A>,
///     scene: Scene,
///     what: A::What,
///     touch: impl FnOnce(u64) -> Result<AuthToken, T>,
/// ) -> Result<A::Signed, T> {
///     let operation = Operation::begin(client, scene, what)?;
///     let token = touch(operation.handle())?;
///     operation.finish(token)
/// }
/// ```
///
/// A second signature does not compile:
///
/// ```compile_fail,E0382
/// # use touchseal::{Operation, operation::Signs, client::Result};
/// # use touchseal::proto::{token::AuthToken, transport::Transport};
/// fn twice<T: Transport, A: Signs>(operation: Operation<'_, T, A>, token: AuthToken) -> Result<(), T> {
///     operation.finish(token.clone())?;
///     operation.finish(token)?;
///     Ok(())
/// }
/// ```
///
/// Nor does another use of the session while one is open:
///
/// ```compile_fail,E0499
/// # use touchseal::{Operation, PaymentClient, client::Result};
/// # use touchseal::proto::{label::Scene, message::Payment, token::AuthToken, transport::Transport};
/// # fn between<T: Transport>(
/// #     client: &mut PaymentClient<T>, scene: Scene, payment: Payment, token: AuthToken
/// # ) -> Result<(), T> {
/// let operation = Operation::begin(client, scene, payment)?;
/// client.remove_app_keys()?;
/// operation.finish(token)?;
/// # Ok(())
/// # }
/// ```
#[must_use = "it is given up when it is dropped"]
pub struct Operation<'a, T: Transport, A: Signs> {
    client: &'a mut Client<T, A>,
    begun: Begun,
    open: bool,
}

impl<'a, T: Transport, A: Signs> Operation<'a, T, A> {
    /// Begins. A session has one operation: this ends another that was begun by its raw handle.
    pub fn begin(client: &'a mut Client<T, A>, scene: Scene, what: A::What) -> Result<Self, T> {
        let begun = A::begin(client, scene, what)?;
        Ok(Self {
            client,
            begun,
            open: true,
        })
    }

    /// The challenge for the finger.
    pub fn handle(&self) -> u64 {
        self.begun.handle
    }

    /// For how long it waits, in milliseconds from its beginning.
    pub fn lifetime_ms(&self) -> u32 {
        self.begun.lifetime_ms
    }

    /// Signs, with the match that was made for it.
    pub fn finish(mut self, token: AuthToken) -> Result<A::Signed, T> {
        let signed = A::finish(self.client, self.begun.handle, token);
        // What did not arrive is open still.
        self.open = signed.is_err();
        signed
    }
}

impl<T: Transport, A: Signs> Drop for Operation<'_, T, A> {
    fn drop(&mut self) {
        if self.open {
            // It ends with its lifetime too.
            let _ = self.client.abort(self.begun.handle);
        }
    }
}
