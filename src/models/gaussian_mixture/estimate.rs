//! Components that fit the rows they are responsible for.

use ndarray::{Array2, s};

use super::components::{Components, CovarianceType};
use crate::linalg::axpy;
use crate::math;
use crate::parallel::map_chunks;

/// Rows of one piece of work; fixed, so results do not depend on threads.
const ROWS_A_CHUNK: usize = 4096;

/// Rows and who is responsible for them.
#[derive(Clone, Copy)]
pub(super) struct Sample<'a> {
    /// `(n_samples, n_features)` row by row.
    pub x: &'a [f64],
    pub n_features: usize,
    /// `(n_samples, n_components)` row by row.
    pub responsibilities: &'a [f64],
    pub n_components: usize,
}

/// Components under way: means are known, covariances follow one by one.
pub(super) struct Estimate {
    /// Sum of responsibilities of each component.
    counts: Vec<f64>,
    components: Components,
    /// Components whose covariance is known.
    pub n_finished: usize,
}

impl Sample<'_> {
    /// Adds up `work` over chunks of rows; it gets a row, its responsibilities and the sums.
    fn sum(&self, n_sums: usize, work: impl Fn(&[f64], &[f64], &mut [f64]) + Sync) -> Vec<f64> {
        let (d, k) = (self.n_features, self.n_components);
        let chunks = map_chunks(self.x.len() / d, ROWS_A_CHUNK, |rows| {
            let mut sums = vec![0.0; n_sums];
            let x = self.x[rows.start * d..rows.end * d].chunks_exact(d);
            let shares = self.responsibilities[rows.start * k..rows.end * k].chunks_exact(k);
            x.zip(shares)
                .for_each(|(x, shares)| work(x, shares, &mut sums));
            sums
        });
        let mut total = vec![0.0; n_sums];
        chunks.iter().for_each(|chunk| axpy(1.0, chunk, &mut total));
        total
    }

    /// Weights and means.
    pub(super) fn estimate(&self, covariance_type: CovarianceType) -> Estimate {
        let (d, k) = (self.n_features, self.n_components);
        let mut counts = self.sum(k, |_, shares, sums| axpy(1.0, shares, sums));
        // As in scikit-learn: a component of no rows divides by no zero.
        counts.iter_mut().for_each(|n| *n += 10.0 * f64::EPSILON);
        let sums = self.sum(k * d, |x, shares, sums| {
            for (sums, share) in sums.chunks_exact_mut(d).zip(shares) {
                axpy(*share, x, sums);
            }
        });
        let total = math::sum(counts.iter().copied());
        Estimate {
            components: Components {
                weights: counts.iter().map(|n| n / total).collect(),
                means: Array2::from_shape_fn((k, d), |(c, j)| sums[c * d + j] / counts[c]),
                covariance_type,
                covariances: Array2::zeros(covariance_type.shape(k, d)),
            },
            counts,
            n_finished: 0,
        }
    }

    /// Σ share · (x − mean)(x − mean)ᵀ, the upper half by rows.
    fn scatter(&self, component: usize, mean: &[f64]) -> Vec<f64> {
        let d = self.n_features;
        self.sum(d * d, |x, shares, sums| {
            let share = shares[component];
            let deviations: Vec<f64> = x.iter().zip(mean).map(|(x, m)| x - m).collect();
            for (i, sums) in sums.chunks_exact_mut(d).enumerate() {
                axpy(share * deviations[i], &deviations[i..], &mut sums[i..]);
            }
        })
    }

    /// Σ share · (x − mean)² by feature.
    fn squares(&self, component: usize, mean: &[f64]) -> Vec<f64> {
        self.sum(self.n_features, |x, shares, sums| {
            let share = shares[component];
            for ((sum, x), m) in sums.iter_mut().zip(x).zip(mean) {
                *sum += share * (x - m) * (x - m);
            }
        })
    }
}

impl Estimate {
    /// Adds the covariance of the next component; `true` once all are there.
    pub(super) fn advance(&mut self, sample: &Sample, reg_covar: f64) -> bool {
        let component = self.n_finished;
        let mean = self.components.means.row(component).to_vec();
        let (d, count) = (sample.n_features, self.counts[component]);
        let covariances = &mut self.components.covariances;
        match self.components.covariance_type {
            CovarianceType::Full => {
                let scatter = sample.scatter(component, &mean);
                let rows = component * d..(component + 1) * d;
                let mut block = covariances.slice_mut(s![rows, ..]);
                block.indexed_iter_mut().for_each(|((i, j), v)| {
                    *v = scatter[i.min(j) * d + i.max(j)] / count;
                });
                block.diag_mut().mapv_inplace(|v| v + reg_covar);
            }
            CovarianceType::Tied => {
                let scatter = sample.scatter(component, &mean);
                let total = math::sum(self.counts.iter().copied());
                covariances.indexed_iter_mut().for_each(|((i, j), v)| {
                    *v += scatter[i.min(j) * d + i.max(j)] / total;
                });
                if component + 1 == sample.n_components {
                    covariances.diag_mut().mapv_inplace(|v| v + reg_covar);
                }
            }
            CovarianceType::Diagonal => {
                let squares = sample.squares(component, &mean);
                let row = covariances.row_mut(component).into_iter();
                row.zip(squares)
                    .for_each(|(v, sum)| *v = sum / count + reg_covar);
            }
            CovarianceType::Spherical => {
                let squares = sample.squares(component, &mean);
                let mean_square = math::sum(squares) / (count * d as f64);
                covariances[(component, 0)] = mean_square + reg_covar;
            }
        }
        self.n_finished += 1;
        self.n_finished == sample.n_components
    }

    pub(super) fn into_components(self) -> Components {
        self.components
    }
}
