//! The trusted applications of a guest, reached from outside: each request goes through a
//! small program in the guest (host/examples/proxy.rs). So the clients of this process are
//! apps of the guest, of any uid, and outlive a power cut.

use crate::Writes;
use std::fmt;
use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use touchseal::proto::transport::Transport;
use touchseal::{FingerprintClient, GatekeeperClient, PaymentClient, SoterClient};

/// Nothing that the trusted applications do takes so long.
const LIMIT: Duration = Duration::from_secs(300);
/// How often we look whether the power is out. A write takes ten times as long.
const LOOK: Duration = Duration::from_micros(100);

/// A running proxy. Its clones are the same one.
#[derive(Clone, Debug)]
pub struct Proxy(Arc<Mutex<Wire>>);

/// When the power goes out.
#[derive(Debug)]
pub struct Cut {
    /// At this time, if not before.
    pub at: Instant,
    /// Once there were so many writes since boot.
    pub after: Option<(Writes, u64)>,
}

impl Cut {
    fn has_come(&mut self) -> std::io::Result<bool> {
        let written = match &mut self.after {
            Some((writes, number)) => writes.count()? >= *number,
            None => false,
        };
        Ok(written || Instant::now() >= self.at)
    }
}

/// Why a request has no response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProxyError {
    /// The guest did not answer in time, or has ended. The proxy is not used again.
    NoAnswer,
    /// The [cut](Cut) has come. The proxy is not used again.
    Cut,
    /// The guest says that it could not be asked.
    Guest(String),
}

impl fmt::Display for ProxyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoAnswer => f.write_str("the guest does not answer"),
            Self::Cut => f.write_str("the power was cut"),
            Self::Guest(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for ProxyError {}

/// Requests and answers are lines.
#[derive(Debug)]
struct Wire {
    /// Why not, once an answer did not come: the next one would be taken for it.
    port: Result<BufReader<UnixStream>, ProxyError>,
    cut: Option<Cut>,
    /// How long commands took, in the guest.
    busy: Duration,
}

impl Wire {
    fn ask(&mut self, line: &str) -> Result<String, ProxyError> {
        match self.exchange(line) {
            Ok(answer) => match answer.split_once(' ') {
                Some(("ok", answer)) => Ok(answer.to_owned()),
                _ => Err(ProxyError::Guest(answer)),
            },
            Err(end) => {
                self.port = Err(end.clone());
                Err(end)
            }
        }
    }

    fn exchange(&mut self, line: &str) -> Result<String, ProxyError> {
        let port = self.port.as_mut().map_err(|end| end.clone())?;
        let gone = |_| ProxyError::NoAnswer;
        let stream = port.get_mut();
        stream.set_nonblocking(false).map_err(gone)?;
        stream.set_read_timeout(Some(LIMIT)).map_err(gone)?;
        stream
            .write_all(format!("{line}\n").as_bytes())
            .map_err(gone)?;
        stream.set_nonblocking(self.cut.is_some()).map_err(gone)?;
        let mut answer = Vec::new();
        loop {
            if let Some(cut) = &mut self.cut
                && cut.has_come().map_err(gone)?
            {
                return Err(ProxyError::Cut);
            }
            match port.read_until(b'\n', &mut answer) {
                Err(error) if error.kind() == ErrorKind::WouldBlock && self.cut.is_some() => {
                    std::thread::sleep(LOOK);
                }
                read => {
                    read.map_err(gone)?;
                    let answer = String::from_utf8(answer).ok();
                    let answer = answer
                        .as_deref()
                        .and_then(|answer| answer.strip_suffix('\n'));
                    return answer.map(str::to_owned).ok_or(ProxyError::NoAnswer);
                }
            }
        }
    }
}

impl Proxy {
    pub(crate) fn new(port: UnixStream) -> Self {
        Self(Arc::new(Mutex::new(Wire {
            port: Ok(BufReader::new(port)),
            cut: None,
            busy: Duration::ZERO,
        })))
    }

    fn wire(&self) -> MutexGuard<'_, Wire> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// There are no answers from the cut on, as if the power were out.
    pub fn answer_until(&self, cut: Cut) {
        self.wire().cut = Some(cut);
    }

    /// How long the commands took since this was last asked: from one invoke's beginning
    /// to its end, in the guest.
    pub fn take_busy(&self) -> Duration {
        std::mem::take(&mut self.wire().busy)
    }

    /// A client of the payment TA, as this uid.
    ///
    /// # Errors
    ///
    /// When no session can be opened.
    pub fn payment(&self, uid: u32) -> Result<PaymentClient<Session>, ProxyError> {
        self.open("payment", uid).map(PaymentClient::new)
    }

    /// A client of the SOTER TA, as this uid.
    ///
    /// # Errors
    ///
    /// When no session can be opened.
    pub fn soter(&self, uid: u32) -> Result<SoterClient<Session>, ProxyError> {
        self.open("soter", uid).map(SoterClient::new)
    }

    /// A client of the fingerprint TA, as this uid.
    ///
    /// # Errors
    ///
    /// When no session can be opened.
    pub fn fingerprint(&self, uid: u32) -> Result<FingerprintClient<Session>, ProxyError> {
        self.open("fingerprint", uid).map(FingerprintClient::new)
    }

    /// A client of the gatekeeper TA, as this uid.
    ///
    /// # Errors
    ///
    /// When no session can be opened.
    pub fn gatekeeper(&self, uid: u32) -> Result<GatekeeperClient<Session>, ProxyError> {
        self.open("gatekeeper", uid).map(GatekeeperClient::new)
    }

    fn open(&self, ta: &str, uid: u32) -> Result<Session, ProxyError> {
        let number = self.wire().ask(&format!("open {ta} {uid}"))?;
        Ok(Session {
            proxy: self.clone(),
            number,
        })
    }
}

/// A session with a trusted application. Closed when dropped.
#[derive(Debug)]
pub struct Session {
    proxy: Proxy,
    number: String,
}

impl Transport for Session {
    type Error = ProxyError;

    fn invoke(
        &mut self,
        command: u32,
        request: &[u8],
        response: &mut [u8],
    ) -> Result<usize, ProxyError> {
        let mut wire = self.proxy.wire();
        let (number, request) = (&self.number, hex::encode(request));
        let room = response.len();
        let answer = wire.ask(&format!("invoke {number} {command} {room} {request}"))?;
        let garbled = || ProxyError::Guest(format!("the proxy says `{answer}`"));
        let (micros, bytes) = answer.split_once(' ').ok_or_else(garbled)?;
        wire.busy += Duration::from_micros(micros.parse().map_err(|_| garbled())?);
        let bytes = hex::decode(bytes).map_err(|_| garbled())?;
        response
            .get_mut(..bytes.len())
            .ok_or_else(garbled)?
            .copy_from_slice(&bytes);
        Ok(bytes.len())
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // Fails only where the guest is gone, and the session with it.
        let _ = self.proxy.wire().ask(&format!("close {}", self.number));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wire() -> (Proxy, UnixStream) {
        let (here, there) = UnixStream::pair().unwrap();
        (Proxy::new(here), there)
    }

    #[test]
    fn a_response_comes_back_with_its_time() {
        let (proxy, mut guest) = wire();
        guest.write_all(b"ok 3\nok 1500 0a0b\n").unwrap();
        let mut session = proxy.open("payment", 10115).unwrap();
        let mut response = [0; 3];
        assert_eq!(session.invoke(21, &[1, 2], &mut response), Ok(2));
        assert_eq!(response, [0x0a, 0x0b, 0]);
        assert_eq!(proxy.take_busy(), Duration::from_micros(1500));
        guest.write_all(b"ok \n").unwrap();
        drop(session);
        let asked = BufReader::new(guest).lines().take(3);
        assert_eq!(
            asked.collect::<Result<Vec<_>, _>>().unwrap(),
            ["open payment 10115", "invoke 3 21 3 0102", "close 3"]
        );
    }

    #[test]
    fn an_answer_that_comes_too_late_is_nobodys() {
        let (proxy, mut guest) = wire();
        let cut = |at| Cut { at, after: None };
        proxy.answer_until(cut(Instant::now() + Duration::from_millis(5)));
        assert_eq!(proxy.payment(1).map(drop), Err(ProxyError::Cut));
        guest.write_all(b"ok 1\n").unwrap_err();
        proxy.answer_until(cut(Instant::now() + LIMIT));
        assert_eq!(proxy.payment(1).map(drop), Err(ProxyError::Cut));
    }

    #[test]
    fn a_guest_that_ends_by_itself_is_no_cut() {
        let (proxy, guest) = wire();
        let at = Instant::now() + LIMIT;
        proxy.answer_until(Cut { at, after: None });
        drop(guest);
        for _ in 0..2 {
            assert_eq!(proxy.payment(1).map(drop), Err(ProxyError::NoAnswer));
        }
    }

    #[test]
    fn no_answer_counts_after_the_last_write() {
        let (proxy, mut guest) = wire();
        let mut trace = tempfile::NamedTempFile::new().unwrap();
        let after = Some((Writes::follow(trace.path()).unwrap(), 1));
        let at = Instant::now() + LIMIT;
        proxy.answer_until(Cut { at, after });
        guest.write_all(b"ok 1\nok 2\n").unwrap();
        let session = proxy.open("payment", 1).unwrap();
        trace
            .write_all(b"sdcard_rpmb_write_block req 0x3 result 0x0\n")
            .unwrap();
        assert_eq!(proxy.payment(1).map(drop), Err(ProxyError::Cut));
        drop(session);
    }

    #[test]
    fn what_the_guest_says_is_told() {
        let (proxy, mut guest) = wire();
        guest.write_all(b"error no driver\n").unwrap();
        let said = ProxyError::Guest("error no driver".into());
        assert_eq!(proxy.fingerprint(1).map(drop), Err(said));
    }
}
