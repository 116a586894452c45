//! Scores as data.

/// How a number is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(rename = "MetricFormat"))]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// A share: 0.986 is shown as 98.6 %.
    Percent,
    /// A plain number, with three or four significant digits.
    Number,
}

/// One reported number, with what it means and how sure it is.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Metric {
    /// The name on the wire, for ever: `accuracy`, `rmse`.
    pub id: String,
    /// What the page calls it.
    pub label: String,
    /// The number; `None` where it is not defined.
    pub value: Option<f64>,
    /// Why there is no value, as a sentence.
    pub reason: Option<String>,
    /// What should be known beside the value: clipped, sampled, a class left out.
    pub note: Option<String>,
    /// Its standard error over draws of as many rows, where there is an honest estimate.
    pub std_error: Option<f64>,
    /// The value of the baseline on the same rows.
    pub baseline: Option<f64>,
    /// Which way is better.
    pub is_higher_better: bool,
    /// How to show it.
    pub format: Format,
    /// What it says, in plain words.
    pub help: String,
    /// How it is computed.
    pub formula: String,
}

impl Metric {
    /// A metric without its number yet.
    pub(super) fn new(id: &str, label: &str, format: Format, is_higher_better: bool) -> Self {
        Self {
            id: id.to_owned(),
            label: label.to_owned(),
            value: None,
            reason: None,
            note: None,
            std_error: None,
            baseline: None,
            is_higher_better,
            format,
            help: String::new(),
            formula: String::new(),
        }
    }

    /// Adds what it says and how it is computed.
    pub(super) fn explained(mut self, help: &str, formula: &str) -> Self {
        self.help = help.to_owned();
        self.formula = formula.to_owned();
        self
    }

    /// Adds the number, or the reason why there is none. A number that is not finite is none.
    pub(super) fn with(mut self, value: Result<f64, String>) -> Self {
        match value {
            Ok(value) if value.is_finite() => self.value = Some(value),
            Ok(_) => self.reason = Some("The numbers are too large to be computed with.".into()),
            Err(reason) => self.reason = Some(reason),
        }
        self
    }

    /// Adds the number of the baseline.
    pub(super) fn against(mut self, baseline: Option<f64>) -> Self {
        self.baseline = baseline.filter(|b| b.is_finite());
        self
    }

    /// Adds the standard error.
    pub(super) fn give_or_take(mut self, std_error: Option<f64>) -> Self {
        self.std_error = std_error.filter(|e| e.is_finite());
        self
    }

    /// Adds what should be known beside the value.
    pub(super) fn noted(mut self, note: Option<String>) -> Self {
        self.note = note;
        self
    }
}

/// How often each class was taken for each other.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Confusion {
    /// The shown text of each class.
    pub labels: Vec<String>,
    /// `(n_classes, n_classes)`: `counts[actual][predicted]`.
    pub counts: Vec<Vec<u32>>,
}

/// How well one class is recognized.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ClassScore {
    /// The shown text of the class.
    pub label: String,
    /// Rows of the class.
    pub n_samples: usize,
    /// Of the rows said to be of the class, the share that is; `None` where none is said to be.
    pub precision: Option<f64>,
    /// Of the rows of the class, the share that is found; `None` where there are none.
    pub recall: Option<f64>,
    /// The harmonic mean of both; `None` where the class neither occurs nor is predicted.
    pub f1: Option<f64>,
}

/// Every score of one set of rows.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Scores {
    /// Number of rows.
    pub n_samples: usize,
    /// The id of the metric to show first.
    pub headline: String,
    /// In the order of the page.
    pub metrics: Vec<Metric>,
    /// For classification.
    pub confusion: Option<Confusion>,
    /// For classification, in the order of the classes.
    pub per_class: Option<Vec<ClassScore>>,
}

impl Scores {
    /// A metric by its id.
    pub fn metric(&self, id: &str) -> Option<&Metric> {
        self.metrics.iter().find(|metric| metric.id == id)
    }

    /// The number of a metric, where it is defined.
    pub fn value(&self, id: &str) -> Option<f64> {
        self.metric(id)?.value
    }
}

/// The scores on seen and unseen rows, and what they mean.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Evaluation {
    /// On the rows that were learnt from.
    pub train: Scores,
    /// On rows the model has not seen; `None` where none were kept back.
    pub test: Option<Scores>,
    /// What both say together.
    pub verdict: Verdict,
}

impl Evaluation {
    /// Puts scores and their verdict together.
    pub fn new(train: Scores, test: Option<Scores>) -> Self {
        let verdict = super::judge(&train, test.as_ref());
        Self {
            train,
            test,
            verdict,
        }
    }
}

/// The kind of a [`Verdict`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum VerdictKind {
    /// Seen and unseen rows agree, and both are good.
    FitsWell,
    /// Much better on seen rows than on unseen ones.
    Overfits,
    /// Little better than the baseline even on seen rows.
    Underfits,
    /// Not better than the baseline beyond chance.
    NoBetterThanBaseline,
    /// Too few unseen rows to tell.
    TooFewRows,
    /// Nothing to judge by: no unseen rows, or no right answer exists.
    NotJudged,
}

/// What the scores say, in words.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Verdict {
    /// For color and for machines.
    pub kind: VerdictKind,
    /// Two or three words.
    pub title: String,
    /// Why, in a sentence with the numbers.
    pub why: String,
    /// What to try next, in a sentence.
    pub try_next: String,
}
