//! From a spec to a training, and its steps.

use std::sync::Arc;

use ndarray::Array2;

use super::tables::HeldTable;
use super::{HeldModel, Session, State};
use crate::data::{Column, ColumnType, Table, Values};
use crate::error::{Code, Error, Result};
use crate::export::Provenance;
use crate::models::boosting::Followed;
use crate::models::{Algorithm, Demand, Model, Progress, Trainer};
use crate::prepare::{Dataset, Pipeline, Recipe, Role, Split, Task, split};
use crate::protocol::{ModelId, Reply, Response, RunSpec, StepReport, TrainingSummary};
use crate::rng::Rng;
use crate::settings::Setting;

/// Losses are measured on at most this many rows, drawn once, so that watching stays cheap.
const MOST_LOSS_ROWS: usize = 5_000;

/// The losses where a training stood.
#[derive(Debug, Clone, Copy)]
pub(super) struct Losses {
    /// In the unit of the algorithm.
    pub position: f64,
    /// On the rows learnt from.
    pub seen: Option<f64>,
    /// On the rows kept unseen.
    pub unseen: Option<f64>,
}

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

    fn step(&mut self) -> Result<StepReport> {
        if self.progress.is_done {
            return Ok(StepReport {
                progress: self.progress.clone(),
                train_loss: None,
                test_loss: None,
            });
        }
        let before = self.progress.position.floor();
        self.progress = self.trainer.step()?;
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
        let held = self.model_mut(id)?;
        match &mut held.state {
            State::Trained(training) => {
                if !training.progress.is_done {
                    held.evaluation = None;
                }
                Ok(Response::Progress(training.step()?).into())
            }
            State::Loaded(_) => Err(Error::new(
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

/// Everything that is decided before the first step.
struct Prepared {
    spec: RunSpec,
    task: Task,
    split: Split,
    pipeline: Pipeline,
    train: Dataset,
    test: Option<Dataset>,
    notes: Vec<String>,
}

impl Prepared {
    fn new(held: &HeldTable, mut spec: RunSpec, algorithm: &Algorithm) -> Result<Self> {
        let table = held.table();
        let task = task_of(table, &spec, algorithm)?;
        spec.task = Some(task);
        spec.settings = algorithm.settings().clone();
        let is_supervised = task.is_supervised();
        if is_supervised && spec.target.is_none() {
            let message = format!(
                "{} needs a target: the column to predict.",
                algorithm.info().label
            );
            return Err(Error::new(Code::BadTarget, message).in_field("target"));
        }
        if !is_supervised {
            // Without a right answer there is nothing to keep unseen.
            spec.test_size = 0.0;
        }
        let mut notes = Vec::new();
        spec.recipe = complete_recipe(held, &spec, task, algorithm, &mut notes)?;
        let target = match (&spec.target, is_supervised) {
            (Some(name), true) => Some((name.as_str(), task)),
            _ => None,
        };
        let column = target.map(|(name, _)| table.column(name)).transpose()?;
        let rows: Vec<usize> = (0..table.n_rows())
            .filter(|&row| column.is_none_or(|c| !c.is_missing(row)))
            .collect();
        check_rows(table.n_rows(), rows.len(), target.map(|t| t.0), &mut notes)?;
        let rng = Rng::new(spec.seed);
        let split = split(&rows, column.zip(Some(task)), spec.test_size, &rng)?;
        let pipeline = spec.recipe.fit(&table.select(&split.train), target)?;
        check_gaps(&pipeline, algorithm)?;
        let mut prepare = |rows: &[usize], whose: &str| -> Result<Dataset> {
            let mut made = pipeline.transform(&table.select(rows), target.is_some())?;
            for row in &mut made.dataset.rows {
                *row = rows[*row];
            }
            notes.extend(made.notes.iter().map(|note| format!("{whose}: {note}")));
            Ok(made.dataset)
        };
        let train = prepare(&split.train, "Rows learnt from")?;
        let test = match split.test.as_slice() {
            [] => None,
            rows => Some(prepare(rows, "Unseen rows")?),
        };
        let test = test.filter(|test| test.n_samples() > 0);
        for (name, reason) in pipeline.left_out() {
            notes.push(format!("\u{201c}{name}\u{201d} is left out: {reason}."));
        }
        Ok(Self {
            spec,
            task,
            split,
            pipeline,
            train,
            test,
            notes,
        })
    }
}

fn check_rows(
    n_rows: usize,
    n_left: usize,
    target: Option<&str>,
    notes: &mut Vec<String>,
) -> Result<()> {
    let target = target.unwrap_or_default();
    if n_rows == 0 {
        return Err(Error::new(
            Code::NothingToLearn,
            "The table has no rows to learn from.",
        ));
    }
    if n_left == 0 {
        let message = format!("The target \u{201c}{target}\u{201d} is missing in every row.");
        return Err(Error::new(Code::BadTarget, message).in_column(target));
    }
    if n_left < n_rows {
        let n = n_rows - n_left;
        let rows = if n == 1 {
            "1 row is".to_owned()
        } else {
            format!("{n} rows are")
        };
        notes.push(format!("{rows} left out: the target is missing there."));
    }
    Ok(())
}

/// Refuses to leave gaps to an algorithm that cannot have them.
fn check_gaps(pipeline: &Pipeline, algorithm: &Algorithm) -> Result<()> {
    let info = algorithm.info();
    let Some(column) = pipeline.gap_column().filter(|_| !info.takes_gaps) else {
        return Ok(());
    };
    let message = format!(
        "The gaps of \u{201c}{}\u{201d} are left to the algorithm, but {} cannot learn with gaps. Choose what fills them, or another algorithm.",
        column.name, info.label
    );
    let step = match column.column_type {
        ColumnType::Number => "impute",
        _ => "impute_category",
    };
    Err(Error::new(Code::DoesNotFit, message)
        .in_column(&column.name)
        .in_field(step))
}

/// The recipe with what the algorithm starts from, and with identifiers left out.
fn complete_recipe(
    held: &HeldTable,
    spec: &RunSpec,
    task: Task,
    algorithm: &Algorithm,
    notes: &mut Vec<String>,
) -> Result<Recipe> {
    let mut recipe = spec.recipe.clone();
    if algorithm.info().id == "linear" {
        // Least squares gives the same predictions in any unit, and its coefficients are read
        // in those of the data; a column for the first level would repeat the intercept.
        recipe.default_step("scale", Setting::Text("none".into()));
        recipe.default_step("encode", Setting::Text("dummy".into()));
    }
    if algorithm.info().takes_gaps {
        // It learns where gaps and levels belong, in whatever unit.
        for (step, value) in [
            ("impute", "keep"),
            ("impute_category", "keep"),
            ("encode", "ordinal"),
            ("scale", "none"),
        ] {
            recipe.default_step(step, Setting::Text(value.into()));
        }
    }
    if !algorithm.info().takes_negatives {
        // Counts are learnt as they are.
        recipe.default_step("scale", Setting::Text("none".into()));
    }
    if let Some(target) = spec.target.as_deref().filter(|_| !task.is_supervised()) {
        held.table().column(target)?;
        recipe.ignore(target);
    }
    for profile in held
        .profiles()
        .iter()
        .filter(|profile| profile.is_identifier)
    {
        let is_target = spec.target.as_deref() == Some(profile.name.as_str());
        let role = recipe
            .column(&profile.name)
            .map(|own| own.role)
            .unwrap_or_default();
        if !is_target && role == Role::Auto {
            recipe.ignore(&profile.name);
            notes.push(format!(
                "\u{201c}{}\u{201d} is left out: it names the rows. Include it in the recipe if it is more than a name.",
                profile.name
            ));
        }
    }
    Ok(recipe)
}

/// The task that was asked for, or the one that follows from target and algorithm.
fn task_of(table: &Table, spec: &RunSpec, algorithm: &Algorithm) -> Result<Task> {
    let info = algorithm.info();
    let guessed = match spec.task {
        Some(task) => task,
        None => match (&spec.target, info.tasks) {
            (_, [only]) => *only,
            (Some(name), _) => guess_task(table.column(name)?),
            (None, tasks) => tasks
                .iter()
                .copied()
                .find(|task| !task.is_supervised())
                .or(tasks.first().copied())
                .unwrap_or(Task::Classification),
        },
    };
    if info.tasks.contains(&guessed) {
        return Ok(guessed);
    }
    Err(Error::new(
        Code::DoesNotFit,
        super::suggest::reason_against(info, guessed),
    )
    .in_field("algorithm"))
}

/// Classification, unless the target is a number with many or broken values.
pub(super) fn guess_task(column: &Column) -> Task {
    let Values::Number(values) = &column.values else {
        return Task::Classification;
    };
    let mut distinct = std::collections::BTreeSet::new();
    for value in values.iter().filter(|v| !v.is_nan()) {
        if value.fract() != 0.0 || value.abs() > 1e6 {
            return Task::Regression;
        }
        distinct.insert(*value as i64);
        if distinct.len() > MOST_NUMBER_CLASSES {
            return Task::Regression;
        }
    }
    if values.len() >= 5 * distinct.len() {
        Task::Classification
    } else {
        Task::Regression
    }
}

/// Whole numbers with at most this many distinct values are taken for classes.
const MOST_NUMBER_CLASSES: usize = 10;

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
