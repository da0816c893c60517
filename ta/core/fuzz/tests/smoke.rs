//! Every target on its corpus, then on inputs that are made of it and of chance. `FUZZ_SEED`
//! is the first of the seeds.

use fastrand::Rng;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;

fn corpus(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("corpus")
        .join(name);
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|file| file.unwrap().path())
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{} is empty", folder.display());
    files
        .into_iter()
        .map(|file| std::fs::read(file).unwrap())
        .collect()
}

/// An input of the corpus, changed here and there; one of four is all chance.
fn input(corpus: &[Vec<u8>], random: &mut Rng) -> Vec<u8> {
    if random.u8(..) < 64 {
        let len = random.usize(..1024);
        return std::iter::repeat_with(|| random.u8(..)).take(len).collect();
    }
    let mut input = corpus[random.usize(..corpus.len())].clone();
    for _ in 0..random.usize(1..9) {
        let at = random.usize(..=input.len());
        match random.u8(..8) {
            0 => input.truncate(at),
            1 => input.insert(at, random.u8(..)),
            2 => drop(input.drain(at..input.len().min(at + random.usize(..8)))),
            3 => {
                let other = &corpus[random.usize(..corpus.len())];
                let from = random.usize(..=other.len());
                let part = &other[from..other.len().min(from + random.usize(..64))];
                input.splice(at..at, part.iter().copied());
            }
            4 | 5 => {
                if let Some(byte) = input.get_mut(at) {
                    *byte = random.u8(..);
                }
            }
            _ => {
                if let Some(byte) = input.get_mut(at) {
                    *byte ^= 1 << random.u8(..8);
                }
            }
        }
    }
    input
}

fn run(target: fn(&[u8]), input: &[u8], name: &str, origin: &str) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| target(input))) {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("finding-{name}"));
        std::fs::write(&path, input).unwrap();
        println!("a finding, of {origin}: {}", path.display());
        resume_unwind(panic);
    }
}

fn smoke(name: &str, target: fn(&[u8]), seeds: u64) {
    let corpus = corpus(name);
    for input in &corpus {
        run(target, input, name, "the corpus");
    }
    let first = std::env::var("FUZZ_SEED").map_or(1, |seed| seed.parse().unwrap());
    for seed in first..first + seeds {
        let input = input(&corpus, &mut Rng::with_seed(seed));
        run(target, &input, name, &format!("FUZZ_SEED={seed}"));
    }
}

macro_rules! smoke {
    ($($target:ident $seeds:literal;)*) => {$(
        #[test]
        fn $target() {
            smoke(stringify!($target), touchseal_fuzz::$target::one_input, $seeds);
        }
    )*};
}

smoke! {
    evidence 300;
    image 30;
    record 100_000;
    request 200;
    sensor 500;
    sequence 20;
    soter 200;
    template 100_000;
}
