//! Target encoding: a level becomes the mean of the target among its training rows, drawn to the
//! overall mean the more, the fewer rows there are and the more they differ.
//!
//! The mean of a level of n rows gets the weight σ²·n / (σ²·n + s²), with the variance σ² of the
//! target and s² of the target within the level; the overall mean gets the rest (empirical
//! Bayes). It is `TargetEncoder(smooth="auto")` of scikit-learn: a number or two classes make one
//! feature, more classes one each. O(rows) to learn.
//!
//! A row must not be encoded by its own target, or rare levels give it away. So the rows learnt
//! from are encoded in [`N_FOLDS`] folds, each by the means of the others ([`folds`]); all other
//! rows by the means of all rows learnt from. Deviation: folds are drawn by a fixed seed.
//!
//! Reference: D. Micci-Barreca, "A preprocessing scheme for high-cardinality categorical
//! attributes in classification and prediction problems", SIGKDD Explorations 3(1), 2001.

use serde::{Deserialize, Serialize};

use super::{Encoding, FittedColumn, Steps};
use crate::data::Column;
use crate::error::{Code, Error, Result};
use crate::math;
use crate::rng::Rng;

/// In how many parts the rows learnt from are encoded.
pub(in crate::prepare) const N_FOLDS: usize = 5;

/// What the target says of each row.
#[derive(Debug, Clone)]
pub(in crate::prepare) struct Lesson {
    /// `(n_outputs, n_samples)`: the target, or for each class 1 in its rows; NaN where missing.
    pub outputs: Vec<Vec<f64>>,
    /// Labels of the outputs, where there are several.
    pub labels: Vec<String>,
}

impl Lesson {
    /// Of values or codes of classes, one a row.
    pub fn new(values: &[f64], labels: &[String]) -> Self {
        let is_class = |class: usize| {
            let truth = |value: &f64| match value.is_nan() {
                true => f64::NAN,
                false => f64::from(u8::from(*value == class as f64)),
            };
            values.iter().map(truth).collect()
        };
        match labels.len() {
            0 => Self {
                outputs: vec![values.to_vec()],
                labels: Vec::new(),
            },
            2 => Self {
                outputs: vec![is_class(1)],
                labels: Vec::new(),
            },
            n => Self {
                outputs: (0..n).map(is_class).collect(),
                labels: labels.to_vec(),
            },
        }
    }
}

/// Smoothed means of the target by level.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetMeans {
    /// `(n_levels, n_outputs)`, row by row.
    pub by_level: Vec<f64>,
    /// `(n_outputs,)`: for levels never seen.
    pub overall: Vec<f64>,
    /// Labels of the outputs, where there are several.
    pub labels: Vec<String>,
}

impl TargetMeans {
    /// Of rows that `counts` says to learn from.
    ///
    /// - `levels`: `(n_samples,)`, indices below `n_levels`; others say nothing but of the whole.
    pub(in crate::prepare) fn fit(
        levels: &[f64],
        n_levels: usize,
        lesson: &Lesson,
        counts: impl Fn(usize) -> bool,
    ) -> Self {
        let n_outputs = lesson.outputs.len();
        let mut by_level = vec![0.0; n_levels * n_outputs];
        let mut overall = Vec::with_capacity(n_outputs);
        for (output, values) in lesson.outputs.iter().enumerate() {
            let rows = (0..values.len()).filter(|&row| counts(row) && !values[row].is_nan());
            let rows: Vec<usize> = rows.collect();
            let all: Vec<f64> = rows.iter().map(|&row| values[row]).collect();
            let whole = math::moments(&all);
            let (mean, variance) = whole.map_or((0.0, 0.0), |m| (m.mean, m.variance));
            let mut members = vec![Vec::new(); n_levels];
            for row in rows {
                if let Some(members) = index(levels[row]).and_then(|level| members.get_mut(level)) {
                    members.push(values[row]);
                }
            }
            for (level, members) in members.iter().enumerate() {
                by_level[level * n_outputs + output] = smoothed(members, mean, variance);
            }
            overall.push(mean);
        }
        Self {
            by_level,
            overall,
            labels: lesson.labels.clone(),
        }
    }

    pub(super) fn width(&self) -> usize {
        self.overall.len()
    }

    pub(super) fn feature_names(&self, column: &str) -> Vec<String> {
        match self.labels.as_slice() {
            [] => vec![column.to_owned()],
            labels => {
                let name = |label: &String| format!("{column} for {label}");
                labels.iter().map(name).collect()
            }
        }
    }

    /// Writes the means of a level; the overall ones for a gap and a level never seen.
    pub(in crate::prepare) fn write(&self, level: f64, out: &mut [f64]) {
        let width = self.width();
        let of_level = index(level).and_then(|level| self.by_level.get(level * width..));
        let means = of_level.filter(|means| means.len() >= width);
        let means = means.unwrap_or(&self.overall);
        out.iter_mut().zip(means).for_each(|(to, mean)| *to = *mean);
    }

    pub(super) fn is_sound(&self, n_levels: usize) -> bool {
        let width = self.width();
        width > 0
            && Some(self.by_level.len()) == n_levels.checked_mul(width)
            && (self.labels.is_empty() && width == 1 || self.labels.len() == width)
            && self
                .by_level
                .iter()
                .chain(&self.overall)
                .all(|v| v.is_finite())
    }
}

/// The mean of the rows of a level, drawn to the overall mean.
fn smoothed(members: &[f64], mean: f64, variance: f64) -> f64 {
    let Some(own) = math::moments(members) else {
        return mean;
    };
    let trust = variance * members.len() as f64;
    let weight = trust / (trust + own.variance);
    // Where nothing varies, both means are the same.
    if weight.is_nan() {
        return mean;
    }
    weight * own.mean + (1.0 - weight) * mean
}

fn index(level: f64) -> Option<usize> {
    (level >= 0.0).then_some(level as usize)
}

/// The fold of each row: drawn evenly, and of classes each in equal shares.
///
/// - `values`: `(n_samples,)`, the target or codes of classes.
pub(in crate::prepare) fn folds(values: &[f64], n_classes: usize) -> Vec<usize> {
    let mut n_seen = vec![0_usize; n_classes.max(1)];
    let mut folds = vec![0; values.len()];
    for row in Rng::new(0)
        .fork("target_encoding")
        .permutation(values.len())
    {
        let class = if n_classes == 0 { 0.0 } else { values[row] };
        if let Some(n_seen) = index(class).and_then(|class| n_seen.get_mut(class)) {
            folds[row] = *n_seen % N_FOLDS;
            *n_seen += 1;
        }
    }
    folds
}

impl FittedColumn {
    /// Learns the means of the target, where levels become those.
    pub(super) fn fit_means(&mut self, column: &Column, lesson: Option<&Lesson>) -> Result<()> {
        let n_levels = match &self.steps {
            Steps::Category {
                levels,
                encoding: Encoding::Target,
                ..
            } => levels.len(),
            _ => return Ok(()),
        };
        let Some(lesson) = lesson else {
            let message = format!(
                "Column \u{201c}{}\u{201d} cannot become means of the target: there is no target. Choose another encoding.",
                self.name
            );
            return Err(Error::new(Code::BadSetting, message)
                .in_column(&self.name)
                .in_field("encode"));
        };
        let cells = self.read(column)?.values;
        let fitted = TargetMeans::fit(&cells, n_levels, lesson, |_| true);
        if let Steps::Category { means, .. } = &mut self.steps {
            *means = Some(fitted);
        }
        Ok(())
    }
}
