//! Linear discriminants under way: means, spread, directions.

use std::sync::Arc;

use super::rows::ClassRows;
use super::solution::{Weights, Whitened, covariance, ledoit_wolf, shrink, solve};
use super::{Lda, Shrinkage};
use crate::error::{Code, Error, Result};
use crate::linalg::dot;
use crate::linalg::qr::Triangle;
use crate::linalg::tall::TallQr;
use crate::models::catalogued::catalogued;
use crate::models::linear::MAX_FEATURES;
use crate::models::logistic::LogisticModel;
use crate::models::{Fitted, Model, Progress, Trainer};
use crate::prepare::Dataset;

/// Operations of one step, some 30 ms.
const OPERATIONS_A_STEP: usize = 100_000_000;

/// Trains [`Lda`].
pub(super) struct LdaTrainer {
    rows: ClassRows,
    shrinkage: Shrinkage,
    tol: f64,
    stage: Stage,
    model: LogisticModel,
    loss: Option<f64>,
}

enum Stage {
    /// Nothing is known.
    Start,
    /// Rows of a group are being absorbed: of all classes, or of one after the other.
    Absorbing {
        group: usize,
        qr: TallQr,
        /// The covariance of the groups before.
        covariance: Vec<Vec<f64>>,
    },
    /// Directions are being found.
    Rotating(Box<Whitened>),
    Done,
}

impl LdaTrainer {
    pub(super) fn new(data: Arc<Dataset>, settings: &Lda) -> Result<Self> {
        if data.n_features() > MAX_FEATURES {
            let message = format!(
                "Linear discriminants take at most {MAX_FEATURES} features, found {}. Select fewer.",
                data.n_features()
            );
            return Err(Error::new(Code::TooLarge, message));
        }
        let rows = ClassRows::new(data)?;
        Ok(Self {
            model: Weights::none(&rows).model(&rows),
            rows,
            shrinkage: settings.shrinkage,
            tol: settings.tol,
            stage: Stage::Start,
            loss: None,
        })
    }

    /// The rows of a group, ascending.
    fn group(&self, group: usize) -> Vec<usize> {
        let is_member = |&i: &usize| {
            self.shrinkage != Shrinkage::LedoitWolf || self.rows.codes[i] as usize == group
        };
        (0..self.rows.codes.len()).filter(is_member).collect()
    }

    fn n_groups(&self) -> usize {
        match self.shrinkage {
            Shrinkage::LedoitWolf => self.rows.counts.len(),
            _ => 1,
        }
    }

    fn begin_group(&self, group: usize, covariance: Vec<Vec<f64>>) -> Stage {
        let n_rows = self.group(group).len();
        let qr = TallQr::new(n_rows, Triangle::zeros(self.rows.n_features()));
        Stage::Absorbing {
            group,
            qr,
            covariance,
        }
    }

    fn absorb(&self, group: usize, qr: &mut TallQr) {
        let (p, members) = (self.rows.n_features(), self.group(group));
        qr.absorb(OPERATIONS_A_STEP / (2 * p * p) + 1, |places, block| {
            let mut row = vec![0.0; p];
            for (place, at) in places.enumerate() {
                self.rows.write_within(members[at], &mut row);
                for (column, x) in block.iter_mut().zip(&row) {
                    column[place] = *x;
                }
            }
        });
    }

    /// What follows when all rows of a group are in.
    fn end_group(&mut self, group: usize, qr: &TallQr, mut pooled: Vec<Vec<f64>>) -> Result<Stage> {
        let n_samples = self.rows.codes.len();
        match self.shrinkage {
            Shrinkage::None => {
                let whitened = Whitened::new(&qr.triangle(), n_samples);
                return Ok(Stage::Rotating(Box::new(whitened)));
            }
            Shrinkage::Fixed(amount) => {
                pooled = covariance(&qr.triangle(), n_samples);
                shrink(&mut pooled, amount, &self.rows.columns.scales);
            }
            Shrinkage::LedoitWolf => self.add_class(group, &qr.triangle(), &mut pooled),
        }
        if group + 1 < self.n_groups() {
            return Ok(self.begin_group(group + 1, pooled));
        }
        self.finish(&solve(pooled, &self.rows))?;
        Ok(Stage::Done)
    }

    /// Adds the covariance of a class, shrunk in its own deviations, times its share.
    fn add_class(&self, class: usize, triangle: &Triangle, pooled: &mut Vec<Vec<f64>>) {
        let (p, members) = (self.rows.n_features(), self.group(class));
        if pooled.is_empty() {
            *pooled = vec![vec![0.0; p]; p];
        }
        if members.is_empty() {
            return;
        }
        let mut own = covariance(triangle, members.len());
        let scales = &self.rows.columns.scales;
        let unit = |j: usize| match own[j][j].sqrt() {
            // Features that do not vary keep the unit of the data.
            deviation if deviation <= 16.0 * f64::EPSILON => scales[j],
            deviation => deviation,
        };
        let units: Vec<f64> = (0..p).map(unit).collect();
        let fourth = self.mean_fourth_power(&members, &units);
        let mut correlation = own.clone();
        for (row, a) in correlation.iter_mut().zip(&units) {
            let scale = |(x, b): (&mut f64, &f64)| *x = if a * b == 0.0 { 0.0 } else { *x / a / b };
            row.iter_mut().zip(&units).for_each(scale);
        }
        let amount = ledoit_wolf(&correlation, fourth, members.len());
        shrink(&mut own, amount, &units);
        let share = members.len() as f64 / self.rows.codes.len() as f64;
        for (sum, own) in pooled.iter_mut().zip(&own) {
            crate::linalg::axpy(share, own, sum);
        }
    }

    fn mean_fourth_power(&self, members: &[usize], units: &[f64]) -> f64 {
        let mut row = vec![0.0; units.len()];
        let mut total = 0.0;
        for &i in members {
            self.rows.write_within(i, &mut row);
            let scale =
                |(x, unit): (&mut f64, &f64)| *x = if *unit == 0.0 { 0.0 } else { *x / unit };
            row.iter_mut().zip(units).for_each(scale);
            let square = dot(&row, &row);
            total += square * square;
        }
        total / members.len() as f64
    }

    fn finish(&mut self, weights: &Weights) -> Result<()> {
        let model = weights.model(&self.rows);
        let numbers = model.coefficients.iter().chain(&model.intercepts);
        if !numbers.into_iter().all(|v| v.is_finite()) {
            let message = "The weights leave the range of numbers. Scale the features first.";
            return Err(Error::new(Code::Diverged, message));
        }
        self.loss = model.loss(self.rows.data()).filter(|l| l.is_finite());
        self.model = model;
        Ok(())
    }

    fn advance(&mut self) -> Result<Stage> {
        match std::mem::replace(&mut self.stage, Stage::Done) {
            Stage::Start => {
                self.rows.find_means();
                Ok(self.begin_group(0, Vec::new()))
            }
            Stage::Absorbing {
                group,
                mut qr,
                covariance,
            } => {
                self.absorb(group, &mut qr);
                if qr.n_absorbed() < self.group(group).len() {
                    return Ok(Stage::Absorbing {
                        group,
                        qr,
                        covariance,
                    });
                }
                self.end_group(group, &qr, covariance)
            }
            Stage::Rotating(mut whitened) => {
                let is_settled = whitened.sweep();
                self.finish(&whitened.weights(&self.rows, self.tol))?;
                Ok(if is_settled {
                    Stage::Done
                } else {
                    Stage::Rotating(whitened)
                })
            }
            Stage::Done => Ok(Stage::Done),
        }
    }

    fn position(&self) -> f64 {
        match &self.stage {
            Stage::Start => 0.0,
            Stage::Absorbing { group, qr, .. } => {
                let n_rows = self.group(*group).len().max(1);
                let done = *group as f64 + qr.n_absorbed() as f64 / n_rows as f64;
                1.0 + done / self.n_groups() as f64
            }
            Stage::Rotating(_) => 2.0,
            Stage::Done => 3.0,
        }
    }
}

impl Trainer for LdaTrainer {
    fn step(&mut self) -> Result<Progress> {
        self.stage = self.advance()?;
        Ok(Progress {
            position: self.position(),
            total: 3.0,
            loss: self.loss,
            is_done: matches!(self.stage, Stage::Done),
            note: None,
        })
    }

    fn model(&self) -> Model {
        Model::Logistic(catalogued(self.model.clone()))
    }
}
