//! The gate: every check in order, each with its duration, and a count at the end.
//!
//! A failed step does not hide the ones after it: all of them run, and the last line counts.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};

use crate::shell::{cargo, find, program, run as run_program};
use crate::wasm::{self, Toolchain, Variant};
use crate::{build, setup};

#[derive(Args)]
pub struct Options {
    /// Also run the Rust tests that are marked as slow
    #[arg(long)]
    all: bool,
    /// Run only this step (may be repeated)
    #[arg(long, value_name = "STEP")]
    only: Vec<Step>,
}

/// One check, in the order in which they run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Step {
    /// Rust is formatted
    Format,
    /// Clippy on the host
    Lint,
    /// Clippy on all wasm variants
    LintWasm,
    /// Rust tests
    Rust,
    /// Examples in the documentation
    Doc,
    /// Wasm modules, package and page build
    Build,
    /// Types of the package, the page and its tests
    Types,
    /// The page's unit tests
    Units,
    /// The package in Node
    Package,
    /// Real Python consumers read what we write
    Interop,
    /// The page in Chromium
    Page,
}

struct Outcome {
    step: Step,
    took: Duration,
    failure: Option<anyhow::Error>,
}

/// Runs the chosen steps, all of them by default.
pub fn run(options: &Options) -> Result<()> {
    let wanted = |step: &&Step| options.only.is_empty() || options.only.contains(step);
    let outcomes: Vec<Outcome> = Step::value_variants()
        .iter()
        .filter(wanted)
        .map(|step| attempt(*step, options))
        .collect();
    print_durations(&outcomes);
    let n_failed = outcomes
        .iter()
        .filter(|outcome| outcome.failure.is_some())
        .count();
    println!("\n{} passed, {n_failed} failed", outcomes.len() - n_failed);
    if n_failed > 0 {
        bail!("the gate is shut");
    }
    Ok(())
}

fn attempt(step: Step, options: &Options) -> Outcome {
    println!("\n=== {}", step.name());
    let start = Instant::now();
    let failure = step.run(options).err();
    if let Some(failure) = &failure {
        println!("{} failed: {failure:#}", step.name());
    }
    Outcome {
        step,
        took: start.elapsed(),
        failure,
    }
}

fn print_durations(outcomes: &[Outcome]) {
    println!("\n=== summary");
    for Outcome {
        step,
        took,
        failure,
    } in outcomes
    {
        let verdict = if failure.is_some() {
            "FAILED"
        } else {
            "passed"
        };
        println!(
            "{:<10} {verdict} {:>7.1} s",
            step.name(),
            took.as_secs_f64()
        );
    }
}

impl Step {
    fn name(self) -> String {
        self.to_possible_value()
            .map_or_else(String::new, |value| value.get_name().to_owned())
    }

    fn run(self, options: &Options) -> Result<()> {
        match self {
            Step::Format => run_program(cargo().args(["fmt", "--all", "--check"])),
            Step::Lint => wasm::lint_host(),
            Step::LintWasm => Variant::ALL
                .into_iter()
                .try_for_each(|v| Toolchain::for_variant(v)?.lint()),
            Step::Rust => rust_tests(options.all),
            Step::Doc => run_program(cargo().args(["test", "--quiet", "--workspace", "--doc"])),
            Step::Build => build::run(&build::Options::default()),
            Step::Types => types(),
            Step::Units => npm_each("test", &["www"]),
            Step::Package => npm_each("test", &["pkg"]),
            Step::Interop => interop(),
            Step::Page => page(),
        }
    }
}

fn rust_tests(all: bool) -> Result<()> {
    if find(&["cargo-nextest"]).is_some() {
        let ignored: &[&str] = if all { &["--run-ignored", "all"] } else { &[] };
        return run_program(
            cargo()
                .args(["nextest", "run", "--workspace", "--no-fail-fast"])
                .args(ignored),
        );
    }
    let ignored: &[&str] = if all {
        &["--", "--include-ignored"]
    } else {
        &[]
    };
    run_program(
        cargo()
            .args([
                "test",
                "--workspace",
                "--no-fail-fast",
                "--lib",
                "--bins",
                "--tests",
            ])
            .args(ignored),
    )
}

fn types() -> Result<()> {
    npm_each("check", &["pkg", "www"])?;
    run_program(program("npx").args(["tsc", "--project", "tests/page"]))
}

fn npm_each(script: &str, packages: &[&str]) -> Result<()> {
    setup::node_packages()?;
    packages.iter().try_for_each(|package| {
        run_program(program("npm").args(["run", script, "--workspace", package]))
    })
}

fn interop() -> Result<()> {
    // The tests drive the native program; a debug build with one level of optimization is enough.
    run_program(cargo().args(["build", "--quiet", "--package", "handlens-server"]))?;
    setup::compilers()?;
    setup::postgresql()?;
    run_program(program(setup::python()?).args(["-m", "pytest", "-q", "tests/interop"]))
}

fn page() -> Result<()> {
    setup::node_packages()?;
    // The page is tested as it is served: by the native program, with its headers. Its models are
    // compared with those of the program that people run, so it is built as that is.
    // The unoptimized one must write the same bytes.
    for profile in ["server", "dev"] {
        let build = ["build", "--quiet", "--profile", profile];
        run_program(cargo().args(build).args(["--package", "handlens-server"]))?;
    }
    let mut playwright = program("npx");
    playwright.args([
        "playwright",
        "test",
        "--config",
        "tests/page/playwright.config.ts",
    ]);
    run_program(playwright.env("HANDLENS_CHROMIUM", setup::chromium()?))
}
