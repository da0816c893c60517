//! A model of the fingerprint sensor: a module of the R503's family at the machine's second
//! UART, which the secure world alone reaches. To the driver in the trusted application it is
//! a module; what lies on it is said outside the machine, with a [`Hand`].
//!
//! # A real one
//!
//! GROW R503 (192 x 192 pixels at 508 dpi, capacitive) and its kin (R30x, ZFM-20, AS608:
//! 256 x 288, optical) speak this protocol. One is fit when it uploads images (`UpImage`),
//! tells their size (`ReadProdInfo`), and sees enough of a finger: see [`Hand::default`].
//!
//! | R503, pin | colour | | to |
//! | --- | --- | --- | --- |
//! | 1 | red | power | 3.3 V, 20 mA and more while it lights |
//! | 2 | black | ground | ground |
//! | 3 | yellow | it sends, 3.3 V TTL | RX of the board's secure UART |
//! | 4 | brown or green | it receives, 3.3 V TTL | TX of the board's secure UART |
//! | 5 | blue | wakes up: low while a finger lies on it | not in use |
//! | 6 | white | power of the touch detection | 3.3 V |
//!
//! It listens at 57600 baud, 8N1, from 200 ms after power-on; other rates are multiples of
//! 9600 up to 115200, which it remembers. OP-TEE's build says the UART's address, clock and
//! baud rate (`CFG_SECURE_UART_*` in `qemu/build/optee-make.sh`).
//!
//! The UART is the secure world's alone when the board's protection controller says so (TZPC
//! on i.MX and others, ETZPC or RIFSC on STM32MP, the NIC's or firewall's registers elsewhere),
//! before Linux starts and locked; it is then not in Linux's device tree, and no DMA channel
//! or pin multiplexer that Linux controls leads around it.
//!
//! # Packets
//!
//! | offset | bytes | |
//! | --- | --- | --- |
//! | 0 | 2 | `EF 01` |
//! | 2 | 4 | address, `FF FF FF FF` |
//! | 6 | 1 | 1 command, 2 more follows, 7 acknowledge, 8 the last |
//! | 7 | 2 | length of payload and checksum, big-endian |
//! | 9 | n | payload |
//! | 9 + n | 2 | checksum, big-endian: sum of the bytes from offset 6 on |
//!
//! # Commands
//!
//! | | name | acknowledged with |
//! | --- | --- | --- |
//! | `01` | GenImg | 0 taken, 2 no finger, 3 failed |
//! | `0A` | UpImage | 0, then the image in packets of 32 to 256 bytes: rows from the top, two pixels of 4 bits a byte, the first in its upper half |
//! | `0F` | ReadSysPara | 0 and 16 bytes: status, system id, capacity, security level, address, packet size (0 to 3: 32 << n), baud rate / 9600 |
//! | `3C` | ReadProdInfo | 0 and 46 bytes: module type (16), batch (4), serial number (8), hardware version (2), sensor type (8), width (2), height (2), template size (2), capacity (2) |
//! | `3D` | SoftRst | 0 |
//! | `40` | HandShake | 0 |
//!
//! touchseal uses `01`, `0A` and `3C`. Another command is acknowledged with 1.

mod hand;

pub use hand::{Fault, Hand, Impression};

use anyhow::{Context, Result};
use std::io::{self, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const START: [u8; 6] = [0xef, 0x01, 0xff, 0xff, 0xff, 0xff];
const COMMAND: u8 = 1;
const MORE: u8 = 2;
const ACKNOWLEDGE: u8 = 7;
const LAST: u8 = 8;

const DONE: u8 = 0;
const NOT_UNDERSTOOD: u8 = 1;
const NO_FINGER: u8 = 2;
const NO_IMAGE: u8 = 0x0f;

/// Bytes of an image in a packet: the factory setting, which is code 2.
const PACKET: usize = 128;
const PACKET_CODE: u8 = 2;
/// 57600 baud.
const BAUD_CODE: u8 = 6;

/// A dribbling module's bytes are so far apart.
const DRIBBLE: Duration = Duration::from_millis(20);

/// A module at a socket, to which the machine's UART connects, as often as it likes.
#[derive(Debug)]
pub(crate) struct Module {
    dir: tempfile::TempDir,
    gone: Arc<AtomicBool>,
}

impl Module {
    pub(crate) fn start(hand: Hand) -> Result<Self> {
        let dir = tempfile::tempdir().context("Cannot make a temporary directory")?;
        let listener = UnixListener::bind(socket(dir.path()))?;
        let gone = Arc::new(AtomicBool::new(false));
        let ended = Arc::clone(&gone);
        std::thread::spawn(move || {
            while let Ok((line, _)) = listener.accept() {
                if ended.load(Ordering::Relaxed) {
                    return;
                }
                // A line that breaks is one that ended.
                let _ = serve(line, &hand);
            }
        });
        Ok(Self { dir, gone })
    }

    pub(crate) fn socket(&self) -> PathBuf {
        socket(self.dir.path())
    }
}

impl Drop for Module {
    fn drop(&mut self) {
        self.gone.store(true, Ordering::Relaxed);
        // Wakes the thread.
        let _ = UnixStream::connect(self.socket());
    }
}

fn socket(dir: &Path) -> PathBuf {
    dir.join("uart")
}

/// Is a module at this line, until the line ends.
///
/// # Errors
///
/// When the line breaks.
pub fn serve(mut line: impl Read + Write, hand: &Hand) -> io::Result<()> {
    let mut picture = None;
    loop {
        let answer = match receive(&mut line)?.as_deref() {
            Some([0x01]) => {
                picture = hand.picture();
                acknowledge(if picture.is_some() { DONE } else { NO_FINGER }, &[])
            }
            Some([0x0a]) => match &picture {
                Some(picture) => [acknowledge(DONE, &[]), upload(picture, hand.fault())].concat(),
                None => acknowledge(NO_IMAGE, &[]),
            },
            Some([0x0f]) => acknowledge(DONE, &system_parameters()),
            Some([0x3c]) => acknowledge(DONE, &product_info(hand)),
            Some([0x3d | 0x40]) => acknowledge(DONE, &[]),
            _ => acknowledge(NOT_UNDERSTOOD, &[]),
        };
        match hand.fault() {
            Some(Fault::Silent) => {}
            Some(Fault::StallsAfter(bytes)) => {
                line.write_all(&answer[..bytes.min(answer.len())])?
            }
            Some(Fault::Disconnects) => return line.write_all(&answer[..answer.len() / 2]),
            Some(Fault::Noise) => line.write_all(&hand.noise(answer.len()))?,
            Some(Fault::Dribbles) => {
                for byte in answer {
                    line.write_all(&[byte])?;
                    std::thread::sleep(DRIBBLE);
                    if hand.fault() != Some(Fault::Dribbles) {
                        break;
                    }
                }
            }
            _ => line.write_all(&answer)?,
        }
    }
}

/// The payload of the next command; None for a packet that is none.
fn receive(line: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut start = [0; START.len()];
    line.read_exact(&mut start)?;
    while start != START {
        start.rotate_left(1);
        line.read_exact(&mut start[START.len() - 1..])?;
    }
    let mut head = [0; 3];
    line.read_exact(&mut head)?;
    let mut payload = vec![0; u16::from_be_bytes([head[1], head[2]]).into()];
    line.read_exact(&mut payload)?;
    let Some(end) = payload.len().checked_sub(2) else {
        return Ok(None);
    };
    let checksum = payload.split_off(end);
    let understood = head[0] == COMMAND && checksum == sum(&[&head, &payload]);
    Ok(understood.then_some(payload))
}

fn packet(kind: u8, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len() + 2).expect("payloads are short");
    let [high, low] = length.to_be_bytes();
    let head = [kind, high, low];
    [&START[..], &head, payload, &sum(&[&head, payload])].concat()
}

fn sum(parts: &[&[u8]]) -> [u8; 2] {
    let bytes = parts.iter().copied().flatten();
    bytes
        .fold(0u16, |sum, byte| sum.wrapping_add((*byte).into()))
        .to_be_bytes()
}

fn acknowledge(code: u8, rest: &[u8]) -> Vec<u8> {
    packet(ACKNOWLEDGE, &[&[code], rest].concat())
}

fn upload(picture: &[u8], fault: Option<Fault>) -> Vec<u8> {
    let picture = match fault {
        Some(Fault::Truncates) => &picture[..picture.len() / 2],
        _ => picture,
    };
    let chunks = picture.chunks(PACKET);
    let last = chunks.len() - 1;
    let packets = chunks.enumerate().map(|(n, chunk)| {
        let mut packet = packet(if n == last { LAST } else { MORE }, chunk);
        match fault {
            Some(Fault::WrongChecksum) if n == last / 2 => *packet.last_mut().unwrap() ^= 1,
            Some(Fault::LiesAboutLength) if n == last / 2 => packet[7] = 0x7f,
            _ => {}
        }
        packet
    });
    packets.collect::<Vec<_>>().concat()
}

fn system_parameters() -> [u8; 16] {
    let mut parameters = [0; 16];
    // Capacity, security level, address.
    parameters[4..12].copy_from_slice(&[0, 200, 0, 3, 0xff, 0xff, 0xff, 0xff]);
    (parameters[13], parameters[15]) = (PACKET_CODE, BAUD_CODE);
    parameters
}

fn product_info(hand: &Hand) -> Vec<u8> {
    let (width, height) = match hand.fault() {
        Some(Fault::ImpossibleSize) => (3, 65535),
        _ => hand.window(),
    };
    let mut info = b"MODEL\0\0\0\0\0\0\0\0\0\0\0".to_vec();
    info.extend(b"0001\0\0\0\0\0\0\0\x01\x01\x00MODEL\0\0\0");
    for number in [width, height, 512, 200] {
        info.extend(number.to_be_bytes());
    }
    info
}
