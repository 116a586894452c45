//! A million rows for every algorithm.

use anyhow::Result;
use serde::Deserialize;

use super::{Options, build_native, time};
use crate::shell::{self, output, program};

/// What became of an algorithm on a million rows.
#[derive(Deserialize)]
struct Outcome {
    id: String,
    expected_bytes: f64,
    expected_seconds: f64,
    is_untried: bool,
    refused: Option<String>,
    seconds: f64,
    done: f64,
    peak_bytes: Option<f64>,
}

/// A million rows of twenty columns: what each algorithm says beforehand, and what becomes of it.
pub(super) fn run(options: &Options) -> Result<()> {
    let native = build_native()?;
    let all = output(program(&native).arg("algorithms"))?;
    let chosen = |id: &&str| options.only.is_empty() || options.only.iter().any(|only| only == id);
    let mut table = String::from(
        "| algorithm | says beforehand | trained | most memory |\n|---|---|---|---|\n",
    );
    for id in all.lines().filter(chosen) {
        let text = output(program(&native).args(["million", id]))?;
        let row = million_row(&serde_json::from_str(&text)?);
        print!("{row}");
        table.push_str(&row);
    }
    if options.write {
        let path = shell::root().join("docs/million-rows.md");
        std::fs::write(&path, format!("{MILLION_HEADING}{table}"))?;
    }
    Ok(())
}

/// A rough time, for an estimate.
fn duration(seconds: f64) -> String {
    match seconds {
        s if s >= 7200.0 => format!("{:.0} h", s / 3600.0),
        s if s >= 120.0 => format!("{:.0} min", s / 60.0),
        s => time(s),
    }
}

const MILLION_HEADING: &str = "# A million rows\n\nWritten by `cargo xtask bench --million --write`: 1,000,000 rows × 20 columns, every algorithm with its defaults, natively on one thread, one process each; seconds are those that the thread worked, and training is broken off after two minutes. What says beforehand that it takes more than an hour is not begun. What is said beforehand is the time in a page and the memory beside the data; nothing is said where neither grows faster than the data. The memory is the most that the process has had, the 160 MB of data and what making them took included.\n\n";

fn million_row(outcome: &Outcome) -> String {
    let gigabytes = |bytes: f64| format!("{:.2} GB", bytes / 1e9);
    let before = match (outcome.expected_seconds, outcome.expected_bytes) {
        (0.0, 0.0) => String::new(),
        (0.0, bytes) => gigabytes(bytes),
        (seconds, bytes) => format!("{}, {}", duration(seconds), gigabytes(bytes)),
    };
    let trained = match &outcome.refused {
        Some(sentence) => format!("refuses: {sentence}"),
        None if outcome.is_untried => "not begun".to_owned(),
        None if outcome.done < 1.0 => {
            format!("{:.0} % in {}", 100.0 * outcome.done, time(outcome.seconds))
        }
        None => time(outcome.seconds),
    };
    let peak = outcome.peak_bytes.map_or_else(String::new, gigabytes);
    format!("| {} | {before} | {trained} | {peak} |\n", outcome.id)
}
