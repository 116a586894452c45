//! `handlens-bench`: measures workloads natively, and writes their data for others.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::{Parser, Subcommand};
use handlens::prepare::{Dataset, Target};
use handlens_bench::clock::thread_seconds;
use handlens_bench::workloads::Bar;
use handlens_bench::{WORKLOADS, find, measure};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

#[derive(Parser)]
#[command(about = "Measures workloads natively")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Every workload as JSON
    List,
    /// Seconds and quality as JSON
    Run {
        id: String,
        #[arg(long, default_value_t = 1.0)]
        scale: f64,
        #[arg(long, default_value_t = 5)]
        runs: usize,
        #[arg(long, default_value_t = 1)]
        threads: usize,
        /// Count the time that the thread has a processor, for a busy machine; one thread
        #[arg(long, conflicts_with = "threads")]
        cpu: bool,
    },
    /// A million rows of twenty columns, natively on one thread, as JSON
    Million {
        id: String,
        /// Other than a million
        #[arg(long, default_value_t = 1_000_000)]
        rows: usize,
        /// Seconds of work after which training is broken off
        #[arg(long, default_value_t = 120.0)]
        limit: f64,
    },
    /// Ids of the catalogue
    Algorithms,
    /// The data, as raw 64-bit floats and a meta.json, into a folder
    Data {
        id: String,
        folder: PathBuf,
        #[arg(long, default_value_t = 1.0)]
        scale: f64,
    },
}

fn main() -> Result<()> {
    match Cli::parse().task {
        Task::List => println!("{}", list()),
        Task::Run {
            id,
            scale,
            runs,
            threads,
            cpu,
        } => {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()?;
            let start = Instant::now();
            let now = || match cpu {
                true => thread_seconds(),
                false => start.elapsed().as_secs_f64(),
            };
            let measured = pool.install(|| measure(&id, scale, runs, &now))?;
            println!("{}", serde_json::to_string(&measured)?);
        }
        Task::Million { id, rows, limit } => {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;
            let outcome = pool.install(|| handlens_bench::million::million(&id, rows, limit))?;
            println!("{}", serde_json::to_string(&outcome)?);
        }
        Task::Algorithms => {
            for entry in handlens::models::catalogue() {
                println!("{}", entry.info.id);
            }
        }
        Task::Data { id, folder, scale } => write_data(&id, &folder, scale)?,
    }
    Ok(())
}

fn list() -> serde_json::Value {
    let entry = |workload: &handlens_bench::Workload| {
        let (peer, times, seconds) = match workload.bar {
            Bar::Times(peer, times) => (Some(peer), Some(times), None),
            Bar::Seconds(seconds) => (None, None, Some(seconds)),
        };
        serde_json::json!({
            "id": workload.id,
            "title": workload.title,
            "quality": workload.quality,
            "growth": workload.growth,
            "peer": peer,
            "times_at_most": times,
            "seconds_at_most": seconds,
        })
    };
    WORKLOADS.iter().map(entry).collect()
}

fn write_data(id: &str, folder: &Path, scale: f64) -> Result<()> {
    let tables = (find(id)?.tables)(scale);
    fs::create_dir_all(folder)?;
    fs::write(folder.join("file.csv"), &tables.bytes)?;
    for (name, data) in [("train", &tables.train), ("test", &tables.test)] {
        fs::write(
            folder.join(format!("{name}_x.f64")),
            bytes(data.x.iter().copied()),
        )?;
        fs::write(folder.join(format!("{name}_y.f64")), bytes(target(data)))?;
    }
    let meta = serde_json::json!({ "n_features": tables.train.n_features() });
    Ok(fs::write(folder.join("meta.json"), meta.to_string())?)
}

fn target(data: &Dataset) -> Box<dyn Iterator<Item = f64> + '_> {
    match &data.target {
        Target::None => Box::new(std::iter::empty()),
        Target::Values(values) => Box::new(values.iter().copied()),
        Target::Classes { codes, .. } => Box::new(codes.iter().map(|&code| f64::from(code))),
    }
}

fn bytes(values: impl Iterator<Item = f64>) -> Vec<u8> {
    values.flat_map(f64::to_le_bytes).collect()
}
