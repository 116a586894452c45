//! Weights as bars by sign: how much one standard deviation of each feature moves the answer.

use ndarray::Array2;

use super::longest;
use crate::math;
use crate::plot::{Bar, Figure, Tint};
use crate::session::HeldModel;

const TITLE: &str = "What moves the answer";

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
            Some(label) if !is_binary => format!("{name} \u{2192} {label}"),
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
