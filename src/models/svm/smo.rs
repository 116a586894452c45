//! Sequential minimal optimization: the dual problem, two variables at a time.
//!
//! Minimizes ½·αᵀQα + pᵀα subject to 0 ≤ αᵢ ≤ capᵢ and yᵀα = 0, with Qᵢⱼ = yᵢ·yⱼ·K(i, j) and
//! yᵢ = ±1. Only the signed gradient fᵢ = yᵢ·(Qα + p)ᵢ is kept. With *up* the variables for which
//! yᵢ·αᵢ may grow and *low* those for which it may shrink, α is best where no f in *up* lies
//! below one in *low*; the distance between the two is the *gap*. An iteration takes the lowest
//! f in *up*, pairs it with the variable of *low* that promises the deepest fall, and moves both
//! to the minimum between them.
//!
//! Reference: R.-E. Fan, P.-H. Chen & C.-J. Lin, "Working set selection using second order
//! information for training support vector machines", JMLR 6, 2005 (WSS 2), as in LIBSVM.

use super::gram::Gram;
use crate::linalg::wide::twofold;

/// Curvature taken where a kernel gives none, as LIBSVM.
const LEAST_CURVATURE: f64 = 1e-12;

/// Lanes of the searches below.
const LANES: usize = 4;

/// When to stop.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Stop {
    /// The gap below which the solution is good enough.
    pub tol: f64,
    /// Iterations at most.
    pub max_iter: usize,
}

/// A dual problem under way. With more variables than kernel rows (regression has two a row)
/// variable i belongs to row i modulo their number.
pub(super) struct Smo {
    y: Vec<f64>,
    p: Vec<f64>,
    caps: Vec<f64>,
    alpha: Vec<f64>,
    f: Vec<f64>,
    /// 0 in *up*, else +∞.
    not_up: Vec<f64>,
    /// 0 in *low*, else −∞.
    not_low: Vec<f64>,
    scores: Vec<f64>,
    stop: Stop,
    n_iter: usize,
    first_gap: Option<f64>,
    least_gap: f64,
    pub is_done: bool,
}

impl Smo {
    /// Starts at α = 0. `y`, `p`, `caps`: `(n_variables,)`.
    pub(super) fn new(y: Vec<f64>, p: Vec<f64>, caps: Vec<f64>, stop: Stop) -> Self {
        let n = y.len();
        let mut smo = Self {
            f: y.iter().zip(&p).map(|(y, p)| y * p).collect(),
            alpha: vec![0.0; n],
            not_up: vec![0.0; n],
            not_low: vec![0.0; n],
            scores: vec![0.0; n],
            y,
            p,
            caps,
            stop,
            n_iter: 0,
            first_gap: None,
            least_gap: f64::INFINITY,
            is_done: n == 0,
        };
        (0..n).for_each(|i| smo.mark(i));
        smo
    }

    /// Iterates until it is done, or `most_work` numbers were read or `most_iterations` done.
    pub(super) fn advance(&mut self, gram: &mut Gram, most_work: u64, most_iterations: usize) {
        let (start, mut n) = (gram.work, 0);
        let own = 4 * self.f.len() as u64;
        while !self.is_done && n < most_iterations {
            self.iterate(gram);
            n += 1;
            if gram.work - start + own * n as u64 >= most_work {
                break;
            }
        }
    }

    fn iterate(&mut self, gram: &mut Gram) {
        let Some((i, j)) = self.select(gram) else {
            self.is_done = true;
            return;
        };
        let n_rows = gram.diagonal.len();
        let (row_i, row_j) = (i % n_rows, j % n_rows);
        let (k_i, k_j) = gram.pair(row_i, row_j);
        let curvature = k_i[row_i] + k_j[row_j] - 2.0 * k_i[row_j];
        let best = (self.f[j] - self.f[i]) / at_least(curvature);
        let (room_i, room_j) = (self.room(i, 1.0), self.room(j, -1.0));
        let step = best.min(room_i).min(room_j);
        // A kernel that overflowed leaves no step.
        if step.is_nan() || step <= 0.0 {
            self.is_done = true;
            return;
        }
        for f in self.f.chunks_exact_mut(n_rows) {
            for ((f, a), b) in f.iter_mut().zip(k_i).zip(k_j) {
                *f += step * (a - b);
            }
        }
        self.shift(i, step, 1.0, step == room_i);
        self.shift(j, step, -1.0, step == room_j);
        self.n_iter += 1;
        self.is_done = self.n_iter >= self.stop.max_iter;
    }

    /// How far y·α of a variable may go in a direction.
    fn room(&self, i: usize, direction: f64) -> f64 {
        if self.y[i] * direction > 0.0 {
            self.caps[i] - self.alpha[i]
        } else {
            self.alpha[i]
        }
    }

    fn shift(&mut self, i: usize, step: f64, direction: f64, is_at_bound: bool) {
        let grows = self.y[i] * direction > 0.0;
        self.alpha[i] = match (is_at_bound, grows) {
            (true, true) => self.caps[i],
            (true, false) => 0.0,
            (false, true) => self.alpha[i] + step,
            (false, false) => self.alpha[i] - step,
        };
        self.mark(i);
    }

    /// Notes whether a variable is in *up* and in *low*.
    fn mark(&mut self, i: usize) {
        let (may_grow, may_shrink) = (self.room(i, 1.0) > 0.0, self.room(i, -1.0) > 0.0);
        self.not_up[i] = if may_grow { 0.0 } else { f64::INFINITY };
        self.not_low[i] = if may_shrink { 0.0 } else { f64::NEG_INFINITY };
    }

    /// The pair to move; none where the gap is small enough.
    fn select(&mut self, gram: &mut Gram) -> Option<(usize, usize)> {
        let lowest = lowest(&self.f, &self.not_up);
        let place = |f: &[f64], not: &[f64]| {
            let mut places = f.iter().zip(not);
            places.rposition(|(f, not)| f + not == lowest)
        };
        let i = place(&self.f, &self.not_up)?;
        let n_rows = gram.diagonal.len();
        let (k_i, diagonal) = gram.row_and_diagonal(i % n_rows);
        let mut highest = f64::NEG_INFINITY;
        let mut best = 0.0;
        let halves = self
            .f
            .chunks_exact(n_rows)
            .zip(self.not_low.chunks_exact(n_rows));
        for ((f, not_low), scores) in halves.zip(self.scores.chunks_exact_mut(n_rows)) {
            let own = diagonal[i % n_rows];
            let (high, score) = score_all(f, not_low, lowest, (own, k_i, diagonal), scores);
            highest = high.max(highest);
            best = score.max(best);
        }
        let gap = highest - lowest;
        self.first_gap.get_or_insert(gap);
        self.least_gap = gap.min(self.least_gap);
        if gap.is_nan() || gap < self.stop.tol || best <= 0.0 {
            return None;
        }
        let j = self.scores.iter().rposition(|score| *score == best)?;
        Some((i, j))
    }

    /// The mean of f over variables strictly between their bounds; where there are none, the
    /// middle of what the others allow. The decision is Σ y·α·K minus this.
    pub(super) fn offset(&self) -> f64 {
        let free =
            || (0..self.f.len()).filter(|&i| self.not_up[i] == 0.0 && self.not_low[i] == 0.0);
        let n_free = free().count();
        if n_free > 0 {
            return free().map(|i| self.f[i]).sum::<f64>() / n_free as f64;
        }
        let low = lowest(&self.f, &self.not_up);
        let high = self.f.iter().zip(&self.not_low);
        let high = high.fold(f64::NEG_INFINITY, |max, (f, not)| max.max(f + not));
        let middle = 0.5 * (low + high);
        if middle.is_finite() { middle } else { 0.0 }
    }

    /// yᵢ·αᵢ, `(n_variables,)`.
    pub(super) fn coefficients(&self) -> impl Iterator<Item = f64> {
        self.y.iter().zip(&self.alpha).map(|(y, alpha)| y * alpha)
    }

    /// yᵢ, `(n_variables,)`.
    pub(super) fn signs(&self) -> &[f64] {
        &self.y
    }

    /// ½·αᵀQα + pᵀα.
    pub(super) fn objective(&self) -> f64 {
        let terms = self
            .alpha
            .iter()
            .zip(&self.f)
            .zip(self.y.iter().zip(&self.p));
        terms
            .map(|((alpha, f), (y, p))| 0.5 * alpha * (y * f + p))
            .sum()
    }

    /// How far it has come, from 0 to 1: the gap falls by about the same factor in equal times.
    pub(super) fn share_done(&self) -> f64 {
        if self.is_done {
            return 1.0;
        }
        let Some(first) = self.first_gap else {
            return 0.0;
        };
        let fall = |gap: f64| crate::math::ln(first.max(gap) / gap);
        let share = fall(self.least_gap) / fall(self.stop.tol);
        if share.is_nan() {
            0.0
        } else {
            share.clamp(0.0, 0.99)
        }
    }

    /// Whether it stopped before the gap was small.
    pub(super) fn ran_out(&self) -> bool {
        self.is_done && self.n_iter >= self.stop.max_iter
    }
}

fn at_least(curvature: f64) -> f64 {
    if curvature > 0.0 {
        curvature
    } else {
        LEAST_CURVATURE
    }
}

/// The least of f + not.
fn lowest(f: &[f64], not: &[f64]) -> f64 {
    let mut least = [f64::INFINITY; LANES];
    let (mut fs, mut nots) = (f.chunks_exact(LANES), not.chunks_exact(LANES));
    for (f, not) in fs.by_ref().zip(nots.by_ref()) {
        for ((least, f), not) in least.iter_mut().zip(f).zip(not) {
            let value = f + not;
            *least = if value < *least { value } else { *least };
        }
    }
    let rest = fs.remainder().iter().zip(nots.remainder());
    let rest = rest.map(|(f, not)| f + not);
    least.into_iter().chain(rest).fold(f64::INFINITY, f64::min)
}

twofold! {
/// Writes how deep the objective falls by moving each variable of *low* against the one whose f
/// is `lowest`; returns the highest f in *low* and the deepest fall.
///
/// - `kernel`: of the one with itself, with all, and of all with themselves.
fn score_all(
    f: &[f64],
    not_low: &[f64],
    lowest: f64,
    kernel: (f64, &[f64], &[f64]),
    scores: &mut [f64],
) -> (f64, f64) {
    let (own, k, diagonal) = kernel;
    let (mut highest, mut best) = ([f64::NEG_INFINITY; LANES], [0.0; LANES]);
    let n = f.len();
    for start in (0..n).step_by(LANES) {
        let end = (start + LANES).min(n);
        let terms = f[start..end].iter().zip(&not_low[start..end]);
        let rest = k[start..end].iter().zip(&diagonal[start..end]);
        let lanes = highest.iter_mut().zip(best.iter_mut());
        let all = terms
            .zip(rest)
            .zip(scores[start..end].iter_mut())
            .zip(lanes);
        for ((((f, not_low), (k, other)), score), (highest, best)) in all {
            let value = f + not_low;
            let fall = value - lowest;
            let curvature = own + other - 2.0 * k;
            let curvature = if curvature > 0.0 {
                curvature
            } else {
                LEAST_CURVATURE
            };
            let depth = if fall > 0.0 {
                fall * fall / curvature
            } else {
                0.0
            };
            *score = depth;
            *highest = if value > *highest { value } else { *highest };
            *best = if depth > *best { depth } else { *best };
        }
    }
    let most = |lanes: [f64; LANES]| lanes.into_iter().fold(f64::NEG_INFINITY, f64::max);
    (most(highest), most(best))
}
}
