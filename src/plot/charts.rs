//! The charts: results in, a [`Figure`] out.

use super::figure::{
    Axis, Bar, Bars, Cells, Coloring, Curve, Figure, Layer, Lines, Matrix, Net, Points, Surface,
    Trails, Tree,
};
use super::surface::Plane;
use super::text::number;
use super::ticks::range_of;
use crate::evaluate::Confusion;
use crate::math::sort_by;

/// Bars of a histogram at most.
const MOST_BINS: usize = 40;
/// Categories shown at most; the rest is one bar.
const MOST_CATEGORIES: usize = 12;

/// Rows over what a model says at every place: decision surface, regression surface or
/// clusters with their centroids. Without a surface it is a scatter of rows, such as a
/// projection.
///
/// - `plane`: the part of the plane that `surface` covers ([`Plane::around`]).
/// - `labels`: the shown text of each class or cluster.
/// - `trails`: the way of each centroid; empty for other models.
pub fn plane(
    (title, subtitle): (&str, &str),
    (x_label, y_label): (&str, &str),
    plane: &Plane,
    points: Points,
    labels: &[String],
    surface: Option<Surface>,
    trails: Vec<Vec<(f64, f64)>>,
) -> Figure {
    if points.x.is_empty() && surface.is_none() {
        return Figure::nothing(title, "There are no rows to show yet.");
    }
    let mut figure = Figure::new(
        title,
        subtitle,
        Axis::new(x_label, plane.x),
        Axis::new(y_label, plane.y),
    );
    figure.labels = labels.to_vec();
    let has_classes = matches!(points.color, Coloring::Classes { .. })
        || matches!(
            surface,
            Some(Surface {
                cells: Cells::Classes { .. } | Cells::Clusters { .. },
                ..
            })
        );
    figure.layers.extend(surface.map(Layer::Surface));
    figure.layers.push(Layer::Points(points));
    if !trails.is_empty() {
        figure.layers.push(Layer::Trails(Trails { trails }));
    }
    if has_classes {
        figure.layers.push(Layer::Names);
    }
    figure
}

/// Two columns of a table, or two axes of a projection, against each other.
pub fn scatter(
    title: &str,
    (x_label, y_label): (&str, &str),
    points: Points,
    labels: &[String],
) -> Figure {
    let view = Plane::around(&points, 2);
    let subtitle = format!("{x_label} \u{d7} {y_label}");
    plane(
        (title, &subtitle),
        (x_label, y_label),
        &view,
        points,
        labels,
        None,
        Vec::new(),
    )
}

/// Loss by position in training, on seen and unseen rows; each entry is (position, loss).
///
/// - `unit`: what the position counts: `epoch`, `iteration`.
pub fn loss_curve(
    loss_label: &str,
    unit: &str,
    train: &[(f64, f64)],
    test: &[(f64, f64)],
) -> Figure {
    let clean = |curve: &[(f64, f64)]| -> Vec<(f64, f64)> {
        let finite = |(a, b): &(f64, f64)| a.is_finite() && b.is_finite();
        curve.iter().copied().filter(finite).collect()
    };
    let (train, test) = (clean(train), clean(test));
    if train.is_empty() && test.is_empty() {
        return Figure::nothing(
            "Loss",
            "No step has been taken yet, or this model has no loss.",
        );
    }
    let all = || train.iter().chain(&test);
    let (first, last) = all().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), p| {
        (low.min(p.0), high.max(p.0))
    });
    let x = if first < last {
        (first, last)
    } else {
        (first.min(0.0), last.max(0.0) + 1.0)
    };
    // A loss that is a sum of errors ends at 0; one that falls below it has no such end.
    let has_minus = all().any(|p| p.1 < 0.0);
    let zero = (!has_minus).then_some(0.0);
    let below = if has_minus { 0.06 } else { 0.0 };
    let y = range_of(all().map(|p| p.1).chain(zero), below, 0.06);
    let subtitle = match unit {
        "" => loss_label.to_owned(),
        unit => format!("{loss_label} by {unit}"),
    };
    let mut figure = Figure::new(
        "Loss",
        subtitle,
        Axis::new(unit, x),
        Axis::new(loss_label, y),
    );
    // Both ends with as many decimals, so that they can be compared.
    let ends = [train.last(), test.last()]
        .into_iter()
        .flatten()
        .map(|p| p.1.abs());
    let smallest = ends.filter(|end| *end > 0.0).fold(f64::INFINITY, f64::min);
    let decimals = match smallest {
        s if s >= 1000.0 => 0,
        s if s >= 1.0 => 2,
        s if s >= 0.01 => 3,
        _ => 5,
    };
    let curve = |name: &str, points: Vec<(f64, f64)>, is_unseen| {
        let last = points.last()?.1;
        Some(Curve {
            name: name.to_owned(),
            end_label: if last.abs() < 1e7 {
                format!("{name} {last:.decimals$}").replace('-', "\u{2212}")
            } else {
                format!("{name} {}", number(last, 3))
            },
            points,
            is_unseen,
            ..Curve::default()
        })
    };
    let curves = [curve("seen", train, false), curve("unseen", test, true)];
    figure.layers.push(Layer::Lines(Lines {
        curves: curves.into_iter().flatten().collect(),
    }));
    figure
}

/// True against predicted classes.
///
/// - `rows`: which rows, for the subtitle: "86 unseen rows".
pub fn confusion_matrix(confusion: &Confusion, rows: &str) -> Figure {
    let n = confusion.labels.len();
    let is_square = confusion.counts.len() == n && confusion.counts.iter().all(|r| r.len() == n);
    if n == 0 || !is_square || confusion.counts.iter().flatten().all(|&c| c == 0) {
        return Figure::nothing("Confusion matrix", "There are no predicted rows to count.");
    }
    let axis = |label: &str| Axis {
        categories: confusion.labels.clone(),
        ..Axis::new(label, (0.0, n as f64))
    };
    let mut figure = Figure::new("Confusion matrix", rows, axis("predicted"), axis("actual"));
    figure.labels = confusion.labels.clone();
    figure.layers.push(Layer::Matrix(Matrix {
        counts: confusion.counts.clone(),
    }));
    figure
}

/// Predicted values against actual ones, with the line on which both are equal.
///
/// - `actual`, `predicted`, `is_unseen`, `rows`: `(n_samples,)`.
pub fn predicted_against_actual(
    target: &str,
    actual: &[f64],
    predicted: &[f64],
    is_unseen: &[bool],
    rows: &[usize],
) -> Figure {
    const TITLE: &str = "Predicted against actual";
    if actual.is_empty() || actual.len() != predicted.len() {
        return Figure::nothing(TITLE, "There are no predicted rows to show.");
    }
    let range = range_of(actual.iter().chain(predicted).copied(), 0.06, 0.06);
    let mut figure = Figure::new(
        TITLE,
        format!("{target}; on the line both are equal"),
        Axis::new(format!("actual {target}"), range),
        Axis::new(format!("predicted {target}"), range),
    );
    figure.layers.push(Layer::Diagonal);
    figure.layers.push(Layer::Points(Points {
        x: actual.to_vec(),
        y: predicted.to_vec(),
        color: Coloring::Plain,
        is_unseen: is_unseen.to_vec(),
        rows: rows.to_vec(),
        ..Points::default()
    }));
    figure
}

/// How the numbers of a column are spread. Missing ones (NaN) are left out and counted in the
/// subtitle.
///
/// The number of bins is Sturges' or Freedman and Diaconis' rule, whichever asks for more, as
/// NumPy's `auto`, up to 40.
pub fn histogram(column: &str, values: &[f64]) -> Figure {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    let (Some(&low), Some(&high)) = (sorted.first(), sorted.last()) else {
        return Figure::nothing(column, "This column has no numbers to show.");
    };
    let n_missing = values.len() - sorted.len();
    let edges = bin_edges(&sorted, low, high);
    let bars: Vec<Bar> = edges
        .windows(2)
        .enumerate()
        .map(|(index, edge)| {
            let start = if index == 0 {
                0
            } else {
                sorted.partition_point(|&v| v < edge[0])
            };
            let is_last = index + 2 == edges.len();
            let end = if is_last {
                sorted.len()
            } else {
                sorted.partition_point(|&v| v < edge[1])
            };
            Bar {
                from: edge[0],
                to: edge[1],
                length: end.saturating_sub(start) as f64,
                label: format!("{} to {}", number(edge[0], 4), number(edge[1], 4)),
                ..Bar::default()
            }
        })
        .collect();
    let x = (
        edges.first().copied().unwrap_or(low),
        edges.last().copied().unwrap_or(high),
    );
    let most = bars.iter().fold(1.0_f64, |m, bar| m.max(bar.length));
    let subtitle = counted(sorted.len(), n_missing);
    let mut figure = Figure::new(
        column,
        subtitle,
        Axis::new(column, x),
        Axis::new("rows", (0.0, most)),
    );
    figure.layers.push(Layer::Bars(Bars {
        bars,
        is_lying: false,
        what: "rows".into(),
    }));
    figure
}

fn bin_edges(sorted: &[f64], low: f64, high: f64) -> Vec<f64> {
    let quantile = |q| crate::math::quantile(sorted, q).unwrap_or_default();
    let n = sorted.len() as f64;
    let span = high / 2.0 - low / 2.0;
    if span <= low.abs().max(high.abs()) * 1e-12 {
        let half = if low == 0.0 { 0.5 } else { low.abs() * 0.05 };
        return vec![low - half, high + half];
    }
    let sturges = crate::math::log2(n).ceil() + 1.0;
    let quartiles = (quantile(0.75) / 2.0 - quantile(0.25) / 2.0).abs();
    let width = 2.0 * quartiles / crate::math::pow(n, 1.0 / 3.0);
    let freedman = if width > 0.0 {
        (span / width).ceil()
    } else {
        0.0
    };
    let mut n_bins = sturges.max(freedman).clamp(1.0, MOST_BINS as f64);
    // Few whole numbers: one bin each, so no bin has two where others have one.
    let is_whole = sorted.iter().all(|v| v.fract() == 0.0);
    if is_whole && 2.0 * span < MOST_BINS as f64 {
        return (0..=(2.0 * span) as usize + 1)
            .map(|i| low - 0.5 + i as f64)
            .collect();
    }
    n_bins = n_bins.floor();
    (0..=n_bins as usize)
        .map(|i| {
            let share = i as f64 / n_bins;
            low * (1.0 - share) + high * share
        })
        .collect()
}

/// How often each category of a column occurs, the most frequent first.
///
/// - `counts`: label and number of rows of each category.
pub fn category_counts(column: &str, counts: &[(String, usize)], n_missing: usize) -> Figure {
    let mut counts = counts.to_vec();
    counts.retain(|(_, n)| *n > 0);
    sort_by(&mut counts, |a, b| b.1.cmp(&a.1));
    if counts.is_empty() {
        return Figure::nothing(column, "This column has no values to show.");
    }
    let total: usize = counts.iter().map(|(_, n)| n).sum();
    if counts.len() > MOST_CATEGORIES {
        let rest = counts.split_off(MOST_CATEGORIES - 1);
        let rows = rest.iter().map(|(_, n)| n).sum();
        counts.push((format!("{} others", rest.len()), rows));
    }
    let bar = |(label, rows): (String, usize)| Bar {
        length: rows as f64,
        label,
        ..Bar::default()
    };
    let bars = counts.into_iter().map(bar).collect();
    let subtitle = counted(total, n_missing);
    lying_bars((column, &subtitle), "rows", bars, &[])
}

/// Lengths by name, one bar below the other; those below zero go the other way.
///
/// - `what`: what the lengths measure: `rows`, `weight`.
/// - `labels`: the shown text of classes, where bars have their colors.
pub fn lying_bars(
    (title, subtitle): (&str, &str),
    what: &str,
    bars: Vec<Bar>,
    labels: &[String],
) -> Figure {
    if bars.is_empty() {
        return Figure::nothing(title, "There is nothing to show yet.");
    }
    let lengths = || bars.iter().map(|bar| bar.length).filter(|v| v.is_finite());
    let (low, high) = lengths().fold((0.0_f64, 0.0_f64), |(low, high), v| {
        (low.min(v), high.max(v))
    });
    let x = if low < high { (low, high) } else { (0.0, 1.0) };
    let y = Axis {
        categories: bars.iter().map(|bar| bar.label.clone()).collect(),
        ..Axis::new(title, (0.0, bars.len() as f64))
    };
    let mut figure = Figure::new(title, subtitle, Axis::new(what, x), y);
    figure.labels = labels.to_vec();
    figure.layers.push(Layer::Bars(Bars {
        bars,
        is_lying: true,
        what: what.to_owned(),
    }));
    figure
}

/// Curves with their names at their ends.
///
/// - `x`, `y`: names of the axes.
pub fn curves((title, subtitle): (&str, &str), x: &str, y: &str, curves: Vec<Curve>) -> Figure {
    let places = || curves.iter().flat_map(|curve| &curve.points);
    if places().next().is_none() {
        return Figure::nothing(title, "There is nothing to show yet.");
    }
    let (x_range, y_range) = (
        range_of(places().map(|p| p.0), 0.0, 0.0),
        range_of(places().map(|p| p.1), 0.04, 0.06),
    );
    let (x, y) = (Axis::new(x, x_range), Axis::new(y, y_range));
    let mut figure = Figure::new(title, subtitle, x, y);
    figure.layers.push(Layer::Lines(Lines { curves }));
    figure
}

/// A decision tree.
///
/// - `labels`: the classes, for their names.
pub fn tree((title, subtitle): (&str, &str), tree: Tree, labels: &[String]) -> Figure {
    if tree.nodes.is_empty() {
        return Figure::nothing(title, "No tree has grown yet.");
    }
    let axis = || Axis {
        is_hidden: true,
        ..Axis::new("", (0.0, 1.0))
    };
    let mut figure = Figure::new(title, subtitle, axis(), axis());
    figure.labels = labels.to_vec();
    figure.layers.push(Layer::Tree(tree));
    figure
}

fn counted(n: usize, n_missing: usize) -> String {
    match n_missing {
        0 => format!("{n} rows"),
        missing => format!("{n} rows, {missing} missing"),
    }
}

/// A neural net: its neurons, and its weights by sign and size.
///
/// - `labels`: the classes of the outputs, for their colors.
pub fn net(net: Net, labels: &[String]) -> Figure {
    if net.layers.len() < 2 {
        return Figure::nothing("The net", "This model is not a net.");
    }
    let axis = || Axis {
        is_hidden: true,
        ..Axis::new("", (0.0, 1.0))
    };
    let mut figure = Figure::new("The net", "each neuron shows what it sees", axis(), axis());
    figure.labels = labels.to_vec();
    figure.layers.push(Layer::Net(net));
    figure
}
