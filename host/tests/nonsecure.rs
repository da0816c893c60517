//! The black-box suite on the trusted applications in this process: on any machine.

mod blackbox;

use blackbox::{Bench, suite};
use touchseal_core::dispatch::Login;
use touchseal_nonsecure::{Device, NonsecureTransport};

impl Bench for Device {
    type Transport = NonsecureTransport;

    fn try_payment(&self, uid: u32) -> Option<NonsecureTransport> {
        self.try_payment(Login::App { uid }).ok()
    }
    fn payment_on_behalf(&self, uid: u32) -> NonsecureTransport {
        Self::payment(self, Login::App { uid })
    }
    fn soter(&self, uid: u32) -> NonsecureTransport {
        Self::soter(self, Login::App { uid })
    }
    fn fingerprint(&self, uid: u32) -> NonsecureTransport {
        Self::fingerprint(self, Login::App { uid })
    }
    fn gatekeeper(&self, uid: u32) -> NonsecureTransport {
        Self::gatekeeper(self, Login::App { uid })
    }
    fn wait_ms(&self, ms: u64) {
        self.skip_ms(ms);
    }
}

suite! { Device::default() }
