//! Gradient and hessian of every row, as the cells that histograms add up.

use super::Objective;
use super::histogram::{Cell, Packing};
use crate::error::{Code, Error, Result};
use crate::linalg::elementary::exp_f64;
use crate::parallel;

/// Rows that one piece of work takes.
const ROWS_A_PIECE: usize = 8_192;

/// Gradient and hessian, in single precision as scikit-learn keeps them.
type Slope = [f32; 2];

/// Where the loss leads, row by row.
#[derive(Debug)]
pub(super) struct Slopes {
    objective: Objective,
    slopes: Vec<Slope>,
    /// `(n_samples,)`.
    pub cells: Vec<Cell>,
    /// Of each row the largest raw value, and the sum of the exponentials of what the raw
    /// values lie below it; where there are several classes.
    scales: Vec<[f64; 2]>,
}

impl Slopes {
    pub fn new(n_samples: usize, objective: Objective) -> Self {
        Self {
            objective,
            slopes: vec![[0.0; 2]; n_samples],
            cells: vec![[0; 2]; n_samples],
            scales: match objective {
                Objective::Multinomial(_) => vec![[0.0; 2]; n_samples],
                _ => Vec::new(),
            },
        }
    }

    /// Remembers what the softmax divides by, before the trees of an iteration change it.
    ///
    /// - `raw`: for each output `(n_samples,)`.
    pub fn begin_iteration(&mut self, raw: &[Vec<f64>]) {
        parallel::for_each_chunk_mut(&mut self.scales, ROWS_A_PIECE, |start, piece| {
            for (offset, scale) in piece.iter_mut().enumerate() {
                let values = raw.iter().map(|raw| raw[start + offset]);
                let most = values.clone().fold(f64::NEG_INFINITY, f64::max);
                *scale = [most, values.map(|value| exp_f64(value - most)).sum()];
            }
        });
    }

    /// Fills [`Slopes::cells`] for one output and says how to read them.
    ///
    /// # Errors
    /// [`Code::Diverged`] where a slope is not finite.
    pub fn measure(
        &mut self,
        y: &[f64],
        weights: Option<&[f64]>,
        raw: &[Vec<f64>],
        output: usize,
    ) -> Result<Packing> {
        let (objective, scales, raw) = (self.objective, &self.scales, &raw[output]);
        parallel::for_each_chunk_mut(&mut self.slopes, ROWS_A_PIECE, |start, piece| {
            let rows = start..start + piece.len();
            let work = Piece {
                y: &y[rows.clone()],
                raw: &raw[rows.clone()],
                weights: weights.map(|weights| &weights[rows.clone()]),
            };
            match objective {
                Objective::Multinomial(_) => work.write(piece, |place, y, raw| {
                    let [most, sum] = scales[start + place];
                    class_slope(exp_f64(raw - most) / sum, y == output as f64)
                }),
                Objective::Binomial => {
                    work.write(piece, |_, y, raw| Objective::Binomial.slope(y, raw))
                }
                _ => work.write(piece, |_, y, raw| objective.slope(y, raw)),
            }
        });
        let is_constant = objective.has_constant_hessian() && weights.is_none();
        let packing = self.packing(is_constant)?;
        let slopes = &self.slopes;
        parallel::for_each_chunk_mut(&mut self.cells, ROWS_A_PIECE, |start, piece| {
            for (cell, slope) in piece.iter_mut().zip(&slopes[start..]) {
                *cell = packing.cell(f64::from(slope[0]), f64::from(slope[1]));
            }
        });
        Ok(packing)
    }

    fn packing(&self, is_constant: bool) -> Result<Packing> {
        let most = |[g, h]: Slope, slope: &Slope| [g.max(slope[0].abs()), h.max(slope[1])];
        let is_finite = |slope: &Slope| slope[0].is_finite() && slope[1].is_finite();
        let of_pieces = parallel::map_chunks(self.slopes.len(), ROWS_A_PIECE, |rows| {
            let slopes = &self.slopes[rows];
            let are_finite = slopes.iter().fold(true, |all, s| all & is_finite(s));
            (slopes.iter().fold([0.0; 2], most), are_finite)
        });
        let extremes = of_pieces.iter().map(|(extreme, _)| extreme);
        let [gradient, hessian] = extremes.fold([0.0; 2], most);
        if !of_pieces.iter().all(|(_, are_finite)| *are_finite) {
            let message = "The slope of the loss left the range of numbers. Try a smaller learning rate, or give the target in another unit.";
            return Err(Error::new(Code::Diverged, message));
        }
        let hessian = (!is_constant).then_some(f64::from(hessian));
        Ok(Packing::new(
            self.slopes.len(),
            f64::from(gradient),
            hessian,
        ))
    }
}

/// The rows of one piece of work.
struct Piece<'a> {
    y: &'a [f64],
    raw: &'a [f64],
    weights: Option<&'a [f64]>,
}

impl Piece<'_> {
    /// Writes what `slope` says of each row, from its place, target and raw value.
    #[inline(always)]
    fn write(&self, slopes: &mut [Slope], slope: impl Fn(usize, f64, f64) -> (f64, f64)) {
        let rows = self.y.iter().zip(self.raw).enumerate();
        for (to, (place, (&y, &raw))) in slopes.iter_mut().zip(rows) {
            let weight = self.weights.map_or(1.0, |weights| weights[place]);
            let (gradient, hessian) = slope(place, y, raw);
            *to = [(gradient * weight) as f32, (hessian * weight) as f32];
        }
    }
}

/// Gradient and hessian of the softmax at the probability of one class.
#[inline(always)]
fn class_slope(p: f64, is_class: bool) -> (f64, f64) {
    (p - f64::from(is_class), p * (1.0 - p))
}
