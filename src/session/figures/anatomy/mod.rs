//! The model's own picture: what it is made of, as it grows.

mod bayes;
mod condensed;
mod merges;
mod neighbors;
mod process;
mod scores;
mod shares;
mod threads;
mod trees;
mod weights;

use super::plane::cluster_names;
use crate::error::Result;
use crate::models::Model;
use crate::models::baseline::Answer;
use crate::models::svm::{Output, SvmModel};
use crate::plot::{Bar, Figure, Tint, histogram, lying_bars, number};
use crate::protocol::ModelId;
use crate::session::{HeldModel, Session};

/// How the features of trees are compared.
const TITLE_OF_IMPORTANCES: &str = "What the trees ask most";
/// Bars shown at most; the shorter ones are counted in words.
const MOST_BARS: usize = 14;

impl Session {
    pub(super) fn anatomy(&mut self, id: ModelId) -> Result<Figure> {
        let held = self.model(id)?;
        let model = held.model();
        Ok(match &model {
            Model::Mlp(_) if held.training().is_ok() => return self.net(id),
            Model::Mlp(_) => Figure::nothing(
                "The net",
                "What its neurons see is drawn over the rows, and a file does not keep those.",
            ),
            Model::Linear(linear) => match &linear.path {
                Some(path) => weights::of_path(held, path),
                None => weights::of_sum(held, linear.coefficients()),
            },
            Model::Logistic(logistic) => weights::of_classes(held, &logistic.coefficients),
            Model::NaiveBayes(bayes) => bayes::figure(held, bayes),
            Model::Knn(knn) => neighbors::figure(held, knn),
            Model::Pca(pca) => explained(&pca.explained_variance_ratio),
            Model::Tree(tree) => trees::single(held, tree),
            Model::Forest(forest) => trees::of_forest(held, forest),
            Model::Boosting(boosting) => trees::of_boosting(held, boosting),
            Model::GaussianProcess(process) => process::figure(held, process),
            Model::Svm(svm) => support(held, svm),
            Model::GaussianMixture(mixture) => weighed(&mixture.components().weights),
            Model::KMeans(_) | Model::Dbscan(_) => shares::of_clusters(held, &model)?,
            Model::Baseline(baseline) => always(held, &baseline.answer),
            Model::Embedding(map) => threads::figure(map),
            Model::Hdbscan(model) => condensed::figure(model),
            Model::Agglomerative(model) => merges::of_groups(model),
            Model::IsolationForest(_) | Model::Lof(_) => scores::figure(held, &model)?,
        })
    }
}

/// How much of the variance each component holds.
fn explained(ratio: &[f64]) -> Figure {
    let bar = |(index, share): (usize, &f64)| Bar {
        length: 100.0 * share,
        label: format!("component {}", index + 1),
        ..Bar::default()
    };
    let bars: Vec<Bar> = ratio.iter().enumerate().take(MOST_BARS).map(bar).collect();
    let total: f64 = bars.iter().map(|bar| bar.length).sum();
    let subtitle = format!("in percent; {} % together", number(total, 3));
    lying_bars(("Explained variance", &subtitle), "percent", bars, &[])
}

/// What a baseline answers to every row.
fn always(held: &HeldModel, answer: &Answer) -> Figure {
    const TITLE: &str = "What it always answers";
    match answer {
        Answer::Number(value) => {
            Figure::nothing(TITLE, format!("{}, whatever the row.", number(*value, 4)))
        }
        Answer::Classes { shares, .. } => {
            let heading = (TITLE, "how frequent each class is, in percent");
            portions(heading, shares, held.pipeline.labels())
        }
    }
}

/// Shares of the whole by class or cluster, in percent.
fn portions(heading: (&str, &str), shares: &[f64], labels: &[String]) -> Figure {
    let bar = |(code, share): (usize, &f64)| Bar {
        length: 100.0 * share,
        label: labels.get(code).cloned().unwrap_or_default(),
        tint: Tint::Code { code: code as u32 },
        ..Bar::default()
    };
    let bars = shares.iter().enumerate().map(bar).collect();
    lying_bars(heading, "percent", bars, labels)
}

/// How much each component of a mixture weighs.
fn weighed(weights: &[f64]) -> Figure {
    let heading = ("How much each component weighs", "percent of the rows");
    portions(heading, weights, &cluster_names(weights.len()))
}

/// How many rows of each class hold up the border; of a number, how strongly each pulls.
fn support(held: &HeldModel, svm: &SvmModel) -> Figure {
    const TITLE: &str = "Support vectors";
    let labels = held.pipeline.labels();
    let n = svm.support.len();
    match &svm.output {
        Output::Number => {
            let pulls = svm.dual_coefficients.iter().copied().collect::<Vec<f64>>();
            let mut figure = histogram("pull", &pulls);
            figure.title = "How strongly each row pulls".into();
            figure.subtitle =
                format!("{n} support vectors; those at an end lie outside of the tube");
            figure
        }
        Output::Classes {
            is_present,
            n_support,
            ..
        } => {
            let present = (0..labels.len()).filter(|&class| is_present.get(class) == Some(&true));
            let bar = |(class, &n): (usize, &usize)| Bar {
                length: n as f64,
                label: labels[class].clone(),
                tint: Tint::Code { code: class as u32 },
                ..Bar::default()
            };
            let bars = present.zip(n_support).map(bar).collect();
            let subtitle = format!("{n} rows that hold up the borders");
            lying_bars((TITLE, &subtitle), "rows", bars, labels)
        }
    }
}

/// The longest bars first, the others counted in the subtitle.
fn longest(
    title: &str,
    subtitle: &str,
    what: &str,
    mut bars: Vec<Bar>,
    labels: &[String],
) -> Figure {
    if bars.iter().all(|bar| bar.length == 0.0) {
        return Figure::nothing(title, "All weights are still 0.");
    }
    crate::math::sort_by(&mut bars, |a, b| b.length.abs().total_cmp(&a.length.abs()));
    let n = bars.len();
    bars.truncate(MOST_BARS);
    let subtitle = match n > MOST_BARS {
        true => format!("{subtitle}; the {MOST_BARS} largest of {n}"),
        false => subtitle.to_owned(),
    };
    lying_bars((title, &subtitle), what, bars, labels)
}
