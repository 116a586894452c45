//! Logarithms of densities, eight rows side by side.

use super::components::{Components, CovarianceType};
use crate::linalg::triangular::cholesky;
use crate::math;

/// Rows computed side by side; each has its own lane, so a batch is its rows.
const LANES: usize = 8;

/// Components ready to be evaluated.
#[derive(Debug, Clone)]
pub(super) struct Density {
    n_features: usize,
    parts: Vec<Part>,
}

#[derive(Debug, Clone)]
struct Part {
    mean: Vec<f64>,
    factor: Factor,
    log_weight: f64,
    /// Logarithm of weight and norm.
    constant: f64,
}

/// What turns a deviation from the mean into independent standard deviations.
#[derive(Debug, Clone)]
enum Factor {
    /// Row `i` of the lower Cholesky factor up to the diagonal, whose reciprocal it ends with.
    Triangle(Vec<Vec<f64>>),
    /// The reciprocal of each feature's deviation.
    Scales(Vec<f64>),
}

impl Density {
    /// `None` where a covariance is not positive definite to working precision.
    pub(super) fn new(components: &Components) -> Option<Self> {
        let tied = match components.covariance_type {
            CovarianceType::Tied => Some(Factor::of_matrix(components, 0)?),
            _ => None,
        };
        let part = |component: usize| {
            let factor = match &tied {
                Some(factor) => factor.clone(),
                None => Factor::of(components, component)?,
            };
            Some(Part::new(components, component, factor))
        };
        Some(Self {
            n_features: components.n_features(),
            parts: (0..components.n_components())
                .map(part)
                .collect::<Option<_>>()?,
        })
    }

    /// Logarithms of weight times density, `(n_rows, n_components)`.
    ///
    /// - `x`: `(n_rows, n_features)` row by row.
    pub(super) fn logarithms(&self, x: &[f64]) -> Vec<f64> {
        let (d, k) = (self.n_features, self.parts.len());
        let n = x.len() / d;
        let mut logarithms = vec![0.0; n * k];
        let mut lanes = vec![[0.0; LANES]; d];
        let mut scratch = lanes.clone();
        let groups = x.chunks(LANES * d).zip(logarithms.chunks_mut(LANES * k));
        for (rows, logarithms) in groups {
            for (lane, row) in rows.chunks_exact(d).enumerate() {
                for (lanes, x) in lanes.iter_mut().zip(row) {
                    lanes[lane] = *x;
                }
            }
            for (component, part) in self.parts.iter().enumerate() {
                let values = part.logarithms(&lanes, &mut scratch);
                let out = logarithms.iter_mut().skip(component).step_by(k);
                out.zip(values).for_each(|(out, value)| *out = value);
            }
        }
        logarithms
    }

    /// Turns the logarithms of a row into responsibilities, and returns the row's
    /// log-likelihood. Where a row is so far that no density is left, the weights decide.
    pub(super) fn share(&self, logarithms: &mut [f64]) -> f64 {
        let total = math::log_sum_exp(logarithms);
        if total.is_finite() {
            logarithms
                .iter_mut()
                .for_each(|l| *l = math::exp(*l - total));
        } else {
            let weights = self.parts.iter().map(|part| part.log_weight);
            logarithms.iter_mut().zip(weights).for_each(|(l, c)| *l = c);
            math::softmax(logarithms);
        }
        total
    }
}

/// How a component sees a row: z = triangle · (x − mean) row by row, where every entry of z is
/// (xᵢ − meanᵢ − Σ triangleᵢⱼ·zⱼ over j < i) · triangleᵢᵢ; its log density is constant − Σz²/2.
#[derive(Debug, Clone, PartialEq)]
pub struct Whitening {
    /// `(n_features,)`.
    pub mean: Vec<f64>,
    /// `(n_features, n_features)`, row-major, 0 above the diagonal.
    pub triangle: Vec<f64>,
    /// The logarithm of weight and norm.
    pub constant: f64,
}

impl Density {
    pub(super) fn whitenings(&self) -> Vec<Whitening> {
        let whitening = |part: &Part| Whitening {
            mean: part.mean.clone(),
            triangle: part.factor.to_matrix(self.n_features),
            constant: part.constant,
        };
        self.parts.iter().map(whitening).collect()
    }
}

impl Part {
    fn new(components: &Components, component: usize, factor: Factor) -> Self {
        let d = components.n_features() as f64;
        let norm = 0.5 * d * math::ln(2.0 * std::f64::consts::PI);
        let log_weight = math::ln(components.weights[component].max(f64::MIN_POSITIVE));
        Self {
            mean: components.means.row(component).to_vec(),
            log_weight,
            constant: log_weight - norm + factor.log_scale(),
            factor,
        }
    }

    #[inline(always)]
    fn logarithms(&self, x: &[[f64; LANES]], z: &mut [[f64; LANES]]) -> [f64; LANES] {
        let mut squares = [0.0; LANES];
        for (i, (x, mean)) in x.iter().zip(&self.mean).enumerate() {
            let mut value = [0.0; LANES];
            value.iter_mut().zip(x).for_each(|(v, x)| *v = x - mean);
            let scale = match &self.factor {
                Factor::Scales(scales) => scales[i],
                Factor::Triangle(rows) => {
                    let (row, scale) = (&rows[i][..i], rows[i][i]);
                    for (weight, z) in row.iter().zip(z.iter()) {
                        value.iter_mut().zip(z).for_each(|(v, z)| *v -= weight * z);
                    }
                    scale
                }
            };
            for (square, value) in squares.iter_mut().zip(&mut value) {
                *value *= scale;
                *square += *value * *value;
            }
            z[i] = value;
        }
        squares.map(|square| self.constant - 0.5 * square)
    }
}

impl Factor {
    fn of(components: &Components, component: usize) -> Option<Self> {
        let d = components.n_features();
        let variances = match components.covariance_type {
            CovarianceType::Full | CovarianceType::Tied => {
                return Self::of_matrix(components, component);
            }
            CovarianceType::Diagonal => components.covariances.row(component).to_vec(),
            CovarianceType::Spherical => vec![components.covariances[(component, 0)]; d],
        };
        let is_right = variances.iter().all(|v| *v > 0.0 && v.is_finite());
        let scales = variances.iter().map(|v| 1.0 / v.sqrt()).collect();
        is_right.then_some(Self::Scales(scales))
    }

    fn of_matrix(components: &Components, component: usize) -> Option<Self> {
        let matrix = components.covariance(component);
        let mut upper: Vec<Vec<f64>> = matrix.outer_iter().map(|row| row.to_vec()).collect();
        if !cholesky(&mut upper) {
            return None;
        }
        let row = |i: usize| {
            let mut row: Vec<f64> = upper[..=i].iter().map(|above| above[i]).collect();
            row[i] = 1.0 / row[i];
            row
        };
        Some(Self::Triangle((0..upper.len()).map(row).collect()))
    }

    /// Logarithm of the product of all reciprocals.
    /// Row-major, with what is divided by as factors on the diagonal.
    fn to_matrix(&self, n: usize) -> Vec<f64> {
        let mut matrix = vec![0.0; n * n];
        for (i, row) in matrix.chunks_exact_mut(n.max(1)).enumerate() {
            match self {
                Self::Triangle(rows) => row[..=i].copy_from_slice(&rows[i]),
                Self::Scales(scales) => row[i] = scales[i],
            }
        }
        matrix
    }

    fn log_scale(&self) -> f64 {
        match self {
            Self::Scales(scales) => math::sum(scales.iter().map(|s| math::ln(*s))),
            Self::Triangle(rows) => math::sum(rows.iter().enumerate().map(|(i, r)| math::ln(r[i]))),
        }
    }
}
