//! How fast we are: each workload of `crates/bench` natively, in Chromium, and by the libraries
//! we are compared with, one after the other in one run; a table of medians, ratios and quality.

mod growth;
mod million;
mod rest;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

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
    /// Instead: fit the growth with the number of rows, natively, and compare it with the theory
    #[arg(long)]
    growth: bool,
    /// Instead of the workloads: a million rows × 20 columns for every algorithm, natively
    #[arg(long)]
    million: bool,
    /// Instead: requests under load, beside MLServer and MLflow; needs wrk
    #[arg(long)]
    rest: bool,
    /// Leave out the browser
    #[arg(long)]
    native_only: bool,
    /// Of the browser's two modules only the one without threads
    #[arg(long)]
    plain_only: bool,
    /// Leave out the other libraries
    #[arg(long)]
    no_peers: bool,
    /// Also write the table into docs
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
    times_at_most: Option<f64>,
    seconds_at_most: Option<f64>,
}

#[derive(Deserialize)]
struct Measured {
    seconds: Vec<f64>,
    quality: Option<f64>,
}

impl Measured {
    fn fastest(&self) -> f64 {
        self.seconds.iter().copied().fold(f64::INFINITY, f64::min)
    }

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

/// As [`Answer`], of several libraries.
#[derive(Deserialize)]
#[serde(untagged)]
enum PeersAnswer {
    Failed { error: String },
    Measured(Sides),
}

/// Workloads that `page/peers.js` knows libraries for.
const PEERS_IN_PAGE: [&str; 3] = ["csv", "predict_784", "predict_one"];

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
    if options.rest {
        return rest::run(options);
    }
    if options.growth {
        return growth::run(options);
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
    }
    println!("\n{table}");
    if options.write {
        let path = shell::root().join("docs/benchmarks.md");
        std::fs::write(&path, format!("{HEADING}{table}{THREADS}"))?;
    }
    Ok(())
}

const HEADING: &str = "# Benchmarks\n\nWritten by `cargo xtask bench --write`: medians on one machine, all sides in one run; the ratio is our time over that of the peer, every peer on one thread; the data are in double precision but for the neural nets of others, which compute with 32 bits as ours do. The bar is what the ratio (or, with a unit, the time) in Chromium on one thread must not exceed.\n\n";

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
            if !options.native_only {
                setup::npm_ci("crates/bench/page")?;
            }
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
        let native = self.native(&workload.id)?;
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
            let data = self.folder.join("data").join(&workload.id);
            sides.extend(self.peers(python, &workload.id, &data)?);
            std::fs::remove_dir_all(&data)?;
        }
        Ok(sides)
    }

    fn native(&self, id: &str) -> Result<Measured> {
        let runs = self.options.runs.to_string();
        let text = output(program(&self.native).args(["run", id, "--runs", &runs]))?;
        Ok(serde_json::from_str(&text)?)
    }

    fn in_chromium(&self, chromium: &Path, id: &str) -> Result<Vec<Measured>> {
        let job = |variant: &str| serde_json::json!({ "variant": variant, "threads": 2, "id": id, "scale": 1, "runs": self.options.runs });
        let jobs = self.options.variants().iter();
        let jobs = jobs.map(|variant| job(variant.name()));
        let lines = self.page(chromium, serde_json::Value::from_iter(jobs))?;
        let lines = lines.lines().map(|line| match serde_json::from_str(line)? {
            Answer::Measured(measured) => Ok(measured),
            Answer::Failed { error } => anyhow::bail!("{error}"),
        });
        lines.collect()
    }

    /// What the page answers, a line a job.
    fn page(&self, chromium: &Path, jobs: serde_json::Value) -> Result<String> {
        let mut node = program("node");
        node.arg("crates/bench/page/run.mjs")
            .arg(&self.folder)
            .arg(jobs.to_string());
        output(node.env("HANDLENS_CHROMIUM", chromium))
    }

    /// The libraries of Python, then those of npm in the page, on the same data in a folder.
    fn peers(&self, python: &Path, id: &str, data: &Path) -> Result<Sides> {
        shell::output(program(&self.native).args(["data", id]).arg(data))?;
        // A machine may name old kernels to numpy, which would slow the peers down.
        let mut peers = program(python);
        peers
            .env_remove("OPENBLAS_CORETYPE")
            .env_remove("OPENBLAS_L2_SIZE")
            .arg("crates/bench/peers/peers.py")
            .arg(id)
            .arg(data)
            .arg(self.options.runs.to_string());
        let text = output(&mut peers)?;
        let last = text.lines().last().unwrap_or_default();
        // Python writes a quality that is no number as NaN, which JSON does not have.
        let mut sides: Sides = serde_json::from_str(&last.replace("NaN", "null"))?;
        if let Some(chromium) = &self.chromium
            && PEERS_IN_PAGE.contains(&id)
        {
            let net = data.join("net.onnx");
            output(
                program(python)
                    .arg("crates/bench/peers/net_onnx.py")
                    .arg(net),
            )?;
            let path = format!("/data/{id}");
            let job = serde_json::json!([{ "peers": true, "id": id, "data": path, "runs": self.options.runs }]);
            match serde_json::from_str(&self.page(chromium, job)?)? {
                PeersAnswer::Measured(measured) => sides.extend(measured),
                PeersAnswer::Failed { error } => anyhow::bail!("{error}"),
            }
        }
        Ok(sides)
    }
}

fn build_native() -> Result<PathBuf> {
    let build = ["build", "--quiet", "--profile", "server", "--package"];
    shell::run(cargo().args(build).arg("handlens-bench"))?;
    let name = format!("handlens-bench{}", std::env::consts::EXE_SUFFIX);
    Ok(target_dir().join("server").join(name))
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
        let bar = if side == PAGE {
            bar(workload, measured.median(), ratio)
        } else {
            String::new()
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

/// What the time must not exceed, and whether it does not.
fn bar(workload: &Workload, seconds: f64, ratio: f64) -> String {
    let (most, found, shown) = match (workload.times_at_most, workload.seconds_at_most) {
        (Some(most), _) => (most, ratio, most.to_string()),
        (None, Some(most)) => (most, seconds, time(most)),
        (None, None) => return String::new(),
    };
    if found.is_nan() {
        return format!("\u{2264} {shown}, peer not measured");
    }
    let mark = if found <= most {
        '\u{2713}'
    } else {
        '\u{2717}'
    };
    format!("\u{2264} {shown} {mark}")
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
    fn a_bar_is_a_ratio_or_a_time() {
        let workload = |times_at_most, seconds_at_most| Workload {
            id: String::new(),
            title: String::new(),
            quality: String::new(),
            growth: 1.0,
            peer: None,
            times_at_most,
            seconds_at_most,
        };
        let times = workload(Some(0.5), None);
        assert_eq!(bar(&times, 9.0, 0.5), "\u{2264} 0.5 \u{2713}");
        assert_eq!(bar(&times, 9.0, 0.6), "\u{2264} 0.5 \u{2717}");
        assert_eq!(
            bar(&times, 9.0, f64::NAN),
            "\u{2264} 0.5, peer not measured"
        );
        let seconds = workload(None, Some(10e-6));
        assert_eq!(bar(&seconds, 9e-6, f64::NAN), "\u{2264} 10.00 µs \u{2713}");
        assert_eq!(bar(&seconds, 11e-6, 0.1), "\u{2264} 10.00 µs \u{2717}");
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
