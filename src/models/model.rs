//! What was learnt: a closed set of models, each able to predict and to be stored.

use std::collections::BTreeMap;

use ndarray::{Array1, Array2, ArrayView2, Axis, concatenate};

use super::catalogued::Catalogued;
use crate::error::{Code, Error, Result};
use crate::parallel;
use crate::prepare::Dataset;

/// What a model says of rows.
#[derive(Debug, Clone, PartialEq)]
pub enum Prediction {
    /// Classes.
    Classes {
        /// `(n_samples,)`: the class predicted. Not always the first of the most probable:
        /// KNN breaks a tie of votes by the nearest neighbor.
        codes: Vec<u32>,
        /// `(n_samples, n_classes)`; each row sums to 1.
        probabilities: Array2<f64>,
    },
    /// Numbers, `(n_samples,)`.
    Values(Array1<f64>),
    /// Clusters, `(n_samples,)`; [`NOISE`] is a row of no cluster.
    Clusters(Vec<u32>),
    /// Places on fewer axes, `(n_samples, n_components)`.
    Coordinates(Array2<f64>),
    /// How unusual rows are.
    Anomalies {
        /// `(n_samples,)`: the higher, the more unusual.
        scores: Vec<f64>,
        /// `(n_samples,)`: whether the score lies beyond the model's threshold.
        is_outlier: Vec<bool>,
    },
}

/// The cluster of rows that belong to none, such as those in thin places of DBSCAN.
pub const NOISE: u32 = u32::MAX;

impl Prediction {
    /// Number of rows.
    pub fn len(&self) -> usize {
        match self {
            Self::Classes { codes, .. } | Self::Clusters(codes) => codes.len(),
            Self::Values(values) => values.len(),
            Self::Coordinates(coordinates) => coordinates.nrows(),
            Self::Anomalies { scores, .. } => scores.len(),
        }
    }

    /// Whether it has no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Joins predictions of consecutive chunks of rows; all must be of one kind.
    fn join(parts: Vec<Self>) -> Result<Self> {
        let mut parts = parts.into_iter();
        let Some(first) = parts.next() else {
            return Err(Error::new(Code::Internal, "No rows to join."));
        };
        let mismatch = || Error::new(Code::Internal, "Predictions of one model differ in shape.");
        parts.try_fold(first, |joined, part| match (joined, part) {
            (
                Self::Classes {
                    mut codes,
                    probabilities,
                },
                Self::Classes {
                    codes: more,
                    probabilities: p,
                },
            ) => {
                codes.extend(more);
                let probabilities = concatenate(Axis(0), &[probabilities.view(), p.view()])
                    .map_err(|_| mismatch())?;
                Ok(Self::Classes {
                    codes,
                    probabilities,
                })
            }
            (Self::Values(a), Self::Values(b)) => concatenate(Axis(0), &[a.view(), b.view()])
                .map(Self::Values)
                .map_err(|_| mismatch()),
            (Self::Clusters(mut a), Self::Clusters(b)) => {
                a.extend(b);
                Ok(Self::Clusters(a))
            }
            (Self::Coordinates(a), Self::Coordinates(b)) => {
                concatenate(Axis(0), &[a.view(), b.view()])
                    .map(Self::Coordinates)
                    .map_err(|_| mismatch())
            }
            (
                Self::Anomalies {
                    mut scores,
                    mut is_outlier,
                },
                Self::Anomalies {
                    scores: more,
                    is_outlier: are,
                },
            ) => {
                scores.extend(more);
                is_outlier.extend(are);
                Ok(Self::Anomalies { scores, is_outlier })
            }
            _ => Err(mismatch()),
        })
    }
}

/// A matrix or vector of a model, as stored in an artifact.
#[derive(Debug, Clone, PartialEq)]
pub struct Tensor {
    /// Length along each axis; row-major.
    pub shape: Vec<usize>,
    /// The numbers.
    pub data: TensorData,
}

/// The numbers of a [`Tensor`].
#[derive(Debug, Clone, PartialEq)]
pub enum TensorData {
    /// 64-bit floats.
    F64(Vec<f64>),
    /// 32-bit floats.
    F32(Vec<f32>),
    /// 32-bit unsigned integers.
    U32(Vec<u32>),
}

impl TensorData {
    /// Number of entries.
    pub fn len(&self) -> usize {
        match self {
            Self::F64(data) => data.len(),
            Self::F32(data) => data.len(),
            Self::U32(data) => data.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A model taken apart for storage: tensors by name, and the rest as JSON.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Parts {
    /// Small values: names, choices, counts.
    pub values: serde_json::Map<String, serde_json::Value>,
    /// Matrices and vectors.
    pub tensors: BTreeMap<String, Tensor>,
}

impl Parts {
    /// Adds a matrix.
    pub fn put_matrix(&mut self, name: &str, matrix: &Array2<f64>) {
        let data = TensorData::F64(matrix.iter().copied().collect());
        self.tensors.insert(
            name.into(),
            Tensor {
                shape: matrix.shape().to_vec(),
                data,
            },
        );
    }

    /// Adds a vector.
    pub fn put_vector(&mut self, name: &str, vector: &[f64]) {
        let data = TensorData::F64(vector.to_vec());
        self.tensors.insert(
            name.into(),
            Tensor {
                shape: vec![vector.len()],
                data,
            },
        );
    }

    /// Adds a vector of codes.
    pub fn put_codes(&mut self, name: &str, codes: &[u32]) {
        let data = TensorData::U32(codes.to_vec());
        self.tensors.insert(
            name.into(),
            Tensor {
                shape: vec![codes.len()],
                data,
            },
        );
    }

    /// Adds a small value.
    pub fn put(&mut self, name: &str, value: impl Into<serde_json::Value>) {
        self.values.insert(name.into(), value.into());
    }

    /// Reads a finite matrix back.
    ///
    /// # Errors
    /// [`Code::BadArtifact`] where it is absent, of another kind, or holds a number that is
    /// not finite.
    pub fn matrix(&self, name: &str) -> Result<Array2<f64>> {
        match self.tensors.get(name) {
            Some(Tensor {
                shape,
                data: TensorData::F64(data),
            }) if shape.len() == 2 => {
                finite(name, data)?;
                Array2::from_shape_vec((shape[0], shape[1]), data.clone())
                    .map_err(|_| absent(name, "a matrix"))
            }
            _ => Err(absent(name, "a matrix")),
        }
    }

    /// Reads a finite vector back.
    ///
    /// # Errors
    /// As [`Parts::matrix`].
    pub fn vector(&self, name: &str) -> Result<Vec<f64>> {
        match self.tensors.get(name) {
            Some(Tensor {
                shape,
                data: TensorData::F64(data),
            }) if shape.len() == 1 => {
                finite(name, data)?;
                Ok(data.clone())
            }
            _ => Err(absent(name, "a vector")),
        }
    }

    /// Reads a vector of codes back, each below `limit`.
    ///
    /// # Errors
    /// As [`Parts::matrix`], and where a code is not below `limit`.
    pub fn codes(&self, name: &str, limit: usize) -> Result<Vec<u32>> {
        let codes = self.indices(name)?;
        if codes.iter().any(|&code| code as usize >= limit) {
            return Err(absent(name, &format!("a list of codes below {limit}")));
        }
        Ok(codes)
    }

    /// Reads a vector of whole numbers back, whatever their size.
    ///
    /// # Errors
    /// As [`Parts::matrix`], where it is of another kind.
    pub fn indices(&self, name: &str) -> Result<Vec<u32>> {
        match self.tensors.get(name) {
            Some(Tensor {
                shape,
                data: TensorData::U32(data),
            }) if shape.len() == 1 => Ok(data.clone()),
            _ => Err(absent(name, "a list of codes")),
        }
    }

    /// Reads a finite vector back where there is one.
    ///
    /// # Errors
    /// As [`Parts::matrix`], where it is there but of another kind.
    pub fn optional_vector(&self, name: &str) -> Result<Option<Vec<f64>>> {
        match self.tensors.get(name) {
            Some(_) => self.vector(name).map(Some),
            None => Ok(None),
        }
    }

    /// Reads a switch back.
    ///
    /// # Errors
    /// As [`Parts::text`].
    pub fn flag(&self, name: &str) -> Result<bool> {
        self.values
            .get(name)
            .and_then(serde_json::Value::as_bool)
            .ok_or_else(|| absent(name, "true or false"))
    }

    /// Reads a finite number back.
    ///
    /// # Errors
    /// As [`Parts::text`].
    pub fn real(&self, name: &str) -> Result<f64> {
        self.values
            .get(name)
            .and_then(serde_json::Value::as_f64)
            .filter(|v| v.is_finite())
            .ok_or_else(|| absent(name, "a number"))
    }

    /// Reads a text back.
    ///
    /// # Errors
    /// [`Code::BadArtifact`] where it is absent or of another type.
    pub fn text(&self, name: &str) -> Result<&str> {
        self.values
            .get(name)
            .and_then(|v| v.as_str())
            .ok_or_else(|| absent(name, "a text"))
    }

    /// Reads a count back where there is one.
    ///
    /// # Errors
    /// As [`Parts::text`], where it is there but of another type.
    pub fn optional_count(&self, name: &str) -> Result<Option<usize>> {
        match self.values.get(name) {
            Some(_) => self.count(name).map(Some),
            None => Ok(None),
        }
    }

    /// Reads a count back.
    ///
    /// # Errors
    /// As [`Parts::text`].
    pub fn count(&self, name: &str) -> Result<usize> {
        self.values
            .get(name)
            .and_then(serde_json::Value::as_u64)
            .map(|v| v as usize)
            .ok_or_else(|| absent(name, "a count"))
    }
}

fn finite(name: &str, data: &[f64]) -> Result<()> {
    if data.iter().all(|v| v.is_finite()) {
        Ok(())
    } else {
        Err(absent(name, "finite numbers"))
    }
}

/// A part that does not agree with the others.
pub(in crate::models) fn damaged(name: &str) -> Error {
    let message = format!("The model is damaged: \u{201c}{name}\u{201d} does not fit the rest.");
    Error::new(Code::BadArtifact, message).in_field(name)
}

fn absent(name: &str, what: &str) -> Error {
    let message = format!("The model is damaged: \u{201c}{name}\u{201d} should be {what}.");
    Error::new(Code::BadArtifact, message).in_field(name)
}

/// What every kind of model can do. One implementation per algorithm file.
pub trait Fitted: Sized {
    /// Number of features it expects.
    fn n_features(&self) -> usize;

    /// Predicts rows.
    ///
    /// - `x`: `(n_samples, n_features)`, finite; the caller has checked the width.
    fn predict(&self, x: ArrayView2<f64>) -> Prediction;

    /// The mean loss of training, without penalties, on other rows; `None` where the model has
    /// no such loss.
    fn loss(&self, _data: &Dataset) -> Option<f64> {
        None
    }

    /// Takes itself apart for storage.
    fn to_parts(&self) -> Parts;

    /// Puts itself together from storage, trusting nothing: shapes, ranges and codes are checked.
    ///
    /// # Errors
    /// [`Code::BadArtifact`] naming the part that is wrong.
    fn from_parts(parts: &Parts) -> Result<Self>;
}

/// Makes the closed set of models: one variant a line, dispatched exhaustively.
macro_rules! models {
    ($($(#[$doc:meta])* $variant:ident($model:ty) = $kind:literal,)+) => {
        /// A fitted model: the closed set, matched exhaustively by explain, plot and export.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Model { $($(#[$doc])* $variant($model),)+ }

        impl Model {
            /// The tag under which it is stored.
            pub fn kind(&self) -> &'static str {
                match self { $(Self::$variant(_) => $kind,)+ }
            }

            /// Number of features it expects.
            pub fn n_features(&self) -> usize {
                match self { $(Self::$variant(model) => model.n_features(),)+ }
            }

            fn predict_chunk(&self, x: ArrayView2<f64>) -> Prediction {
                match self { $(Self::$variant(model) => model.predict(x),)+ }
            }

            /// See [`Fitted::loss`].
            pub fn loss(&self, data: &Dataset) -> Option<f64> {
                match self { $(Self::$variant(model) => model.loss(data),)+ }
            }

            /// Takes the model apart for storage.
            pub fn to_parts(&self) -> Parts {
                match self { $(Self::$variant(model) => model.to_parts(),)+ }
            }

            /// Puts a model of a stored kind together.
            ///
            /// # Errors
            /// [`Code::BadArtifact`] for an unknown kind or damaged parts.
            pub fn from_parts(kind: &str, parts: &Parts) -> Result<Self> {
                match kind {
                    $($kind => <$model>::from_parts(parts).map(Self::$variant),)+
                    _ => {
                        let message = format!("This version does not know models of kind \u{201c}{kind}\u{201d}.");
                        Err(Error::new(Code::BadArtifact, message))
                    }
                }
            }
        }
    };
}

models! {
    /// Stored samples that vote.
    Knn(Catalogued<super::knn::KnnModel>) = "knn",
    /// A weighted sum: least squares, ridge, lasso and the elastic net.
    Linear(Catalogued<super::linear::LinearModel>) = "linear",
    /// Weighted sums through a softmax.
    Logistic(Catalogued<super::logistic::LogisticModel>) = "logistic",
    /// A multilayer perceptron.
    Mlp(super::mlp::MlpModel) = "mlp",
    /// Centroids.
    KMeans(Catalogued<super::kmeans::KMeansModel>) = "kmeans",
    /// Rows and the tree of their merges.
    Agglomerative(Catalogued<super::agglomerative::AgglomerativeModel>) = "agglomerative",
    /// Weighted normal distributions.
    GaussianMixture(Catalogued<super::gaussian_mixture::GaussianMixtureModel>) = "gaussian_mixture",
    /// Densities of stored samples.
    Lof(Catalogued<super::lof::LofModel>) = "lof",
    /// A spanning tree over dense places.
    Hdbscan(Catalogued<super::hdbscan::HdbscanModel>) = "hdbscan",
    /// Core samples of dense places.
    Dbscan(Catalogued<super::dbscan::DbscanModel>) = "dbscan",
    /// Principal axes.
    Pca(super::pca::PcaModel) = "pca",
    /// Support vectors: classes and numbers.
    Svm(Catalogued<super::svm::SvmModel>) = "svm",
    /// A distribution over curves.
    GaussianProcess(Catalogued<super::gaussian_process::GaussianProcessModel>) = "gaussian_process",
    /// Shares of classes, and the features within each.
    NaiveBayes(Catalogued<super::naive_bayes::NaiveBayesModel>) = "naive_bayes",
    /// Trees that are added up.
    Boosting(Catalogued<super::boosting::BoostingModel>) = "boosting",
    /// One answer, whatever the row.
    Baseline(Catalogued<super::baseline::BaselineModel>) = "baseline",
    /// Rows with their places on a map: t-SNE and UMAP.
    Embedding(Catalogued<super::embedding::EmbeddingModel>) = "embedding",
    /// A decision tree.
    Tree(Catalogued<super::tree::TreeModel>) = "tree",
    /// Trees whose answers are averaged.
    Forest(Catalogued<super::forest::ForestModel>) = "forest",
    /// Trees that set rows apart.
    IsolationForest(Catalogued<super::isolation_forest::IsolationForestModel>) = "isolation_forest",
}

/// Rows predicted as one piece of work; fixed, so results do not depend on threads.
const ROWS_A_CHUNK: usize = 1024;

impl Model {
    /// Predicts rows, in parallel where there are threads. Each row's answer depends on that
    /// row alone.
    ///
    /// - `x`: `(n_samples, n_features)`, finite.
    ///
    /// # Errors
    /// [`Code::ShapeMismatch`] where `x` has another number of columns, or no rows.
    pub fn predict(&self, x: ArrayView2<f64>) -> Result<Prediction> {
        if x.ncols() != self.n_features() {
            let message = format!(
                "The model expects {} features, the rows have {}.",
                self.n_features(),
                x.ncols()
            );
            return Err(Error::new(Code::ShapeMismatch, message));
        }
        if x.nrows() <= ROWS_A_CHUNK {
            return Ok(self.predict_chunk(x));
        }
        Prediction::join(parallel::map_chunks(x.nrows(), ROWS_A_CHUNK, |rows| {
            self.predict_chunk(x.slice(ndarray::s![rows, ..]))
        }))
    }
}
