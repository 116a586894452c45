//! Support vector machines: kernels, votes of pairs of classes, and their coupled probabilities.

use super::{Draft, argmax, dot};
use crate::export::code::{Array, Block, Expr};
use crate::models::svm::{Kernel, Output, Sigmoid, SvmModel};

/// Probabilities of pairs are kept this far from 0 and 1.
const LEAST: f64 = 1e-7;

impl Draft {
    pub(super) fn svm(&mut self, model: &SvmModel) {
        let alike = self.alike(model);
        let b = &mut self.block;
        let n = model.dual_coefficients.ncols();
        let duals = model.dual_coefficients.iter().copied().collect();
        let duals = b.reals("dual_coefficients", duals);
        match &model.output {
            Output::Number => {
                let sum = dot(b, "sum", &alike, n, &duals, 0.into());
                self.answer(0, sum + model.intercepts[0]);
            }
            Output::Classes {
                is_present,
                n_support,
                sigmoids,
            } => {
                let intercepts = b.reals("intercepts", model.intercepts.clone());
                let pairs = Pairs::new(b, n_support);
                let decisions = pairs.decisions(b, &alike, n, &duals, &intercepts);
                let best = pairs.vote(b, &decisions);
                let p = pairs.probabilities(b, &decisions, sigmoids);
                pairs.make_most(b, &p, &best);
                let present = (0..is_present.len() as u32).filter(|c| is_present[*c as usize]);
                let present = b.ints("present", present.collect());
                let out = b.out();
                b.each("k", pairs.n, |b, k| {
                    b.store(&out, present.at(&k) + 1, p.at(k));
                });
                self.answer(0, present.at(best).to_real());
            }
        }
    }

    /// How alike the row and each support vector are.
    fn alike(&mut self, model: &SvmModel) -> Array {
        let (n_rows, n) = model.support_vectors.dim();
        let x = self.x.clone();
        let b = &mut self.block;
        let vectors = model.support_vectors.iter().copied().collect();
        let vectors = b.reals("support_vectors", vectors);
        let alike = b.array("alike", n_rows);
        b.each("vector", n_rows, |b, row| {
            let value = match model.kernel {
                Kernel::Linear => dot(b, "product", &x, n, &vectors, &row * n),
                Kernel::Rbf { gamma } => {
                    let squares = b.real("squares", 0.0);
                    b.each("i", n, |b, i| {
                        let off = b.real("off", x.at(&i) - vectors.at(&row * n + i));
                        b.set(&squares, &squares + &off * &off);
                    });
                    (squares * -gamma).exp()
                }
                Kernel::Poly {
                    gamma,
                    coef0,
                    degree,
                } => {
                    let product = dot(b, "product", &x, n, &vectors, &row * n);
                    let base = b.real("base", product * gamma + coef0);
                    let powers = (1..degree).fold(base.clone(), |power, _| power * &base);
                    b.real("power", powers)
                }
                Kernel::Sigmoid { gamma, coef0 } => {
                    let product = dot(b, "product", &x, n, &vectors, &row * n);
                    (product * gamma + coef0).tanh()
                }
            };
            b.store(&alike, row, value);
        });
        alike
    }
}

/// The pairs of the classes that were there in training.
struct Pairs {
    n: usize,
    n_pairs: usize,
    /// The first and the second of each pair.
    first: Array,
    second: Array,
    /// Where the support vectors of each class begin, and where those of the last end.
    starts: Array,
}

impl Pairs {
    fn new(b: &mut Block, n_support: &[usize]) -> Self {
        let n = n_support.len();
        let pairs = (0..n).flat_map(|i| (i + 1..n).map(move |j| (i as u32, j as u32)));
        let (first, second): (Vec<u32>, Vec<u32>) = pairs.unzip();
        let mut starts = vec![0];
        for count in n_support {
            starts.push(starts[starts.len() - 1] + *count as u32);
        }
        Self {
            n,
            n_pairs: first.len(),
            first: b.ints("first_of_pair", first),
            second: b.ints("second_of_pair", second),
            starts: b.ints("starts", starts),
        }
    }

    fn decisions(
        &self,
        b: &mut Block,
        alike: &Array,
        n_vectors: usize,
        duals: &Array,
        intercepts: &Array,
    ) -> Array {
        let decisions = b.array("decisions", self.n_pairs);
        b.each("pair", self.n_pairs, |b, pair| {
            let (i, j) = (self.first.at(&pair), self.second.at(&pair));
            let sum = b.real("sum", intercepts.at(&pair));
            for (class, row) in [(i.clone(), j.clone() - 1), (j, i)] {
                let offset = b.int("offset", row * n_vectors);
                let (from, to) = (self.starts.at(class.clone()), self.starts.at(class + 1));
                b.between("v", from, to, |b, v| {
                    b.set(&sum, &sum + alike.at(&v) * duals.at(&offset + v));
                });
            }
            b.store(&decisions, pair, sum);
        });
        decisions
    }

    /// The class with most votes; where tied, the one with the greater sum of decisions.
    fn vote(&self, b: &mut Block, decisions: &Array) -> Expr {
        let votes = b.array("votes", self.n);
        let confidences = b.array("confidences", self.n);
        b.each("pair", self.n_pairs, |b, pair| {
            let (i, j) = (self.first.at(&pair), self.second.at(&pair));
            let decision = b.real("decision", decisions.at(&pair));
            let is_first = Expr::from(0.0).less(&decision);
            let winner = b.int("winner", is_first.select(&i, &j));
            b.store(&votes, &winner, votes.at(&winner) + 1.0);
            b.store(&confidences, &i, confidences.at(&i) + &decision);
            b.store(&confidences, &j, confidences.at(&j) - &decision);
        });
        b.each("k", self.n, |b, k| {
            let sum = b.real("confidence", confidences.at(&k));
            let share = &sum / ((sum.abs() + 1.0) * 3.0);
            b.store(&votes, &k, votes.at(&k) + share);
        });
        argmax(b, &votes, self.n)
    }

    /// The probabilities that agree best with those of the pairs.
    fn probabilities(&self, b: &mut Block, decisions: &Array, sigmoids: &[Sigmoid]) -> Array {
        let n = self.n;
        let slopes = b.reals("slopes", sigmoids.iter().map(|s| s.slope).collect());
        let shifts = b.reals("shifts", sigmoids.iter().map(|s| s.shift).collect());
        let r = b.array("pair_probabilities", n * n);
        b.each("pair", self.n_pairs, |b, pair| {
            let z = slopes.at(&pair) * decisions.at(&pair) + shifts.at(&pair);
            let p = b.real("p_first", Expr::from(1.0) / (z.exp() + 1.0));
            b.set(&p, p.max(LEAST).min(1.0 - LEAST));
            let (i, j) = (self.first.at(&pair), self.second.at(&pair));
            b.store(&r, &i * n + &j, &p);
            b.store(&r, &j * n + &i, Expr::from(1.0) - &p);
        });
        let p = b.array("p", n);
        if n == 2 {
            b.store(&p, 0, r.at(1));
            b.store(&p, 1, r.at(2));
            return p;
        }
        let q = b.array("q", n * n);
        b.each("i", n, |b, i| {
            b.each("j", n, |b, j| {
                b.either(
                    i.equals(&j),
                    |b| {
                        b.each("k", n, |b, k| {
                            let other = r.at(&k * n + &i);
                            let sum = q.at(&i * n + &i) + other.clone() * other;
                            b.when(k.equals(&i).not(), |b| b.store(&q, &i * n + &i, sum));
                        });
                    },
                    |b| {
                        let product = r.at(&j * n + &i) * r.at(&i * n + &j);
                        b.store(&q, &i * n + &j, product.negative());
                    },
                );
            });
        });
        self.solve(b, &q, &p);
        p
    }

    fn solve(&self, b: &mut Block, q: &Array, p: &Array) {
        let n = self.n;
        b.each("k", n, |b, k| b.store(p, k, 1.0 / n as f64));
        let product = b.array("product", n);
        let n_rounds = b.int("n_rounds", 0);
        let most = 1000.max(10 * n);
        b.during(n_rounds.less(most), |b| {
            b.set(&n_rounds, &n_rounds + 1);
            let total = b.real("agreement", 0.0);
            b.each("i", n, |b, i| {
                let sum = dot(b, "sum", p, n, q, &i * n);
                b.store(&product, &i, sum);
                b.set(&total, &total + p.at(&i) * product.at(i));
            });
            let off = b.real("farthest", 0.0);
            b.each("i", n, |b, i| {
                b.set(&off, off.max((product.at(i) - &total).abs()));
            });
            b.either(
                off.less(1e-10),
                |b| b.set(&n_rounds, most),
                |b| {
                    b.each("t", n, |b, t| {
                        let own = b.real("own", q.at(&t * n + &t));
                        let change = b.real("change", (&total - product.at(&t)) / &own);
                        b.store(p, &t, p.at(&t) + &change);
                        let scale = b.real("rescale", Expr::from(1.0) / (&change + 1.0));
                        let more = &change * (&change * &own + product.at(&t) * 2.0);
                        b.set(&total, (&total + more) * &scale * &scale);
                        b.each("i", n, |b, i| {
                            let next = product.at(&i) + &change * q.at(&t * n + &i);
                            b.store(&product, &i, next * &scale);
                            b.store(p, &i, p.at(&i) * &scale);
                        });
                    });
                },
            );
        });
        let sum = b.real("all", 0.0);
        b.each("k", n, |b, k| b.set(&sum, &sum + p.at(k)));
        b.each("k", n, |b, k| b.store(p, &k, p.at(&k) / &sum));
    }

    /// Shares probability among the class voted for and those above it, so that none is above.
    fn make_most(&self, b: &mut Block, p: &Array, best: &Expr) {
        let n = self.n;
        let is_sharing = b.int_array("is_sharing", n);
        b.store(&is_sharing, best, 1);
        let sum = b.real("shared", p.at(best));
        let n_sharing = b.real("n_sharing", 1.0);
        let goes_on = b.int("goes_on", 1);
        b.during(goes_on.equals(1), |b| {
            let highest = b.real("highest", &sum / &n_sharing);
            let next = b.int("next_sharing", n);
            b.each("k", n, |b, k| {
                let is_other = is_sharing.at(&k).equals(0);
                // Of equals the last, unless it is no more than the mean.
                let is_higher = highest.less(p.at(&k));
                let is_tied = next.less(n).and(highest.equals(p.at(&k)));
                b.when(is_other.and(is_higher.or(is_tied)), |b| {
                    b.set(&highest, p.at(&k));
                    b.set(&next, k);
                });
            });
            b.either(
                next.equals(n),
                |b| b.set(&goes_on, 0),
                |b| {
                    b.store(&is_sharing, &next, 1);
                    b.set(&sum, &sum + &highest);
                    b.set(&n_sharing, &n_sharing + 1.0);
                },
            );
        });
        b.each("k", n, |b, k| {
            let mean = &sum / &n_sharing;
            b.when(is_sharing.at(&k).equals(1), |b| b.store(p, k, mean));
        });
    }
}
