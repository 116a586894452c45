//! Rows within a radius, and what is asked of them.

use std::ops::Range;

use crate::math;
use crate::models::neighbors::Metric;
use crate::models::neighbors::tree::{Tree, Visitor};

/// A radius in the metric it is measured by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Radius {
    pub metric: Metric,
    pub eps: f64,
}

impl Radius {
    /// Gives `visitor` all wanted rows of `tree` at most `eps` from `query`; returns how many
    /// comparisons that took.
    pub(super) fn visit(self, tree: &Tree, query: &[f64], visitor: &mut impl Visitor) -> usize {
        tree.within(query, self.metric, self.reduced(), visitor)
    }

    /// In the form in which the metric compares.
    pub(super) fn reduced(self) -> f64 {
        match self.metric {
            Metric::Euclidean => self.eps * self.eps,
            Metric::Cosine => 2.0 * self.eps,
            Metric::Manhattan | Metric::Chebyshev => self.eps,
        }
    }
}

/// Counts rows until there are enough.
pub(super) struct Count {
    enough: usize,
    n: usize,
}

impl Count {
    pub(super) fn up_to(enough: usize) -> Self {
        Self { enough, n: 0 }
    }

    pub(super) fn is_enough(&self) -> bool {
        self.n >= self.enough
    }
}

impl Visitor for Count {
    fn wants(&mut self, _places: Range<usize>) -> bool {
        !self.is_enough()
    }

    fn take(&mut self, places: Range<usize>) {
        self.n += places.len();
    }
}

/// Collects the weights of rows.
pub(super) struct Weigh<'a> {
    /// By place.
    weights: &'a [f64],
    found: Vec<f64>,
}

impl<'a> Weigh<'a> {
    pub(super) fn of(weights: &'a [f64]) -> Self {
        Self {
            weights,
            found: Vec::new(),
        }
    }

    /// The sum, compensated: whether it reaches a limit does not depend on the order.
    pub(super) fn sum(self) -> f64 {
        math::sum(self.found)
    }
}

impl Visitor for Weigh<'_> {
    fn wants(&mut self, _places: Range<usize>) -> bool {
        true
    }

    fn take(&mut self, places: Range<usize>) {
        self.found.extend_from_slice(&self.weights[places]);
    }
}

/// Finds the lowest cluster among rows.
pub(super) struct Lowest<'a> {
    /// By place.
    pub clusters: &'a [u32],
    pub lowest: Option<u32>,
}

impl Visitor for Lowest<'_> {
    fn wants(&mut self, places: Range<usize>) -> bool {
        let is_lower = |cluster: &u32| self.lowest.is_none_or(|lowest| *cluster < lowest);
        // A look at many clusters would cost more than the rows.
        places.len() > 1 || self.clusters[places].iter().any(is_lower)
    }

    fn take(&mut self, places: Range<usize>) {
        let least = self.clusters[places].iter().copied().min();
        self.lowest = self.lowest.into_iter().chain(least).min();
    }
}

/// Rows by place of which some are taken off; the next one left is found in almost no time.
#[derive(Debug, Clone)]
pub(super) struct Remaining {
    /// A place at or after each place, nearer to the next one left; itself where it is left.
    next: Vec<u32>,
}

impl Remaining {
    pub(super) fn all(n: usize) -> Self {
        Self {
            next: (0..=n as u32).collect(),
        }
    }

    /// The first place left from `place` on; the number of places where there is none.
    pub(super) fn first(&mut self, mut place: usize) -> usize {
        while self.next[place] as usize != place {
            let after = self.next[self.next[place] as usize];
            self.next[place] = after;
            place = after as usize;
        }
        place
    }

    pub(super) fn take_off(&mut self, place: usize) {
        self.next[place] = place as u32 + 1;
    }
}

/// Takes rows off what remains.
pub(super) struct Reach<'a> {
    pub remaining: &'a mut Remaining,
    /// The places taken off.
    pub reached: Vec<usize>,
}

impl Visitor for Reach<'_> {
    fn wants(&mut self, places: Range<usize>) -> bool {
        self.remaining.first(places.start) < places.end
    }

    fn take(&mut self, places: Range<usize>) {
        let mut place = self.remaining.first(places.start);
        while place < places.end {
            self.remaining.take_off(place);
            self.reached.push(place);
            place = self.remaining.first(place);
        }
    }
}
