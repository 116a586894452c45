//! The plane: rows, and what the model says at every place of it.

use ndarray::Array2;

use super::axes::{self, Axes};
use super::{MOST_POINTS, coloring, no_rows, numbers_color, overlay};
use crate::error::{Code, Error, Result};
use crate::models::{Model, NOISE, Prediction};
use crate::plot::{self, Cells, Coloring, Figure, Points};
use crate::prepare::{Dataset, Pipeline, Target, Task};
use crate::protocol::{ModelId, PlaneAxes};
use crate::rng::Rng;
use crate::session::training::{Training, sample, sample_rows};
use crate::session::{Session, State};

impl Session {
    pub(super) fn plane(
        &mut self,
        id: ModelId,
        axes: &PlaneAxes,
        resolution: usize,
    ) -> Result<Figure> {
        let held = self.model_mut(id)?;
        let model = held.model();
        if held.task == Task::Projection {
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
        let labels = match task {
            Task::Clustering => cluster_names(n_clusters(&model, &points, &surface)),
            _ => pipeline.labels().to_vec(),
        };
        let subtitle = axes.subtitle();
        let heading = (title, subtitle.as_str());
        let shapes = overlay::shapes(&model, &axes, &plane);
        let mut figure = plot::plane(
            heading,
            (&x, &y),
            &plane,
            points,
            &labels,
            Some(surface),
            trails,
        );
        if !shapes.shapes.is_empty() {
            figure.layers.insert(1, plot::Layer::Shapes(shapes));
        }
        Ok(figure)
    }

    /// The rows on the axes that a projection has found, colored by the target where one is
    /// named.
    fn projection(&self, id: ModelId, model: &Model) -> Result<Figure> {
        let held = self.model(id)?;
        let training = held.training()?;
        let train = &training.train;
        let chosen = sample_rows(
            train.n_samples(),
            MOST_POINTS,
            &Rng::new(training.spec.seed),
        );
        let rows = train.select(&chosen);
        let places = match model {
            // A map knows the places of its rows; to ask it would be to search for each.
            Model::Embedding(map) => map.places().select(ndarray::Axis(0), &chosen),
            _ => match model.predict(rows.x.view())? {
                Prediction::Coordinates(places) => places,
                _ => return Err(Error::new(Code::Internal, "A projection gave no places.")),
            },
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
        if let Model::Pca(pca) = model {
            let names = ("first component", "second component");
            let mut figure = plot::scatter("Principal components", names, points, &labels);
            figure.subtitle = axes::explained(&pca.explained_variance_ratio);
            return Ok(figure);
        }
        let title = format!("{} map", held.algorithm.info().label);
        let mut figure = plot::scatter(&title, ("", ""), points, &labels);
        figure.subtitle = "near rows are alike; far distances and the axes mean little".into();
        (figure.x.is_hidden, figure.y.is_hidden) = (true, true);
        Ok(figure)
    }
}

/// How many clusters there are to name, noise aside.
fn n_clusters(model: &Model, points: &Points, surface: &plot::Surface) -> usize {
    if let Model::KMeans(kmeans) = model {
        return kmeans.centroids.nrows();
    }
    let shown = match &surface.cells {
        Cells::Clusters { codes } => codes.as_slice(),
        _ => &[],
    };
    let own = match &points.color {
        Coloring::Classes { codes } => codes.as_slice(),
        _ => &[],
    };
    let known = shown.iter().chain(own).filter(|code| **code != NOISE);
    known.max().map_or(0, |last| *last as usize + 1)
}

pub(super) fn cluster_names(n: usize) -> Vec<String> {
    (0..n).map(|code| format!("cluster {code}")).collect()
}

/// A sample of seen and unseen rows, placed on the axes; those that the model singles out are
/// marked.
pub(super) fn points(
    training: &Training,
    pipeline: &Pipeline,
    model: &Model,
    axes: &Axes,
) -> Result<Points> {
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
        overlay::mark(&mut points, model, training, &rows, is_unseen)?;
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
    let features = axes.features(&places);
    let Prediction::Values(values) = model.predict(features.view())? else {
        return Err(Error::new(Code::Internal, "A regression gave no values."));
    };
    let along: Vec<f64> = (0..n).map(at).collect();
    let target = training.spec.target.as_deref().unwrap_or_default();
    let (x, _) = axes.labels();
    let title = "What it predicts";
    let (x_axis, y_axis) = (
        plot::Axis::new(&x, plane.x),
        plot::Axis::new(target, plane.y),
    );
    let mut figure = Figure::new(title, format!("{target} along {x}"), x_axis, y_axis);
    if let Model::GaussianProcess(process) = model {
        let (means, deviations) = process.predict_with_std(features.view());
        let band = band(&along, &means, &deviations);
        figure.subtitle.push_str("; 95 % of rows in the band");
        figure.layers.push(plot::Layer::Shapes(band));
    }
    figure.layers.push(plot::Layer::Points(points));
    let curves = vec![curve_of(along.into_iter().zip(values).collect())];
    figure
        .layers
        .push(plot::Layer::Lines(plot::Lines { curves }));
    Ok(figure)
}

/// What a model of numbers says, place by place.
pub(super) fn curve_of(points: Vec<(f64, f64)>) -> plot::Curve {
    plot::Curve {
        name: "predicted".into(),
        points,
        ..plot::Curve::default()
    }
}

/// Two standard deviations either side of the mean.
pub(super) fn band(along: &[f64], means: &[f64], deviations: &[f64]) -> plot::Shapes {
    let edge = |side: f64| {
        let heights = means.iter().zip(deviations);
        along
            .iter()
            .zip(heights)
            .map(move |(x, (mean, deviation))| (*x, mean + side * 2.0 * deviation))
    };
    let outline = edge(1.0).chain(edge(-1.0).rev()).collect();
    plot::Shapes {
        what: "band of two standard deviations".into(),
        shapes: vec![plot::Shape {
            points: outline,
            tint: plot::Tint::Code { code: 0 },
            stroke: plot::Stroke::Area,
            ..plot::Shape::default()
        }],
    }
}
