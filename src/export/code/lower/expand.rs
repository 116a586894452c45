//! Features made of features: products, and pieces of curves.

use crate::export::code::{Array, Block, Expr};
use crate::prepare::{Expansion, Spline};

/// Degree of the pieces.
const DEGREE: usize = 3;

/// Writes what is made of the first `n_plain` features behind them.
pub(super) fn write(b: &mut Block, x: &Array, n_plain: usize, expansion: &Expansion) {
    let mut at = n_plain;
    for product in &expansion.products {
        let factors = product.iter().map(|&feature| x.at(feature as usize));
        if let Some(value) = factors.reduce(|product, factor| product * factor) {
            b.store(x, at, value);
        }
        at += 1;
    }
    for spline in &expansion.splines {
        curve(b, x, at, spline);
        at += spline.knots.len();
    }
}

/// The cubic pieces of one feature, by the recursion of Cox and de Boor.
fn curve(b: &mut Block, x: &Array, start: usize, spline: &Spline) {
    let n = spline.knots.len();
    let feature = x.at(spline.feature as usize);
    let knots = b.reals(
        "knots",
        (0..n + 2 * DEGREE).map(|i| spline.knot(i)).collect(),
    );
    let (first, last) = (Expr::from(spline.knots[0]), Expr::from(spline.knots[n - 1]));
    b.either(
        feature.is_nan(),
        |b| {
            b.each("piece", n, |b, k| {
                b.store(x, k + start, feature.clone());
            });
        },
        |b| {
            let place = b.real("place", feature.max(first).min(last));
            let interval = b.int("interval", 0);
            b.between("knot", 1, n - 1, |b, i| {
                b.when(knots.at(i.clone() + DEGREE).at_most(&place), |b| {
                    b.set(&interval, i);
                });
            });
            let pieces = b.array("pieces", DEGREE + 1);
            b.store(&pieces, 0, 1.0);
            let carried = b.real("carried", 0.0);
            let share = b.real("share", 0.0);
            for degree in 1..=DEGREE {
                b.set(&carried, 0.0);
                for k in 0..degree {
                    let (left, right) = (DEGREE + 1 + k - degree, DEGREE + 1 + k);
                    let (left, right) = (knots.at(&interval + left), knots.at(&interval + right));
                    b.set(&share, pieces.at(k) / (right.clone() - left.clone()));
                    b.store(&pieces, k, &carried + (right - &place) * &share);
                    b.set(&carried, (&place - left) * &share);
                }
                b.store(&pieces, degree, &carried);
            }
            for k in 0..=DEGREE {
                let is_kept = Expr::from(1)
                    .at_most(&interval + k)
                    .and((&interval + k).at_most(n));
                // The first piece has no place, and the last is left out.
                b.when(is_kept, |b| {
                    b.store(x, &interval + (start + k) - 1, pieces.at(k));
                });
            }
        },
    );
}
