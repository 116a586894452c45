//! Weights as bars by sign: how much one standard deviation of each feature moves the answer.

use ndarray::Array2;

use super::longest;
use crate::math;
use crate::models::elastic_net::Path;
use crate::plot::{Bar, Curve, Figure, Tint, curves};
use crate::session::HeldModel;

const TITLE: &str = "What moves the answer";
/// Curves that are named at their ends.
const MOST_NAMED: usize = 8;

/// The weights of a single sum.
pub(super) fn of_sum(held: &HeldModel, weights: &[f64]) -> Figure {
    let names = held.pipeline.feature_names();
    let bars = weights.iter().zip(spreads(held)).zip(&names);
    let bar = |((weight, spread), name): ((&f64, f64), &String)| Bar {
        length: weight * spread,
        label: name.clone(),
        ..Bar::default()
    };
    let subtitle = "for one standard deviation more of each column";
    longest(TITLE, subtitle, "weight", bars.map(bar).collect(), &[])
}

/// How the weights grew as the penalty fell.
pub(super) fn of_path(held: &HeldModel, path: &Path) -> Figure {
    let (names, spreads) = (held.pipeline.feature_names(), spreads(held));
    let weight = |at: usize, feature: usize| path.coefficients[(at, feature)] * spreads[feature];
    let (n, p) = path.coefficients.dim();
    let let_in = |at: usize| math::sum((0..p).map(|feature| weight(at, feature).abs()));
    let places: Vec<f64> = (0..n).map(let_in).collect();
    let mut order: Vec<usize> = (0..p).collect();
    let size = |feature: &usize| weight(n - 1, *feature).abs();
    math::sort_by(&mut order, |a, b| {
        size(b).total_cmp(&size(a)).then(a.cmp(b))
    });
    let curve = |(rank, feature): (usize, usize)| Curve {
        name: names[feature].clone(),
        end_label: match rank < MOST_NAMED && size(&feature) > 0.0 {
            true => names[feature].clone(),
            false => String::new(),
        },
        points: (0..n).map(|at| (places[at], weight(at, feature))).collect(),
        is_unseen: false,
        tint: Tint::Code { code: rank as u32 },
    };
    let n_used = order.iter().filter(|feature| size(feature) > 0.0).count();
    let subtitle = format!("as the penalty falls; {n_used} of {p} are in use");
    let all = order.into_iter().enumerate().map(curve).collect();
    curves(
        ("The path of the weights", &subtitle),
        "all weights together",
        "weight",
        all,
    )
}

/// The weights of a sum for each class; two classes share one, which speaks for the second.
pub(super) fn of_classes(held: &HeldModel, weights: &Array2<f64>) -> Figure {
    let (labels, names, spreads) = (
        held.pipeline.labels(),
        held.pipeline.feature_names(),
        spreads(held),
    );
    let is_binary = weights.nrows() == 1;
    let bar = |((class, feature), weight): ((usize, usize), &f64)| {
        let name = names.get(feature).map_or("", String::as_str);
        let label = match labels.get(class) {
            Some(label) if !is_binary => format!("{label}: {name}"),
            _ => name.to_owned(),
        };
        let tint = match is_binary {
            true => Tint::Code {
                code: u32::from(*weight > 0.0),
            },
            false => Tint::Code { code: class as u32 },
        };
        let spread = spreads.get(feature).copied().unwrap_or(1.0);
        Bar {
            length: weight * spread,
            label,
            tint,
            ..Bar::default()
        }
    };
    let bars = weights.indexed_iter().map(bar).collect();
    let subtitle = match (is_binary, labels) {
        (true, [first, second]) => {
            format!("left: {first}, right: {second}; in log-odds for one standard deviation")
        }
        _ => "right: for the class, left: against it; in log-odds for one standard deviation"
            .to_owned(),
    };
    longest(TITLE, &subtitle, "weight", bars, labels)
}

/// The standard deviation of each feature over the rows learnt from; 1 where they are gone.
fn spreads(held: &HeldModel) -> Vec<f64> {
    let Ok(training) = held.training() else {
        return vec![1.0; held.pipeline.n_features()];
    };
    let spread = |column: ndarray::ArrayView1<'_, f64>| {
        let values: Vec<f64> = column.iter().copied().filter(|v| !v.is_nan()).collect();
        math::moments(&values).map_or(0.0, |moments| moments.deviation)
    };
    training.train.x.columns().into_iter().map(spread).collect()
}
