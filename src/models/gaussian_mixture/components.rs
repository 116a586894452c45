//! Weights, means and covariances.

use ndarray::{Array2, s};

use super::density::Density;
use crate::error::{Code, Error, Result};
use crate::math;

/// What shape components may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CovarianceType {
    /// Each a matrix of its own.
    Full,
    /// One matrix for all.
    Tied,
    /// Each a variance a feature.
    Diagonal,
    /// Each one variance.
    Spherical,
}

impl CovarianceType {
    /// The type of a wire name.
    ///
    /// # Errors
    /// [`Code::BadSetting`] for any other name.
    pub fn parse(name: &str) -> Result<Self> {
        match name {
            "full" => Ok(Self::Full),
            "tied" => Ok(Self::Tied),
            "diag" => Ok(Self::Diagonal),
            "spherical" => Ok(Self::Spherical),
            _ => {
                let message = format!("There is no shape \u{201c}{name}\u{201d}.");
                Err(Error::new(Code::BadSetting, message).in_field("covariance_type"))
            }
        }
    }

    /// The wire name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Tied => "tied",
            Self::Diagonal => "diag",
            Self::Spherical => "spherical",
        }
    }

    /// Shape of [`Components::covariances`].
    pub(super) fn shape(self, n_components: usize, n_features: usize) -> (usize, usize) {
        match self {
            Self::Full => (n_components * n_features, n_features),
            Self::Tied => (n_features, n_features),
            Self::Diagonal => (n_components, n_features),
            Self::Spherical => (n_components, 1),
        }
    }

    pub(super) fn has_matrices(self) -> bool {
        matches!(self, Self::Full | Self::Tied)
    }
}

/// The components of a mixture.
#[derive(Debug, Clone, PartialEq)]
pub struct Components {
    /// `(n_components,)`; they sum to 1.
    pub weights: Vec<f64>,
    /// `(n_components, n_features)`.
    pub means: Array2<f64>,
    /// What `covariances` holds.
    pub covariance_type: CovarianceType,
    /// Full: a matrix of `n_features` rows for each component, one below the other. Tied: one
    /// matrix. Diagonal: `(n_components, n_features)` variances. Spherical:
    /// `(n_components, 1)` variances.
    pub covariances: Array2<f64>,
}

impl Components {
    /// Number of components.
    pub fn n_components(&self) -> usize {
        self.weights.len()
    }

    /// Number of features.
    pub fn n_features(&self) -> usize {
        self.means.ncols()
    }

    /// The covariance of a component as a matrix, `(n_features, n_features)`, whatever the type.
    pub fn covariance(&self, component: usize) -> Array2<f64> {
        let d = self.n_features();
        match self.covariance_type {
            CovarianceType::Full => {
                let rows = component * d..(component + 1) * d;
                self.covariances.slice(s![rows, ..]).to_owned()
            }
            CovarianceType::Tied => self.covariances.clone(),
            CovarianceType::Diagonal => Array2::from_diag(&self.covariances.row(component)),
            CovarianceType::Spherical => Array2::eye(d) * self.covariances[(component, 0)],
        }
    }

    /// Free numbers of the mixture, as AIC and BIC count them.
    pub fn n_parameters(&self) -> usize {
        let (k, d) = (self.n_components(), self.n_features());
        let covariances = match self.covariance_type {
            CovarianceType::Full => k * d * (d + 1) / 2,
            CovarianceType::Tied => d * (d + 1) / 2,
            CovarianceType::Diagonal => k * d,
            CovarianceType::Spherical => k,
        };
        covariances + k * d + k - 1
    }

    /// The density, after adding as much to the variances as its Cholesky factors need.
    pub(super) fn repaired(&mut self) -> Result<Density> {
        let mut factor = 1e-6;
        loop {
            if let Some(density) = Density::new(self) {
                return Ok(density);
            }
            if factor > 1.0 {
                let message = "A covariance is not positive definite. Scale the features, or raise the least variance.";
                return Err(Error::new(Code::Diverged, message).in_field("reg_covar"));
            }
            self.widen(factor);
            factor *= 10.0;
        }
    }

    /// Adds a share of their mean to all variances.
    fn widen(&mut self, share: f64) {
        let d = self.n_features();
        let add = |mut block: ndarray::ArrayViewMut2<f64>| {
            let mean = block.diag().mean().unwrap_or(0.0);
            let more = share * mean.max(f64::MIN_POSITIVE);
            block.diag_mut().iter_mut().for_each(|v| *v += more);
        };
        if self.covariance_type.has_matrices() {
            self.covariances
                .exact_chunks_mut((d, d))
                .into_iter()
                .for_each(add);
        } else {
            let largest = self
                .covariances
                .iter()
                .fold(f64::MIN_POSITIVE, |max, v| max.max(*v));
            self.covariances.mapv_inplace(|v| v + share * largest);
        }
    }

    /// In order of weight, the heaviest first, then of the means.
    pub(super) fn ordered(&self) -> Self {
        let (k, d) = (self.n_components(), self.n_features());
        let order = math::order_by(k, &|a, b| {
            let means = self.means.row(a).into_iter().zip(self.means.row(b));
            let by_mean = means.map(|(x, y)| x.total_cmp(y));
            let by_weight = self.weights[b].total_cmp(&self.weights[a]);
            by_mean.fold(by_weight, std::cmp::Ordering::then)
        });
        let rows: Vec<usize> = match self.covariance_type {
            CovarianceType::Full => order.iter().flat_map(|&c| c * d..(c + 1) * d).collect(),
            CovarianceType::Tied => (0..d).collect(),
            CovarianceType::Diagonal | CovarianceType::Spherical => order.clone(),
        };
        Self {
            weights: order.iter().map(|&c| self.weights[c]).collect(),
            means: self.means.select(ndarray::Axis(0), &order),
            covariance_type: self.covariance_type,
            covariances: self.covariances.select(ndarray::Axis(0), &rows),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_heaviest_comes_first_and_takes_its_covariance_along() {
        let components = Components {
            weights: vec![0.2, 0.4, 0.4],
            means: ndarray::array![[0.0], [2.0], [1.0]],
            covariance_type: CovarianceType::Full,
            covariances: ndarray::array![[1.0], [2.0], [3.0]],
        };
        let ordered = components.ordered();
        assert_eq!(ordered.weights, [0.4, 0.4, 0.2]);
        assert_eq!(ordered.means, ndarray::array![[1.0], [2.0], [0.0]]);
        assert_eq!(ordered.covariances, ndarray::array![[3.0], [2.0], [1.0]]);
    }

    #[test]
    fn a_flat_covariance_is_widened() {
        let mut components = Components {
            weights: vec![1.0],
            means: Array2::zeros((1, 2)),
            covariance_type: CovarianceType::Tied,
            covariances: ndarray::array![[1.0, 1.0], [1.0, 1.0]],
        };
        assert!(components.repaired().is_ok());
        assert_eq!(components.covariances[(0, 0)], 1.0 + 1e-6);
    }
}
