//! The triangle R of a tall matrix, absorbed block by block in a few parallel parts.

use std::ops::Range;

use super::qr::{BLOCK, BlockColumn, Triangle};
use crate::parallel::for_each_chunk_mut;

/// Rows from which the work is cut into [`PARTS`] triangles, one thread each at best.
const ROWS_FOR_PARTS: usize = 8192;

/// Number of triangles; fixed, so results do not depend on threads.
const PARTS: usize = 4;

/// The triangle of a QR factorization under way.
#[derive(Debug, Clone)]
pub struct TallQr {
    n_rows: usize,
    parts: Vec<Part>,
}

/// One range of rows and the triangle of those already absorbed.
#[derive(Debug, Clone)]
struct Part {
    next: usize,
    end: usize,
    triangle: Triangle,
}

impl TallQr {
    /// Of a matrix of `n_rows` rows below the triangle `start`.
    pub fn new(n_rows: usize, start: Triangle) -> Self {
        let n_parts = if n_rows < ROWS_FOR_PARTS { 1 } else { PARTS };
        let part = |index: usize| Part {
            next: index * n_rows / n_parts,
            end: (index + 1) * n_rows / n_parts,
            triangle: Triangle::zeros(start.size),
        };
        let mut parts: Vec<Part> = (0..n_parts).map(part).collect();
        if let Some(first) = parts.first_mut() {
            first.triangle = start;
        }
        Self { n_rows, parts }
    }

    /// Number of rows absorbed so far.
    pub fn n_absorbed(&self) -> usize {
        let left: usize = self.parts.iter().map(|part| part.end - part.next).sum();
        self.n_rows - left
    }

    /// Absorbs at least `n_rows` further rows, where so many are left.
    ///
    /// `fill(rows, block)` writes rows into the columns of a block of zeros, from the top.
    pub fn absorb(
        &mut self,
        n_rows: usize,
        fill: impl Fn(Range<usize>, &mut [BlockColumn]) + Sync,
    ) {
        let n_rows = n_rows.div_ceil(self.parts.len()).next_multiple_of(BLOCK);
        for_each_chunk_mut(&mut self.parts, 1, |_, parts| {
            for part in parts {
                let end = part.end.min(part.next + n_rows);
                let mut block = vec![[0.0; BLOCK]; part.triangle.size];
                while part.next < end {
                    let stop = end.min(part.next + BLOCK);
                    block.fill([0.0; BLOCK]);
                    fill(part.next..stop, &mut block);
                    part.triangle.absorb(&mut block);
                    part.next = stop;
                }
            }
        });
    }

    /// The triangle of all rows absorbed.
    pub fn triangle(&self) -> Triangle {
        let mut parts = self.parts.iter().map(|part| &part.triangle);
        let mut joined = parts.next().cloned().unwrap_or(Triangle::zeros(0));
        parts.for_each(|part| joined.merge(part));
        joined
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_and_steps_keep_the_lengths() {
        let n = 9000;
        let entry = |i: usize| (i % 10) as f64;
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
}
