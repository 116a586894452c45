//! A fitted recipe: turns tables into datasets, the same way in training and at prediction.

use ndarray::Array2;
use serde::{Deserialize, Serialize};

use super::column::{Cells, FittedColumn, Lesson, N_FOLDS, Steps, TargetMeans, bucket, folds};
use super::expand::Expansion;
use super::target::FittedTarget;
use super::{Dataset, Target};
use crate::data::{Column, Table, Values};
use crate::error::{Code, Error, Result};
use crate::math::print_number;

/// A recipe that has seen training rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pipeline {
    pub(super) columns: Vec<FittedColumn>,
    pub(super) target: Option<FittedTarget>,
    /// Columns left out, each with the reason.
    pub(super) left_out: Vec<(String, String)>,
    /// The column that says how much each row counts in training.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) weight: Option<String>,
    /// What is made of the features of columns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) expansion: Option<Expansion>,
}

/// Rows made ready, and what there was to say on the way.
#[derive(Debug, Clone)]
pub struct Transformed {
    /// The rows that were kept; [`Dataset::rows`] says which.
    pub dataset: Dataset,
    /// Gaps filled, rows dropped, levels never seen: sentences.
    pub notes: Vec<String>,
}

impl Pipeline {
    /// The columns used, in order.
    pub fn columns(&self) -> &[FittedColumn] {
        &self.columns
    }

    /// The target, if there is one.
    pub fn target(&self) -> Option<&FittedTarget> {
        self.target.as_ref()
    }

    /// Class labels; empty where there are no classes.
    pub fn labels(&self) -> &[String] {
        self.target
            .as_ref()
            .map_or(&[], |target| target.labels.as_slice())
    }

    /// Columns left out, each with the reason.
    pub fn left_out(&self) -> &[(String, String)] {
        &self.left_out
    }

    /// The column that says how much each row counts in training, if there is one.
    pub fn weight(&self) -> Option<&str> {
        self.weight.as_deref()
    }

    /// The first column whose gaps reach the algorithm as NaN.
    pub fn gap_column(&self) -> Option<&FittedColumn> {
        self.columns.iter().find(|column| column.writes_gaps())
    }

    /// Names of the features: those of the columns, then what is made of them.
    pub fn feature_names(&self) -> Vec<String> {
        let plain = self.columns.iter().flat_map(FittedColumn::feature_names);
        let mut names: Vec<String> = plain.collect();
        if let Some(expansion) = &self.expansion {
            names.extend(expansion.names(&names));
        }
        names
    }

    /// What is made of the features of columns, if anything.
    pub fn expansion(&self) -> Option<&Expansion> {
        self.expansion.as_ref()
    }

    /// Number of features of the columns, which come first.
    pub fn n_plain_features(&self) -> usize {
        self.columns.iter().map(FittedColumn::width).sum()
    }

    /// Number of features.
    pub fn n_features(&self) -> usize {
        self.n_plain_features() + self.expansion.as_ref().map_or(0, Expansion::width)
    }

    /// Center and scale of each feature: raw = feature · scale + center. What is made of
    /// features has no unit but that of the features: center 0, scale 1.
    pub fn units(&self) -> Vec<(f64, f64)> {
        let plain = self.columns.iter().flat_map(FittedColumn::units);
        let mut units: Vec<(f64, f64)> = plain.collect();
        units.resize(self.n_features(), (0.0, 1.0));
        units
    }

    /// The features of a typical row: every number at its median, every category at its most
    /// frequent level.
    pub fn typical_features(&self) -> Vec<f64> {
        let mut features = vec![0.0; self.n_features()];
        let mut at = 0;
        for column in &self.columns {
            let value = match &column.steps {
                Steps::Number { typical, .. } => *typical,
                Steps::Category { typical, .. } => *typical as f64,
                Steps::Hash {
                    n_features,
                    typical,
                    ..
                } => bucket(typical, *n_features),
            };
            column.write(value, &mut features[at..at + column.width()]);
            at += column.width();
        }
        if let Some(expansion) = &self.expansion {
            expansion.fill(&mut features);
        }
        features
    }

    /// The index of a number column's feature, with its column.
    pub fn number_feature(&self, name: &str) -> Option<(usize, &FittedColumn)> {
        let mut at = 0;
        for column in &self.columns {
            if column.name == name && matches!(column.steps, Steps::Number { .. }) {
                return Some((at, column));
            }
            at += column.width();
        }
        None
    }

    /// What the pipeline does, a line a column.
    pub fn describe(&self) -> Vec<String> {
        let used = self.columns.iter().map(FittedColumn::describe);
        let left = self
            .left_out
            .iter()
            .map(|(name, reason)| format!("{name}: left out, {reason}"));
        let made = self.expansion.iter().flat_map(Expansion::describe);
        used.chain(made).chain(left).collect()
    }

    /// What is read from the cells of a table, column by column, before it becomes features:
    /// numbers, and places of levels; NaN for a gap that is not filled.
    ///
    /// # Errors
    /// As [`Pipeline::transform`], of which it is the first step.
    pub fn read_cells(&self, table: &Table) -> Result<Vec<Vec<f64>>> {
        let read = |column: &FittedColumn| Ok(column.read(table.column(&column.name)?)?.values);
        self.columns.iter().map(read).collect()
    }

    /// Turns a table into features, and its target column, where `with_target`, into the
    /// target. Rows with a gap that the recipe drops, and rows without a target, are left out;
    /// a gap that the recipe keeps is NaN. Weights are read where `with_target`.
    ///
    /// # Errors
    /// [`Code::UnknownColumn`] where a column is missing, [`Code::WrongType`] where a cell
    /// cannot be read as the column's type, [`Code::UnseenCategory`] where the recipe refuses
    /// unseen levels, [`Code::NotFinite`] where a weight is missing or negative.
    pub fn transform(&self, table: &Table, with_target: bool) -> Result<Transformed> {
        self.transform_as(table, with_target, false)
    }

    /// Turns the rows learnt from into features: as [`Pipeline::transform`] with the target, but
    /// where levels become means of the target, those are of rows of other folds.
    ///
    /// # Errors
    /// As [`Pipeline::transform`].
    pub fn transform_training(&self, table: &Table) -> Result<Transformed> {
        self.transform_as(table, true, true)
    }

    fn transform_as(
        &self,
        table: &Table,
        with_target: bool,
        is_training: bool,
    ) -> Result<Transformed> {
        let mut notes = Vec::new();
        let mut cells = Vec::with_capacity(self.columns.len());
        for column in &self.columns {
            let read = column.read(table.column(&column.name)?)?;
            note_cells(column, &read, &mut notes);
            cells.push(read.values);
        }
        let target = match (&self.target, with_target) {
            (Some(target), true) => Some(target.read(table)?),
            _ => None,
        };
        let keeps_row = |column: &FittedColumn, values: &[f64], row: usize| {
            column.keeps_gaps() || !values[row].is_nan()
        };
        let is_kept = |row: &usize| {
            let mut columns = self.columns.iter().zip(&cells);
            columns.all(|(column, values)| keeps_row(column, values, *row))
                && target.as_ref().is_none_or(|values| !values[*row].is_nan())
        };
        let rows: Vec<usize> = (0..table.n_rows()).filter(is_kept).collect();
        if rows.len() < table.n_rows() {
            let dropped = table.n_rows() - rows.len();
            notes.push(format!(
                "{dropped} of {} rows left out for a gap.",
                table.n_rows()
            ));
        }
        let crossed = match &target {
            Some(values) if is_training => self.cross_fitted(&cells, &rows, values),
            _ => vec![None; self.columns.len()],
        };
        let x = self.features(&cells, &rows, &crossed);
        let weights = match (&self.weight, with_target) {
            (Some(name), true) => Some(read_weights(table.column(name)?, &rows)?),
            _ => None,
        };
        let target = match (&self.target, target) {
            (Some(fitted), Some(values)) => fitted.select(&values, &rows),
            _ => Target::None,
        };
        let dataset = Dataset {
            x,
            target,
            feature_names: self.feature_names(),
            rows,
            weights,
            is_category: self.is_category(),
        };
        Ok(Transformed { dataset, notes })
    }

    /// Which features are codes of categories; nothing where none are.
    fn is_category(&self) -> Vec<bool> {
        if !self.columns.iter().any(FittedColumn::is_category) {
            return Vec::new();
        }
        let of_column =
            |column: &FittedColumn| std::iter::repeat_n(column.is_category(), column.width());
        let mut is_category: Vec<bool> = self.columns.iter().flat_map(of_column).collect();
        is_category.resize(self.n_features(), false);
        is_category
    }

    /// For each column whose levels become means of the target, `(rows.len(), n_outputs)`: those
    /// means, each of rows of other folds.
    fn cross_fitted(
        &self,
        cells: &[Vec<f64>],
        rows: &[usize],
        target: &[f64],
    ) -> Vec<Option<Array2<f64>>> {
        let is_asked = |column: &FittedColumn| column.means().is_some();
        if !self.columns.iter().any(is_asked) {
            return vec![None; self.columns.len()];
        }
        let of_rows =
            |values: &[f64]| -> Vec<f64> { rows.iter().map(|&row| values[row]).collect() };
        let target = of_rows(target);
        let (lesson, folds) = (
            Lesson::new(&target, self.labels()),
            folds(&target, self.labels().len()),
        );
        let crossed = |(column, cells): (&FittedColumn, &Vec<f64>)| {
            let n_levels = column.means()?.1;
            let cells = of_rows(cells);
            let mut made = Array2::zeros((rows.len(), column.width()));
            for fold in 0..N_FOLDS {
                let means = TargetMeans::fit(&cells, n_levels, &lesson, |row| folds[row] != fold);
                for (row, mut out) in made.rows_mut().into_iter().enumerate() {
                    if let Some(out) = out.as_slice_mut().filter(|_| folds[row] == fold) {
                        means.write(cells[row], out);
                    }
                }
            }
            Some(made)
        };
        self.columns.iter().zip(cells).map(crossed).collect()
    }

    /// Writes the features of `rows`, `(rows.len(), n_features)`; those that are cross-fitted are
    /// given.
    fn features(
        &self,
        cells: &[Vec<f64>],
        rows: &[usize],
        crossed: &[Option<Array2<f64>>],
    ) -> Array2<f64> {
        let mut x = Array2::zeros((rows.len(), self.n_features()));
        let width = self.n_features();
        if let Some(flat) = x.as_slice_mut().filter(|_| width > 0) {
            for (place, (out, &row)) in flat.chunks_exact_mut(width).zip(rows).enumerate() {
                let mut at = 0;
                for ((column, values), crossed) in self.columns.iter().zip(cells).zip(crossed) {
                    let end = at + column.width();
                    match crossed {
                        Some(made) => {
                            let pairs = out[at..end].iter_mut().zip(made.row(place));
                            pairs.for_each(|(to, mean)| *to = *mean);
                        }
                        None => column.write(values[row], &mut out[at..end]),
                    }
                    at = end;
                }
                if let Some(expansion) = &self.expansion {
                    expansion.fill(out);
                }
            }
        }
        x
    }

    /// Refuses a pipeline that no training could have written.
    ///
    /// # Errors
    /// [`Code::BadArtifact`] naming the column.
    pub fn check(&self) -> Result<()> {
        self.columns.iter().try_for_each(FittedColumn::check)?;
        let mut names = std::collections::BTreeSet::new();
        if self.columns.is_empty() || !self.columns.iter().all(|c| names.insert(c.name.as_str())) {
            return Err(Error::new(
                Code::BadArtifact,
                "The pipeline is damaged: its columns repeat or are missing.",
            ));
        }
        if let Some(expansion) = &self.expansion {
            let of_column = |column: &FittedColumn| {
                let is_number = matches!(column.steps, Steps::Number { .. });
                std::iter::repeat_n(is_number, column.width())
            };
            let is_number: Vec<bool> = self.columns.iter().flat_map(of_column).collect();
            expansion.check(&is_number)?;
        }
        let distinct: std::collections::BTreeSet<&str> =
            self.labels().iter().map(String::as_str).collect();
        if distinct.len() != self.labels().len() {
            return Err(Error::new(
                Code::BadArtifact,
                "The pipeline is damaged: a class label repeats.",
            ));
        }
        Ok(())
    }
}

/// The weights of `rows`, `(rows.len(),)`.
fn read_weights(column: &Column, rows: &[usize]) -> Result<Vec<f64>> {
    let name = &column.name;
    let Values::Number(values) = &column.values else {
        let message = format!(
            "\u{201c}{name}\u{201d} is not a number, so it cannot say how much each row counts."
        );
        return Err(Error::new(Code::WrongType, message).in_column(name));
    };
    let refuse = |row: usize, what: String| {
        let message = format!(
            "Row {}: the weight in column \u{201c}{name}\u{201d} {what}. A weight is 0 or a positive number.",
            row + 1
        );
        Err(Error::new(Code::NotFinite, message).in_column(name))
    };
    let read = |&row: &usize| match values[row] {
        weight if weight.is_nan() => refuse(row, "is missing".into()),
        weight if weight < 0.0 => refuse(row, format!("is {}", print_number(weight))),
        weight => Ok(weight),
    };
    rows.iter().map(read).collect()
}

fn note_cells(column: &FittedColumn, cells: &Cells, notes: &mut Vec<String>) {
    let name = &column.name;
    if cells.n_filled > 0 {
        let gaps = if cells.n_filled == 1 {
            "1 gap".to_owned()
        } else {
            format!("{} gaps", cells.n_filled)
        };
        notes.push(format!("{gaps} filled in \u{201c}{name}\u{201d}."));
    }
    if let Some((level, count)) = &cells.unseen {
        notes.push(format!(
            "\u{201c}{name}\u{201d}: the level \u{201c}{level}\u{201d} was not among the training rows ({count} {} such a level).",
            if *count == 1 { "cell has" } else { "cells have" }
        ));
    }
}
