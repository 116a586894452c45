//! Training as a value that is pulled step by step.

use super::Model;
use crate::error::Result;
use crate::parallel::awake;

/// Where training stands after a step.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Progress {
    /// How far, in the unit of the algorithm ([`super::Info::unit`]): 12.5 epochs, 3 iterations.
    pub position: f64,
    /// Where it ends at the latest, in the same unit.
    pub total: f64,
    /// The loss on the training rows as optimized, penalties included, where there is one.
    pub loss: Option<f64>,
    /// Whether further steps change nothing.
    pub is_done: bool,
    /// What the user should know, in a sentence: reduced k, stopped early, diverged.
    pub note: Option<String>,
}

/// A training under way: unfinished, but usable at any time.
pub trait Trainer: Send {
    /// Does one unit of work worth drawing, at most some 50 ms on 100,000 rows. After the last
    /// step it does nothing and says again that it is done.
    ///
    /// # Errors
    /// [`crate::error::Code::Diverged`] where a number stops being finite; the model stays at
    /// the last good step.
    fn step(&mut self) -> Result<Progress>;

    /// The model as learnt so far; valid after any number of steps, none included.
    fn model(&self) -> Model;
}

/// Pulls `trainer` until it is done and returns the last progress.
///
/// # Errors
/// Those of [`Trainer::step`].
pub fn train_to_end(trainer: &mut dyn Trainer) -> Result<Progress> {
    awake(|| {
        loop {
            let progress = trainer.step()?;
            if progress.is_done {
                return Ok(progress);
            }
        }
    })
}
