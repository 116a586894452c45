//! Everything there is to know of a model.

use super::{HeldModel, Session};
use crate::error::Result;
use crate::math::print_number;
use crate::models::Model;
use crate::models::boosting::BoostingModel;
use crate::models::linear::{self, Coefficients};
use crate::prepare::{FittedColumn, Gap, MISSING, Steps};
use crate::protocol::{Coefficient, Fact, Input, ModelId, ModelSummary, Reply, Response};

impl Session {
    pub(super) fn inspect(&self, id: ModelId) -> Result<Reply> {
        let summary = summary(id, self.model(id)?);
        Ok(Response::Model(Box::new(summary)).into())
    }
}

pub(super) fn summary(id: ModelId, held: &HeldModel) -> ModelSummary {
    let model = held.model();
    ModelSummary {
        model: id,
        name: held.name.clone(),
        algorithm: held.algorithm.info().id.to_owned(),
        algorithm_label: held.algorithm.info().label.to_owned(),
        settings: held.algorithm.settings().clone(),
        task: held.task,
        target: held.pipeline.target().map(|target| target.name.clone()),
        labels: held.pipeline.labels().to_vec(),
        inputs: held.pipeline.columns().iter().map(input).collect(),
        features: held.pipeline.feature_names(),
        steps: held.pipeline.describe(),
        evaluation: held.evaluation.clone(),
        coefficients: coefficients(held, &model),
        facts: facts(&model),
        provenance: held.provenance.clone(),
    }
}

fn input(column: &FittedColumn) -> Input {
    let (levels, range, fill) = match &column.steps {
        Steps::Number { fill, min, max, .. } => (Vec::new(), Some((*min, *max)), (*fill).into()),
        Steps::Category {
            levels,
            gap,
            typical,
            ..
        } => {
            let fill = match gap {
                Gap::MostFrequent => levels.get(*typical).cloned().into(),
                Gap::Level => column.gap_level().unwrap_or(MISSING).into(),
                Gap::Drop | Gap::Keep => serde_json::Value::Null,
            };
            (levels.clone(), None, fill)
        }
        Steps::Hash { gap, typical, .. } => {
            let fill = match gap {
                Gap::MostFrequent => typical.as_str().into(),
                Gap::Level | Gap::Drop | Gap::Keep => serde_json::Value::Null,
            };
            (Vec::new(), None, fill)
        }
    };
    Input {
        name: column.name.clone(),
        column_type: column.column_type,
        levels,
        range,
        fill,
        keeps_gaps: column.keeps_gaps(),
        typical: column.typical(),
    }
}

/// Intercept and weights in the units of the data as read.
fn coefficients(held: &HeldModel, model: &Model) -> Option<Vec<Coefficient>> {
    let (centers, scales): (Vec<f64>, Vec<f64>) = held.pipeline.units().into_iter().unzip();
    let names = held.pipeline.feature_names();
    match model {
        Model::Linear(linear) => Some(linear_coefficients(
            &names,
            &linear.in_raw_units(&centers, &scales),
        )),
        Model::Logistic(logistic) => {
            let (weights, intercepts) = logistic.in_raw_units(&centers, &scales);
            let labels = held.pipeline.labels();
            // Two classes share one row of weights, which speaks for the second.
            let first = if intercepts.len() == 1 { 1 } else { 0 };
            let of_class = |index: usize| {
                let class = labels.get(index + first).cloned();
                let bare = |name: &str, value: f64| Coefficient {
                    name: name.to_owned(),
                    class: class.clone(),
                    value,
                    std_error: None,
                    t_value: None,
                    p_value: None,
                };
                let intercept = bare("intercept", intercepts[index]);
                let weights = weights.row(index).to_vec();
                let weights: Vec<_> = names
                    .iter()
                    .zip(weights)
                    .map(|(name, value)| bare(name, value))
                    .collect();
                std::iter::once(intercept).chain(weights)
            };
            Some((0..intercepts.len()).flat_map(of_class).collect())
        }
        Model::Knn(_)
        | Model::Mlp(_)
        | Model::KMeans(_)
        | Model::Pca(_)
        | Model::Embedding(_)
        | Model::Dbscan(_)
        | Model::Svm(_)
        | Model::GaussianMixture(_)
        | Model::GaussianProcess(_)
        | Model::Hdbscan(_)
        | Model::Lof(_)
        | Model::NaiveBayes(_)
        | Model::Boosting(_)
        | Model::Baseline(_)
        | Model::Agglomerative(_)
        | Model::Tree(_)
        | Model::Forest(_)
        | Model::IsolationForest(_) => None,
    }
}

fn linear_coefficients(names: &[String], found: &Coefficients) -> Vec<Coefficient> {
    let named = |name: &str, c: &linear::Coefficient| Coefficient {
        name: name.to_owned(),
        class: None,
        value: c.value,
        std_error: c.std_error,
        t_value: c.t,
        p_value: c.p,
    };
    let intercept = found.intercept.iter().map(|c| named("intercept", c));
    let slopes = names
        .iter()
        .zip(&found.slopes)
        .map(|(name, c)| named(name, c));
    intercept.chain(slopes).collect()
}

fn boosting_facts(model: &BoostingModel, fact: &dyn Fn(&str, String) -> Fact) -> [Fact; 3] {
    let n_leaves: usize = model.trees.iter().map(|tree| tree.n_leaves()).sum();
    [
        fact("Iterations", model.n_iterations().to_string()),
        fact("Trees", model.trees.len().to_string()),
        fact("Leaves", n_leaves.to_string()),
    ]
}

/// Facts of this kind of model, by name.
fn facts(model: &Model) -> Vec<Fact> {
    let fact = |label: &str, value: String| Fact {
        label: label.to_owned(),
        value,
    };
    let parts = model.to_parts();
    let shape = |name: &str| parts.tensors.get(name).map(|tensor| tensor.shape.clone());
    let n_numbers: usize = parts.tensors.values().map(|tensor| tensor.data.len()).sum();
    let mut facts = vec![
        fact("Features", model.n_features().to_string()),
        fact("Numbers stored", print_number(n_numbers as f64)),
    ];
    match model {
        Model::KMeans(kmeans) => {
            facts.push(fact("Clusters", kmeans.centroids.nrows().to_string()));
        }
        Model::GaussianMixture(model) => {
            let n_components = model.components().n_components();
            facts.push(fact("Components", n_components.to_string()));
        }
        Model::Hdbscan(model) => {
            facts.push(fact("Clusters", model.n_clusters().to_string()));
            facts.push(fact("Edges", model.edges().len().to_string()));
        }
        Model::Lof(model) => {
            facts.push(fact("Rows stored", model.x().nrows().to_string()));
            facts.push(fact("Threshold", print_number(model.threshold())));
        }
        Model::Agglomerative(model) => {
            facts.push(fact("Clusters", model.n_clusters().to_string()));
            facts.push(fact("Merges", model.dendrogram().heights.len().to_string()));
        }
        Model::Dbscan(dbscan) => {
            facts.push(fact("Clusters", dbscan.n_clusters().to_string()));
            facts.push(fact("Core rows", dbscan.core_rows().len().to_string()));
        }
        Model::Svm(svm) => {
            facts.push(fact("Support vectors", svm.support.len().to_string()));
        }
        Model::Knn(_) | Model::Embedding(_) | Model::GaussianProcess(_) => {
            if let Some(rows) = shape("x").and_then(|shape| shape.first().copied()) {
                facts.push(fact("Rows stored", rows.to_string()));
            }
        }
        Model::Boosting(boosting) => facts.extend(boosting_facts(boosting, &fact)),
        Model::Tree(model) => {
            let tree = model.tree();
            facts.push(fact("Leaves", tree.n_leaves().to_string()));
            facts.push(fact("Depth", tree.depth().to_string()));
        }
        Model::Forest(forest) => {
            facts.push(fact("Trees", forest.trees().len().to_string()));
            let n_leaves: usize = forest.trees().iter().map(|tree| tree.n_leaves()).sum();
            facts.push(fact("Leaves", n_leaves.to_string()));
            if let Some(score) = forest.oob_score() {
                let label = match forest.n_classes() {
                    Some(_) => "Out-of-bag accuracy",
                    None => "Out-of-bag R\u{b2}",
                };
                facts.push(fact(label, format!("{score:.4}")));
            }
        }
        Model::IsolationForest(forest) => {
            facts.push(fact("Trees", forest.trees().len().to_string()));
            facts.push(fact("Rows a tree took", forest.max_samples().to_string()));
            facts.push(fact("Threshold", format!("{:.4}", forest.threshold())));
        }
        Model::Linear(_)
        | Model::Logistic(_)
        | Model::Mlp(_)
        | Model::Pca(_)
        | Model::NaiveBayes(_)
        | Model::Baseline(_) => {}
    }
    facts
}
