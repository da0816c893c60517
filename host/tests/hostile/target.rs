//! What an attacker knows of a trusted application, and what it must answer: from PROTOCOL.md.

use super::raw::{KINDS, Parameter, Raw, Shared};
use optee_teec::{ErrorKind, ParamType};
use std::ops::Range;
use touchseal::proto::command::{
    Caller, FingerprintCommand, GatekeeperCommand, PaymentCommand, Request, SimulatedSensorCommand,
    SoterCommand,
};
use touchseal::proto::status::Status;
use touchseal::proto::wire::{Reader, Wire, Writer};
use touchseal::proto::{
    GATEKEEPER_TA, HAL_UID, PAYMENT_TA, PROTOCOL_VERSION, SIMULATED_FINGERPRINT_TA, SOTER_TA,
};

/// A trusted application.
pub struct Target {
    pub name: &'static str,
    pub uuid: &'static str,
    pub largest_request: usize,
    pub largest_response: usize,
    pub caller: fn(u32) -> Option<Caller>,
    /// Whether a body is a command's.
    pub is_message: fn(u32, &[u8]) -> bool,
    /// A command that anyone may give, whose request is the version alone.
    pub question: u32,
}

pub const PAYMENT: Target = Target {
    name: "payment",
    uuid: PAYMENT_TA,
    largest_request: PaymentCommand::MAX_REQUEST,
    largest_response: PaymentCommand::MAX_RESPONSE,
    caller: PaymentCommand::caller,
    is_message: |command, body| PaymentCommand::decode(command, body).is_ok(),
    question: 1,
};

pub const SOTER: Target = Target {
    name: "SOTER",
    uuid: SOTER_TA,
    largest_request: SoterCommand::MAX_REQUEST,
    largest_response: SoterCommand::MAX_RESPONSE,
    caller: SoterCommand::caller,
    is_message: |command, body| SoterCommand::decode(command, body).is_ok(),
    question: 5,
};

pub const FINGERPRINT: Target = Target {
    name: "fingerprint",
    uuid: SIMULATED_FINGERPRINT_TA.uuid,
    largest_request: SimulatedSensorCommand::MAX_REQUEST,
    largest_response: FingerprintCommand::MAX_RESPONSE,
    caller: |command| {
        SimulatedSensorCommand::caller(command).or_else(|| FingerprintCommand::caller(command))
    },
    is_message: |command, body| {
        SimulatedSensorCommand::decode(command, body).is_ok()
            || FingerprintCommand::decode(command, body).is_ok()
    },
    question: 1,
};

pub const GATEKEEPER: Target = Target {
    name: "gatekeeper",
    uuid: GATEKEEPER_TA,
    largest_request: GatekeeperCommand::MAX_REQUEST,
    largest_response: GatekeeperCommand::MAX_RESPONSE,
    caller: GatekeeperCommand::caller,
    is_message: |command, body| GatekeeperCommand::decode(command, body).is_ok(),
    question: 1,
};

pub const TARGETS: [Target; 4] = [PAYMENT, SOTER, FINGERPRINT, GATEKEEPER];

/// What must come of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Failed(ErrorKind),
    TooShort,
    Refused(Status),
    /// The command is served, and says what it says.
    Served,
}

impl Target {
    /// The commands, and numbers that are none.
    pub fn commands(&self) -> impl Iterator<Item = u32> {
        let known = (0..=0x100).filter(|command| (self.caller)(*command).is_some());
        known.chain([0, 9, 99, 101, 0x7fff_ffff, u32::MAX])
    }

    /// Whether the session of `uid`, or of nobody, may give a command; none where there is
    /// no such command.
    pub fn may(&self, uid: Option<u32>, command: u32) -> Option<bool> {
        Some(match (self.caller)(command)? {
            Caller::Anyone => true,
            Caller::App => uid.is_some(),
            Caller::Provisioner => uid == Some(0),
            Caller::Factory => matches!(uid, Some(0 | HAL_UID)),
            Caller::FingerprintTa | Caller::PasswordTa | Caller::SoterTa => false,
        })
    }

    /// What must come of a call with these parameters, the first of which holds `request`.
    pub fn answer(
        &self,
        uid: Option<u32>,
        command: u32,
        request: &[u8],
        parameters: &[Parameter; 4],
    ) -> Answer {
        let documented = [
            ParamType::MemrefTempInput,
            ParamType::MemrefTempOutput,
            ParamType::None,
            ParamType::None,
        ];
        let types = parameters.iter().map(|parameter| parameter.kind as u32);
        let is_documented = types.eq(documented.map(|kind| kind as u32));
        let [asked, room, ..] = parameters;
        if !is_documented || asked.null || room.null || asked.size > self.largest_request {
            Answer::Failed(ErrorKind::BadParameters)
        } else if room.size < self.largest_response {
            Answer::TooShort
        } else {
            match self.may(uid, command) {
                Some(false) => Answer::Refused(Status::NotAuthorized),
                Some(true) if self.understands(command, request) => Answer::Served,
                _ => Answer::Refused(Status::BadRequest),
            }
        }
    }

    /// Whether a request is a message.
    pub fn understands(&self, command: u32, request: &[u8]) -> bool {
        let message = request.split_first();
        message.is_some_and(|(version, body)| {
            *version == PROTOCOL_VERSION && (self.is_message)(command, body)
        })
    }
}

/// The bytes of a refusal.
pub fn refusal(status: Status) -> [u8; 3] {
    let [high, low] = (status as u16).to_be_bytes();
    [PROTOCOL_VERSION, high, low]
}

/// A request as it is sent.
pub fn bytes<R: Request>(request: &R) -> Vec<u8> {
    let mut bytes = vec![0; 1 + R::MAX];
    let mut out = Writer::new(&mut bytes);
    out.put(&PROTOCOL_VERSION).unwrap();
    out.put(request).unwrap();
    let len = out.len();
    bytes.truncate(len);
    bytes
}

/// What an answer says.
pub fn body<B: Wire>(answer: &[u8]) -> Result<B, Status> {
    let mut input = Reader::new(answer);
    assert_eq!(input.get(), Ok(PROTOCOL_VERSION));
    let body = match input.get().unwrap() {
        Status::Ok => Ok(input.get().unwrap()),
        refused => Err(refused),
    };
    input.finish().unwrap();
    body
}

/// Sends bytes, and reads what comes back.
pub fn send(session: &mut Raw, target: &Target, command: u32, request: &[u8]) -> Vec<u8> {
    let memory = Memory::new(request.len(), target.largest_response);
    memory.request.write(0, request);
    let parameters = memory.sized(request.len(), target.largest_response);
    let (outcome, after) = session.call(command, parameters);
    assert_eq!(outcome, Ok(()));
    memory.response.read(MARGIN..MARGIN + after[1].size)
}

/// Asks as any client does.
pub fn ask<R: Request>(
    session: &mut Raw,
    target: &Target,
    request: &R,
) -> Result<R::Response, Status> {
    body(&send(session, target, R::COMMAND, &bytes(request)))
}

/// Memory for a call: what is asked, and room for the answer with some before and behind it.
pub struct Memory {
    pub request: Shared,
    pub response: Shared,
}

/// Before and behind a response.
pub const MARGIN: usize = 64;

impl Memory {
    /// For so much. A request in it is no message: its version is none.
    pub fn new(request: usize, response: usize) -> Self {
        let memory = Self {
            request: Shared::new(request.max(1)),
            response: Shared::new(MARGIN + response + MARGIN),
        };
        memory.request.write(0, &[0]);
        memory
    }

    pub fn room(&self) -> Range<usize> {
        MARGIN..self.response.len() - MARGIN
    }

    /// The parameters that PROTOCOL.md says.
    pub fn parameters(&self) -> [Parameter; 4] {
        self.sized(self.request.len(), self.room().len())
    }

    /// The same, of other sizes.
    pub fn sized(&self, request: usize, room: usize) -> [Parameter; 4] {
        let start = self.room().start;
        [
            Parameter::memory(ParamType::MemrefTempInput, &self.request, 0, request),
            Parameter::memory(ParamType::MemrefTempOutput, &self.response, start, room),
            Parameter::none(),
            Parameter::none(),
        ]
    }

    /// A parameter of each kind, in memory of ours where it is memory.
    pub fn of_every_kind(&self) -> impl Iterator<Item = Parameter> {
        KINDS.into_iter().take(7).map(|kind| {
            if kind as u32 >= ParamType::MemrefTempInput as u32 {
                Parameter::memory(kind, &self.response, MARGIN, self.room().len())
            } else {
                Parameter::value(kind, [u32::MAX, 0])
            }
        })
    }
}
