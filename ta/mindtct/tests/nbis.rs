//! Minutiae and scores are those of NIST's own C code, which `TOUCHSEAL_NBIS` is a directory of. The
//! images of real fingers are in `TOUCHSEAL_FINGERS`.

mod common;

use std::env;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use common::{Image, finger, golden, made_up, real, real_and_spoilt, xyt};
use touchseal_bozorth3::match_score;
use touchseal_mindtct::{DetectError, Limits, Minutia, detect};

/// NIST's programs in one, compiled once.
static NBIS: LazyLock<PathBuf> = LazyLock::new(|| {
    let sources = PathBuf::from(env::var("TOUCHSEAL_NBIS").expect("TOUCHSEAL_NBIS"));
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join("nbis");
    let mut cc = Command::new("cc");
    // Without what is not in the C standard: products that are not rounded before a sum.
    cc.args(["-O2", "-w", "-ffp-contract=off", "-DNOVERBOSE"]);
    for (include, library) in [
        ("mindtct", "mindtct/src/lib/mindtct"),
        ("bozorth", "bozorth/src/lib/bozorth3"),
    ] {
        cc.arg("-I").arg(sources.join(include).join("include"));
        for file in fs::read_dir(sources.join(library)).expect(library) {
            let path = file.unwrap().path();
            // The packager's, not NIST's.
            if !path.ends_with("bozorth_glue.c") {
                cc.arg(path);
            }
        }
    }
    cc.arg("tests/nbis/nbis.c")
        .arg("-o")
        .arg(&program)
        .arg("-lm");
    assert!(cc.status().expect("cc").success());
    program
});

/// The lines that NIST's program answers.
fn nbis(arguments: &[String], input: &[u8]) -> Vec<String> {
    let mut child = Command::new(&*NBIS)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", output.status);
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(str::to_owned).collect()
}

fn numbers(line: &str) -> Vec<i32> {
    line.split(' ').map(|n| n.parse().unwrap()).collect()
}

fn nbis_xyt(image: &Image) -> String {
    let arguments = [
        "detect".into(),
        image.width.to_string(),
        image.height.to_string(),
    ];
    let lines = nbis(&arguments, &image.pixels);
    lines.iter().map(|line| format!("{line}\n")).collect()
}

#[test]
fn minutiae_of_real_fingers() {
    let mut minutiae = 0;
    for image in real_and_spoilt() {
        match detect(image.gray(), &Limits::TRUSTED_APPLICATION) {
            Ok(found) => {
                assert_eq!(xyt(&found), nbis_xyt(&image), "{image}");
                minutiae += found.len();
            }
            // Very noisy ones.
            Err(error) => assert_eq!(error, DetectError::TooComplex, "{image}"),
        }
    }
    assert!(minutiae > 2000, "{minutiae}");
}

/// The C code gives what stock NBIS gave, and what `tests/minutiae.rs` compares with.
#[test]
fn golden_minutiae() {
    for (image, want) in golden() {
        assert_eq!(nbis_xyt(&image), want, "{image}");
    }
    let answers: String = made_up()
        .iter()
        .map(|image| format!("{image}\n{}", nbis_xyt(image)))
        .collect();
    let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join("made_up.txt");
    fs::write(&kept, &answers).unwrap();
    let is_golden = answers == include_str!("golden/made_up.txt");
    assert!(is_golden, "{} differs", kept.display());
}

/// NIST's score of its `most` best minutiae, after a comparison with ours of the same.
fn scores(probe: &[Minutia], gallery: &[Minutia], most: usize) -> u32 {
    let text = |print: &[Minutia]| format!("{}\n{}", print.len(), xyt(print));
    let input = text(probe) + &text(gallery);
    let lines = nbis(&["match".into(), most.to_string()], input.as_bytes());
    let parts: Vec<&[String]> = lines.split(|line| line.is_empty()).collect();
    let print = |lines: &[String]| -> Vec<touchseal_bozorth3::Minutia> {
        let minutia = |n: Vec<i32>| (n[0], n[1], n[2].rem_euclid(360)).into();
        lines.iter().map(|line| minutia(numbers(line))).collect()
    };
    let score = parts[2][0].parse().unwrap();
    let limits = touchseal_bozorth3::Limits::REFERENCE;
    assert_eq!(
        match_score(&print(parts[0]), &print(parts[1]), &limits),
        Ok(score)
    );
    score
}

fn minutiae(images: &[Image]) -> Vec<Vec<Minutia>> {
    let detect = |image: &Image| detect(image.gray(), &Limits::TRUSTED_APPLICATION).unwrap();
    images.iter().map(|image| detect(image).to_vec()).collect()
}

#[test]
fn scores_of_real_fingers() {
    let prints = minutiae(&real());
    let [one, again, other] = prints.as_slice() else {
        panic!("TOUCHSEAL_FINGERS");
    };
    for most in [20, 30, 50, 80, 150] {
        for (probe, gallery) in [(one, again), (again, one)] {
            let genuine = scores(probe, gallery, most);
            for (probe, gallery) in [(probe, other), (other, gallery)] {
                let other = scores(probe, gallery, most);
                assert!(genuine > other, "{most}: {genuine}, {other}");
            }
        }
        for print in &prints {
            assert!(scores(print, print, most) > 40, "{most}");
        }
    }
}

#[test]
fn scores_of_spoilt_images() {
    let mut images: Vec<Image> = Vec::new();
    for (i, image) in real()
        .into_iter()
        .chain([finger((300, 360), 5)])
        .enumerate()
    {
        let seed = i as u64;
        images.push(image.crop((20, 40), (256, 288)));
        images.push(image.turned(12).noisy(30, seed));
        images.push(image.blotted(25, seed));
    }
    let prints = minutiae(&images);
    for probe in &prints {
        for gallery in &prints {
            scores(probe, gallery, 60);
        }
    }
}
