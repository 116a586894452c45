//! The curvature of a function as guessed from how its gradient changed along the last moves:
//! the memory of L-BFGS.
//!
//! Reference: Nocedal & Wright, "Numerical Optimization", 2nd ed., 2006, algorithm 7.4.

use std::collections::VecDeque;

/// Moves remembered; ten is the choice of scikit-learn and SciPy.
const MEMORY: usize = 10;

/// The last moves.
#[derive(Debug, Clone, Default)]
pub(super) struct Curvature {
    moves: VecDeque<Move>,
}

/// A move and how it changed the gradient.
#[derive(Debug, Clone)]
struct Move {
    step: Vec<f64>,
    change: Vec<f64>,
    product: f64,
}

impl Curvature {
    /// Whether nothing is known yet.
    pub(super) fn is_empty(&self) -> bool {
        self.moves.is_empty()
    }

    /// Remembers a move from one point and its gradient to the next.
    pub(super) fn learn(&mut self, before: (&[f64], &[f64]), after: (&[f64], &[f64])) {
        let difference = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a - b).collect();
        let step: Vec<f64> = difference(after.0, before.0);
        let change: Vec<f64> = difference(after.1, before.1);
        let product = dot(&step, &change);
        // A move without curvature would make the guess indefinite.
        if product > f64::EPSILON * dot(&change, &change) {
            if self.moves.len() == MEMORY {
                self.moves.pop_front();
            }
            self.moves.push_back(Move {
                step,
                change,
                product,
            });
        }
    }

    /// The two-loop recursion: minus the guessed inverse curvature times the gradient.
    pub(super) fn direction(&self, gradient: &[f64]) -> Vec<f64> {
        let mut d: Vec<f64> = gradient.iter().map(|g| -g).collect();
        let mut shares = Vec::with_capacity(self.moves.len());
        for m in self.moves.iter().rev() {
            let share = dot(&m.step, &d) / m.product;
            add_scaled(&mut d, -share, &m.change);
            shares.push(share);
        }
        if let Some(m) = self.moves.back() {
            let scale = m.product / dot(&m.change, &m.change);
            d.iter_mut().for_each(|d| *d *= scale);
        }
        for (m, share) in self.moves.iter().zip(shares.into_iter().rev()) {
            let back = dot(&m.change, &d) / m.product;
            add_scaled(&mut d, share - back, &m.step);
        }
        d
    }
}

pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut lanes = [0.0; 4];
    let (a4, a_rest) = a.as_chunks::<4>();
    let (b4, b_rest) = b.as_chunks::<4>();
    for (a, b) in a4.iter().zip(b4) {
        for (lane, (a, b)) in lanes.iter_mut().zip(a.iter().zip(b)) {
            *lane += a * b;
        }
    }
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]) + rest
}

fn add_scaled(to: &mut [f64], factor: f64, from: &[f64]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to += factor * from;
    }
}
