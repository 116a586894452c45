//! What spans the plane in which a model is shown, and the way from its places to features.

use ndarray::{Array1, Array2, ArrayView1};

use crate::error::{Code, Error, Result};
use crate::math::sort_by;
use crate::models::pca::PcaModel;
use crate::models::{Algorithm, Model, Prediction, train_to_end};
use crate::prepare::{Dataset, Expansion, Pipeline, Target};
use crate::protocol::PlaneAxes;
use crate::rng::Rng;
use crate::session::training::{Training, sample};
use crate::settings::{Setting, Settings};

/// Up to this many number columns two of them span the plane; above, the components do.
const MOST_COLUMNS: usize = 12;
/// Rows on which columns are compared and components are found.
const MOST_ROWS: usize = 2_000;

/// What is found out of the rows once and kept.
#[derive(Debug, Clone, Default)]
pub(in crate::session) struct ViewOfData {
    components: Option<PcaModel>,
    telling: Option<Vec<usize>>,
}

/// One feature along an axis: raw = feature · scale + center.
#[derive(Debug, Clone)]
pub(super) struct Along {
    feature: usize,
    name: String,
    center: f64,
    scale: f64,
}

/// A typical row, and what is made of its features.
#[derive(Debug, Clone)]
pub(super) struct Base {
    features: Vec<f64>,
    expansion: Option<Expansion>,
}

impl Base {
    fn new(pipeline: &Pipeline) -> Self {
        Self {
            features: pipeline.typical_features(),
            expansion: pipeline.expansion().cloned(),
        }
    }
}

/// A middle on the plane, and the variances along x and y with the covariance between.
pub(super) type Spread = ((f64, f64), (f64, f64, f64));

/// What spans the plane.
#[derive(Debug, Clone)]
pub(super) enum Axes {
    /// A single feature; the other direction means nothing.
    Single { x: Along, base: Base },
    /// Two features, the others at a typical row.
    Two {
        x: Along,
        y: Along,
        base: Base,
        has_others: bool,
    },
    /// The first two principal components of the features.
    Components(Box<PcaModel>),
}

impl Axes {
    /// The axes that were asked for, or the most telling ones.
    pub fn choose(training: &mut Training, pipeline: &Pipeline, asked: &PlaneAxes) -> Result<Self> {
        if pipeline.n_plain_features() == 1 {
            let x = along(pipeline, 0);
            return Ok(Self::Single {
                x,
                base: Base::new(pipeline),
            });
        }
        match asked {
            PlaneAxes::Columns { x, y } => Ok(Self::two(
                pipeline,
                feature_of(pipeline, x)?,
                feature_of(pipeline, y)?,
            )),
            PlaneAxes::Components => Self::components(training),
            PlaneAxes::Auto => {
                let numbers: Vec<usize> = super::plane_columns(pipeline)
                    .iter()
                    .filter_map(|name| pipeline.number_feature(name).map(|(feature, _)| feature))
                    .collect();
                let is_labeled = training.train.target != Target::None;
                match numbers.as_slice() {
                    [x, y] if is_labeled || pipeline.n_plain_features() == 2 => {
                        Ok(Self::two(pipeline, *x, *y))
                    }
                    [_, _, ..] if is_labeled && numbers.len() <= MOST_COLUMNS => {
                        let telling = training
                            .view
                            .telling
                            .get_or_insert_with(|| telling_pair(&training.train, &numbers));
                        Ok(Self::two(pipeline, telling[0], telling[1]))
                    }
                    _ => Self::components(training),
                }
            }
        }
    }

    fn two(pipeline: &Pipeline, x: usize, y: usize) -> Self {
        Self::Two {
            x: along(pipeline, x),
            y: along(pipeline, y),
            base: Base::new(pipeline),
            has_others: pipeline.n_plain_features() > 2,
        }
    }

    fn components(training: &mut Training) -> Result<Self> {
        if training.view.components.is_none() {
            training.view.components = Some(find_components(&training.train)?);
        }
        match &training.view.components {
            Some(pca) => Ok(Self::Components(Box::new(pca.clone()))),
            None => Err(Error::new(Code::Internal, "The components are not known.")),
        }
    }

    /// Whether there is a single feature.
    pub fn is_single(&self) -> bool {
        matches!(self, Self::Single { .. })
    }

    /// Names of the axes.
    pub fn labels(&self) -> (String, String) {
        match self {
            Self::Single { x, .. } => (x.name.clone(), String::new()),
            Self::Two { x, y, .. } => (x.name.clone(), y.name.clone()),
            Self::Components(_) => ("first component".into(), "second component".into()),
        }
    }

    /// What the axes are, and what is held fixed.
    pub fn subtitle(&self) -> String {
        match self {
            Self::Single { x, .. } => format!("along {}", x.name),
            Self::Two {
                x, y, has_others, ..
            } => {
                let others = if *has_others {
                    ", others at a typical row"
                } else {
                    ""
                };
                format!("{} \u{d7} {}{others}", x.name, y.name)
            }
            Self::Components(pca) => explained(&pca.explained_variance_ratio),
        }
    }

    /// The features at places of the plane, `(n, 2)` → `(n, n_features)`.
    pub fn features(&self, places: &Array2<f64>) -> Array2<f64> {
        match self {
            Self::Single { x, base } => spread(places, base, &[(0, x)]),
            Self::Two { x, y, base, .. } => spread(places, base, &[(0, x), (1, y)]),
            Self::Components(pca) => from_components(pca, places),
        }
    }

    /// Where samples lie in the plane.
    pub fn places(&self, data: &Dataset) -> Result<(Vec<f64>, Vec<f64>)> {
        let raw = |along: &Along| -> Vec<f64> {
            data.x
                .column(along.feature)
                .iter()
                .map(|v| v * along.scale + along.center)
                .collect()
        };
        match self {
            // The second direction means nothing; rows are spread so that they can be told apart.
            Self::Single { x, .. } => {
                let golden = |row: &usize| (*row as f64 * 0.618_033_988_749_895).fract();
                Ok((raw(x), data.rows.iter().map(golden).collect()))
            }
            Self::Two { x, y, .. } => Ok((raw(x), raw(y))),
            Self::Components(pca) => {
                let x = fill_gaps(&data.x, &pca.mean);
                let Prediction::Coordinates(places) =
                    Model::Pca(pca.as_ref().clone()).predict(x.view())?
                else {
                    return Err(Error::new(
                        Code::Internal,
                        "A projection gave no coordinates.",
                    ));
                };
                Ok((places.column(0).to_vec(), places.column(1).to_vec()))
            }
        }
    }

    /// A normal distribution over the features as it lies on the axes; `None` where there is a
    /// single feature.
    pub fn ellipse(&self, mean: ArrayView1<f64>, covariance: &Array2<f64>) -> Option<Spread> {
        let (x, y, center) = match self {
            Self::Single { .. } => return None,
            Self::Two { x, y, .. } => {
                let unit = |along: &Along| {
                    let mut unit = Array1::zeros(mean.len());
                    unit[along.feature] = along.scale;
                    unit
                };
                (unit(x), unit(y), (x.center, y.center))
            }
            Self::Components(pca) if pca.components.nrows() > 1 => {
                let (x, y) = (pca.components.row(0), pca.components.row(1));
                let origin = Array1::from(pca.mean.clone());
                (
                    x.to_owned(),
                    y.to_owned(),
                    (-origin.dot(&x), -origin.dot(&y)),
                )
            }
            Self::Components(_) => return None,
        };
        let between = |a: &Array1<f64>, b: &Array1<f64>| a.dot(&covariance.dot(b));
        let middle = (mean.dot(&x) + center.0, mean.dot(&y) + center.1);
        Some((middle, (between(&x, &x), between(&y, &y), between(&x, &y))))
    }

    /// The ways of centroids, given step by step as `(n_clusters, n_features)`.
    pub fn trails(&self, steps: &[Array2<f64>]) -> Vec<Vec<(f64, f64)>> {
        let n_clusters = steps.last().map_or(0, Array2::nrows);
        let mut trails = vec![Vec::with_capacity(steps.len()); n_clusters];
        for centroids in steps.iter().filter(|step| step.nrows() == n_clusters) {
            let data = Dataset {
                x: centroids.clone(),
                rows: (0..n_clusters).collect(),
                ..Dataset::default()
            };
            if let Ok((x, y)) = self.places(&data) {
                for (trail, place) in trails.iter_mut().zip(x.into_iter().zip(y)) {
                    trail.push(place);
                }
            }
        }
        trails
    }
}

/// How much of the variance the first two components hold, in words.
pub(super) fn explained(ratio: &[f64]) -> String {
    let percent = |index: usize| ratio.get(index).map_or(0.0, |r| r * 100.0);
    format!(
        "first two principal components: {:.0} % and {:.0} % of the variance",
        percent(0),
        percent(1)
    )
}

/// The features at places on the first two components, the others at 0.
fn from_components(pca: &PcaModel, places: &Array2<f64>) -> Array2<f64> {
    Array2::from_shape_fn((places.nrows(), pca.mean.len()), |(row, feature)| {
        let along = |axis: usize| {
            if axis < pca.components.nrows() {
                places[(row, axis)] * pca.components[(axis, feature)]
            } else {
                0.0
            }
        };
        pca.mean[feature] + along(0) + along(1)
    })
}

/// Copies of `base` with some features set from columns of `places`, and what is made of them.
fn spread(places: &Array2<f64>, base: &Base, set: &[(usize, &Along)]) -> Array2<f64> {
    let mut x = Array2::zeros((places.nrows(), base.features.len()));
    for (mut row, place) in x.rows_mut().into_iter().zip(places.rows()) {
        row.assign(&Array1::from(base.features.clone()));
        for (axis, along) in set {
            row[along.feature] = (place[*axis] - along.center) / along.scale;
        }
        if let (Some(expansion), Some(row)) = (&base.expansion, row.as_slice_mut()) {
            expansion.fill(row);
        }
    }
    x
}

fn along(pipeline: &Pipeline, feature: usize) -> Along {
    let (center, scale) = pipeline.units().get(feature).copied().unwrap_or((0.0, 1.0));
    let name = pipeline
        .feature_names()
        .get(feature)
        .cloned()
        .unwrap_or_default();
    Along {
        feature,
        name,
        center,
        scale,
    }
}

fn feature_of(pipeline: &Pipeline, name: &str) -> Result<usize> {
    pipeline
        .number_feature(name)
        .map(|(feature, _)| feature)
        .ok_or_else(|| {
            let message =
                format!("\u{201c}{name}\u{201d} is not a number column that the model uses.");
            Error::new(Code::UnknownColumn, message).in_column(name)
        })
}

fn find_components(train: &Dataset) -> Result<PcaModel> {
    let mut rows = sample(train, MOST_ROWS, &Rng::new(0));
    rows.target = Target::None;
    rows.weights = None;
    rows.x = fill_gaps(&rows.x, &means(&rows.x));
    let settings = Settings::from([("n_components".to_owned(), Setting::Number(2.0))]);
    let algorithm = Algorithm::find("pca", &settings)?;
    let mut trainer = algorithm.begin(std::sync::Arc::new(rows), &Rng::new(0))?;
    train_to_end(trainer.as_mut())?;
    match trainer.model() {
        Model::Pca(pca) => Ok(pca),
        _ => Err(Error::new(
            Code::Internal,
            "The projection made another model.",
        )),
    }
}

/// The mean of each feature over the rows that have it; 0 where none has.
fn means(x: &Array2<f64>) -> Vec<f64> {
    let present = |column: ndarray::ArrayView1<f64>| -> Vec<f64> {
        column.iter().copied().filter(|v| !v.is_nan()).collect()
    };
    let mean = |column| crate::math::mean(&present(column)).unwrap_or_default();
    x.columns().into_iter().map(mean).collect()
}

/// `x` with each gap at the value that stands for its feature.
fn fill_gaps(x: &Array2<f64>, values: &[f64]) -> Array2<f64> {
    let mut filled = x.clone();
    for (mut column, value) in filled.columns_mut().into_iter().zip(values) {
        column.mapv_inplace(|v| if v.is_nan() { *value } else { v });
    }
    filled
}

/// The two features that tell most of the target, the second not a copy of the first.
fn telling_pair(train: &Dataset, numbers: &[usize]) -> Vec<usize> {
    let mut rows = sample(train, MOST_ROWS, &Rng::new(0));
    rows.x = fill_gaps(&rows.x, &means(&rows.x));
    let column = |feature: usize| rows.x.column(feature).to_vec();
    let mut scored: Vec<(f64, usize)> = numbers
        .iter()
        .map(|&feature| (telling(&column(feature), &rows.target), feature))
        .collect();
    sort_by(&mut scored, |a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let first = scored[0].1;
    let is_copy = |feature: usize| correlation(&column(first), &column(feature)).abs() > 0.95;
    let second = scored
        .iter()
        .skip(1)
        .map(|s| s.1)
        .find(|&feature| !is_copy(feature));
    vec![first, second.unwrap_or(scored[1].1)]
}

/// The share of a feature's variance that the target explains, 0 to 1.
pub(super) fn telling(feature: &[f64], target: &Target) -> f64 {
    match target {
        Target::None => 0.0,
        Target::Values(values) => {
            let r = correlation(feature, values);
            r * r
        }
        Target::Classes { codes, labels } => {
            let mut sums = vec![(0.0, 0.0); labels.len()];
            for (value, &code) in feature.iter().zip(codes) {
                sums[code as usize].0 += value;
                sums[code as usize].1 += 1.0;
            }
            let mean_of = |code: u32| sums[code as usize].0 / sums[code as usize].1;
            let group_means: Vec<f64> = codes.iter().map(|&code| mean_of(code)).collect();
            let (Some(between), Some(total)) = (
                crate::math::moments(&group_means),
                crate::math::moments(feature),
            ) else {
                return 0.0;
            };
            if total.variance > 0.0 {
                between.variance / total.variance
            } else {
                0.0
            }
        }
    }
}

/// Pearson's correlation; 0 where a side is constant.
fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let (Some(ma), Some(mb)) = (crate::math::moments(a), crate::math::moments(b)) else {
        return 0.0;
    };
    let products = a.iter().zip(b).map(|(x, y)| (x - ma.mean) * (y - mb.mean));
    let r = crate::math::sum(products) / a.len() as f64 / (ma.deviation * mb.deviation);
    if r.is_finite() { r } else { 0.0 }
}
