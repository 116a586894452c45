//! Models that add up weighted features: linear ones, nets, naive Bayes, centroids and axes.

use super::{Draft, argmax, dot};
use crate::export::code::{Array, Block, Expr};
use crate::models::kmeans::KMeansModel;
use crate::models::linear::LinearModel;
use crate::models::logistic::LogisticModel;
use crate::models::mlp::{Activation, MlpModel, Output};
use crate::models::naive_bayes::{Likelihood, NaiveBayesModel};
use crate::models::pca::PcaModel;

/// What leaky ReLU keeps of numbers below 0.
const LEAK: f64 = 0.01;
/// What batch normalization adds to the variance.
const EPSILON: f64 = 1e-5;

impl Draft {
    pub(super) fn linear(&mut self, model: &LinearModel) {
        let weights = self.block.reals("weights", model.coefficients().to_vec());
        let x = self.x.clone();
        let sum = self.dot("sum", &x, model.coefficients().len(), &weights, 0.into());
        self.answer(0, sum + model.intercept);
    }

    pub(super) fn logistic(&mut self, model: &LogisticModel) {
        let (n_rows, n) = model.coefficients.dim();
        let sums = self.weighted("logits", model.coefficients.iter().copied(), n);
        let logits = self.shifted(&sums, model.intercepts.clone());
        if n_rows > 1 {
            return self.classes(&logits, n_rows);
        }
        let both = self.block.array("both", 2);
        self.block.store(&both, 0, logits.at(0) * -0.5);
        self.block.store(&both, 1, logits.at(0) * 0.5);
        self.classes(&both, 2);
    }

    /// For each row of weights the sum over the features.
    fn weighted(&mut self, name: &str, weights: impl Iterator<Item = f64>, n: usize) -> Array {
        let x = self.x.clone();
        let weights: Vec<f64> = weights.collect();
        let n_rows = weights.len() / n.max(1);
        let weights = self.block.reals("weights", weights);
        layer(&mut self.block, name, (&x, n), &weights, n_rows)
    }

    fn shifted(&mut self, sums: &Array, shifts: Vec<f64>) -> Array {
        let n = shifts.len();
        let shifts = self.block.reals("intercepts", shifts);
        self.block.each("k", n, |b, k| {
            b.store(sums, &k, sums.at(&k) + shifts.at(&k));
        });
        sums.clone()
    }

    pub(super) fn mlp(&mut self, model: &MlpModel) {
        let mut values = self.x.clone();
        let mut n_in = self.n_features;
        for (index, layer_of) in model.layers().into_iter().enumerate() {
            let n_out = layer_of.biases.len();
            let name = |what: &str| format!("{what}_{}", index + 1);
            let transposed = layer_of.weights.t();
            let weights = transposed.iter().map(|w| f64::from(*w)).collect();
            let biases = layer_of.biases.iter().map(|b| f64::from(*b)).collect();
            let b = &mut self.block;
            let weights = b.reals(&name("weights"), weights);
            let biases = b.reals(&name("biases"), biases);
            let sums = layer(b, &name("layer"), (&values, n_in), &weights, n_out);
            let norm = model.normalization(index).map(|norm| {
                let scale = |(s, variance): (&f32, &f32)| {
                    f64::from(*s) / (f64::from(*variance) + EPSILON).sqrt()
                };
                let scales = norm.scales.iter().zip(norm.variances).map(scale).collect();
                let wide = |values: &[f32]| values.iter().map(|v| f64::from(*v)).collect();
                [
                    b.reals(&name("means"), wide(norm.means)),
                    b.reals(&name("scales"), scales),
                    b.reals(&name("shifts"), wide(norm.shifts)),
                ]
            });
            b.each("j", n_out, |b, j| {
                let mut z = b.real("z", sums.at(&j) + biases.at(&j));
                if let Some([means, scales, shifts]) = &norm {
                    let normal = (z - means.at(&j)) * scales.at(&j) + shifts.at(&j);
                    z = b.real("normal", normal);
                }
                let value = activated(b, layer_of.activation, &z);
                b.store(&sums, j, value);
            });
            (values, n_in) = (sums, n_out);
        }
        match model.output {
            Output::Classes { n_classes } => self.classes(&values, n_classes),
            Output::Values { center, scale } => self.answer(0, values.at(0) * scale + center),
        }
    }

    pub(super) fn naive_bayes(&mut self, model: &NaiveBayesModel) {
        let (n_classes, n) = (model.priors.len(), self.n_features);
        let x = self.x.clone();
        let b = &mut self.block;
        let offsets = b.reals("offsets", model.offsets().to_vec());
        let logits = b.array("logits", n_classes);
        match &model.likelihood {
            Likelihood::Gaussian { means, variances } => {
                let means = b.reals("means", means.iter().copied().collect());
                let variances = b.reals("variances", variances.iter().copied().collect());
                b.each("k", n_classes, |b, k| {
                    let sum = b.real("sum", 0.0);
                    b.each("i", n, |b, i| {
                        let off = b.real("off", x.at(&i) - means.at(&k * n + &i));
                        b.set(&sum, &sum + &off * &off / variances.at(&k * n + &i));
                    });
                    b.store(&logits, &k, offsets.at(&k) - sum * 0.5);
                });
            }
            Likelihood::Multinomial { feature_log_prob } => {
                let shares = b.reals("log_shares", feature_log_prob.iter().copied().collect());
                b.each("k", n_classes, |b, k| {
                    let sum = dot(b, "sum", &x, n, &shares, &k * n);
                    b.store(&logits, &k, offsets.at(&k) + sum);
                });
            }
            Likelihood::Bernoulli {
                threshold,
                present,
                absent,
            } => {
                let gains = present.iter().zip(absent).map(|(p, a)| p - a).collect();
                let gains = b.reals("gains", gains);
                let threshold = Expr::from(*threshold);
                b.each("k", n_classes, |b, k| {
                    let sum = b.real("sum", 0.0);
                    b.each("i", n, |b, i| {
                        b.when(threshold.less(x.at(&i)), |b| {
                            b.set(&sum, &sum + gains.at(&k * n + i));
                        });
                    });
                    b.store(&logits, &k, offsets.at(&k) + sum);
                });
            }
        }
        self.classes(&logits, n_classes);
    }

    pub(super) fn kmeans(&mut self, model: &KMeansModel) {
        let (n_clusters, n) = model.centroids.dim();
        let x = self.x.clone();
        let b = &mut self.block;
        let centroids = b.reals("centroids", model.centroids.iter().copied().collect());
        let distances = b.array("distances", n_clusters);
        b.each("cluster", n_clusters, |b, k| {
            b.each("i", n, |b, i| {
                let off = b.real("off", x.at(&i) - centroids.at(&k * n + i));
                b.store(&distances, &k, distances.at(&k) + &off * &off);
            });
            b.store(&distances, &k, distances.at(&k).negative());
        });
        let nearest = argmax(b, &distances, n_clusters);
        self.answer(0, nearest.to_real());
    }

    pub(super) fn pca(&mut self, model: &PcaModel) -> usize {
        let (n_components, n) = model.components.dim();
        let x = self.x.clone();
        let b = &mut self.block;
        let mean = b.reals("mean", model.mean.clone());
        b.each("i", n, |b, i| b.store(&x, &i, x.at(&i) - mean.at(&i)));
        let places = self.weighted("places", model.components.iter().copied(), n);
        let out = self.block.out();
        self.block.each("k", n_components, |b, k| {
            b.store(&out, &k, places.at(&k));
        });
        n_components
    }
}

/// The sums of a layer of `n_out`, its weights row by row.
fn layer(b: &mut Block, name: &str, from: (&Array, usize), weights: &Array, n_out: usize) -> Array {
    let (values, n_in) = from;
    let sums = b.array(name, n_out);
    b.each("row", n_out, |b, j| {
        let sum = dot(b, "sum", values, n_in, weights, &j * n_in);
        b.store(&sums, j, sum);
    });
    sums
}

fn activated(b: &mut Block, activation: Activation, z: &Expr) -> Expr {
    match activation {
        Activation::Identity => z.clone(),
        Activation::Relu => z.max(0.0),
        Activation::LeakyRelu => Expr::from(0.0).less(z).select(z, z * LEAK),
        Activation::Tanh => z.tanh(),
        Activation::Sigmoid => Expr::from(1.0) / (z.negative().exp() + 1.0),
        Activation::Gelu => z * normal_below(b, z),
    }
}

/// How much of a standard normal distribution lies below `z`.
///
/// Reference: G. Marsaglia, "Evaluating the normal distribution", Journal of Statistical
/// Software 11(4), 2004: φ(z)·(z + z³/3 + z⁵/(3·5) + …) above a half.
fn normal_below(b: &mut Block, z: &Expr) -> Expr {
    let below = b.real("below", z.less(0.0).select(0.0, 1.0));
    // Beyond this nothing is left of the rest.
    b.when(z.abs().less(8.0), |b| {
        let term = b.real("term", z);
        let sum = b.real("series", z);
        let next = b.real("next", 1.0);
        b.during(Expr::from(1e-17).less(term.abs()), |b| {
            b.set(&next, &next + 2.0);
            b.set(&term, &term * z * z / &next);
            b.set(&sum, &sum + &term);
        });
        let density = (z * z * -0.5 - 0.918_938_533_204_672_7).exp();
        b.set(&below, sum * density + 0.5);
    });
    below
}
