//! A neural net: a multilayer perceptron trained by gradient descent on small batches.
//!
//! Each layer multiplies its inputs with weights, adds biases and bends the result by an
//! activation; the last layer gives one logit a class, or one number. One step is an epoch, or
//! on large data the part of one that fits a fixed budget of operations: the rows are
//! shuffled once an epoch, each batch is sent through the net and its errors are sent back
//! (`pass`), and the optimizer moves the weights ([`optimizer`]) at the pace of the epoch
//! (`schedule`). On the way, sums may be brought to a common scale (`batch_norm`) and neurons
//! silenced by chance (`dropout`).
//!
//! The loss is the mean over the rows of the step while the weights moved, weighted where rows
//! or classes have weights: *cross-entropy* in nats or the squared error of the probabilities
//! for classes; the squared, Huber or absolute error for numbers, in standard deviations of the
//! target, so a squared error of 1 is as good as always saying the mean. The penalties
//! alpha / 2 · ‖weights‖² / batch size and alpha_l1 · Σ|weights| / batch size are added.
//!
//! Cost: O(6 · n_samples · n_weights) an epoch.
//!
//! Limits: features must be scaled to about 1, larger than 1e10 is refused; the result depends
//! on the seed; weights are f32, so about six digits. Where a number overflows, training stops,
//! the last good weights return and a note says why.
//!
//! Reference: Rumelhart, Hinton & Williams, Nature 323, 1986; settings are those of
//! scikit-learn's `MLPClassifier`, rules and constants those of PyTorch. Deviations: smaller
//! batches and a larger learning rate, to be watched; the squared error has no factor ½;
//! Nesterov's momentum is an optimizer of its own; inverse scaling counts epochs, not rows; the
//! even fall names the epochs of a fall as the steps do; weight decay spares biases; early
//! stopping watches the validation loss instead of the score, on rows that leave one of each
//! class to be learnt; the weights of the best epoch are kept in any case; a stall also takes at
//! least 100 moves of the weights, which counts on small data.

mod activation;
mod batch_norm;
mod best;
mod dropout;
mod held_back;
mod hyperparameters;
mod loss;
mod model;
pub mod net;
pub mod optimizer;
mod options;
mod pass;
mod penalty;
mod schedule;
mod storage;
mod trainer;
mod training_set;

use std::sync::Arc;

pub use activation::Activation;
pub use dropout::Dropout;
pub use loss::{Goal, Loss, Target};
pub use model::{Layer, MlpModel, Normalization, Output};
pub use penalty::Penalty;
pub use schedule::{LearningRate, Schedule};

use super::{Demand, Estimator, Info, Trainer};
use crate::error::Result;
use crate::prepare::{self, Dataset, Task};
use crate::rng::Rng;
use crate::settings::Checked;

use hyperparameters::HYPERPARAMETERS;
use options::Options;
use trainer::MlpTrainer;
use training_set::TrainingSet;

/// Of f32.
const BYTES_A_NUMBER: f64 = 4.0;

/// How often the parameters are held: net, gradient, two memories of the optimizer, the last
/// good and the best net, and one to be shown.
const COPIES: f64 = 7.0;

/// What a core does in a page (measured on nets of 100 to 100,000 weights).
const OPERATIONS_A_SECOND: f64 = 2e10;

/// The settings of a neural net.
#[derive(Debug, Clone)]
pub struct Mlp {
    options: Options,
}

impl Estimator for Mlp {
    const INFO: Info = Info {
        id: "mlp",
        label: "Neural network",
        tasks: &[Task::Classification, Task::Regression],
        family: "Neural nets",
        summary: "Layers of simple neurons that together learn curved borders and shapes.",
        use_when: "Use it where the pattern is curved or features act together, and there are some hundred rows or more.",
        avoid_when: "Avoid it where rows are few, or you must be able to say what each feature does.",
        unit: "epoch",
        loss: "cross-entropy (nats), or error in standard deviations of the target",
        hyperparameters: HYPERPARAMETERS,
        cost: "O(n_samples \u{b7} n_weights) an epoch",
        reference: "D. Rumelhart, G. Hinton & R. Williams, \u{201c}Learning representations by back-propagating errors\u{201d}, Nature 323, 1986.",
        takes_weights: true,
        ..Info::BASE
    };

    fn new(settings: &Checked) -> Result<Self> {
        let options = Options::new(settings)?;
        Ok(Self { options })
    }

    fn begin(&self, data: Arc<Dataset>, rng: &Rng) -> Result<Box<dyn Trainer>> {
        let set = TrainingSet::new(&data, &self.options)?;
        Ok(Box::new(MlpTrainer::new(set, self.options.clone(), rng)))
    }

    /// Wide nets over many features outgrow the data.
    fn demand(&self, data: &Dataset) -> Demand {
        let n_outputs = match &data.target {
            prepare::Target::Classes { labels, .. } => labels.len(),
            _ => 1,
        };
        let shape = self.options.shape(data.n_features(), n_outputs);
        let n_samples = data.n_samples() as f64;
        let batch_size = n_samples.min(self.options.batch_size as f64);
        let n_batches = (n_samples / batch_size).ceil() * self.options.max_iter as f64;
        Demand {
            bytes: BYTES_A_NUMBER
                * (COPIES * shape.n_parameters() as f64 + n_samples * data.n_features() as f64),
            seconds: n_batches * trainer::cost(&shape, batch_size) / OPERATIONS_A_SECOND,
        }
    }
}
