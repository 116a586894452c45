//! Algorithms that learn: each one file and one row of the [`catalogue`].
//!
//! An [`Algorithm`] is chosen and set; `begin` makes a [`Trainer`], which is pulled step by
//! step and can show a [`Model`] at any time. Training is a loop that the caller owns:
//!
//! ```
//! # use std::sync::Arc;
//! # use handlens::{models::Algorithm, settings::Settings, prepare::{Dataset, Target}, rng::Rng};
//! # fn main() -> handlens::error::Result<()> {
//! # let x = ndarray::array![[0.0], [1.0], [2.0]];
//! # let target = Target::Values(vec![1.0, 3.0, 5.0]);
//! # let data = Arc::new(Dataset { x, target, feature_names: vec!["a".into()], rows: vec![0, 1, 2], ..Dataset::default() });
//! let algorithm = Algorithm::find("linear", &Settings::default())?;
//! let mut trainer = algorithm.begin(data, &Rng::new(0))?;
//! while !trainer.step()?.is_done {}
//! let model = trainer.model();
//! # Ok(())
//! # }
//! ```

mod algorithm;
mod catalogued;
mod model;
mod rows;
mod trainer;
mod weights;

pub mod agglomerative;
pub mod baseline;
pub mod boosting;
pub mod dbscan;
pub mod elastic_net;
pub mod embedding;
pub mod extra_trees;
pub mod forest;
pub mod gaussian_mixture;
pub mod gaussian_process;
pub mod hdbscan;
pub mod huber;
pub mod isolation_forest;
pub mod kmeans;
pub mod knn;
pub mod lasso;
pub mod lda;
pub mod linear;
pub mod lof;
pub mod logistic;
pub mod minibatch_kmeans;
pub mod mlp;
pub mod naive_bayes;
pub mod neighbors;
pub mod pca;
pub mod random_forest;
pub mod ridge;
pub mod svm;
pub mod tree;
pub mod trees;
pub mod tsne;
pub mod umap;

pub use algorithm::{Algorithm, Demand, Entry, Estimator, Info, catalogue};
pub use model::{Fitted, Model, NOISE, Parts, Prediction, Tensor, TensorData};
pub use trainer::{Progress, Trainer, train_to_end};
