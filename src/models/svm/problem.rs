//! A dual problem together with the rows it is about.

use super::gram::Gram;
use super::kernel::{Kernel, PackedRows};
use super::smo::Smo;
use crate::models::rows::entries;
use crate::prepare::Dataset;

/// Bytes for rows of kernel matrices, over all problems under way at once: as many rows as
/// scikit-learn keeps by default in 32 bits. Fixed, so that the same work is done in every step
/// on every machine.
pub(super) const CACHE_BYTES: usize = 400 << 20;

/// Problems under way at once, so that threads share them.
pub(super) const AT_ONCE: usize = 4;

/// Numbers read in a step, over all problems under way, some 20 ms in a page.
const WORK_A_STEP: u64 = 20_000_000;

/// A share of a step: how many problems there are to divide it among.
#[derive(Debug, Clone, Copy)]
pub(super) struct Share {
    pub n_problems: usize,
    /// Whether to go on by small steps, so that the first rows to matter are seen.
    pub is_watched: bool,
}

impl Share {
    pub(super) fn work(self) -> u64 {
        WORK_A_STEP / self.n_problems as u64
    }
}

/// The rows `rows` of a data set and the dual problem over them; the kernel matrix is there
/// while it is being solved.
pub(super) struct Problem {
    pub rows: Vec<usize>,
    pub smo: Smo,
    gram: Option<Gram>,
}

impl Problem {
    pub(super) fn new(rows: Vec<usize>, smo: Smo) -> Self {
        Self {
            rows,
            smo,
            gram: None,
        }
    }

    /// Solves on for a share of a step.
    pub(super) fn advance(&mut self, data: &Dataset, kernel: Kernel, share: Share) {
        let gram = self.gram.get_or_insert_with(|| {
            let rows = pack(data, &self.rows);
            Gram::new(kernel, rows, CACHE_BYTES / share.n_problems)
        });
        let most_iterations = if share.is_watched {
            self.rows.len().div_ceil(20)
        } else {
            usize::MAX
        };
        self.smo.advance(gram, share.work(), most_iterations);
        if self.smo.is_done {
            self.gram = None;
        }
    }
}

/// Rows of a data set, packed for a kernel.
pub(super) fn pack(data: &Dataset, rows: &[usize]) -> PackedRows {
    let (x, d) = (entries(data), data.n_features());
    PackedRows::new(rows.iter().map(|&row| &x[row * d..(row + 1) * d]), d)
}
