//! Installing what is missing, by the machine's ordinary clients, and saying so.
//!
//! Each part looks first and is done at once when nothing is missing. What cannot be had stops
//! with one sentence that names the remedy.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::shell::{self, find, program, root, run, succeeds};
use crate::wasm::{Toolchain, Variant};

/// Installs what any command may need.
pub fn everything() -> Result<()> {
    wasm()?;
    node_packages()?;
    python()?;
    let chromium = chromium()?;
    println!("ready (browser for the page tests: {})", chromium.display());
    Ok(())
}

/// What building the wasm modules needs.
pub fn wasm() -> Result<()> {
    for variant in Variant::ALL {
        Toolchain::for_variant(variant)?;
    }
    Ok(())
}

/// The npm packages of the page and of `pkg`.
pub fn node_packages() -> Result<()> {
    npm_ci_of(
        ".",
        &[
            "package.json",
            "package-lock.json",
            "www/package.json",
            "pkg/package.json",
        ],
    )
}

/// The npm packages of a folder that has its own lock file.
pub fn npm_ci(folder: &str) -> Result<()> {
    let sources = ["package.json", "package-lock.json"].map(|name| format!("{folder}/{name}"));
    npm_ci_of(folder, &sources.each_ref().map(String::as_str))
}

fn npm_ci_of(folder: &str, sources: &[&str]) -> Result<()> {
    if find(&["npm", "npm.cmd"]).is_none() {
        bail!("npm is missing: install Node.js 20.19 or newer and try again");
    }
    let home = root().join(folder);
    let stamp = Stamp::new(home.join("node_modules/.handlens-installed"), sources);
    if stamp.is_current() {
        return Ok(());
    }
    println!("installing the npm packages of {folder}/package-lock.json");
    let ci = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
    if run(program("npm").args(ci).current_dir(home)).is_err() {
        bail!(
            "npm could not install the packages: if {folder}/package-lock.json is behind a \
             package.json, bring it up to date with `npm install --ignore-scripts` and try again"
        );
    }
    stamp.write()
}

/// The Python environment for the interoperability tests; returns its interpreter.
pub fn python() -> Result<PathBuf> {
    python_with("tests/interop/requirements.txt")
}

/// A Python environment that has the packages of `requirements`, a file; returns its interpreter.
pub fn python_with(requirements: &str) -> Result<PathBuf> {
    let folder = root().join(".venv");
    let interpreter = if cfg!(windows) {
        folder.join("Scripts/python.exe")
    } else {
        folder.join("bin/python")
    };
    let name = requirements.replace('/', "-");
    let stamp = Stamp::new(folder.join(format!("installed-{name}")), &[requirements]);
    if interpreter.is_file() && stamp.is_current() {
        return Ok(interpreter);
    }
    println!("installing the Python packages of {requirements} into .venv");
    if !interpreter.is_file() {
        let Some(python) = find(&["python3", "python", "python.exe"]) else {
            bail!("Python is missing: install Python 3.10 or newer and try again");
        };
        if run(program(python).args(["-m", "venv"]).arg(&folder)).is_err() {
            bail!(
                "Python could not make .venv: install its venv module (Debian: python3-venv) and try again"
            );
        }
    }
    let install = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "-r",
        requirements,
    ];
    run(program(&interpreter).args(install))?;
    stamp.write()?;
    Ok(interpreter)
}

/// A Chromium for the page tests: `HANDLENS_CHROMIUM`, else one in `PATH`, else Debian's.
pub fn chromium() -> Result<PathBuf> {
    if let Some(chosen) = std::env::var_os("HANDLENS_CHROMIUM").map(PathBuf::from) {
        if chosen.is_file() {
            return Ok(chosen);
        }
        bail!(
            "HANDLENS_CHROMIUM names {}, which is not a file",
            chosen.display()
        );
    }
    let names = [
        "chromium",
        "chromium-browser",
        "google-chrome-stable",
        "google-chrome",
    ];
    if let Some(found) = find(&names) {
        return Ok(found);
    }
    println!("installing Debian's chromium");
    if let (Ok(()), Some(found)) = (debian_packages(&["chromium"]), find(&names)) {
        return Ok(found);
    }
    bail!("no Chromium was found: install one, or name its program in HANDLENS_CHROMIUM")
}

/// PostgreSQL, by which exported queries are tested. Debian keeps its programs out of `PATH`.
pub fn postgresql() -> Result<()> {
    let has_programs = || {
        let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
        let mut versions = versions.flatten();
        versions.any(|version| version.path().join("bin/initdb").is_file())
    };
    if has_programs() || find(&["initdb"]).is_some() {
        return Ok(());
    }
    println!("installing Debian's PostgreSQL");
    if debian_packages(&["postgresql"]).is_err() || !has_programs() {
        bail!(
            "no `initdb` of PostgreSQL was found, by which exported queries are tested: install it"
        );
    }
    Ok(())
}

/// Compilers of C and of Java, by which exported source code is tested.
pub fn compilers() -> Result<()> {
    for (compiler, package) in [("gcc", "gcc"), ("javac", "default-jdk-headless")] {
        if find(&[compiler]).is_some() {
            continue;
        }
        println!("installing Debian's {package}");
        let installed = debian_packages(&[package]);
        if installed.is_err() || find(&[compiler]).is_none() {
            bail!(
                "no `{compiler}` was found, by which exported source code is tested: install one"
            );
        }
    }
    Ok(())
}

/// Installs Debian packages, which needs root.
pub fn debian_packages(names: &[&str]) -> Result<()> {
    let is_root = shell::output(program("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    if find(&["apt-get"]).is_none() || !is_root {
        bail!(
            "Debian's {} can only be installed by root with apt-get",
            names.join(", ")
        );
    }
    // A list that is merely old may still name what we want, so a failed update is no failure.
    succeeds(program("apt-get").args(["update", "--quiet"]));
    let mut install = program("apt-get");
    install
        .args(["install", "--yes", "--quiet", "--no-install-recommends"])
        .args(names);
    run(install.env("DEBIAN_FRONTEND", "noninteractive"))
}

/// A copy of the files that decided what was installed.
struct Stamp {
    path: PathBuf,
    wanted: Vec<u8>,
}

impl Stamp {
    fn new(path: PathBuf, sources: &[&str]) -> Stamp {
        let read = |source: &&str| fs::read(root().join(source)).unwrap_or_default();
        Stamp {
            path,
            wanted: sources.iter().flat_map(read).collect(),
        }
    }

    fn is_current(&self) -> bool {
        fs::read(&self.path).is_ok_and(|installed| installed == self.wanted)
    }

    fn write(&self) -> Result<()> {
        fs::create_dir_all(self.path.parent().unwrap_or(Path::new(".")))?;
        Ok(fs::write(&self.path, &self.wanted)?)
    }
}
