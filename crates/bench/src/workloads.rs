//! What is measured. A new algorithm adds a row to [`WORKLOADS`]; its peers stand under the same
//! id in `peers/peers.py`.

use handlens::error::Result;

use crate::data::{self, Tables};
use crate::jobs::{
    Fit, Job, Pairs, Value, fit, fit_and_predict, kmeans, n_clusters, number, predict, read_csv,
    seen_loss, silhouette_of, text, trust, unseen_accuracy, unseen_log_loss, variance_kept,
};

/// One line of the table.
#[derive(Debug)]
pub struct Workload {
    /// Its name for ever.
    pub id: &'static str,
    /// What is done, with its size.
    pub title: &'static str,
    /// What the quality is.
    pub quality: &'static str,
    /// What the time must not exceed.
    pub bar: Bar,
    /// The power of the number of rows with which the time should grow.
    pub growth: f64,
    /// Makes the data, for `scale` times the usual number of rows.
    pub tables: fn(scale: f64) -> Tables,
    /// Gets ready; what is not part of the work is done here.
    pub job: fn(&Tables) -> Result<Box<dyn Job>>,
}

/// A time that must not be exceeded.
#[derive(Debug)]
pub enum Bar {
    /// So many times that of a peer.
    Times(&'static str, f64),
    /// So many seconds.
    Seconds(f64),
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
        bar: Bar::Times("scikit-learn", 0.5),
        growth: 1.0,
        tables: |scale| data::blobs((rows(50_000, scale), 10_000), 16, 10, 1.0),
        job: |tables| fit_and_predict(tables, "knn", &[]),
    },
    Workload {
        id: "knn_784",
        title: "KNN, 10,000 × 784, 1,000 queries, k = 5",
        quality: "accuracy",
        bar: Bar::Times("scikit-learn", 1.5),
        growth: 1.0,
        tables: |scale| data::blobs((rows(10_000, scale), 1_000), 784, 10, 0.2),
        job: |tables| fit_and_predict(tables, "knn", &[]),
    },
    Workload {
        id: "kmeans",
        title: "k-means, 100,000 × 16, k = 8, 20 iterations",
        quality: "inertia",
        bar: Bar::Times("scikit-learn", 1.0),
        growth: 1.0,
        tables: |scale| data::blobs((rows(100_000, scale), 0), 16, 12, 0.7),
        job: kmeans,
    },
    Workload {
        id: "ols",
        title: "least squares, 100,000 × 50",
        quality: "mean squared error",
        bar: Bar::Times("scikit-learn", 1.0),
        growth: 1.0,
        tables: |scale| data::linear(rows(100_000, scale), 50),
        job: |tables| fit(tables, "linear", &[], seen_loss),
    },
    Workload {
        id: "ridge",
        title: "ridge, 100,000 × 50",
        quality: "mean squared error",
        bar: Bar::Times("scikit-learn", 1.0),
        growth: 1.0,
        tables: |scale| data::linear(rows(100_000, scale), 50),
        job: |tables| fit(tables, "ridge", &[], seen_loss),
    },
    Workload {
        id: "softmax",
        title: "softmax regression, 50,000 × 50, 10 classes",
        quality: "log loss",
        bar: Bar::Times("scikit-learn", 1.0),
        growth: 1.0,
        tables: |scale| data::blobs((rows(50_000, scale), 0), 50, 10, 0.3),
        job: |tables| fit(tables, "logistic", &[], seen_loss),
    },
    Workload {
        id: "net_784",
        title: "net 784-128-64-10, Adam, batch 64, 10,000 rows, one epoch",
        quality: "accuracy",
        bar: Bar::Times("PyTorch", 1.25),
        growth: 1.0,
        tables: |scale| data::blobs((rows(10_000, scale), 1_000), 784, 10, 0.15),
        job: |tables| fit(tables, "mlp", NET_784, unseen_accuracy),
    },
    Workload {
        id: "net_2",
        title: "net 2-16-16-2, batch 10, seconds a sample",
        quality: "accuracy",
        bar: Bar::Times("scikit-learn", 0.1),
        growth: 0.0,
        tables: |scale| data::curved((rows(1_000, scale), 1_000), 2),
        job: |tables| {
            let job = Fit::new(tables, "mlp", NET_2, unseen_accuracy)?;
            let units = tables.train.n_samples() as f64 * 100.0;
            Ok(Box::new(job.in_units(units)))
        },
    },
    Workload {
        id: "forest",
        title: "random forest, 20,000 × 20, 100 trees",
        quality: "accuracy",
        bar: Bar::Times("scikit-learn", 0.7),
        growth: 1.1,
        tables: |scale| data::curved((rows(20_000, scale), 10_000), 20),
        job: |tables| fit(tables, "random_forest", &[], unseen_accuracy),
    },
    Workload {
        id: "boosting",
        title: "gradient boosting, 100,000 × 20, 100 trees, 31 leaves",
        quality: "log loss",
        bar: Bar::Times("LightGBM", 1.3),
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
        bar: Bar::Times("scikit-learn", 1.0),
        growth: 2.0,
        tables: |scale| data::curved((rows(10_000, scale), 5_000), 20),
        job: |tables| fit(tables, "svm", UNCALIBRATED, unseen_accuracy),
    },
    Workload {
        id: "gaussian_nb",
        title: "Gaussian naive Bayes, 100,000 × 50, 10 classes",
        quality: "accuracy",
        bar: Bar::Times("scikit-learn", 1.0),
        growth: 1.0,
        tables: |scale| data::blobs((rows(100_000, scale), 1_000), 50, 10, 0.3),
        job: |tables| fit(tables, "gaussian_nb", &[], unseen_accuracy),
    },
    Workload {
        id: "gaussian_process",
        title: "Gaussian process, 500 × 5",
        quality: "mean squared error",
        bar: Bar::Times("scikit-learn", 1.0),
        growth: 3.0,
        tables: |scale| data::linear(rows(500, scale), 5),
        job: |tables| fit(tables, "gaussian_process", &[], seen_loss),
    },
    Workload {
        id: "pca",
        title: "PCA, 20,000 × 100 to 10",
        quality: "variance kept",
        bar: Bar::Times("scikit-learn", 2.0),
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
        bar: Bar::Times("openTSNE", 1.0),
        growth: 1.2,
        tables: |scale| data::blobs((rows(5_000, scale), 0), 50, 10, 0.5),
        job: |tables| fit(tables, "tsne", &[("max_iter", number(500.0))], trust),
    },
    Workload {
        id: "umap",
        title: "UMAP, 5,000 × 50",
        quality: "trustworthiness",
        bar: Bar::Times("umap-learn", 1.0),
        growth: 1.2,
        tables: |scale| data::blobs((rows(5_000, scale), 0), 50, 10, 0.5),
        job: |tables| fit(tables, "umap", &[], trust),
    },
    Workload {
        id: "dbscan",
        title: "DBSCAN, 20,000 × 2",
        quality: "clusters",
        bar: Bar::Times("scikit-learn", 1.0),
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
        bar: Bar::Times("scikit-learn", 0.5),
        growth: 2.0,
        tables: |scale| data::blobs((rows(10_000, scale), 0), 16, 8, 0.7),
        job: silhouette_of,
    },
    Workload {
        id: "csv",
        title: "CSV, 50 MB mixed, to typed columns",
        quality: "rows",
        bar: Bar::Times("duckdb-wasm", 0.5),
        growth: 1.0,
        tables: |scale| data::csv(50.0 * scale),
        job: read_csv,
    },
    Workload {
        id: "predict_784",
        title: "prediction, net 784-128-64-10, 10,000 rows",
        quality: "accuracy",
        bar: Bar::Times("onnxruntime-web", 1.0),
        growth: 1.0,
        tables: |scale| data::blobs((1_000, rows(10_000, scale)), 784, 10, 0.15),
        job: |tables| predict(tables, NET_784, 1),
    },
    Workload {
        id: "predict_one",
        title: "prediction, the same net, one row",
        quality: "accuracy",
        bar: Bar::Seconds(10e-6),
        growth: 0.0,
        tables: |_| data::blobs((1_000, 1), 784, 10, 0.15),
        job: |tables| predict(tables, NET_784, 2_000),
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
