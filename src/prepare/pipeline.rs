//! A fitted recipe: turns tables into datasets, the same way in training and at prediction.

use ndarray::Array2;
use serde::{Deserialize, Serialize};

use super::column::{Cells, FittedColumn, Steps};
use super::expand::{Expansion, Plan, Spline};
use super::{Dataset, Recipe, Role, Target, Task};
use crate::data::{Categories, Column, ColumnType, Table, Values};
use crate::error::{Code, Error, Result};
use crate::math::print_number;

/// The target as learnt from training rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FittedTarget {
    /// Column name.
    pub name: String,
    /// The type of the column.
    pub column_type: ColumnType,
    /// Class labels in order; empty for regression.
    pub labels: Vec<String>,
}

/// A recipe that has seen training rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pipeline {
    columns: Vec<FittedColumn>,
    target: Option<FittedTarget>,
    /// Columns left out, each with the reason.
    left_out: Vec<(String, String)>,
    /// The column that says how much each row counts in training.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    weight: Option<String>,
    /// What is made of the features of columns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expansion: Option<Expansion>,
}

/// Rows made ready, and what there was to say on the way.
#[derive(Debug, Clone)]
pub struct Transformed {
    /// The rows that were kept; [`Dataset::rows`] says which.
    pub dataset: Dataset,
    /// Gaps filled, rows dropped, levels never seen: sentences.
    pub notes: Vec<String>,
}

impl Recipe {
    /// Learns from training rows what filling, encoding and scaling need.
    ///
    /// Columns that teach nothing (constant, all missing, free text) are left out with a
    /// reason, unless the recipe names them as features.
    ///
    /// # Errors
    /// [`Code::UnknownColumn`] for a target or a column of the recipe that is not there,
    /// [`Code::BadTarget`] for a target that cannot be predicted, [`Code::NothingToLearn`]
    /// where no feature is left, [`Code::BadSetting`] for a step that is not declared.
    pub fn fit(&self, train: &Table, target: Option<(&str, Task)>) -> Result<Pipeline> {
        for name in self.columns.keys() {
            train.column(name)?;
        }
        let weight = self.weight()?;
        let fitted_target = target
            .map(|(name, task)| fit_target(train, name, task))
            .transpose()?;
        let mut columns = Vec::new();
        let mut left_out = Vec::new();
        for column in train.columns() {
            if fitted_target
                .as_ref()
                .is_some_and(|target| target.name == column.name)
            {
                continue;
            }
            match self.fit_column(column)? {
                Ok(fitted) => columns.push(fitted),
                Err(reason) => left_out.push((column.name.clone(), reason)),
            }
        }
        if columns.iter().all(|column| column.width() == 0) {
            if train.n_rows() == 1 {
                let message = "There is a single row to learn from, and one row shows no differences. Add rows.";
                return Err(Error::new(Code::NothingToLearn, message));
            }
            let mut message = "No feature column is left to learn from.".to_owned();
            for (name, reason) in left_out.iter().take(5) {
                message.push_str(&format!(" \u{201c}{name}\u{201d}: {reason}."));
            }
            return Err(Error::new(Code::NothingToLearn, message));
        }
        Ok(Pipeline {
            expansion: self.fit_expansion(train, &columns)?,
            columns,
            target: fitted_target,
            left_out,
            weight: weight.map(str::to_owned),
        })
    }

    /// Learns what is made of number columns: which are multiplied, and where curves have knots.
    fn fit_expansion(&self, train: &Table, columns: &[FittedColumn]) -> Result<Option<Expansion>> {
        let mut plan = Plan::new(&self.steps("")?)?;
        let mut feature = 0;
        for column in columns {
            let steps = self.steps(&column.name)?;
            let is_number = matches!(column.steps, Steps::Number { .. });
            match steps.choice("expand")? {
                "polynomial" if is_number => plan.factors.push(feature),
                "spline" if is_number => {
                    let sorted = scaled_values(column, train.column(&column.name)?)?;
                    plan.splines.extend(Spline::fit(feature, &sorted, &steps)?);
                }
                _ => {}
            }
            feature += column.width() as u32;
        }
        plan.expansion(feature as usize)
    }

    fn fit_column(&self, column: &Column) -> Result<std::result::Result<FittedColumn, String>> {
        let role = self
            .column(&column.name)
            .map(|own| own.role)
            .unwrap_or_default();
        match role {
            Role::Ignore => return Ok(Err("left out by the recipe".into())),
            Role::Weight => return Ok(Err("it says how much each row counts".into())),
            Role::Auto if column.column_type() == ColumnType::Text => {
                return Ok(Err("it is free text".into()));
            }
            Role::Auto | Role::Feature => {}
        }
        FittedColumn::fit(column, &self.steps(&column.name)?)
    }
}

/// The feature of a number column in the training rows, ascending, without gaps.
fn scaled_values(fitted: &FittedColumn, column: &Column) -> Result<Vec<f64>> {
    let mut values = fitted.read(column)?.values;
    values.retain(|value| !value.is_nan());
    for value in &mut values {
        let mut feature = [0.0];
        fitted.write(*value, &mut feature);
        *value = feature[0];
    }
    values.sort_by(f64::total_cmp);
    Ok(values)
}

/// Learns the labels of a target.
fn fit_target(train: &Table, name: &str, task: Task) -> Result<FittedTarget> {
    let column = train.column(name)?;
    let refuse = |message: String| Error::new(Code::BadTarget, message).in_column(name);
    let labels = match task {
        Task::Regression => match &column.values {
            Values::Number(_) => Vec::new(),
            _ => {
                return Err(refuse(format!(
                    "\u{201c}{name}\u{201d} is not a number. Choose a number to predict, or classification."
                )));
            }
        },
        _ => {
            let texts: Vec<_> = (0..column.len()).map(|row| column.text(row)).collect();
            Categories::from_texts(texts.iter().map(|text| text.as_deref())).levels
        }
    };
    if task == Task::Classification {
        if labels.len() < 2 {
            let found = labels
                .first()
                .map_or("none".to_owned(), |l| format!("\u{201c}{l}\u{201d}"));
            return Err(refuse(format!(
                "The target \u{201c}{name}\u{201d} has a single class in the training rows ({found}); telling classes apart needs at least two. Choose another target."
            )));
        }
        if labels.len() > MOST_CLASSES {
            return Err(refuse(format!(
                "The target \u{201c}{name}\u{201d} has {} different values; at most {MOST_CLASSES} classes can be told apart. Choose another target, or regression for a number.",
                labels.len()
            )));
        }
    }
    Ok(FittedTarget {
        name: name.to_owned(),
        column_type: column.column_type(),
        labels,
    })
}

/// More classes than this is a text or an identifier, not something to tell apart.
const MOST_CLASSES: usize = 1000;

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

    /// Turns a table into features, and its target column, where `with_target`, into the
    /// target. Rows with a gap that the recipe drops, and rows without a target, are left out;
    /// a gap that the recipe keeps is NaN. Weights are read where `with_target`.
    ///
    /// # Errors
    /// [`Code::UnknownColumn`] where a column is missing, [`Code::WrongType`] where a cell
    /// cannot be read as the column's type, [`Code::UnseenCategory`] where the recipe refuses
    /// unseen levels, [`Code::NotFinite`] where a weight is missing or negative.
    pub fn transform(&self, table: &Table, with_target: bool) -> Result<Transformed> {
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
        let x = self.features(&cells, &rows);
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

    /// Writes the features of `rows`, `(rows.len(), n_features)`.
    fn features(&self, cells: &[Vec<f64>], rows: &[usize]) -> Array2<f64> {
        let mut x = Array2::zeros((rows.len(), self.n_features()));
        let width = self.n_features();
        if let Some(flat) = x.as_slice_mut().filter(|_| width > 0) {
            for (out, &row) in flat.chunks_exact_mut(width).zip(rows) {
                let mut at = 0;
                for (column, values) in self.columns.iter().zip(cells) {
                    let end = at + column.width();
                    column.write(values[row], &mut out[at..end]);
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

impl FittedTarget {
    /// One number a row: the value or the class code; NaN where missing.
    fn read(&self, table: &Table) -> Result<Vec<f64>> {
        let column = table.column(&self.name)?;
        if self.labels.is_empty() {
            let Values::Number(values) = &column.values else {
                let message = format!(
                    "The target \u{201c}{}\u{201d} is not a number here.",
                    self.name
                );
                return Err(Error::new(Code::BadTarget, message).in_column(&self.name));
            };
            return Ok(values.clone());
        }
        let code_of: std::collections::HashMap<&str, usize> = self
            .labels
            .iter()
            .enumerate()
            .map(|(code, label)| (label.as_str(), code))
            .collect();
        (0..column.len())
            .map(|row| {
                match column.text(row) {
                None => Ok(f64::NAN),
                Some(text) => code_of.get(text.as_ref()).map(|&code| code as f64).ok_or_else(|| {
                    let message = format!(
                        "Row {}: the class \u{201c}{text}\u{201d} was not among the training rows.",
                        row + 1
                    );
                    Error::new(Code::BadTarget, message).in_column(&self.name)
                }),
            }
            })
            .collect()
    }

    fn select(&self, values: &[f64], rows: &[usize]) -> Target {
        let picked = rows.iter().map(|&row| values[row]);
        if self.labels.is_empty() {
            Target::Values(picked.collect())
        } else {
            Target::Classes {
                codes: picked.map(|v| v as u32).collect(),
                labels: self.labels.clone(),
            }
        }
    }
}
