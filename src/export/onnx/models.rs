//! Models of sums, distances and densities.

use ndarray::Array2;

use super::Answer;
use super::graph::{Draft, Value};
use super::proto::{Attribute, DOUBLE, FLOAT, Tensor};
use crate::error::{Code, Error, Result};
use crate::export::Artifact;
use crate::models::Model;
use crate::models::baseline::BaselineModel;
use crate::models::gaussian_mixture::{GaussianMixtureModel, Whitening};
use crate::models::gaussian_process::{GaussianProcessModel, Shape};
use crate::models::kmeans::KMeansModel;
use crate::models::linear::LinearModel;
use crate::models::logistic::LogisticModel;
use crate::models::mlp::{Activation, MlpModel, Output};
use crate::models::naive_bayes::{Likelihood, NaiveBayesModel};
use crate::models::pca::PcaModel;

/// Writes the model behind the features `x`, `(N, n_features)`.
pub(super) fn write(g: &mut Draft, artifact: &Artifact, x: &Value) -> Result<Answer> {
    Ok(match &artifact.model {
        Model::Baseline(model) => baseline(g, model, x)?,
        Model::Linear(model) => linear(g, model, x),
        Model::Logistic(model) => logistic(g, model, x),
        Model::Mlp(model) => mlp(g, model, x),
        Model::NaiveBayes(model) => naive_bayes(g, model, x),
        Model::KMeans(model) => kmeans(g, model, x),
        Model::Pca(model) => pca(g, model, x),
        Model::GaussianMixture(model) => gaussian_mixture(g, model, x),
        Model::GaussianProcess(model) => gaussian_process(g, model, x),
        Model::Tree(model) => super::trees::tree(g, model, x),
        Model::Forest(model) => super::trees::forest(g, model, x),
        Model::Boosting(model) => super::trees::boosting(g, model, x)?,
        Model::IsolationForest(model) => super::trees::isolation_forest(g, model, x),
        Model::Knn(model) => super::neighbors::knn(g, model, x)?,
        Model::Agglomerative(model) => super::neighbors::agglomerative(g, model, x)?,
        Model::Dbscan(model) => super::neighbors::dbscan(g, model, x)?,
        Model::Hdbscan(model) => super::neighbors::hdbscan(g, model, x)?,
        Model::Lof(model) => super::neighbors::lof(g, model, x)?,
        Model::Svm(model) => super::svm::svm(g, model, x),
        Model::Embedding(_) => {
            let message = format!(
                "A model of \u{201c}{}\u{201d} is not written as an ONNX graph yet. Export it as source code, or as a Handlens model.",
                artifact.algorithm
            );
            return Err(Error::new(Code::BadSetting, message).in_field("outlet"));
        }
    })
}

pub(super) fn matrix(g: &mut Draft, values: &Array2<f64>) -> Value {
    g.constant(Tensor::doubles(
        &[values.nrows(), values.ncols()],
        values.iter().copied(),
    ))
}

pub(super) fn vector(g: &mut Draft, values: &[f64]) -> Value {
    g.constant(Tensor::doubles(&[values.len()], values.iter().copied()))
}

/// The first of the greatest entries of each row, `(N,)`.
pub(super) fn argmax(g: &mut Draft, values: &Value) -> Value {
    let attributes = vec![Attribute::int("axis", 1), Attribute::int("keepdims", 0)];
    g.op_with("ArgMax", &[values], attributes)
}

/// The class of the greatest logit, and the softmax of all.
pub(super) fn classes(g: &mut Draft, logits: &Value) -> Answer {
    let class = argmax(g, logits);
    let probabilities = g.op_with("Softmax", &[logits], vec![Attribute::int("axis", 1)]);
    Answer::Classes(class, probabilities)
}

fn baseline(g: &mut Draft, model: &BaselineModel, x: &Value) -> Result<Answer> {
    let Some(answers) = model.constant_answers() else {
        let message = "This baseline draws its answers, which a graph does not. Choose the strategy \u{201c}prior\u{201d}.";
        return Err(Error::new(Code::BadSetting, message).in_field("strategy"));
    };
    // A zero for each row, whatever stands in it.
    let first = g.take(x, 1, 0);
    let shape = g.op("Shape", &[&first]);
    let fill = Attribute::tensor("value", Tensor::doubles(&[1], [0.0]));
    let zeros = g.op_with("ConstantOfShape", &[&shape], vec![fill]);
    match answers.split_first() {
        Some((class, shares)) if !shares.is_empty() => {
            let shares = g.constant(Tensor::doubles(&[1, shares.len()], shares.iter().copied()));
            let column = g.unsqueeze(&zeros, 1);
            let probabilities = g.op("Add", &[&column, &shares]);
            let class = g.double(*class);
            let class = g.op("Add", &[&zeros, &class]);
            let class = g.cast(&class, super::INT64);
            Ok(Answer::Classes(class, probabilities))
        }
        _ => {
            let number = g.double(answers.first().copied().unwrap_or_default());
            Ok(Answer::Number(g.op("Add", &[&zeros, &number])))
        }
    }
}

fn linear(g: &mut Draft, model: &LinearModel, x: &Value) -> Answer {
    let weights = vector(g, model.coefficients());
    let sum = g.op("MatMul", &[x, &weights]);
    let intercept = g.double(model.intercept);
    Answer::Number(g.op("Add", &[&sum, &intercept]))
}

fn logistic(g: &mut Draft, model: &LogisticModel, x: &Value) -> Answer {
    let weights = matrix(g, &model.coefficients.t().to_owned());
    let intercepts = vector(g, &model.intercepts);
    let sums = g.op("MatMul", &[x, &weights]);
    let mut logits = g.op("Add", &[&sums, &intercepts]);
    if model.coefficients.nrows() == 1 {
        let halves = g.constant(Tensor::doubles(&[1, 2], [-0.5, 0.5]));
        logits = g.op("Mul", &[&logits, &halves]);
    }
    classes(g, &logits)
}

fn mlp(g: &mut Draft, model: &MlpModel, x: &Value) -> Answer {
    let mut values = g.cast(x, FLOAT);
    for (index, layer) in model.layers().into_iter().enumerate() {
        let (n_in, n_out) = layer.weights.dim();
        let weights = g.constant(Tensor::floats(
            &[n_in, n_out],
            layer.weights.iter().copied(),
        ));
        let biases = g.constant(Tensor::floats(&[n_out], layer.biases.iter().copied()));
        values = g.op("MatMul", &[&values, &weights]);
        values = g.op("Add", &[&values, &biases]);
        if let Some(norm) = model.normalization(index) {
            let scales = norm.scales.iter().zip(norm.variances);
            let scales = scales.map(|(s, variance)| s / (variance + 1e-5).sqrt());
            let [means, scales, shifts] =
                [norm.means.to_vec(), scales.collect(), norm.shifts.to_vec()]
                    .map(|numbers: Vec<f32>| g.constant(Tensor::floats(&[n_out], numbers)));
            values = g.op("Sub", &[&values, &means]);
            values = g.op("Mul", &[&values, &scales]);
            values = g.op("Add", &[&values, &shifts]);
        }
        values = match layer.activation {
            Activation::Identity => values,
            Activation::Relu => g.op("Relu", &[&values]),
            Activation::LeakyRelu => g.op_with(
                "LeakyRelu",
                &[&values],
                vec![Attribute::float("alpha", 0.01)],
            ),
            Activation::Tanh => g.op("Tanh", &[&values]),
            Activation::Sigmoid => g.op("Sigmoid", &[&values]),
            Activation::Gelu => g.op("Gelu", &[&values]),
        };
    }
    let outputs = g.cast(&values, DOUBLE);
    match model.output {
        Output::Classes { .. } => classes(g, &outputs),
        Output::Values { center, scale } => {
            let (center, scale) = (g.double(center), g.double(scale));
            let value = g.take(&outputs, 1, 0);
            let value = g.op("Mul", &[&value, &scale]);
            Answer::Number(g.op("Add", &[&value, &center]))
        }
    }
}

/// Differences of every row to every line of `others`, `(N, n_lines, n_features)`.
pub(super) fn differences(g: &mut Draft, x: &Value, others: &Array2<f64>) -> Value {
    let rows = g.unsqueeze(x, 1);
    let shape = [1, others.nrows(), others.ncols()];
    let others = g.constant(Tensor::doubles(&shape, others.iter().copied()));
    g.op("Sub", &[&rows, &others])
}

/// Squared distances of every row to every line of `others`, `(N, n_lines)`.
pub(super) fn squared_distances(g: &mut Draft, x: &Value, others: &Array2<f64>) -> Value {
    let off = differences(g, x, others);
    let squares = g.op("Mul", &[&off, &off]);
    g.sum_along(&squares, 2)
}

fn naive_bayes(g: &mut Draft, model: &NaiveBayesModel, x: &Value) -> Answer {
    let offsets = vector(g, model.offsets());
    let sums = match &model.likelihood {
        Likelihood::Gaussian { means, variances } => {
            let off = differences(g, x, means);
            let squares = g.op("Mul", &[&off, &off]);
            let variances = matrix(g, variances);
            let squares = g.op("Div", &[&squares, &variances]);
            let sums = g.sum_along(&squares, 2);
            let half = g.double(-0.5);
            g.op("Mul", &[&sums, &half])
        }
        Likelihood::Multinomial { feature_log_prob } => {
            let shares = matrix(g, &feature_log_prob.t().to_owned());
            g.op("MatMul", &[x, &shares])
        }
        Likelihood::Bernoulli {
            threshold,
            present,
            absent,
        } => {
            let threshold = g.double(*threshold);
            let is_there = g.op("Greater", &[x, &threshold]);
            let is_there = g.cast(&is_there, DOUBLE);
            let gains = matrix(g, &(present - absent).t().to_owned());
            g.op("MatMul", &[&is_there, &gains])
        }
    };
    let logits = g.op("Add", &[&sums, &offsets]);
    classes(g, &logits)
}

fn kmeans(g: &mut Draft, model: &KMeansModel, x: &Value) -> Answer {
    let distances = squared_distances(g, x, &model.centroids);
    let nearness = g.op("Neg", &[&distances]);
    Answer::Cluster(argmax(g, &nearness))
}

fn pca(g: &mut Draft, model: &PcaModel, x: &Value) -> Answer {
    let mean = vector(g, &model.mean);
    let components = matrix(g, &model.components.t().to_owned());
    let centered = g.op("Sub", &[x, &mean]);
    let places = g.op("MatMul", &[&centered, &components]);
    Answer::Places(places, model.components.nrows())
}

fn gaussian_mixture(g: &mut Draft, model: &GaussianMixtureModel, x: &Value) -> Answer {
    let densities: Vec<Value> = model
        .whitenings()
        .iter()
        .map(|whitening| {
            let mean = vector(g, &whitening.mean);
            let off = g.op("Sub", &[x, &mean]);
            let turn = matrix(g, &transposed_map(whitening));
            let z = g.op("MatMul", &[&off, &turn]);
            let squares = g.op("Mul", &[&z, &z]);
            let sum = g.sum_along(&squares, 1);
            let (half, constant) = (g.double(-0.5), g.double(whitening.constant));
            let density = g.op("Mul", &[&sum, &half]);
            let density = g.op("Add", &[&density, &constant]);
            g.unsqueeze(&density, 1)
        })
        .collect();
    let densities: Vec<&Value> = densities.iter().collect();
    let all = g.op_with("Concat", &densities, vec![Attribute::int("axis", 1)]);
    Answer::Cluster(argmax(g, &all))
}

/// The whole map from centered rows to z, transposed: column by column what z is of a unit row.
fn transposed_map(whitening: &Whitening) -> Array2<f64> {
    let n = whitening.mean.len();
    let mut map = Array2::zeros((n, n));
    for unit in 0..n {
        for i in unit..n {
            let row = &whitening.triangle[i * n..(i + 1) * n];
            let sum: f64 = (unit..i).map(|j| row[j] * map[(unit, j)]).sum();
            map[(unit, i)] = (f64::from(u8::from(i == unit)) - sum) * row[i];
        }
    }
    map
}

fn gaussian_process(g: &mut Draft, model: &GaussianProcessModel, x: &Value) -> Answer {
    let covariance = &model.covariance;
    let n = model.x.ncols();
    let length = |i: usize| covariance.length_scales[i % covariance.length_scales.len()];
    let lengths = vector(g, &(0..n).map(length).collect::<Vec<_>>());
    let scaled = g.op("Div", &[x, &lengths]);
    let seen = Array2::from_shape_fn(model.x.dim(), |(i, j)| model.x[(i, j)] / length(j));
    let squares = squared_distances(g, &scaled, &seen);
    let times = |g: &mut Draft, value: &Value, factor: f64| {
        let factor = g.double(factor);
        g.op("Mul", &[value, &factor])
    };
    let alike = match covariance.shape {
        Shape::Rbf => {
            let half = times(g, &squares, -0.5);
            g.op("Exp", &[&half])
        }
        shape => {
            let far = g.op("Sqrt", &[&squares]);
            let root = match shape {
                Shape::Matern32 => 3.0_f64.sqrt(),
                Shape::Matern52 => 5.0_f64.sqrt(),
                _ => 1.0,
            };
            let s = times(g, &far, root);
            let minus = g.op("Neg", &[&s]);
            let fall = g.op("Exp", &[&minus]);
            let one = g.double(1.0);
            let factor = match shape {
                Shape::Matern32 => g.op("Add", &[&s, &one]),
                Shape::Matern52 => {
                    let square = g.op("Mul", &[&s, &s]);
                    let third = times(g, &square, 1.0 / 3.0);
                    let line = g.op("Add", &[&s, &one]);
                    g.op("Add", &[&line, &third])
                }
                _ => one,
            };
            g.op("Mul", &[&factor, &fall])
        }
    };
    let (center, deviation) = model.target;
    let scale = deviation * covariance.constant;
    let weights = vector(
        g,
        &model.weights.iter().map(|w| w * scale).collect::<Vec<_>>(),
    );
    let sum = g.op("MatMul", &[&alike, &weights]);
    let center = g.double(center);
    Answer::Number(g.op("Add", &[&sum, &center]))
}
