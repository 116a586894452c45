//! Models of sums and distances.

use super::{Answer, Query, sum, trees};
use crate::error::{Code, Error, Result};
use crate::export::Artifact;
use crate::models::Model;
use crate::models::baseline::BaselineModel;
use crate::models::mlp::{Activation, MlpModel, Output};
use crate::models::naive_bayes::{Likelihood, NaiveBayesModel};

/// Nets with more weights than this are no query any more.
const MOST_WEIGHTS: usize = 2_000;

fn refused(message: String) -> Error {
    Error::new(Code::BadSetting, message).in_field("outlet")
}

/// Adds the model behind the features `x`.
pub(super) fn write(query: &mut Query, artifact: &Artifact, x: &[String]) -> Result<Answer> {
    Ok(match &artifact.model {
        Model::Baseline(model) => baseline(query, model)?,
        Model::Linear(model) => {
            let sum = query.weighted(x, model.coefficients(), model.intercept);
            Answer::Number(query.step("value", vec![sum]).remove(0))
        }
        Model::Logistic(model) => {
            let rows = model.coefficients.rows().into_iter().zip(&model.intercepts);
            let sums = rows.map(|(row, shift)| query.weighted(x, &row.to_vec(), *shift));
            let sums: Vec<String> = sums.collect();
            let mut logits = query.step("z", sums);
            if let [z] = logits.as_slice() {
                let halves = [-0.5, 0.5].map(|half| format!("{z} * {}", query.number(half)));
                logits = query.step("both", halves.to_vec());
            }
            Answer::Logits(logits)
        }
        Model::KMeans(model) => {
            let to = model.centroids.rows().into_iter();
            let distances = to.map(|centroid| squares(query, x, &centroid.to_vec(), None));
            let distances: Vec<String> = distances.collect();
            Answer::Distances(query.step("distance", distances))
        }
        Model::NaiveBayes(model) => naive_bayes(query, model, x),
        Model::Mlp(model) => mlp(query, model, x)?,
        Model::Tree(model) => {
            trees::averaged(query, [model.tree()].into_iter(), model.n_classes(), x)?
        }
        Model::Forest(model) => {
            let all = model.trees().iter().map(|tree| &**tree);
            trees::averaged(query, all, model.n_classes(), x)?
        }
        Model::Boosting(model) => trees::boosting(query, model, x)?,
        _ => {
            return Err(refused(format!(
                "A model of \u{201c}{}\u{201d} is not written in SQL. Export it as source code, as an ONNX graph, or as a Handlens model.",
                artifact.algorithm
            )));
        }
    })
}

fn baseline(query: &mut Query, model: &BaselineModel) -> Result<Answer> {
    let answers = model.constant_answers().ok_or_else(|| {
        refused("This baseline draws its answers, which a query does not. Choose the strategy \u{201c}prior\u{201d}, or export the model as a Handlens model rather than source code.".into())
    })?;
    Ok(match answers.split_first() {
        Some((class, shares)) if !shares.is_empty() => {
            Answer::Constant(*class as usize, shares.to_vec())
        }
        _ => Answer::Number(query.number(answers.first().copied().unwrap_or_default())),
    })
}

/// Σ (x − m)², each divided by its variance where there are such.
fn squares(query: &Query, x: &[String], to: &[f64], variances: Option<&[f64]>) -> String {
    let terms = x.iter().zip(to).enumerate().map(|(i, (x, m))| {
        let off = format!("({x} - {})", query.number(*m));
        match variances.and_then(|v| v.get(i)) {
            // Bounded as the core does, so that no likelihood is infinite.
            Some(variance) => {
                let square = format!("{off} * {off} / {}", query.number(*variance));
                query.dialect.lesser(&square, &query.number(1e200))
            }
            None => format!("{off} * {off}"),
        }
    });
    sum(&terms.collect::<Vec<_>>())
}

fn naive_bayes(query: &mut Query, model: &NaiveBayesModel, x: &[String]) -> Answer {
    let of_class = |class: usize| {
        let offset = model.offsets()[class];
        match &model.likelihood {
            Likelihood::Gaussian { means, variances } => {
                let (means, variances) = (means.row(class).to_vec(), variances.row(class).to_vec());
                let squares = squares(query, x, &means, Some(&variances));
                let half = query.number(0.5);
                format!("{} - {half} * {squares}", query.number(offset))
            }
            Likelihood::Multinomial { feature_log_prob } => {
                query.weighted(x, &feature_log_prob.row(class).to_vec(), offset)
            }
            Likelihood::Bernoulli {
                threshold,
                present,
                absent,
            } => {
                let gains = present.row(class).into_iter().zip(absent.row(class));
                let terms = x.iter().zip(gains).map(|(x, (present, absent))| {
                    let [threshold, gain, zero] =
                        [*threshold, present - absent, 0.0].map(|v| query.number(v));
                    format!("CASE WHEN {x} > {threshold} THEN {gain} ELSE {zero} END")
                });
                let terms: Vec<String> = terms.chain([query.number(offset)]).collect();
                sum(&terms)
            }
        }
    };
    let logits = (0..model.priors.len()).map(of_class).collect();
    Answer::Logits(query.step("z", logits))
}

fn mlp(query: &mut Query, model: &MlpModel, x: &[String]) -> Result<Answer> {
    let layers = model.layers();
    let n_weights: usize = layers.iter().map(|layer| layer.weights.len()).sum();
    if n_weights > MOST_WEIGHTS {
        return Err(refused(format!(
            "The net has {n_weights} weights, too many for a query; at most {MOST_WEIGHTS} are written. Export source code or an ONNX graph."
        )));
    }
    let mut values = x.to_vec();
    for (index, layer) in layers.into_iter().enumerate() {
        let columns = layer.weights.columns().into_iter().zip(&layer.biases);
        let wide = |weights: ndarray::ArrayView1<f32>| -> Vec<f64> {
            weights.iter().map(|w| f64::from(*w)).collect()
        };
        let sums =
            columns.map(|(column, bias)| query.weighted(&values, &wide(column), f64::from(*bias)));
        let sums: Vec<String> = sums.collect();
        let mut sums = query.step(&format!("sum{index}_"), sums);
        if let Some(norm) = model.normalization(index) {
            let normal = sums.iter().enumerate().map(|(j, z)| {
                let scale =
                    f64::from(norm.scales[j]) / (f64::from(norm.variances[j]) + 1e-5).sqrt();
                let [mean, scale, shift] =
                    [f64::from(norm.means[j]), scale, f64::from(norm.shifts[j])]
                        .map(|v| query.number(v));
                format!("({z} - {mean}) * {scale} + {shift}")
            });
            let normal = normal.collect();
            sums = query.step(&format!("normal{index}_"), normal);
        }
        let active = sums.iter().map(|z| activated(query, layer.activation, z));
        let active = active.collect::<Result<Vec<_>>>()?;
        values = query.step(&format!("layer{index}_"), active);
    }
    Ok(match model.output {
        Output::Classes { .. } => Answer::Logits(values),
        Output::Values { center, scale } => {
            let value = query.weighted(&values, &[scale], center);
            Answer::Number(query.step("value", vec![value]).remove(0))
        }
    })
}

fn activated(query: &Query, activation: Activation, z: &str) -> Result<String> {
    let (zero, one) = (query.number(0.0), query.number(1.0));
    Ok(match activation {
        Activation::Identity => z.to_owned(),
        Activation::Relu => query.dialect.greater(z, &zero),
        Activation::LeakyRelu => {
            let leak = query.number(0.01);
            format!("CASE WHEN {z} > {zero} THEN {z} ELSE {z} * {leak} END")
        }
        Activation::Tanh => query.dialect.tanh(z),
        Activation::Sigmoid => {
            // By the power that is at most 1, on either side.
            let power = query.dialect.exp_of_negative(&format!("-abs({z})"));
            format!(
                "CASE WHEN {z} > {zero} THEN {one} / ({one} + {power}) ELSE {power} / ({one} + {power}) END"
            )
        }
        Activation::Gelu => {
            return Err(refused("GELU is not written in SQL, which has no normal distribution. Choose another activation, or export source code.".into()));
        }
    })
}
