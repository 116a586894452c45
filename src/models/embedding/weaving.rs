//! The symmetric graph of neighbors, made of a search some rows at a time.

use std::ops::Range;

use super::graph::Joining;
use super::{Graph, Search};
use crate::models::neighbors::Neighbor;

/// Edges worked on in one step, some 30 ms.
const EDGES_A_STEP: usize = 250_000;

/// How a method weighs edges.
pub trait Weigh: Send {
    /// Weights of all edges of some rows, row after row.
    fn weights(&self, neighbors: &[Vec<Neighbor>], rows: Range<usize>) -> Vec<f64>;

    /// The weight of an edge of which one row weighs its neighbor by `there`, that one the row
    /// by `back`; 0 where one is not among the neighbors of the other. Treats both alike.
    fn join(&self, there: f64, back: f64) -> f64;
}

/// A graph under way: first the edges of each row, then their opposites.
pub struct Weaving {
    neighbors: Vec<Vec<Neighbor>>,
    weigh: Box<dyn Weigh>,
    state: State,
}

enum State {
    Weighing(Graph),
    Joining(Joining),
}

impl Weaving {
    /// Of a search that is done.
    pub fn new(search: Search, weigh: impl FnOnce(&[Vec<Neighbor>]) -> Box<dyn Weigh>) -> Self {
        let neighbors = search.into_found();
        Self {
            weigh: weigh(&neighbors),
            neighbors,
            state: State::Weighing(Graph::new(&[], &[])),
        }
    }

    /// Goes some rows further; the graph once it is done.
    pub fn step(&mut self) -> Option<Graph> {
        let n = self.neighbors.len();
        let edges_a_row = self.neighbors.first().map_or(1, |row| row.len().max(1));
        let n_rows = (EDGES_A_STEP / edges_a_row).max(1);
        match &mut self.state {
            State::Weighing(graph) if graph.n_rows() < n => {
                let start = graph.n_rows();
                let rows = start..n.min(start + n_rows);
                let weights = self.weigh.weights(&self.neighbors, rows.clone());
                graph.extend(&self.neighbors[rows], &weights);
                None
            }
            State::Weighing(graph) => {
                self.state = State::Joining(Joining::new(std::mem::take(graph)));
                None
            }
            State::Joining(joining) => {
                // Joining is far cheaper than weighing.
                let is_done = joining.advance(4 * n_rows, |a, b| self.weigh.join(a, b));
                is_done.then(|| std::mem::take(&mut joining.joined))
            }
        }
    }
}
