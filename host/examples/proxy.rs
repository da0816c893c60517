//! Lets a program outside the guest speak to the trusted applications: a line of standard
//! input is a request, a line of standard output its answer. `qemu/src/proxy.rs` is the
//! other end. As root, because a session is opened as the process's effective uid.
//!
//! | request | answer |
//! | --- | --- |
//! | `open TA UID`, of `payment`, `soter`, `fingerprint`, `gatekeeper` | `ok SESSION` |
//! | `invoke SESSION COMMAND ROOM HEX` | `ok MICROSECONDS HEX` |
//! | `close SESSION` | `ok ` |
//!
//! or `error WHY`.

use anyhow::{Context, Result, bail};
use nix::unistd::{Uid, seteuid};
use std::collections::BTreeMap;
use std::time::Instant;
use touchseal::proto::transport::Transport;
use touchseal::transport::teec::Teec;

#[derive(Default)]
struct Sessions {
    open: BTreeMap<u32, Teec>,
    last: u32,
}

impl Sessions {
    fn serve(&mut self, line: &str) -> Result<String> {
        match line.split(' ').collect::<Vec<_>>()[..] {
            ["open", ta, uid] => self.open(ta, uid.parse()?),
            ["invoke", session, command, room, request] => {
                let session = self.open.get_mut(&session.parse()?).context("no session")?;
                let (command, request) = (command.parse()?, hex::decode(request)?);
                let mut response = vec![0; room.parse()?];
                let began = Instant::now();
                let filled = session.invoke(command, &request, &mut response)?;
                let micros = began.elapsed().as_micros();
                let response = response
                    .get(..filled)
                    .context("a response beyond its room")?;
                Ok(format!("{micros} {}", hex::encode(response)))
            }
            ["close", session] => {
                self.open.remove(&session.parse()?).context("no session")?;
                Ok(String::new())
            }
            _ => bail!("no such request"),
        }
    }

    fn open(&mut self, ta: &str, uid: u32) -> Result<String> {
        seteuid(Uid::from_raw(uid))?;
        let opened = match ta {
            "payment" => Teec::payment(uid).map(Some),
            "soter" => Teec::soter(uid).map(Some),
            "fingerprint" => Teec::fingerprint(uid).map(Some),
            "gatekeeper" => Teec::gatekeeper(uid).map(Some),
            _ => Ok(None),
        };
        seteuid(Uid::from_raw(0))?;
        let session = opened?.context("no such trusted application")?;
        self.last += 1;
        self.open.insert(self.last, session);
        Ok(self.last.to_string())
    }
}

fn main() -> Result<()> {
    let mut sessions = Sessions::default();
    for line in std::io::stdin().lines() {
        match sessions.serve(&line?) {
            Ok(answer) => println!("ok {answer}"),
            Err(error) => println!("error {error:#}"),
        }
    }
    Ok(())
}
