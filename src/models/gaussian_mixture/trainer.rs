//! Fits from several starts, an iteration of EM or a part of one a step.

use std::sync::Arc;

use super::GaussianMixture;
use super::components::Components;
use super::density::Density;
use super::estimate::{Estimate, Sample};
use super::model::GaussianMixtureModel;
use crate::error::Result;
use crate::math;
use crate::models::catalogued::catalogued;
use crate::models::kmeans::KMeans;
use crate::models::rows::entries;
use crate::models::{Estimator, Model, Prediction, Progress, Trainer};
use crate::parallel::map_chunks;
use crate::prepare::Dataset;
use crate::rng::Rng;
use crate::settings::{Checked, Setting, Settings};

/// Rows of one piece of work; fixed, so results do not depend on threads.
const ROWS_A_CHUNK: usize = 1024;

/// Multiplications of a step at most, some 30 ms.
const MULTIPLICATIONS_A_STEP: usize = 40_000_000;

/// Multiplications that the exponential of a responsibility takes the time of.
const EXPONENTIAL: usize = 30;

/// Trains [`GaussianMixture`].
pub(super) struct GaussianMixtureTrainer {
    settings: GaussianMixture,
    data: Arc<Dataset>,
    rng: Rng,
    state: State,
    components: Components,
    density: Density,
    /// `(n_samples, n_components)`, as far as known.
    responsibilities: Vec<f64>,
    /// Log-likelihoods of the rows they are known for.
    likelihoods: Vec<f64>,
    /// Iterations of the current fit.
    iteration: usize,
    /// Fits that are finished.
    n_finished: usize,
    /// Of the last full iteration.
    loss: Option<f64>,
    best: Option<(f64, Components)>,
    note: Option<String>,
}

enum State {
    /// k-means looks for a start.
    Starting(Box<dyn Trainer>),
    /// Responsibilities are computed row by row.
    Expecting,
    /// Components are fitted one by one.
    Maximizing(Box<Estimate>),
    Done,
}

impl GaussianMixtureTrainer {
    pub(super) fn new(settings: GaussianMixture, data: Arc<Dataset>, rng: &Rng) -> Result<Self> {
        let everything = one_cloud(&settings, &data);
        let n_init = settings.n_init;
        let mut trainer = Self::at(settings, data, everything)?;
        trainer.settings.n_init = n_init;
        trainer.rng = rng.fork("gaussian_mixture");
        trainer.start()?;
        Ok(trainer)
    }

    /// One fit from given components.
    pub(super) fn at(
        mut settings: GaussianMixture,
        data: Arc<Dataset>,
        mut components: Components,
    ) -> Result<Self> {
        settings.n_init = 1;
        Ok(Self {
            settings,
            data,
            rng: Rng::new(0),
            state: State::Expecting,
            density: components.repaired()?,
            components,
            responsibilities: Vec::new(),
            likelihoods: Vec::new(),
            iteration: 0,
            n_finished: 0,
            loss: None,
            best: None,
            note: None,
        })
    }

    /// Starts k-means for the next fit.
    fn start(&mut self) -> Result<()> {
        let n_components = Setting::Number(self.settings.n_components as f64);
        let settings = Settings::from([("n_clusters".to_owned(), n_components)]);
        let kmeans = KMeans::new(&Checked::new(KMeans::INFO.hyperparameters, &settings)?)?;
        let rng = self.rng.fork_index("start", self.n_finished);
        self.state = State::Starting(kmeans.begin(Arc::clone(&self.data), &rng)?);
        self.iteration = 0;
        self.loss = None;
        Ok(())
    }

    /// A step of k-means; its clusters are the first responsibilities.
    fn seed(&mut self, mut kmeans: Box<dyn Trainer>) -> Result<()> {
        if !kmeans.step()?.is_done {
            self.state = State::Starting(kmeans);
            return Ok(());
        }
        let Prediction::Clusters(labels) = kmeans.model().predict(self.data.x.view())? else {
            return Ok(());
        };
        let k = labels.iter().max().map_or(1, |&last| last as usize + 1);
        if k < self.settings.n_components {
            self.note = Some(format!(
                "Only {k} groups of rows differ from one another, so there are {k} components instead of {}.",
                self.settings.n_components
            ));
        }
        self.responsibilities = vec![0.0; labels.len() * k];
        for (row, label) in self.responsibilities.chunks_exact_mut(k).zip(labels) {
            row[label as usize] = 1.0;
        }
        let mut estimate = self.sample(k).estimate(self.settings.covariance_type);
        while !estimate.advance(&self.sample(k), self.settings.reg_covar) {}
        self.take(estimate)?;
        self.state = State::Expecting;
        Ok(())
    }

    fn sample(&self, n_components: usize) -> Sample<'_> {
        Sample {
            x: entries(&self.data),
            n_features: self.data.n_features(),
            responsibilities: &self.responsibilities,
            n_components,
        }
    }

    fn take(&mut self, estimate: Estimate) -> Result<()> {
        let mut components = estimate.into_components();
        self.density = components.repaired()?;
        self.components = components;
        self.responsibilities.clear();
        self.likelihoods.clear();
        Ok(())
    }

    /// Computes responsibilities until the step is long enough.
    fn expect(&mut self) {
        let (n, d, k) = (
            self.data.n_samples(),
            self.data.n_features(),
            self.components.n_components(),
        );
        let start = self.likelihoods.len();
        let a_row = k * (d * self.width() + EXPONENTIAL);
        let n_rows = (MULTIPLICATIONS_A_STEP / a_row)
            .max(ROWS_A_CHUNK)
            .min(n - start);
        let x = &entries(&self.data)[start * d..(start + n_rows) * d];
        let chunks = map_chunks(n_rows, ROWS_A_CHUNK, |rows| {
            let mut shares = self.density.logarithms(&x[rows.start * d..rows.end * d]);
            let rows = shares.chunks_exact_mut(k);
            let likelihoods: Vec<f64> = rows.map(|row| self.density.share(row)).collect();
            (shares, likelihoods)
        });
        for (shares, likelihoods) in chunks {
            self.responsibilities.extend(shares);
            self.likelihoods.extend(likelihoods);
        }
        self.state = if start + n_rows == n {
            let estimate = self.sample(k).estimate(self.settings.covariance_type);
            State::Maximizing(Box::new(estimate))
        } else {
            State::Expecting
        };
    }

    /// Fits components until the step is long enough.
    fn maximize(&mut self, mut estimate: Box<Estimate>) -> Result<()> {
        let a_component = self.data.n_samples() * self.data.n_features() * self.width();
        let mut n_left = (MULTIPLICATIONS_A_STEP / a_component.max(1)).max(1);
        let sample = self.sample(self.components.n_components());
        while n_left > 0 {
            if estimate.advance(&sample, self.settings.reg_covar) {
                return self.finish_iteration(*estimate);
            }
            n_left -= 1;
        }
        self.state = State::Maximizing(estimate);
        Ok(())
    }

    /// Features that each feature is multiplied with.
    fn width(&self) -> usize {
        if self.settings.covariance_type.has_matrices() {
            self.data.n_features()
        } else {
            1
        }
    }

    fn finish_iteration(&mut self, estimate: Estimate) -> Result<()> {
        let n = self.data.n_samples() as f64;
        let loss = -math::sum(self.likelihoods.iter().copied()) / n;
        let change = self.loss.map(|last| (last - loss).abs());
        self.loss = Some(loss);
        self.take(estimate)?;
        self.iteration += 1;
        self.state = State::Expecting;
        let has_settled = change.is_some_and(|change| change < self.settings.tol);
        if has_settled || self.iteration == self.settings.max_iter {
            self.finish_fit(loss)?;
        }
        Ok(())
    }

    /// Keeps the fit if it is the best so far, and goes on to the next start.
    fn finish_fit(&mut self, loss: f64) -> Result<()> {
        self.n_finished += 1;
        if self.best.as_ref().is_none_or(|(least, _)| loss < *least) {
            self.best = Some((loss, self.components.clone()));
        }
        if self.n_finished < self.settings.n_init {
            return self.start();
        }
        if let Some((loss, best)) = &self.best {
            self.loss = Some(*loss);
            self.components = best.ordered();
            self.density = self.components.repaired()?;
        }
        self.state = State::Done;
        Ok(())
    }

    /// Share of the current iteration that is done.
    fn share(&self) -> f64 {
        match &self.state {
            State::Starting(_) | State::Done => 0.0,
            State::Expecting => 0.5 * self.likelihoods.len() as f64 / self.data.n_samples() as f64,
            State::Maximizing(estimate) => {
                0.5 + 0.5 * estimate.n_finished as f64 / self.components.n_components() as f64
            }
        }
    }
}

/// A single component that all rows belong to.
fn one_cloud(settings: &GaussianMixture, data: &Dataset) -> Components {
    let all = vec![1.0; data.n_samples()];
    let sample = Sample {
        x: entries(data),
        n_features: data.n_features(),
        responsibilities: &all,
        n_components: 1,
    };
    let mut estimate = sample.estimate(settings.covariance_type);
    estimate.advance(&sample, settings.reg_covar);
    estimate.into_components()
}

impl Trainer for GaussianMixtureTrainer {
    fn step(&mut self) -> Result<Progress> {
        match std::mem::replace(&mut self.state, State::Done) {
            State::Starting(kmeans) => self.seed(kmeans)?,
            State::Expecting => {
                self.expect();
                // Where that was all, the other half fits into the same step.
                if let State::Maximizing(estimate) =
                    std::mem::replace(&mut self.state, State::Expecting)
                {
                    self.maximize(estimate)?;
                }
            }
            State::Maximizing(estimate) => self.maximize(estimate)?,
            State::Done => {}
        }
        let is_done = matches!(self.state, State::Done);
        let max_iter = self.settings.max_iter;
        let n_before = self.n_finished - usize::from(is_done);
        let position = (n_before * max_iter + self.iteration) as f64 + self.share();
        Ok(Progress {
            position,
            total: if is_done {
                position
            } else {
                (self.settings.n_init * max_iter) as f64
            },
            loss: self.loss,
            is_done,
            note: self.note.clone(),
        })
    }

    /// The current fit; once done the best, its components in order.
    fn model(&self) -> Model {
        Model::GaussianMixture(catalogued(GaussianMixtureModel::new(
            self.components.clone(),
            self.density.clone(),
        )))
    }
}
