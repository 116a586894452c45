//! From probabilities of pairs of classes to probabilities of classes.
//!
//! With rᵢⱼ the probability of class i against class j, the probabilities p are those for which
//! rⱼᵢ·pᵢ and rᵢⱼ·pⱼ agree best: they minimize Σᵢ Σⱼ (rⱼᵢ·pᵢ − rᵢⱼ·pⱼ)², and sum to 1.
//!
//! Reference: T.-F. Wu, C.-J. Lin & R. C. Weng, "Probability estimates for multi-class
//! classification by pairwise coupling", JMLR 5, 2004 (its second method, algorithm 2), as in
//! LIBSVM. Deviation: iterates until the conditions hold to 1e-10 instead of 0.005.

/// No pair is taken to be more certain than this, as LIBSVM.
const LEAST: f64 = 1e-7;

/// The pairs (i, j), i < j, of `n` classes in order.
pub(super) fn pairs(n: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..n).flat_map(move |i| (i + 1..n).map(move |j| (i, j)))
}

/// The probabilities of `n` classes, `(n,)`.
///
/// - `of_pairs`: for each of [`pairs`] the probability of its first class.
pub(super) fn couple(n: usize, of_pairs: &[f64]) -> Vec<f64> {
    let mut r = vec![vec![0.0; n]; n];
    for ((i, j), p) in pairs(n).zip(of_pairs) {
        r[i][j] = p.clamp(LEAST, 1.0 - LEAST);
        r[j][i] = 1.0 - r[i][j];
    }
    if n == 2 {
        return vec![r[0][1], r[1][0]];
    }
    let entry = |i: usize, j: usize| match i == j {
        true => (0..n).map(|k| r[k][i] * r[k][i]).sum(),
        false => -r[j][i] * r[i][j],
    };
    let q: Vec<Vec<f64>> = (0..n)
        .map(|i| (0..n).map(|j| entry(i, j)).collect())
        .collect();
    solve(&q)
}

/// The p that minimizes pᵀQp under Σp = 1.
fn solve(q: &[Vec<f64>]) -> Vec<f64> {
    let n = q.len();
    let mut p = vec![1.0 / n as f64; n];
    for _ in 0..1000.max(10 * n) {
        let mut product: Vec<f64> = q.iter().map(|row| dot(row, &p)).collect();
        let mut total = dot(&p, &product);
        let off = product.iter().map(|value| (value - total).abs());
        if off.fold(0.0, f64::max) < 1e-10 {
            break;
        }
        for t in 0..n {
            let change = (total - product[t]) / q[t][t];
            p[t] += change;
            let scale = 1.0 / (1.0 + change);
            total = (total + change * (change * q[t][t] + 2.0 * product[t])) * scale * scale;
            for (product, entry) in product.iter_mut().zip(&q[t]) {
                *product = (*product + change * entry) * scale;
            }
            p.iter_mut().for_each(|p| *p *= scale);
        }
    }
    let sum: f64 = p.iter().sum();
    p.iter().map(|p| p / sum).collect()
}

fn dot(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(x, y)| x * y).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn consistent_pairs_give_their_probabilities_back() {
        let p = [0.5, 0.3, 0.15, 0.05];
        let of_pairs: Vec<f64> = pairs(4).map(|(i, j)| p[i] / (p[i] + p[j])).collect();
        for (ours, expected) in couple(4, &of_pairs).iter().zip(p) {
            assert!((ours - expected).abs() < 1e-8, "{ours} {expected}");
        }
    }

    /// At the minimum all entries of Q·p are the same.
    #[test]
    fn contradictory_pairs_get_the_minimum() {
        let of_pairs = [0.9, 0.2, 0.7];
        let p = couple(3, &of_pairs);
        let r = |i: usize, j: usize| {
            let place = pairs(3)
                .position(|pair| pair == (i.min(j), i.max(j)))
                .unwrap();
            if i < j {
                of_pairs[place]
            } else {
                1.0 - of_pairs[place]
            }
        };
        let products: Vec<f64> = (0..3)
            .map(|i| {
                let others = (0..3).filter(|&j| j != i);
                others
                    .map(|j| r(j, i) * r(j, i) * p[i] - r(j, i) * r(i, j) * p[j])
                    .sum()
            })
            .collect();
        assert!((products[0] - products[1]).abs() < 1e-9, "{products:?}");
        assert!((products[0] - products[2]).abs() < 1e-9, "{products:?}");
    }
}
