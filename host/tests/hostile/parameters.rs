//! Every command, with parameters of every type and memory of every size: refused as
//! PROTOCOL.md says, and not a byte written but the answer.

use super::attack::Attack;
use super::raw::{KINDS, MadeUp, NULL, Parameter, Shared};
use super::target::{Memory, TARGETS, Target};
use super::witness::Witness;
use crate::Optee;
use optee_teec::ParamType;
use touchseal::proto::PROTOCOL_VERSION;

const APP: u32 = 10_090;

/// All combinations of types, for the command that anyone may give.
#[test]
fn no_other_types_are_served() {
    let optee = Optee::new();
    let mut witness = Witness::new(&optee);
    for target in &TARGETS {
        let mut attack = Attack::new(target, Some(APP));
        let memory = Memory::new(1, target.largest_response);
        let kinds: Vec<_> = memory.of_every_kind().collect();
        let all = || kinds.iter().copied();
        for first in all() {
            for second in all() {
                for (third, fourth) in all().flat_map(|third| all().map(move |it| (third, it))) {
                    let parameters = [first, second, third, fourth];
                    attack.call(target.question, &memory, parameters);
                }
                assert_eq!(witness.sometimes().unwrap_or(0), 0);
            }
        }
    }
    assert_eq!(witness.goes_on(), 0);
}

/// For every command, and numbers that are none: one parameter of another type, or of memory
/// that is none or was never registered.
#[test]
fn no_command_takes_another_type() {
    let optee = Optee::new();
    let mut witness = Witness::new(&optee);
    // The kernel begins to count at one.
    let mut made_up = [NULL, 0, 1 << 20, i32::MAX].map(MadeUp::new);
    for (target, uid) in every_session() {
        let mut attack = Attack::new(target, uid);
        let memory = Memory::new(1, target.largest_response);
        for command in target.commands() {
            // To a number that is none, a request that the smallest command is served with; to
            // a command none.
            let version = match (target.caller)(command) {
                Some(_) => 0,
                None => PROTOCOL_VERSION,
            };
            memory.request.write(0, &[version]);
            attack.call(command, &memory, memory.parameters());
            for at in 0..4 {
                let mut other = |parameter| {
                    let mut parameters = memory.parameters();
                    parameters[at] = parameter;
                    attack.call(command, &memory, parameters);
                };
                memory.of_every_kind().for_each(&mut other);
                let (ours, not_ours) = KINDS.split_at(7);
                let none = ours.iter().skip(4).map(|kind| Parameter::null(*kind, 0));
                none.for_each(&mut other);
                let of = &mut made_up[command as usize % 4];
                for kind in not_ours {
                    other(Parameter::registered(*kind, of, 0..1));
                }
            }
            assert_eq!(witness.sometimes().unwrap_or(0), 0);
        }
    }
    assert_eq!(witness.goes_on(), 0);
}

fn every_session() -> impl Iterator<Item = (&'static Target, Option<u32>)> {
    TARGETS
        .iter()
        .flat_map(|target| [Some(APP), Some(0), None].map(|uid| (target, uid)))
}

/// Requests and rooms of every size that could matter, for every command.
#[test]
fn a_size_is_told_exactly_and_nothing_is_written_past_it() {
    let optee = Optee::new();
    let mut witness = Witness::new(&optee);
    for (target, uid) in every_session() {
        let mut attack = Attack::new(target, uid);
        let (largest, most) = (target.largest_request, target.largest_response);
        let memory = Memory::new(largest + 1, most + 1);
        for command in target.commands() {
            for size in [0, 1, 2, largest, largest + 1] {
                attack.call(command, &memory, memory.sized(size, most));
            }
            for room in [0, 1, 3, most - 1, most + 1] {
                attack.call(command, &memory, memory.sized(1, room));
            }
            assert_eq!(witness.sometimes().unwrap_or(0), 0);
        }
    }
    assert_eq!(witness.goes_on(), 0);
}

/// Megabytes that are there, and more than there can be.
#[test]
fn huge_sizes_do_no_harm() {
    const MEGABYTE: usize = 1 << 20;
    let optee = Optee::new();
    let mut witness = Witness::new(&optee);
    for target in &TARGETS {
        let mut attack = Attack::new(target, Some(APP));
        let memory = Memory::new(MEGABYTE, MEGABYTE);
        attack.call(target.question, &memory, memory.sized(1, MEGABYTE));
        attack.call(target.question, &memory, memory.sized(MEGABYTE, MEGABYTE));
        for size in [isize::MAX as usize, usize::MAX] {
            for parameters in [memory.sized(size, MEGABYTE), memory.sized(1, size)] {
                let (outcome, _) = attack.session.call(target.question, parameters);
                assert!(outcome.is_err(), "{size} bytes");
                memory.response.assert_untouched(0..memory.response.len());
            }
        }
        let none = [0, 1, usize::MAX].map(|size| {
            let of_no_memory = Parameter::null(ParamType::MemrefTempInput, size);
            let [_, response, third, fourth] = memory.sized(1, MEGABYTE);
            [of_no_memory, response, third, fourth]
        });
        for parameters in none {
            attack.call(target.question, &memory, parameters);
        }
    }
    assert_eq!(witness.goes_on(), 0);
}

/// Memory at the ends of pages, and one memory for both ways.
#[test]
fn a_request_may_lie_anywhere_even_in_its_response() {
    let optee = Optee::new();
    let mut witness = Witness::new(&optee);
    for target in &TARGETS {
        let mut attack = Attack::new(target, Some(APP));
        let most = target.largest_response;
        let both = Shared::new(4 * 4096);
        let page = both.page();
        for (request, room) in [
            (page, page),
            (page + most - 1, page),
            (page + 4095, page + 4096),
            (page + 4096, page + 4095),
            (page, page + 4096 - most),
            (page + 4096 - 1, page + 4096 - most / 2),
        ] {
            both.write(request, &[1]);
            let mut parameters = [Parameter::none(); 4];
            parameters[0] = Parameter::memory(ParamType::MemrefTempInput, &both, request, 1);
            parameters[1] = Parameter::memory(ParamType::MemrefTempOutput, &both, room, most);
            let (outcome, after) = attack.session.call(target.question, parameters);
            assert_eq!(outcome, Ok(()));
            assert_eq!(both.read(room..room + 3), [1, 0, 0], "{} TA", target.name);
            let end = room + after[1].size;
            assert!(end > room + 3 && end <= room + most);
            both.restore(request..request + 1);
            both.restore(room..end);
            both.assert_untouched(0..both.len());
        }
    }
    assert_eq!(witness.goes_on(), 0);
}

/// The room for the answer is registered, and the request is a part of it.
#[test]
fn registered_memory_is_served_alike() {
    let optee = Optee::new();
    let mut witness = Witness::new(&optee);
    // What the kernel gives to the only memory that is registered.
    let mut registered = MadeUp::new(1);
    for target in &TARGETS {
        let mut attack = Attack::new(target, Some(APP));
        let memory = Memory::new(1, target.largest_response);
        let room = memory.room();
        for at in [0, 1, target.largest_response - 1] {
            memory.response.write(room.start + at, &[1]);
            let [_, response, none, _] = memory.parameters();
            let kind = ParamType::MemrefPartialInput;
            let request = Parameter::registered(kind, &mut registered, at..at + 1);
            let parameters = [request, response, none, none];
            let (outcome, after) = attack.session.call(target.question, parameters);
            assert_eq!(outcome, Ok(()), "{} TA", target.name);
            let answer = memory.response.read(room.start..room.start + 3);
            assert_eq!(answer, [1, 0, 0], "{} TA", target.name);
            memory
                .response
                .restore(room.start..room.start + after[1].size.max(at + 1));
        }
    }
    assert_eq!(witness.goes_on(), 0);
}
