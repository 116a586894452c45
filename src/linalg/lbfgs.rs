//! L-BFGS: minimizes a smooth function from its gradients, one iteration at a time.
//!
//! One step looks at the last ten moves and how the gradient changed along them, guesses the
//! curvature from that, goes downhill in the guessed direction, and searches along it until the
//! strong Wolfe conditions hold: the value has fallen enough and the slope has flattened. Where
//! rounding hides the fall, the approximate condition of Hager and Zhang takes its place.
//!
//! Cost: O(20 · n) a step besides one to three evaluations of the function.
//!
//! References: Liu & Nocedal, "On the limited memory BFGS method for large scale optimization",
//! Mathematical Programming 45, 1989; Nocedal & Wright, "Numerical Optimization", 2nd ed.,
//! 2006, algorithms 3.5, 3.6 and 7.4; Hager & Zhang, SIAM J. Optim. 16(1), 2005.

use super::curvature::{Curvature, dot};

/// Share of the promised fall that a step must bring (Nocedal & Wright, section 3.1).
const SUFFICIENT: f64 = 1e-4;

/// Share of the starting slope that may be left (ibid., for quasi-Newton methods).
const CURVATURE: f64 = 0.9;

/// Evaluations of one line search, after which it gives up; SciPy allows 20.
const MAX_EVALUATIONS: usize = 30;

/// A minimization under way.
#[derive(Debug, Clone)]
pub struct Lbfgs {
    point: Vec<f64>,
    value: f64,
    gradient: Vec<f64>,
    curvature: Curvature,
}

/// A place on the line of a search: how far, the value, and the slope along the line.
#[derive(Debug, Clone, Copy)]
struct Place {
    t: f64,
    value: f64,
    slope: f64,
}

impl Lbfgs {
    /// Starts at `point`. `function` returns the value at a point and writes the gradient.
    pub fn new(point: Vec<f64>, mut function: impl FnMut(&[f64], &mut [f64]) -> f64) -> Self {
        let mut gradient = vec![0.0; point.len()];
        let value = function(&point, &mut gradient);
        Self {
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

    /// The value there.
    pub fn value(&self) -> f64 {
        self.value
    }

    /// The gradient there.
    pub fn gradient(&self) -> &[f64] {
        &self.gradient
    }

    /// The largest entry of the gradient, by size.
    pub fn max_gradient(&self) -> f64 {
        self.gradient.iter().fold(0.0, |max, g| g.abs().max(max))
    }

    /// One iteration. Returns whether it moved; it does not where the function can no longer
    /// be told to fall.
    pub fn step(&mut self, mut function: impl FnMut(&[f64], &mut [f64]) -> f64) -> bool {
        if self.descend(&mut function) {
            return true;
        }
        // The guessed curvature may be at fault: once more from the plain gradient.
        let is_guess = !self.curvature.is_empty();
        self.curvature = Curvature::default();
        is_guess && self.descend(&mut function)
    }

    fn descend(&mut self, function: &mut impl FnMut(&[f64], &mut [f64]) -> f64) -> bool {
        let direction = self.curvature.direction(&self.gradient);
        let start = Place {
            t: 0.0,
            value: self.value,
            slope: dot(&self.gradient, &direction),
        };
        if start.slope.is_nan() || start.slope >= 0.0 {
            return false;
        }
        let first = if self.curvature.is_empty() {
            (1.0 / dot(&direction, &direction).sqrt()).min(1.0)
        } else {
            1.0
        };
        let mut trial = self.point.clone();
        let mut gradient = vec![0.0; trial.len()];
        let found = search(start, first, |t| {
            for ((trial, x), d) in trial.iter_mut().zip(&self.point).zip(&direction) {
                *trial = x + t * d;
            }
            let value = function(&trial, &mut gradient);
            let slope = dot(&gradient, &direction);
            Place { t, value, slope }
        });
        match found {
            Some(value) => self.accept(trial, gradient, value),
            None => return false,
        }
        true
    }

    fn accept(&mut self, point: Vec<f64>, gradient: Vec<f64>, value: f64) {
        let before = (&self.point[..], &self.gradient[..]);
        self.curvature.learn(before, (&point, &gradient));
        self.point = point;
        self.gradient = gradient;
        self.value = value;
    }
}

/// Searches along a line and returns the value found; the last place evaluated is the answer.
fn search(start: Place, first: f64, mut evaluate: impl FnMut(f64) -> Place) -> Option<f64> {
    let (mut low, mut high) = (start, None::<Place>);
    let mut t = first;
    for _ in 0..MAX_EVALUATIONS {
        let place = evaluate(t);
        if !(place.value.is_finite() && place.slope.is_finite()) {
            high = Some(Place {
                value: f64::INFINITY,
                ..place
            });
            t = low.t + 0.1 * (t - low.t);
            continue;
        }
        if is_enough(start, place) && place.slope.abs() <= CURVATURE * start.slope.abs() {
            return Some(place.value);
        }
        let falls = place.value <= start.value + SUFFICIENT * place.t * start.slope;
        if !falls || place.value >= low.value {
            high = Some(place);
        } else {
            if high.map_or(place.slope >= 0.0, |h| place.slope * (h.t - low.t) >= 0.0) {
                high = Some(low);
            }
            low = place;
        }
        t = match high {
            Some(high) => between(low, high),
            // Still going down steeply: go on, ever faster.
            None => 2.0 * t.max(f64::MIN_POSITIVE),
        };
        if high.is_some_and(|h| (h.t - low.t).abs() <= 1e-15 * low.t.abs().max(1e-300)) {
            break;
        }
    }
    // Better a small fall than none.
    let place = (low.t > 0.0).then(|| evaluate(low.t))?;
    (place.value < start.value).then_some(place.value)
}

/// Whether the value has fallen enough, or the slope says so where rounding hides it.
fn is_enough(start: Place, place: Place) -> bool {
    let falls = place.value <= start.value + SUFFICIENT * place.t * start.slope;
    let noise = 1e-15 * start.value.abs();
    let is_flat =
        place.value <= start.value + noise && place.slope <= (2.0 * SUFFICIENT - 1.0) * start.slope;
    falls || is_flat
}

/// The minimum of the cubic through two places and their slopes, kept off the ends.
fn between(a: Place, b: Place) -> f64 {
    let width = b.t - a.t;
    let bend = a.slope + b.slope - 3.0 * (b.value - a.value) / width;
    let root = (bend * bend - a.slope * b.slope).sqrt() * width.signum();
    let cubic = b.t - width * (b.slope + root - bend) / (b.slope - a.slope + 2.0 * root);
    let share = (cubic - a.t) / width;
    // NaN (no such minimum, or an infinite value) means half way.
    let share = if share.is_nan() { 0.5 } else { share };
    a.t + share.clamp(0.1, 0.9) * width
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minimize(
        start: &[f64],
        mut function: impl FnMut(&[f64], &mut [f64]) -> f64,
    ) -> (Lbfgs, usize) {
        let mut solver = Lbfgs::new(start.to_vec(), &mut function);
        for n_steps in 0..1000 {
            if solver.max_gradient() <= 1e-9 || !solver.step(&mut function) {
                return (solver, n_steps);
            }
        }
        (solver, 1000)
    }

    #[test]
    fn finds_the_end_of_the_banana_valley() {
        let rosenbrock = |x: &[f64], g: &mut [f64]| {
            let (a, b) = (1.0 - x[0], x[1] - x[0] * x[0]);
            g[0] = -2.0 * a - 400.0 * x[0] * b;
            g[1] = 200.0 * b;
            a * a + 100.0 * b * b
        };
        let (solver, n_steps) = minimize(&[-1.2, 1.0], rosenbrock);
        assert!(solver.max_gradient() <= 1e-9 && n_steps < 60, "{n_steps}");
        assert!((solver.point()[0] - 1.0).abs() < 1e-9);
    }

    #[test]
    fn survives_walls_of_infinity_and_long_slopes() {
        // −ln x + x has a wall at 0 and its minimum at 1.
        let barrier = |x: &[f64], g: &mut [f64]| {
            g[0] = 1.0 - 1.0 / x[0];
            if x[0] > 0.0 {
                x[0] - crate::math::ln(x[0])
            } else {
                f64::NAN
            }
        };
        for start in [1e-3, 0.5, 1e6] {
            let (solver, _) = minimize(&[start], barrier);
            assert!((solver.point()[0] - 1.0).abs() < 1e-8, "from {start}");
        }
    }

    #[test]
    fn stands_still_at_the_minimum() {
        let flat = |_: &[f64], g: &mut [f64]| {
            g.fill(0.0);
            3.0
        };
        let mut solver = Lbfgs::new(vec![1.0, 2.0], flat);
        assert!(!solver.step(flat));
        assert_eq!(solver.point(), [1.0, 2.0]);
    }
}
