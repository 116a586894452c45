//! Workloads that are measured: the same data and the same work natively, in the browser, and
//! for the libraries we compare ourselves with.
//!
//! A workload makes its data from a fixed seed, so every side works on the same numbers; only
//! the work itself is timed, by a clock that the caller brings, and what was reached is told
//! beside it: a fast model that is worse is no win.

pub mod data;
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

/// Runs a workload `runs` times after one that does not count.
///
/// - `scale`: times the usual number of rows.
/// - `now`: seconds from any start.
///
/// # Errors
/// Those of the work itself.
pub fn measure(id: &str, scale: f64, runs: usize, now: &dyn Fn() -> f64) -> Result<Measured> {
    let workload = find(id)?;
    let tables = (workload.tables)(scale);
    let warm = usize::from(runs > 1);
    let mut seconds = Vec::new();
    let mut quality = f64::NAN;
    for run in 0..runs.max(1) + warm {
        let mut job = (workload.job)(&tables)?;
        let start = now();
        job.work()?;
        let took = now() - start;
        if run >= warm {
            seconds.push(took / job.units());
        }
        if run + 1 == runs.max(1) + warm {
            quality = job.quality(&tables)?;
        }
    }
    Ok(Measured { seconds, quality })
}
