//! Stochastic descent: edges pull, rows drawn at random push.

use super::Umap;
use super::curve::{Curve, Forces};
use crate::math;
use crate::models::embedding::Graph;
use crate::rng::Rng;

/// The most that one coordinate moves at once, before the learning rate, as in umap-learn.
const MOST: f32 = 4.0;

/// Pairs from which the pushes of the loss are estimated, for each row and at most, and rows from
/// which the pulls are: a few milliseconds.
const PAIRS_A_ROW: usize = 5;
const MAX_PAIRS: usize = 50_000;
const MAX_ROWS: usize = 10_000;

/// The least that not being joined counts for, so that rows that coincide stay finite.
const LEAST_APART: f64 = 1e-3;

/// An edge and when it is next visited, in epochs.
#[derive(Debug, Clone, Copy)]
struct Edge {
    from: u32,
    to: u32,
    /// Epochs between two pulls.
    period: f64,
    next_pull: f64,
    next_push: f64,
}

/// Places being laid out.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    graph: Graph,
    curve: Curve,
    forces: Forces,
    learning_rate: f64,
    /// Pushes a pull.
    rate: usize,
    n_epochs: usize,
    edges: Vec<Edge>,
    rng: Rng,
    pairs: Vec<[u32; 2]>,
    /// Sum of the strengths of each row's edges.
    degrees: Vec<f64>,
    epoch: usize,
    next_edge: usize,
}

impl Layout {
    pub(super) fn new(graph: Graph, settings: &Umap, n_epochs: usize, rng: &Rng) -> Self {
        let curve = Curve::fit(settings.spread, settings.min_dist);
        let n = graph.n_rows();
        let mut draw = rng.fork("pairs");
        let n_pairs = if n > 1 {
            MAX_PAIRS.min(PAIRS_A_ROW * n)
        } else {
            0
        };
        Self {
            curve,
            forces: Forces::new(curve),
            learning_rate: settings.learning_rate,
            rate: settings.negative_sample_rate,
            n_epochs,
            edges: edges(&graph, settings.negative_sample_rate, n_epochs),
            rng: rng.fork("layout"),
            pairs: (0..n_pairs).map(|_| pair(&mut draw, n)).collect(),
            degrees: (0..n)
                .map(|row| graph.row(row).map(|edge| edge.1).sum())
                .collect(),
            graph,
            epoch: 0,
            next_edge: 0,
        }
    }

    /// Epochs done, and the share of the one under way.
    pub(super) fn position(&self) -> f64 {
        self.epoch as f64 + self.next_edge as f64 / self.edges.len().max(1) as f64
    }

    pub(super) fn is_done(&self) -> bool {
        self.epoch == self.n_epochs || self.edges.is_empty()
    }

    /// Looks at up to `n_edges` further edges, at most to the end of the epoch; returns how many.
    ///
    /// - `places`: `(n, C)` row by row.
    pub(super) fn advance<const C: usize>(
        &mut self,
        places: &mut [[f32; C]],
        n_edges: usize,
    ) -> usize {
        let end = self.edges.len().min(self.next_edge + n_edges);
        let now = self.epoch as f64;
        let alpha = (self.learning_rate * (1.0 - now / self.n_epochs as f64)) as f32;
        let visited = self.next_edge..end;
        for edge in &mut self.edges[visited.clone()] {
            if edge.next_pull > now {
                continue;
            }
            let (from, to) = (edge.from as usize, edge.to as usize);
            let mut place = places[from];
            pull(&self.forces, alpha, &mut place, &mut places[to]);
            edge.next_pull += edge.period;
            let push_period = edge.period / self.rate.max(1) as f64;
            let n_pushes = ((now - edge.next_push) / push_period).max(0.0) as usize;
            let mut draws = Draws::new(&mut self.rng, places.len());
            for _ in 0..if self.rate == 0 { 0 } else { n_pushes } {
                let other = draws.next();
                if other != from {
                    push(&self.forces, alpha, &mut place, &places[other]);
                }
            }
            edge.next_push += n_pushes as f64 * push_period;
            places[from] = place;
        }
        self.next_edge = end;
        if end == self.edges.len() {
            (self.epoch, self.next_edge) = (self.epoch + 1, 0);
        }
        visited.len()
    }

    /// What the pulls and pushes lower on average, in nats a row: Σ w·(−ln q) over the edges and
    /// Σ (dᵢ + dⱼ)·rate / 2n·(−ln(1 − q)) over all pairs, both from fixed samples.
    pub(super) fn loss<const C: usize>(&self, places: &[[f32; C]]) -> f64 {
        let n = places.len() as f64;
        let strength = |a: usize, b: usize| {
            self.curve
                .strength(f64::from(square(&places[a], &places[b])))
        };
        let pulls = |row: usize| -> f64 {
            let ahead = self.graph.row(row).filter(|edge| edge.0 as usize > row);
            let pull = |(to, w): (u32, f64)| {
                -w * math::ln(strength(row, to as usize).max(f64::MIN_POSITIVE))
            };
            ahead.map(pull).sum()
        };
        let push = |&[a, b]: &[u32; 2]| {
            let (a, b) = (a as usize, b as usize);
            let weight = (self.degrees[a] + self.degrees[b]) * self.rate as f64 / (2.0 * n);
            -weight * math::ln((1.0 - strength(a, b)).max(LEAST_APART))
        };
        let stride = places.len().div_ceil(MAX_ROWS).max(1);
        let joined = math::sum((0..places.len()).step_by(stride).map(pulls)) * stride as f64;
        let sampled = math::sum(self.pairs.iter().map(push));
        let pairs_a_sample = n * (n - 1.0) / 2.0 / self.pairs.len().max(1) as f64;
        (joined + sampled * pairs_a_sample) / n.max(1.0)
    }
}

/// The edges strong enough to be visited in so many epochs, and how often.
fn edges(graph: &Graph, rate: usize, n_epochs: usize) -> Vec<Edge> {
    let strongest = graph.weights.iter().copied().fold(0.0, f64::max);
    let edge = |from: usize, to: u32, weight: f64| {
        let period = strongest / weight;
        Edge {
            from: from as u32,
            to,
            period,
            next_pull: period,
            next_push: period / rate.max(1) as f64,
        }
    };
    let rows = (0..graph.n_rows()).flat_map(|row| graph.row(row).map(move |(to, w)| (row, to, w)));
    let is_visited = |weight: f64| weight >= strongest / n_epochs as f64;
    rows.filter(|edge| is_visited(edge.2))
        .map(|(from, to, w)| edge(from, to, w))
        .collect()
}

/// Two different rows.
fn pair(rng: &mut Rng, n: usize) -> [u32; 2] {
    let first = rng.below(n);
    let other = rng.below(n - 1);
    [first as u32, (other + usize::from(other >= first)) as u32]
}

/// Rows drawn at random, two from each draw of 64 bits; the bias of at most n / 2³² is nothing.
struct Draws<'a> {
    rng: &'a mut Rng,
    n: u64,
    spare: Option<u64>,
}

impl<'a> Draws<'a> {
    fn new(rng: &'a mut Rng, n: usize) -> Self {
        Self {
            rng,
            n: n as u64,
            spare: None,
        }
    }

    #[inline(always)]
    fn next(&mut self) -> usize {
        let half = match self.spare.take() {
            Some(half) => half,
            None => {
                let bits = self.rng.next_u64();
                self.spare = Some(bits >> 32);
                bits & 0xffff_ffff
            }
        };
        ((half * self.n) >> 32) as usize
    }
}

#[inline(always)]
fn square<const C: usize>(a: &[f32; C], b: &[f32; C]) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()
}

/// Moves the ends of an edge towards one another.
#[inline(always)]
fn pull<const C: usize>(forces: &Forces, alpha: f32, a: &mut [f32; C], b: &mut [f32; C]) {
    let force = forces.at(square(a, b))[0];
    for (a, b) in a.iter_mut().zip(b) {
        let step = alpha * (force * (*a - *b)).clamp(-MOST, MOST);
        *a += step;
        *b -= step;
    }
}

/// Moves a place away from another.
#[inline(always)]
fn push<const C: usize>(forces: &Forces, alpha: f32, a: &mut [f32; C], b: &[f32; C]) {
    let force = forces.at(square(a, b))[1];
    for (a, b) in a.iter_mut().zip(b) {
        *a += alpha * (force * (*a - b)).clamp(-MOST, MOST);
    }
}
