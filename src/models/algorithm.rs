//! The catalogue of algorithms.

use std::ops::Range;
use std::sync::Arc;

use super::Trainer;
use super::rows::NUMBERS_A_CHUNK;
use crate::error::{Code, Error, Result};
use crate::math;
use crate::parallel::{awake_for, map_chunks};
use crate::prepare::{Dataset, Target, Task};
use crate::rng::Rng;
use crate::settings::{Checked, Hyperparameter, Setting, Settings};

/// What an algorithm is, in words and declarations.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Info {
    /// The name on the wire, for ever.
    pub id: &'static str,
    /// What the page calls it.
    pub label: &'static str,
    /// The tasks it can learn.
    pub tasks: &'static [Task],
    /// What it is akin to, as the chooser groups algorithms: `Trees`, `Neighbors`.
    pub family: &'static str,
    /// What it does, in one line.
    pub summary: &'static str,
    /// When to use it.
    pub use_when: &'static str,
    /// When not to use it.
    pub avoid_when: &'static str,
    /// What [`super::Progress::position`] counts: `epoch`, `iteration`, `pass`.
    pub unit: &'static str,
    /// What the loss is called, with its unit; empty where there is none.
    pub loss: &'static str,
    /// What can be set.
    pub hyperparameters: &'static [Hyperparameter],
    /// What training costs, in O().
    pub cost: &'static str,
    /// Where it comes from: author, title, venue, year.
    pub reference: &'static str,
    /// Whether features may have gaps (NaN) and codes of categories
    /// ([`Dataset::is_category`]): it then learns where they belong.
    pub takes_gaps: bool,
    /// Whether features may be negative; counts may not.
    pub takes_negatives: bool,
    /// Whether samples may have weights ([`Dataset::weights`]).
    pub takes_weights: bool,
}

impl Info {
    /// What most algorithms have in common, to be completed.
    pub const BASE: Self = Self {
        id: "",
        label: "",
        tasks: &[],
        family: "",
        summary: "",
        use_when: "",
        avoid_when: "",
        unit: "step",
        loss: "",
        hyperparameters: &[],
        cost: "",
        reference: "",
        takes_gaps: false,
        takes_negatives: true,
        takes_weights: false,
    };
}

/// What a training will need, as estimated before it starts.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Demand {
    /// Memory beside the data, in bytes.
    pub bytes: f64,
    /// Time on one core in a page, in seconds; 0 where it is not worth telling.
    pub seconds: f64,
}

impl Demand {
    /// How often a table must be halved until its numbers lie in a processor's cache. Work that
    /// jumps about in larger tables waits for memory, at each level of a tree, say.
    pub(super) fn halvings_to_cache(data: &Dataset) -> f64 {
        let bytes = 8.0 * data.n_samples() as f64 * data.n_features() as f64;
        math::log2((bytes / CACHED_BYTES).max(1.0))
    }
}

/// What of a table a processor keeps at hand, estimated; from here on forests were seen to slow
/// down.
const CACHED_BYTES: f64 = 12.0 * 1024.0 * 1024.0;

/// The most memory that a training may ask for: what fits beside the page in a tab.
const MOST_BYTES: f64 = 2.0 * 1024.0 * 1024.0 * 1024.0;

/// An algorithm with its settings, unfitted. Implemented once per file of the catalogue.
pub trait Estimator: Sized {
    /// Its catalogue entry.
    const INFO: Info;

    /// Takes checked settings over.
    ///
    /// # Errors
    /// [`Code::Internal`] where it reads a setting that it does not declare.
    fn new(settings: &Checked) -> Result<Self>;

    /// Starts training.
    ///
    /// # Errors
    /// [`Code::DoesNotFit`], [`Code::TooFewSamples`] or [`Code::BadTarget`] where the data do
    /// not suit it.
    fn begin(&self, data: Arc<Dataset>, rng: &Rng) -> Result<Box<dyn Trainer>>;

    /// What training on such data will need. Algorithms that grow faster than the data say so
    /// here; training is refused where the memory is not to be had.
    fn demand(&self, _data: &Dataset) -> Demand {
        Demand::default()
    }
}

/// One row of the catalogue.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// Words and declarations.
    pub info: &'static Info,
    begin: Begin,
    demand: Foretell,
}

type Foretell = fn(&Checked, &Dataset) -> Result<Demand>;
type Begin = fn(&Checked, Arc<Dataset>, &Rng) -> Result<Box<dyn Trainer>>;

impl Entry {
    const fn of<E: Estimator>() -> Self {
        // Only what stands in the table is linked: without `training`, nothing that learns.
        let (begin, demand): (Begin, Foretell) = if cfg!(feature = "training") {
            (
                |settings, data, rng| E::new(settings)?.begin(data, rng),
                |settings, data| Ok(E::new(settings)?.demand(data)),
            )
        } else {
            (|_, _, _| Err(cannot_learn()), |_, _| Err(cannot_learn()))
        };
        Self {
            info: &E::INFO,
            begin,
            demand,
        }
    }
}

fn cannot_learn() -> Error {
    let message = "This module predicts with finished models and does not train.";
    Error::new(Code::BadRequest, message)
}

/// Every algorithm, in the order in which the page shows them.
pub fn catalogue() -> &'static [Entry] {
    const CATALOGUE: &[Entry] = &[
        #[cfg(feature = "catalogue")]
        Entry::of::<super::knn::Knn>(),
        #[cfg(feature = "catalogue")]
        Entry::of::<super::logistic::Logistic>(),
        #[cfg(feature = "catalogue")]
        Entry::of::<super::lda::Lda>(),
        #[cfg(feature = "catalogue")]
        Entry::of::<super::linear::Linear>(),
        #[cfg(feature = "catalogue")]
        Entry::of::<super::ridge::Ridge>(),
        #[cfg(feature = "catalogue")]
        Entry::of::<super::lasso::Lasso>(),
        #[cfg(feature = "catalogue")]
        Entry::of::<super::elastic_net::ElasticNet>(),
        #[cfg(feature = "catalogue")]
        Entry::of::<super::huber::Huber>(),
        Entry::of::<super::mlp::Mlp>(),
        #[cfg(feature = "catalogue")]
        Entry::of::<super::tree::DecisionTree>(),
        #[cfg(feature = "catalogue")]
        Entry::of::<super::random_forest::RandomForest>(),
        #[cfg(feature = "catalogue")]
        Entry::of::<super::extra_trees::ExtraTrees>(),
        #[cfg(feature = "catalogue")]
        Entry::of::<super::kmeans::KMeans>(),
        #[cfg(feature = "catalogue")]
        Entry::of::<super::minibatch_kmeans::MiniBatchKMeans>(),
        #[cfg(feature = "catalogue")]
        Entry::of::<super::gaussian_mixture::GaussianMixture>(),
        #[cfg(feature = "catalogue")]
        Entry::of::<super::dbscan::Dbscan>(),
        #[cfg(feature = "catalogue")]
        Entry::of::<super::hdbscan::Hdbscan>(),
        #[cfg(feature = "catalogue")]
        Entry::of::<super::agglomerative::Agglomerative>(),
        #[cfg(feature = "catalogue")]
        Entry::of::<super::lof::Lof>(),
        #[cfg(feature = "catalogue")]
        Entry::of::<super::pca::Pca>(),
        #[cfg(feature = "catalogue")]
        Entry::of::<super::svm::Svm>(),
        #[cfg(feature = "catalogue")]
        Entry::of::<super::svm::svr::Svr>(),
        #[cfg(feature = "catalogue")]
        Entry::of::<super::gaussian_process::GaussianProcess>(),
        #[cfg(feature = "catalogue")]
        Entry::of::<super::naive_bayes::gaussian::GaussianNb>(),
        #[cfg(feature = "catalogue")]
        Entry::of::<super::naive_bayes::multinomial::MultinomialNb>(),
        #[cfg(feature = "catalogue")]
        Entry::of::<super::naive_bayes::bernoulli::BernoulliNb>(),
        #[cfg(feature = "catalogue")]
        Entry::of::<super::boosting::HistGradientBoosting>(),
        #[cfg(feature = "catalogue")]
        Entry::of::<super::baseline::Baseline>(),
        #[cfg(feature = "catalogue")]
        Entry::of::<super::tsne::Tsne>(),
        #[cfg(feature = "catalogue")]
        Entry::of::<super::umap::Umap>(),
        #[cfg(feature = "catalogue")]
        Entry::of::<super::isolation_forest::IsolationForest>(),
    ];
    CATALOGUE
}

/// A chosen algorithm with checked settings.
#[derive(Debug, Clone)]
pub struct Algorithm {
    entry: Entry,
    settings: Checked,
}

impl Algorithm {
    /// The algorithm of an id with `settings`, defaults filled in.
    ///
    /// # Errors
    /// [`Code::BadSetting`] for an unknown id or a setting out of its range.
    pub fn find(id: &str, settings: &Settings) -> Result<Self> {
        let entry = catalogue()
            .iter()
            .find(|entry| entry.info.id == id)
            .ok_or_else(|| {
                if cfg!(not(feature = "catalogue")) {
                    return Error::beyond_starter();
                }
                let known: Vec<&str> = catalogue().iter().map(|entry| entry.info.id).collect();
                let message = format!(
                    "There is no algorithm \u{201c}{id}\u{201d}. Known are: {}.",
                    known.join(", ")
                );
                Error::new(Code::BadSetting, message).in_field("algorithm")
            })?;
        let settings = Checked::new(entry.info.hyperparameters, settings)?;
        Ok(Self {
            entry: *entry,
            settings,
        })
    }

    /// Words and declarations.
    pub fn info(&self) -> &'static Info {
        self.entry.info
    }

    /// All settings, defaults included.
    pub fn settings(&self) -> &Settings {
        self.settings.values()
    }

    /// One setting by name.
    pub fn setting(&self, name: &str) -> Option<&Setting> {
        self.settings.values().get(name)
    }

    /// What training on `data` will need.
    ///
    /// # Errors
    /// [`Code::Internal`] as [`Estimator::new`].
    pub fn demand(&self, data: &Dataset) -> Result<Demand> {
        (self.entry.demand)(&self.settings, data)
    }

    /// Whether the memory that training on `data` will need is to be had.
    ///
    /// # Errors
    /// [`Code::TooLarge`] where it is not; those of [`Algorithm::demand`].
    pub fn check_demand(&self, data: &Dataset) -> Result<()> {
        let demand = self.demand(data)?;
        if demand.bytes > MOST_BYTES {
            return Err(too_large(self.info(), &demand, data.n_samples()));
        }
        Ok(())
    }

    /// Starts training on `data`. The data are checked here once for all algorithms: at least
    /// one sample and one feature, finite numbers (gaps only where the algorithm takes them),
    /// weights that are none or not negative, a target of a kind that the algorithm learns, and
    /// memory enough.
    ///
    /// # Errors
    /// [`Code::NothingToLearn`], [`Code::NotFinite`], [`Code::BadTarget`],
    /// [`Code::DoesNotFit`] or [`Code::TooLarge`]; and those of [`Estimator::begin`].
    pub fn begin(&self, data: Arc<Dataset>, rng: &Rng) -> Result<Box<dyn Trainer>> {
        awake_for(data.x.len(), || {
            check_data(self.info(), &data)?;
            check_weights(self.info(), &data)?;
            self.check_demand(&data)?;
            (self.entry.begin)(&self.settings, Arc::clone(&data), rng)
        })
    }
}

fn too_large(info: &Info, demand: &Demand, n_samples: usize) -> Error {
    let gigabytes = |bytes: f64| bytes / (1024.0 * 1024.0 * 1024.0);
    let message = format!(
        "{} would need about {:.1} GB of memory for these {n_samples} rows; at most {:.0} GB can be had. Use fewer rows, or an algorithm that grows more slowly.",
        info.label,
        gigabytes(demand.bytes),
        gigabytes(MOST_BYTES)
    );
    Error::new(Code::TooLarge, message)
}

fn check_weights(info: &Info, data: &Dataset) -> Result<()> {
    let Some(weights) = &data.weights else {
        return Ok(());
    };
    let refuse = |code: Code, message: String| Err(Error::new(code, message).in_field("weights"));
    if !info.takes_weights {
        let message = format!(
            "{} cannot weigh its rows. Leave the weights out, or choose another algorithm.",
            info.label
        );
        return refuse(Code::DoesNotFit, message);
    }
    if weights.len() != data.n_samples() {
        let message = format!(
            "There are {} weights for {} rows.",
            weights.len(),
            data.n_samples()
        );
        return refuse(Code::ShapeMismatch, message);
    }
    if let Some(row) = weights.iter().position(|w| !w.is_finite() || *w < 0.0) {
        let message = format!(
            "The weight of sample {} is {}; it must be 0 or a positive number.",
            row + 1,
            weights[row]
        );
        return refuse(Code::NotFinite, message);
    }
    if weights.iter().all(|w| *w == 0.0) {
        let message = "All weights are 0, so no row counts. Give at least one row a weight.";
        return refuse(Code::NothingToLearn, message.to_owned());
    }
    Ok(())
}

fn check_negatives(info: &Info, data: &Dataset) -> Result<()> {
    if info.takes_negatives {
        return Ok(());
    }
    let mut values = data.x.indexed_iter();
    let Some(((row, feature), value)) = values.find(|(_, value)| **value < 0.0) else {
        return Ok(());
    };
    let name = data.feature_names.get(feature).map_or("?", String::as_str);
    let message = format!(
        "Feature \u{201c}{name}\u{201d} of sample {} is {value}, but {} takes counts, which are never below 0. Scale numbers by min-max, or choose another algorithm.",
        row + 1,
        info.label
    );
    Err(Error::new(Code::DoesNotFit, message).in_column(name))
}

fn any_entry(data: &Dataset, is_wrong: impl Fn(f64) -> bool + Sync) -> bool {
    let Some(entries) = data.x.as_slice_memory_order() else {
        return data.x.iter().any(|v| is_wrong(*v));
    };
    let is_any = |range: Range<usize>| {
        let mut pieces = entries[range].chunks(1024);
        pieces.any(|piece| piece.iter().fold(false, |any, v| any | is_wrong(*v)))
    };
    map_chunks(entries.len(), NUMBERS_A_CHUNK, is_any).contains(&true)
}

fn check_data(info: &Info, data: &Dataset) -> Result<()> {
    if data.n_samples() == 0 {
        return Err(Error::new(
            Code::NothingToLearn,
            "There are no rows to learn from.",
        ));
    }
    if data.n_features() == 0 {
        let message = "There are no feature columns to learn from. Include at least one column besides the target.";
        return Err(Error::new(Code::NothingToLearn, message));
    }
    // Without branches, so that the compiler tests several numbers at once.
    let is_wrong = |v: f64| !(v.is_finite() | (v.is_nan() & info.takes_gaps));
    if any_entry(data, is_wrong)
        && let Some(((row, feature), value)) = data.x.indexed_iter().find(|(_, v)| is_wrong(**v))
    {
        let name = data.feature_names.get(feature).map_or("?", String::as_str);
        let message = if value.is_nan() {
            format!(
                "Feature \u{201c}{name}\u{201d} of sample {} is missing, and {} cannot learn with gaps. Fill them, or choose another algorithm.",
                row + 1,
                info.label
            )
        } else {
            format!(
                "Feature \u{201c}{name}\u{201d} of sample {} is {value}; it must be finite.",
                row + 1
            )
        };
        return Err(Error::new(Code::NotFinite, message).in_column(name));
    }
    check_negatives(info, data)?;
    let task_fits = |tasks: &[Task]| tasks.iter().any(|task| info.tasks.contains(task));
    match &data.target {
        Target::Classes { codes, labels } => {
            if codes.len() != data.n_samples() || codes.iter().any(|&c| c as usize >= labels.len())
            {
                return Err(Error::new(
                    Code::ShapeMismatch,
                    "The target does not match the rows.",
                ));
            }
            let mut is_present = vec![false; labels.len()];
            codes
                .iter()
                .for_each(|&code| is_present[code as usize] = true);
            if task_fits(&[Task::Classification]) && is_present.iter().filter(|p| **p).count() < 2 {
                let message = "The target has a single class in the training rows; telling classes apart needs at least two. Choose another target or more rows.";
                return Err(Error::new(Code::BadTarget, message).in_field("target"));
            }
        }
        Target::Values(values) => {
            if values.len() != data.n_samples() {
                return Err(Error::new(
                    Code::ShapeMismatch,
                    "The target does not match the rows.",
                ));
            }
            if values.iter().any(|v| !v.is_finite()) {
                return Err(Error::new(
                    Code::NotFinite,
                    "The target holds a number that is not finite.",
                )
                .in_field("target"));
            }
        }
        Target::None => {}
    }
    let supervised = match &data.target {
        Target::Classes { .. } => Some(Task::Classification),
        Target::Values(_) => Some(Task::Regression),
        Target::None => None,
    };
    let fits = |task: &Task| !task.is_supervised() || Some(*task) == supervised;
    if info.tasks.iter().any(fits) {
        return Ok(());
    }
    let needs = match info.tasks.first() {
        Some(Task::Regression) => "a target that is a number",
        _ => "a target with classes",
    };
    let message = format!(
        "{} needs {needs}. Choose such a target, or another algorithm.",
        info.label
    );
    Err(Error::new(Code::DoesNotFit, message).in_field("algorithm"))
}
