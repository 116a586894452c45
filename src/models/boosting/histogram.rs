//! Sums of gradients and hessians by bin.
//!
//! Sums are kept in fixed point, as 64-bit integers: they are exact, so the histogram of a child
//! is that of its parent minus its sibling's without an error, and any order of rows and any
//! number of threads gives the same bits. A cell is two integers that are added together: the
//! gradient, and the hessian with the count of rows in its low bits.

use std::ops::Range;

use super::bins::{Binned, GROUP, N_BINS};
use crate::math::power_of_two_at_least;
use crate::parallel;

/// Gradient; hessian and count.
pub(super) type Cell = [i64; 2];
/// Cells of the features of a group, `(GROUP · N_BINS,)`.
pub(super) type GroupCells = Vec<Cell>;

/// Rows that one piece of work adds up.
const ROWS_A_BLOCK: usize = 16_384;
/// Below so many words to add up, some 12 µs, the work is not worth a thread.
const FEW_WORDS: usize = 4_096;

/// What a set of rows sums up to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Sums {
    pub gradient: f64,
    pub hessian: f64,
    pub count: u32,
}

/// How numbers become cells and back: the units of fixed point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Packing {
    gradient_unit: f64,
    hessian_unit: f64,
    /// Where the hessian begins in its integer: above the count. Where every hessian is 1 the
    /// count is its sum, and it begins at 0.
    hessian_shift: u32,
    count_mask: i64,
}

impl Packing {
    /// The finest units in which the sums of `n_rows` rows stay in range.
    ///
    /// - `most_gradient`: the largest size of a gradient.
    /// - `most_hessian`: the largest hessian; `None` where all are 1.
    pub fn new(n_rows: usize, most_gradient: f64, most_hessian: Option<f64>) -> Self {
        let count_bits = u64::BITS - (n_rows as u64).leading_zeros();
        let unit = |most: f64, bits: u32| power_of_two_at_least(most) / (1_u64 << bits) as f64;
        Self {
            gradient_unit: unit(most_gradient, 62_u32.saturating_sub(count_bits)),
            hessian_unit: most_hessian.map_or(1.0, |most| {
                unit(most, 62_u32.saturating_sub(2 * count_bits))
            }),
            hessian_shift: most_hessian.map_or(0, |_| count_bits),
            count_mask: (1 << count_bits) - 1,
        }
    }

    /// The cell of one row.
    #[inline(always)]
    pub fn cell(&self, gradient: f64, hessian: f64) -> Cell {
        let rounded = |v: f64| (v + 0.5_f64.copysign(v)) as i64;
        let hessian = match self.hessian_shift {
            0 => 1,
            shift => rounded(hessian / self.hessian_unit) << shift | 1,
        };
        [rounded(gradient / self.gradient_unit), hessian]
    }

    /// What a cell stands for.
    #[inline(always)]
    pub fn sums(&self, cell: Cell) -> Sums {
        Sums {
            gradient: cell[0] as f64 * self.gradient_unit,
            hessian: (cell[1] >> self.hessian_shift) as f64 * self.hessian_unit,
            count: self.count(cell),
        }
    }

    /// The rows of a cell.
    #[inline(always)]
    pub fn count(&self, cell: Cell) -> u32 {
        (cell[1] & self.count_mask) as u32
    }
}

/// a + b.
#[inline(always)]
pub(super) fn plus(a: Cell, b: Cell) -> Cell {
    [a[0].wrapping_add(b[0]), a[1].wrapping_add(b[1])]
}

/// a − b.
#[inline(always)]
pub(super) fn minus(a: Cell, b: Cell) -> Cell {
    [a[0].wrapping_sub(b[0]), a[1].wrapping_sub(b[1])]
}

/// Subtracts a child's histogram from that of its parent, which becomes the sibling's.
pub(super) fn subtract(parent: &mut [Cell], child: &[Cell]) {
    for (a, b) in parent.iter_mut().zip(child) {
        *a = minus(*a, *b);
    }
}

/// The histograms of some rows, one a group of features.
///
/// - `cells`: `(n_samples,)`, of each row.
/// - `rows`: which rows, ascending.
pub(super) fn build(binned: &Binned, cells: &[Cell], rows: &[u32]) -> Vec<GroupCells> {
    let n_groups = binned.groups.len();
    let pieces = pieces(rows.len(), n_groups, parallel::n_threads());
    let sum = |(group, part): &(usize, Range<usize>)| {
        let words = &binned.groups[*group];
        let mut sums = vec![[0; 2]; GROUP * N_BINS];
        if rows.len() == cells.len() {
            add_range(&mut sums, words, cells, part.clone());
        } else {
            add_rows(&mut sums, words, cells, &rows[part.clone()]);
        }
        sums
    };
    let is_little = rows.len() * n_groups < FEW_WORDS;
    let chunk = if is_little { pieces.len() } else { 1 };
    let made = parallel::map_chunks(pieces.len(), chunk, |range| {
        pieces[range].iter().map(sum).collect::<Vec<_>>()
    });
    let mut sums: Vec<GroupCells> = vec![Vec::new(); n_groups];
    for ((group, _), part) in pieces.iter().zip(made.into_iter().flatten()) {
        let sums = &mut sums[*group];
        if sums.is_empty() {
            *sums = part;
            continue;
        }
        for (a, b) in sums.iter_mut().zip(part) {
            *a = plus(*a, b);
        }
    }
    sums
}

/// Groups and rows that are summed up by themselves. Many rows are cut into blocks, whose cells
/// stay in the cache from group to group; of few, the groups that are left over when each thread
/// has as many as the others are cut, so that none waits.
fn pieces(n_rows: usize, n_groups: usize, n_threads: usize) -> Vec<(usize, Range<usize>)> {
    let cut = |group: usize, n: usize| {
        let size = n_rows.div_ceil(n).max(1);
        let starts = (0..n_rows.max(1)).step_by(size);
        starts.map(move |start| (group, start..(start + size).min(n_rows)))
    };
    let n_blocks = n_rows.div_ceil(ROWS_A_BLOCK);
    if n_blocks > 1 {
        let mut blocks: Vec<_> = (0..n_groups)
            .flat_map(|group| cut(group, n_blocks))
            .collect();
        blocks.sort_by_key(|(_, rows)| rows.start);
        return blocks;
    }
    let n_whole = n_groups - n_groups % n_threads;
    let whole = (0..n_whole).flat_map(|group| cut(group, 1));
    whole
        .chain((n_whole..n_groups).flat_map(|group| cut(group, n_threads)))
        .collect()
}

/// Adds consecutive rows.
fn add_range(sums: &mut [Cell], words: &[u32], cells: &[Cell], rows: Range<usize>) {
    if let [a, b, c, d] = sums.as_chunks_mut::<N_BINS>().0 {
        for (&word, &cell) in words[rows.clone()].iter().zip(&cells[rows]) {
            add_word([a, b, c, d], word, cell);
        }
    }
}

/// Adds the rows of a list.
fn add_rows(sums: &mut [Cell], words: &[u32], cells: &[Cell], rows: &[u32]) {
    if let [a, b, c, d] = sums.as_chunks_mut::<N_BINS>().0 {
        for &row in rows {
            let row = row as usize;
            add_word([a, b, c, d], words[row], cells[row]);
        }
    }
}

/// Adds a row to the bins of its four features.
#[inline(always)]
fn add_word([a, b, c, d]: [&mut [Cell; N_BINS]; GROUP], word: u32, cell: Cell) {
    let add = |to: &mut Cell| *to = plus(*to, cell);
    add(&mut a[usize::from(word as u8)]);
    add(&mut b[usize::from((word >> 8) as u8)]);
    add(&mut c[usize::from((word >> 16) as u8)]);
    add(&mut d[usize::from((word >> 24) as u8)]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_add_up_to_what_they_stand_for() {
        let packing = Packing::new(1000, 3.0, Some(0.25));
        let mut total = [0; 2];
        for i in 0..1000 {
            let g = f64::from(i % 7) - 3.0;
            total = plus(total, packing.cell(g, 0.25 / f64::from(1 + i % 3)));
        }
        let sums = packing.sums(total);
        assert_eq!((sums.gradient, sums.count), (-3.0, 1000));
        let exact = 334.0 * 0.25 + 333.0 * 0.125 + 333.0 * 0.25 / 3.0;
        assert!((sums.hessian - exact).abs() < 1e-9, "{}", sums.hessian);
    }

    #[test]
    fn every_row_of_every_group_is_in_one_piece() {
        for n_rows in [0, 1, 5, 16_384, 16_385, 100_000] {
            for n_threads in [1, 2, 3, 7] {
                let mut seen = vec![vec![0; n_rows]; 5];
                for (group, rows) in pieces(n_rows, 5, n_threads) {
                    seen[group][rows].iter_mut().for_each(|n| *n += 1);
                }
                assert!(
                    seen.iter().flatten().all(|n| *n == 1),
                    "{n_rows} {n_threads}"
                );
                let pieces = pieces(n_rows, 5, n_threads);
                assert!((0..5).all(|group| pieces.iter().any(|piece| piece.0 == group)));
            }
        }
    }

    #[test]
    fn a_sibling_is_the_rest() {
        let packing = Packing::new(10, 1.0, None);
        let cells: Vec<Cell> = (0..10)
            .map(|i| packing.cell(f64::from(i) / 9.0, 1.0))
            .collect();
        let binned = Binned {
            groups: vec![(0..10).map(|i| i % 4).collect()],
            ..Binned::default()
        };
        let all: Vec<u32> = (0..10).collect();
        let mut rest = build(&binned, &cells, &all).remove(0);
        let few = build(&binned, &cells, &all[..3]).remove(0);
        subtract(&mut rest, &few);
        assert_eq!(rest, build(&binned, &cells, &all[3..]).remove(0));
    }
}
