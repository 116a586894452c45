//! What can be set on a neural net.

use super::Activation;
use crate::models::weights::CLASS_WEIGHT;
use crate::settings::{Hyperparameter, Kind, choice, choices, flag, integer, real, real_log};

/// Most hidden layers.
const MOST_LAYERS: usize = 8;

pub(super) const HYPERPARAMETERS: &[Hyperparameter] = &[
    Hyperparameter {
        name: "hidden_layer_sizes",
        label: "Hidden layers",
        help: "How many neurons each hidden layer has. More can learn finer shapes and overfit sooner; no layer at all gives a linear model.",
        kind: Kind::Integers {
            min: 1,
            max: 1024,
            max_len: MOST_LAYERS,
            default: &[100],
        },
    },
    choice(
        "activation",
        "Activation",
        Activation::NAMES,
        "How each hidden neuron bends its sum. ReLU and its kin learn fastest; tanh and sigmoid draw smoother borders; linear layers alone draw straight ones.",
    ),
    real_log(
        "learning_rate_init",
        "Learning rate",
        (1e-5, 10.0, 3e-3),
        "How far the weights move at a time. Too small is slow, too large jumps about or breaks off.",
    ),
    choice(
        "solver",
        "Optimizer",
        &[
            ("adam", "Adam"),
            ("adamw", "AdamW"),
            ("rmsprop", "RMSProp"),
            ("momentum", "momentum"),
            ("nesterov", "Nesterov momentum"),
            ("sgd", "plain gradient descent"),
        ],
        "How weights follow the gradient. Adam needs the least care with the learning rate.",
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
    real(
        "dropout",
        "Dropout",
        (0.0, 0.9, 0.0),
        "Share of the hidden neurons that are silent by chance while a batch is learnt. More keeps large nets from overfitting.",
    ),
    flag(
        "batch_norm",
        "Batch normalization",
        false,
        "Bring the sums of each hidden neuron to mean 0 and variance 1 over every batch. Deep nets learn faster with it; batches should have 16 rows or more.",
    ),
    choices(
        "layer_activations",
        "Activation by layer",
        Activation::NAMES,
        MOST_LAYERS,
        "The activation of the first hidden layer, the second and so on, where they are to differ. Layers that are not named have that of all.",
    ),
    choice(
        "loss",
        "Loss of classes",
        &[
            ("cross_entropy", "cross-entropy"),
            ("squared_error", "squared error"),
        ],
        "What is made small for classes. Cross-entropy punishes confident mistakes hard, the squared error mildly.",
    ),
    choice(
        "regression_loss",
        "Loss of numbers",
        &[
            ("squared_error", "squared error"),
            ("huber", "Huber"),
            ("absolute_error", "absolute error"),
        ],
        "What is made small for a numeric target. The squared error aims at the mean and heeds outliers most, the absolute error aims at the median; Huber is between, squared up to one standard deviation of the target.",
    ),
    CLASS_WEIGHT,
    choice(
        "learning_rate",
        "Schedule",
        &[
            ("constant", "constant"),
            ("step", "falls in steps"),
            ("exponential", "falls evenly"),
            ("cosine", "half a cosine"),
            ("invscaling", "inverse scaling"),
        ],
        "How the learning rate goes on. A rate that falls lets the weights settle; the cosine reaches 0 at the last epoch.",
    ),
    integer(
        "step_size",
        "Epochs of a fall",
        (1, 100_000, 30),
        "After how many epochs the learning rate has fallen by the factor below; for the schedules that fall in steps or evenly.",
    ),
    real(
        "gamma",
        "Factor of a fall",
        (0.01, 1.0, 0.1),
        "What the learning rate is multiplied by; for the same schedules.",
    ),
    real(
        "power_t",
        "Power of the fall",
        (0.0, 2.0, 0.5),
        "How fast the learning rate falls with inverse scaling: it is divided by the epoch to this power.",
    ),
    integer(
        "warm_up",
        "Warm-up",
        (0, 1000, 0),
        "In how many epochs the learning rate first rises to where it starts. It helps deep nets over the first, large gradients.",
    ),
    real(
        "momentum",
        "Momentum",
        (0.0, 0.999, 0.9),
        "Share of the last move that goes on; for the two optimizers of that name.",
    ),
    real(
        "beta_1",
        "Memory of the mean",
        (0.0, 0.9999, 0.9),
        "Share of the mean gradient that Adam and AdamW keep from batch to batch.",
    ),
    real(
        "beta_2",
        "Memory of the square",
        (0.0, 0.999_999, 0.999),
        "Share of the mean squared gradient that Adam and AdamW keep from batch to batch.",
    ),
    real_log(
        "epsilon",
        "Epsilon",
        (1e-10, 1.0, 1e-8),
        "Added to the root of the mean square in Adam, AdamW and RMSProp. A larger one calms parameters whose gradients are tiny.",
    ),
    real_log(
        "weight_decay",
        "Weight decay",
        (0.0, 1.0, 0.01),
        "How much of each weight fades away, times the learning rate, at every move; for AdamW only.",
    ),
    real_log(
        "alpha_l1",
        "L1 penalty",
        (0.0, 10.0, 0.0),
        "How much weights cost by their size alone, which drives those that help little to about 0.",
    ),
    real_log(
        "clip_norm",
        "Longest gradient",
        (0.0, 1e3, 0.0),
        "A gradient longer than this is shortened to it, so that one bad batch does not throw the weights far off. 0 leaves all as they are.",
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
