//! The client of a payment, over binder: it is told what the owner of the finger has to do,
//! and its death ends the operation.

use crate::aidl::IPaymentCallback::IPaymentCallback;
use crate::aidl::Prompt::Prompt as ToldPrompt;
use crate::hal::{Hal, World};
use crate::operations::{Prompter, Wanted};
use rsbinder::{DeathRecipient, Interface, Result, Strong, WIBinder};
use std::sync::{Arc, Weak};
use touchseal::touch::Prompt;

/// Ends the operations of a client that has died.
struct Death<W: World> {
    wanted: Arc<Wanted>,
    hal: Weak<Hal<W>>,
}

impl<W: World> DeathRecipient for Death<W> {
    fn binder_died(&self, _: &WIBinder) {
        self.wanted.give_up();
        if let Some(hal) = self.hal.upgrade() {
            hal.payments.sweep();
        }
    }
}

/// What tells the client's owner, and gives up what is wanted when the client dies.
pub fn prompter<W: World>(
    hal: &Arc<Hal<W>>,
    client: &Strong<dyn IPaymentCallback>,
    wanted: &Arc<Wanted>,
) -> Result<Prompter> {
    let death = Arc::new(Death {
        wanted: wanted.clone(),
        hal: Arc::downgrade(hal),
    });
    client.as_binder().link_to_death_arc(&death)?;
    let client = client.clone();
    Ok(Box::new(move |prompt| {
        // Binder knows whom to tell of a death only while somebody holds this.
        let _linked = &death;
        let told = match prompt {
            Prompt::Place => ToldPrompt::PLACE_FINGER,
            Prompt::Lift => ToldPrompt::LIFT_FINGER,
            Prompt::Impression(..) => return,
        };
        // One that does not listen any more is told by its death.
        let _ = client.onPrompt(told);
    }))
}
