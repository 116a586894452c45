//! A million rows of twenty columns for every algorithm: it trains in the memory of a tab, or
//! says beforehand what it would take.

use std::sync::Arc;

use handlens::error::Result;
use handlens::models::{Algorithm, Entry, catalogue};
use handlens::prepare::{Dataset, Task};
use handlens::rng::Rng;
use handlens::settings::Settings;
use serde::Serialize;

use crate::clock::thread_seconds;
use crate::data;

/// Columns of the table.
const COLUMNS: usize = 20;

/// Seconds beforehand from which training is not begun.
const TOLD_TO_TAKE_HOURS: f64 = 3600.0;

/// What became of one algorithm.
#[derive(Debug, Serialize)]
pub struct Outcome {
    /// Its id.
    pub id: &'static str,
    /// What it said beforehand: bytes beside the data.
    pub expected_bytes: f64,
    /// What it said beforehand: seconds on one core in a page; 0 where it says nothing.
    pub expected_seconds: f64,
    /// Whether it was not begun, for it said that it would take hours.
    pub is_untried: bool,
    /// The sentence with which it refused.
    pub refused: Option<String>,
    /// Seconds it worked, or until the limit.
    pub seconds: f64,
    /// How far it came: 1 is done.
    pub done: f64,
    /// The most memory the process has had, the data included; where the system tells.
    pub peak_bytes: Option<f64>,
}

/// Trains the first task of an algorithm on `rows` rows for `limit` seconds at most, in the
/// calling thread; `None` for an unknown id.
///
/// # Errors
/// Those of training itself, refusals apart.
pub fn million(id: &str, rows: usize, limit: f64) -> Result<Option<Outcome>> {
    let Some(entry) = catalogue().iter().find(|entry| entry.info.id == id) else {
        return Ok(None);
    };
    let data = Arc::new(table(entry, rows));
    let algorithm = Algorithm::find(id, &Settings::new())?;
    let demand = algorithm.demand(&data)?;
    let mut outcome = Outcome {
        id: entry.info.id,
        expected_bytes: demand.bytes,
        expected_seconds: demand.seconds,
        is_untried: false,
        refused: None,
        seconds: 0.0,
        done: 0.0,
        peak_bytes: None,
    };
    if let Err(error) = algorithm.check_demand(&data) {
        outcome.refused = Some(error.to_string());
        return Ok(Some(outcome));
    }
    if demand.seconds > TOLD_TO_TAKE_HOURS {
        outcome.is_untried = true;
        return Ok(Some(outcome));
    }
    let start = thread_seconds();
    let mut trainer = match algorithm.begin(data, &Rng::new(1)) {
        Ok(trainer) => trainer,
        Err(error) => {
            outcome.refused = Some(error.to_string());
            return Ok(Some(outcome));
        }
    };
    while outcome.done < 1.0 && outcome.seconds < limit {
        let progress = trainer.step()?;
        outcome.seconds = thread_seconds() - start;
        outcome.done = match progress.is_done {
            true => 1.0,
            false => (progress.position / progress.total.max(1e-9)).min(0.999),
        };
    }
    outcome.peak_bytes = peak_bytes();
    Ok(Some(outcome))
}

fn table(entry: &Entry, rows: usize) -> Dataset {
    let tables = match entry.info.tasks.first() {
        Some(Task::Regression) => data::linear(rows, COLUMNS),
        Some(Task::Classification) => data::curved((rows, 0), COLUMNS),
        _ => data::blobs((rows, 0), COLUMNS, 8, 1.0),
    };
    let mut train = tables.train;
    if !entry.info.tasks.iter().any(|task| task.is_supervised()) {
        train.target = handlens::prepare::Target::None;
    }
    if entry.info.id == "multinomial_nb" {
        train.x.mapv_inplace(f64::abs);
    }
    train
}

/// Linux tells it in kilobytes.
fn peak_bytes() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM"))?;
    let kilobytes: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes * 1024.0)
}
