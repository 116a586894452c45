//! Checked settings of a neural net.

use super::net::Shape;
use super::optimizer::Solver;
use super::schedule::{LearningRate, Schedule};
use super::{Activation, Loss};
use crate::error::Result;
use crate::settings::Checked;

/// Share of the mean square that RMSProp keeps, as in PyTorch.
const RMSPROP_SMOOTHING: f64 = 0.99;

/// What was chosen.
#[derive(Debug, Clone)]
pub(super) struct Options {
    pub hidden: Vec<usize>,
    /// One a hidden layer.
    pub activations: Vec<Activation>,
    pub batch_norm: bool,
    pub dropout: f64,
    pub class_loss: Loss,
    pub value_loss: Loss,
    pub balances_classes: bool,
    pub solver: Solver,
    pub learning_rate: LearningRate,
    /// Of AdamW; 0 for the others.
    pub weight_decay: f64,
    pub batch_size: usize,
    pub l2: f64,
    pub l1: f64,
    /// Infinite where gradients are left as they are.
    pub longest_gradient: f64,
    pub max_iter: usize,
    pub early_stopping: bool,
    pub validation_fraction: f64,
    pub patience: usize,
    pub tol: f64,
}

impl Options {
    pub(super) fn new(settings: &Checked) -> Result<Self> {
        let hidden = settings.counts("hidden_layer_sizes")?;
        let is_adamw = settings.choice("solver")? == "adamw";
        let clip_norm = settings.real("clip_norm")?;
        Ok(Self {
            activations: activations(settings, hidden.len())?,
            hidden,
            batch_norm: settings.flag("batch_norm")?,
            dropout: settings.real("dropout")?,
            class_loss: match settings.choice("loss")? {
                "squared_error" => Loss::Brier,
                _ => Loss::CrossEntropy,
            },
            value_loss: Loss::find(settings.choice("regression_loss")?)
                .unwrap_or(Loss::SquaredError),
            balances_classes: settings.choice("class_weight")? == "balanced",
            solver: solver(settings)?,
            learning_rate: learning_rate(settings)?,
            weight_decay: if is_adamw {
                settings.real("weight_decay")?
            } else {
                0.0
            },
            batch_size: settings.count("batch_size")?,
            l2: settings.real("alpha")?,
            l1: settings.real("alpha_l1")?,
            longest_gradient: if clip_norm > 0.0 {
                clip_norm
            } else {
                f64::INFINITY
            },
            max_iter: settings.count("max_iter")?,
            early_stopping: settings.flag("early_stopping")?,
            validation_fraction: settings.real("validation_fraction")?,
            patience: settings.count("n_iter_no_change")?,
            tol: settings.real("tol")?,
        })
    }

    /// The net to be trained.
    pub(super) fn shape(&self, n_features: usize, n_outputs: usize) -> Shape {
        let hidden = self.hidden.iter().copied();
        let first = std::iter::once(n_features);
        Shape {
            widths: first.chain(hidden).chain([n_outputs]).collect(),
            activations: self.activations.clone(),
            has_batch_norm: self.batch_norm,
        }
    }
}

/// One a hidden layer: those named by layer, then the one for all.
fn activations(settings: &Checked, n_hidden: usize) -> Result<Vec<Activation>> {
    let common = settings.choice("activation")?;
    let by_layer = settings.choices("layer_activations")?;
    let names = by_layer.iter().map(String::as_str);
    let all = names.chain(std::iter::repeat(common)).take(n_hidden);
    Ok(all.filter_map(Activation::find).collect())
}

fn solver(settings: &Checked) -> Result<Solver> {
    let momentum = settings.real("momentum")?;
    let epsilon = settings.real("epsilon")?;
    Ok(match settings.choice("solver")? {
        "sgd" => Solver::Sgd,
        "momentum" => Solver::Momentum { momentum },
        "nesterov" => Solver::Nesterov { momentum },
        "rmsprop" => Solver::RmsProp {
            smoothing: RMSPROP_SMOOTHING,
            epsilon,
        },
        _ => Solver::Adam {
            beta_1: settings.real("beta_1")?,
            beta_2: settings.real("beta_2")?,
            epsilon,
        },
    })
}

fn learning_rate(settings: &Checked) -> Result<LearningRate> {
    let step_size = settings.count("step_size")?;
    let gamma = settings.real("gamma")?;
    let schedule = match settings.choice("learning_rate")? {
        "step" => Schedule::Step { step_size, gamma },
        "exponential" => Schedule::Exponential { step_size, gamma },
        "cosine" => Schedule::Cosine {
            n_epochs: settings.count("max_iter")?,
        },
        "invscaling" => Schedule::InverseScaling {
            power: settings.real("power_t")?,
        },
        _ => Schedule::Constant,
    };
    Ok(LearningRate {
        initial: settings.real("learning_rate_init")?,
        schedule,
        warm_up: settings.count("warm_up")?,
    })
}
