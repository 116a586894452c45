//! A Gaussian process along its most telling feature: what it expects, and how sure it is.

use ndarray::Array2;

use super::super::axes::telling;
use super::super::plane::{band, curve_of};
use crate::models::gaussian_process::GaussianProcessModel;
use crate::plot::{Figure, Layer, Points, curves, range_of};
use crate::prepare::Target;
use crate::rng::Rng;
use crate::session::HeldModel;
use crate::session::training::sample;

/// Places at which the process is asked, and rows drawn.
const PLACES: usize = 80;
const MOST_ROWS: usize = 300;

pub(super) fn figure(held: &HeldModel, model: &GaussianProcessModel) -> Figure {
    const TITLE: &str = "What it expects, and how sure it is";
    let Ok(training) = held.training() else {
        return Figure::nothing(TITLE, "The rows are not kept in the file.");
    };
    let pipeline = &held.pipeline;
    let rows = sample(&training.train, MOST_ROWS, &Rng::new(training.spec.seed));
    let told: Vec<f64> = rows
        .x
        .columns()
        .into_iter()
        .map(|column| telling(&column.to_vec(), &rows.target))
        .collect();
    let feature = crate::math::argmax(&told);
    let (center, scale) = pipeline.units().get(feature).copied().unwrap_or((0.0, 1.0));
    let Target::Values(actual) = &rows.target else {
        return Figure::nothing(TITLE, "There is no number to expect.");
    };
    let seen = rows.x.column(feature);
    let (low, high) = range_of(seen.iter().copied(), 0.03, 0.03);
    let at = |i: usize| low + (high - low) * i as f64 / (PLACES - 1) as f64;
    let mut asked = Array2::zeros((PLACES, pipeline.n_features()));
    for (i, mut row) in asked.rows_mut().into_iter().enumerate() {
        row.assign(&ndarray::Array1::from(pipeline.typical_features()));
        row[feature] = at(i);
    }
    let (means, deviations) = model.predict_with_std(asked.view());
    let places: Vec<f64> = (0..PLACES).map(|i| at(i) * scale + center).collect();
    let names = pipeline.feature_names();
    let name = names.get(feature).map_or("", String::as_str);
    let target = training.spec.target.as_deref().unwrap_or_default();
    let subtitle = match pipeline.n_features() {
        1 => format!("along {name}; 95 % of rows in the band"),
        _ => format!("along {name}, others at a typical row; 95 % in the band"),
    };
    let curve = curve_of(places.iter().copied().zip(means.iter().copied()).collect());
    let mut figure = curves((TITLE, &subtitle), name, target, vec![curve]);
    let band = band(&places, &means, &deviations);
    let points = Points {
        x: seen.iter().map(|v| v * scale + center).collect(),
        y: actual.clone(),
        rows: rows.rows.clone(),
        ..Points::default()
    };
    let heights = band
        .shapes
        .iter()
        .flat_map(|shape| shape.points.iter().map(|at| at.1));
    let y = range_of(heights.chain(actual.iter().copied()), 0.03, 0.03);
    (figure.y.min, figure.y.max) = y;
    figure.layers.insert(0, Layer::Points(points));
    figure.layers.insert(0, Layer::Shapes(band));
    figure
}
