//! OWL-QN: minimizes a smooth function plus Σ weightⱼ·|xⱼ|, with entries of exactly 0.
//!
//! Within one orthant (one sign for each entry) the sum is smooth. A step chooses the orthant
//! that the steepest descent enters, guesses a direction from the curvature of the smooth part,
//! keeps only those entries of it that go downhill, and halves the step until the value has
//! fallen enough; entries that would change sign stop at 0.
//!
//! Cost: as [`super::lbfgs`].
//!
//! Reference: G. Andrew & J. Gao, "Scalable training of L1-regularized log-linear models",
//! ICML 2007.

use super::curvature::{Curvature, dot};

/// Share of the promised fall that a step must bring.
const SUFFICIENT: f64 = 1e-4;

/// Halvings of one step, after which it gives up.
const MAX_HALVINGS: usize = 40;

/// A minimization under way.
#[derive(Debug, Clone)]
pub struct Owlqn {
    weights: Vec<f64>,
    point: Vec<f64>,
    value: f64,
    gradient: Vec<f64>,
    curvature: Curvature,
}

impl Owlqn {
    /// Starts at `point`. `function` returns the value of the smooth part and writes its
    /// gradient; `weights`, one an entry, are those of the sizes.
    pub fn new(
        point: Vec<f64>,
        weights: Vec<f64>,
        mut function: impl FnMut(&[f64], &mut [f64]) -> f64,
    ) -> Self {
        let mut gradient = vec![0.0; point.len()];
        let value = function(&point, &mut gradient) + sizes(&weights, &point);
        Self {
            weights,
            point,
            value,
            gradient,
            curvature: Curvature::default(),
        }
    }

    /// Where it is.
    pub fn point(&self) -> &[f64] {
        &self.point
    }

    /// The value there, sizes included.
    pub fn value(&self) -> f64 {
        self.value
    }

    /// The largest entry of the gradient, by size; at 0 it counts what exceeds the weight.
    pub fn max_gradient(&self) -> f64 {
        let slopes = self.slopes();
        slopes.iter().fold(0.0, |max, g| g.abs().max(max))
    }

    /// The slope of the sum along each entry, 0 where both ways go up.
    fn slopes(&self) -> Vec<f64> {
        let entries = self.point.iter().zip(&self.gradient).zip(&self.weights);
        entries
            .map(|((&x, &g), &weight)| {
                if x != 0.0 {
                    g + weight.copysign(x)
                } else {
                    (g.abs() - weight).max(0.0).copysign(g)
                }
            })
            .collect()
    }

    /// One iteration. Returns whether it moved; it does not where the function can no longer
    /// be told to fall.
    pub fn step(&mut self, mut function: impl FnMut(&[f64], &mut [f64]) -> f64) -> bool {
        if self.descend(&mut function) {
            return true;
        }
        // The guessed curvature may be at fault: once more from the plain slopes.
        let is_guess = !self.curvature.is_empty();
        self.curvature = Curvature::default();
        is_guess && self.descend(&mut function)
    }

    fn descend(&mut self, function: &mut impl FnMut(&[f64], &mut [f64]) -> f64) -> bool {
        let slopes = self.slopes();
        let mut direction = self.curvature.direction(&slopes);
        for (d, slope) in direction.iter_mut().zip(&slopes) {
            if *d * slope >= 0.0 {
                *d = 0.0;
            }
        }
        let length = dot(&direction, &direction).sqrt();
        if length.is_nan() || length == 0.0 {
            return false;
        }
        let mut t = if self.curvature.is_empty() {
            (1.0 / length).min(1.0)
        } else {
            1.0
        };
        let mut gradient = vec![0.0; slopes.len()];
        for _ in 0..MAX_HALVINGS {
            let trial = self.moved(t, &direction, &slopes);
            let value = function(&trial, &mut gradient) + sizes(&self.weights, &trial);
            let moves = trial.iter().zip(&self.point).zip(&slopes);
            let promised: f64 = moves.map(|((to, from), slope)| (to - from) * slope).sum();
            if promised == 0.0 {
                return false;
            }
            let noise = 1e-15 * self.value.abs();
            if value <= self.value + SUFFICIENT * promised + noise {
                let before = (&self.point[..], &self.gradient[..]);
                self.curvature.learn(before, (&trial, &gradient));
                let is_lower = value < self.value || promised < -noise;
                (self.point, self.value, self.gradient) = (trial, value, gradient);
                return is_lower;
            }
            t *= 0.5;
        }
        false
    }

    /// The point `t` along `direction`, with entries that would leave the orthant at 0.
    fn moved(&self, t: f64, direction: &[f64], slopes: &[f64]) -> Vec<f64> {
        let entries = self.point.iter().zip(direction).zip(slopes);
        let entries = entries.zip(&self.weights);
        entries
            .map(|(((&x, d), slope), &weight)| {
                let sign = if x != 0.0 { x } else { -slope };
                let moved = x + t * d;
                if weight > 0.0 && moved * sign <= 0.0 {
                    0.0
                } else {
                    moved
                }
            })
            .collect()
    }
}

fn sizes(weights: &[f64], point: &[f64]) -> f64 {
    let terms = weights.iter().zip(point);
    terms.map(|(weight, x)| weight * x.abs()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_a_bowl() {
        // ½(x − 3)² + 2(y + 1)² + ½(z − 0.5)² + |x| + |y| + |z|.
        let bowl = |x: &[f64], g: &mut [f64]| {
            let (a, b, c) = (x[0] - 3.0, x[1] + 1.0, x[2] - 0.5);
            g.copy_from_slice(&[a, 4.0 * b, c]);
            0.5 * a * a + 2.0 * b * b + 0.5 * c * c
        };
        let mut solver = Owlqn::new(vec![0.0; 3], vec![1.0; 3], bowl);
        for _ in 0..50 {
            if solver.max_gradient() < 1e-12 || !solver.step(bowl) {
                break;
            }
        }
        let point = solver.point();
        assert!((point[0] - 2.0).abs() < 1e-10 && (point[1] + 0.75).abs() < 1e-10);
        assert_eq!(point[2], 0.0);
    }
}
