//! The products ZᵀZ of the columns of a tall matrix: all that many linear methods need of it.
//!
//! Rows come in blocks, are copied so that the kernel of [`super::gemm`] reads them in order,
//! and are added to the tiles on and above the diagonal. Every entry is summed over the rows
//! in order, whatever the blocks.
//!
//! Cost: n·p² operations, half of a general product and of a QR. It squares the condition
//! number: who solves with it must know that the columns are far from dependent.

use std::ops::Range;

use super::gemm::{Tile, add_tile};
use super::wide::twofold;

/// Rows of a block: four columns of it take 2 KB.
pub const BLOCK: usize = 64;

/// Columns and rows of a tile.
const TILE: usize = 4;

/// Numbers from one panel to the next: not a power of two, or all would share few cache lines.
const PANEL: usize = BLOCK * TILE + 8;

/// The symmetric matrix ZᵀZ.
#[derive(Debug, Clone, PartialEq)]
pub struct Gram {
    width: usize,
    /// `width` rounded up to whole tiles.
    padded: usize,
    /// `(padded, padded)` row by row; tiles below the diagonal are zero.
    entries: Vec<f64>,
}

impl Gram {
    /// Of a matrix of `width` columns and no rows.
    pub fn zeros(width: usize) -> Self {
        let padded = width.next_multiple_of(TILE);
        Self {
            width,
            padded,
            entries: vec![0.0; padded * padded],
        }
    }

    /// Number of columns of Z.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The product of columns `i` and `j`.
    pub fn at(&self, i: usize, j: usize) -> f64 {
        self.entries[i.min(j) * self.padded + i.max(j)]
    }

    /// Memory for [`Gram::absorb`], to be used again for every block.
    pub fn panels(&self) -> Vec<f64> {
        vec![0.0; self.padded / TILE * PANEL]
    }

    /// Adds the products of at most [`BLOCK`] rows; `fill(i, row)` writes row `i`.
    pub fn absorb(
        &mut self,
        rows: Range<usize>,
        panels: &mut [f64],
        fill: &impl Fn(usize, &mut [f64]),
    ) {
        let depth = rows.len();
        let mut row = vec![0.0; self.padded];
        for (place, i) in rows.enumerate() {
            fill(i, &mut row[..self.width]);
            let fours = row.as_chunks::<TILE>().0.iter();
            for (panel, four) in panels.chunks_exact_mut(PANEL).zip(fours) {
                panel[place * TILE..(place + 1) * TILE].copy_from_slice(four);
            }
        }
        add_tiles(&mut self.entries, self.padded, panels, depth);
    }

    /// Adds the products of other rows.
    pub fn merge(&mut self, other: &Self) {
        let pairs = self.entries.iter_mut().zip(&other.entries);
        pairs.for_each(|(sum, x)| *sum += x);
    }
}

twofold! {
/// Adds the products of the columns in `panels`, of `depth` rows, to the tiles on and above the
/// diagonal.
fn add_tiles(entries: &mut [f64], padded: usize, panels: &[f64], depth: usize) {
    let panel = |index: usize| &panels[index * PANEL..][..depth * TILE];
    let strips = entries.chunks_exact_mut(TILE * padded);
    for (upper, strip) in strips.enumerate() {
        for right in upper..padded / TILE {
            let tile = Tile::new(strip, padded, right * TILE);
            add_tile::<f64, TILE>(panel(upper), panel(right), tile);
        }
    }
}
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linalg::wide::compared::both;
    use crate::rng::Rng;

    #[test]
    fn wider_registers_change_no_bit() {
        let mut rng = Rng::new(1);
        let x: Vec<f64> = (0..BLOCK * 11).map(|_| rng.normal()).collect();
        let [narrow, wide] = both(|| {
            let mut gram = Gram::zeros(11);
            let mut panels = gram.panels();
            gram.absorb(0..BLOCK, &mut panels, &|i, row| {
                row.copy_from_slice(&x[i * 11..(i + 1) * 11]);
            });
            gram
        });
        assert_eq!(narrow, wide);
    }
}
