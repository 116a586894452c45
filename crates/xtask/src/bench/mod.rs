//! How fast we are: each workload of `crates/bench` natively, in Chromium, and by the libraries
//! we are compared with, one after the other in one run; a table of medians, ratios and quality.

mod million;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use serde::Deserialize;

use crate::setup;
use crate::shell::{self, cargo, output, program, target_dir};
use crate::wasm::{Toolchain, Variant};

#[derive(Args)]
pub struct Options {
    /// Only these workloads (may be repeated)
    #[arg(long, value_name = "ID")]
    only: Vec<String>,
    /// Counted runs of each side
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// Also fit the growth with the number of rows, natively, at once, four and sixteen times
    /// the usual size (what grows fast: a sixteenth, a quarter and the whole of it)
    #[arg(long)]
    growth: bool,
    /// Instead of the workloads: a million rows × 20 columns for every algorithm, natively
    #[arg(long)]
    million: bool,
    /// Leave out the browser
    #[arg(long)]
    native_only: bool,
    /// Of the browser's two modules only the one without threads
    #[arg(long)]
    plain_only: bool,
    /// Leave out the other libraries
    #[arg(long)]
    no_peers: bool,
    /// Also write the table to docs/benchmarks.md
    #[arg(long)]
    write: bool,
}

#[derive(Deserialize)]
struct Workload {
    id: String,
    title: String,
    quality: String,
    growth: f64,
    peer: Option<String>,
    at_most: Option<f64>,
}

#[derive(Deserialize)]
struct Measured {
    seconds: Vec<f64>,
    quality: Option<f64>,
}

impl Measured {
    fn median(&self) -> f64 {
        let mut sorted = self.seconds.clone();
        sorted.sort_by(f64::total_cmp);
        match sorted.len() {
            0 => f64::NAN,
            n if n % 2 == 1 => sorted[n / 2],
            n => (sorted[n / 2 - 1] + sorted[n / 2]) / 2.0,
        }
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Answer {
    Measured(Measured),
    Failed { error: String },
}

/// What was measured of one workload, by side.
type Sides = BTreeMap<String, Measured>;

impl Options {
    fn variants(&self) -> &'static [Variant] {
        if self.plain_only {
            &[Variant::Plain]
        } else {
            &[Variant::Plain, Variant::Threads]
        }
    }
}

const PAGE: &str = "Chromium, 1 thread";
const PAGE_THREADS: &str = "Chromium, 2 threads";
const NATIVE: &str = "native, 1 thread";

/// Builds, measures and prints.
pub fn run(options: &Options) -> Result<()> {
    if options.million {
        return million::run(options);
    }
    let bench = Bench::new(options)?;
    let all: Vec<Workload> = serde_json::from_str(&output(program(&bench.native).arg("list"))?)?;
    let chosen = |w: &&Workload| options.only.is_empty() || options.only.contains(&w.id);
    let mut table = String::from(
        "| workload | side | median | ratio to peer | bar | quality |\n|---|---|---|---|---|---|\n",
    );
    for workload in all.iter().filter(chosen) {
        let rows = match bench.measure(workload) {
            Ok(sides) => rows(workload, &sides),
            Err(error) => format!("| {} | {error:#} | | | | |\n", workload.title),
        };
        print!("{rows}");
        table.push_str(&rows);
        if options.growth {
            let line = bench.growth(workload)?;
            print!("{line}");
            table.push_str(&line);
        }
    }
    println!("\n{table}");
    if options.write {
        let path = shell::root().join("docs/benchmarks.md");
        std::fs::write(&path, format!("{HEADING}{table}{THREADS}"))?;
    }
    Ok(())
}

const HEADING: &str = "# Benchmarks\n\nWritten by `cargo xtask bench --write` (with `--growth` also the growth): medians on one machine, all sides in one run; the ratio is our time over that of the peer on one thread, both with the same data in double precision. The bar is what the ratio in Chromium on one thread must not exceed. Growth is the power of the number of rows with which our native time grows.\n\n";

/// What scales with threads and what does not, and why.
const THREADS: &str = include_str!("threads.md");

struct Bench<'a> {
    options: &'a Options,
    native: PathBuf,
    python: Option<PathBuf>,
    folder: PathBuf,
    chromium: Option<PathBuf>,
}

impl<'a> Bench<'a> {
    fn new(options: &'a Options) -> Result<Self> {
        let folder = target_dir().join("bench");
        let native = build_native()?;
        let chromium = if options.native_only {
            None
        } else {
            setup::node_packages()?;
            for variant in options.variants() {
                let to = folder.join("wasm").join(variant.name());
                Toolchain::for_variant(*variant)?.build_package("handlens-bench", &to, true)?;
            }
            Some(setup::chromium()?)
        };
        let python = if options.no_peers {
            None
        } else {
            Some(setup::python_with("crates/bench/peers/requirements.txt")?)
        };
        Ok(Self {
            options,
            native,
            python,
            folder,
            chromium,
        })
    }

    fn measure(&self, workload: &Workload) -> Result<Sides> {
        let mut sides = Sides::new();
        let native = self.native(&workload.id, 1.0, self.options.runs)?;
        sides.insert(NATIVE.to_owned(), native);
        if let Some(chromium) = &self.chromium {
            let measured = self.in_chromium(chromium, &workload.id)?;
            sides.extend(
                [PAGE, PAGE_THREADS]
                    .map(str::to_owned)
                    .into_iter()
                    .zip(measured),
            );
        }
        if let Some(python) = &self.python {
            sides.extend(self.peers(python, &workload.id)?);
        }
        Ok(sides)
    }

    fn native(&self, id: &str, scale: f64, runs: usize) -> Result<Measured> {
        let scale = scale.to_string();
        let text = output(
            program(&self.native)
                .args(["run", id, "--scale", &scale, "--runs"])
                .arg(runs.to_string()),
        )?;
        Ok(serde_json::from_str(&text)?)
    }

    fn in_chromium(&self, chromium: &std::path::Path, id: &str) -> Result<Vec<Measured>> {
        let job = |variant: &str| serde_json::json!({ "variant": variant, "threads": 2, "id": id, "scale": 1, "runs": self.options.runs });
        let jobs = self
            .options
            .variants()
            .iter()
            .map(|variant| job(variant.name()));
        let jobs = serde_json::Value::from_iter(jobs).to_string();
        let mut node = program("node");
        node.arg("crates/bench/page/run.mjs")
            .arg(&self.folder)
            .arg(jobs);
        let text = output(node.env("HANDLENS_CHROMIUM", chromium))?;
        let lines = text.lines().map(|line| match serde_json::from_str(line)? {
            Answer::Measured(measured) => Ok(measured),
            Answer::Failed { error } => anyhow::bail!("{error}"),
        });
        lines.collect()
    }

    fn peers(&self, python: &std::path::Path, id: &str) -> Result<Sides> {
        let data = self.folder.join("data").join(id);
        shell::output(program(&self.native).args(["data", id]).arg(&data))?;
        // A machine may name old kernels to numpy, which would slow the peers down.
        let mut peers = program(python);
        peers
            .env_remove("OPENBLAS_CORETYPE")
            .env_remove("OPENBLAS_L2_SIZE")
            .arg("crates/bench/peers/peers.py")
            .arg(id)
            .arg(&data)
            .arg(self.options.runs.to_string());
        let text = output(&mut peers)?;
        std::fs::remove_dir_all(&data)?;
        let last = text.lines().last().unwrap_or_default();
        // Python writes a quality that is no number as NaN, which JSON does not have.
        Ok(serde_json::from_str(&last.replace("NaN", "null"))?)
    }

    /// The power of the number of rows with which the time grows.
    fn growth(&self, workload: &Workload) -> Result<String> {
        // What grows fast is measured below its usual size, the rest above it.
        let scales = if workload.growth < 1.15 {
            [1.0, 4.0, 16.0]
        } else {
            [1.0 / 16.0, 0.25, 1.0]
        };
        let mut points = Vec::new();
        for scale in scales {
            let runs = if scale > 1.0 { 1 } else { self.options.runs };
            let seconds = self.native(&workload.id, scale, runs)?.median();
            points.push((log(scale), log(seconds)));
        }
        Ok(format!(
            "| | growth | {:.2} ({:.2} expected) | | | |\n",
            slope(&points),
            workload.growth
        ))
    }
}

/// Nothing but the table depends on its last bits.
#[expect(clippy::disallowed_methods)]
fn log(x: f64) -> f64 {
    x.ln()
}

fn build_native() -> Result<PathBuf> {
    let build = ["build", "--quiet", "--profile", "server", "--package"];
    shell::run(cargo().args(build).arg("handlens-bench"))?;
    let name = format!("handlens-bench{}", std::env::consts::EXE_SUFFIX);
    Ok(target_dir().join("server").join(name))
}

/// Least squares through points.
fn slope(points: &[(f64, f64)]) -> f64 {
    let n = points.len() as f64;
    let mean = |pick: fn(&(f64, f64)) -> f64| points.iter().map(pick).sum::<f64>() / n;
    let (x, y) = (mean(|p| p.0), mean(|p| p.1));
    let over: f64 = points.iter().map(|p| (p.0 - x) * (p.1 - y)).sum();
    over / points.iter().map(|p| (p.0 - x) * (p.0 - x)).sum::<f64>()
}

fn rows(workload: &Workload, sides: &Sides) -> String {
    let peer = workload.peer.as_ref().and_then(|name| sides.get(name));
    let mut rows = String::new();
    for (index, (side, measured)) in sides.iter().enumerate() {
        let title = if index == 0 {
            workload.title.as_str()
        } else {
            ""
        };
        let ratio = peer.map_or(f64::NAN, |peer| measured.median() / peer.median());
        let bar = match workload.at_most.filter(|_| side == PAGE) {
            Some(most) if ratio.is_nan() => format!("\u{2264} {most}, peer not measured"),
            Some(most) if ratio <= most => format!("\u{2264} {most} \u{2713}"),
            Some(most) => format!("\u{2264} {most} \u{2717}"),
            None => String::new(),
        };
        let ratio = if ratio.is_nan() {
            String::new()
        } else {
            format!("{ratio:.2}")
        };
        let quality = measured
            .quality
            .map_or_else(String::new, |q| format!("{} {q:.6}", workload.quality));
        let _ = writeln!(
            rows,
            "| {title} | {side} | {} | {ratio} | {bar} | {quality} |",
            time(measured.median())
        );
    }
    rows
}

fn time(seconds: f64) -> String {
    match seconds {
        s if s >= 1.0 => format!("{s:.2} s"),
        s if s >= 1e-3 => format!("{:.1} ms", s * 1e3),
        s => format!("{:.2} µs", s * 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_growth_of_a_square_is_two() {
        let points = [1.0_f64, 2.0, 5.0].map(|n| (log(n), log(3.0 * n * n)));
        assert!((slope(&points) - 2.0).abs() < 1e-12);
    }

    #[test]
    fn the_median_of_an_even_count_lies_between() {
        let measured = Measured {
            seconds: vec![4.0, 1.0, 3.0, 2.0],
            quality: None,
        };
        assert_eq!(measured.median(), 2.5);
    }
}
