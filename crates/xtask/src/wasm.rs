//! The four wasm modules: which toolchain can build them, with which flags, and their glue.
//!
//! The *starter* is the part of the core that a first training in the page needs, made small. The
//! *predictor* reads finished models and predicts, made small too. The *plain* module is the whole core and runs anywhere. The *threads* module shares its memory between
//! workers. No shipped standard library is built for that, nor for the starter, so their own are
//! built from source once for each target folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use wasm_bindgen_cli_support::Bindgen;

use crate::setup::debian_packages;
use crate::shell::{
    cargo, find, output, program, root, run, succeeds, target_dir, write_if_changed,
};

const TARGET: &str = "wasm32-unknown-unknown";

/// The standard library's source in a Rust's folder, and the file that shows it is there.
const STD_SOURCE: &str = "lib/rustlib/src/rust";
const STD_LOCK: &str = "library/Cargo.lock";

/// Holds the compiler back from copying functions into their callers, where the whole program is
/// put together; the parts it is put together from are left as they are, or reading CSV slows
/// down. Less would be smaller still: holding back functions marked `#[inline]` too saves a
/// twentieth and costs CSV two fifths; `opt-level = "s"` saves a tenth, and the search for nearest
/// neighbors takes five times as long.
const SMALL: &str = "-Cllvm-args=-inline-threshold=25";

/// What Debian calls a Rust that can build for the web, with its source.
const DEBIAN_PACKAGES: [&str; 6] = [
    "rustc-web",
    "cargo-web",
    "rust-web-src",
    "rust-web-llvm",
    "rust-web-clippy",
    "lld-22",
];

/// For the small modules.
const SMALLEST: &str = "z";

/// One of the modules that the page chooses between.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Variant {
    /// What a first training in the page needs
    Starter,
    /// What predicts with a finished model
    Predictor,
    /// The whole core
    Plain,
    /// The whole core on several threads
    Threads,
}

impl Variant {
    pub const ALL: [Variant; 4] = [
        Variant::Starter,
        Variant::Predictor,
        Variant::Plain,
        Variant::Threads,
    ];

    /// The folder's name under `pkg/wasm`.
    pub fn name(self) -> &'static str {
        match self {
            Variant::Starter => "starter",
            Variant::Predictor => "predictor",
            Variant::Plain => "plain",
            Variant::Threads => "threads",
        }
    }

    /// Where the page and the package find the module.
    pub fn folder(self) -> PathBuf {
        root().join("pkg/wasm").join(self.name())
    }

    /// The package of the workspace that it is built of.
    fn package(self) -> &'static str {
        match self {
            Variant::Predictor => "handlens-predictor",
            Variant::Starter | Variant::Plain | Variant::Threads => "handlens",
        }
    }

    /// Small before all else: what takes long is done by the whole core.
    fn is_small(self) -> bool {
        matches!(self, Variant::Starter | Variant::Predictor)
    }

    fn features(self) -> &'static [&'static str] {
        match self {
            Variant::Starter => &["--no-default-features", "--features", "edge,training"],
            Variant::Predictor | Variant::Plain => &[],
            Variant::Threads => &["--features", "threads"],
        }
    }

    fn flags(self) -> Vec<String> {
        let flags: &[&str] = match self {
            // A panic ends the small ones without a word, which saves a tenth. After the starter the
            // whole core takes over and says what it has to say.
            Variant::Starter | Variant::Predictor => &[
                "-Ctarget-feature=+simd128",
                "-Zunstable-options",
                "-Cpanic=immediate-abort",
            ],
            Variant::Plain => &["-Ctarget-feature=+simd128"],
            // The linker exports the symbols of thread-local storage only when asked, and
            // wasm-bindgen cannot start a thread without them. A shared memory must name its
            // limit: 4 GiB, all that 32 bits reach.
            Variant::Threads => &[
                "-Ctarget-feature=+simd128,+atomics,+bulk-memory,+mutable-globals",
                "-Clink-arg=--shared-memory",
                "-Clink-arg=--import-memory",
                "-Clink-arg=--max-memory=4294967296",
                "-Clink-arg=--export=__wasm_init_tls",
                "-Clink-arg=--export=__tls_size",
                "-Clink-arg=--export=__tls_align",
                "-Clink-arg=--export=__tls_base",
                "-Clink-arg=--export=__heap_base",
            ],
        };
        flags.iter().map(ToString::to_string).collect()
    }
}

/// A Rust that can build one variant.
pub struct Toolchain {
    variant: Variant,
    cargo: PathBuf,
    /// Set where it is not the compiler that `cargo` finds by itself.
    rustc: Option<PathBuf>,
    sysroot: PathBuf,
    builds_std: bool,
}

impl Toolchain {
    /// The active toolchain if it can, or can be made to by rustup; else Debian's.
    pub fn for_variant(variant: Variant) -> Result<Toolchain> {
        if std::env::var_os("HANDLENS_RUST").is_some_and(|choice| choice == "debian") {
            return Toolchain::debian(variant);
        }
        let builds_std = variant != Variant::Plain;
        let (is_there, install, what) = if builds_std {
            (
                has_std_source as fn() -> bool,
                ["component", "add", "rust-src"],
                "the standard library's source",
            )
        } else {
            (
                has_wasm_std as fn() -> bool,
                ["target", "add", TARGET],
                "the standard library for wasm",
            )
        };
        if !is_there() && find(&["rustup"]).is_some() {
            println!("installing {what} with rustup");
            succeeds(program("rustup").args(install));
        }
        if is_there() {
            let cargo = std::env::var_os("CARGO").map_or_else(|| "cargo".into(), PathBuf::from);
            return Ok(Toolchain {
                variant,
                cargo,
                rustc: None,
                sysroot: sysroot()?,
                builds_std,
            });
        }
        Toolchain::debian(variant)
    }

    fn debian(variant: Variant) -> Result<Toolchain> {
        // Debian's own programs by their place: rustup's of the same names come first in PATH.
        let [cargo, rustc, clippy] =
            ["cargo", "rustc", "cargo-clippy"].map(|name| Path::new("/usr/bin").join(name));
        let source = Path::new("/usr").join(STD_SOURCE).join(STD_LOCK);
        let linker =
            Path::new("/usr/bin/wasm-ld-22").is_file() || Path::new("/usr/bin/rust-lld").is_file();
        if ![&cargo, &rustc, &clippy].iter().all(|file| file.is_file())
            || !source.is_file()
            || !linker
        {
            println!(
                "installing Debian's Rust for the web: {}",
                DEBIAN_PACKAGES.join(", ")
            );
            if debian_packages(&DEBIAN_PACKAGES).is_err() {
                bail!(
                    "this Rust cannot build for the web: run `rustup target add {TARGET}` and `rustup component \
                     add rust-src`, or on Debian as root `apt-get install {}`",
                    DEBIAN_PACKAGES.join(" ")
                );
            }
        }
        Ok(Toolchain {
            variant,
            cargo,
            rustc: Some(rustc),
            sysroot: PathBuf::from("/usr"),
            builds_std: true,
        })
    }

    /// Compiles the page's module and writes it with its glue into [`Variant::folder`].
    pub fn build(&self, keeps_names: bool) -> Result<()> {
        let folder = self.variant.folder();
        self.build_package(self.variant.package(), &folder, keeps_names)?;
        if self.variant == Variant::Predictor {
            pack(&folder)?;
        }
        Ok(())
    }

    /// Compiles the module of a package of the workspace and writes it with its glue, both named
    /// `handlens`, into `folder`.
    pub fn build_package(&self, package: &str, folder: &Path, keeps_names: bool) -> Result<()> {
        // Asked for the dynamic library alone: with the Rust library beside it, cargo would
        // leave out the optimization across crates.
        let mut command = self.cargo("rustc", package);
        command.args(["--release", "--lib", "--crate-type", "cdylib"]);
        if !self.variant.is_small() {
            command.args(["--", SMALL]);
        }
        run(&mut command)?;
        let file = format!("release/{}.wasm", package.replace('-', "_"));
        let module = self.target_dir().join(TARGET).join(file);
        bind(&module, folder, keeps_names)
            .with_context(|| format!("cannot bind the {} module", self.variant.name()))
    }

    /// Lints the core as this variant sees it.
    pub fn lint(&self) -> Result<()> {
        run(self.cargo("clippy", self.variant.package()).args([
            "--release",
            "--lib",
            "--",
            "-D",
            "warnings",
        ]))
    }

    fn target_dir(&self) -> PathBuf {
        let origin = if self.rustc.is_some() { "debian-" } else { "" };
        target_dir().join(format!("wasm-{origin}{}", self.variant.name()))
    }

    fn cargo(&self, task: &str, package: &str) -> Command {
        let mut command = match &self.rustc {
            // The subcommand by its place, for the same reason as in `debian`.
            Some(rustc) if task == "clippy" => {
                let mut clippy = program(rustc.with_file_name("cargo-clippy"));
                clippy.arg("clippy");
                clippy
            }
            _ => {
                let mut cargo = program(&self.cargo);
                cargo.arg(task);
                cargo
            }
        };
        if let Some(rustc) = &self.rustc {
            command
                .env("CARGO", &self.cargo)
                .env("RUSTC", rustc)
                .env_remove("RUSTUP_TOOLCHAIN");
        }
        if self.builds_std {
            command
                .env("RUSTC_BOOTSTRAP", "1")
                .arg("-Zbuild-std=std,panic_abort");
        }
        if self.variant.is_small() {
            command.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", SMALLEST);
        }
        let mut flags = self.variant.flags();
        flags.extend(remaps(&self.sysroot));
        command
            .env("CARGO_TARGET_DIR", self.target_dir())
            .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"))
            .args(["--package", package, "--target", TARGET])
            .args(self.variant.features());
        command
    }
}

fn has_wasm_std() -> bool {
    output(program("rustc").args(["--print", "target-libdir", "--target", TARGET]))
        .is_ok_and(|folder| Path::new(folder.trim()).is_dir())
}

fn has_std_source() -> bool {
    sysroot().is_ok_and(|folder| folder.join(STD_SOURCE).join(STD_LOCK).is_file())
}

/// The folder of the active Rust.
fn sysroot() -> Result<PathBuf> {
    let folder = output(program("rustc").args(["--print", "sysroot"]))?;
    Ok(PathBuf::from(folder.trim()))
}

/// Panic messages carry source paths; these keep the builder's folders out of the module.
fn remaps(sysroot: &Path) -> Vec<String> {
    let home = std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::home_dir().map(|home| home.join(".cargo")));
    // One folder for each registry, named by its host and a digest.
    let registries = home.and_then(|home| fs::read_dir(home.join("registry/src")).ok());
    let registries = registries
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| (entry.path(), "crates"));
    // Debian's is a link; the compiler may name it either way.
    let source = sysroot.join(STD_SOURCE);
    let linked = fs::canonicalize(&source).unwrap_or_else(|_| source.clone());
    registries
        .chain([(source, "rust"), (linked, "rust"), (root(), "handlens")])
        .map(|(folder, name)| format!("--remap-path-prefix={}={name}", folder.display()))
        .collect()
}

/// Writes the module and its JavaScript and TypeScript glue into `folder`.
fn bind(module: &Path, folder: &Path, keeps_names: bool) -> Result<()> {
    let place = folder.strip_prefix(root()).unwrap_or(folder);
    let fresh = target_dir().join("bindgen").join(place);
    if fresh.exists() {
        fs::remove_dir_all(&fresh)?;
    }
    Bindgen::new()
        .input_path(module)
        .web(true)?
        .typescript(true)
        .remove_name_section(!keeps_names)
        .remove_producers_section(true)
        .omit_default_module_path(false)
        .out_name("handlens")
        .generate(&fresh)?;
    let files = files_under(&fresh)?;
    for file in &files {
        let bytes = fs::read(fresh.join(file))?;
        let is_pool_script = file
            .file_name()
            .is_some_and(|name| name == "workerHelpers.js");
        let bytes = if is_pool_script {
            mend_pool_script(bytes)?
        } else {
            bytes
        };
        write_if_changed(&folder.join(file), &bytes)?;
    }
    remove_others(folder, &files)
}

/// Writes the module once more as gzip, which browsers unpack by themselves: models that leave as
/// one page carry it so. Zopfli's is a twentieth smaller than the best of zlib.
fn pack(folder: &Path) -> Result<()> {
    let module = fs::read(folder.join("handlens_bg.wasm"))?;
    let mut packed = Vec::new();
    let options = zopfli::Options::default();
    zopfli::compress(options, zopfli::Format::Gzip, &module[..], &mut packed)?;
    write_if_changed(&folder.join("handlens_bg.wasm.gz"), &packed)?;
    Ok(())
}

/// Mends the thread pool's script, which is written for one bundler.
///
/// - It imports the glue by a folder's name: browsers cannot, and it then waits for ever without
///   a word.
/// - It keeps the pool's workers in a variable that nobody reads, so that a minifier drops them
///   and Firefox may collect them while they work (its bug 1702191).
/// - It lets a thread die without a word: whoever waits for it would wait for ever.
fn mend_pool_script(script: Vec<u8>) -> Result<Vec<u8>> {
    const MENDS: [(&str, &str); 3] = [
        ("import('../../..')", "import('../../../handlens.js')"),
        ("  _workers = await", "  self.poolWorkers = await"),
        (
            "  pkg.wbg_rayon_start_worker(receiver);",
            "  try {\n    pkg.wbg_rayon_start_worker(receiver);\n  } catch (error) {\n    pkg.reportTrap();\n    throw error;\n  }",
        ),
    ];
    let mut script = String::from_utf8(script)?;
    for (old, new) in MENDS {
        if !script.contains(old) {
            bail!("the thread pool's script no longer has the `{old}` that is rewritten here");
        }
        script = script.replace(old, new);
    }
    Ok(script.into_bytes())
}

/// All files under `folder`, relative to it.
fn files_under(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![PathBuf::new()];
    while let Some(inner) = open.pop() {
        for entry in fs::read_dir(folder.join(&inner))? {
            let entry = entry?;
            let path = inner.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                open.push(path)
            } else {
                found.push(path)
            }
        }
    }
    Ok(found)
}

/// Removes what an earlier build left: a snippet's folder is named by a digest.
fn remove_others(folder: &Path, files: &[PathBuf]) -> Result<()> {
    for file in files_under(folder)? {
        if !files.contains(&file) {
            fs::remove_file(folder.join(file))?;
        }
    }
    Ok(())
}

/// One line on each module's size, raw and as a web server would send it.
pub fn report_sizes() -> Result<()> {
    const BROTLI: &str =
        "const { readFileSync } = require('fs'), { brotliCompressSync } = require('zlib');
        console.log(brotliCompressSync(readFileSync(process.argv[1])).length)";
    for variant in Variant::ALL {
        let path = variant.folder().join("handlens_bg.wasm");
        let raw = fs::metadata(&path)?.len();
        let packed: u64 = output(program("node").args(["-e", BROTLI]).arg(&path))?
            .trim()
            .parse()?;
        let [raw, packed] = [raw, packed].map(|bytes| (bytes + 512) / 1024);
        println!(
            "wasm {:<9} {raw:>6} KB, {packed:>5} KB brotli",
            variant.name()
        );
    }
    Ok(())
}

/// The host's cargo is used for everything but the modules.
pub fn lint_host() -> Result<()> {
    run(cargo().args([
        "clippy",
        "--quiet",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pool_script_is_mended() {
        let script = "const pkg = await import('../../..');\n  pkg.wbg_rayon_start_worker(receiver);\n  _workers = await Promise.all(";
        let mended = String::from_utf8(mend_pool_script(script.into()).unwrap()).unwrap();
        assert_eq!(
            mended,
            "const pkg = await import('../../../handlens.js');\n  try {\n    pkg.wbg_rayon_start_worker(receiver);\n  } catch (error) {\n    pkg.reportTrap();\n    throw error;\n  }\n  self.poolWorkers = await Promise.all("
        );
    }

    #[test]
    fn a_pool_script_of_another_shape_stops_the_build() {
        assert!(mend_pool_script("await import('./glue.js')".into()).is_err());
    }

    #[test]
    fn all_variants_have_vectors_and_only_one_has_threads() {
        let has =
            |variant: Variant, feature| variant.flags().iter().any(|flag| flag.contains(feature));
        assert!(
            Variant::ALL
                .into_iter()
                .all(|variant| has(variant, "+simd128"))
        );
        assert!(
            Variant::ALL
                .into_iter()
                .all(|variant| !has(variant, "relaxed-simd"))
        );
        assert!(has(Variant::Threads, "+atomics") && !has(Variant::Plain, "+atomics"));
    }
}
