//! From the cells of a row to the features of the model.

use super::super::program::{Array, Block, Expr};
use super::expand;
use crate::prepare::{Encoding, FittedColumn, Pipeline, Steps};

/// More number columns than this are scaled in a loop.
const FEW: usize = 12;

/// Writes the features of the row, and returns their array.
pub(super) fn write(b: &mut Block, pipeline: &Pipeline) -> Array {
    let columns = pipeline.columns();
    let x = b.array("x", pipeline.n_features());
    let scales: Option<Vec<(f64, f64)>> = columns.iter().map(scale_of).collect();
    match scales.filter(|scales| scales.len() > FEW) {
        Some(scales) => in_a_loop(b, &x, &scales),
        None => one_by_one(b, &x, columns),
    }
    if let Some(expansion) = pipeline.expansion() {
        expand::write(b, &x, pipeline.n_plain_features(), expansion);
    }
    x
}

fn scale_of(column: &FittedColumn) -> Option<(f64, f64)> {
    match column.steps {
        Steps::Number { center, scale, .. } => Some((center, scale)),
        Steps::Category { .. } => None,
    }
}

fn in_a_loop(b: &mut Block, x: &Array, scales: &[(f64, f64)]) {
    let cells = b.cells();
    let centers = b.reals("center", scales.iter().map(|s| s.0).collect());
    let widths = b.reals("scale", scales.iter().map(|s| s.1).collect());
    b.each("column", scales.len(), |b, i| {
        b.store(x, &i, (cells.at(&i) - centers.at(&i)) / widths.at(&i));
    });
}

fn one_by_one(b: &mut Block, x: &Array, columns: &[FittedColumn]) {
    let cells = b.cells();
    let mut at = 0;
    for (index, column) in columns.iter().enumerate() {
        let cell = cells.at(index);
        b.comment(&column.name);
        match &column.steps {
            Steps::Number { center, scale, .. } if *center == 0.0 && *scale == 1.0 => {
                b.store(x, at, cell);
            }
            Steps::Number { center, scale, .. } => b.store(x, at, (cell - *center) / *scale),
            Steps::Category { encoding, .. } => match encoding {
                Encoding::Ordinal => b.store(x, at, cell),
                // An unseen level is −1, a kept gap is no number: neither has a feature.
                Encoding::OneHot => {
                    let place = cell.to_int() + at;
                    b.when(Expr::from(0.0).at_most(cell), |b| b.store(x, place, 1.0));
                }
                Encoding::Dummy => {
                    let place = (cell.clone() - 1.0).to_int() + at;
                    b.when(Expr::from(1.0).at_most(cell), |b| b.store(x, place, 1.0));
                }
            },
        }
        at += column.width();
    }
}
