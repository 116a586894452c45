//! Products of matrices: C += A·B, where either factor may be transposed.
//!
//! Every entry of C is summed in the order of the naive triple loop, one product after the
//! other, so the bits depend on nothing but the numbers: not on tiles, threads or the width of
//! the machine's registers. A batch of rows gives the bits of its rows one by one.
//!
//! Speed comes from doing many entries side by side instead. Panels of B (8 columns in f32, 4 in
//! f64) are copied so that they lie in the order of use, and so are panels of A (4 rows) where
//! these do not lie so already; a tile of C of that size stays in 8 registers of 128 bits, which
//! is what SSE2 and wasm's simd128 have in common, while 256 products are added to each entry.
//! Few rows (a single prediction) skip the copying and stream over B. Large products run their
//! rows in parallel.
//!
//! Cost: 2·m·k·n operations. Reference for the scheme: Goto & van de Geijn, "Anatomy of
//! high-performance matrix multiplication", ACM TOMS 34(3), 2008.

use super::real::Real;
use super::wide::twofold;
use crate::parallel;

/// Rows of a register tile.
const TILE_ROWS: usize = 4;

/// Products added to a tile before it returns to memory: a panel of B then takes 8 KB and stays
/// in the first-level cache.
const DEPTH: usize = 256;

/// Multiplications below which threads cost more than they bring: some 25 µs.
const PARALLEL_FROM: usize = 1 << 19;

/// Multiplications of one piece of work at least, some 12 µs, and its rows of C at least. Of small
/// pieces the threads have more alike.
const PIECE: usize = 1 << 18;
const LEAST_ROWS: usize = 16;

/// Numbers of B up to which all of it is packed before the rows are handed out, once.
const PACKED_AT_ONCE: usize = 1 << 20;

/// A matrix by reference: any slice with a stride along rows and along columns, one of them 1.
#[derive(Debug, Clone, Copy)]
pub struct MatrixRef<'a, T> {
    data: &'a [T],
    n_rows: usize,
    n_columns: usize,
    stride: usize,
    is_transposed: bool,
}

impl<'a, T> MatrixRef<'a, T> {
    /// A row-major matrix of `data.len() / n_columns` rows.
    pub fn new(data: &'a [T], n_columns: usize) -> Self {
        let n_rows = data.len().checked_div(n_columns).unwrap_or(0);
        Self {
            data,
            n_rows,
            n_columns,
            stride: n_columns,
            is_transposed: false,
        }
    }

    /// The transpose, without moving a number.
    #[must_use]
    pub fn t(self) -> Self {
        Self {
            n_rows: self.n_columns,
            n_columns: self.n_rows,
            is_transposed: !self.is_transposed,
            ..self
        }
    }

    /// Entries `start..start + depth` of four rows from `row` on, where these lie in a row.
    fn lines(&self, row: usize, start: usize, depth: usize) -> Option<[&'a [T]; TILE_ROWS]> {
        if self.is_transposed || row + TILE_ROWS > self.n_rows {
            return None;
        }
        let line = |offset: usize| &self.data[(row + offset) * self.stride + start..][..depth];
        Some(std::array::from_fn(line))
    }

    /// Number of rows.
    pub fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// Number of columns.
    pub fn n_columns(&self) -> usize {
        self.n_columns
    }
}

/// Memory of a product, kept between calls so that a training loop allocates nothing.
#[derive(Debug, Clone, Default)]
pub struct Scratch<T> {
    panels: Vec<T>,
    rows: Vec<T>,
}

/// Adds A·B to C.
///
/// - `a`: `(m, k)`, `b`: `(k, n)`, `c`: `(m, n)` row-major.
///
/// Shapes that do not chain are a mistake of the caller: the common part is used.
///
/// ```
/// use handlens::linalg::gemm::{MatrixRef, Scratch, add_product};
/// let a = MatrixRef::new(&[1.0, 2.0, 3.0, 4.0], 2);
/// let mut c = [10.0, 0.0, 0.0, 0.0];
/// add_product(a, a.t(), &mut c, &mut Scratch::default());
/// assert_eq!(c, [15.0, 11.0, 11.0, 25.0]);
/// ```
pub fn add_product<T: Real>(
    a: MatrixRef<'_, T>,
    b: MatrixRef<'_, T>,
    c: &mut [T],
    scratch: &mut Scratch<T>,
) {
    let (n, k) = (b.n_columns, a.n_columns.min(b.n_rows));
    debug_assert!(a.n_columns == b.n_rows && c.len() == a.n_rows * n);
    if n == 0 || k == 0 || a.n_rows == 0 {
        return;
    }
    if a.n_rows < TILE_ROWS && !a.is_transposed && !b.is_transposed {
        for (row, c) in a.data.chunks_exact(a.stride).zip(c.chunks_exact_mut(n)) {
            add_row_product(row, b.data, c);
        }
        return;
    }
    let depth = if a.n_rows * n * k < PARALLEL_FROM || n * k > PACKED_AT_ONCE {
        DEPTH
    } else {
        k
    };
    for start in (0..k).step_by(depth) {
        let depth = depth.min(k - start);
        add_depth(a, b, (start, depth), c, scratch);
    }
}

/// Adds the products of `depth` columns of A from `start` on with as many rows of B.
fn add_depth<T: Real>(
    a: MatrixRef<'_, T>,
    b: MatrixRef<'_, T>,
    (start, depth): (usize, usize),
    c: &mut [T],
    scratch: &mut Scratch<T>,
) {
    let n = b.n_columns;
    let width = n.next_multiple_of(T::TILE_COLUMNS);
    let blocks = || (start..start + depth).step_by(DEPTH);
    let depth_at = |block: usize| DEPTH.min(start + depth - block);
    scratch.panels.resize(width * depth, T::default());
    let mut free = scratch.panels.as_mut_slice();
    for block in blocks() {
        let (panels, rest) = free.split_at_mut(width * depth_at(block));
        pack_panels(b, block, depth_at(block), panels);
        free = rest;
    }
    let panels = &scratch.panels;
    let add = |first: usize, c: &mut [T], rows: &mut Vec<T>| {
        for block in blocks() {
            let panels = &panels[width * (block - start)..][..width * depth_at(block)];
            add_rows(a, (first, block), panels, n, c, rows, depth_at(block));
        }
    };
    if a.n_rows * n * depth < PARALLEL_FROM {
        add(0, c, &mut scratch.rows);
        return;
    }
    let n_rows = (PIECE / (n * depth)).next_multiple_of(TILE_ROWS);
    parallel::for_each_chunk_mut(c, n_rows.max(LEAST_ROWS) * n, |first, c| {
        add(first / n, c, &mut Vec::new());
    });
}

/// `c += row · b` for one row, four rows of `b` at a time.
fn add_row_product<T: Real>(row: &[T], b: &[T], c: &mut [T]) {
    let n = c.len();
    let (fours, rest) = row.as_chunks::<4>();
    for (a, b) in fours.iter().zip(b.chunks_exact(4 * n)) {
        let (b0, b) = b.split_at(n);
        let (b1, b) = b.split_at(n);
        let (b2, b3) = b.split_at(n);
        for ((((c, &b0), &b1), &b2), &b3) in c.iter_mut().zip(b0).zip(b1).zip(b2).zip(b3) {
            *c = (((*c + a[0] * b0) + a[1] * b1) + a[2] * b2) + a[3] * b3;
        }
    }
    let done = fours.len() * 4;
    for (&a, b) in rest.iter().zip(b.chunks_exact(n).skip(done)) {
        for (c, &b) in c.iter_mut().zip(b) {
            *c += a * b;
        }
    }
}

/// Copies rows `start..start + depth` of `b` into panels of `TILE_COLUMNS` columns each, the
/// last one filled up with zeros.
fn pack_panels<T: Real>(b: MatrixRef<'_, T>, start: usize, depth: usize, panels: &mut [T]) {
    let width = T::TILE_COLUMNS;
    for (index, panel) in panels.chunks_exact_mut(width * depth).enumerate() {
        pack(b, start, index * width, width, panel);
    }
}

/// Copies columns `column..column + width` of the rows of `m` from `start` on into `panel`,
/// row after row; columns that `m` does not have are zeros. Inlined, for copies of a known width.
#[inline(always)]
fn pack<T: Real>(m: MatrixRef<'_, T>, start: usize, column: usize, width: usize, panel: &mut [T]) {
    let used = width.min(m.n_columns - column);
    if used < width {
        panel.fill(T::default());
    }
    if m.is_transposed {
        let depth = panel.len() / width;
        for offset in 0..used {
            let line = &m.data[(column + offset) * m.stride + start..][..depth];
            for (to, &from) in panel[offset..].iter_mut().step_by(width).zip(line) {
                *to = from;
            }
        }
    } else {
        let lines = m.data[start * m.stride..].chunks(m.stride);
        let lines = panel.chunks_exact_mut(width).zip(lines);
        if used == width {
            lines.for_each(|(to, line)| to.copy_from_slice(&line[column..column + width]));
        } else {
            lines.for_each(|(to, line)| to[..used].copy_from_slice(&line[column..]));
        }
    }
}

twofold! {
/// Adds the product of some rows of A, from `(row, start)` on, with packed panels to rows of C.
fn add_rows<T: Real>(
    a: MatrixRef<'_, T>,
    from: (usize, usize),
    panels: &[T],
    n: usize,
    c: &mut [T],
    rows: &mut Vec<T>,
    depth: usize,
) {
    let (row, start) = from;
    for (index, c) in c.chunks_mut(TILE_ROWS * n).enumerate() {
        let first = row + index * TILE_ROWS;
        let panels = panels.chunks_exact(T::TILE_COLUMNS * depth);
        let columns = (0..n).step_by(T::TILE_COLUMNS);
        let tiles = panels.zip(columns);
        // Loops, not closures: these would be functions of their own, with one copy only.
        if let Some(lines) = a.lines(first, start, depth) {
            for (panel, column) in tiles {
                T::add_tile_of_rows(lines, panel, Tile::new(c, n, column));
            }
        } else {
            rows.resize(TILE_ROWS * depth, T::default());
            pack(a.t(), start, first, TILE_ROWS, rows);
            for (panel, column) in tiles {
                T::add_tile(rows, panel, Tile::new(c, n, column));
            }
        }
    }
}
}

/// Where a tile lies: at `column` of up to four rows of `n` numbers.
#[derive(Debug)]
pub struct Tile<'a, T> {
    c: &'a mut [T],
    n: usize,
    column: usize,
}

impl<'a, T> Tile<'a, T> {
    /// A tile at `column` of `c`, up to four rows of `n` numbers.
    pub(super) fn new(c: &'a mut [T], n: usize, column: usize) -> Self {
        Self { c, n, column }
    }
}

/// The kernel: a tile of four rows and `W` columns, held in registers.
#[inline(always)]
pub(super) fn add_tile<T: Real, const W: usize>(a: &[T], b: &[T], tile: Tile<'_, T>) {
    let a = a.as_chunks::<TILE_ROWS>().0.iter().copied();
    tile.add(a.zip(b.as_chunks::<W>().0));
}

/// The same with four rows of A as they lie.
#[inline(always)]
pub(super) fn add_tile_of_rows<T: Real, const W: usize>(
    [a0, a1, a2, a3]: [&[T]; TILE_ROWS],
    b: &[T],
    tile: Tile<'_, T>,
) {
    let a = a0.iter().zip(a1).zip(a2).zip(a3);
    let a = a.map(|(((&a0, &a1), &a2), &a3)| [a0, a1, a2, a3]);
    tile.add(a.zip(b.as_chunks::<W>().0));
}

impl<T: Real> Tile<'_, T> {
    /// Adds one product after the other to every entry of the tile; one that reaches beyond the
    /// last column is completed elsewhere.
    #[inline(always)]
    fn add<'b, const W: usize>(self, products: impl Iterator<Item = ([T; TILE_ROWS], &'b [T; W])>)
    where
        T: 'b,
    {
        let Self { c, n, column } = self;
        if column + W <= n {
            add_full(c, n, column, products);
            return;
        }
        let mut tile = [[T::default(); W]; TILE_ROWS];
        for (line, c) in tile.iter_mut().zip(c.chunks_exact(n)) {
            line.iter_mut()
                .zip(&c[column..])
                .for_each(|(to, &c)| *to = c);
        }
        add_full(tile.as_flattened_mut(), W, 0, products);
        for (line, c) in tile.iter().zip(c.chunks_exact_mut(n)) {
            c[column..]
                .iter_mut()
                .zip(line)
                .for_each(|(c, &to)| *c = to);
        }
    }
}

/// Adds products to `W` columns of up to four rows of `c` from `column` on.
#[inline(always)]
fn add_full<'b, T: Real + 'b, const W: usize>(
    c: &mut [T],
    n: usize,
    column: usize,
    products: impl Iterator<Item = ([T; TILE_ROWS], &'b [T; W])>,
) {
    let mut sums = [[T::default(); W]; TILE_ROWS];
    for (sums, c) in sums.iter_mut().zip(c.chunks_exact(n)) {
        if let Some(c) = c[column..].first_chunk() {
            *sums = *c;
        }
    }
    for (a, b) in products {
        for (sums, a) in sums.iter_mut().zip(a) {
            for (sum, &b) in sums.iter_mut().zip(b) {
                *sum += a * b;
            }
        }
    }
    for (sums, c) in sums.iter().zip(c.chunks_exact_mut(n)) {
        if let Some(c) = c[column..].first_chunk_mut() {
            *c = *sums;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linalg::wide::compared::both;
    use crate::rng::Rng;

    fn random<T: Real>(n: usize, rng: &mut Rng) -> Vec<T> {
        (0..n).map(|_| T::from_f64(rng.normal())).collect()
    }

    fn transposed<T: Copy>(data: &[T], n_columns: usize) -> Vec<T> {
        let n_rows = data.len() / n_columns;
        let entry = |index: usize| data[(index % n_rows) * n_columns + index / n_rows];
        (0..data.len()).map(entry).collect()
    }

    /// The naive loop gives the same bits in all three layouts.
    fn check<T: Real>(m: usize, k: usize, n: usize) {
        let mut rng = Rng::new(1);
        let (a, b) = (random::<T>(m * k, &mut rng), random::<T>(k * n, &mut rng));
        let start = random::<T>(m * n, &mut rng);
        let mut naive = start.clone();
        for (i, c) in naive.iter_mut().enumerate() {
            for p in 0..k {
                *c += a[i / n * k + p] * b[p * n + i % n];
            }
        }
        let (at, bt) = (transposed(&a, k), transposed(&b, n));
        let layouts = [
            (MatrixRef::new(&a, k), MatrixRef::new(&b, n)),
            (MatrixRef::new(&at, m).t(), MatrixRef::new(&b, n)),
            (MatrixRef::new(&a, k), MatrixRef::new(&bt, k).t()),
        ];
        for (a, b) in layouts {
            let mut c = start.clone();
            add_product(a, b, &mut c, &mut Scratch::default());
            assert!(c == naive, "{m} x {k} x {n}");
        }
    }

    #[test]
    fn equals_the_naive_loop_bit_for_bit() {
        let sizes = [1, 2, 3, 4, 5, 8, 9, 17, 33];
        for m in sizes {
            for k in sizes {
                for n in sizes {
                    check::<f32>(m, k, n);
                    check::<f64>(m, k, n);
                }
            }
        }
        check::<f32>(70, 600, 70);
        check::<f64>(130, 257, 50);
    }

    #[test]
    fn wider_registers_change_no_bit() {
        let mut rng = Rng::new(2);
        let (a, b) = (
            random::<f64>(37 * 300, &mut rng),
            random(300 * 29, &mut rng),
        );
        let singles = |x: &[f64]| x.iter().map(|x| *x as f32).collect::<Vec<f32>>();
        let (a32, b32) = (singles(&a), singles(&b));
        let [narrow, wide] = both(|| {
            let mut c = vec![0.0; 37 * 29];
            let mut c32 = vec![0.0; 37 * 29];
            let (x, y) = (MatrixRef::new(&a, 300), MatrixRef::new(&b, 29));
            add_product(x, y, &mut c, &mut Scratch::default());
            let (x, y) = (MatrixRef::new(&a32, 300), MatrixRef::new(&b32, 29));
            add_product(x, y, &mut c32, &mut Scratch::default());
            (
                c.into_iter().map(f64::to_bits).collect::<Vec<_>>(),
                c32.into_iter().map(f32::to_bits).collect::<Vec<_>>(),
            )
        });
        assert_eq!(narrow, wide);
    }

    #[test]
    fn empty_factors_change_nothing() {
        let mut c = [1.0, 2.0];
        let empty: [f64; 0] = [];
        add_product(
            MatrixRef::new(&empty, 0),
            MatrixRef::new(&empty, 2),
            &mut c[..0],
            &mut Scratch::default(),
        );
        assert_eq!(c, [1.0, 2.0]);
    }
}
