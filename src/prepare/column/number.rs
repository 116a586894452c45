//! Number columns: what fills gaps, centers and scales.

use super::{Cells, FittedColumn, Steps};
use crate::data::{Column, Values};
use crate::error::{Code, Error, Result};
use crate::math;
use crate::settings::Checked;

impl FittedColumn {
    pub(super) fn read_numbers(&self, column: &Column, fill: Option<f64>) -> Result<Cells> {
        let mut n_filled = 0;
        let mut values = Vec::with_capacity(column.len());
        for row in 0..column.len() {
            let value = self.number(column, row)?;
            n_filled += usize::from(value.is_none() && fill.is_some());
            values.push(value.or(fill).unwrap_or(f64::NAN));
        }
        Ok(Cells {
            values,
            n_filled,
            unseen: None,
        })
    }

    fn number(&self, column: &Column, row: usize) -> Result<Option<f64>> {
        if column.is_missing(row) {
            return Ok(None);
        }
        match &column.values {
            Values::Number(values) => Ok(values.get(row).copied()),
            Values::Boolean(values) => Ok(values.get(row).copied().flatten().map(f64::from)),
            Values::Category(_) | Values::Text(_) => {
                let text = column.text(row).unwrap_or_default();
                match text.trim().parse::<f64>() {
                    Ok(value) if value.is_finite() => Ok(Some(value)),
                    _ => {
                        let message = format!(
                            "Row {}: column \u{201c}{}\u{201d} needs a number, found \u{201c}{text}\u{201d}.",
                            row + 1,
                            self.name
                        );
                        Err(Error::new(Code::WrongType, message).in_column(&self.name))
                    }
                }
            }
        }
    }
}

pub(super) fn fit_number(
    values: &[f64],
    steps: &Checked,
) -> Result<std::result::Result<Steps, String>> {
    let mut present: Vec<f64> = values.iter().copied().filter(|v| !v.is_nan()).collect();
    if present.is_empty() {
        return Ok(Err("it has no value in the training rows".into()));
    }
    present.sort_by(f64::total_cmp);
    let quantile = |q| math::quantile(&present, q).unwrap_or_default();
    let typical = quantile(0.5);
    let is_constant = math::is_constant(&present);
    let (min, max) = (quantile(0.0), quantile(1.0));
    let mean = math::mean(&present).unwrap_or_default();
    let impute = steps.choice("impute")?;
    let keeps_gaps = impute == "keep";
    let fill = match impute {
        "mean" => Some(mean),
        "most_frequent" => Some(most_frequent_number(&present)),
        "constant" => Some(steps.real("fill_value")?),
        "drop_rows" | "keep" => None,
        _ => Some(typical),
    };
    // Scaling is learnt from the column as the model will see it: gaps filled.
    let n_gaps = values.len() - present.len();
    if let Some(fill) = fill.filter(|_| n_gaps > 0) {
        let at = present.partition_point(|v| *v < fill);
        present.splice(at..at, std::iter::repeat_n(fill, n_gaps));
    }
    let is_gap_telling = keeps_gaps && n_gaps > 0;
    if is_constant && math::is_constant(&present) && !is_gap_telling {
        return Ok(Err(format!(
            "it is always {} in the training rows",
            math::print_number(typical)
        )));
    }
    let (center, scale) = scaling(steps.choice("scale")?, &present);
    Ok(Ok(Steps::Number {
        fill,
        keeps_gaps,
        center,
        scale,
        typical,
        min,
        max,
    }))
}

/// Center and scale of ascending values; a scale that would be 0 is 1.
fn scaling(method: &str, sorted: &[f64]) -> (f64, f64) {
    let quantile = |q| math::quantile(sorted, q).unwrap_or_default();
    let (center, scale) = match method {
        "standard" => match math::moments(sorted) {
            Some(m) if !math::is_constant(sorted) => (m.mean, m.deviation),
            _ => (quantile(0.5), 1.0),
        },
        "min_max" => (quantile(0.0), quantile(1.0) - quantile(0.0)),
        "robust" => (quantile(0.5), quantile(0.75) - quantile(0.25)),
        _ => (0.0, 1.0),
    };
    (
        center,
        if scale.is_finite() && scale > 0.0 {
            scale
        } else {
            1.0
        },
    )
}

/// The most frequent of ascending values; the smallest of equals, as scikit-learn takes.
fn most_frequent_number(sorted: &[f64]) -> f64 {
    let mut best = (0, 0.0);
    for run in sorted.chunk_by(|a, b| a == b) {
        if run.len() > best.0 {
            best = (run.len(), run[0]);
        }
    }
    best.1
}
