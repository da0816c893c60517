//! The driver of the trusted application against the model of its sensor, over a line without
//! QEMU: with every fault that the model has, and with streams of garbage.

use fastrand::Rng;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};
use touchseal_core::error::{Error, Result};
use touchseal_core::fingerprint::frame::Frame;
use touchseal_core::fingerprint::freshness::Fresh;
use touchseal_core::fingerprint::r503::{CAPTURE_MS, R503};
use touchseal_core::platform::{Clock, Sensor, Uart};
use touchseal_qemu::sensor::serve;
use touchseal_qemu::{Fault, Hand, Impression};

/// One end of a line whose other end is a module, which comes back when the line breaks.
struct Line {
    hand: Hand,
    end: UnixStream,
}

impl Line {
    fn to(hand: &Hand) -> Self {
        let (end, module) = UnixStream::pair().unwrap();
        let served = hand.clone();
        std::thread::spawn(move || {
            let _ = serve(module, &served);
        });
        Self {
            hand: hand.clone(),
            end,
        }
    }
}

impl Uart for Line {
    fn send(&mut self, bytes: &[u8]) -> Result<()> {
        // What is sent to a module that is not there is lost.
        let _ = self.end.write_all(bytes);
        Ok(())
    }

    fn receive(&mut self, out: &mut [u8], limit_ms: u32) -> Result<usize> {
        let limit = Duration::from_millis(limit_ms.into());
        self.end.set_read_timeout(Some(limit)).unwrap();
        match self.end.read(out) {
            Ok(0) => {
                *self = Self::to(&self.hand);
                Ok(0)
            }
            Ok(count) => Ok(count),
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(0),
            Err(error) => panic!("{error}"),
        }
    }

    fn discard(&mut self) -> Result<()> {
        self.end.set_nonblocking(true).unwrap();
        let mut waits = [0; 4096];
        let _ = self.end.read(&mut waits);
        self.end.set_nonblocking(false).unwrap();
        Ok(())
    }
}

struct WallClock(Instant);

impl Clock for WallClock {
    fn now_ms(&mut self) -> u64 {
        u64::try_from(self.0.elapsed().as_millis()).unwrap()
    }
}

/// A finger with something on it, from everywhere different.
fn finger() -> Impression {
    let image = image::GrayImage::from_fn(400, 500, |x, y| {
        image::Luma([if x % 18 < 9 { 40 } else { 220 }.min((y / 2 + 5) as u8)])
    });
    Impression {
        image,
        ..Impression::default()
    }
}

struct Bench<U> {
    sensor: Fresh<R503<U>>,
    frame: Frame,
    clock: WallClock,
}

impl<U: Uart> Bench<U> {
    fn new(uart: U) -> Self {
        Self {
            sensor: Fresh::new(R503::new(uart)),
            frame: Frame::room().unwrap(),
            clock: WallClock(Instant::now()),
        }
    }

    fn capture(&mut self) -> Result<Vec<u8>> {
        let outcome = self.sensor.capture(&mut self.frame, &mut self.clock);
        assert_eq!(self.frame.is_complete(), outcome.is_ok());
        if outcome.is_err() {
            assert!(self.frame.pixels().is_empty(), "pixels are left");
        }
        outcome.map(|()| self.frame.pixels().to_vec())
    }
}

#[test]
fn a_picture_shows_what_lies_there() {
    for (width, height) in [(192, 192), (256, 288), (640, 480), (65, 64)] {
        let hand = Hand::at(width, height);
        let mut bench = Bench::new(Line::to(&hand));
        assert_eq!(bench.capture(), Err(Error::NoFingerOnSensor));
        let finger = finger().moved(3, -4, 0.0);
        hand.place(&finger);
        let pixels = bench.capture().unwrap();
        assert_eq!(pixels.len(), usize::from(width) * usize::from(height));
        assert_eq!((bench.frame.width(), bench.frame.height()), (width, height));
        for (at, pixel) in pixels.iter().enumerate() {
            let (x, y) = (at as i32 % i32::from(width), at as i32 / i32::from(width));
            let x = x - i32::from(width) / 2 - 3 + 200;
            let y = y - i32::from(height) / 2 + 4 + 250;
            let there = (0..400).contains(&x) && (0..500).contains(&y);
            let expected = if there {
                finger.image.get_pixel(x as u32, y as u32).0[0]
            } else {
                255
            };
            assert!(
                pixel.abs_diff(expected) <= 12 + 8,
                "{x} {y}: {pixel} {expected}"
            );
        }
        assert_ne!(bench.capture().unwrap(), pixels, "sensors have noise");
        hand.lift();
        assert_eq!(bench.capture(), Err(Error::NoFingerOnSensor));
    }
}

#[test]
fn a_finger_turns_clockwise() {
    // Black above the middle.
    let image = image::GrayImage::from_fn(400, 400, |_, y| image::Luma([(y >= 200) as u8 * 255]));
    let hand = Hand::at(64, 64);
    hand.place(&Impression {
        image,
        degrees: 90.0,
        ..Impression::default()
    });
    let pixels = Bench::new(Line::to(&hand)).capture().unwrap();
    for row in pixels.chunks(64) {
        assert!(row[2] > 200 && row[61] < 50, "black is to the right");
    }
}

#[test]
fn a_broken_module_is_told_in_time_and_used_again_when_it_is_mended() {
    for (fault, expected) in [
        (Fault::Silent, Error::SensorSilent),
        (Fault::StallsAfter(0), Error::SensorSilent),
        (Fault::StallsAfter(11), Error::SensorSilent),
        (Fault::StallsAfter(40), Error::SensorSilent),
        (Fault::StallsAfter(20_000), Error::SensorSilent),
        (Fault::Disconnects, Error::SensorSilent),
        (Fault::WrongChecksum, Error::SensorFault),
        (Fault::LiesAboutLength, Error::SensorFault),
        (Fault::ImpossibleSize, Error::SensorFault),
        (Fault::RepeatsOldFrame, Error::SensorFault),
        (Fault::Dribbles, Error::SensorSilent),
        (Fault::Truncates, Error::SensorFault),
        (Fault::Noise, Error::SensorFault),
    ] {
        let hand = Hand::default();
        hand.place(&finger());
        let mut bench = Bench::new(Line::to(&hand));
        // One that knows the module, unless the size is what it lies about.
        if fault != Fault::ImpossibleSize {
            bench.capture().unwrap();
        }
        hand.misbehave(fault);
        let start = Instant::now();
        assert_eq!(bench.capture(), Err(expected), "{fault:?}");
        let again = bench.capture().unwrap_err();
        // What it still dribbles is no answer to what it is asked next.
        let dribbles = fault == Fault::Dribbles && again == Error::SensorFault;
        assert!(again == expected || dribbles, "{fault:?}, again: {again:?}");
        let limit = Duration::from_millis(2 * (CAPTURE_MS + 1_000));
        assert!(start.elapsed() < limit, "{fault:?}: {:?}", start.elapsed());
        hand.behave();
        assert!(bench.capture().is_ok(), "{fault:?}: no picture afterwards");
    }
}

#[test]
fn another_module_of_another_size_is_found_again() {
    let (small, large) = (Hand::at(192, 192), Hand::at(256, 288));
    small.place(&finger());
    large.place(&finger());
    struct Swapped(Line, Option<Line>);
    impl Uart for Swapped {
        fn send(&mut self, bytes: &[u8]) -> Result<()> {
            // The first upload is the other module's.
            if bytes.get(9) == Some(&0x0a)
                && let Some(line) = self.1.take()
            {
                self.0 = line;
                self.0
                    .send(&[0xef, 1, 255, 255, 255, 255, 1, 0, 3, 1, 0, 5])?;
                self.0.end.read_exact(&mut [0; 12]).unwrap();
            }
            self.0.send(bytes)
        }
        fn receive(&mut self, out: &mut [u8], limit_ms: u32) -> Result<usize> {
            self.0.receive(out, limit_ms)
        }
        fn discard(&mut self) -> Result<()> {
            self.0.discard()
        }
    }
    let mut bench = Bench::new(Swapped(Line::to(&small), Some(Line::to(&large))));
    assert_eq!(bench.capture(), Err(Error::SensorFault));
    assert_eq!(bench.capture().map(|pixels| pixels.len()), Ok(256 * 288));
}

/// What a module answers to one command after the other, or might.
struct Tape<'a> {
    answers: std::slice::Iter<'a, Vec<u8>>,
    left: &'a [u8],
    /// How much a read gives at most.
    most: usize,
}

impl Uart for Tape<'_> {
    fn send(&mut self, _: &[u8]) -> Result<()> {
        self.left = self.answers.next().map_or(&[], Vec::as_slice);
        Ok(())
    }
    fn receive(&mut self, out: &mut [u8], _: u32) -> Result<usize> {
        let count = out.len().min(self.most).min(self.left.len());
        let (now, later) = self.left.split_at(count);
        out[..count].copy_from_slice(now);
        self.left = later;
        Ok(count)
    }
    fn discard(&mut self) -> Result<()> {
        Ok(())
    }
}

struct Ticks(u64);

impl Clock for Ticks {
    fn now_ms(&mut self) -> u64 {
        self.0 += 1;
        self.0
    }
}

/// Writes down what a module answers to one command after the other.
struct Recorder<'a>(Line, &'a mut Vec<Vec<u8>>);

impl Uart for Recorder<'_> {
    fn send(&mut self, bytes: &[u8]) -> Result<()> {
        self.1.push(Vec::new());
        self.0.send(bytes)
    }
    fn receive(&mut self, out: &mut [u8], limit_ms: u32) -> Result<usize> {
        let count = self.0.receive(out, limit_ms)?;
        // Before the first command the line is only emptied.
        if let Some(answer) = self.1.last_mut() {
            answer.extend(&out[..count]);
        }
        Ok(count)
    }
    fn discard(&mut self) -> Result<()> {
        self.0.discard()
    }
}

/// What a module answers until its first picture is there.
fn recorded() -> Vec<Vec<u8>> {
    let hand = Hand::at(64, 64);
    hand.place(&finger());
    let mut answers = Vec::new();
    let mut bench = Bench::new(Recorder(Line::to(&hand), &mut answers));
    bench.capture().unwrap();
    assert_eq!(answers.len(), 3);
    answers
}

fn play(answers: &[Vec<u8>], most: usize, frame: &mut Frame) -> Result<()> {
    let tape = Tape {
        answers: answers.iter(),
        left: &[],
        most,
    };
    R503::new(tape).capture(frame, &mut Ticks(0))
}

/// Changes a few bytes, wherever.
fn mutate(answer: &mut Vec<u8>, random: &mut Rng) {
    for _ in 0..random.usize(1..4) {
        let at = random.usize(..=answer.len());
        match (random.u8(..5), answer.get_mut(at)) {
            (0, Some(byte)) => *byte = random.u8(..),
            (1, Some(byte)) => *byte ^= 1 << random.u8(..8),
            (2, Some(_)) => drop(answer.remove(at)),
            (3, _) => answer.truncate(at),
            _ => answer.insert(at, random.u8(..)),
        }
    }
}

#[test]
fn no_stream_of_bytes_does_harm() {
    let answers = recorded();
    let mut frame = Frame::room().unwrap();
    assert_eq!(play(&answers, 7, &mut frame), Ok(()));
    let picture = frame.pixels().to_vec();
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let mut random = Rng::with_seed(seed);
    let mut taken = 0;
    for _ in 0..200_000 {
        let mut answers = answers.clone();
        mutate(&mut answers[random.usize(..3)], &mut random);
        match play(&answers, random.usize(1..300), &mut frame) {
            Ok(()) => {
                taken += 1;
                assert!(frame.is_complete());
            }
            Err(
                Error::SensorSilent
                | Error::SensorFault
                | Error::NoFingerOnSensor
                | Error::PoorImage,
            ) => assert!(frame.pixels().is_empty()),
            Err(error) => panic!("{error:?}"),
        }
    }
    // What was changed into itself, or behind the end, or past the checksum.
    assert!(taken < 20_000, "{taken} changed streams were taken");
    assert_eq!(play(&answers, 1, &mut frame), Ok(()));
    assert_eq!(frame.pixels(), picture);
}

#[test]
fn arbitrary_bytes_do_no_harm() {
    let mut random = Rng::new();
    let mut frame = Frame::room().unwrap();
    for _ in 0..100_000 {
        let len = random.usize(..200);
        let bytes = std::iter::repeat_with(|| random.u8(..)).take(len).collect();
        assert!(play(&[bytes], 64, &mut frame).is_err());
    }
}
