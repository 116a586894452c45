//! What is measured. A new algorithm adds a row to [`WORKLOADS`]; its peers stand under the same
//! id in `peers/peers.py`.

use std::sync::Arc;

use handlens::data::{ReadOptions, read};
use handlens::error::{Code, Error, Result};
use handlens::evaluate::{Reference, evaluate, silhouette, trustworthiness};
use handlens::models::{Algorithm, Model, Prediction, train_to_end};
use handlens::prepare::{Dataset, Target};
use handlens::rng::Rng;
use handlens::settings::{Setting, Settings};
use ndarray::s;

use crate::data::{self, Tables};

/// One line of the table.
#[derive(Debug)]
pub struct Workload {
    /// Its name for ever.
    pub id: &'static str,
    /// What is done, with its size.
    pub title: &'static str,
    /// What the quality is.
    pub quality: &'static str,
    /// What the time must be: at most so many times that of a peer.
    pub bar: Option<Bar>,
    /// The power of the number of rows with which the time should grow.
    pub growth: f64,
    /// Makes the data, for `scale` times the usual number of rows.
    pub tables: fn(scale: f64) -> Tables,
    /// Gets ready; what is not part of the work is done here.
    pub job: fn(&Tables) -> Result<Box<dyn Job>>,
}

/// A time that must not be exceeded.
#[derive(Debug)]
pub struct Bar {
    /// Whose time.
    pub peer: &'static str,
    /// How many times that of the peer ours may be.
    pub at_most: f64,
}

const fn bar(peer: &'static str, at_most: f64) -> Option<Bar> {
    Some(Bar { peer, at_most })
}

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

fn rows(n: usize, scale: f64) -> usize {
    ((n as f64 * scale) as usize).max(16)
}

/// Everything that is measured.
pub const WORKLOADS: &[Workload] = &[
    Workload {
        id: "knn_16",
        title: "KNN, 50,000 × 16, 10,000 queries, k = 5",
        quality: "accuracy",
        bar: bar("scikit-learn", 0.5),
        growth: 1.0,
        tables: |scale| data::blobs((rows(50_000, scale), 10_000), 16, 10, 1.0),
        job: |tables| fit_and_predict(tables, "knn", &[]),
    },
    Workload {
        id: "knn_784",
        title: "KNN, 10,000 × 784, 1,000 queries, k = 5",
        quality: "accuracy",
        bar: bar("scikit-learn", 1.5),
        growth: 1.0,
        tables: |scale| data::blobs((rows(10_000, scale), 1_000), 784, 10, 0.2),
        job: |tables| fit_and_predict(tables, "knn", &[]),
    },
    Workload {
        id: "kmeans",
        title: "k-means, 100,000 × 16, k = 8, 20 iterations",
        quality: "inertia",
        bar: bar("scikit-learn", 1.0),
        growth: 1.0,
        tables: |scale| data::blobs((rows(100_000, scale), 0), 16, 12, 0.7),
        job: kmeans,
    },
    Workload {
        id: "ols",
        title: "least squares, 100,000 × 50",
        quality: "mean squared error",
        bar: bar("scikit-learn", 1.0),
        growth: 1.0,
        tables: |scale| data::linear(rows(100_000, scale), 50),
        job: |tables| fit(tables, "linear", &[], seen_loss),
    },
    Workload {
        id: "ridge",
        title: "ridge, 100,000 × 50",
        quality: "mean squared error",
        bar: bar("scikit-learn", 1.0),
        growth: 1.0,
        tables: |scale| data::linear(rows(100_000, scale), 50),
        job: |tables| fit(tables, "ridge", &[], seen_loss),
    },
    Workload {
        id: "softmax",
        title: "softmax regression, 50,000 × 50, 10 classes",
        quality: "log loss",
        bar: bar("scikit-learn", 1.0),
        growth: 1.0,
        tables: |scale| data::blobs((rows(50_000, scale), 0), 50, 10, 0.3),
        job: |tables| fit(tables, "logistic", &[], seen_loss),
    },
    Workload {
        id: "net_784",
        title: "net 784-128-64-10, Adam, batch 64, 10,000 rows, one epoch",
        quality: "accuracy",
        bar: bar("PyTorch", 1.25),
        growth: 1.0,
        tables: |scale| data::blobs((rows(10_000, scale), 1_000), 784, 10, 0.15),
        job: |tables| fit(tables, "mlp", NET_784, unseen_accuracy),
    },
    Workload {
        id: "net_2",
        title: "net 2-16-16-2, batch 10, seconds a sample",
        quality: "accuracy",
        bar: bar("scikit-learn", 0.1),
        growth: 0.0,
        tables: |scale| data::curved((rows(1_000, scale), 1_000), 2),
        job: |tables| {
            let job = Fit::new(tables, "mlp", NET_2, unseen_accuracy)?;
            let units = tables.train.n_samples() as f64 * 100.0;
            Ok(Box::new(Fit { units, ..job }))
        },
    },
    Workload {
        id: "forest",
        title: "random forest, 20,000 × 20, 100 trees",
        quality: "accuracy",
        bar: bar("scikit-learn", 0.7),
        growth: 1.1,
        tables: |scale| data::curved((rows(20_000, scale), 10_000), 20),
        job: |tables| fit(tables, "random_forest", &[], unseen_accuracy),
    },
    Workload {
        id: "boosting",
        title: "gradient boosting, 100,000 × 20, 100 trees, 31 leaves",
        quality: "log loss",
        bar: bar("LightGBM", 1.3),
        growth: 1.0,
        tables: |scale| data::curved((rows(100_000, scale), 10_000), 20),
        job: |tables| {
            let off = [("early_stopping", text("off"))];
            fit(tables, "hist_gradient_boosting", &off, unseen_log_loss)
        },
    },
    Workload {
        id: "svm",
        title: "support vector machine, radial, 10,000 × 20",
        quality: "accuracy",
        bar: bar("scikit-learn", 1.0),
        growth: 2.0,
        tables: |scale| data::curved((rows(10_000, scale), 5_000), 20),
        job: |tables| fit(tables, "svm", UNCALIBRATED, unseen_accuracy),
    },
    Workload {
        id: "gaussian_nb",
        title: "Gaussian naive Bayes, 100,000 × 50, 10 classes",
        quality: "accuracy",
        bar: bar("scikit-learn", 1.0),
        growth: 1.0,
        tables: |scale| data::blobs((rows(100_000, scale), 1_000), 50, 10, 0.3),
        job: |tables| fit(tables, "gaussian_nb", &[], unseen_accuracy),
    },
    Workload {
        id: "gaussian_process",
        title: "Gaussian process, 500 × 5",
        quality: "mean squared error",
        bar: bar("scikit-learn", 1.0),
        growth: 3.0,
        tables: |scale| data::linear(rows(500, scale), 5),
        job: |tables| fit(tables, "gaussian_process", &[], seen_loss),
    },
    Workload {
        id: "pca",
        title: "PCA, 20,000 × 100 to 10",
        quality: "variance kept",
        bar: bar("scikit-learn", 2.0),
        growth: 1.0,
        tables: |scale| data::blobs((rows(20_000, scale), 0), 100, 10, 1.0),
        job: |tables| {
            fit(
                tables,
                "pca",
                &[("n_components", number(10.0))],
                variance_kept,
            )
        },
    },
    Workload {
        id: "tsne",
        title: "t-SNE, 5,000 × 50, 500 iterations",
        quality: "trustworthiness",
        bar: bar("openTSNE", 1.0),
        growth: 1.2,
        tables: |scale| data::blobs((rows(5_000, scale), 0), 50, 10, 0.5),
        job: |tables| fit(tables, "tsne", &[("max_iter", number(500.0))], trust),
    },
    Workload {
        id: "umap",
        title: "UMAP, 5,000 × 50",
        quality: "trustworthiness",
        bar: bar("umap-learn", 1.0),
        growth: 1.2,
        tables: |scale| data::blobs((rows(5_000, scale), 0), 50, 10, 0.5),
        job: |tables| fit(tables, "umap", &[], trust),
    },
    Workload {
        id: "dbscan",
        title: "DBSCAN, 20,000 × 2",
        quality: "clusters",
        bar: bar("scikit-learn", 1.0),
        growth: 1.5,
        tables: |scale| data::moons(rows(20_000, scale)),
        job: |tables| {
            let settings = [("eps", number(0.05)), ("min_samples", number(20.0))];
            fit(tables, "dbscan", &settings, n_clusters)
        },
    },
    Workload {
        id: "silhouette",
        title: "silhouette, 10,000 × 16",
        quality: "mean",
        bar: bar("scikit-learn", 0.5),
        growth: 2.0,
        tables: |scale| data::blobs((rows(10_000, scale), 0), 16, 8, 0.7),
        job: |tables| {
            Ok(Box::new(MeanSilhouette {
                data: Arc::new(tables.train.clone()),
                mean: f64::NAN,
            }))
        },
    },
    Workload {
        id: "csv",
        title: "CSV, 50 MB mixed, to typed columns",
        quality: "rows",
        bar: None,
        growth: 1.0,
        tables: |scale| data::csv(50.0 * scale),
        job: |tables| {
            Ok(Box::new(ReadCsv {
                bytes: tables.bytes.clone(),
                n_rows: 0,
            }))
        },
    },
    Workload {
        id: "predict_784",
        title: "prediction, net 784-128-64-10, 10,000 rows",
        quality: "accuracy",
        bar: bar("onnxruntime-web", 1.0),
        growth: 1.0,
        tables: |scale| data::blobs((1_000, rows(10_000, scale)), 784, 10, 0.15),
        job: |tables| predict(tables, 1),
    },
    Workload {
        id: "predict_one",
        title: "prediction, the same net, one row",
        quality: "accuracy",
        bar: None,
        growth: 0.0,
        tables: |_| data::blobs((1_000, 1), 784, 10, 0.15),
        job: |tables| predict(tables, 2_000),
    },
];

const UNCALIBRATED: Pairs = &[("probability", Value::Flag(false))];

const NET_784: Pairs = &[
    ("hidden_layer_sizes", Value::Numbers(&[128.0, 64.0])),
    ("batch_size", Value::Number(64.0)),
    ("max_iter", Value::Number(1.0)),
    ("learning_rate_init", Value::Number(1e-3)),
];

const NET_2: Pairs = &[
    ("hidden_layer_sizes", Value::Numbers(&[16.0, 16.0])),
    ("batch_size", Value::Number(10.0)),
    ("max_iter", Value::Number(100.0)),
    ("n_iter_no_change", Value::Number(10_000.0)),
];

/// Settings by name.
type Pairs = &'static [(&'static str, Value)];

/// A setting that a constant can hold.
#[derive(Debug, Clone, Copy)]
enum Value {
    Number(f64),
    Numbers(&'static [f64]),
    Flag(bool),
    Text(&'static str),
}

const fn number(value: f64) -> Value {
    Value::Number(value)
}

const fn text(value: &'static str) -> Value {
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

type Judge = fn(&Model, &Tables) -> Result<f64>;

/// Training from the first to the last step.
struct Fit {
    algorithm: Algorithm,
    data: Arc<Dataset>,
    judge: Judge,
    model: Option<Model>,
    units: f64,
}

impl Fit {
    fn new(tables: &Tables, id: &str, settings: &[(&str, Value)], judge: Judge) -> Result<Self> {
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
}

fn fit(
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

fn fit_and_predict(tables: &Tables, id: &str, settings: &[(&str, Value)]) -> Result<Box<dyn Job>> {
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

fn kmeans(tables: &Tables) -> Result<Box<dyn Job>> {
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

fn predict(tables: &Tables, repeats: usize) -> Result<Box<dyn Job>> {
    let mut fit = Fit::new(tables, "mlp", NET_784, unseen_accuracy)?;
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

fn unseen_accuracy(model: &Model, tables: &Tables) -> Result<f64> {
    accuracy(&model.predict(tables.test.x.view())?, &tables.test)
}

fn unseen_log_loss(model: &Model, tables: &Tables) -> Result<f64> {
    score(
        &model.predict(tables.test.x.view())?,
        &tables.test,
        "log_loss",
    )
}

fn seen_loss(model: &Model, tables: &Tables) -> Result<f64> {
    Ok(model.loss(&tables.train).unwrap_or(f64::NAN))
}

fn variance_kept(model: &Model, _tables: &Tables) -> Result<f64> {
    match model {
        Model::Pca(pca) => Ok(pca.explained_variance_ratio.iter().sum()),
        _ => Err(not_run()),
    }
}

fn n_clusters(model: &Model, tables: &Tables) -> Result<f64> {
    let prediction = model.predict(tables.train.x.view())?;
    let data = Dataset {
        target: Target::None,
        ..tables.train.clone()
    };
    score(&prediction, &data, "n_clusters")
}

/// Whether neighbors on the map are neighbors among the features.
fn trust(model: &Model, tables: &Tables) -> Result<f64> {
    let x = tables.train.x.view();
    match model.predict(x)? {
        Prediction::Coordinates(places) => {
            trustworthiness(places.view(), x).map_err(|why| Error::new(Code::Internal, why))
        }
        _ => Err(not_run()),
    }
}
