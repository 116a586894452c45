//! Support vector machines: kernels, votes of pairs of classes, and their coupled probabilities,
//! step by step as the core does, so that ties stay ties.

use ndarray::Array2;

use super::Answer;
use super::graph::{Draft, Value};
use super::models::{argmax, matrix, squared_distances, vector};
use super::proto::{Attribute, DOUBLE, INT64, Tensor};
use crate::models::svm::{Kernel, Output, Sigmoid, SvmModel};

/// No pair is taken to be more certain than this.
const LEAST: f64 = 1e-7;
/// Coupled probabilities are found where no entry is further off.
const CLOSE: f64 = 1e-10;

pub(super) fn svm(g: &mut Draft, model: &SvmModel, x: &Value) -> Answer {
    let alike = alike(g, model, x);
    let Output::Classes {
        is_present,
        n_support,
        sigmoids,
    } = &model.output
    else {
        let duals = vector(g, &model.dual_coefficients.row(0).to_vec());
        let intercept = g.double(model.intercepts.first().copied().unwrap_or_default());
        let sum = g.op("MatMul", &[&alike, &duals]);
        return Answer::Number(g.op("Add", &[&sum, &intercept]));
    };
    let pairs = Pairs::of(n_support.len());
    let duals = matrix(g, &duals_by_pair(model, n_support, &pairs));
    let intercepts = vector(g, &model.intercepts);
    let sums = g.op("MatMul", &[&alike, &duals]);
    let decisions = g.op("Add", &[&sums, &intercepts]);
    let class = pairs.vote(g, &decisions);
    let of_pairs = pair_probabilities(g, &decisions, sigmoids);
    let p = pairs.couple(g, &of_pairs);
    let p = make_most(g, &p, &class, pairs.n);
    among_all(g, is_present, class, p)
}

/// `(n_vectors, n_pairs)`: the weight of each support vector for each pair of classes.
fn duals_by_pair(model: &SvmModel, n_support: &[usize], pairs: &Pairs) -> Array2<f64> {
    let classes = n_support.iter().enumerate();
    let class_of: Vec<usize> = classes
        .flat_map(|(class, n)| std::iter::repeat_n(class, *n))
        .collect();
    Array2::from_shape_fn((class_of.len(), pairs.list.len()), |(v, pair)| {
        let (i, j) = pairs.list[pair];
        match class_of[v] {
            class if class == i => model.dual_coefficients[(j - 1, v)],
            class if class == j => model.dual_coefficients[(i, v)],
            _ => 0.0,
        }
    })
}

/// The probability of the first class of each pair, `(N, n_pairs)`.
fn pair_probabilities(g: &mut Draft, decisions: &Value, sigmoids: &[Sigmoid]) -> Value {
    let of = |part: fn(&Sigmoid) -> f64| sigmoids.iter().map(part).collect::<Vec<f64>>();
    let (slopes, shifts) = (of(|s| -s.slope), of(|s| -s.shift));
    let (slopes, shifts) = (vector(g, &slopes), vector(g, &shifts));
    let z = g.op("Mul", &[decisions, &slopes]);
    let z = g.op("Add", &[&z, &shifts]);
    let z = g.unsqueeze(&z, 2);
    // Half of it for and against, whose softmax is the sigmoid.
    let halves = vector(g, &[0.5, -0.5]);
    let z = g.op("Mul", &[&z, &halves]);
    let p = g.op_with("Softmax", &[&z], vec![Attribute::int("axis", 2)]);
    let p = g.take(&p, 2, 0);
    let (least, most) = (g.double(LEAST), g.double(1.0 - LEAST));
    g.op("Clip", &[&p, &least, &most])
}

/// The pairs (i, j), i < j, of `n` classes, in order.
struct Pairs {
    n: usize,
    list: Vec<(usize, usize)>,
}

impl Pairs {
    fn of(n: usize) -> Self {
        let list = (0..n).flat_map(|i| (i + 1..n).map(move |j| (i, j)));
        Self {
            n,
            list: list.collect(),
        }
    }

    /// `(n_pairs, width)`: 1 at the place of each pair.
    fn spread(&self, width: usize, place: impl Fn(usize, usize) -> usize) -> Array2<f64> {
        let mut spread = Array2::zeros((self.list.len(), width));
        for (pair, (i, j)) in self.list.iter().enumerate() {
            spread[(pair, place(*i, *j))] = 1.0;
        }
        spread
    }

    /// The class most pairs vote for; of equals the one with the clearest decisions, then the
    /// lowest.
    fn vote(&self, g: &mut Draft, decisions: &Value) -> Value {
        let (first, second) = (self.spread(self.n, |i, _| i), self.spread(self.n, |_, j| j));
        let signed = matrix(g, &(&first - &second));
        let (first, second) = (matrix(g, &first), matrix(g, &second));
        let (zero, one, three) = (g.double(0.0), g.double(1.0), g.double(3.0));
        let is_first = g.op("Greater", &[decisions, &zero]);
        let is_first = g.cast(&is_first, DOUBLE);
        let is_second = g.op("Sub", &[&one, &is_first]);
        let for_first = g.op("MatMul", &[&is_first, &first]);
        let for_second = g.op("MatMul", &[&is_second, &second]);
        let votes = g.op("Add", &[&for_first, &for_second]);
        let sums = g.op("MatMul", &[decisions, &signed]);
        let size = g.op("Abs", &[&sums]);
        let size = g.op("Add", &[&size, &one]);
        let size = g.op("Mul", &[&size, &three]);
        let share = g.op("Div", &[&sums, &size]);
        let score = g.op("Add", &[&votes, &share]);
        argmax(g, &score)
    }

    /// The probabilities of the classes, `(N, n)`, that agree best with those of the pairs.
    fn couple(&self, g: &mut Draft, of_pairs: &Value) -> Value {
        let n = self.n;
        let one = g.double(1.0);
        let others = g.op("Sub", &[&one, of_pairs]);
        if n == 2 {
            return g.op_with(
                "Concat",
                &[of_pairs, &others],
                vec![Attribute::int("axis", 1)],
            );
        }
        let above = matrix(g, &self.spread(n * n, |i, j| i * n + j));
        let below = matrix(g, &self.spread(n * n, |i, j| j * n + i));
        let above = g.op("MatMul", &[of_pairs, &above]);
        let below = g.op("MatMul", &[&others, &below]);
        let r = g.op("Add", &[&above, &below]);
        let shape = g.constant(Tensor::ints(&[3], [-1, n as i64, n as i64]));
        let r = g.op("Reshape", &[&r, &shape]);
        let turned = g.op_with("Transpose", &[&r], vec![Attribute::ints("perm", [0, 2, 1])]);
        let products = g.op("Mul", &[&r, &turned]);
        let squares = g.op("Mul", &[&r, &r]);
        let diagonal = g.sum_along(&squares, 1);
        let diagonal = g.unsqueeze(&diagonal, 1);
        let unit = matrix(g, &Array2::eye(n));
        let diagonal = g.op("Mul", &[&diagonal, &unit]);
        let q = g.op("Sub", &[&diagonal, &products]);
        solve(g, &q, n)
    }
}

/// The p that minimizes pᵀQp under Σp = 1, entry by entry, round by round; a row that is close
/// enough stays as it is.
fn solve(g: &mut Draft, q: &Value, n: usize) -> Value {
    let zero = g.double(0.0);
    let even = g.double(1.0 / n as f64);
    let start = g.take(q, 2, 0);
    let start = g.op("Mul", &[&start, &zero]);
    let start = g.op("Add", &[&start, &even]);
    let most = 1000.max(10 * n);
    let p = g.repeat(most, (&start, n), |g, p| {
        let column = g.unsqueeze(p, 2);
        let product = g.op("MatMul", &[q, &column]);
        let last = g.constant(Tensor::ints(&[1], [2]));
        let product = g.op("Squeeze", &[&product, &last]);
        let total = g.op("Mul", &[p, &product]);
        let total = kept_sum(g, &total);
        let off = g.op("Sub", &[&product, &total]);
        let off = g.op("Abs", &[&off]);
        let off = kept_max(g, &off);
        let close = g.double(CLOSE);
        let is_close = g.op("Less", &[&off, &close]);
        let next = round(g, q, n, p.clone(), product, total);
        let next = g.op("Where", &[&is_close, p, &next]);
        let is_open = g.op("Not", &[&is_close]);
        let is_open = g.cast(&is_open, INT64);
        let both = g.constant(Tensor::ints(&[2], [0, 1]));
        let keep = vec![Attribute::int("keepdims", 0)];
        let n_open = g.op_with("ReduceSum", &[&is_open, &both], keep);
        let none = g.constant(Tensor::ints(&[], [0]));
        (g.op("Greater", &[&n_open, &none]), next)
    });
    let sum = kept_sum(g, &p);
    g.op("Div", &[&p, &sum])
}

/// One round of the entries: `product` is Q·p, `(N, n)`, and `total` pᵀQp, `(N, 1)`.
fn round(
    g: &mut Draft,
    q: &Value,
    n: usize,
    mut p: Value,
    mut product: Value,
    mut total: Value,
) -> Value {
    let (one, two) = (g.double(1.0), g.double(2.0));
    for t in 0..n {
        let row = g.take(q, 1, t);
        let at = |g: &mut Draft, values: &Value| {
            let value = g.take(values, 1, t);
            g.unsqueeze(&value, 1)
        };
        let (own, of_t) = (at(g, &row), at(g, &product));
        let change = g.op("Sub", &[&total, &of_t]);
        let change = g.op("Div", &[&change, &own]);
        let grown = g.op("Add", &[&change, &one]);
        let scale = g.op("Div", &[&one, &grown]);
        let unit = matrix(
            g,
            &Array2::from_shape_fn((1, n), |(_, k)| f64::from(u8::from(k == t))),
        );
        let moved = g.op("Mul", &[&change, &unit]);
        let moved = g.op("Add", &[&p, &moved]);
        p = g.op("Mul", &[&moved, &scale]);
        let half = g.op("Mul", &[&change, &own]);
        let twice = g.op("Mul", &[&two, &of_t]);
        let rise = g.op("Add", &[&half, &twice]);
        let rise = g.op("Mul", &[&change, &rise]);
        total = g.op("Add", &[&total, &rise]);
        total = g.op("Mul", &[&total, &scale]);
        total = g.op("Mul", &[&total, &scale]);
        let step = g.op("Mul", &[&change, &row]);
        product = g.op("Add", &[&product, &step]);
        product = g.op("Mul", &[&product, &scale]);
    }
    p
}

/// Lets the class voted for share evenly with the classes above it, the highest first.
fn make_most(g: &mut Draft, p: &Value, class: &Value, n: usize) -> Value {
    let lowest = g.double(f64::NEG_INFINITY);
    let (zero, one) = (g.double(0.0), g.double(1.0));
    let all = g.constant(Tensor::ints(&[1, n], (0..n).map(|k| k as i64)));
    let column = g.unsqueeze(class, 1);
    let mut is_sharing = g.op("Equal", &[&column, &all]);
    let own = g.op("Where", &[&is_sharing, p, &zero]);
    let mut sum = kept_sum(g, &own);
    let mut count = one.clone();
    let mut mean = sum.clone();
    for _ in 1..n {
        let others = g.op("Where", &[&is_sharing, &lowest, p]);
        let highest = kept_max(g, &others);
        let is_above = g.op("Greater", &[&highest, &mean]);
        let place = argmax(g, &others);
        let place = g.unsqueeze(&place, 1);
        let is_next = g.op("Equal", &[&place, &all]);
        let is_next = g.op("And", &[&is_next, &is_above]);
        is_sharing = g.op("Or", &[&is_sharing, &is_next]);
        let more = g.op("Where", &[&is_above, &highest, &zero]);
        sum = g.op("Add", &[&sum, &more]);
        let more = g.cast(&is_above, DOUBLE);
        count = g.op("Add", &[&count, &more]);
        mean = g.op("Div", &[&sum, &count]);
    }
    g.op("Where", &[&is_sharing, &mean, p])
}

/// Class and probabilities among all classes, those without rows included.
fn among_all(g: &mut Draft, is_present: &[bool], class: Value, p: Value) -> Answer {
    let places = is_present.iter().enumerate().filter(|(_, is)| **is);
    let present: Vec<usize> = places.map(|(class, _)| class).collect();
    if present.len() == is_present.len() {
        return Answer::Classes(class, p);
    }
    let spread = Array2::from_shape_fn((present.len(), is_present.len()), |(k, class)| {
        f64::from(u8::from(present[k] == class))
    });
    let spread = matrix(g, &spread);
    let p = g.op("MatMul", &[&p, &spread]);
    let codes = present.iter().map(|class| *class as i64);
    let codes = g.constant(Tensor::ints(&[present.len()], codes));
    Answer::Classes(g.op("Gather", &[&codes, &class]), p)
}

/// The sum of each row, `(N, 1)`.
fn kept_sum(g: &mut Draft, values: &Value) -> Value {
    let sum = g.sum_along(values, 1);
    g.unsqueeze(&sum, 1)
}

/// The greatest of each row, `(N, 1)`.
fn kept_max(g: &mut Draft, values: &Value) -> Value {
    let axes = g.constant(Tensor::ints(&[1], [1]));
    g.op("ReduceMax", &[values, &axes])
}

/// How alike every row and each support vector are, `(N, n_vectors)`.
fn alike(g: &mut Draft, model: &SvmModel, x: &Value) -> Value {
    let vectors = &model.support_vectors;
    if let Kernel::Rbf { gamma } = model.kernel {
        let squares = squared_distances(g, x, vectors);
        let gamma = g.double(-gamma);
        let far = g.op("Mul", &[&squares, &gamma]);
        return g.op("Exp", &[&far]);
    }
    let shape = [vectors.ncols(), vectors.nrows()];
    let turned = g.constant(Tensor::doubles(&shape, vectors.t().iter().copied()));
    let products = g.op("MatMul", &[x, &turned]);
    let shifted = |g: &mut Draft, gamma: f64, coef0: f64| {
        let (gamma, coef0) = (g.double(gamma), g.double(coef0));
        let scaled = g.op("Mul", &[&products, &gamma]);
        g.op("Add", &[&scaled, &coef0])
    };
    match model.kernel {
        Kernel::Poly {
            gamma,
            coef0,
            degree,
        } => {
            let base = shifted(g, gamma, coef0);
            (1..degree).fold(base.clone(), |power, _| g.op("Mul", &[&power, &base]))
        }
        Kernel::Sigmoid { gamma, coef0 } => {
            let base = shifted(g, gamma, coef0);
            g.op("Tanh", &[&base])
        }
        _ => products,
    }
}
