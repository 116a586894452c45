//! The work of the workloads, and how good what came out is.

use std::sync::Arc;

use handlens::data::{ReadOptions, read};
use handlens::error::{Code, Error, Result};
use handlens::evaluate::{Reference, evaluate, silhouette, trustworthiness};
use handlens::models::{Algorithm, Model, Prediction, train_to_end};
use handlens::prepare::{Dataset, Target};
use handlens::rng::Rng;
use handlens::settings::{Setting, Settings};
use ndarray::s;

use crate::data::Tables;

/// Work that is timed.
pub trait Job {
    /// Does it once.
    ///
    /// # Errors
    /// Those of the core.
    fn work(&mut self) -> Result<()>;

    /// How good what came out is.
    ///
    /// # Errors
    /// Those of the core.
    fn quality(&self, tables: &Tables) -> Result<f64>;

    /// By what the time is divided: rows, for a time a row.
    fn units(&self) -> f64 {
        1.0
    }
}

/// Settings by name.
pub(crate) type Pairs = &'static [(&'static str, Value)];

/// A setting that a constant can hold.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Value {
    Number(f64),
    Numbers(&'static [f64]),
    Flag(bool),
    Text(&'static str),
}

pub(crate) const fn number(value: f64) -> Value {
    Value::Number(value)
}

pub(crate) const fn text(value: &'static str) -> Value {
    Value::Text(value)
}

fn algorithm(id: &str, settings: &[(&str, Value)]) -> Result<Algorithm> {
    let setting = |value: &Value| match value {
        Value::Number(value) => Setting::Number(*value),
        Value::Numbers(values) => Setting::Numbers(values.to_vec()),
        Value::Flag(value) => Setting::Flag(*value),
        Value::Text(value) => Setting::Text((*value).to_owned()),
    };
    let pairs = settings.iter();
    let settings: Settings = pairs
        .map(|(name, value)| ((*name).to_owned(), setting(value)))
        .collect();
    Algorithm::find(id, &settings)
}

pub(crate) type Judge = fn(&Model, &Tables) -> Result<f64>;

/// Training from the first to the last step.
pub(crate) struct Fit {
    algorithm: Algorithm,
    data: Arc<Dataset>,
    judge: Judge,
    model: Option<Model>,
    units: f64,
}

impl Fit {
    pub(crate) fn new(
        tables: &Tables,
        id: &str,
        settings: &[(&str, Value)],
        judge: Judge,
    ) -> Result<Self> {
        let algorithm = algorithm(id, settings)?;
        let tasks = algorithm.info().tasks;
        let mut data = tables.train.clone();
        if tasks.iter().all(|task| !task.is_supervised()) {
            data.target = Target::None;
        }
        Ok(Self {
            algorithm,
            data: Arc::new(data),
            judge,
            model: None,
            units: 1.0,
        })
    }

    pub(crate) fn in_units(self, units: f64) -> Self {
        Self { units, ..self }
    }
}

pub(crate) fn fit(
    tables: &Tables,
    id: &str,
    settings: &[(&str, Value)],
    judge: Judge,
) -> Result<Box<dyn Job>> {
    Ok(Box::new(Fit::new(tables, id, settings, judge)?))
}

fn not_run() -> Error {
    Error::new(Code::Internal, "The work has not been done.")
}

impl Job for Fit {
    fn work(&mut self) -> Result<()> {
        let mut trainer = self.algorithm.begin(Arc::clone(&self.data), &Rng::new(1))?;
        train_to_end(trainer.as_mut())?;
        self.model = Some(trainer.model());
        Ok(())
    }

    fn quality(&self, tables: &Tables) -> Result<f64> {
        (self.judge)(self.model.as_ref().ok_or_else(not_run)?, tables)
    }

    fn units(&self) -> f64 {
        self.units
    }
}

/// Training and the prediction of the test rows, as one piece of work.
struct FitAndPredict {
    fit: Fit,
    queries: Dataset,
    answer: Option<Prediction>,
}

pub(crate) fn fit_and_predict(
    tables: &Tables,
    id: &str,
    settings: &[(&str, Value)],
) -> Result<Box<dyn Job>> {
    Ok(Box::new(FitAndPredict {
        fit: Fit::new(tables, id, settings, unseen_accuracy)?,
        queries: tables.test.clone(),
        answer: None,
    }))
}

impl Job for FitAndPredict {
    fn work(&mut self) -> Result<()> {
        self.fit.work()?;
        let model = self.fit.model.as_ref().ok_or_else(not_run)?;
        self.answer = Some(model.predict(self.queries.x.view())?);
        Ok(())
    }

    fn quality(&self, tables: &Tables) -> Result<f64> {
        accuracy(self.answer.as_ref().ok_or_else(not_run)?, &tables.test)
    }
}

/// Lloyd's iterations from the first rows, so that every side walks the same way.
struct FromFirstRows {
    settings: Settings,
    data: Arc<Dataset>,
    inertia: f64,
}

pub(crate) fn kmeans(tables: &Tables) -> Result<Box<dyn Job>> {
    let pairs = [("n_clusters", 8.0), ("max_iter", 20.0), ("tol", 0.0)];
    let settings = pairs.map(|(name, value)| (name.to_owned(), Setting::Number(value)));
    Ok(Box::new(FromFirstRows {
        settings: Settings::from(settings),
        data: Arc::new(Dataset {
            target: Target::None,
            ..tables.train.clone()
        }),
        inertia: f64::NAN,
    }))
}

impl Job for FromFirstRows {
    fn work(&mut self) -> Result<()> {
        use handlens::models::{Estimator, kmeans::KMeans};
        let settings =
            handlens::settings::Checked::new(KMeans::INFO.hyperparameters, &self.settings)?;
        let start = self.data.x.slice(s![..8, ..]).to_owned();
        let kmeans = KMeans::new(&settings)?;
        let mut trainer = kmeans.begin_at(Arc::clone(&self.data), start)?;
        let last = train_to_end(trainer.as_mut())?;
        self.inertia = last.loss.unwrap_or(f64::NAN);
        Ok(())
    }

    fn quality(&self, _tables: &Tables) -> Result<f64> {
        Ok(self.inertia)
    }
}

struct MeanSilhouette {
    data: Arc<Dataset>,
    mean: f64,
}

pub(crate) fn silhouette_of(tables: &Tables) -> Result<Box<dyn Job>> {
    Ok(Box::new(MeanSilhouette {
        data: Arc::new(tables.train.clone()),
        mean: f64::NAN,
    }))
}

impl Job for MeanSilhouette {
    fn work(&mut self) -> Result<()> {
        let Target::Classes { codes, .. } = &self.data.target else {
            return Err(not_run());
        };
        let found = silhouette(self.data.x.view(), codes);
        self.mean = found.map_err(|why| Error::new(Code::Internal, why))?.mean;
        Ok(())
    }

    fn quality(&self, _tables: &Tables) -> Result<f64> {
        Ok(self.mean)
    }
}

struct ReadCsv {
    bytes: Vec<u8>,
    n_rows: usize,
}

pub(crate) fn read_csv(tables: &Tables) -> Result<Box<dyn Job>> {
    Ok(Box::new(ReadCsv {
        bytes: tables.bytes.clone(),
        n_rows: 0,
    }))
}

impl Job for ReadCsv {
    fn work(&mut self) -> Result<()> {
        let reading = read(&self.bytes, &ReadOptions::default())?;
        self.n_rows = reading.table.n_rows();
        Ok(())
    }

    fn quality(&self, _tables: &Tables) -> Result<f64> {
        Ok(self.n_rows as f64)
    }
}

/// The prediction of the test rows, `repeats` times.
struct Predict {
    model: Model,
    queries: Dataset,
    repeats: usize,
    answer: Option<Prediction>,
}

pub(crate) fn predict(tables: &Tables, net: Pairs, repeats: usize) -> Result<Box<dyn Job>> {
    let mut fit = Fit::new(tables, "mlp", net, unseen_accuracy)?;
    fit.work()?;
    Ok(Box::new(Predict {
        model: fit.model.ok_or_else(not_run)?,
        queries: tables.test.clone(),
        repeats,
        answer: None,
    }))
}

impl Job for Predict {
    fn work(&mut self) -> Result<()> {
        for _ in 0..self.repeats {
            self.answer = Some(self.model.predict(self.queries.x.view())?);
        }
        Ok(())
    }

    fn quality(&self, tables: &Tables) -> Result<f64> {
        accuracy(self.answer.as_ref().ok_or_else(not_run)?, &tables.test)
    }

    fn units(&self) -> f64 {
        self.repeats as f64
    }
}

fn score(prediction: &Prediction, data: &Dataset, metric: &str) -> Result<f64> {
    let scores = evaluate(prediction, data, &Reference::of(&data.target))?;
    Ok(scores.value(metric).unwrap_or(f64::NAN))
}

fn accuracy(prediction: &Prediction, data: &Dataset) -> Result<f64> {
    score(prediction, data, "accuracy")
}

pub(crate) fn unseen_accuracy(model: &Model, tables: &Tables) -> Result<f64> {
    accuracy(&model.predict(tables.test.x.view())?, &tables.test)
}

pub(crate) fn unseen_log_loss(model: &Model, tables: &Tables) -> Result<f64> {
    score(
        &model.predict(tables.test.x.view())?,
        &tables.test,
        "log_loss",
    )
}

pub(crate) fn seen_loss(model: &Model, tables: &Tables) -> Result<f64> {
    Ok(model.loss(&tables.train).unwrap_or(f64::NAN))
}

pub(crate) fn variance_kept(model: &Model, _tables: &Tables) -> Result<f64> {
    match model {
        Model::Pca(pca) => Ok(pca.explained_variance_ratio.iter().sum()),
        _ => Err(not_run()),
    }
}

pub(crate) fn n_clusters(model: &Model, tables: &Tables) -> Result<f64> {
    let prediction = model.predict(tables.train.x.view())?;
    let data = Dataset {
        target: Target::None,
        ..tables.train.clone()
    };
    score(&prediction, &data, "n_clusters")
}

/// Whether neighbors on the map are neighbors among the features.
pub(crate) fn trust(model: &Model, tables: &Tables) -> Result<f64> {
    let x = tables.train.x.view();
    match model.predict(x)? {
        Prediction::Coordinates(places) => {
            trustworthiness(places.view(), x).map_err(|why| Error::new(Code::Internal, why))
        }
        _ => Err(not_run()),
    }
}
