//! An attacker's session, in which everything that comes back is judged.

use super::raw::{Parameter, Raw};
use super::target::{Answer, Memory, Target, refusal};
use optee_teec::ErrorKind;
use touchseal::proto::PROTOCOL_VERSION;
use touchseal::proto::status::Status;
use touchseal::proto::wire::Reader;

/// A session with a trusted application, of a uid or of nobody.
pub struct Attack {
    pub target: &'static Target,
    pub uid: Option<u32>,
    pub session: Raw,
}

impl Attack {
    pub fn new(target: &'static Target, uid: Option<u32>) -> Self {
        let session = match uid {
            Some(uid) => Raw::of(uid, target.uuid),
            None => Raw::of_nobody(target.uuid),
        };
        Self {
            target,
            uid,
            session,
        }
    }

    /// What must come of a call.
    pub fn expected(&self, command: u32, memory: &Memory, parameters: &[Parameter; 4]) -> Answer {
        let size = parameters[0].size.min(memory.request.len());
        let request = memory.request.read(0..size);
        self.target.answer(self.uid, command, &request, parameters)
    }

    /// Calls, and sees that what must come of it has.
    #[track_caller]
    pub fn call(&mut self, command: u32, memory: &Memory, parameters: [Parameter; 4]) -> String {
        let expected = self.expected(command, memory, &parameters);
        self.call_expecting(expected, command, memory, parameters)
    }

    /// The same, where the request changes meanwhile. Says what has come of it.
    #[track_caller]
    pub fn call_expecting(
        &mut self,
        expected: Answer,
        command: u32,
        memory: &Memory,
        parameters: [Parameter; 4],
    ) -> String {
        let (outcome, after) = self.session.call(command, parameters);
        let told = after[1].size;
        let Self { target, uid, .. } = self;
        let shape = parameters.map(|parameter| (parameter.kind as u32, parameter.size));
        let what = || {
            format!(
                "{} TA, command {command} as {uid:?}, {shape:?}",
                target.name
            )
        };
        let start = memory.room().start;
        let (written, said) = match expected {
            Answer::Failed(kind) => {
                assert_eq!(outcome, Err(kind), "{}", what());
                (0, format!("{kind:?}"))
            }
            Answer::TooShort => {
                assert_eq!(outcome, Err(ErrorKind::ShortBuffer), "{}", what());
                assert_eq!(told, target.largest_response, "{}", what());
                (0, "ShortBuffer".into())
            }
            Answer::Refused(_) | Answer::Served => {
                assert_eq!(outcome, Ok(()), "{}", what());
                assert!(told <= target.largest_response, "{}", what());
                let answer = memory.response.read(start..start + told);
                let mut input = Reader::new(&answer);
                assert_eq!(input.get(), Ok(PROTOCOL_VERSION), "{}", what());
                let status: Status = input.get().unwrap();
                if status != Status::Ok || expected != Answer::Served {
                    assert_eq!(answer, refusal(status), "{}", what());
                }
                if let Answer::Refused(refused) = expected {
                    assert_eq!(status, refused, "{}", what());
                }
                (told, status.name().into())
            }
        };
        memory.response.assert_untouched(0..start);
        memory
            .response
            .assert_untouched(start + written..memory.response.len());
        memory.response.restore(start..start + written);
        said
    }
}
