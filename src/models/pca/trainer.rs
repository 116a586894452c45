//! Principal components as steps: blocks of rows, then sweeps of rotations.

use std::sync::Arc;

use ndarray::Array2;

use super::PcaModel;
use super::axes::{Axes, Rotation};
use super::covariance::Covariance;
use crate::error::Result;
use crate::linalg::Columns;
use crate::linalg::qr::Triangle;
use crate::linalg::tall::TallQr;
use crate::math;
use crate::models::rows::entries;
use crate::models::{Model, Progress, Trainer};
use crate::prepare::Dataset;

/// Operations of one step, some 30 ms.
const OPERATIONS_A_STEP: usize = 100_000_000;

/// Trains [`super::Pca`].
pub(super) struct PcaTrainer {
    data: Arc<Dataset>,
    n_components: usize,
    note: Option<String>,
    mean: Vec<f64>,
    /// Power of two that keeps squares in range.
    scale: f64,
    qr: TallQr,
    state: State,
    /// How far the passes over the rows came, should they start again.
    furthest: f64,
}

enum State {
    Gathering(Covariance),
    Absorbing,
    Rotating(Box<Rotation>),
    Done(Box<Axes>),
}

impl PcaTrainer {
    pub(super) fn new(n_components: usize, data: Arc<Dataset>) -> Self {
        let (n, p) = data.x.dim();
        let most = n.min(p);
        let note = (n_components > most).then(|| {
            format!("{n} rows of {p} features have at most {most} components, so there are {most} instead of {n_components}.")
        });
        let columns = Columns::measure(entries(&data), p, true);
        // The columns spread by 1/scale at most; all are scaled alike, since units count here.
        let least = columns
            .scales
            .iter()
            .filter(|s| **s > 0.0)
            .fold(f64::INFINITY, |a, &b| a.min(b));
        Self {
            n_components: n_components.min(most),
            note,
            mean: columns.centers,
            scale: if least.is_finite() { least } else { 1.0 },
            qr: TallQr::new(n, Triangle::zeros(p)),
            state: Covariance::new(n, p).map_or(State::Absorbing, State::Gathering),
            furthest: 0.0,
            data,
        }
    }

    /// Some more rows for the covariances; with the last of them the axes, or the QR from the
    /// start where covariances are not exact enough.
    fn gather(&mut self, mut covariance: Covariance) -> State {
        let p = self.data.n_features();
        let (x, mean, scale) = (entries(&self.data), &self.mean, self.scale);
        let fill = |i: usize, row: &mut [f64]| {
            let entries = x[i * p..(i + 1) * p].iter().zip(mean);
            for (to, (x, mean)) in row.iter_mut().zip(entries) {
                *to = x * scale - mean * scale;
            }
        };
        if !covariance.absorb((OPERATIONS_A_STEP / (p * p)).max(1), &fill) {
            self.furthest = covariance.n_absorbed() as f64 / self.data.n_samples() as f64;
            return State::Gathering(covariance);
        }
        let axes = covariance.axes(self.n_components);
        axes.map_or(State::Absorbing, |axes| State::Done(Box::new(axes)))
    }

    fn absorb(&mut self) {
        let (n, p) = self.data.x.dim();
        let (x, mean, scale) = (entries(&self.data), &self.mean, self.scale);
        self.qr
            .absorb((OPERATIONS_A_STEP / (2 * p * p)).max(1), |rows, block| {
                for (place, i) in rows.enumerate() {
                    for (j, x) in x[i * p..(i + 1) * p].iter().enumerate() {
                        block[j][place] = x * scale - mean[j] * scale;
                    }
                }
            });
        if self.qr.n_absorbed() == n {
            let cut = f64::EPSILON * n.max(p) as f64;
            self.state = State::Rotating(Box::new(Rotation::new(&self.qr.triangle(), cut)));
        }
    }

    /// Sweeps until done or the step is long enough.
    fn rotate(&mut self, mut rotation: Box<Rotation>) {
        let n_sweeps = (OPERATIONS_A_STEP / rotation.cost().max(1)).max(1);
        let is_done = (0..n_sweeps).any(|_| rotation.sweep());
        self.state = if is_done {
            State::Done(Box::new(rotation.axes(self.n_components)))
        } else {
            State::Rotating(rotation)
        };
    }

    /// Σ of squared lengths over n − 1, in squared feature units.
    fn variance(&self, length: f64) -> f64 {
        let deviation = length / self.scale;
        deviation * deviation / (self.data.n_samples().max(2) - 1) as f64
    }

    fn fitted(&self, axes: &Axes) -> PcaModel {
        let p = self.data.n_features();
        let directions = &axes.directions;
        let components = Array2::from_shape_fn((directions.len(), p), |(i, j)| directions[i][j]);
        let kept = &axes.lengths[..directions.len()];
        let total = math::sum(axes.lengths.iter().map(|l| l * l));
        let share = |l: &f64| if total > 0.0 { l * l / total } else { 0.0 };
        PcaModel {
            mean: self.mean.clone(),
            components,
            explained_variance: kept.iter().map(|&l| self.variance(l)).collect(),
            explained_variance_ratio: kept.iter().map(share).collect(),
        }
    }

    /// Mean squared reconstruction error of the training rows.
    fn loss(&self, axes: &Axes) -> f64 {
        let rest = &axes.lengths[axes.directions.len()..];
        let squares = math::sum(rest.iter().map(|l| l * l));
        squares / self.data.n_samples() as f64 / self.scale / self.scale
    }
}

impl Trainer for PcaTrainer {
    fn step(&mut self) -> Result<Progress> {
        match std::mem::replace(&mut self.state, State::Absorbing) {
            State::Gathering(covariance) => self.state = self.gather(covariance),
            State::Absorbing => self.absorb(),
            State::Rotating(rotation) => self.rotate(rotation),
            done @ State::Done(_) => self.state = done,
        }
        let loss = match &self.state {
            State::Done(axes) => Some(self.loss(axes)).filter(|loss| loss.is_finite()),
            _ => None,
        };
        let is_done = matches!(self.state, State::Done(_));
        let seen = self.qr.n_absorbed() as f64 / self.data.n_samples() as f64;
        self.furthest = self.furthest.max(seen);
        let position = if is_done { 2.0 } else { self.furthest };
        Ok(Progress {
            position,
            total: 2.0,
            loss,
            is_done,
            note: self.note.clone(),
        })
    }

    /// Until done the first features as they are.
    fn model(&self) -> Model {
        Model::Pca(match &self.state {
            State::Done(axes) => self.fitted(axes),
            _ => PcaModel {
                mean: self.mean.clone(),
                components: Array2::eye(self.data.n_features())
                    .slice_move(ndarray::s![..self.n_components, ..])
                    .as_standard_layout()
                    .into_owned(),
                explained_variance: vec![0.0; self.n_components],
                explained_variance_ratio: vec![0.0; self.n_components],
            },
        })
    }
}
