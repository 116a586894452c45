//! Principal axes from the covariances, where they are known to be exact enough.
//!
//! The covariances square the condition number: an axis whose variance is a share s of the
//! largest keeps its variance to a relative error of about 1e-15 / s. Where the least share is
//! [`LEAST_SHARE`] or more, at least nine digits of every axis are right, and the work is a fraction
//! of the QR's; else the axes are refused, and the QR finds them.

use super::axes::{Axes, make_largest_positive};
use crate::linalg::gram::{BLOCK, Gram};
use crate::linalg::symmetric::eigen;
use crate::parallel::map_chunks;

/// The least variance, as a share of the largest, with which the axes are taken.
const LEAST_SHARE: f64 = 1e-6;

/// Rows from which covariances are worth trying, and features up to which their eigenvectors
/// are found within one step.
const FROM_ROWS: usize = 4096;
const UP_TO_FEATURES: usize = 200;

/// Rows of one piece of work; fixed, so results do not depend on threads.
const ROWS_A_CHUNK: usize = 1024;

/// Products of the columns of centered rows, summed so far.
#[derive(Debug, Clone)]
pub(super) struct Covariance {
    gram: Gram,
    n_rows: usize,
    n_absorbed: usize,
}

impl Covariance {
    /// `None` where the QR is as good.
    pub(super) fn new(n_rows: usize, n_features: usize) -> Option<Self> {
        let is_worth_it = n_rows >= FROM_ROWS && n_features <= UP_TO_FEATURES;
        is_worth_it.then(|| Self {
            gram: Gram::zeros(n_features),
            n_rows,
            n_absorbed: 0,
        })
    }

    /// Number of rows absorbed so far.
    pub(super) fn n_absorbed(&self) -> usize {
        self.n_absorbed
    }

    /// Adds up to `n_rows` further rows; `true` when none is left. `fill(i, row)` writes row `i`.
    pub(super) fn absorb(
        &mut self,
        n_rows: usize,
        fill: &(impl Fn(usize, &mut [f64]) + Sync),
    ) -> bool {
        let start = self.n_absorbed;
        let end = self.n_rows.min(start + n_rows);
        let chunks = map_chunks(end - start, ROWS_A_CHUNK, |rows| {
            let mut gram = Gram::zeros(self.gram.width());
            let mut panels = gram.panels();
            for from in rows.clone().step_by(BLOCK) {
                let to = rows.end.min(from + BLOCK);
                gram.absorb(start + from..start + to, &mut panels, fill);
            }
            gram
        });
        chunks.iter().for_each(|chunk| self.gram.merge(chunk));
        self.n_absorbed = end;
        end == self.n_rows
    }

    /// The axes, `None` where too few digits of them would be right.
    pub(super) fn axes(&self, n_axes: usize) -> Option<Axes> {
        let p = self.gram.width();
        let row = |i: usize| (0..p).map(|j| self.gram.at(i, j)).collect();
        let found = eigen((0..p).map(row).collect())?;
        let (first, last) = (found.values.first()?, found.values.last()?);
        if *last <= LEAST_SHARE * first {
            return None;
        }
        let mut directions = found.vectors;
        directions.truncate(n_axes);
        directions.iter_mut().for_each(|d| make_largest_positive(d));
        Some(Axes {
            lengths: found.values.iter().map(|value| value.sqrt()).collect(),
            directions,
        })
    }
}
