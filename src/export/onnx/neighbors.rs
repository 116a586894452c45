//! Models that compare every row with stored rows, all at once: the memory grows with the product
//! of both numbers of rows and the number of features.

use ndarray::Array2;

use super::Answer;
use super::graph::{Draft, Value};
use super::models::differences;
use super::proto::{Attribute, DOUBLE, Tensor};
use crate::error::{Code, Error, Result};
use crate::models::NOISE;
use crate::models::agglomerative::AgglomerativeModel;
use crate::models::dbscan::DbscanModel;
use crate::models::hdbscan::HdbscanModel;
use crate::models::knn::{KnnModel, Votes, Weights};
use crate::models::lof::LofModel;
use crate::models::neighbors::Metric;

/// The nearest of the stored rows, nearest first; of equals the one stored first.
struct Nearest {
    /// `(N, k)`.
    distances: Value,
    /// `(N, k)`: their places.
    rows: Value,
}

/// Distances in the form in which they are compared, `(N, n_stored)`.
fn reduced(g: &mut Draft, x: &Value, stored: &Array2<f64>, metric: Metric) -> Result<Value> {
    let off = match metric {
        Metric::Cosine => {
            let message = "Distances by angle are not written as an ONNX graph yet. Choose another metric, or export source code.";
            return Err(Error::new(Code::BadSetting, message).in_field("metric"));
        }
        _ => {
            // Every other metric compares the rows as they are.
            differences(g, x, stored)
        }
    };
    Ok(match metric {
        Metric::Manhattan => {
            let size = g.op("Abs", &[&off]);
            g.sum_along(&size, 2)
        }
        Metric::Chebyshev => {
            let size = g.op("Abs", &[&off]);
            let axes = g.constant(Tensor::ints(&[1], [2]));
            g.op_with(
                "ReduceMax",
                &[&size, &axes],
                vec![Attribute::int("keepdims", 0)],
            )
        }
        _ => {
            let squares = g.op("Mul", &[&off, &off]);
            g.sum_along(&squares, 2)
        }
    })
}

fn nearest(
    g: &mut Draft,
    x: &Value,
    stored: &Array2<f64>,
    metric: Metric,
    k: usize,
) -> Result<Nearest> {
    let all = reduced(g, x, stored, metric)?;
    let k = g.constant(Tensor::ints(&[1], [k.clamp(1, stored.nrows()) as i64]));
    let attributes = vec![
        Attribute::int("axis", 1),
        Attribute::int("largest", 0),
        Attribute::int("sorted", 1),
    ];
    let [distances, rows] = g.two("TopK", &[&all, &k], attributes);
    let distances = match metric {
        Metric::Euclidean => g.op("Sqrt", &[&distances]),
        _ => distances,
    };
    Ok(Nearest { distances, rows })
}

/// Entries of a list of numbers at places of any shape.
fn look_up(g: &mut Draft, values: Tensor, places: &Value) -> Value {
    let values = g.constant(values);
    g.op("Gather", &[&values, places])
}

fn doubles(values: &[f64]) -> Tensor {
    Tensor::doubles(&[values.len()], values.iter().copied())
}

fn codes(values: &[u32]) -> Tensor {
    let code = |code: &u32| if *code == NOISE { -1 } else { i64::from(*code) };
    Tensor::ints(&[values.len()], values.iter().map(code))
}

fn least_along(g: &mut Draft, values: &Value) -> Value {
    let attributes = vec![Attribute::int("axis", 1), Attribute::int("keepdims", 0)];
    g.op_with("ArgMin", &[values], attributes)
}

pub(super) fn knn(g: &mut Draft, model: &KnnModel, x: &Value) -> Result<Answer> {
    let near = nearest(g, x, model.x(), model.metric(), model.n_neighbors())?;
    let zero = g.double(0.0);
    let is_same = g.op("Equal", &[&near.distances, &zero]);
    let is_same = g.cast(&is_same, DOUBLE);
    let first = g.take(&near.distances, 1, 0);
    let first = g.unsqueeze(&first, 1);
    let weights = match model.weights() {
        Weights::Uniform => {
            let none = g.op("Mul", &[&near.distances, &zero]);
            let one = g.double(1.0);
            g.op("Add", &[&none, &one])
        }
        Weights::Distance => {
            let relative = g.op("Div", &[&first, &near.distances]);
            let has_same = g.op("Equal", &[&first, &zero]);
            g.op("Where", &[&has_same, &is_same, &relative])
        }
    };
    let total = g.sum_along(&weights, 1);
    match model.votes() {
        Votes::Values(values) => {
            let values = look_up(g, doubles(values), &near.rows);
            let terms = g.op("Mul", &[&weights, &values]);
            let sum = g.sum_along(&terms, 1);
            Ok(Answer::Number(g.op("Div", &[&sum, &total])))
        }
        Votes::Classes {
            codes: of_rows,
            n_classes,
        } => {
            let of_rows = look_up(g, codes(of_rows), &near.rows);
            let of_rows = g.unsqueeze(&of_rows, 2);
            let all = (0..*n_classes).map(|class| class as i64);
            let all = g.constant(Tensor::ints(&[1, 1, *n_classes], all));
            let is_class = g.op("Equal", &[&of_rows, &all]);
            let share = g.cast(&is_class, DOUBLE);
            let by_row = g.unsqueeze(&weights, 2);
            let votes = g.op("Mul", &[&share, &by_row]);
            let votes = g.sum_along(&votes, 1);
            // Of tied classes the one with the nearest row wins, then the first.
            let (axis, second) = (
                g.constant(Tensor::ints(&[1], [1])),
                g.constant(Tensor::ints(&[1], [1])),
            );
            let far = g.double(f64::INFINITY);
            let distances = g.unsqueeze(&near.distances, 2);
            let distances = g.op("Where", &[&is_class, &distances, &far]);
            let keep = |kept| vec![Attribute::int("keepdims", kept)];
            let nearest_of = g.op_with("ReduceMin", &[&distances, &axis], keep(0));
            let most = g.op_with("ReduceMax", &[&votes, &second], keep(1));
            let is_most = g.op("Equal", &[&votes, &most]);
            // A class that has no vote is never among those with most.
            let largest = g.double(f64::MAX);
            let nearest_of = g.op("Min", &[&nearest_of, &largest]);
            let rank = g.op("Where", &[&is_most, &nearest_of, &far]);
            let class = least_along(g, &rank);
            let total = g.unsqueeze(&total, 1);
            let probabilities = g.op("Div", &[&votes, &total]);
            Ok(Answer::Classes(class, probabilities))
        }
    }
}

pub(super) fn agglomerative(
    g: &mut Draft,
    model: &AgglomerativeModel,
    x: &Value,
) -> Result<Answer> {
    let near = nearest(g, x, model.x(), model.metric(), 1)?;
    let row = g.take(&near.rows, 1, 0);
    Ok(Answer::Cluster(look_up(g, codes(model.labels()), &row)))
}

pub(super) fn dbscan(g: &mut Draft, model: &DbscanModel, x: &Value) -> Result<Answer> {
    if model.clusters().is_empty() {
        let message = "A model without a dense place is not written as an ONNX graph. Widen eps, and train again.";
        return Err(Error::new(Code::BadSetting, message).in_field("eps"));
    }
    let all = reduced(g, x, model.cores(), model.metric())?;
    let limit = g.double(model.reduced_eps());
    let is_within = g.op("LessOrEqual", &[&all, &limit]);
    let n = model.clusters().len();
    let clusters = model.clusters().iter().map(|cluster| i64::from(*cluster));
    let clusters = g.constant(Tensor::ints(&[1, n], clusters));
    let none = g.constant(Tensor::ints(&[], [i64::MAX]));
    let found = g.op("Where", &[&is_within, &clusters, &none]);
    let axes = g.constant(Tensor::ints(&[1], [1]));
    let lowest = g.op_with(
        "ReduceMin",
        &[&found, &axes],
        vec![Attribute::int("keepdims", 0)],
    );
    let is_none = g.op("Equal", &[&lowest, &none]);
    let noise = g.constant(Tensor::ints(&[], [-1]));
    Ok(Answer::Cluster(g.op("Where", &[&is_none, &noise, &lowest])))
}

pub(super) fn hdbscan(g: &mut Draft, model: &HdbscanModel, x: &Value) -> Result<Answer> {
    let Some(clustering) = model.clustering() else {
        let message = "A model that has not found its clusters yet is not written as an ONNX graph. Train it to the end.";
        return Err(Error::new(Code::BadSetting, message).in_field("outlet"));
    };
    let min_samples = model.min_samples();
    let k = (2 * min_samples).clamp(1, model.x().nrows());
    let near = nearest(g, x, model.x(), model.metric(), k)?;
    let core = g.take(&near.distances, 1, (min_samples - 1).min(k - 1));
    let core = g.unsqueeze(&core, 1);
    let cores = look_up(g, doubles(model.core_distances()), &near.rows);
    let reach = g.op("Max", &[&near.distances, &core, &cores]);
    let labels = look_up(g, codes(&clustering.labels), &near.rows);
    let best = least_along(g, &reach);
    let best = g.unsqueeze(&best, 1);
    let at = |g: &mut Draft, values: &Value| {
        let entry = g.op_with(
            "GatherElements",
            &[values, &best],
            vec![Attribute::int("axis", 1)],
        );
        g.take(&entry, 1, 0)
    };
    let (least, label) = (at(g, &reach), at(g, &labels));
    // The reach of no cluster stands in front.
    let reaches = std::iter::once(-1.0).chain(clustering.reaches.iter().copied());
    let reaches: Vec<f64> = reaches.collect();
    let one = g.constant(Tensor::ints(&[], [1]));
    let place = g.op("Add", &[&label, &one]);
    let limit = look_up(g, doubles(&reaches), &place);
    let is_within = g.op("LessOrEqual", &[&least, &limit]);
    let noise = g.constant(Tensor::ints(&[], [-1]));
    let cluster = g.op("Where", &[&is_within, &label, &noise]);
    // A row that was there keeps its label.
    let (first, own) = (g.take(&near.distances, 1, 0), g.take(&labels, 1, 0));
    let zero = g.double(0.0);
    let is_same = g.op("Equal", &[&first, &zero]);
    Ok(Answer::Cluster(g.op("Where", &[&is_same, &own, &cluster])))
}

pub(super) fn lof(g: &mut Draft, model: &LofModel, x: &Value) -> Result<Answer> {
    if model.scores().is_empty() {
        let message = "A model that has not measured its rows yet is not written as an ONNX graph. Train it to the end.";
        return Err(Error::new(Code::BadSetting, message).in_field("outlet"));
    }
    let near = nearest(g, x, model.x(), model.metric(), model.n_neighbors())?;
    let k = g.double(model.n_neighbors() as f64);
    let reaches = look_up(g, doubles(model.reaches()), &near.rows);
    let reaches = g.op("Max", &[&near.distances, &reaches]);
    let mean = |g: &mut Draft, values: &Value| {
        let sum = g.sum_along(values, 1);
        g.op("Div", &[&sum, &k])
    };
    let (one, least) = (g.double(1.0), g.double(1e-10));
    let reach = mean(g, &reaches);
    let reach = g.op("Add", &[&reach, &least]);
    let density = g.op("Div", &[&one, &reach]);
    let densities = look_up(g, doubles(model.densities()), &near.rows);
    let density = g.unsqueeze(&density, 1);
    let ratios = g.op("Div", &[&densities, &density]);
    let score = mean(g, &ratios);
    // A row that was there keeps its score.
    let (first, row) = (g.take(&near.distances, 1, 0), g.take(&near.rows, 1, 0));
    let own = look_up(g, doubles(model.scores()), &row);
    let zero = g.double(0.0);
    let is_same = g.op("Equal", &[&first, &zero]);
    let score = g.op("Where", &[&is_same, &own, &score]);
    let threshold = g.double(model.threshold());
    Ok(Answer::Unusual(
        g.op("Greater", &[&score, &threshold]),
        score,
    ))
}
