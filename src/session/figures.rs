//! Figures of models and tables, made from what the session holds.

use ndarray::{Array2, s};

use super::training::{Training, sample};
use super::{HeldModel, Session, State};
use crate::data::{Categories, Column, Table, Values};
use crate::error::{Code, Error, Result};
use crate::math::sort_by;
use crate::models::{Model, Prediction};
use crate::plot::{self, Coloring, Figure, Points, Style};
use crate::prepare::{Dataset, Pipeline, Steps, Target, Task};
use crate::protocol::{FigureSpec, ModelId, PlaneAxes, Reply, Response, TableId};
use crate::rng::Rng;
use crate::settings::Setting;

mod axes;
mod net;

use axes::Axes;
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
            FigureSpec::Confusion { model } => self.confusion(*model)?,
            FigureSpec::PredictedActual { model } => self.predicted_actual(*model)?,
            FigureSpec::Net { model } => self.net(*model)?,
            FigureSpec::Histogram { table, column } => self.histogram(*table, column)?,
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

    fn plane(&mut self, id: ModelId, axes: &PlaneAxes, resolution: usize) -> Result<Figure> {
        let held = self.model_mut(id)?;
        let model = held.model();
        if let Model::Pca(_) = model {
            return self.projection(id, &model);
        }
        let (pipeline, task) = (held.pipeline.clone(), held.task);
        let State::Trained(training) = &mut held.state else {
            return Err(no_rows());
        };
        let axes = Axes::choose(training, &pipeline, axes)?;
        if task == Task::Regression && axes.is_single() {
            return curve(training, &pipeline, &model, &axes, resolution);
        }
        let points = points(training, &pipeline, &model, &axes)?;
        let plane = plot::Plane::around(&points, resolution);
        let surface = plane.surface(|places| model.predict(axes.features(places).view()))?;
        let trails = match &model {
            Model::KMeans(_) => axes.trails(&training.trail),
            _ => Vec::new(),
        };
        let title = match task {
            Task::Classification => "Decision surface",
            Task::Regression => "What it predicts",
            Task::Clustering | Task::Projection => "Clusters",
            Task::Anomaly => "How unusual a place is",
        };
        let (x, y) = axes.labels();
        let labels = match &model {
            Model::KMeans(kmeans) => (0..kmeans.centroids.nrows())
                .map(|code| format!("cluster {code}"))
                .collect(),
            _ => pipeline.labels().to_vec(),
        };
        let subtitle = axes.subtitle();
        let heading = (title, subtitle.as_str());
        Ok(plot::plane(
            heading,
            (&x, &y),
            &plane,
            points,
            &labels,
            Some(surface),
            trails,
        ))
    }

    /// The rows on the axes that a projection has found, colored by the target where one is
    /// named.
    fn projection(&self, id: ModelId, model: &Model) -> Result<Figure> {
        let held = self.model(id)?;
        let training = held.training()?;
        let rows = sample(&training.train, MOST_POINTS, &Rng::new(training.spec.seed));
        let Prediction::Coordinates(places) = model.predict(rows.x.view())? else {
            return Err(Error::new(
                Code::Internal,
                "A projection gave no coordinates.",
            ));
        };
        let column = |index: usize| -> Vec<f64> {
            if index < places.ncols() {
                places.column(index).to_vec()
            } else {
                vec![0.0; places.nrows()]
            }
        };
        let table = self.tables.get(&training.spec.table);
        let target = training.spec.target.as_deref();
        let colored = table
            .zip(target)
            .and_then(|(held, name)| held.table().column(name).ok());
        let (color, labels) = match colored {
            Some(column) => coloring(column, &rows.rows),
            None => (Coloring::Plain, Vec::new()),
        };
        let points = Points {
            x: column(0),
            y: column(1),
            color,
            is_unseen: vec![false; rows.n_samples()],
            rows: rows.rows.clone(),
            ..Points::default()
        };
        let names = ("first component", "second component");
        let mut figure = plot::scatter("Principal components", names, points, &labels);
        if let Model::Pca(pca) = model {
            figure.subtitle = axes::explained(&pca.explained_variance_ratio);
        }
        Ok(figure)
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
fn loss_name(held: &HeldModel) -> &'static str {
    let squares = held.algorithm.setting("loss") == Some(&Setting::Text("squared_error".into()));
    match held.task {
        Task::Classification if !squares => "cross-entropy",
        Task::Classification | Task::Regression => "squared error",
        Task::Clustering => "inertia",
        Task::Projection | Task::Anomaly => "",
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
        && super::training::guess_task(column) == Task::Regression
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

/// A sample of seen and unseen rows, placed on the axes.
fn points(training: &Training, pipeline: &Pipeline, model: &Model, axes: &Axes) -> Result<Points> {
    let rng = Rng::new(training.spec.seed);
    let mut points = Points::default();
    let mut codes = Vec::new();
    let mut values = Vec::new();
    let test = training.test.as_ref();
    let parts: [(Option<&Dataset>, usize, bool); 2] = [
        (Some(&training.train), MOST_POINTS * 2 / 3, false),
        (test, MOST_POINTS / 3, true),
    ];
    for (data, most, is_unseen) in parts {
        let Some(data) = data else { continue };
        let rows = sample(data, most, &rng);
        let (x, y) = axes.places(&rows)?;
        // A row with a gap along an axis has no place.
        let placed: Vec<usize> = (0..x.len())
            .filter(|&row| !x[row].is_nan() && !y[row].is_nan())
            .collect();
        let rows = rows.select(&placed);
        let pick = |all: &[f64]| -> Vec<f64> { placed.iter().map(|&row| all[row]).collect() };
        let (x, y) = (pick(&x), pick(&y));
        points.x.extend(x);
        points.y.extend(y);
        points
            .is_unseen
            .extend(std::iter::repeat_n(is_unseen, rows.n_samples()));
        match &rows.target {
            Target::Classes { codes: own, .. } => codes.extend(own),
            Target::Values(own) => values.extend(own),
            Target::None => {
                if let Prediction::Clusters(own) = model.predict(rows.x.view())? {
                    codes.extend(own);
                }
            }
        }
        points.rows.extend(rows.rows);
    }
    points.color = if !codes.is_empty() {
        Coloring::Classes { codes }
    } else if !values.is_empty() && !pipeline.columns().is_empty() {
        numbers_color(values)
    } else {
        Coloring::Plain
    };
    Ok(points)
}

/// A regression over a single feature: the rows, and the curve through them.
fn curve(
    training: &Training,
    pipeline: &Pipeline,
    model: &Model,
    axes: &Axes,
    resolution: usize,
) -> Result<Figure> {
    let mut points = points(training, pipeline, model, axes)?;
    if let Coloring::Values { values, .. } = std::mem::take(&mut points.color) {
        points.y = values;
    }
    let plane = plot::Plane::around(&points, resolution.max(2));
    let n = plane.nx;
    let at = |i: usize| plane.x.0 + (plane.x.1 - plane.x.0) * i as f64 / (n - 1) as f64;
    let places = Array2::from_shape_fn((n, 2), |(i, axis)| if axis == 0 { at(i) } else { 0.0 });
    let Prediction::Values(values) = model.predict(axes.features(&places).view())? else {
        return Err(Error::new(Code::Internal, "A regression gave no values."));
    };
    let curve = places
        .slice(s![.., 0])
        .iter()
        .copied()
        .zip(values)
        .collect();
    let target = training.spec.target.as_deref().unwrap_or_default();
    let (x, _) = axes.labels();
    let title = "What it predicts";
    let (x_axis, y_axis) = (
        plot::Axis::new(&x, plane.x),
        plot::Axis::new(target, plane.y),
    );
    let mut figure = Figure::new(title, format!("{target} along {x}"), x_axis, y_axis);
    figure.layers.push(plot::Layer::Points(points));
    let curve = plot::Curve {
        name: "predicted".into(),
        end_label: String::new(),
        points: curve,
        ..plot::Curve::default()
    };
    figure.layers.push(plot::Layer::Lines(plot::Lines {
        curves: vec![curve],
    }));
    Ok(figure)
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
