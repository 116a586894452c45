//! Small summaries of tall matrices, absorbed block by block in a few parallel parts: the
//! triangle R of a QR factorization, and the matrix of products ZᵀZ.

use std::ops::Range;

use super::gram::{self, Gram};
use super::qr::{self, BlockColumn, Triangle};
use crate::parallel::for_each_chunk_mut;

/// Rows from which the work is cut into [`PARTS`] summaries, one thread each at best.
const ROWS_FOR_PARTS: usize = 8192;

/// Number of summaries; fixed, so results do not depend on threads.
const PARTS: usize = 4;

/// Columns up to which there are several products ZᵀZ: beyond, they would fill the memory.
const WIDTH_FOR_PARTS: usize = 1024;

/// Ranges of rows, each with a summary of those already absorbed.
#[derive(Debug, Clone)]
struct Parts<T> {
    n_rows: usize,
    parts: Vec<Part<T>>,
}

/// One range of rows and the summary of those already absorbed.
#[derive(Debug, Clone)]
struct Part<T> {
    next: usize,
    end: usize,
    summary: T,
}

impl<T: Clone + Send> Parts<T> {
    fn new(n_rows: usize, n_parts: usize, empty: &T) -> Self {
        let part = |index: usize| Part {
            next: index * n_rows / n_parts,
            end: (index + 1) * n_rows / n_parts,
            summary: empty.clone(),
        };
        let parts = (0..n_parts).map(part).collect();
        Self { n_rows, parts }
    }

    fn n_absorbed(&self) -> usize {
        let left: usize = self.parts.iter().map(|part| part.end - part.next).sum();
        self.n_rows - left
    }

    /// Hands out at least `n_rows` further rows, where so many are left, in blocks of `block`.
    fn absorb(
        &mut self,
        n_rows: usize,
        block: usize,
        absorb: impl Fn(&mut T, &mut dyn Iterator<Item = Range<usize>>) + Sync,
    ) {
        let n_rows = n_rows.div_ceil(self.parts.len()).next_multiple_of(block);
        for_each_chunk_mut(&mut self.parts, 1, |_, parts| {
            for part in parts {
                let end = part.end.min(part.next + n_rows);
                let next = &mut part.next;
                let mut blocks = std::iter::from_fn(|| {
                    let start = *next;
                    *next = end.min(start + block);
                    (start < end).then_some(start..*next)
                });
                absorb(&mut part.summary, &mut blocks);
            }
        });
    }

    fn joined(&self, join: impl Fn(&mut T, &T)) -> Option<T> {
        let mut parts = self.parts.iter().map(|part| &part.summary);
        let mut joined = parts.next().cloned()?;
        parts.for_each(|part| join(&mut joined, part));
        Some(joined)
    }
}

/// The triangle of a QR factorization under way.
#[derive(Debug, Clone)]
pub struct TallQr(Parts<Triangle>);

impl TallQr {
    /// Of a matrix of `n_rows` rows below the triangle `start`.
    pub fn new(n_rows: usize, start: Triangle) -> Self {
        let n_parts = if n_rows < ROWS_FOR_PARTS { 1 } else { PARTS };
        let mut parts = Parts::new(n_rows, n_parts, &Triangle::zeros(start.size));
        if let Some(first) = parts.parts.first_mut() {
            first.summary = start;
        }
        Self(parts)
    }

    /// Number of rows absorbed so far.
    pub fn n_absorbed(&self) -> usize {
        self.0.n_absorbed()
    }

    /// Absorbs at least `n_rows` further rows, where so many are left.
    ///
    /// `fill(rows, block)` writes rows into the columns of a block of zeros, from the top.
    pub fn absorb(
        &mut self,
        n_rows: usize,
        fill: impl Fn(Range<usize>, &mut [BlockColumn]) + Sync,
    ) {
        self.0.absorb(n_rows, qr::BLOCK, |triangle, blocks| {
            let mut block = vec![[0.0; qr::BLOCK]; triangle.size];
            for rows in blocks {
                block.fill([0.0; qr::BLOCK]);
                fill(rows, &mut block);
                triangle.absorb(&mut block);
            }
        });
    }

    /// The triangle of all rows absorbed.
    pub fn triangle(&self) -> Triangle {
        let joined = self.0.joined(Triangle::merge);
        joined.unwrap_or(Triangle::zeros(0))
    }
}

/// The products ZᵀZ of the columns of a tall matrix under way.
#[derive(Debug, Clone)]
pub struct TallGram(Parts<Gram>);

impl TallGram {
    /// Of a matrix of `n_rows` rows and `width` columns.
    pub fn new(n_rows: usize, width: usize) -> Self {
        let is_small = n_rows < ROWS_FOR_PARTS || width > WIDTH_FOR_PARTS;
        let n_parts = if is_small { 1 } else { PARTS };
        Self(Parts::new(n_rows, n_parts, &Gram::zeros(width)))
    }

    /// Number of rows absorbed so far.
    pub fn n_absorbed(&self) -> usize {
        self.0.n_absorbed()
    }

    /// Absorbs at least `n_rows` further rows, where so many are left.
    ///
    /// `fill(i, row)` writes row `i`, `(width,)`.
    pub fn absorb(&mut self, n_rows: usize, fill: impl Fn(usize, &mut [f64]) + Sync) {
        self.0.absorb(n_rows, gram::BLOCK, |gram, blocks| {
            let mut panels = gram.panels();
            for rows in blocks {
                gram.absorb(rows, &mut panels, &fill);
            }
        });
    }

    /// The products of all rows absorbed.
    pub fn gram(&self) -> Gram {
        let joined = self.0.joined(Gram::merge);
        joined.unwrap_or(Gram::zeros(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(i: usize) -> f64 {
        (i % 10) as f64
    }

    #[test]
    fn parts_and_steps_keep_the_lengths() {
        let n = 9000;
        let mut qr = TallQr::new(n, Triangle::zeros(2));
        while qr.n_absorbed() < n {
            qr.absorb(1000, |rows, block| {
                for (place, i) in rows.enumerate() {
                    block[0][place] = 1.0;
                    block[1][place] = entry(i);
                }
            });
        }
        let r = qr.triangle();
        assert!((r.at(0, 0).abs() - (n as f64).sqrt()).abs() < 1e-11);
        let squares: f64 = (0..n).map(|i| entry(i) * entry(i)).sum();
        assert!((r.at(0, 1) * r.at(0, 1) + r.at(1, 1) * r.at(1, 1) - squares).abs() < 1e-7);
    }

    #[test]
    fn products_do_not_depend_on_the_steps() {
        let n = 9001;
        let of_steps = |n_rows: usize| {
            let mut products = TallGram::new(n, 6);
            while products.n_absorbed() < n {
                products.absorb(n_rows, |i, row| {
                    for (j, x) in row.iter_mut().enumerate() {
                        *x = entry(i * (j + 1)) - 4.5;
                    }
                });
            }
            products.gram()
        };
        let gram = of_steps(700);
        assert_eq!(gram, of_steps(n));
        for (i, j) in [(0, 0), (1, 4), (4, 1), (5, 5)] {
            let product = |row: usize| (entry(row * (i + 1)) - 4.5) * (entry(row * (j + 1)) - 4.5);
            // Sums of multiples of 1/4 are exact.
            assert_eq!(gram.at(i, j), (0..n).map(product).sum::<f64>());
        }
    }
}
