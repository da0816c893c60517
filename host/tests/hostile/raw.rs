//! Calls as an attacker makes them: parameters of any types, memory of any size, and memory
//! that another thread changes during the call.
//!
//! libteec registers the memory of a temporary reference for its call, and OP-TEE sees no
//! difference to memory that was registered before: `snapshots` shows that it is shared, and
//! not copied.

use crate::as_uid;
use optee_teec::raw::{
    self, TEEC_Parameter, TEEC_RegisteredMemoryReference, TEEC_SharedMemory,
    TEEC_TempMemoryReference, TEEC_Value,
};
use optee_teec::{
    ConnectionMethods, Context, ErrorKind, Operation, Param, ParamTmpRef, ParamType, ParamValue,
    Session, Uuid,
};
use std::ops::Range;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

/// Memory that others may write, too.
pub struct Shared(Box<[AtomicU8]>);

impl Shared {
    /// So many bytes, none of which is like its neighbours.
    pub fn new(len: usize) -> Self {
        Self((0..len).map(|at| AtomicU8::new(canary(at))).collect())
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn write(&self, at: usize, bytes: &[u8]) {
        for (byte, new) in self.0[at..].iter().zip(bytes) {
            byte.store(*new, Relaxed);
        }
    }

    pub fn read(&self, range: Range<usize>) -> Vec<u8> {
        let bytes = self.0[range].iter();
        bytes.map(|byte| byte.load(Relaxed)).collect()
    }

    /// Where a page begins in it.
    pub fn page(&self) -> usize {
        self.0.as_ptr().align_offset(4096)
    }

    /// As it was when it was new.
    pub fn restore(&self, range: Range<usize>) {
        for at in range {
            self.0[at].store(canary(at), Relaxed);
        }
    }

    #[track_caller]
    pub fn assert_untouched(&self, range: Range<usize>) {
        for at in range {
            assert_eq!(
                self.0[at].load(Relaxed),
                canary(at),
                "byte {at} was written"
            );
        }
    }
}

fn canary(at: usize) -> u8 {
    (at % 251) as u8 ^ 0x5a
}

/// Memory that somebody says was registered.
pub struct MadeUp(TEEC_SharedMemory);

/// What libteec tells the kernel where there is no memory.
pub const NULL: i32 = -1;

impl MadeUp {
    /// Under the number that the kernel is to have given it.
    pub fn new(id: i32) -> Self {
        Self(TEEC_SharedMemory {
            buffer: null_mut(),
            size: usize::MAX,
            flags: raw::TEEC_MEM_INPUT | raw::TEEC_MEM_OUTPUT,
            imp: raw::TEEC_SharedMemory__Imp {
                id,
                alloced_size: 0,
                shadow_buffer: null_mut(),
                registered_fd: -1,
                flags: 0,
            },
        })
    }
}

/// What TEE Client API 1.0 has for a parameter, in the order of its numbers.
pub const KINDS: [ParamType; 11] = [
    ParamType::None,
    ParamType::ValueInput,
    ParamType::ValueOutput,
    ParamType::ValueInout,
    ParamType::MemrefTempInput,
    ParamType::MemrefTempOutput,
    ParamType::MemrefTempInout,
    ParamType::MemrefWhole,
    ParamType::MemrefPartialInput,
    ParamType::MemrefPartialOutput,
    ParamType::MemrefPartialInout,
];

/// A parameter of a call.
#[derive(Clone, Copy)]
pub struct Parameter {
    pub kind: ParamType,
    /// Of memory, how much; after the call, how much the secure world says.
    pub size: usize,
    /// Memory that is none.
    pub null: bool,
    raw: TEEC_Parameter,
}

impl Parameter {
    pub fn none() -> Self {
        Self::value(ParamType::None, [0; 2])
    }

    pub fn value(kind: ParamType, [a, b]: [u32; 2]) -> Self {
        Self {
            kind,
            size: 0,
            null: false,
            raw: TEEC_Parameter {
                value: TEEC_Value { a, b },
            },
        }
    }

    /// Memory from there on, of a size that it may not have.
    pub fn memory(kind: ParamType, memory: &Shared, start: usize, size: usize) -> Self {
        let buffer = memory.0[start..].as_ptr().cast_mut().cast();
        Self::temporary(kind, TEEC_TempMemoryReference { buffer, size })
    }

    /// No memory, and so much of it.
    pub fn null(kind: ParamType, size: usize) -> Self {
        let buffer = null_mut();
        Self {
            null: true,
            ..Self::temporary(kind, TEEC_TempMemoryReference { buffer, size })
        }
    }

    fn temporary(kind: ParamType, tmpref: TEEC_TempMemoryReference) -> Self {
        Self {
            kind,
            size: tmpref.size,
            null: false,
            raw: TEEC_Parameter { tmpref },
        }
    }

    /// The two numbers of a value.
    pub fn values(self) -> [u32; 2] {
        let value = ParamValue::from_raw(self.raw, self.kind);
        [value.a(), value.b()]
    }

    /// All of memory that was not registered, or a part.
    pub fn registered(kind: ParamType, of: &mut MadeUp, range: Range<usize>) -> Self {
        let memref = TEEC_RegisteredMemoryReference {
            parent: &raw mut of.0,
            size: range.len(),
            offset: range.start,
        };
        Self {
            kind,
            size: range.len(),
            null: true,
            raw: TEEC_Parameter { memref },
        }
    }
}

impl Param for Parameter {
    fn to_raw(&mut self) -> TEEC_Parameter {
        self.raw
    }

    fn param_type(&self) -> ParamType {
        self.kind
    }

    fn from_raw(raw: TEEC_Parameter, kind: ParamType) -> Self {
        // Registered memory has its size where temporary memory has it.
        let size = ParamTmpRef::from_raw(raw, kind).updated_size();
        Self {
            kind,
            size,
            null: false,
            raw,
        }
    }
}

fn operation(
    [a, b, c, d]: [Parameter; 4],
) -> Operation<Parameter, Parameter, Parameter, Parameter> {
    Operation::new(0, a, b, c, d)
}

/// A session with a trusted application.
pub struct Raw(Session);

impl Raw {
    /// Opens a session as this uid, with whatever it says of itself.
    pub fn open(
        uid: u32,
        uuid: &str,
        login: ConnectionMethods,
        parameters: [Parameter; 4],
    ) -> Result<Self, ErrorKind> {
        as_uid(uid, || {
            let mut context = Context::new().unwrap();
            let uuid = Uuid::parse_str(uuid).unwrap();
            Session::new(&mut context, uuid, login, Some(&mut operation(parameters)))
        })
        .map(Self)
        .map_err(|error| error.kind())
    }

    /// A session as PROTOCOL.md says.
    pub fn of(uid: u32, uuid: &str) -> Self {
        Self::open(uid, uuid, ConnectionMethods::LoginUser, claim([uid; 2])).unwrap()
    }

    /// A session of nobody.
    pub fn of_nobody(uuid: &str) -> Self {
        let parameters = [Parameter::none(); 4];
        Self::open(10_099, uuid, ConnectionMethods::LoginPublic, parameters).unwrap()
    }

    /// What comes of a command, and its parameters after it.
    pub fn call(
        &mut self,
        command: u32,
        parameters: [Parameter; 4],
    ) -> (Result<(), ErrorKind>, [Parameter; 4]) {
        let mut operation = operation(parameters);
        let outcome = self.0.invoke_command(command, &mut operation);
        (
            outcome.map_err(|error| error.kind()),
            operation.parameters().into(),
        )
    }
}

/// The parameters of a session whose caller claims a uid, and to speak for another.
pub fn claim(uids: [u32; 2]) -> [Parameter; 4] {
    let none = Parameter::none();
    [
        Parameter::value(ParamType::ValueInput, uids),
        none,
        none,
        none,
    ]
}
