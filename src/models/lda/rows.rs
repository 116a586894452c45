//! Rows in scaled features, less the mean of their class.

use std::sync::Arc;

use crate::error::{Code, Error, Result};
use crate::linalg::{Columns, axpy};
use crate::models::rows::{entries, standard_layout};
use crate::parallel::map_chunks;
use crate::prepare::{Dataset, Target};

/// Rows summed as one piece of work; fixed, so results do not depend on threads.
const ROWS_A_CHUNK: usize = 4096;

/// The rows of all classes and their means. Features are centered and scaled by powers of two.
#[derive(Debug)]
pub(super) struct ClassRows {
    data: Arc<Dataset>,
    pub codes: Vec<u32>,
    pub columns: Columns,
    /// Number of rows of each class.
    pub counts: Vec<usize>,
    /// `(n_classes, n_features)`, of scaled features; zeros where a class has no rows.
    pub means: Vec<Vec<f64>>,
}

impl ClassRows {
    /// Takes rows over; means are zeros until [`ClassRows::find_means`].
    pub(super) fn new(data: Arc<Dataset>) -> Result<Self> {
        let data = standard_layout(data);
        let Target::Classes { codes, labels } = &data.target else {
            let message = "Linear discriminants need a target with classes.";
            return Err(Error::new(Code::DoesNotFit, message).in_field("algorithm"));
        };
        let p = data.n_features();
        let mut counts = vec![0; labels.len()];
        codes.iter().for_each(|&code| counts[code as usize] += 1);
        Ok(Self {
            columns: Columns::measure(entries(&data), p, true),
            means: vec![vec![0.0; p]; counts.len()],
            codes: codes.clone(),
            counts,
            data,
        })
    }

    pub(super) fn n_features(&self) -> usize {
        self.data.n_features()
    }

    pub(super) fn data(&self) -> &Dataset {
        &self.data
    }

    /// The share of each class.
    pub(super) fn priors(&self) -> Vec<f64> {
        let n = self.codes.len() as f64;
        self.counts.iter().map(|&count| count as f64 / n).collect()
    }

    /// Writes scaled features of row `i`, `(n_features,)`.
    fn write(&self, i: usize, out: &mut [f64]) {
        let p = out.len();
        let row = &entries(&self.data)[i * p..(i + 1) * p];
        let Columns { centers, scales } = &self.columns;
        let pairs = row.iter().zip(centers.iter().zip(scales));
        for (out, (x, (center, scale))) in out.iter_mut().zip(pairs) {
            *out = x * scale - center * scale;
        }
    }

    /// Writes row `i` less the mean of its class.
    pub(super) fn write_within(&self, i: usize, out: &mut [f64]) {
        self.write(i, out);
        let mean = &self.means[self.codes[i] as usize];
        out.iter_mut().zip(mean).for_each(|(x, mean)| *x -= mean);
    }

    /// One pass over the rows.
    pub(super) fn find_means(&mut self) {
        let (p, k) = (self.n_features(), self.counts.len());
        let chunks = map_chunks(self.codes.len(), ROWS_A_CHUNK, |rows| {
            let (mut sums, mut row) = (vec![0.0; k * p], vec![0.0; p]);
            for i in rows {
                self.write(i, &mut row);
                let class = self.codes[i] as usize;
                axpy(1.0, &row, &mut sums[class * p..(class + 1) * p]);
            }
            sums
        });
        let mut sums = vec![0.0; k * p];
        chunks.iter().for_each(|chunk| axpy(1.0, chunk, &mut sums));
        let of_class = |(sums, &count): (&[f64], &usize)| {
            let n = count.max(1) as f64;
            sums.iter().map(|sum| sum / n).collect()
        };
        self.means = sums
            .chunks_exact(p)
            .zip(&self.counts)
            .map(of_class)
            .collect();
    }
}
