//! All pairs of classes, then what calibrates them.

use std::sync::Arc;

use ndarray::{Array2, Axis};

use super::calibration::{Fold, N_FOLDS, Sigmoid, parts};
use super::coupling::pairs;
use super::kernel::Kernel;
use super::model::{Output, SvmModel};
use super::problem::{AT_ONCE, Problem, Share};
use super::smo::{Smo, Stop};
use crate::error::Result;
use crate::models::catalogued::catalogued;
use crate::models::{Model, Progress, Trainer};
use crate::parallel;
use crate::prepare::Dataset;
use crate::rng::Rng;

/// Trains one machine a pair of classes, several at a time, and then those that calibrate.
pub(super) struct SvmTrainer {
    data: Arc<Dataset>,
    kernel: Kernel,
    is_present: Vec<bool>,
    /// One a pair of classes: rows of the first, then of the second.
    machines: Vec<Problem>,
    folds: Vec<Fold>,
    sigmoids: Vec<Sigmoid>,
}

/// What a classifier is trained with.
pub(super) struct Plan {
    pub kernel: Kernel,
    /// `(n_samples,)`: C times the weight of each row.
    pub caps: Vec<f64>,
    pub stop: Stop,
    pub is_calibrated: bool,
}

impl SvmTrainer {
    /// - `codes`: `(n_samples,)`; rows whose cap is 0 are left out.
    pub(super) fn new(
        data: Arc<Dataset>,
        codes: &[u32],
        n_classes: usize,
        plan: &Plan,
        rng: &Rng,
    ) -> Self {
        let mut of_class: Vec<Vec<usize>> = vec![Vec::new(); n_classes];
        let counted = (0..codes.len()).filter(|&row| plan.caps[row] > 0.0);
        counted.for_each(|row| of_class[codes[row] as usize].push(row));
        let is_present: Vec<bool> = of_class.iter().map(|rows| !rows.is_empty()).collect();
        of_class.retain(|rows| !rows.is_empty());
        let mut machines = Vec::new();
        let mut folds = Vec::new();
        for (pair, (i, j)) in pairs(of_class.len()).enumerate() {
            machines.push(plan.problem(&of_class[i], &of_class[j]));
            if plan.is_calibrated {
                let mut rng = rng.fork_index("folds", pair);
                folds.extend(plan.folds(pair, &of_class[i], &of_class[j], &mut rng));
            }
        }
        Self {
            data,
            kernel: plan.kernel,
            is_present,
            sigmoids: vec![Sigmoid::PLAIN; machines.len()],
            machines,
            folds,
        }
    }

    /// Goes on with the first machines that are not done; whether there were any.
    fn advance_machines(&mut self) -> bool {
        let waiting = self.machines.iter_mut().filter(|m| !m.smo.is_done);
        let mut waiting: Vec<&mut Problem> = waiting.take(AT_ONCE).collect();
        let share = Share {
            n_problems: waiting.len().max(1),
            is_watched: true,
        };
        parallel::for_each_chunk_mut(&mut waiting, 1, |_, machines| {
            let each = machines.iter_mut();
            each.for_each(|machine| machine.advance(&self.data, self.kernel, share));
        });
        !waiting.is_empty()
    }

    fn advance_folds(&mut self) {
        let waiting = self.folds.iter_mut().filter(|fold| !fold.is_done());
        let mut waiting: Vec<&mut Fold> = waiting.take(AT_ONCE).collect();
        let share = Share {
            n_problems: waiting.len().max(1),
            is_watched: false,
        };
        parallel::for_each_chunk_mut(&mut waiting, 1, |_, folds| {
            let each = folds.iter_mut();
            each.for_each(|fold| fold.advance(&self.data, self.kernel, share));
        });
        let pairs: Vec<usize> = waiting.iter().map(|fold| fold.pair).collect();
        pairs.into_iter().for_each(|pair| self.calibrate(pair));
    }

    /// Fits the sigmoid of a pair whose folds are all done.
    fn calibrate(&mut self, pair: usize) {
        let folds = || self.folds.iter().filter(|fold| fold.pair == pair);
        if !folds().all(Fold::is_done) {
            return;
        }
        let decisions: Vec<f64> = folds().flat_map(|fold| fold.decisions.clone()).collect();
        let held_out = folds().flat_map(|fold| &fold.held_out);
        let is_first: Vec<bool> = held_out.map(|(_, is_first)| *is_first).collect();
        self.sigmoids[pair] = Sigmoid::fit(&decisions, &is_first);
    }

    /// The weight of every training row in every machine, laid out as
    /// [`SvmModel::dual_coefficients`], `(n_present − 1, n_samples)`.
    fn coefficients(&self, n_present: usize) -> Array2<f64> {
        let mut all = Array2::zeros((n_present - 1, self.data.n_samples()));
        for ((i, j), machine) in pairs(n_present).zip(&self.machines) {
            let weighted = machine.rows.iter().zip(machine.smo.coefficients());
            for (&row, coefficient) in weighted.filter(|(_, c)| *c != 0.0) {
                let place = if coefficient > 0.0 { j - 1 } else { i };
                all[(place, row)] = coefficient;
            }
        }
        all
    }
}

impl Plan {
    /// The problem of telling the rows `first` from the rows `second`.
    fn problem(&self, first: &[usize], second: &[usize]) -> Problem {
        let rows: Vec<usize> = first.iter().chain(second).copied().collect();
        let y = (0..rows.len()).map(|place| if place < first.len() { 1.0 } else { -1.0 });
        let caps = rows.iter().map(|&row| self.caps[row]);
        let smo = Smo::new(
            y.collect(),
            vec![-1.0; rows.len()],
            caps.collect(),
            self.stop,
        );
        Problem::new(rows, smo)
    }

    fn folds(&self, pair: usize, first: &[usize], second: &[usize], rng: &mut Rng) -> Vec<Fold> {
        let (in_first, in_second) = (parts(first.len(), rng), parts(second.len(), rng));
        let select = |rows: &[usize], part: &[usize], wanted: &dyn Fn(usize) -> bool| {
            let rows = rows.iter().zip(part);
            let rows = rows.filter(|(_, part)| wanted(**part));
            rows.map(|(row, _)| *row).collect::<Vec<usize>>()
        };
        let fold = |fold: usize| {
            let kept = |rows: &[usize], part: &[usize]| select(rows, part, &|part| part != fold);
            let held = |rows: &[usize], part: &[usize]| select(rows, part, &|part| part == fold);
            let problem = self.problem(&kept(first, &in_first), &kept(second, &in_second));
            let held_first = held(first, &in_first).into_iter().map(|row| (row, true));
            let held_second = held(second, &in_second).into_iter().map(|row| (row, false));
            Fold::new(pair, problem, held_first.chain(held_second).collect())
        };
        (0..N_FOLDS).map(fold).collect()
    }
}

impl Trainer for SvmTrainer {
    fn step(&mut self) -> Result<Progress> {
        if !self.advance_machines() {
            self.advance_folds();
        }
        let machines = self.machines.iter().map(|m| m.smo.share_done());
        let folds = self.folds.iter().map(|fold| match fold.is_done() {
            true => 1.0,
            false => 0.9 * fold.problem.smo.share_done(),
        });
        let is_done =
            self.machines.iter().all(|m| m.smo.is_done) && self.folds.iter().all(Fold::is_done);
        Ok(Progress {
            position: machines.chain(folds).sum(),
            total: (self.machines.len() + self.folds.len()) as f64,
            loss: Some(self.machines.iter().map(|m| m.smo.objective()).sum()),
            is_done,
            note: note(self.machines.iter()),
        })
    }

    fn model(&self) -> Model {
        let n_present = self.is_present.iter().filter(|is| **is).count();
        let all = self.coefficients(n_present);
        let mut support = Vec::new();
        let mut n_support = Vec::new();
        for class in 0..n_present {
            let before = support.len();
            let rows = self.rows_of(class, n_present);
            support.extend(rows.filter(|&row| all.column(row).iter().any(|c| *c != 0.0)));
            n_support.push(support.len() - before);
        }
        let output = Output::Classes {
            is_present: self.is_present.clone(),
            n_support,
            sigmoids: self.sigmoids.clone(),
        };
        Model::Svm(catalogued(SvmModel::new(
            self.kernel,
            vectors(&self.data, &support),
            all.select(Axis(1), &support),
            self.machines.iter().map(|m| -m.smo.offset()).collect(),
            output,
        )))
    }
}

impl SvmTrainer {
    /// The rows of a class that is present, ascending.
    fn rows_of(&self, class: usize, n_present: usize) -> impl Iterator<Item = usize> {
        let mut machines = pairs(n_present).zip(&self.machines);
        let found = machines.find(|((i, j), _)| *i == class || *j == class);
        let rows = found.map(|((i, _), machine)| {
            let y = machine.smo.signs();
            let wanted = if i == class { 1.0 } else { -1.0 };
            let rows = machine.rows.iter().zip(y);
            rows.filter(move |(_, y)| **y == wanted)
                .map(|(row, _)| *row)
        });
        rows.into_iter().flatten()
    }
}

/// Rows of the data, and which they are.
pub(super) fn vectors(data: &Dataset, rows: &[usize]) -> (Array2<f64>, Vec<u32>) {
    let indices = rows.iter().map(|&row| row as u32);
    (data.x.select(Axis(0), rows), indices.collect())
}

/// What there is to say of machines that ran out of iterations.
pub(super) fn note<'a>(machines: impl Iterator<Item = &'a Problem>) -> Option<String> {
    let n = machines.filter(|m| m.smo.ran_out()).count();
    (n > 0).then(|| {
        "Stopped after the most iterations before the gap was small enough. Scale the features, allow more iterations (max_iter), or choose a smaller C.".to_owned()
    })
}
