//! All that a device has signed, in order.

use sha2::{Digest, Sha256};
use std::collections::HashMap;
use touchseal_proto::message::DeviceId;
use touchseal_proto::signed::Header;

/// The counters and the audit chain of each device that was seen.
#[derive(Default)]
pub struct Ledger(HashMap<DeviceId, Account>);

#[derive(Default)]
struct Account {
    counter: u64,
    /// The audit head after that, where it follows from what was seen.
    head: Option<[u8; 32]>,
}

impl Ledger {
    /// The last counter value that was seen.
    pub fn last(&self, device: &DeviceId) -> u64 {
        self.0.get(device).map_or(0, |account| account.counter)
    }

    /// A statement of the native dialect, which says what the audit head was before it.
    pub fn native(&mut self, header: &Header, statement: &[u8]) {
        self.count(header.device_id, header.counter, |expected| {
            assert!(
                expected.is_none_or(|head| head == header.audit_head),
                "the audit chain is of something else"
            );
            Some(header.audit_head)
        })
        .follow(statement);
    }

    /// One of the SOTER dialect.
    pub fn json(&mut self, device: DeviceId, counter: u64, json: &[u8]) {
        self.count(device, counter, |head| head).follow(json);
    }

    fn count(
        &mut self,
        device: DeviceId,
        counter: u64,
        head: impl FnOnce(Option<[u8; 32]>) -> Option<[u8; 32]>,
    ) -> &mut Account {
        let account = self.0.entry(device).or_default();
        assert!(counter > account.counter, "counter {counter} twice");
        let expected = account.head.filter(|_| counter == account.counter + 1);
        account.head = head(expected);
        account.counter = counter;
        account
    }
}

impl Account {
    fn follow(&mut self, signed: &[u8]) {
        self.head = self.head.map(|head| {
            Sha256::new()
                .chain_update(b"touchseal.audit")
                .chain_update(head)
                .chain_update(Sha256::digest(signed))
                .finalize()
                .into()
        });
    }
}
