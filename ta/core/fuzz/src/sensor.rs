//! Whatever a module says on its line: the driver ends in time, gives a whole picture or
//! none, and is there again for a module that works.

use arbitrary::{Arbitrary, Unstructured};
use std::cell::Cell;
use std::collections::VecDeque;
use std::rc::Rc;
use touchseal_core::error::{Error, Result};
use touchseal_core::fingerprint::frame::{Frame, LONGEST_SIDE};
use touchseal_core::fingerprint::r503::{CAPTURE_MS, LIFTED_MS, R503};
use touchseal_core::platform::{Clock, Sensor, Uart};

const MORE: u8 = 2;
const ACKNOWLEDGE: u8 = 7;
const LAST: u8 = 8;

const GEN_IMG: u8 = 0x01;
const UP_IMAGE: u8 = 0x0a;
const READ_PROD_INFO: u8 = 0x3c;

/// The size of the pictures of a module that works.
const SIZE: (u16, u16) = (80, 64);

/// A part of what is said in answer to a command.
#[derive(Arbitrary)]
enum Said {
    Bytes(Vec<u8>),
    Packet {
        kind: u8,
        payload: Vec<u8>,
    },
    Acknowledge(u8),
    Info {
        width: u16,
        height: u16,
    },
    /// So many pixels, in packets of so many bytes.
    Upload {
        pixels: u32,
        packet: u8,
    },
    Pause(u16),
    /// As a module that works.
    Right,
}

#[derive(Arbitrary)]
enum Asked {
    Capture,
    Lifted,
}

/// The input is what is asked of the driver, and what the module answers.
pub fn one_input(input: &[u8]) {
    let mut input = Unstructured::new(input);
    let asked: Vec<Asked> = (0..input.int_in_range(1..=6).unwrap_or(1))
        .filter_map(|_| input.arbitrary().ok())
        .collect();
    let mut answers = VecDeque::new();
    while !input.is_empty() {
        let count = input.int_in_range(0..=4).unwrap_or(0);
        answers.push_back((0..count).filter_map(|_| input.arbitrary().ok()).collect());
    }

    let mut time = Time::default();
    let script = Script::default();
    script.answers.replace(answers);
    let line = Line {
        time: time.clone(),
        script: script.clone(),
        stream: VecDeque::new(),
    };
    let mut sensor = R503::new(line);
    let mut frame = Frame::room().expect("there is memory for a picture");
    for asked in asked {
        match asked {
            Asked::Capture => drop(capture(&mut sensor, &mut frame, &mut time)),
            Asked::Lifted => {
                let start = time.now_ms();
                let _ = sensor.lifted(&mut time);
                assert!(time.now_ms() - start <= LIFTED_MS, "took too long");
            }
        }
    }
    script.answers.take();
    script.mended.set(true);
    // What the driver took for its size may be another's.
    if capture(&mut sensor, &mut frame, &mut time).is_err() {
        capture(&mut sensor, &mut frame, &mut time).expect("the module works");
    }
    assert_eq!((frame.width(), frame.height()), SIZE);
}

fn capture(sensor: &mut R503<Line>, frame: &mut Frame, time: &mut Time) -> Result<()> {
    let start = time.now_ms();
    let outcome = sensor.capture(frame, time);
    assert!(time.now_ms() - start <= CAPTURE_MS, "took too long");
    assert_eq!(frame.is_complete(), outcome.is_ok());
    match outcome {
        Ok(()) => assert!(frame.width().max(frame.height()) <= LONGEST_SIDE),
        Err(error) => {
            assert!(frame.pixels().is_empty(), "pixels are left");
            let told = matches!(
                error,
                Error::SensorSilent
                    | Error::SensorFault
                    | Error::NoFingerOnSensor
                    | Error::PoorImage
            );
            assert!(told, "{error:?}");
        }
    }
    outcome
}

/// A clock that goes on while the line is waited for.
#[derive(Clone, Default)]
struct Time(Rc<Cell<u64>>);

impl Time {
    fn pass(&self, ms: u64) {
        self.0.set(self.0.get() + ms);
    }
}

impl Clock for Time {
    fn now_ms(&mut self) -> u64 {
        self.0.get()
    }
}

/// What the module will answer, one command after the other.
#[derive(Clone, Default)]
struct Script {
    answers: Rc<Cell<VecDeque<Vec<Said>>>>,
    mended: Rc<Cell<bool>>,
}

/// What is on the line.
enum Heard {
    Bytes(VecDeque<u8>),
    Pause(u64),
}

struct Line {
    time: Time,
    script: Script,
    stream: VecDeque<Heard>,
}

impl Line {
    fn hear(&mut self, bytes: Vec<u8>) {
        self.stream.push_back(Heard::Bytes(bytes.into()));
    }

    fn say(&mut self, said: Said, command: u8) {
        match said {
            Said::Bytes(bytes) => self.hear(bytes),
            Said::Packet { kind, payload } => self.hear(packet(kind, &payload)),
            Said::Acknowledge(code) => self.hear(packet(ACKNOWLEDGE, &[code])),
            Said::Info { width, height } => self.hear(info(width, height)),
            Said::Upload { pixels, packet } => self.upload(pixels, packet),
            Said::Pause(ms) => self.stream.push_back(Heard::Pause(ms.into())),
            Said::Right => self.answer_rightly(command),
        }
    }

    fn answer_rightly(&mut self, command: u8) {
        match command {
            GEN_IMG => self.hear(packet(ACKNOWLEDGE, &[0])),
            UP_IMAGE => {
                self.hear(packet(ACKNOWLEDGE, &[0]));
                self.upload(u32::from(SIZE.0) * u32::from(SIZE.1), 128);
            }
            READ_PROD_INFO => self.hear(info(SIZE.0, SIZE.1)),
            other => panic!("the driver asks for {other:#x}"),
        }
    }

    fn upload(&mut self, pixels: u32, size: u8) {
        let bytes = vec![0x5a; (pixels % 400_000) as usize / 2];
        let mut parts = bytes.chunks(usize::from(size).max(1)).peekable();
        while let Some(part) = parts.next() {
            let kind = if parts.peek().is_some() { MORE } else { LAST };
            self.hear(packet(kind, part));
        }
    }
}

fn packet(kind: u8, payload: &[u8]) -> Vec<u8> {
    let length = (payload.len() as u16).wrapping_add(2).to_be_bytes();
    let summed = [&[kind], &length[..], payload].concat();
    let sum = summed
        .iter()
        .fold(0u16, |sum, byte| sum.wrapping_add((*byte).into()));
    [
        &[0xef, 1, 255, 255, 255, 255],
        &summed[..],
        &sum.to_be_bytes(),
    ]
    .concat()
}

fn info(width: u16, height: u16) -> Vec<u8> {
    let mut answer = vec![0; 47];
    answer[39..41].copy_from_slice(&width.to_be_bytes());
    answer[41..43].copy_from_slice(&height.to_be_bytes());
    packet(ACKNOWLEDGE, &answer)
}

impl Uart for Line {
    fn send(&mut self, bytes: &[u8]) -> Result<()> {
        let command = bytes[9];
        assert_eq!(bytes, packet(1, &[command]));
        let mut answers = self.script.answers.take();
        let answer = match answers.pop_front() {
            Some(answer) => answer,
            None if self.script.mended.get() => vec![Said::Right],
            None => Vec::new(),
        };
        self.script.answers.set(answers);
        if self.script.mended.get() {
            self.stream.clear();
        }
        for said in answer {
            self.say(said, command);
        }
        Ok(())
    }

    fn receive(&mut self, out: &mut [u8], limit_ms: u32) -> Result<usize> {
        let mut left = u64::from(limit_ms);
        loop {
            match self.stream.front_mut() {
                None => {
                    self.time.pass(left);
                    return Ok(0);
                }
                Some(Heard::Pause(ms)) if *ms > left => {
                    *ms -= left;
                    self.time.pass(left);
                    return Ok(0);
                }
                Some(Heard::Pause(ms)) => {
                    self.time.pass(*ms);
                    left -= *ms;
                    self.stream.pop_front();
                }
                Some(Heard::Bytes(bytes)) if bytes.is_empty() => drop(self.stream.pop_front()),
                Some(Heard::Bytes(bytes)) => {
                    let count = bytes.len().min(out.len());
                    for (out, byte) in out.iter_mut().zip(bytes.drain(..count)) {
                        *out = byte;
                    }
                    return Ok(count);
                }
            }
        }
    }

    /// What comes after a pause has not come yet.
    fn discard(&mut self) -> Result<()> {
        while let Some(Heard::Bytes(_)) = self.stream.front() {
            self.stream.pop_front();
        }
        Ok(())
    }
}
