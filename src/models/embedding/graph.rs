//! A weighted graph over rows: a sparse matrix, row by row.

use super::Weigh;
use crate::models::neighbors::Neighbor;

/// Weighted edges, sorted by column within each row.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Graph {
    /// `(n_rows + 1,)`: where each row's edges start.
    pub starts: Vec<usize>,
    /// `(n_edges,)`: the row each edge leads to.
    pub columns: Vec<u32>,
    /// `(n_edges,)`: its weight.
    pub weights: Vec<f64>,
}

impl Graph {
    /// The edges of each row to its neighbors, weighted as given.
    ///
    /// - `weights`: one for each neighbor, row after row.
    pub fn new(neighbors: &[Vec<Neighbor>], weights: &[f64]) -> Self {
        let mut graph = Self::empty();
        graph.extend(neighbors, weights);
        graph
    }

    /// The symmetric graph of neighbors as a method weighs them.
    pub fn woven(neighbors: &[Vec<Neighbor>], weigh: &dyn Weigh) -> Self {
        let weights = weigh.weights(neighbors, 0..neighbors.len());
        Self::new(neighbors, &weights).symmetric(|there, back| weigh.join(there, back))
    }

    fn empty() -> Self {
        Self {
            starts: vec![0],
            ..Self::default()
        }
    }

    /// Adds rows with their edges, as in [`Graph::new`].
    pub(super) fn extend(&mut self, neighbors: &[Vec<Neighbor>], weights: &[f64]) {
        let mut start = 0;
        for row in neighbors {
            let own = &weights[start..start + row.len()];
            start += row.len();
            let order = crate::math::order_by(row.len(), &|a, b| row[a].row.cmp(&row[b].row));
            self.columns.extend(order.iter().map(|&j| row[j].row));
            self.weights.extend(order.iter().map(|&j| own[j]));
            self.starts.push(self.columns.len());
        }
    }

    /// Number of rows.
    pub fn n_rows(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// Where each row leads and how strongly.
    pub fn row(&self, row: usize) -> impl Iterator<Item = (u32, f64)> {
        let range = self.starts[row]..self.starts[row + 1];
        let columns = self.columns[range.clone()].iter().copied();
        columns.zip(self.weights[range].iter().copied())
    }

    /// The same edges backwards.
    #[must_use]
    pub fn transposed(&self) -> Self {
        let n = self.n_rows();
        let mut starts = vec![0; n + 1];
        for &column in &self.columns {
            starts[column as usize + 1] += 1;
        }
        for row in 0..n {
            starts[row + 1] += starts[row];
        }
        let mut next = starts.clone();
        let (mut columns, mut weights) = (vec![0; self.columns.len()], self.weights.clone());
        for row in 0..n {
            for (column, weight) in self.row(row) {
                let place = &mut next[column as usize];
                (columns[*place], weights[*place]) = (row as u32, weight);
                *place += 1;
            }
        }
        Self {
            starts,
            columns,
            weights,
        }
    }

    /// Joins every edge with its opposite by `join(there, back)`, 0 for a missing one; edges of
    /// weight 0 are left out. `join` must treat both alike.
    #[must_use]
    pub fn symmetric(self, join: impl Fn(f64, f64) -> f64) -> Self {
        let n = self.n_rows();
        let mut joining = Joining::new(self);
        joining.advance(n, join);
        joining.joined
    }

    fn push(&mut self, column: u32, weight: f64) {
        if weight != 0.0 {
            self.columns.push(column);
            self.weights.push(weight);
        }
    }
}

/// Edges being joined with their opposites, some rows at a time.
#[derive(Debug, Clone, Default)]
pub(super) struct Joining {
    there: Graph,
    back: Graph,
    /// The rows that are done.
    pub joined: Graph,
}

impl Joining {
    pub fn new(there: Graph) -> Self {
        Self {
            back: there.transposed(),
            joined: Graph::empty(),
            there,
        }
    }

    /// Joins the edges of `n_rows` more rows as [`Graph::symmetric`] does; `true` when all are
    /// done.
    pub fn advance(&mut self, n_rows: usize, join: impl Fn(f64, f64) -> f64) -> bool {
        let start = self.joined.n_rows();
        let end = self.there.n_rows().min(start + n_rows);
        for row in start..end {
            let mut a = self.there.row(row).peekable();
            let mut b = self.back.row(row).peekable();
            while let Some(column) = least(a.peek(), b.peek()) {
                let there = a
                    .next_if(|edge| edge.0 == column)
                    .map_or(0.0, |edge| edge.1);
                let back = b
                    .next_if(|edge| edge.0 == column)
                    .map_or(0.0, |edge| edge.1);
                self.joined.push(column, join(there, back));
            }
            self.joined.starts.push(self.joined.columns.len());
        }
        end == self.there.n_rows()
    }
}

/// The lower column of two edges.
fn least(a: Option<&(u32, f64)>, b: Option<&(u32, f64)>) -> Option<u32> {
    a.into_iter().chain(b).map(|edge| edge.0).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edge_is_joined_with_its_opposite() {
        let to = |row: u32| Neighbor { distance: 1.0, row };
        let neighbors = [vec![to(2), to(1)], vec![to(0)], vec![]];
        let graph = Graph::new(&neighbors, &[0.5, 0.25, 1.0]);
        let sum = graph.symmetric(|a, b| a + b);
        assert_eq!(sum.row(0).collect::<Vec<_>>(), [(1, 1.25), (2, 0.5)]);
        assert_eq!(sum.row(1).collect::<Vec<_>>(), [(0, 1.25)]);
        assert_eq!(sum.row(2).collect::<Vec<_>>(), [(0, 0.5)]);
    }
}
