//! Models that compare a row with stored rows.

use ndarray::Array2;

use super::Draft;
use crate::export::code::{Array, Block, Expr};
use crate::linalg::row_major;
use crate::models::NOISE;
use crate::models::agglomerative::AgglomerativeModel;
use crate::models::dbscan::DbscanModel;
use crate::models::embedding::EmbeddingModel;
use crate::models::hdbscan::HdbscanModel;
use crate::models::knn::{KnnModel, Votes, Weights};
use crate::models::lof::LofModel;
use crate::models::neighbors::Metric;

/// Halvings at most, and how near the sum must come, when the reach of a row is sought.
const MAX_HALVINGS: usize = 64;
const TOLERANCE: f64 = 1e-5;

/// The stored rows nearest to a row, nearest first; of equals the one stored first.
struct Nearest {
    distances: Array,
    rows: Array,
    k: usize,
}

impl Draft {
    /// Searches the `k` nearest of the stored rows.
    fn nearest(
        &mut self,
        stored: &Array2<f64>,
        metric: Metric,
        k: usize,
        is_query: bool,
    ) -> Nearest {
        let n = stored.nrows();
        let k = k.clamp(1, n.max(1));
        let (points, query, width) = self.prepare(stored, metric, is_query);
        let b = &mut self.block;
        b.comment("the nearest stored rows, nearest first");
        let distances = b.array("distances", k);
        let rows = b.int_array("rows", k);
        let n_found = b.int("n_found", 0);
        b.each("stored", n, |b, row| {
            let distance = reduced(b, metric, &query, width, &points, &row);
            let is_full = n_found.equals(k);
            let is_near = is_full.not().or(distance.less(distances.at(k - 1)));
            b.when(is_near, |b| {
                let at = b.int("at", is_full.select(k - 1, &n_found));
                b.when(n_found.less(k), |b| b.set(&n_found, &n_found + 1));
                let is_after = Expr::from(0)
                    .less(&at)
                    .and(distance.less(distances.at(&at - 1)));
                b.during(is_after, |b| {
                    b.store(&distances, &at, distances.at(&at - 1));
                    b.store(&rows, &at, rows.at(&at - 1));
                    b.set(&at, &at - 1);
                });
                b.store(&distances, &at, &distance);
                b.store(&rows, &at, row);
            });
        });
        b.each("near", k, |b, i| {
            let distance = unreduced(metric, distances.at(&i));
            b.store(&distances, i, distance);
        });
        Nearest { distances, rows, k }
    }

    /// Stored rows and the row as the metric compares them, and their width; see
    /// [`Metric::prepare`] for `is_query`.
    fn prepare(
        &mut self,
        stored: &Array2<f64>,
        metric: Metric,
        is_query: bool,
    ) -> (Array, Array, usize) {
        let n = stored.ncols();
        let points = metric.prepare(&row_major(&stored.view()), n, false);
        let points = self.block.reals("points", points);
        let x = self.x.clone();
        if metric != Metric::Cosine {
            return (points, x, n);
        }
        let b = &mut self.block;
        b.comment("the direction of the row");
        let query = b.array("direction", n + 2);
        let largest = b.real("largest", 0.0);
        b.each("i", n, |b, i| b.set(&largest, largest.max(x.at(i).abs())));
        b.either(
            largest.equals(0.0),
            |b| b.store(&query, n + usize::from(is_query), 1.0),
            |b| {
                // The power of two above the largest: dividing by it changes no digit.
                let unit = b.real("unit", 1.0);
                b.during(unit.at_most(&largest), |b| b.set(&unit, &unit * 2.0));
                let half = &unit / 2.0;
                b.during(largest.less(half.clone()), |b| b.set(&unit, half));
                b.each("i", n, |b, i| b.store(&query, &i, x.at(&i) / &unit));
                let squares = sum_of(b, "squares", n, |_, i| query.at(i) * query.at(i));
                let length = b.real("length", squares.sqrt());
                b.each("i", n, |b, i| b.store(&query, &i, query.at(&i) / &length));
            },
        );
        (points, query, n + 2)
    }

    pub(super) fn knn(&mut self, model: &KnnModel) {
        let near = self.nearest(model.x(), model.metric(), model.n_neighbors(), true);
        let weights = self.block.array("weights", near.k);
        let b = &mut self.block;
        let (k, distances) = (near.k, near.distances);
        b.each("near", k, |b, i| {
            let own = distances.at(&i);
            let by_distance = || {
                let is_same = own.equals(0.0).select(1.0, 0.0);
                let relative = distances.at(0) / own.clone();
                distances.at(0).equals(0.0).select(is_same, relative)
            };
            let weight = match model.weights() {
                Weights::Uniform => 1.0.into(),
                Weights::Distance => by_distance(),
            };
            b.store(&weights, i, weight);
        });
        let total = b.real("all_votes", 0.0);
        b.each("near", k, |b, i| b.set(&total, &total + weights.at(i)));
        match model.votes() {
            Votes::Values(values) => {
                let values = b.reals("values", values.clone());
                let sum = b.real("sum", 0.0);
                b.each("near", k, |b, i| {
                    b.set(&sum, &sum + weights.at(&i) * values.at(near.rows.at(i)));
                });
                self.answer(0, sum / total);
            }
            Votes::Classes { codes, n_classes } => {
                let codes = b.ints("codes", codes.clone());
                let votes = b.array("votes", *n_classes);
                // Ranks from the nearest on; of tied classes the one with the nearest row wins.
                let first = b.int_array("first", *n_classes);
                b.each("near", k, |b, i| {
                    let class = b.int("class_of", codes.at(near.rows.at(&i)));
                    b.when(
                        votes.at(&class).equals(0.0).and(first.at(&class).equals(0)),
                        |b| {
                            b.store(&first, &class, &i + 1);
                        },
                    );
                    b.store(&votes, &class, votes.at(&class) + weights.at(i));
                });
                let best = b.int("best", 0);
                b.between("k", 1, *n_classes, |b, class| {
                    let distance = |class: &Expr| distances.at(first.at(class) - 1);
                    let is_more = votes.at(&best).less(votes.at(&class));
                    let is_tied = votes.at(&best).equals(votes.at(&class));
                    let has_both = Expr::from(0)
                        .less(first.at(&best))
                        .and(Expr::from(0).less(first.at(&class)));
                    let is_nearer = has_both.and(distance(&class).less(distance(&best)));
                    b.when(is_more.or(is_tied.and(is_nearer)), |b| b.set(&best, class));
                });
                let out = b.out();
                b.each("k", *n_classes, |b, class| {
                    b.store(&out, &class + 1, votes.at(&class) / &total);
                });
                self.answer(0, best.to_real());
            }
        }
    }

    pub(super) fn agglomerative(&mut self, model: &AgglomerativeModel) {
        let near = self.nearest(model.x(), model.metric(), 1, false);
        let labels = self.block.ints("labels", model.labels().to_vec());
        self.answer(0, labels.at(near.rows.at(0)).to_real());
    }

    pub(super) fn dbscan(&mut self, model: &DbscanModel) {
        let metric = model.metric();
        let (points, query, width) = self.prepare(model.cores(), metric, false);
        let limit = model.reduced_eps();
        let b = &mut self.block;
        b.comment("the lowest cluster with a core row within reach");
        let clusters = b.ints("clusters", model.clusters().to_vec());
        let lowest = b.real("lowest", -1.0);
        b.each("core", model.clusters().len(), |b, core| {
            let distance = reduced(b, metric, &query, width, &points, &core);
            let cluster = clusters.at(core).to_real();
            let is_lower = lowest.less(0.0).or(cluster.less(&lowest));
            b.when(distance.at_most(limit).and(is_lower), |b| {
                b.set(&lowest, cluster);
            });
        });
        self.answer(0, lowest);
    }

    pub(super) fn hdbscan(&mut self, model: &HdbscanModel) {
        let Some(clustering) = model.clustering() else {
            return self.answer(0, -1.0);
        };
        let min_samples = model.min_samples();
        let near = self.nearest(model.x(), model.metric(), 2 * min_samples, false);
        let b = &mut self.block;
        let is_noise = |label: &u32| *label == NOISE;
        // One more than the label, so that noise is 0.
        let label = |l: &u32| if is_noise(l) { 0 } else { l + 1 };
        let labels = b.ints("labels", clustering.labels.iter().map(label).collect());
        let cores = b.reals("cores", model.core_distances().to_vec());
        let mut reaches = clustering.reaches.clone();
        if reaches.is_empty() {
            reaches.push(0.0);
        }
        let reaches = b.reals("reaches", reaches);
        let core = near.distances.at((min_samples - 1).min(near.k - 1));
        let least = b.real("least", f64::INFINITY);
        let nearest = b.int("nearest", 0);
        b.each("near", near.k, |b, i| {
            let own = cores.at(near.rows.at(&i));
            let reach = near.distances.at(&i).max(core.clone()).max(own);
            let reach = b.real("reach", reach);
            b.when(reach.less(&least), |b| {
                b.set(&least, &reach);
                b.set(&nearest, near.rows.at(i));
            });
        });
        let label = b.int("label", labels.at(&nearest));
        let answer = b.real("cluster", -1.0);
        b.when(Expr::from(0).less(&label), |b| {
            b.when(least.at_most(reaches.at(&label - 1)), |b| {
                b.set(&answer, (&label - 1).to_real());
            });
        });
        // A row that was there keeps its label.
        b.when(near.distances.at(0).equals(0.0), |b| {
            let own = labels.at(near.rows.at(0));
            b.set(&answer, own.to_real() - 1.0);
        });
        self.answer(0, answer);
    }

    pub(super) fn lof(&mut self, model: &LofModel) {
        if model.scores().is_empty() {
            let is_outlier = f64::from(u8::from(1.0 > model.threshold()));
            self.answer(0, is_outlier);
            return self.answer(1, 1.0);
        }
        let near = self.nearest(model.x(), model.metric(), model.n_neighbors(), false);
        let b = &mut self.block;
        let scores = b.reals("scores", model.scores().to_vec());
        let reaches = b.reals("reaches", model.reaches().to_vec());
        let densities = b.reals("densities", model.densities().to_vec());
        let k = near.k as f64;
        let score = b.real("score", scores.at(near.rows.at(0)));
        b.when(near.distances.at(0).equals(0.0).not(), |b| {
            let sum = b.real("reach_sum", 0.0);
            b.each("near", near.k, |b, i| {
                let own = reaches.at(near.rows.at(&i));
                b.set(&sum, &sum + near.distances.at(i).max(own));
            });
            let density = b.real("density", Expr::from(1.0) / (&sum / k + 1e-10));
            let ratios = b.real("ratios", 0.0);
            b.each("near", near.k, |b, i| {
                b.set(&ratios, &ratios + densities.at(near.rows.at(i)) / &density);
            });
            b.set(&score, ratios / k);
        });
        let is_outlier = Expr::from(model.threshold()).less(&score);
        self.answer(0, is_outlier.select(1.0, 0.0));
        self.answer(1, score);
    }

    pub(super) fn embedding(&mut self, model: &EmbeddingModel) -> usize {
        let near = self.nearest(model.x(), model.metric(), model.n_neighbors(), true);
        let n_axes = model.places().ncols();
        let b = &mut self.block;
        let places = b.reals("places", model.places().iter().copied().collect());
        let out = b.out();
        let (k, distances) = (near.k, near.distances);
        let first = distances.at(0);
        let stays = first.equals(0.0).or(first.equals(f64::INFINITY));
        let place = |i: Expr, axis: &Expr| places.at(near.rows.at(i) * n_axes + axis);
        b.either(
            if k == 1 { stays.or(stays.not()) } else { stays },
            |b| {
                b.each("axis", n_axes, |b, axis| {
                    b.store(&out, &axis, place(0.into(), &axis));
                });
            },
            |b| {
                b.between("near", 1, k, |b, i| {
                    b.store(&distances, &i, distances.at(&i) / distances.at(0));
                });
                b.store(&distances, 0, 1.0);
                let target = crate::math::log2(k as f64);
                let sigma = bandwidth(b, &distances, k, target);
                let total = b.real("all_weights", 0.0);
                b.each("near", k, |b, i| {
                    let weight = ((Expr::from(1.0) - distances.at(&i)) / &sigma).exp();
                    b.store(&distances, &i, weight);
                    b.set(&total, &total + distances.at(i));
                });
                b.each("axis", n_axes, |b, axis| {
                    let sum = b.real("sum", 0.0);
                    b.each("near", k, |b, i| {
                        let share = distances.at(&i) / &total;
                        b.set(&sum, &sum + share * place(i, &axis));
                    });
                    b.store(&out, axis, sum);
                });
            },
        );
        n_axes
    }
}

/// The width at which the weights of all neighbors but the first add up to `target`.
fn bandwidth(b: &mut Block, distances: &Array, k: usize, target: f64) -> Expr {
    let low = b.real("low", 0.0);
    let high = b.real("high", f64::INFINITY);
    let sigma = b.real("sigma", 1.0);
    let n_tries = b.int("n_tries", 0);
    b.during(n_tries.less(MAX_HALVINGS), |b| {
        b.set(&n_tries, &n_tries + 1);
        let sum = b.real("sum", 0.0);
        b.between("near", 1, k, |b, i| {
            let beyond = distances.at(i);
            let term = (beyond.negative() / &sigma).exp();
            let is_beyond = Expr::from(0.0).less(beyond);
            b.set(&sum, &sum + is_beyond.select(term, 1.0));
        });
        b.either(
            (&sum - target).abs().less(TOLERANCE),
            |b| b.set(&n_tries, MAX_HALVINGS),
            |b| {
                b.either(
                    Expr::from(target).less(&sum),
                    |b| {
                        b.set(&high, &sigma);
                        b.set(&sigma, (&low + &high) / 2.0);
                    },
                    |b| {
                        b.set(&low, &sigma);
                        let halved = (&low + &high) / 2.0;
                        let is_open = high.equals(f64::INFINITY);
                        b.set(&sigma, is_open.select(&sigma * 2.0, halved));
                    },
                );
            },
        );
    });
    sigma
}

/// The distance of the row to a stored one, in the form in which it is compared.
fn reduced(
    b: &mut Block,
    metric: Metric,
    query: &Array,
    width: usize,
    points: &Array,
    row: &Expr,
) -> Expr {
    let off = |b: &mut Block, i: &Expr| b.real("off", query.at(i) - points.at(row * width + i));
    match metric {
        Metric::Euclidean | Metric::Cosine => sum_of(b, "distance", width, |b, i| {
            let off = off(b, i);
            &off * &off
        }),
        Metric::Manhattan => sum_of(b, "distance", width, |b, i| off(b, i).abs()),
        Metric::Chebyshev => {
            let distance = b.real("distance", 0.0);
            b.each("i", width, |b, i| {
                let off = off(b, &i).abs();
                b.set(&distance, distance.max(off));
            });
            distance
        }
    }
}

/// The sum of terms in the order in which the core adds them up, so that distances are equal to
/// the last bit and the nearest rows the same.
fn sum_of(b: &mut Block, name: &str, n: usize, term: impl Fn(&mut Block, &Expr) -> Expr) -> Expr {
    const LANES: usize = 8;
    if n <= LANES {
        let terms: Vec<Expr> = (0..n).map(|i| term(b, &Expr::from(i))).collect();
        let sum = fold(&|lane| terms.get(lane).cloned());
        return b.real(name, sum.unwrap_or(Expr::from(0.0)));
    }
    let lanes = b.array("lanes", LANES);
    b.each("i", n, |b, i| {
        let lane = &i % LANES;
        let term = term(b, &i);
        b.store(&lanes, lane.clone(), lanes.at(lane) + term);
    });
    let sum = fold(&|lane| Some(lanes.at(lane)));
    b.real(name, sum.unwrap_or(Expr::from(0.0)))
}

/// Adds up to eight lanes as a balanced tree.
fn fold(lane: &dyn Fn(usize) -> Option<Expr>) -> Option<Expr> {
    let add = |x: Option<Expr>, y: Option<Expr>| match (x, y) {
        (Some(x), Some(y)) => Some(x + y),
        (x, y) => x.or(y),
    };
    let pair = |i: usize| add(lane(i), lane(i + 4));
    add(add(pair(0), pair(2)), add(pair(1), pair(3)))
}

fn unreduced(metric: Metric, reduced: Expr) -> Expr {
    match metric {
        Metric::Euclidean => reduced.sqrt(),
        Metric::Cosine => reduced / 2.0,
        Metric::Manhattan | Metric::Chebyshev => reduced,
    }
}
