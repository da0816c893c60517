//! What a backend sees of a run: every payment is verified as it comes, and at the end the
//! counters of all of them are held against each other.

use anyhow::{Context, Result, bail, ensure};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use touchseal_verify::{Chain, Expectations, Origin, PublicKey, Signed, verify};

/// A client, in the order of their numbers; the numbers of one uid.
pub const CLIENTS_A_UID: usize = 2;
/// The uid of the first clients: as `host/examples/soak.rs` has it.
pub const FIRST_UID: u32 = 10_001;

/// A payment that was acknowledged.
#[derive(Clone, Debug)]
pub struct Paid {
    /// Microseconds since the run began.
    pub at: u64,
    /// How long begin, touch and finish took, in microseconds.
    pub steps: [f64; 3],
    counter: u64,
    /// The audit head before it.
    head: [u8; 32],
    digest: [u8; 32],
}

/// Memory in use at a time, in KiB.
#[derive(Clone, Copy, Debug)]
pub struct InUse {
    /// Payments by then.
    pub paid: usize,
    /// Of the clients that live long.
    pub clients: u64,
    /// Of the kernel's objects.
    pub kernel: u64,
    /// Of all of the normal world.
    pub free: u64,
}

/// A run so far.
#[derive(Default)]
pub struct Seen {
    pub device_key: Option<PublicKey>,
    pub chains: BTreeMap<u32, Chain>,
    pub paid: Vec<Paid>,
    /// The last counter that each client was shown.
    last: BTreeMap<usize, u64>,
    /// Clients killed with a payment under way.
    pub killed: u64,
    /// Steps that were asked again, because of others.
    pub again: u64,
    pub wrong_fingers: u64,
    /// When, and how long a little work took, in microseconds.
    pub work: Vec<(u64, f64)>,
    pub in_use: Vec<InUse>,
    /// Payments by then, and the bytes of secure memory that were in use once.
    pub secure: Vec<(usize, u64)>,
}

/// What the counters of a run are.
#[derive(Debug, PartialEq, Eq)]
pub struct Counters {
    /// Values that no acknowledged payment has.
    pub missing: u64,
    /// Pairs of values whose statements are neighbours in the audit chain.
    pub chained: u64,
}

impl Seen {
    /// A line of `host/examples/soak.rs`.
    pub fn line(&mut self, line: &str) -> Result<()> {
        let seen = match line.split(' ').collect::<Vec<_>>()[..] {
            [
                "paid",
                client,
                at,
                begin,
                touch,
                finish,
                again,
                wrong,
                ref signed @ ..,
            ] => {
                self.again += again.parse::<u64>()?;
                self.wrong_fingers += wrong.parse::<u64>()?;
                let steps = [begin.parse()?, touch.parse()?, finish.parse()?];
                self.paid(client.parse()?, at.parse()?, steps, signed)
            }
            ["killed", _, _] => {
                self.killed += 1;
                Ok(())
            }
            ["control", at, micros] => {
                self.work.push((at.parse()?, micros.parse()?));
                Ok(())
            }
            ["memory", _, clients, kernel, free] => {
                self.in_use.push(InUse {
                    paid: self.paid.len(),
                    clients: clients.parse()?,
                    kernel: kernel.parse()?,
                    free: free.parse()?,
                });
                Ok(())
            }
            _ => bail!("nothing that a client says"),
        };
        seen.with_context(|| format!("`{line}`"))
    }

    fn paid(&mut self, client: usize, at: u64, steps: [f64; 3], signed: &[&str]) -> Result<()> {
        let [nonce, statement, signature] = signed else {
            bail!("no signature");
        };
        let mut asked = [0; 32];
        hex::decode_to_slice(nonce, &mut asked)?;
        let payment = Signed {
            statement: hex::decode(statement)?,
            signature: hex::decode(signature)?,
        };
        let uid = FIRST_UID + u32::try_from(client / CLIENTS_A_UID)?;
        let chain = self.chains.get(&uid).context("a client without a chain")?;
        let device_key = self.device_key.as_ref().context("no device key")?;
        let verified = verify(device_key, chain, &payment)?;
        let expected = Expectations {
            origin: Origin {
                uid: Some(uid),
                last_counter: self.last.get(&client).copied(),
                require_tee: true,
                require_real_sensor: true,
                ..Origin::default()
            },
            amount: Some(1999),
            nonce: Some(asked),
            ..Expectations::default()
        };
        expected.check(&verified)?;
        let header = verified.payment.header;
        self.last.insert(client, header.counter);
        self.paid.push(Paid {
            at,
            steps,
            counter: header.counter,
            head: header.audit_head,
            digest: Sha256::digest(&payment.statement).into(),
        });
        Ok(())
    }

    /// The counters, between those of the device before and after: each value once, none
    /// missing that a killed client's payment cannot have, and each statement continues the
    /// audit chain of the one before.
    pub fn counters(&self, before: u64, after: u64) -> Result<Counters> {
        let mut paid: Vec<_> = self.paid.iter().collect();
        paid.sort_by_key(|paid| paid.counter);
        let mut chained = 0;
        for pair in paid.windows(2) {
            let [one, next] = pair else { continue };
            ensure!(
                one.counter < next.counter,
                "{} is in two payments",
                next.counter
            );
            if one.counter + 1 == next.counter {
                let head: [u8; 32] = Sha256::new_with_prefix(b"touchseal.audit")
                    .chain_update(one.head)
                    .chain_update(one.digest)
                    .finalize()
                    .into();
                ensure!(head == next.head, "{} breaks the audit chain", next.counter);
                chained += 1;
            }
        }
        let within = |paid: &&&Paid| paid.counter > before && paid.counter <= after;
        ensure!(
            paid.iter().filter(within).count() == paid.len(),
            "a payment's counter is not between the device's, {before} and {after}"
        );
        let missing = (after - before) - paid.len() as u64;
        ensure!(
            missing <= self.killed,
            "{missing} counter values are in no payment, and only {} clients were killed in one",
            self.killed
        );
        Ok(Counters { missing, chained })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(counters: &[u64], killed: u64) -> Seen {
        let mut head = [0; 32];
        let mut last = counters.first().copied().unwrap_or(0);
        let paid = counters.iter().map(|counter| {
            if *counter > last + 1 {
                head = [9; 32];
            }
            last = *counter;
            let paid = Paid {
                at: 0,
                steps: [0.0; 3],
                counter: *counter,
                head,
                digest: [*counter as u8; 32],
            };
            head = Sha256::new_with_prefix(b"touchseal.audit")
                .chain_update(head)
                .chain_update(paid.digest)
                .finalize()
                .into();
            paid
        });
        Seen {
            paid: paid.collect(),
            killed,
            ..Seen::default()
        }
    }

    #[test]
    fn a_value_is_missing_for_a_killed_client_only() {
        let found = seen(&[6, 7, 9], 1).counters(5, 9).unwrap();
        assert_eq!((found.missing, found.chained), (1, 1));
        for (counters, killed, before, after) in [
            (&[6, 7, 9][..], 0, 5, 9),
            (&[6, 7], 1, 5, 9),
            (&[6, 7, 7], 3, 5, 9),
            (&[6, 7], 1, 6, 7),
            (&[6, 7], 1, 5, 6),
        ] {
            let counted = seen(counters, killed).counters(before, after);
            assert!(
                counted.is_err(),
                "{counters:?} of {before} to {after}: {counted:?}"
            );
        }
    }

    #[test]
    fn a_statement_out_of_the_chain_is_found() {
        let mut broken = seen(&[6, 7, 8], 0);
        broken.paid[2].head[0] ^= 1;
        broken.counters(5, 8).unwrap_err();
    }
}
