//! What naive Bayes believes of each class: the densities of the most telling feature, or the
//! shares that set classes apart.

use ndarray::{Array2, ArrayView1};

use super::longest;
use crate::math;
use crate::models::naive_bayes::{Likelihood, NaiveBayesModel};
use crate::plot::{Bar, Curve, Figure, Tint, curves};
use crate::session::HeldModel;

/// Places at which a density is drawn.
const PLACES: usize = 160;

pub(super) fn figure(held: &HeldModel, model: &NaiveBayesModel) -> Figure {
    match &model.likelihood {
        Likelihood::Gaussian { means, variances } => {
            densities(held, &model.priors, means, variances)
        }
        Likelihood::Multinomial {
            feature_log_prob: shares,
        } => telling(held, shares, "how often a feature is counted"),
        Likelihood::Bernoulli { present, .. } => {
            telling(held, present, "how often a feature is there")
        }
    }
}

/// The densities of each class, as high as the class is frequent, along the feature whose means
/// lie farthest apart for their spread.
fn densities(
    held: &HeldModel,
    priors: &[f64],
    means: &Array2<f64>,
    variances: &Array2<f64>,
) -> Figure {
    let apart = |feature: usize| {
        let between = math::moments(&means.column(feature).to_vec()).map_or(0.0, |m| m.variance);
        between / variances.column(feature).mean().unwrap_or(1.0)
    };
    let scores: Vec<f64> = (0..means.ncols()).map(apart).collect();
    let best = math::argmax(&scores);
    let names = held.pipeline.feature_names();
    let name = names.get(best).map_or("", String::as_str);
    let (center, scale) = held
        .pipeline
        .units()
        .get(best)
        .copied()
        .unwrap_or((0.0, 1.0));
    let ends = |side: f64| {
        let classes = means.column(best).into_iter().zip(variances.column(best));
        classes
            .map(|(mean, variance)| mean + side * 3.2 * variance.sqrt())
            .collect::<Vec<f64>>()
    };
    let low = ends(-1.0).into_iter().fold(f64::INFINITY, f64::min);
    let high = ends(1.0).into_iter().fold(f64::NEG_INFINITY, f64::max);
    let labels = held.pipeline.labels();
    let curve = |class: usize| {
        let (mean, variance) = (means[(class, best)], variances[(class, best)]);
        let place = |i: usize| {
            let x = low + (high - low) * i as f64 / (PLACES - 1) as f64;
            let density = math::exp(-(x - mean) * (x - mean) / (2.0 * variance)) / variance.sqrt();
            (x * scale + center, priors[class] * density)
        };
        let label = labels.get(class).cloned().unwrap_or_default();
        Curve {
            name: label.clone(),
            end_label: label,
            points: (0..PLACES).map(place).collect(),
            is_unseen: false,
            tint: Tint::Code { code: class as u32 },
        }
    };
    let all = (0..means.nrows()).map(curve).collect();
    let title = "What it believes of each class";
    let subtitle = format!("along {name}, the most telling feature");
    curves((title, &subtitle), name, "density", all)
}

/// The features whose logarithms of shares differ most between the classes.
fn telling(held: &HeldModel, shares: &Array2<f64>, what: &str) -> Figure {
    let (labels, names) = (held.pipeline.labels(), held.pipeline.feature_names());
    let middle = |column: ArrayView1<'_, f64>| column.mean().unwrap_or(0.0);
    let bar = |((class, feature), share): ((usize, usize), &f64)| {
        let (name, label) = (names.get(feature), labels.get(class));
        let of = |text: Option<&String>| text.cloned().unwrap_or_default();
        Bar {
            length: share - middle(shares.column(feature)),
            label: format!("{}: {}", of(label), of(name)),
            tint: Tint::Code { code: class as u32 },
            ..Bar::default()
        }
    };
    let bars = shares
        .indexed_iter()
        .map(bar)
        .filter(|bar| bar.length.is_finite());
    let subtitle = format!("{what}, against the mean of the classes, in nats");
    longest(
        "What sets classes apart",
        &subtitle,
        "difference",
        bars.collect(),
        labels,
    )
}
