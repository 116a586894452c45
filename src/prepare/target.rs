//! The target of a fitted pipeline.

use serde::{Deserialize, Serialize};

use super::{Target, Task};
use crate::data::{Categories, ColumnType, Table, Values};
use crate::error::{Code, Error, Result};

/// More classes than this is a text or an identifier, not something to tell apart.
const MOST_CLASSES: usize = 1000;

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

impl FittedTarget {
    /// Learns the labels of a target.
    pub(super) fn fit(train: &Table, name: &str, task: Task) -> Result<Self> {
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
        Ok(Self {
            name: name.to_owned(),
            column_type: column.column_type(),
            labels,
        })
    }

    /// One number a row: the value or the class code; NaN where missing.
    pub(super) fn read(&self, table: &Table) -> Result<Vec<f64>> {
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

    pub(super) fn select(&self, values: &[f64], rows: &[usize]) -> Target {
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
