//! The neighbors of every training row among the others, found piece by piece.

use std::sync::Arc;

use crate::models::neighbors::{Index, Neighbor};

/// Comparisons of two numbers in one step, some 30 ms.
const OPERATIONS_A_STEP: usize = 400_000_000;

/// A search under way.
#[derive(Debug, Clone)]
pub struct Search {
    index: Arc<Index>,
    k: usize,
    keeps_itself: bool,
    found: Vec<Vec<Neighbor>>,
}

impl Search {
    /// For the `k` nearest of each row, itself not among them.
    pub fn of_others(index: Arc<Index>, k: usize) -> Self {
        Self {
            index,
            k,
            keeps_itself: false,
            found: Vec::new(),
        }
    }

    /// For the `k` nearest of each row, itself the first of them.
    pub fn with_itself(index: Arc<Index>, k: usize) -> Self {
        Self {
            keeps_itself: true,
            ..Self::of_others(index, k.saturating_sub(1))
        }
    }

    /// Searches for some more rows; `true` when all are done.
    pub fn step(&mut self) -> bool {
        let x = self.index.x();
        let (n, start) = (x.nrows(), self.found.len());
        let end = n.min(start + (OPERATIONS_A_STEP / (n * x.ncols())).max(64));
        let near = self
            .index
            .search(x.slice(ndarray::s![start..end, ..]), self.k + 1);
        for (row, near) in (start as u32..).zip(near) {
            self.found.push(self.arranged(row, near));
        }
        end == n
    }

    /// A row's neighbors without itself, or with itself in front. Where many rows equal it,
    /// those stored first may have left no place for it.
    fn arranged(&self, row: u32, mut near: Vec<Neighbor>) -> Vec<Neighbor> {
        near.retain(|n| n.row != row);
        near.truncate(self.k);
        if self.keeps_itself {
            near.insert(0, Neighbor { distance: 0.0, row });
        }
        near
    }

    /// What was found, row by row.
    pub fn into_found(self) -> Vec<Vec<Neighbor>> {
        self.found
    }
}
