//! The best epoch so far, and how long ago it was.

use super::net::Net;

/// What is kept of the best epoch.
pub(super) struct Best {
    loss: f64,
    net: Option<Net<f32>>,
    /// Epochs since the loss last fell by more than the tolerance.
    pub n_without_gain: usize,
}

impl Best {
    pub(super) fn new() -> Self {
        Self {
            loss: f64::INFINITY,
            net: None,
            n_without_gain: 0,
        }
    }

    /// Takes note of an epoch that ended with `loss`.
    pub(super) fn remember(&mut self, loss: f64, net: &Net<f32>, tol: f64) {
        if loss > self.loss - tol {
            self.n_without_gain += 1;
        } else {
            self.n_without_gain = 0;
        }
        if loss < self.loss {
            self.loss = loss;
            match &mut self.net {
                Some(best) => best.copy_learnt(net),
                None => self.net = Some(net.clone()),
            }
        }
    }

    /// Brings the best weights back into `net`.
    pub(super) fn restore(&self, net: &mut Net<f32>) {
        if let Some(best) = &self.net {
            net.copy_learnt(best);
        }
    }
}
