//! What a model says at every place of a plane.

use ndarray::{Array2, s};

use super::figure::{Cells, Points, Surface};
use super::ticks::range_of;
use crate::error::{Code, Error, Result};
use crate::models::Prediction;

/// A part of the plane, in the units of the two axes, and how finely it is asked about.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plane {
    /// Least and greatest place along x.
    pub x: (f64, f64),
    /// Least and greatest place along y.
    pub y: (f64, f64),
    /// Cells from left to right.
    pub nx: usize,
    /// Cells from top to bottom.
    pub ny: usize,
}

/// The most cells along a side; a screen has no use for more.
const MOST_CELLS: usize = 512;

impl Plane {
    /// The plane that holds all points, with air for ticks at the left and bottom, and
    /// `resolution` cells along each side.
    pub fn around(points: &Points, resolution: usize) -> Self {
        Self::around_places(&points.x, &points.y, resolution)
    }

    /// As [`Plane::around`], from bare coordinates.
    pub fn around_places(x: &[f64], y: &[f64], resolution: usize) -> Self {
        let n = resolution.clamp(2, MOST_CELLS);
        Self {
            x: range_of(x.iter().copied(), 0.12, 0.09),
            y: range_of(y.iter().copied(), 0.13, 0.11),
            nx: n,
            ny: n,
        }
    }

    /// The middle of every cell, `(ny · nx, 2)`: from left to right, row by row from the top.
    pub fn grid(&self) -> Array2<f64> {
        let at = |(low, high): (f64, f64), i: usize, n: usize| {
            let share = (i as f64 + 0.5) / n as f64;
            low * (1.0 - share) + high * share
        };
        Array2::from_shape_fn((self.nx * self.ny, 2), |(cell, axis)| match axis {
            0 => at(self.x, cell % self.nx, self.nx),
            _ => at(self.y, self.ny - 1 - cell / self.nx, self.ny),
        })
    }

    /// Asks `predict` about every cell. It gets `(n_cells, 2)` places in the units of the axes
    /// and answers one prediction a place; how the other features are filled is its affair.
    ///
    /// # Errors
    /// Those of `predict`; [`Code::ShapeMismatch`] where it answers for another number of
    /// places, or with coordinates, which have no color.
    ///
    /// ```
    /// use handlens::{models::Prediction, plot::Plane};
    /// let plane = Plane::around_places(&[0.0, 1.0], &[0.0, 1.0], 8);
    /// let surface = plane.surface(|places| {
    ///     Ok(Prediction::Values(places.column(0).to_owned()))
    /// })?;
    /// assert_eq!((surface.nx, surface.ny), (8, 8));
    /// # Ok::<(), handlens::error::Error>(())
    /// ```
    pub fn surface(
        &self,
        predict: impl FnOnce(&Array2<f64>) -> Result<Prediction>,
    ) -> Result<Surface> {
        let places = self.grid();
        let prediction = predict(&places)?;
        if prediction.len() != places.nrows() {
            let message = "The model answers for another number of places than asked.";
            return Err(Error::new(Code::ShapeMismatch, message));
        }
        Ok(Surface {
            nx: self.nx,
            ny: self.ny,
            cells: cells(prediction)?,
        })
    }
}

fn numbers(values: Vec<f64>) -> Cells {
    let (min, max) = range_of(values.iter().copied(), 0.0, 0.0);
    Cells::Values { values, min, max }
}

fn cells(prediction: Prediction) -> Result<Cells> {
    match prediction {
        Prediction::Classes {
            codes,
            probabilities,
        } => {
            let (mut confidence, mut lead) = (Vec::new(), Vec::new());
            for (cell, &code) in codes.iter().enumerate() {
                let row = probabilities.slice(s![cell, ..]);
                let own = row.get(code as usize).copied().unwrap_or_default();
                let next = row
                    .iter()
                    .enumerate()
                    .filter(|(class, _)| *class != code as usize)
                    .map(|(_, p)| *p)
                    .fold(0.0, f64::max);
                confidence.push(own as f32);
                lead.push((own - next).clamp(0.0, 1.0) as f32);
            }
            Ok(Cells::Classes {
                codes,
                confidence,
                lead,
            })
        }
        Prediction::Values(values) => Ok(numbers(values.into_iter().collect())),
        Prediction::Clusters(codes) => Ok(Cells::Clusters { codes }),
        Prediction::Anomalies { scores, .. } => Ok(numbers(scores)),
        Prediction::Coordinates(_) => Err(Error::new(
            Code::ShapeMismatch,
            "A projection gives places, which a surface cannot show.",
        )),
    }
}
