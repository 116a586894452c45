//! Residuals of a linear model, and their products with its columns, in double-double.

use super::dd::{Dd, split, two_sum};
use super::kernels::axpy;
use super::least_squares::Data;
use crate::parallel::map_chunks;

/// Rows of one piece of work; fixed, so results do not depend on threads.
const ROWS_A_CHUNK: usize = 2048;

/// Columns are padded to a multiple of this many.
const LANES: usize = 4;

/// What one pass over the rows finds of the residuals r, each times its weight w.
#[derive(Debug, Clone)]
pub struct Pass {
    /// Xᵀ·(w·r), `(n_features,)`, on scaled columns.
    pub products: Vec<Dd>,
    /// Σ wᵢ·rᵢ.
    pub sum: Dd,
    /// Σ wᵢ·rᵢ².
    pub squares: Dd,
}

/// Computes r = y·y_scale − intercept − X·scales·slopes and its sums, all in double-double.
///
/// - `scales`, `slopes`: `(n_features,)`; scales and `y_scale` are powers of two or 0.
pub fn pass(data: Data, scales: &[f64], y_scale: f64, slopes: &[Dd], intercept: Dd) -> Pass {
    let p = scales.len();
    let line = Line::new(scales, slopes, intercept);
    let chunks = map_chunks(data.y.len(), ROWS_A_CHUNK, |rows| {
        let mut sums = Sums::new(line.width());
        let x = &data.x[rows.start * p..rows.end * p];
        let mut scaled = vec![0.0; line.width()];
        for (row, i) in x.chunks_exact(p).zip(rows) {
            for ((z, x), s) in scaled.iter_mut().zip(row).zip(&line.scales) {
                *z = x * s;
            }
            let r = line.residual(&scaled, data.y[i] * y_scale);
            match data.weights {
                Some(weights) => sums.add(&scaled, r, r * Dd::from(weights[i])),
                None => sums.add(&scaled, r, r),
            }
        }
        sums
    });
    let add = |mut a: Sums, b: Sums| {
        a.products
            .iter_mut()
            .zip(&b.products)
            .for_each(|(a, &b)| *a = *a + b);
        Sums {
            products: a.products,
            sum: a.sum + b.sum,
            squares: a.squares + b.squares,
            ..b
        }
    };
    let chunks = chunks.into_iter().map(Sums::rounded);
    let total = chunks
        .reduce(add)
        .unwrap_or_else(|| Sums::new(line.width()));
    Pass {
        products: total.products[..p].to_vec(),
        sum: total.sum,
        squares: total.squares,
    }
}

/// As [`pass`] in plain precision. `residual(i, row)` writes the features of row `i`,
/// `(n_features,)`, and returns its residual.
pub fn plain_pass(
    data: Data,
    n_features: usize,
    residual: impl Fn(usize, &mut [f64]) -> f64 + Sync,
) -> Pass {
    let chunks = map_chunks(data.y.len(), ROWS_A_CHUNK, |rows| {
        let (mut row, mut products) = (vec![0.0; n_features], vec![0.0; n_features]);
        let (mut sum, mut squares) = (0.0, 0.0);
        for i in rows {
            let r = residual(i, &mut row);
            let weighted = data.weight(i) * r;
            axpy(weighted, &row, &mut products);
            sum += weighted;
            squares += weighted * r;
        }
        (products, sum, squares)
    });
    let mut total = Pass {
        products: vec![Dd::ZERO; n_features],
        sum: Dd::ZERO,
        squares: Dd::ZERO,
    };
    for (products, sum, squares) in chunks {
        for (total, product) in total.products.iter_mut().zip(products) {
            *total = *total + Dd::from(product);
        }
        total.sum = total.sum + Dd::from(sum);
        total.squares = total.squares + Dd::from(squares);
    }
    total
}

/// A linear model on scaled columns, padded with zeros.
struct Line {
    scales: Vec<f64>,
    high: Vec<f64>,
    low: Vec<f64>,
    /// The halves of `high`, for exact products.
    halves: Vec<(f64, f64)>,
    intercept: Dd,
}

impl Line {
    fn new(scales: &[f64], slopes: &[Dd], intercept: Dd) -> Self {
        let width = scales.len().next_multiple_of(LANES);
        let padded = |values: &mut dyn Iterator<Item = f64>| {
            let mut values: Vec<f64> = values.collect();
            values.resize(width, 0.0);
            values
        };
        let high = padded(&mut slopes.iter().map(|b| b.hi));
        Self {
            scales: padded(&mut scales.iter().copied()),
            low: padded(&mut slopes.iter().map(|b| b.lo)),
            halves: high.iter().map(|&b| split(b)).collect(),
            high,
            intercept,
        }
    }

    fn width(&self) -> usize {
        self.scales.len()
    }

    /// y − intercept − Σ zⱼ·slopeⱼ, summed in fixed lanes (Dot2 of T. Ogita, S. Rump &
    /// S. Oishi, "Accurate sum and dot product", SIAM J. Sci. Comput. 26(6), 2005).
    #[inline(always)]
    fn residual(&self, z: &[f64], y: f64) -> Dd {
        let (mut sums, mut lost) = ([0.0; LANES], [0.0; LANES]);
        let pieces = z.chunks_exact(LANES).zip(self.high.chunks_exact(LANES));
        let lower = self
            .low
            .chunks_exact(LANES)
            .zip(self.halves.chunks_exact(LANES));
        for ((z, high), (low, halves)) in pieces.zip(lower) {
            for l in 0..LANES {
                let (product, error) = product(z[l], split(z[l]), high[l], halves[l]);
                let (next, more) = two_sum(sums[l], product);
                sums[l] = next;
                lost[l] += (error + more) + z[l] * low[l];
            }
        }
        let total: Dd = (0..LANES).map(|l| Dd::new(sums[l], lost[l])).sum();
        Dd::from(y) - self.intercept - total
    }
}

/// [`super::dd::two_prod`] of factors whose halves are known.
#[inline(always)]
fn product(a: f64, (a_high, a_low): (f64, f64), b: f64, (b_high, b_low): (f64, f64)) -> (f64, f64) {
    let product = a * b;
    let error = ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low;
    (product, error)
}

/// Running sums; `highs` and `lost` together are the products.
struct Sums {
    highs: Vec<f64>,
    lost: Vec<f64>,
    products: Vec<Dd>,
    sum: Dd,
    squares: Dd,
}

impl Sums {
    fn new(width: usize) -> Self {
        Self {
            highs: vec![0.0; width],
            lost: vec![0.0; width],
            products: vec![Dd::ZERO; width],
            sum: Dd::ZERO,
            squares: Dd::ZERO,
        }
    }

    /// Adds a row with the residual `r`, which is `weighted` after its weight.
    #[inline(always)]
    fn add(&mut self, z: &[f64], r: Dd, weighted: Dd) {
        let halves = split(weighted.hi);
        for ((high, lost), &z) in self.highs.iter_mut().zip(&mut self.lost).zip(z) {
            let (product, error) = product(z, split(z), weighted.hi, halves);
            let (next, more) = two_sum(*high, product);
            *high = next;
            *lost += (error + more) + z * weighted.lo;
        }
        self.sum = self.sum + weighted;
        self.squares = self.squares + weighted * r;
    }

    /// Brings the running pairs to double-double.
    fn rounded(mut self) -> Self {
        let pairs = self.highs.iter().zip(&self.lost);
        self.products = pairs.map(|(&high, &lost)| Dd::new(high, lost)).collect();
        self
    }
}
