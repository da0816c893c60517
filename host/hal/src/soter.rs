//! `ISoter` over binder.

use crate::aidl::Cause::Cause;
use crate::aidl::ISoter::ISoter;
use crate::aidl::SoterCode::SoterCode;
use crate::aidl::SoterData::SoterData;
use crate::aidl::SoterResult::SoterResult;
use crate::aidl::SoterSession::SoterSession;
use crate::alive::Process;
use crate::caller::{Caller, Subject};
use crate::failure::{Failure, Result};
use crate::hal::{Hal, World};
use crate::operations::{Operation, Wanted};
use rsbinder::{BinderResult, Interface};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use touchseal::proto::status::Status;
use touchseal::soter::{Code, Outcome, Refusal, Soter, remedy};

/// How long a session is kept here, so that one that is out of time is told from one that
/// never was: longer than the TA keeps it.
const KEPT: Duration = Duration::from_secs(120);

/// SOTER's verbs.
pub struct SoterVerbs<W: World>(pub Arc<Hal<W>>);

impl<W: World> Interface for SoterVerbs<W> {}

/// Why a verb has no result.
struct Refused {
    code: Code,
    cause: Status,
}

type Verb<R> = std::result::Result<R, Refused>;

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Cause(cause) => Self {
                code: cause.into(),
                cause,
            },
            Failure::Argument(_) => Code::InvalidArgument.into(),
        }
    }
}

impl From<Code> for Refused {
    fn from(code: Code) -> Self {
        let cause = Status::Ok;
        Self { code, cause }
    }
}

impl<W: World> SoterVerbs<W> {
    /// Does a verb for whom `speaks` says that the caller speaks, in a session of its own.
    fn verb<R>(
        &self,
        speaks: impl FnOnce(Caller) -> Result<Subject>,
        verb: impl FnOnce(&mut Soter<W::Transport>) -> Outcome<R, W::Transport>,
    ) -> Verb<R> {
        let subject = speaks(Caller::of_transaction()?)?;
        let _served = self.0.admit(subject)?;
        let mut soter = Soter::new(self.0.soter(subject)?);
        done::<_, W>(verb(&mut soter))
    }

    fn init_sign(&self, uid: i32, name: &str, challenge: &str) -> Verb<u64> {
        let owner = Caller::of_transaction()?;
        let subject = owner.naming(uid)?;
        let _served = self.0.admit(subject)?;
        self.0
            .soters
            .end(|one| one.owner.uid() == owner.uid() && one.subject == subject);
        let mut soter = Soter::new(self.0.soter(subject)?);
        let handle = done::<_, W>(soter.init_sign(name, challenge))?;
        self.0.soters.add(Operation {
            owner,
            subject,
            handle,
            until: Instant::now() + KEPT,
            wanted: Arc::<Wanted>::default(),
            prompt: Box::new(|_| ()),
            signer: Mutex::new(soter),
        })?;
        Ok(handle)
    }

    fn finish_sign(&self, session: u64) -> Verb<Vec<u8>> {
        let caller = Caller::of_transaction()?;
        let found = self.0.soters.find(caller, session);
        let operation = found.ok_or(Code::Unknown)?;
        let _served = self.0.admit(operation.subject)?;
        let mut soter = operation.signer()?;
        let client = Process::of(caller);
        let given_up = || client.is_gone() || operation.is_over();
        let token = match self.0.touch(&operation, &given_up) {
            Ok(token) => token,
            Err(failure) => {
                // Says so where the session has run out of time.
                let refused = done::<_, W>(soter.finish_sign(session, None)).err();
                return match refused.filter(|refused| refused.code == Code::SessionOutOfTime) {
                    Some(over) => Err(over),
                    None => Err(failure.into()),
                };
            }
        };
        if !self.0.soters.end(|one| one.handle == session) {
            return Err(Code::Unknown.into());
        }
        done::<_, W>(soter.finish_sign(session, Some(token)))
    }
}

fn done<R, W: World>(outcome: Outcome<R, W::Transport>) -> Verb<R> {
    outcome.map_err(|Refusal { code, cause }| {
        let cause = cause.map_or(Status::Ok, |cause| cause.cause());
        Refused { code, cause }
    })
}

impl<W: World> ISoter for SoterVerbs<W> {
    fn generateAttkKeyPair(&self, _copies: i32) -> BinderResult<SoterResult> {
        let made = Caller::of_transaction().and_then(|caller| {
            let _served = self.0.admit(caller.factory()?)?;
            self.0.provision(caller)
        });
        Ok(result(made.map_err(Refused::from)))
    }

    fn verifyAttkKeyPair(&self) -> BinderResult<SoterResult> {
        let verified = Caller::of_transaction().and_then(|caller| {
            let _served = self.0.admit(caller.anyone())?;
            self.0.verify_attk()
        });
        Ok(result(verified.map_err(Refused::from)))
    }

    fn exportAttkPublicKey(&self) -> BinderResult<SoterData> {
        let pem = self.verb(|caller| Ok(caller.anyone()), Soter::export_attk_public_key);
        Ok(data(pem.map(String::into_bytes)))
    }

    fn getDeviceId(&self) -> BinderResult<SoterData> {
        let id = self.verb(|caller| Ok(caller.anyone()), Soter::get_device_id);
        Ok(data(id.map(|id| id.to_string().into_bytes())))
    }

    fn generateAskKeyPair(&self, uid: i32) -> BinderResult<SoterResult> {
        Ok(result(self.verb(
            |caller| caller.naming(uid),
            Soter::generate_ask_key_pair,
        )))
    }

    fn exportAskPublicKey(&self, uid: i32) -> BinderResult<SoterData> {
        Ok(data(self.verb(
            |caller| caller.naming(uid),
            Soter::export_ask_public_key,
        )))
    }

    fn hasAskAlready(&self, uid: i32) -> BinderResult<SoterResult> {
        Ok(result(
            self.verb(|caller| caller.naming(uid), Soter::has_ask_already),
        ))
    }

    fn removeAllUidKey(&self, uid: i32) -> BinderResult<SoterResult> {
        Ok(result(self.verb(
            |caller| caller.naming(uid),
            Soter::remove_all_uid_key,
        )))
    }

    fn generateAuthKeyPair(&self, uid: i32, name: &str) -> BinderResult<SoterResult> {
        Ok(result(self.verb(
            |caller| caller.naming(uid),
            |soter| soter.generate_auth_key_pair(name),
        )))
    }

    fn exportAuthKeyPublicKey(&self, uid: i32, name: &str) -> BinderResult<SoterData> {
        Ok(data(self.verb(
            |caller| caller.naming(uid),
            |soter| soter.export_auth_key_public_key(name),
        )))
    }

    fn hasAuthKey(&self, uid: i32, name: &str) -> BinderResult<SoterResult> {
        Ok(result(self.verb(
            |caller| caller.naming(uid),
            |soter| soter.has_auth_key(name),
        )))
    }

    fn removeAuthKey(&self, uid: i32, name: &str) -> BinderResult<SoterResult> {
        Ok(result(self.verb(
            |caller| caller.naming(uid),
            |soter| soter.remove_auth_key(name),
        )))
    }

    fn initSign(&self, uid: i32, name: &str, challenge: &str) -> BinderResult<SoterSession> {
        let begun = self.init_sign(uid, name, challenge);
        Ok(SoterSession {
            session: begun.as_ref().map_or(0, |handle| handle.cast_signed()),
            result: result(begun.map(drop)),
        })
    }

    fn finishSign(&self, session: i64) -> BinderResult<SoterData> {
        Ok(data(self.finish_sign(session.cast_unsigned())))
    }
}

fn result(outcome: Verb<()>) -> SoterResult {
    match outcome {
        Ok(()) => SoterResult::default(),
        Err(Refused { code, cause }) => SoterResult {
            errorCode: SoterCode(code.number()),
            cause: Cause(cause as i32),
            message: message(code, cause),
        },
    }
}

fn data(outcome: Verb<Vec<u8>>) -> SoterData {
    match outcome {
        Ok(data) => SoterData {
            data,
            result: SoterResult::default(),
        },
        Err(refused) => SoterData {
            data: Vec::new(),
            result: result(Err(refused)),
        },
    }
}

/// What happened, and what to do.
fn message(code: Code, cause: Status) -> String {
    let told = match (cause, code) {
        (Status::Ok, Code::InvalidArgument) => {
            "a uid, a name or a challenge cannot be one: see ISoter for what they may be"
        }
        (Status::Ok, Code::SessionOutOfTime) => {
            "the session is out of time: begin another with initSign"
        }
        (Status::Ok, _) => "there is no such session of this caller: begin one with initSign",
        (cause, _) => {
            let (sentence, name, number) = (cause.sentence(), cause.name(), cause as u16);
            return format!("{sentence} ({name}, {number}): {}", remedy(cause));
        }
    };
    told.into()
}
