//! Packets over a serial line:
//!
//! | offset | bytes | |
//! | --- | --- | --- |
//! | 0 | 2 | `EF 01` |
//! | 2 | 4 | the module's address, `FF FF FF FF` |
//! | 6 | 1 | kind: 1 command, 2 more follows, 7 acknowledge, 8 the last |
//! | 7 | 2 | length of what follows, big-endian: payload and checksum |
//! | 9 | n | payload, at most 256 bytes |
//! | 9 + n | 2 | checksum, big-endian: sum of the bytes from the kind on |

use crate::error::{Error, Result};
use crate::platform::{Clock, Uart};
use zeroize::{Zeroize, Zeroizing};

const START: [u8; 6] = [0xef, 0x01, 0xff, 0xff, 0xff, 0xff];
const HEAD: usize = START.len() + 3;
const CHECKSUM: usize = 2;
const LONGEST_PAYLOAD: usize = 256;
/// The commands in use have one byte.
const LONGEST_COMMAND: usize = 1;

/// One that says nothing for so long in the middle of something is gone.
const SILENCE_MS: u64 = 1_000;
/// A line on which nothing came for so long is silent.
const PAUSE_MS: u64 = 50;

/// What a packet is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Kind(u8);

impl Kind {
    const COMMAND: Self = Self(1);
    /// A part of something longer.
    pub const MORE: Self = Self(2);
    /// The answer to a command.
    pub const ACKNOWLEDGE: Self = Self(7);
    /// The last part.
    pub const LAST: Self = Self(8);
}

/// The time that something may take.
pub struct Limit<'a, C> {
    clock: &'a mut C,
    end: u64,
}

impl<'a, C: Clock> Limit<'a, C> {
    /// So many milliseconds from now.
    pub fn new(clock: &'a mut C, ms: u64) -> Self {
        let end = clock.now_ms().saturating_add(ms);
        Self { clock, end }
    }

    /// What is left, `most` at most. A module that has used it up is silent.
    fn left(&mut self, most: u64) -> Result<u32> {
        match self.end.saturating_sub(self.clock.now_ms()).min(most) {
            0 => Err(Error::SensorSilent),
            left => Ok(u32::try_from(left).unwrap_or(u32::MAX)),
        }
    }
}

/// Packets go out of it and come in. What comes in may be pixels: it is wiped.
pub struct Line<U> {
    input: Input<U>,
    payload: Zeroizing<[u8; LONGEST_PAYLOAD]>,
}

impl<U: Uart> Line<U> {
    pub fn new(uart: U) -> Self {
        Self {
            input: Input {
                uart,
                ahead: Zeroizing::new([0; 1024]),
                taken: 0,
                filled: 0,
            },
            payload: Zeroizing::new([0; LONGEST_PAYLOAD]),
        }
    }

    /// Forgets everything that came in.
    pub fn wipe(&mut self) {
        self.input.wipe();
        self.payload.zeroize();
    }

    /// Discards what comes until nothing does.
    pub fn wait_for_silence(&mut self, limit: &mut Limit<'_, impl Clock>) -> Result<()> {
        self.input.wait_for_silence(limit)
    }

    /// Sends a command. What came unasked before it is no answer to it.
    pub fn send_command(&mut self, payload: &[u8; LONGEST_COMMAND]) -> Result<()> {
        let mut packet = heapless::Vec::<u8, { HEAD + LONGEST_COMMAND + CHECKSUM }>::new();
        let length = length_of(payload);
        let parts: [&[u8]; 5] = [
            &START,
            &[Kind::COMMAND.0],
            &length,
            payload,
            &checksum(Kind::COMMAND, length, payload),
        ];
        for part in parts {
            packet
                .extend_from_slice(part)
                .map_err(|_| Error::Platform)?;
        }
        self.input.wipe();
        self.input.uart.discard()?;
        self.input.uart.send(&packet)
    }

    /// Receives a packet: what it is, and its payload.
    pub fn receive(&mut self, limit: &mut Limit<'_, impl Clock>) -> Result<(Kind, &[u8])> {
        let mut head = [0; HEAD];
        self.input.fill(&mut head, limit)?;
        let [start @ .., kind, l0, l1] = head;
        if start != START {
            return Err(Error::SensorFault);
        }
        let (kind, length) = (Kind(kind), [l0, l1]);
        let payload = usize::from(u16::from_be_bytes(length))
            .checked_sub(CHECKSUM)
            .and_then(|length| self.payload.get_mut(..length))
            .ok_or(Error::SensorFault)?;
        let mut sum = [0; CHECKSUM];
        self.input.fill(payload, limit)?;
        self.input.fill(&mut sum, limit)?;
        if sum != checksum(kind, length, payload) {
            return Err(Error::SensorFault);
        }
        Ok((kind, payload))
    }
}

/// What comes in, read ahead: each call of the line costs more than a byte does.
struct Input<U> {
    uart: U,
    ahead: Zeroizing<[u8; 1024]>,
    /// Of `ahead`, the part from here to `filled` is yet to be taken.
    taken: usize,
    filled: usize,
}

impl<U: Uart> Input<U> {
    /// Takes exactly as many bytes as `out` has.
    fn fill(&mut self, out: &mut [u8], limit: &mut Limit<'_, impl Clock>) -> Result<()> {
        for byte in out {
            if self.taken == self.filled {
                self.read_ahead(limit)?;
            }
            *byte = *self.ahead.get(self.taken).ok_or(Error::Platform)?;
            self.taken = self.taken.saturating_add(1);
        }
        Ok(())
    }

    fn read_ahead(&mut self, limit: &mut Limit<'_, impl Clock>) -> Result<()> {
        (self.taken, self.filled) = (0, 0);
        match self
            .uart
            .receive(self.ahead.as_mut(), limit.left(SILENCE_MS)?)?
        {
            0 => Err(Error::SensorSilent),
            count => {
                self.filled = count.min(self.ahead.len());
                Ok(())
            }
        }
    }

    /// A module that never ends is at fault.
    fn wait_for_silence(&mut self, limit: &mut Limit<'_, impl Clock>) -> Result<()> {
        loop {
            self.uart.discard()?;
            let pause = limit.left(PAUSE_MS).map_err(|_| Error::SensorFault)?;
            if self.uart.receive(self.ahead.as_mut(), pause)? == 0 {
                return Ok(());
            }
        }
    }

    fn wipe(&mut self) {
        self.ahead.zeroize();
        (self.taken, self.filled) = (0, 0);
    }
}

/// A payload's length as a packet says it.
fn length_of(payload: &[u8; LONGEST_COMMAND]) -> [u8; 2] {
    let length = payload.len().saturating_add(CHECKSUM);
    u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes()
}

fn checksum(kind: Kind, length: [u8; 2], payload: &[u8]) -> [u8; CHECKSUM] {
    length
        .iter()
        .chain(payload)
        .fold(u16::from(kind.0), |sum, byte| {
            sum.wrapping_add(u16::from(*byte))
        })
        .to_be_bytes()
}
