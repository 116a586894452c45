//! How unusual the rows are: a histogram of their scores with the threshold.

use crate::error::Result;
use crate::models::{Model, Prediction};
use crate::plot::{Figure, Layer, Shape, Shapes, Stroke, Tint, histogram, number};
use crate::rng::Rng;
use crate::session::HeldModel;
use crate::session::training::sample;

/// Rows that are scored at most.
const MOST_ROWS: usize = 2_000;

pub(super) fn figure(held: &HeldModel, model: &Model) -> Result<Figure> {
    const TITLE: &str = "How unusual the rows are";
    let Ok(training) = held.training() else {
        return Ok(Figure::nothing(TITLE, "The rows are not kept in the file."));
    };
    let rows = sample(&training.train, MOST_ROWS, &Rng::new(training.spec.seed));
    let Prediction::Anomalies { scores, is_outlier } = model.predict(rows.x.view())? else {
        return Ok(Figure::nothing(TITLE, "This model gives no scores."));
    };
    let mut figure = histogram("score", &scores);
    figure.title = TITLE.into();
    let of = |wanted: bool| {
        let rows = scores.iter().zip(&is_outlier);
        rows.filter(move |(_, is)| **is == wanted)
            .map(|(score, _)| *score)
    };
    let (most, least) = (
        of(false).fold(f64::NEG_INFINITY, f64::max),
        of(true).fold(f64::INFINITY, f64::min),
    );
    let n = is_outlier.iter().filter(|is| **is).count();
    figure.subtitle = format!("{n} of {} rows lie beyond the threshold", scores.len());
    if !(most.is_finite() && least.is_finite()) {
        return Ok(figure);
    }
    let threshold = most / 2.0 + least / 2.0;
    for layer in &mut figure.layers {
        if let Layer::Bars(bars) = layer {
            let beyond = bars
                .bars
                .iter_mut()
                .filter(|bar| bar.from / 2.0 + bar.to / 2.0 > threshold);
            beyond.for_each(|bar| bar.tint = Tint::Accent);
        }
    }
    let line = Shape {
        name: format!("threshold {}", number(threshold, 3)),
        points: vec![(threshold, 0.0), (threshold, figure.y.max)],
        tint: Tint::Accent,
        stroke: Stroke::Dashed,
    };
    figure.layers.push(Layer::Shapes(Shapes {
        what: "threshold".into(),
        shapes: vec![line],
    }));
    Ok(figure)
}
