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

const MILLION_HEADING: &str = "# A million rows\n\nWritten by `cargo xtask bench --million --write`: 1,000,000 rows × 20 columns, every algorithm with its defaults, natively on one thread, broken off after two minutes. The memory is that of the whole process, the 160 MB of data included.\n\n";

fn million_row(outcome: &Outcome) -> String {
    let gigabytes = |bytes: f64| format!("{:.2} GB", bytes / 1e9);
    let before = match (outcome.expected_seconds, outcome.expected_bytes) {
        (0.0, 0.0) => String::new(),
        (seconds, bytes) => format!("{}, {}", time(seconds), gigabytes(bytes)),
    };
    let trained = match &outcome.refused {
        Some(sentence) => format!("refused: {sentence}"),
        None if outcome.done < 1.0 => {
            format!("{:.0} % in {}", 100.0 * outcome.done, time(outcome.seconds))
        }
        None => time(outcome.seconds),
    };
    let peak = outcome.peak_bytes.map_or_else(String::new, gigabytes);
    format!("| {} | {before} | {trained} | {peak} |\n", outcome.id)
}
