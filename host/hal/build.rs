//! Rust for the interfaces in `aidl`, into `OUT_DIR`.

use std::path::Path;

/// What a caller may ask for, to tell which interface a device has.
const VERSION: i32 = 1;

fn main() {
    let frozen = "aidl/aidl_api/vendor.touchseal.hardware.payment/1/.hash";
    println!("cargo::rerun-if-changed=aidl");
    let hash = std::fs::read_to_string(frozen).expect("the interface's hash");
    let package = Path::new("aidl/vendor/touchseal/hardware/payment");
    let mut sources: Vec<_> = std::fs::read_dir(package)
        .expect("the interface's files")
        .map(|entry| entry.expect("a file of the interface").path())
        .collect();
    sources.sort();
    let mut builder = rsbinder_aidl::Builder::new().include_dir("aidl");
    for source in sources {
        builder = builder.source(source).version(VERSION).hash(hash.trim());
    }
    if let Err(error) = builder.output("payment.rs").generate() {
        panic!("{error:?}");
    }
}
