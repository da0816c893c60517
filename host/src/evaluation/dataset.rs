//! The images of a folder, by finger and impression.

use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ffi::OsStr;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

const EXTENSIONS: [&str; 5] = ["bmp", "pgm", "png", "tif", "tiff"];

/// A file that nothing can be measured with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unusable {
    /// Its name.
    pub file: String,
    /// Why.
    pub reason: String,
}

impl Unusable {
    pub(super) fn new(path: &Path, reason: impl Into<String>) -> Self {
        let file = path.file_name().unwrap_or_default();
        Self {
            file: file.to_string_lossy().into_owned(),
            reason: reason.into(),
        }
    }
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A file's name may hold what a terminal obeys.
        write!(f, "{}: {}", self.file.escape_debug(), self.reason)
    }
}

/// An image of a finger.
#[derive(Debug)]
pub struct Impression {
    pub finger: String,
    pub path: PathBuf,
}

/// A finger's length and name, so that 9 comes before 10; and the impression.
type Order = (usize, String, u32);

#[derive(Debug)]
pub struct Dataset {
    impressions: BTreeMap<Order, Impression>,
    pub left_out: Vec<Unusable>,
}

impl Dataset {
    /// Finds the images, named `<finger>_<impression>.<extension>`.
    pub fn read(folder: &Path) -> Result<Self> {
        let shown = folder.display();
        let mut paths = fs::read_dir(folder)
            .and_then(|entries| {
                let paths = entries.map(|entry| Ok(entry?.path()));
                paths.collect::<io::Result<Vec<_>>>()
            })
            .with_context(|| format!("cannot list the folder {shown}"))?;
        paths.sort();
        let dataset = Self::of(paths);
        if dataset.impressions.is_empty() {
            bail!(
                "{shown} has no image named <finger>_<impression>.<{}>",
                EXTENSIONS.join("|")
            );
        }
        if dataset.fingers() < 2 {
            bail!("{shown} has images of one finger: impostors need two");
        }
        if dataset.fingers() == dataset.impressions.len() {
            bail!("{shown} has one image of each finger: genuine comparisons need two of one");
        }
        Ok(dataset)
    }

    fn of(paths: Vec<PathBuf>) -> Self {
        let mut dataset = Self {
            impressions: BTreeMap::new(),
            left_out: Vec::new(),
        };
        for path in paths {
            match name(&path) {
                Err(reason) => dataset.left_out.push(Unusable::new(&path, reason)),
                Ok((finger, impression)) => {
                    let order = (finger.len(), finger.clone(), impression);
                    match dataset.impressions.entry(order) {
                        Entry::Vacant(free) => {
                            free.insert(Impression { finger, path });
                        }
                        Entry::Occupied(_) => {
                            let reason = "this impression is there already";
                            dataset.left_out.push(Unusable::new(&path, reason));
                        }
                    }
                }
            }
        }
        dataset
    }

    /// The images, finger by finger.
    pub fn impressions(&self) -> impl Iterator<Item = &Impression> {
        self.impressions.values()
    }

    pub fn fingers(&self) -> usize {
        let images: Vec<_> = self.impressions().collect();
        images.chunk_by(|a, b| a.finger == b.finger).count()
    }
}

fn name(path: &Path) -> Result<(String, u32), &'static str> {
    let text = |part: Option<&OsStr>| part.and_then(|part| Some(part.to_str()?.to_owned()));
    let extension = text(path.extension()).unwrap_or_default();
    if !EXTENSIONS.contains(&extension.to_ascii_lowercase().as_str()) {
        return Err("not a PNG, BMP, PGM or TIFF file, by its extension");
    }
    text(path.file_stem())
        .and_then(|stem| {
            let (finger, impression) = stem.rsplit_once('_')?;
            Some((finger.to_owned(), impression.parse().ok()?))
        })
        .filter(|(finger, _)| !finger.is_empty())
        .ok_or("not named <finger>_<impression number>")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn of(names: &[&str]) -> Dataset {
        Dataset::of(names.iter().map(PathBuf::from).collect())
    }

    fn images(dataset: &Dataset) -> Vec<&str> {
        dataset
            .impressions()
            .map(|image| image.path.to_str().unwrap())
            .collect()
    }

    #[test]
    fn images_are_in_the_order_of_their_numbers() {
        let dataset = of(&["10_1.tif", "101_10.TIF", "101_9.tiff", "9_2.bmp", "9_1.pgm"]);
        let sorted = ["9_1.pgm", "9_2.bmp", "10_1.tif", "101_9.tiff", "101_10.TIF"];
        assert_eq!(images(&dataset), sorted);
        assert_eq!(dataset.fingers(), 3);
        assert!(dataset.left_out.is_empty());
    }

    #[test]
    fn a_finger_may_have_any_name() {
        let dataset = of(&["left_thumb_1.png", "p1_2.png", "äé_3.png"]);
        assert_eq!(dataset.fingers(), 3);
        assert!(
            dataset
                .impressions()
                .any(|image| image.finger == "left_thumb")
        );
    }

    #[test]
    fn what_is_no_impression_is_left_out_with_the_reason() {
        let names = [
            "1_1.jpg", "_1.png", "1.png", "1_.png", "1_a.png", "1_-1.png", ".png", "1_1",
        ];
        let dataset = of(&names);
        assert!(images(&dataset).is_empty());
        let left_out: Vec<_> = dataset.left_out.iter().map(|left| &left.file).collect();
        assert_eq!(left_out, names.iter().collect::<Vec<_>>());
    }

    #[test]
    fn an_impression_counts_once() {
        let dataset = of(&["1_01.png", "1_1.png", "1_1.tif", "2_1.png"]);
        assert_eq!(images(&dataset), ["1_01.png", "2_1.png"]);
        assert_eq!(dataset.left_out.len(), 2);
    }
}
