//! What can be set on a neural net.

use super::optimizer::Solver;
use super::{Activation, Loss};
use crate::error::Result;
use crate::settings::{Checked, Hyperparameter, Kind, choice, flag, integer, real, real_log};

pub(super) const HYPERPARAMETERS: &[Hyperparameter] = &[
    Hyperparameter {
        name: "hidden_layer_sizes",
        label: "Hidden layers",
        help: "How many neurons each hidden layer has. More can learn finer shapes and overfit sooner; no layer at all gives a linear model.",
        kind: Kind::Integers {
            min: 1,
            max: 1024,
            max_len: 8,
            default: &[100],
        },
    },
    choice(
        "activation",
        "Activation",
        &[("relu", "ReLU"), ("tanh", "tanh"), ("sigmoid", "sigmoid")],
        "How each hidden neuron bends its sum. ReLU learns fastest; tanh and sigmoid draw smoother borders.",
    ),
    choice(
        "loss",
        "Loss",
        &[
            ("cross_entropy", "cross-entropy"),
            ("squared_error", "squared error"),
        ],
        "What is made small for classes. Cross-entropy punishes confident mistakes hard, the squared error mildly. A numeric target always uses the squared error.",
    ),
    choice(
        "solver",
        "Optimizer",
        &[
            ("adam", "Adam"),
            ("momentum", "momentum"),
            ("sgd", "plain gradient descent"),
        ],
        "How weights follow the gradient. Adam needs the least care with the learning rate.",
    ),
    real_log(
        "learning_rate_init",
        "Learning rate",
        (1e-5, 10.0, 3e-3),
        "How far the weights move at a time. Too small is slow, too large jumps about or breaks off.",
    ),
    real(
        "momentum",
        "Momentum",
        (0.0, 0.999, 0.9),
        "Share of the last move that goes on; for the optimizer of that name only.",
    ),
    integer(
        "batch_size",
        "Batch size",
        (1, 4096, 32),
        "How many rows are averaged for one move. Small batches move often and noisily.",
    ),
    real_log(
        "alpha",
        "L2 penalty",
        (0.0, 10.0, 1e-4),
        "How much large weights cost. More gives smoother borders and less overfitting.",
    ),
    integer(
        "max_iter",
        "Most epochs",
        (1, 100_000, 200),
        "How many times to go through all rows at most.",
    ),
    flag(
        "early_stopping",
        "Early stopping",
        false,
        "Hold some training rows back, stop when the loss on them no longer falls, and keep the weights that were best there.",
    ),
    real(
        "validation_fraction",
        "Rows held back",
        (0.01, 0.5, 0.1),
        "Share of the training rows held back for early stopping.",
    ),
    integer(
        "n_iter_no_change",
        "Patience",
        (1, 10_000, 10),
        "How many epochs without a better loss end the training.",
    ),
    real_log(
        "tol",
        "Tolerance",
        (0.0, 1.0, 1e-4),
        "By how much the loss must fall to count as better.",
    ),
];

/// Checked settings.
#[derive(Debug, Clone)]
pub(super) struct Options {
    pub hidden: Vec<usize>,
    pub activation: Activation,
    pub loss: Loss,
    pub solver: Solver,
    pub learning_rate: f64,
    pub batch_size: usize,
    pub alpha: f64,
    pub max_iter: usize,
    pub early_stopping: bool,
    pub validation_fraction: f64,
    pub patience: usize,
    pub tol: f64,
}

impl Options {
    pub(super) fn new(settings: &Checked) -> Result<Self> {
        let solver = match settings.choice("solver")? {
            "sgd" => Solver::Sgd,
            "momentum" => Solver::Momentum {
                momentum: settings.real("momentum")?,
            },
            _ => Solver::Adam,
        };
        let loss = match settings.choice("loss")? {
            "squared_error" => Loss::Brier,
            _ => Loss::CrossEntropy,
        };
        Ok(Self {
            hidden: settings.counts("hidden_layer_sizes")?,
            activation: Activation::find(settings.choice("activation")?)
                .unwrap_or(Activation::Relu),
            loss,
            solver,
            learning_rate: settings.real("learning_rate_init")?,
            batch_size: settings.count("batch_size")?,
            alpha: settings.real("alpha")?,
            max_iter: settings.count("max_iter")?,
            early_stopping: settings.flag("early_stopping")?,
            validation_fraction: settings.real("validation_fraction")?,
            patience: settings.count("n_iter_no_change")?,
            tol: settings.real("tol")?,
        })
    }
}
