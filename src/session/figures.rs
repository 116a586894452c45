//! Figures of models and tables, made from what the session holds.

use super::training::sample;
use super::{HeldModel, Session};
use crate::data::{Categories, Column, Table, Values};
use crate::error::{Code, Error, Result};
use crate::math::sort_by;
use crate::models::Prediction;
use crate::plot::{self, Coloring, Figure, Points, Style};
use crate::prepare::{Pipeline, Steps, Target, Task};
use crate::protocol::{FigureSpec, ModelId, Reply, Response, TableId};
use crate::rng::Rng;
use crate::settings::Setting;

mod anatomy;
mod axes;
mod net;
mod overlay;
mod plane;

pub(super) use axes::ViewOfData;

/// Rows drawn at most; more would cover one another.
const MOST_POINTS: usize = 1_500;

/// The number columns that can span the plane.
pub(super) fn plane_columns(pipeline: &Pipeline) -> Vec<String> {
    let is_number = |steps: &Steps| matches!(steps, Steps::Number { .. });
    let columns = pipeline
        .columns()
        .iter()
        .filter(|column| is_number(&column.steps));
    columns.map(|column| column.name.clone()).collect()
}

impl Session {
    pub(super) fn make_figure(&mut self, slot: String, spec: &FigureSpec) -> Result<Reply> {
        let figure = match spec {
            FigureSpec::Plane {
                model,
                axes,
                resolution,
            } => self.plane(*model, axes, *resolution)?,
            FigureSpec::Loss { model } => self.loss(*model)?,
            #[cfg(feature = "catalogue")]
            FigureSpec::Confusion { model } => self.confusion(*model)?,
            #[cfg(feature = "catalogue")]
            FigureSpec::PredictedActual { model } => self.predicted_actual(*model)?,
            FigureSpec::Net { model } => self.net(*model)?,
            FigureSpec::Anatomy { model } => self.anatomy(*model)?,
            #[cfg(feature = "catalogue")]
            FigureSpec::Histogram { table, column } => self.histogram(*table, column)?,
            #[cfg(feature = "catalogue")]
            FigureSpec::Scatter { table, x, y, color } => {
                self.scatter(*table, x.as_deref(), y.as_deref(), color.as_deref())?
            }
        };
        let response = Response::Figure {
            description: figure.describe(),
            title: figure.title.clone(),
            subtitle: figure.subtitle.clone(),
        };
        self.figures.insert(slot, figure);
        Ok(response.into())
    }

    pub(super) fn svg(&self, slot: &str, style: &Style) -> Result<Reply> {
        let svg = self.figure(slot)?.svg(style)?;
        Ok(Response::Svg { svg }.into())
    }

    pub(super) fn probe(&self, slot: &str, style: &Style, x: f64, y: f64) -> Result<Reply> {
        let probe = self.figure(slot)?.probe(x, y, style);
        Ok(Response::Probe { probe }.into())
    }

    pub(super) fn figure_table(&self, slot: &str) -> Result<Reply> {
        let (headers, rows) = self.figure(slot)?.table();
        Ok(Response::FigureTable { headers, rows }.into())
    }

    fn loss(&self, id: ModelId) -> Result<Figure> {
        let held = self.model(id)?;
        let training = held.training()?;
        let losses = training.history.iter();
        let seen: Vec<_> = losses
            .clone()
            .filter_map(|at| Some((at.position, at.seen?)))
            .collect();
        let unseen: Vec<_> = losses
            .filter_map(|at| Some((at.position, at.unseen?)))
            .collect();
        let info = held.algorithm.info();
        Ok(plot::loss_curve(loss_name(held), info.unit, &seen, &unseen))
    }

    fn confusion(&mut self, id: ModelId) -> Result<Figure> {
        self.evaluate(id)?;
        let held = self.model(id)?;
        let Some(evaluation) = &held.evaluation else {
            return Err(no_rows());
        };
        let (scores, kind) = match &evaluation.test {
            Some(test) => (test, "unseen"),
            None => (&evaluation.train, "seen"),
        };
        let Some(confusion) = &scores.confusion else {
            return Err(Error::new(
                Code::DoesNotFit,
                "Only classes can be confused; this model has none.",
            ));
        };
        Ok(plot::confusion_matrix(
            confusion,
            &format!("{} {kind} rows", scores.n_samples),
        ))
    }

    fn predicted_actual(&self, id: ModelId) -> Result<Figure> {
        let held = self.model(id)?;
        let training = held.training()?;
        let (data, is_unseen) = match &training.test {
            Some(test) => (test, true),
            None => (training.train.as_ref(), false),
        };
        let rows = sample(data, MOST_POINTS, &Rng::new(training.spec.seed));
        let Target::Values(actual) = &rows.target else {
            return Err(Error::new(
                Code::DoesNotFit,
                "Only numbers can be plotted against one another; this model predicts none.",
            ));
        };
        let Prediction::Values(predicted) = held.model().predict(rows.x.view())? else {
            return Err(Error::new(Code::Internal, "A regression gave no values."));
        };
        let target = training.spec.target.as_deref().unwrap_or_default();
        let is_unseen = vec![is_unseen; actual.len()];
        let predicted = predicted.to_vec();
        Ok(plot::predicted_against_actual(
            target, actual, &predicted, &is_unseen, &rows.rows,
        ))
    }

    fn histogram(&self, table: TableId, column: &str) -> Result<Figure> {
        let column = self.table(table)?.table().column(column)?;
        Ok(match &column.values {
            Values::Number(values) => plot::histogram(&column.name, values),
            _ => {
                let (counts, n_missing) = level_counts(column);
                plot::category_counts(&column.name, &counts, n_missing)
            }
        })
    }

    fn scatter(
        &self,
        table: TableId,
        x: Option<&str>,
        y: Option<&str>,
        color: Option<&str>,
    ) -> Result<Figure> {
        let table = self.table(table)?.table();
        let mut numbers = table
            .columns()
            .iter()
            .filter(|column| matches!(column.values, Values::Number(_)));
        let mut pick = |name: Option<&str>| match name {
            Some(name) => table.column(name).map(Some),
            None => Ok(numbers.next()),
        };
        let (Some(x), Some(y)) = (pick(x)?, pick(y)?) else {
            return Ok(Figure::nothing(
                "Rows",
                "The table has fewer than two number columns.",
            ));
        };
        let rows = complete_rows(table, x, y);
        let color = color.map(|name| table.column(name)).transpose()?;
        let (color, labels) = match color {
            Some(column) => coloring(column, &rows),
            None => (Coloring::Plain, Vec::new()),
        };
        let values = |column: &Column| -> Vec<f64> {
            match &column.values {
                Values::Number(values) => rows.iter().map(|&row| values[row]).collect(),
                _ => vec![0.0; rows.len()],
            }
        };
        let is_unseen = vec![false; rows.len()];
        let points = Points {
            x: values(x),
            y: values(y),
            color,
            is_unseen,
            rows: rows.clone(),
            ..Points::default()
        };
        Ok(plot::scatter("Rows", (&x.name, &y.name), points, &labels))
    }
}

/// What the loss of a model is called, in a word or two.
fn loss_name(held: &HeldModel) -> &str {
    if held.algorithm.info().id == "mlp" {
        return net_loss_name(held);
    }
    // What these minimize is not what is measured on seen and unseen rows alike.
    if ["gaussian_process", "huber"].contains(&held.algorithm.info().id) {
        return "mean squared error";
    }
    // Without the penalty, and not halved.
    let loss = held.algorithm.info().loss.trim_start_matches("half ");
    let end = [" (", " and ", " or ", ","]
        .iter()
        .filter_map(|stop| loss.find(stop))
        .min();
    &loss[..end.unwrap_or(loss.len())]
}

/// A net is set what to make small.
fn net_loss_name(held: &HeldModel) -> &'static str {
    let is_set = |name: &str, value: &str| {
        held.algorithm.setting(name) == Some(&Setting::Text(value.to_owned()))
    };
    match held.task {
        Task::Classification if !is_set("loss", "squared_error") => "cross-entropy",
        Task::Regression if is_set("regression_loss", "huber") => "Huber loss",
        Task::Regression if is_set("regression_loss", "absolute_error") => "absolute error",
        _ => "squared error",
    }
}

fn no_rows() -> Error {
    let message = "This model was loaded from a file, without the rows it learnt from; there is nothing to draw it over.";
    Error::new(Code::BadRequest, message).in_field("model")
}

/// At most [`MOST_POINTS`] rows without a gap in two number columns.
fn complete_rows(table: &Table, x: &Column, y: &Column) -> Vec<usize> {
    let complete: Vec<usize> = (0..table.n_rows())
        .filter(|&row| !x.is_missing(row) && !y.is_missing(row))
        .collect();
    let stride = complete.len().div_ceil(MOST_POINTS).max(1);
    complete.into_iter().step_by(stride).collect()
}

/// How often each level occurs, most often first, and how many cells are missing.
fn level_counts(column: &Column) -> (Vec<(String, usize)>, usize) {
    let mut counts = std::collections::BTreeMap::<String, usize>::new();
    let mut n_missing = 0;
    for row in 0..column.len() {
        match column.text(row) {
            Some(text) => *counts.entry(text.into_owned()).or_default() += 1,
            None => n_missing += 1,
        }
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    sort_by(&mut counts, |a, b| {
        b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0))
    });
    (counts, n_missing)
}

/// Colors of the rows of a column, and the labels of its levels.
fn coloring(column: &Column, rows: &[usize]) -> (Coloring, Vec<String>) {
    if let Values::Number(values) = &column.values
        && super::prepared::guess_task(column) == Task::Regression
    {
        let values: Vec<f64> = rows.iter().map(|&row| values[row]).collect();
        return (numbers_color(values), Vec::new());
    }
    let texts: Vec<_> = rows.iter().map(|&row| column.text(row)).collect();
    let found = Categories::from_texts(texts.iter().map(|text| text.as_deref()));
    (Coloring::Classes { codes: found.codes }, found.levels)
}

fn numbers_color(values: Vec<f64>) -> Coloring {
    let finite = || values.iter().copied().filter(|v| v.is_finite());
    let min = finite().fold(f64::INFINITY, f64::min);
    let max = finite().fold(f64::NEG_INFINITY, f64::max);
    Coloring::Values { values, min, max }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_counted_most_often_first() {
        let column = Column::category("c", [Some("b"), Some("a"), None, Some("b")]);
        let (counts, n_missing) = level_counts(&column);
        assert_eq!(counts, [("b".to_owned(), 2), ("a".to_owned(), 1)]);
        assert_eq!(n_missing, 1);
    }
}
