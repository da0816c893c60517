//! A sensor for emulators and tests: the normal world puts an image on it. Everything that
//! is matched and signed with it says so.

use super::frame::Frame;
use super::{FingerprintTa, Session};
use crate::dispatch::{Login, Reply, request_body};
use crate::error::{Error, Result};
use crate::platform::{Clock, FingerprintPlatform, Sensor};
use touchseal_proto::command::SimulatedSensorCommand;
use touchseal_proto::message::{Done, PlaceImage};
use touchseal_proto::signed;
use touchseal_proto::wire::WireError;

/// Gives one picture of each image that is put on it.
#[derive(Default)]
pub struct SimulatedSensor {
    image: Option<Frame>,
}

impl SimulatedSensor {
    fn place(&mut self, part: &PlaceImage) -> Result<()> {
        let image = match &mut self.image {
            Some(image) if part.offset != 0 => image,
            empty => {
                let mut image = match empty.take() {
                    Some(image) => image,
                    None => Frame::room()?,
                };
                image.start(part.width, part.height)?;
                empty.insert(image)
            }
        };
        let follows = u32::try_from(image.pixels().len()) == Ok(part.offset);
        if !follows || (image.width(), image.height()) != (part.width, part.height) {
            return Err(Error::Malformed(WireError::BadValue));
        }
        image.push(&part.pixels)
    }
}

impl Sensor for SimulatedSensor {
    const KIND: signed::Sensor = signed::Sensor::Simulated;

    fn capture(&mut self, frame: &mut Frame, _: &mut impl Clock) -> Result<()> {
        let image = self.image.as_mut().filter(|image| image.is_complete());
        let image = image.ok_or(Error::NoFingerOnSensor)?;
        frame.start(image.width(), image.height())?;
        let taken = frame.push(image.pixels());
        image.wipe();
        taken
    }

    /// An image is gone with its picture.
    fn lifted(&mut self, _: &mut impl Clock) -> Result<bool> {
        Ok(true)
    }
}

/// The fingerprint TA with that sensor, on which images are put by a command of its own.
pub struct SimulatedFingerprintTa<P: FingerprintPlatform>(FingerprintTa<P, SimulatedSensor>);

impl<P: FingerprintPlatform> SimulatedFingerprintTa<P> {
    /// Starts.
    pub fn new(platform: P) -> Self {
        Self(FingerprintTa::new(platform, SimulatedSensor::default()))
    }

    /// Opens a session of `login`. It must be [closed](Self::close).
    pub fn open(&mut self, login: Login) -> Result<Session> {
        self.0.open(login)
    }

    /// Closes a session.
    pub fn close(&mut self, session: Session) {
        self.0.close(session);
    }

    /// Serves one command and returns the length of the response.
    pub fn invoke(
        &mut self,
        session: &mut Session,
        command: u32,
        request: &[u8],
        response: &mut [u8],
    ) -> Result<usize> {
        let Some(caller) = SimulatedSensorCommand::caller(command) else {
            return self.0.invoke(session, command, request, response);
        };
        let mut reply = Reply::new(response);
        let outcome = session
            .login
            .require(caller)
            .and_then(|()| self.place(command, request))
            .and_then(|()| reply.send(Ok(Done {})));
        reply.finish(outcome, command, self.0.platform())
    }

    fn place(&mut self, command: u32, request: &[u8]) -> Result<()> {
        match SimulatedSensorCommand::decode(command, request_body(request)?)? {
            SimulatedSensorCommand::PlaceImage(part) => self.0.sensor().place(&part),
        }
    }
}
