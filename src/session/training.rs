//! From a spec to a training, and its steps.

use std::sync::Arc;

use ndarray::Array2;

use super::prepared::Prepared;
use super::{HeldModel, Session, State};
use crate::error::{Code, Error, Result};
use crate::export::{Losses, Provenance};
use crate::models::boosting::Followed;
use crate::models::{Algorithm, Demand, Model, Progress, Trainer};
use crate::parallel::awake_for;
use crate::prepare::Dataset;
use crate::protocol::{ModelId, Reply, Response, RunSpec, StepReport, TrainingSummary};
use crate::rng::Rng;

/// Losses are measured on at most this many rows, drawn once, so that watching stays cheap.
const MOST_LOSS_ROWS: usize = 5_000;

/// A file keeps about as many losses as a picture of them has columns.
const MOST_KEPT_LOSSES: usize = 1_000;

/// A training and the rows it works on.
pub(super) struct Training {
    trainer: Box<dyn Trainer>,
    /// The finished model, once the training is done.
    model: Option<Model>,
    pub spec: RunSpec,
    pub train: Arc<Dataset>,
    pub test: Option<Dataset>,
    /// Where losses are measured: samples of `train` and `test`.
    loss_rows: (Dataset, Option<Dataset>),
    /// Sums of trees on the unseen rows of `loss_rows`, for boosting.
    followed: Followed,
    pub progress: Progress,
    pub history: Vec<Losses>,
    /// Centroids after each step, for k-means.
    pub trail: Vec<Array2<f64>>,
    /// What spans the plane, found once.
    pub view: super::figures::ViewOfData,
}

impl Training {
    /// The model as it is now.
    pub fn model(&self) -> Model {
        self.model.clone().unwrap_or_else(|| self.trainer.model())
    }

    /// The losses for the artifact: finite ones, of at most [`MOST_KEPT_LOSSES`] places that
    /// rise. Where the training was longer, every second place stays, or every third.
    pub fn curve(&self) -> Vec<Losses> {
        let finite = |loss: Option<f64>| loss.filter(|loss| loss.is_finite());
        let mut curve: Vec<Losses> = Vec::new();
        for (index, losses) in self.history.iter().enumerate() {
            let every = self.history.len().div_ceil(MOST_KEPT_LOSSES);
            if index % every != 0 && index + 1 != self.history.len() {
                continue;
            }
            // What is measured again at the same place takes the place of the former.
            curve.pop_if(|last| last.position >= losses.position);
            curve.push(Losses {
                position: losses.position,
                seen: finite(losses.seen),
                unseen: finite(losses.unseen),
            });
        }
        curve
    }

    fn step(&mut self) -> Result<StepReport> {
        if self.progress.is_done {
            return Ok(StepReport {
                progress: self.progress.clone(),
                train_loss: None,
                test_loss: None,
            });
        }
        let before = self.progress.position.floor();
        let trainer = &mut self.trainer;
        self.progress = awake_for(self.train.x.len(), || trainer.step())?;
        let is_telling = self.progress.position.floor() > before || self.progress.is_done;
        let (train_loss, test_loss) = if is_telling {
            self.measure()
        } else {
            (None, None)
        };
        Ok(StepReport {
            progress: self.progress.clone(),
            train_loss,
            test_loss,
        })
    }

    /// Measures the losses where the model stands now and adds them to the history.
    fn measure(&mut self) -> (Option<f64>, Option<f64>) {
        let model = self.trainer.model();
        let (train, test) = &self.loss_rows;
        let train_loss = match model {
            // The inertia is a sum over the rows, and there are no unseen ones to compare with.
            Model::KMeans(_) => self.progress.loss,
            // Its trees need not be asked again for what training knows.
            Model::Boosting(_) => self.progress.loss,
            _ => model.loss(train).or(self.progress.loss),
        };
        let followed = &mut self.followed;
        let test_loss = test.as_ref().and_then(|test| match &model {
            Model::Boosting(boosting) => followed.loss(boosting, test),
            _ => model.loss(test),
        });
        self.history.push(Losses {
            position: self.progress.position,
            seen: train_loss,
            unseen: test_loss,
        });
        if let Model::KMeans(kmeans) = &model {
            self.trail.push(kmeans.centroids.clone());
        }
        if self.progress.is_done {
            self.model = Some(model);
        }
        (train_loss, test_loss)
    }
}

impl Session {
    pub(super) fn train(&mut self, spec: RunSpec) -> Result<Reply> {
        let held = self.table(spec.table)?;
        let algorithm = Algorithm::find(&spec.algorithm, &spec.settings)?;
        let prepared = Prepared::new(held, spec, &algorithm)?;
        let Prepared {
            spec,
            task,
            split,
            pipeline,
            train,
            test,
            mut notes,
        } = prepared;
        let rng = Rng::new(spec.seed);
        let train = Arc::new(train);
        let demand = algorithm.demand(&train)?;
        notes.extend(demand_in_words(&demand));
        let trainer = algorithm.begin(Arc::clone(&train), &rng.fork("train"))?;
        let loss_rows = (
            sample(&train, MOST_LOSS_ROWS, &rng),
            test.as_ref().map(|test| sample(test, MOST_LOSS_ROWS, &rng)),
        );
        let provenance = Provenance {
            table: held.name.clone(),
            digest: held.digest.clone(),
            n_train: train.n_samples(),
            n_test: test.as_ref().map_or(0, Dataset::n_samples),
            test_size: spec.test_size,
            seed: spec.seed,
            version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        let name = match &spec.target {
            Some(target) => format!("{} predicts {target}", algorithm.info().label),
            None => format!("{} of {}", algorithm.info().label, held.name),
        };
        let model = self.new_id();
        let summary = TrainingSummary {
            model,
            spec: spec.clone(),
            task,
            n_train: split.train.len(),
            n_test: split.test.len(),
            features: pipeline.feature_names(),
            labels: pipeline.labels().to_vec(),
            plane_columns: super::figures::plane_columns(&pipeline),
            steps: pipeline.describe(),
            notes,
            seconds: demand.seconds,
        };
        let training = Training {
            trainer,
            model: None,
            spec,
            train,
            test,
            loss_rows,
            followed: Followed::default(),
            progress: Progress::default(),
            history: Vec::new(),
            trail: Vec::new(),
            view: super::figures::ViewOfData::default(),
        };
        let held = HeldModel {
            name,
            task,
            algorithm,
            pipeline,
            provenance,
            state: State::Trained(Box::new(training)),
            evaluation: None,
        };
        self.models.insert(model, held);
        Ok(Response::Training(summary).into())
    }

    pub(super) fn step(&mut self, id: ModelId) -> Result<Reply> {
        #[cfg(feature = "catalogue")]
        self.forget_asked(id);
        let held = self.model_mut(id)?;
        match &mut held.state {
            State::Trained(training) => {
                if !training.progress.is_done {
                    held.evaluation = None;
                }
                Ok(Response::Progress(training.step()?).into())
            }
            State::Loaded(..) => Err(Error::new(
                Code::BadRequest,
                "This model was loaded from a file and is not in training.",
            )
            .in_field("model")),
        }
    }
}

/// What a training will need, where that is worth telling.
fn demand_in_words(demand: &Demand) -> Option<String> {
    const SHORT: f64 = 5.0;
    const MEGABYTE: f64 = 1024.0 * 1024.0;
    let time = match demand.seconds {
        seconds if seconds < SHORT => None,
        seconds if seconds < 100.0 => Some(format!("{seconds:.0} seconds")),
        seconds => Some(format!("{:.0} minutes", seconds / 60.0)),
    };
    let memory = (demand.bytes > 256.0 * MEGABYTE)
        .then(|| format!("{:.0} MB of memory", demand.bytes / MEGABYTE));
    let needs: Vec<String> = time.into_iter().chain(memory).collect();
    (!needs.is_empty()).then(|| format!("This training will need about {}.", needs.join(" and ")))
}

/// At most `most` rows of `data`, drawn evenly, in their order.
pub(super) fn sample(data: &Dataset, most: usize, rng: &Rng) -> Dataset {
    if data.n_samples() <= most {
        return data.clone();
    }
    data.select(&sample_rows(data.n_samples(), most, rng))
}

/// At most `most` of `n` rows, drawn evenly, in their order.
pub(super) fn sample_rows(n: usize, most: usize, rng: &Rng) -> Vec<usize> {
    if n <= most {
        return (0..n).collect();
    }
    let mut rows = rng.fork("sample").permutation(n);
    rows.truncate(most);
    rows.sort_unstable();
    rows
}
