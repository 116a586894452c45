//! A map with a thread from every row to those that were nearest to it before.

use ndarray::{Array2, ArrayView1};

use crate::math::sort_by;
use crate::models::embedding::EmbeddingModel;
use crate::plot::{Figure, Layer, Points, Shape, Shapes, Stroke, scatter};
use crate::rng::Rng;
use crate::session::training::sample_rows;

/// Rows drawn at most, and threads of each.
const MOST_ROWS: usize = 400;
const N_THREADS: usize = 2;

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
    let thread = |from: usize, to: usize| Shape {
        points: vec![at(from), at(to)],
        stroke: Stroke::Fine,
        ..Shape::default()
    };
    let of_row = |row: usize| nearest(&x, row).into_iter().map(move |other| (row, other));
    let pairs = (0..x.nrows()).flat_map(of_row);
    let shapes = pairs.map(|(from, to)| thread(from, to)).collect();
    let points = Points {
        x: places.column(0).to_vec(),
        y: places.column(1).to_vec(),
        ..Points::default()
    };
    let mut figure = scatter("Who was near before", ("", ""), points, &[]);
    figure.subtitle = "threads lead to the nearest rows; long ones are torn".into();
    (figure.x.is_hidden, figure.y.is_hidden) = (true, true);
    let what = "threads".to_owned();
    figure
        .layers
        .insert(0, Layer::Shapes(Shapes { what, shapes }));
    figure
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
