//! Takes the page that models go into along, where it has been built: `cargo xtask build` makes it.

use std::path::PathBuf;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let folder = |name: &str| env::var_os(name).map(PathBuf::from).unwrap_or_default();
    let shell = folder("CARGO_MANIFEST_DIR").join("../../pkg/wasm/single/single.html");
    println!("cargo::rerun-if-changed={}", shell.display());
    let bytes = if shell.exists() {
        fs::read(&shell)?
    } else {
        Vec::new()
    };
    fs::write(folder("OUT_DIR").join("single.html"), bytes)
}
