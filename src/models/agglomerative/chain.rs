//! A chain of nearest neighbors: from cluster to cluster until two are each other's nearest.

use super::dendrogram::Merge;

/// Clusters by index, with distances between them.
pub(super) trait Clusters: Send {
    /// The distance, or a number that grows with it, from cluster `x` to cluster `i`.
    fn between(&self, x: usize, i: usize) -> f64;

    /// Puts clusters `x` and `y` together as `y`, given [`Clusters::between`] them; `active` are
    /// all clusters but `x`.
    fn merge(&mut self, x: usize, y: usize, between: f64, active: &[u32]);

    /// The distance that a number of [`Clusters::between`] stands for.
    fn height(&self, between: f64) -> f64;
}

/// The chain, and the clusters that are left.
pub(super) struct Chain {
    clusters: Box<dyn Clusters>,
    /// Indices of clusters left, ascending.
    active: Vec<u32>,
    chain: Vec<u32>,
}

impl Chain {
    /// Over `n` clusters of one row each.
    pub(super) fn new(clusters: Box<dyn Clusters>, n: usize) -> Self {
        Self {
            clusters,
            active: (0..n as u32).collect(),
            chain: Vec::new(),
        }
    }

    /// How many clusters are looked at to advance once.
    pub(super) fn cost(&self) -> usize {
        self.active.len()
    }

    /// Adds the nearest cluster to the chain; where that is the one before, both merge.
    pub(super) fn advance(&mut self) -> Option<Merge> {
        let x = match self.chain.last() {
            Some(&x) => x,
            None => *self.active.first()?,
        };
        if self.chain.is_empty() {
            self.chain.push(x);
        }
        let before = self
            .chain
            .len()
            .checked_sub(2)
            .map(|place| self.chain[place]);
        let (y, between) = self.nearest(x, before)?;
        if Some(y) != before {
            self.chain.push(y);
            return None;
        }
        self.chain.truncate(self.chain.len() - 2);
        // The cluster of lower index goes.
        let (x, y) = (x.min(y), x.max(y));
        self.active.retain(|&i| i != x);
        self.clusters
            .merge(x as usize, y as usize, between, &self.active);
        Some(Merge {
            a: x,
            b: y,
            height: self.clusters.height(between),
        })
    }

    /// The cluster nearest to `x`: of equals the one before it in the chain, then the lowest.
    fn nearest(&self, x: u32, before: Option<u32>) -> Option<(u32, f64)> {
        let between = |i: u32| self.clusters.between(x as usize, i as usize);
        let mut best = before.map(|y| (y, between(y)));
        for &i in self.active.iter().filter(|&&i| i != x) {
            let distance = between(i);
            if best.is_none_or(|(_, least)| distance < least) {
                best = Some((i, distance));
            }
        }
        best
    }
}
