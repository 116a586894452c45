//! A map with a thread from every row to those that were nearest to it before.

use ndarray::{Array2, ArrayView1};

use crate::math::sort_by;
use crate::models::embedding::EmbeddingModel;
use crate::plot::{Figure, Layer, Points, Shape, Shapes, Stroke, Tint, scatter};
use crate::rng::Rng;
use crate::session::training::sample_rows;

/// Rows drawn at most, and threads of each.
const MOST_ROWS: usize = 400;
const N_THREADS: usize = 2;
/// Threads so many times as long as the usual one are torn.
const TORN: f64 = 6.0;

/// Long threads are neighbors that the map has torn apart.
pub(super) fn figure(map: &EmbeddingModel) -> Figure {
    let rows = sample_rows(map.x().nrows(), MOST_ROWS, &Rng::new(0));
    let pick = |all: &Array2<f64>| all.select(ndarray::Axis(0), &rows);
    let (x, places) = (pick(map.x()), pick(map.places()));
    if places.ncols() < 2 {
        return Figure::nothing(
            "Who was near before",
            "A map on one axis has no room for threads.",
        );
    }
    let at = |row: usize| (places[(row, 0)], places[(row, 1)]);
    let length = |&(from, to): &(usize, usize)| apart(at(from), at(to));
    let thread = |(from, to): (usize, usize), is_torn: bool| Shape {
        name: String::new(),
        points: vec![at(from), at(to)],
        tint: if is_torn { Tint::Accent } else { Tint::Plain },
        stroke: if is_torn { Stroke::Line } else { Stroke::Fine },
    };
    let of_row = |row: usize| nearest(&x, row).into_iter().map(move |other| (row, other));
    let pairs: Vec<(usize, usize)> = (0..x.nrows()).flat_map(of_row).collect();
    let lengths: Vec<f64> = pairs.iter().map(length).collect();
    let usual = crate::math::quantile(&sorted(&lengths), 0.5).unwrap_or_default();
    let is_torn = |length: &f64| *length > TORN * usual;
    let n_torn = lengths.iter().filter(|length| is_torn(length)).count();
    let threads = pairs.into_iter().zip(&lengths);
    let shapes = threads
        .map(|(pair, length)| thread(pair, is_torn(length)))
        .collect();
    let points = Points {
        x: places.column(0).to_vec(),
        y: places.column(1).to_vec(),
        ..Points::default()
    };
    let mut figure = scatter("Who was near before", ("", ""), points, &[]);
    figure.subtitle = format!("threads lead to the nearest rows; {n_torn} are torn");
    (figure.x.is_hidden, figure.y.is_hidden) = (true, true);
    let what = "threads".to_owned();
    figure.layers.push(Layer::Shapes(Shapes { what, shapes }));
    figure
}

fn apart(a: (f64, f64), b: (f64, f64)) -> f64 {
    ((a.0 - b.0) * (a.0 - b.0) + (a.1 - b.1) * (a.1 - b.1)).sqrt()
}

fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
}

/// The rows nearest to one, itself left out.
fn nearest(x: &Array2<f64>, row: usize) -> Vec<usize> {
    let square = |a: ArrayView1<'_, f64>, b: ArrayView1<'_, f64>| -> f64 {
        a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()
    };
    let others = (0..x.nrows()).filter(|&other| other != row);
    let mut others: Vec<(f64, usize)> = others
        .map(|other| (square(x.row(row), x.row(other)), other))
        .collect();
    sort_by(&mut others, |a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    others
        .into_iter()
        .take(N_THREADS)
        .map(|(_, other)| other)
        .collect()
}
