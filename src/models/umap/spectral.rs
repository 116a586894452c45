//! Where the rows start: eigenvectors of the graph's normalized Laplacian.
//!
//! Those of its least eigenvalues are those of the largest of D^(−½)·W·D^(−½), found by
//! Lanczos's method with full orthogonalization. The first, √degree, is known and left out.
//!
//! Cost: O(steps·(n_edges + steps·n)). Reference: C. Lanczos, "An iteration method for the
//! solution of the eigenvalue problem", J. Res. Nat. Bur. Standards 45, 1950.

use crate::linalg::{axpy, dot, jacobi};
use crate::math::order_by;
use crate::models::embedding::Graph;
use crate::parallel::map_chunks;
use crate::rng::Rng;

/// Vectors at most: gaps of 0.003 between eigenvalues are then told apart.
pub(super) const MAX_STEPS: usize = 100;

/// Rows of one piece of work; fixed, so results do not depend on threads.
const ROWS_A_CHUNK: usize = 2048;

/// Lanczos's method under way.
#[derive(Debug, Clone)]
pub(super) struct Lanczos {
    /// 1 / √degree.
    shrink: Vec<f64>,
    /// The known vector, then the basis; orthonormal.
    basis: Vec<Vec<f64>>,
    /// The tridiagonal matrix.
    diagonal: Vec<f64>,
    beside: Vec<f64>,
}

impl Lanczos {
    /// `None` where the graph falls apart in several parts or is smaller than what is asked.
    pub(super) fn new(graph: &Graph, n_components: usize, rng: &Rng) -> Option<Self> {
        let n = graph.n_rows();
        if n < n_components + 2 || !is_connected(graph) {
            return None;
        }
        let degree = |row: usize| graph.row(row).map(|edge| edge.1).sum::<f64>();
        let roots: Vec<f64> = (0..n).map(|row| degree(row).sqrt()).collect();
        let mut rng = rng.fork("spectral");
        let mut lanczos = Self {
            shrink: roots.iter().map(|root| 1.0 / root).collect(),
            basis: Vec::new(),
            diagonal: Vec::new(),
            beside: Vec::new(),
        };
        lanczos.push(roots);
        lanczos.push((0..n).map(|_| rng.normal()).collect());
        Some(lanczos)
    }

    /// Adds what is left of a vector at a right angle to the basis; returns its length.
    fn push(&mut self, mut vector: Vec<f64>) -> f64 {
        for _ in 0..2 {
            for other in &self.basis {
                axpy(-dot(other, &vector), other, &mut vector);
            }
        }
        let length = dot(&vector, &vector).sqrt();
        if length > 1e-10 {
            vector.iter_mut().for_each(|x| *x /= length);
            self.basis.push(vector);
        }
        length
    }

    /// One step; `true` when the basis suffices.
    pub(super) fn step(&mut self, graph: &Graph) -> bool {
        let (last, n) = (self.basis.len() - 1, self.shrink.len());
        let image = self.image(graph, &self.basis[last]);
        self.diagonal.push(dot(&image, &self.basis[last]));
        let is_full = self.diagonal.len() == MAX_STEPS || self.basis.len() == n;
        if is_full {
            return true;
        }
        let length = self.push(image);
        let is_closed = self.basis.len() == last + 1;
        if !is_closed {
            self.beside.push(length);
        }
        is_closed
    }

    /// D^(−½)·W·D^(−½)·v.
    fn image(&self, graph: &Graph, v: &[f64]) -> Vec<f64> {
        let scaled: Vec<f64> = v.iter().zip(&self.shrink).map(|(v, s)| v * s).collect();
        let chunks = map_chunks(v.len(), ROWS_A_CHUNK, |rows| {
            let sum = |row: usize| {
                graph
                    .row(row)
                    .map(|(to, w)| w * scaled[to as usize])
                    .sum::<f64>()
            };
            rows.map(|row| self.shrink[row] * sum(row))
                .collect::<Vec<f64>>()
        });
        chunks.concat()
    }

    /// The eigenvectors of the largest eigenvalues, as far as found, each `(n,)`.
    pub(super) fn vectors(&self, n_components: usize) -> Vec<Vec<f64>> {
        let m = self.diagonal.len();
        // With 1 added to the eigenvalues, which are at least −1, they are the lengths.
        let entry = |i: usize, j: usize| match (i.min(j), i.abs_diff(j)) {
            (at, 0) => self.diagonal[at] + 1.0,
            (at, 1) => self.beside[at],
            _ => 0.0,
        };
        let mut rows: Vec<Vec<f64>> = (0..m)
            .map(|i| (0..m).map(|j| entry(i, j)).collect())
            .collect();
        (0..jacobi::MAX_SWEEPS)
            .take_while(|_| !jacobi::sweep(&mut rows))
            .count();
        let lengths: Vec<f64> = rows.iter().map(|row| dot(row, row)).collect();
        let order = order_by(m, &|a, b| lengths[b].total_cmp(&lengths[a]));
        let vector = |&at: &usize| {
            let mut vector = vec![0.0; self.shrink.len()];
            for (share, basis) in rows[at].iter().zip(&self.basis[1..]) {
                axpy(share / lengths[at].sqrt(), basis, &mut vector);
            }
            vector
        };
        order.iter().take(n_components).map(vector).collect()
    }
}

/// Whether every row can be reached from the first.
fn is_connected(graph: &Graph) -> bool {
    let mut is_reached = vec![false; graph.n_rows()];
    let mut pending = vec![0];
    let mut n_reached = 0;
    while let Some(row) = pending.pop() {
        if std::mem::replace(&mut is_reached[row], true) {
            continue;
        }
        n_reached += 1;
        pending.extend(
            graph
                .row(row)
                .map(|edge| edge.0 as usize)
                .filter(|&to| !is_reached[to]),
        );
    }
    n_reached == graph.n_rows()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::neighbors::Neighbor;

    /// A path of `n` rows.
    fn path(n: u32) -> Graph {
        let to = |row: u32| Neighbor { distance: 1.0, row };
        let ahead: Vec<Vec<Neighbor>> = (0..n)
            .map(|i| if i + 1 < n { vec![to(i + 1)] } else { vec![] })
            .collect();
        let weights = vec![1.0; n as usize - 1];
        Graph::new(&ahead, &weights).symmetric(f64::max)
    }

    #[test]
    fn a_path_is_laid_out_from_end_to_end() {
        let graph = path(30);
        let mut lanczos = Lanczos::new(&graph, 1, &Rng::new(1)).unwrap();
        while !lanczos.step(&graph) {}
        let vector = lanczos.vectors(1).remove(0);
        let scaled: Vec<f64> = vector
            .iter()
            .zip(&lanczos.shrink)
            .map(|(v, s)| v * s)
            .collect();
        let is_rising = scaled.windows(2).all(|pair| pair[0] < pair[1]);
        let is_falling = scaled.windows(2).all(|pair| pair[0] > pair[1]);
        assert!(is_rising || is_falling, "{scaled:?}");
    }

    #[test]
    fn a_graph_in_parts_has_no_start() {
        let mut graph = path(10);
        graph.weights.clear();
        graph.columns.clear();
        graph.starts.fill(0);
        assert!(Lanczos::new(&graph, 1, &Rng::new(1)).is_none());
    }
}
