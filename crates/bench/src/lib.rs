//! Workloads that are measured: the same data and the same work natively, in the browser, and
//! for the libraries we compare ourselves with.
//!
//! A workload makes its data from a fixed seed, so every side works on the same numbers; only
//! the work itself is timed, by a clock that the caller brings, and what was reached is told
//! beside it: a fast model that is worse is no win.

#[cfg(not(target_arch = "wasm32"))]
pub mod clock;
pub mod data;
pub mod jobs;
#[cfg(not(target_arch = "wasm32"))]
pub mod million;
#[cfg(target_arch = "wasm32")]
mod wasm;
pub mod workloads;

use handlens::error::{Code, Error, Result};
use serde::Serialize;

pub use data::Tables;
pub use workloads::{WORKLOADS, Workload};

/// What was measured of a workload.
#[derive(Debug, Clone, Serialize)]
pub struct Measured {
    /// Seconds of each run.
    pub seconds: Vec<f64>,
    /// What the model reached, by [`Workload::quality`].
    pub quality: f64,
}

/// The workload of an id.
///
/// # Errors
/// [`Code::NotFound`] for an unknown id.
pub fn find(id: &str) -> Result<&'static Workload> {
    WORKLOADS
        .iter()
        .find(|workload| workload.id == id)
        .ok_or_else(|| Error::new(Code::NotFound, format!("There is no workload {id}.")))
}

/// Seconds of runs before those that count: so long a browser compiles beside them what it will
/// run, on cores that the threads would have.
const WARM_UP: f64 = 0.5;

/// Runs a workload `runs` times, after at least one that does not count where there are several.
///
/// - `scale`: times the usual number of rows.
/// - `now`: seconds from any start.
///
/// # Errors
/// Those of the work itself.
pub fn measure(id: &str, scale: f64, runs: usize, now: &dyn Fn() -> f64) -> Result<Measured> {
    let workload = find(id)?;
    let tables = (workload.tables)(scale);
    let mut is_warm = runs < 2;
    let first = now();
    let mut seconds = Vec::new();
    loop {
        let mut job = (workload.job)(&tables)?;
        let start = now();
        job.work()?;
        let end = now();
        if is_warm {
            seconds.push((end - start) / job.units());
        }
        if seconds.len() >= runs.max(1) {
            let quality = job.quality(&tables)?;
            return Ok(Measured { seconds, quality });
        }
        is_warm = is_warm || end - first >= WARM_UP;
    }
}
