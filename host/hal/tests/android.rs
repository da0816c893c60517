//! The files for Android's build agree with each other and with the interface. What only a
//! tree of Android can tell is in README.md.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use touchseal::proto::HAL_UID;
use touchseal_hal::{PAYMENT_KEYS, SOTER};

const PACKAGE: &str = "vendor.touchseal.hardware.payment";
const BINARY: &str = "vendor.touchseal.hardware.payment-service.optee";

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn text(path: &str) -> String {
    fs::read_to_string(here(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The lines of a file without its comments and empty lines, as words.
fn lines(path: &str) -> Vec<Vec<String>> {
    let lines = text(path);
    let lines = lines.lines().map(|line| line.split('#').next().unwrap());
    let words = |line: &str| line.split_whitespace().map(str::to_owned).collect();
    lines
        .map(words)
        .filter(|words: &Vec<_>| !words.is_empty())
        .collect()
}

/// Interface and instance of a name that is served: `IPaymentKeys/default`.
fn instances() -> Vec<String> {
    [PAYMENT_KEYS, SOTER]
        .map(|name| {
            name.strip_prefix(&format!("{PACKAGE}."))
                .unwrap()
                .to_owned()
        })
        .to_vec()
}

fn files(root: &Path, below: &Path, found: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in fs::read_dir(below).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(root, &path, found);
        } else {
            let name = path.strip_prefix(root).unwrap().to_owned();
            found.insert(name, fs::read(path).unwrap());
        }
    }
}

fn tree(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    files(root, root, &mut found);
    found
}

#[test]
fn the_frozen_interface_is_the_one_that_is_served() {
    let directory = tempfile::tempdir().unwrap();
    let frozen = Command::new(here("aidl/freeze.sh"))
        .arg(directory.path())
        .status()
        .unwrap();
    assert!(frozen.success());
    let (now, committed) = (tree(directory.path()), tree(&here("aidl/aidl_api")));
    for (name, bytes) in &now {
        let same = committed.get(name) == Some(bytes);
        assert!(
            same,
            "{} changed: run host/hal/aidl/freeze.sh",
            name.display()
        );
    }
    assert_eq!(now.len(), committed.len(), "{:?}", committed.keys());
}

#[test]
fn every_type_and_method_of_the_interface_is_documented_and_stable() {
    let sources = here(&format!("aidl/{}", PACKAGE.replace('.', "/")));
    for (name, bytes) in tree(&sources) {
        let source = String::from_utf8(bytes).unwrap();
        let mut before = "";
        for line in source.lines() {
            let line = line.trim();
            let is_code = !["*", "/", "package ", "import "]
                .iter()
                .any(|start| line.starts_with(start));
            let declares = is_code && line.ends_with([';', ',']);
            let is_type = line == "@VintfStability";
            if declares || is_type {
                assert!(before.ends_with("*/"), "{}: {line}", name.display());
            }
            before = line;
        }
        assert!(source.contains("@VintfStability"), "{}", name.display());
    }
}

#[test]
fn init_starts_what_is_served_as_the_user_that_may_speak_for_apps() {
    let rc = lines(&format!("android/{BINARY}.rc"));
    let service = ["service", "vendor.touchseal.payment-optee"];
    assert_eq!(rc[0][..2], service);
    assert_eq!(rc[0][2], format!("/vendor/bin/hw/{BINARY}"));
    let of = |word: &str| -> Vec<_> { rc.iter().filter(|line| line[0] == word).collect() };
    let served: Vec<_> = of("interface").iter().map(|line| line[2].clone()).collect();
    assert_eq!(served, [PAYMENT_KEYS, SOTER]);
    assert_eq!(of("class")[0][1], "hal");
    assert_eq!(of("user")[0][1], "vendor_touchseal");

    let config = lines("android/config.fs");
    let value = format!("value:{HAL_UID}");
    assert_eq!(config, [["[AID_VENDOR_TOUCHSEAL]"], [value.as_str()]]);
    let node = ["/dev/tee0", "0660", "root", "vendor_touchseal"];
    assert_eq!(lines("android/ueventd.rc"), [node]);
}

/// The HAL's entry in a file of VINTF.
fn vintf(path: &str, root: &str, check: impl FnOnce(roxmltree::Node<'_, '_>)) {
    let text = text(path);
    let document = roxmltree::Document::parse(&text).unwrap();
    assert_eq!(document.root_element().tag_name().name(), root);
    let hal = document.root_element().first_element_child().unwrap();
    assert_eq!(hal.attribute("format"), Some("aidl"));
    assert_eq!(told(hal, "name"), [PACKAGE]);
    assert_eq!(told(hal, "version"), ["1"]);
    check(hal);
}

/// The text of the elements of a name, below another.
fn told(node: roxmltree::Node<'_, '_>, name: &str) -> Vec<String> {
    let found = node.children().filter(|child| child.has_tag_name(name));
    found
        .map(|child| child.text().unwrap().to_owned())
        .collect()
}

#[test]
fn manifest_and_matrix_name_what_is_served() {
    vintf(&format!("android/{BINARY}.xml"), "manifest", |hal| {
        assert_eq!(told(hal, "fqname"), instances());
    });
    let path = "android/compatibility_matrix.xml";
    vintf(path, "compatibility-matrix", |hal| {
        let interfaces = hal.children().filter(|node| node.has_tag_name("interface"));
        let named: Vec<_> = interfaces
            .map(|node| format!("{}/{}", told(node, "name")[0], told(node, "instance")[0]))
            .collect();
        assert_eq!(named, instances());
    });
}

#[test]
fn the_policy_labels_what_there_is() {
    let label = |name: &str| format!("u:object_r:{name}:s0");
    let service = label("touchseal_payment_service");
    let contexts = lines("android/sepolicy/service_contexts");
    assert_eq!(contexts, [[PAYMENT_KEYS, &service], [SOTER, &service]]);
    let files = lines("android/sepolicy/file_contexts");
    assert_eq!(
        files[0][0].replace('\\', ""),
        format!("/vendor/bin/hw/{BINARY}")
    );
    assert_eq!(files[0][1], label("hal_touchseal_payment_exec"));
    assert_eq!(files[1], ["/dev/tee0", &label("tee_device")]);

    let mut declared = Vec::new();
    for file in ["hal_touchseal_payment.te", "service.te"] {
        for line in lines(&format!("android/sepolicy/{file}")) {
            if line[0] == "type" {
                declared.push(line[1].trim_end_matches(',').to_owned());
            }
            assert!(line.last().unwrap().ends_with([';', ')']), "{line:?}");
        }
    }
    let expected = [
        "hal_touchseal_payment",
        "hal_touchseal_payment_exec",
        "touchseal_payment_service",
    ];
    assert_eq!(declared, expected);
}

#[test]
fn soong_builds_and_installs_these_files() {
    let interface = text("aidl/Android.bp");
    for property in [
        format!("name: \"{PACKAGE}\""),
        "owner: \"touchseal\"".into(),
        "stability: \"vintf\"".into(),
        "version: \"1\"".into(),
        "frozen: true".into(),
    ] {
        assert!(interface.contains(&property), "{property}");
    }
    let service = text("Android.bp");
    assert!(service.contains(&format!("name: \"{BINARY}\"")));
    let listed = |property: &str| {
        let (_, list) = service.split_once(&format!("{property}: [")).unwrap();
        let (list, _) = list.split_once(']').unwrap();
        let names = list.split(',').map(|name| name.trim().trim_matches('"'));
        names
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    for file in ["srcs", "init_rc", "vintf_fragments"].map(listed).concat() {
        assert!(here(&file).is_file(), "{file}");
    }
    // The program uses these crates, and Soong has to be told.
    let program = text("src/main.rs");
    for crate_name in listed("rustlibs") {
        let name = crate_name.strip_prefix("lib").unwrap();
        assert!(program.contains(&format!("{name}::")), "{name}");
    }
}

/// What stands for Android's own on plain Linux lets the same user serve the same names.
#[test]
fn the_hub_lets_the_hal_serve() {
    let hub = text("linux/touchseal.toml");
    assert!(hub.contains(&format!("name = \"{PACKAGE}.*\"")));
    assert!(hub.contains(&format!("add = {{ uid = [{HAL_UID}] }}")));
    for name in [PAYMENT_KEYS, SOTER] {
        assert!(hub.contains(&format!("[[service]]\nname = \"{name}\"")));
    }
}
