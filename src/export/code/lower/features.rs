//! From the cells of a row to the features of the model.

use super::expand;
use crate::export::code::{Array, Block, Expr};
use crate::prepare::{Encoding, FittedColumn, Pipeline, Steps, TargetMeans};

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
        Steps::Category { .. } | Steps::Hash { .. } => None,
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
            // Refused where its cells are read.
            Steps::Hash { .. } => {}
            Steps::Category {
                means: Some(means), ..
            } => of_target(b, x, at, &cell, means),
            Steps::Category { encoding, .. } => match encoding {
                // Its means stand above.
                Encoding::Target => {}
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

/// The means of the target for the level of a cell, or for all rows where it has none.
fn of_target(b: &mut Block, x: &Array, at: usize, cell: &Expr, means: &TargetMeans) {
    let width = means.overall.len();
    let by_level = b.reals("means_of_level", means.by_level.clone());
    let overall = b.reals("means_of_all", means.overall.clone());
    b.each("mean", width, |b, k| {
        let of_level = by_level.at(cell.to_int() * width + &k);
        let is_level = Expr::from(0.0).at_most(cell);
        b.either(
            is_level,
            |b| b.store(x, &k + at, of_level),
            |b| b.store(x, &k + at, overall.at(&k)),
        );
    });
}
