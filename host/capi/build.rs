//! What rustc does not say of a shared library: its SONAME, and that it may be loaded where
//! pages have 16 KiB.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    for argument in ["-soname,libtouchseal.so.0", "-z,max-page-size=16384"] {
        println!("cargo:rustc-cdylib-link-arg=-Wl,{argument}");
    }
}
