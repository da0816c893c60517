//! `touchseal fp-eval` on folders of made-up fingers, as a person runs it.

use image::{GrayImage, Luma};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use touchseal_nonsecure::finger::Picture;

const USAGE: i32 = 2;

fn fp_eval(folder: &Path, options: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_touchseal"))
        .arg("fp-eval")
        .arg(folder)
        .args(options)
        .output()
        .unwrap()
}

fn json(folder: &Path, options: &[&str]) -> Value {
    let output = fp_eval(folder, &[&["--json"], options].concat());
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{stderr}");
    assert_eq!(stderr, "");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn refusal(folder: &Path) -> String {
    let output = fp_eval(folder, &[]);
    assert_eq!(output.status.code(), Some(USAGE));
    assert!(output.stdout.is_empty());
    String::from_utf8(output.stderr).unwrap()
}

/// Images of so many fingers, in the formats in turn.
fn fill(folder: &Path, fingers: u64, impressions: u64) {
    let formats = ["tif", "png", "pgm", "bmp"];
    for finger in 1..=fingers {
        for impression in 1..=impressions {
            let format = formats[(finger + impression) as usize % formats.len()];
            let name = format!("{finger}_{impression}.{format}");
            let Picture {
                width,
                height,
                pixels,
            } = touchseal_nonsecure::finger::impression(finger, impression);
            let image = GrayImage::from_raw(width.into(), height.into(), pixels).unwrap();
            image.save(folder.join(name)).unwrap();
        }
    }
}

#[test]
fn genuine_comparisons_beat_impostors() {
    let directory = tempfile::tempdir().unwrap();
    let folder = directory.path();
    fill(folder, 4, 3);
    let found = json(folder, &[]);
    assert_eq!(found["fingers"], 4);
    assert_eq!(found["impressions"], 12);
    assert_eq!(found["fta"]["errors"], 0);
    assert_eq!(found["genuine"]["comparisons"], 12);
    assert_eq!(found["impostor"]["comparisons"], 6);
    assert_eq!(found["threshold"], 40);
    assert_eq!(found["fnmr"]["errors"], 0, "{found:#}");
    assert_eq!(found["fmr"]["errors"], 0, "{found:#}");
    assert_eq!(found["eer"]["rate"], 0.0);
    assert_eq!(found["android"]["far"], "too few to say");

    let all = json(folder, &["--all-impostors"]);
    assert_eq!(all["impostor"]["comparisons"], 6 * 9);
    assert_eq!(all["fmr"]["errors"], 0, "{all:#}");
}

#[test]
fn a_report_is_the_same_each_time_and_comes_with_a_picture() {
    let directory = tempfile::tempdir().unwrap();
    let folder = directory.path();
    fill(folder, 2, 2);
    let svg = folder.join("det.svg");
    let options = ["--svg", svg.to_str().unwrap()];
    let first = fp_eval(folder, &options);
    let second = fp_eval(folder, &options);
    assert!(first.status.success());
    let text = |output: &Output| String::from_utf8(output.stdout.clone()).unwrap();
    // The picture lies in the folder itself, and is left out.
    assert!(
        text(&first).contains("det.svg: not a PNG"),
        "{}",
        text(&first)
    );
    assert_eq!(text(&first), text(&second));
    assert!(text(&first).contains("2 genuine comparisons prove nothing about FNMR: 0 of 2"));
    let picture = fs::read_to_string(svg).unwrap();
    assert!(picture.contains("DET: 2 genuine and 1 impostor comparisons"));
}

#[test]
fn what_cannot_be_used_is_named_and_counted() {
    let directory = tempfile::tempdir().unwrap();
    let folder = directory.path();
    fill(folder, 2, 2);
    fs::write(folder.join("3_1.png"), b"not an image").unwrap();
    fs::write(folder.join("3_2.tif"), b"").unwrap();
    let mut half = fs::read(folder.join("1_2.bmp")).unwrap();
    half.truncate(half.len() / 2);
    fs::write(folder.join("3_3.bmp"), half).unwrap();
    // Says that it is of 65535x65535 pixels, and has none.
    fs::write(folder.join("3_4.pgm"), b"P5 65535 65535 255\n").unwrap();
    let grey = |width, height| GrayImage::from_pixel(width, height, Luma([128]));
    for (name, image) in [
        ("3_5.png", grey(1, 1)),
        ("3_6.png", grey(641, 300)),
        ("3_7.png", grey(560, 560)),
        ("3_8.png", grey(300, 300)),
    ] {
        image.save(folder.join(name)).unwrap();
    }
    fs::create_dir(folder.join("3_9.png")).unwrap();
    fs::write(folder.join("1_1.jpg"), b"").unwrap();

    let found = json(folder, &[]);
    let failures = found["failures_to_acquire"].as_array().unwrap();
    let named: Vec<_> = failures
        .iter()
        .map(|failure| failure["file"].as_str().unwrap())
        .collect();
    let expected = [
        "3_1.png", "3_2.tif", "3_3.bmp", "3_4.pgm", "3_5.png", "3_6.png", "3_7.png", "3_8.png",
        "3_9.png",
    ];
    assert_eq!(named, expected);
    for large in [3, 5, 6] {
        let reason = failures[large]["reason"].as_str().unwrap();
        assert!(reason.contains("307200, and 640 a side"), "{reason}");
    }
    assert_eq!(found["fta"]["errors"], 9);
    assert_eq!(found["fta"]["trials"], 13);
    assert_eq!(found["frr"]["rate"], found["fta"]["rate"]);
    assert_eq!(found["left_out"][0]["file"], "1_1.jpg");
    // Nothing was acquired of the third.
    assert_eq!(found["fingers"], 3);
    assert_eq!(found["impostor"]["comparisons"], 1);
}

#[test]
fn a_folder_without_anything_to_compare_says_what_is_missing() {
    let directory = tempfile::tempdir().unwrap();
    let folder = directory.path();
    assert!(refusal(&folder.join("absent")).contains("cannot list the folder"));
    assert!(refusal(folder).contains("no image named"));
    let blank = |name: &str| fs::write(folder.join(name), b"P5 9 9 255\n").unwrap();
    blank("1_1.pgm");
    assert!(refusal(&folder.join("1_1.pgm")).contains("cannot list the folder"));
    blank("1_2.pgm");
    assert!(refusal(folder).contains("impostors need two"));
    fs::remove_file(folder.join("1_2.pgm")).unwrap();
    blank("2_1.pgm");
    assert!(refusal(folder).contains("genuine comparisons need two"));
    blank("2_2.pgm");
    let refused = refusal(folder);
    assert!(refused.contains("nothing to compare"), "{refused}");
    assert!(refused.contains("1_1.pgm: "), "{refused}");
}
