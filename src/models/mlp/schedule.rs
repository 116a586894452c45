//! How the learning rate changes from epoch to epoch.

use crate::math;

/// The course of the learning rate over the epochs, as a share of the first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Schedule {
    /// Always 1.
    Constant,
    /// Multiplied by `gamma` after every `step_size` epochs (`StepLR` of PyTorch).
    Step {
        /// Epochs between falls.
        step_size: usize,
        /// Factor of a fall.
        gamma: f64,
    },
    /// The same fall, spread evenly: `gamma ^ (epoch / step_size)` (`ExponentialLR`).
    Exponential {
        /// Epochs in which it falls by `gamma`.
        step_size: usize,
        /// Factor of the fall.
        gamma: f64,
    },
    /// Half a cosine from 1 to 0 over all epochs (Loshchilov & Hutter, "SGDR: stochastic
    /// gradient descent with warm restarts", ICLR 2017; `CosineAnnealingLR`).
    Cosine {
        /// Epochs until 0.
        n_epochs: usize,
    },
    /// 1 / (epoch + 1) ^ `power`, epochs counted from 0.
    InverseScaling {
        /// How fast it falls.
        power: f64,
    },
}

/// The learning rate of every epoch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LearningRate {
    /// Where it starts.
    pub initial: f64,
    /// How it goes on.
    pub schedule: Schedule,
    /// Epochs in which it first rises evenly, from `1 / (warm_up + 1)` of itself.
    pub warm_up: usize,
}

impl LearningRate {
    /// The rate of `epoch`, counted from 0.
    ///
    /// ```
    /// use handlens::models::mlp::{LearningRate, Schedule};
    /// let schedule = Schedule::Step { step_size: 2, gamma: 0.5 };
    /// let rate = LearningRate { initial: 0.8, schedule, warm_up: 1 };
    /// assert_eq!([0, 1, 2, 4].map(|epoch| rate.at(epoch)), [0.4, 0.8, 0.4, 0.2]);
    /// ```
    pub fn at(&self, epoch: usize) -> f64 {
        let rise = (epoch as f64 + 1.0) / (self.warm_up as f64 + 1.0);
        self.initial * self.schedule.share(epoch) * rise.min(1.0)
    }
}

impl Schedule {
    fn share(self, epoch: usize) -> f64 {
        match self {
            Self::Constant => 1.0,
            Self::Step { step_size, gamma } => math::pow(gamma, (epoch / step_size.max(1)) as f64),
            Self::Exponential { step_size, gamma } => {
                math::pow(gamma, epoch as f64 / step_size.max(1) as f64)
            }
            Self::Cosine { n_epochs } => {
                let part = epoch as f64 / n_epochs.max(1) as f64;
                0.5 * (1.0 + math::cos(std::f64::consts::PI * part.min(1.0)))
            }
            Self::InverseScaling { power } => math::pow(epoch as f64 + 1.0, -power),
        }
    }
}
