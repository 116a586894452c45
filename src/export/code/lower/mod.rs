//! From a pipeline and a model to a [`Program`].

mod expand;
mod features;
mod kernels;
mod mixture;
mod neighbors;
mod sums;
mod svm;
mod trees;

use super::{Array, Block, Expr, Program};
use crate::error::{Code, Error, Result};
use crate::export::Artifact;
use crate::models::Model;
use crate::models::baseline::BaselineModel;
use crate::prepare::Task;

/// More numbers than this are no source code any more.
const MOST_NUMBERS: usize = 2_000_000;

/// What is known while a program is written.
struct Draft {
    block: Block,
    /// The features of the row.
    x: Array,
    n_features: usize,
}

/// Writes the program of an artifact.
///
/// The answer stands in [`OUT`](super::program::OUT): for classes the code of the class and then
/// the probabilities; for numbers the value; for clusters the cluster, −1 for none; for
/// coordinates these; for anomalies 1 or 0 and then the score.
///
/// # Errors
/// [`Code::BadSetting`] for a model that draws its answers; [`Code::TooLarge`] for one with more
/// numbers than source code should hold.
pub fn lower(artifact: &Artifact) -> Result<Program> {
    let pipeline = &artifact.pipeline;
    let mut block = Block::default();
    // A baseline looks at no feature.
    let x = match artifact.model {
        Model::Baseline(_) => block.cells(),
        _ => features::write(&mut block, pipeline),
    };
    let mut draft = Draft {
        block,
        x,
        n_features: pipeline.n_features(),
    };
    let n_out = draft.model(artifact)?;
    let program = draft.block.finish(pipeline.columns().len(), n_out);
    let n_numbers: usize = program.tables.iter().map(|table| table.numbers.len()).sum();
    if n_numbers > MOST_NUMBERS {
        let message = format!(
            "The model holds {n_numbers} numbers, too many for source code; at most {MOST_NUMBERS} are written. Export it as a file that programs load."
        );
        return Err(Error::new(Code::TooLarge, message));
    }
    Ok(program)
}

impl Draft {
    /// Writes the model and returns the length of the answer.
    fn model(&mut self, artifact: &Artifact) -> Result<usize> {
        let n_classes = artifact.pipeline.labels().len();
        let n_out = match artifact.task {
            Task::Classification => 1 + n_classes,
            Task::Anomaly => 2,
            Task::Projection => 0,
            _ => 1,
        };
        match &artifact.model {
            Model::Baseline(model) => self.baseline(model)?,
            Model::Linear(model) => self.linear(model),
            Model::Logistic(model) => self.logistic(model),
            Model::Mlp(model) => self.mlp(model),
            Model::NaiveBayes(model) => self.naive_bayes(model),
            Model::KMeans(model) => self.kmeans(model),
            Model::Pca(model) => return Ok(self.pca(model)),
            Model::Tree(model) => self.tree(model),
            Model::Forest(model) => self.forest(model),
            Model::Boosting(model) => self.boosting(model),
            Model::IsolationForest(model) => self.isolation_forest(model),
            Model::Knn(model) => self.knn(model),
            Model::Agglomerative(model) => self.agglomerative(model),
            Model::Dbscan(model) => self.dbscan(model),
            Model::Hdbscan(model) => self.hdbscan(model),
            Model::Lof(model) => self.lof(model),
            Model::Embedding(model) => return Ok(self.embedding(model)),
            Model::GaussianMixture(model) => self.gaussian_mixture(model),
            Model::GaussianProcess(model) => self.gaussian_process(model),
            Model::Svm(model) => self.svm(model),
        }
        Ok(n_out)
    }

    fn baseline(&mut self, model: &BaselineModel) -> Result<()> {
        let answers = model.constant_answers().ok_or_else(|| {
            let message = "This baseline draws its answers from the bits of each row, which source code does not repeat. Choose the strategy \u{201c}prior\u{201d} or \u{201c}most_frequent\u{201d}.";
            Error::new(Code::BadSetting, message).in_field("strategy")
        })?;
        for (at, answer) in answers.into_iter().enumerate() {
            let out = self.block.out();
            self.block.store(&out, at, answer);
        }
        Ok(())
    }

    /// Writes a number into the answer.
    fn answer(&mut self, at: usize, value: impl Into<Expr>) {
        let out = self.block.out();
        self.block.store(&out, at, value);
    }

    /// Σ over the entries of two arrays, `offset` into the second.
    fn dot(&mut self, name: &str, x: &Array, n: usize, y: &Array, offset: Expr) -> Expr {
        dot(&mut self.block, name, x, n, y, offset)
    }

    /// Writes the class with the greatest logit, and the softmax of all.
    fn classes(&mut self, logits: &Array, n_classes: usize) {
        let best = argmax(&mut self.block, logits, n_classes);
        self.answer(0, best.to_real());
        self.softmax(logits, n_classes, &logits.at(best));
    }

    fn softmax(&mut self, logits: &Array, n_classes: usize, greatest: &Expr) {
        let b = &mut self.block;
        let out = b.out();
        let greatest = b.real("greatest", greatest);
        let total = b.real("total", 0.0);
        b.each("class_at", n_classes, |b, k| {
            b.store(&out, k.clone() + 1, (logits.at(&k) - &greatest).exp());
            b.set(&total, &total + out.at(k + 1));
        });
        b.each("class_at", n_classes, |b, k| {
            b.store(&out, k.clone() + 1, out.at(k + 1) / &total);
        });
    }
}

/// Σ over the entries of two arrays, `offset` into the second.
fn dot(b: &mut Block, name: &str, x: &Array, n: usize, y: &Array, offset: Expr) -> Expr {
    let sum = b.real(name, 0.0);
    b.each("i", n, |b, i| {
        let product = x.at(&i) * y.at(offset + i);
        b.set(&sum, &sum + product);
    });
    sum
}

/// The place of the first of the greatest entries.
fn argmax(b: &mut Block, values: &Array, n: usize) -> Expr {
    let best = b.int("best", 0);
    b.between("k", 1, n, |b, k| {
        b.when(values.at(&best).less(values.at(&k)), |b| b.set(&best, k));
    });
    best
}
