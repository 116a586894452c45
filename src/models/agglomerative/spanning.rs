//! A minimum spanning tree, grown row by row.

use super::dendrogram::Merge;
use crate::models::neighbors::Metric;
use crate::parallel::for_each_chunk_mut;

/// Rows of one piece of work; fixed, so results do not depend on threads.
const ROWS_A_CHUNK: usize = 4096;

/// The tree over all rows by the algorithm of Prim (R. Prim, "Shortest connection networks and
/// some generalizations", Bell System Technical J. 36, 1957): from row 0, always the nearest row
/// that is not in it yet; of equals the first. No distances are kept.
pub(in crate::models) struct Spanning {
    metric: Metric,
    width: usize,
    /// `(n_samples, width)`, as the metric compares them.
    points: Vec<f64>,
    /// The reduced distance below which each row is near to none; all 0 for plain distances.
    cores: Vec<f64>,
    /// Rows outside, ascending.
    outside: Vec<Outside>,
    newest: u32,
}

/// A row that is not in the tree.
#[derive(Clone, Copy)]
struct Outside {
    row: u32,
    /// The nearest row of the tree.
    nearest: u32,
    /// Its reduced distance.
    distance: f64,
}

impl Spanning {
    /// Over plain distances, or over *mutual reachability*: the distance of two rows, or the core
    /// distance of either where that is larger.
    ///
    /// - `points`: `(n_samples, width)`, prepared for `metric`; `cores`: reduced distances.
    pub(in crate::models) fn new(
        points: Vec<f64>,
        width: usize,
        metric: Metric,
        cores: Option<Vec<f64>>,
    ) -> Self {
        let n = points.len() / width;
        let outside = |row: u32| Outside {
            row,
            nearest: 0,
            distance: f64::INFINITY,
        };
        Self {
            metric,
            width,
            points,
            cores: cores.unwrap_or_else(|| vec![0.0; n]),
            outside: (1..n as u32).map(outside).collect(),
            newest: 0,
        }
    }

    /// How many rows are looked at to advance once.
    pub(in crate::models) fn cost(&self) -> usize {
        self.outside.len()
    }

    /// The edge to the next row; none once all are in the tree.
    pub(in crate::models) fn advance(&mut self) -> Option<Merge> {
        self.update();
        let mut outside = self.outside.iter().enumerate();
        let (mut place, mut best) = outside.next()?;
        for (i, candidate) in outside {
            if candidate.distance < best.distance {
                (place, best) = (i, candidate);
            }
        }
        let best = *best;
        self.outside.remove(place);
        self.newest = best.row;
        Some(Merge {
            a: best.nearest,
            b: best.row,
            height: self.metric.unreduced(best.distance),
        })
    }

    /// Compares the rows outside with the newest row of the tree.
    fn update(&mut self) {
        let (metric, width, newest) = (self.metric, self.width, self.newest as usize);
        let (points, cores) = (&self.points, &self.cores);
        let from = &points[newest * width..(newest + 1) * width];
        for_each_chunk_mut(&mut self.outside, ROWS_A_CHUNK, |_, outside| {
            for candidate in outside {
                let row = candidate.row as usize;
                let to = &points[row * width..(row + 1) * width];
                let distance = metric.reduced(from, to).max(cores[newest]).max(cores[row]);
                if distance < candidate.distance {
                    candidate.distance = distance;
                    candidate.nearest = newest as u32;
                }
            }
        });
    }
}
