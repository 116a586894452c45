//! Kernels: how alike two rows are, for many rows at once.

use crate::error::Result;
use crate::linalg::elementary::exp_f64;
use crate::linalg::wide::twofold;
use crate::math;
use crate::models::Parts;
use crate::models::model::damaged;
use crate::models::rows::entries;
use crate::prepare::Dataset;
use crate::settings::{Checked, Hyperparameter, choice, integer, real, real_log};

/// How alike two rows are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kernel {
    /// ⟨a, b⟩: straight borders.
    Linear,
    /// exp(−gamma·‖a − b‖²): smooth borders of any shape.
    Rbf {
        /// How fast likeness falls with distance.
        gamma: f64,
    },
    /// (gamma·⟨a, b⟩ + coef0)^degree.
    Poly {
        /// Factor of the product.
        gamma: f64,
        /// Added to it.
        coef0: f64,
        /// The power.
        degree: u32,
    },
    /// tanh(gamma·⟨a, b⟩ + coef0).
    Sigmoid {
        /// Factor of the product.
        gamma: f64,
        /// Added to it.
        coef0: f64,
    },
}

pub(super) const KERNEL: Hyperparameter = choice(
    "kernel",
    "Kernel",
    &[
        ("rbf", "radial (smooth borders)"),
        ("linear", "linear (straight borders)"),
        ("poly", "polynomial"),
        ("sigmoid", "sigmoid"),
    ],
    "What makes two rows alike: their distance (radial), or their product, as it is, raised to a power, or through a tanh.",
);

pub(super) const DEGREE: Hyperparameter = integer(
    "degree",
    "Degree",
    (1, 20, 3),
    "The power of the polynomial kernel; higher bends the border more.",
);

pub(super) const GAMMA: Hyperparameter = choice(
    "gamma",
    "Reach",
    &[
        ("scale", "by the spread of the features"),
        ("auto", "by the number of features"),
        ("value", "given"),
    ],
    "How far a row reaches: scale is 1 / (features \u{b7} variance of all numbers), auto is 1 / features. Not for the linear kernel.",
);

pub(super) const GAMMA_VALUE: Hyperparameter = real_log(
    "gamma_value",
    "Given reach",
    (1e-9, 1e9, 0.1),
    "Gamma where it is given. Larger values let each row reach less far, so the border follows the rows more closely.",
);

pub(super) const COEF0: Hyperparameter = real(
    "coef0",
    "Constant of the kernel",
    (-1e6, 1e6, 0.0),
    "Added to the product in the polynomial and sigmoid kernels.",
);

/// The settings of a kernel, before the data are known.
#[derive(Debug, Clone)]
pub(super) struct KernelChoice {
    name: String,
    gamma: String,
    gamma_value: f64,
    coef0: f64,
    degree: u32,
}

impl KernelChoice {
    pub(super) fn new(settings: &Checked) -> Result<Self> {
        Ok(Self {
            name: settings.choice("kernel")?.to_owned(),
            gamma: settings.choice("gamma")?.to_owned(),
            gamma_value: settings.real("gamma_value")?,
            coef0: settings.real("coef0")?,
            degree: settings.count("degree")? as u32,
        })
    }

    /// The kernel for `data`. Where no number varies, gamma is 1, as in scikit-learn.
    pub(super) fn for_data(&self, data: &Dataset) -> Kernel {
        let d = data.n_features() as f64;
        let gamma = match self.gamma.as_str() {
            "value" => self.gamma_value,
            "auto" => 1.0 / d,
            _ => {
                let variance = math::moments(entries(data)).map_or(0.0, |m| m.variance);
                let gamma = 1.0 / (d * variance);
                if gamma.is_finite() { gamma } else { 1.0 }
            }
        };
        let (coef0, degree) = (self.coef0, self.degree);
        match self.name.as_str() {
            "linear" => Kernel::Linear,
            "poly" => Kernel::Poly {
                gamma,
                coef0,
                degree,
            },
            "sigmoid" => Kernel::Sigmoid { gamma, coef0 },
            _ => Kernel::Rbf { gamma },
        }
    }
}

impl Kernel {
    /// The kernel of `row` with all of `rows`, into `out` `(rows.len(),)`.
    pub(super) fn evaluate(self, rows: &PackedRows, row: &[f64], out: &mut [f64]) {
        match self {
            Self::Linear => rows.products(row, out),
            Self::Rbf { gamma } => {
                radial(rows, row, gamma, out);
            }
            Self::Poly {
                gamma,
                coef0,
                degree,
            } => {
                rows.products(row, out);
                out.iter_mut()
                    .for_each(|v| *v = power(gamma * *v + coef0, degree));
            }
            Self::Sigmoid { gamma, coef0 } => {
                rows.products(row, out);
                out.iter_mut()
                    .for_each(|v| *v = math::tanh(gamma * *v + coef0));
            }
        }
    }

    pub(super) fn put(self, parts: &mut Parts) {
        let (name, gamma, coef0, degree) = match self {
            Self::Linear => ("linear", None, None, None),
            Self::Rbf { gamma } => ("rbf", Some(gamma), None, None),
            Self::Poly {
                gamma,
                coef0,
                degree,
            } => ("poly", Some(gamma), Some(coef0), Some(degree)),
            Self::Sigmoid { gamma, coef0 } => ("sigmoid", Some(gamma), Some(coef0), None),
        };
        parts.put("kernel", name);
        gamma.into_iter().for_each(|v| parts.put("gamma", v));
        coef0.into_iter().for_each(|v| parts.put("coef0", v));
        degree.into_iter().for_each(|v| parts.put("degree", v));
    }

    pub(super) fn from_parts(parts: &Parts) -> Result<Self> {
        let gamma = || match parts.real("gamma")? {
            gamma if gamma > 0.0 => Ok(gamma),
            _ => Err(damaged("gamma")),
        };
        Ok(match parts.text("kernel")? {
            "linear" => Self::Linear,
            "rbf" => Self::Rbf { gamma: gamma()? },
            "poly" => Self::Poly {
                gamma: gamma()?,
                coef0: parts.real("coef0")?,
                degree: match parts.count("degree")? {
                    degree @ 1..=20 => degree as u32,
                    _ => return Err(damaged("degree")),
                },
            },
            "sigmoid" => Self::Sigmoid {
                gamma: gamma()?,
                coef0: parts.real("coef0")?,
            },
            _ => return Err(damaged("kernel")),
        })
    }
}

/// base^exponent by squaring.
fn power(base: f64, exponent: u32) -> f64 {
    let (mut result, mut square, mut left) = (1.0, base, exponent);
    while left > 0 {
        if left & 1 == 1 {
            result *= square;
        }
        square *= square;
        left >>= 1;
    }
    result
}

twofold! {
/// exp(−gamma·‖x − row‖²) for all rows x.
fn radial(rows: &PackedRows, row: &[f64], gamma: f64, out: &mut [f64]) {
    rows.sums(row, out, |x, y| (x - y) * (x - y));
    out.iter_mut().for_each(|v| *v = exp_f64(-gamma * *v));
}
}

/// Rows handled side by side.
const LANES: usize = 8;

/// Rows stored so that eight of them are compared with another at once: blocks of eight rows,
/// within a block feature by feature. The last block is filled up with zeros.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct PackedRows {
    n_rows: usize,
    n_features: usize,
    /// `(n_blocks, n_features, LANES)`.
    blocks: Vec<f64>,
}

impl PackedRows {
    /// Packs rows of `n_features` numbers each.
    pub(super) fn new<'a>(
        rows: impl ExactSizeIterator<Item = &'a [f64]>,
        n_features: usize,
    ) -> Self {
        let n_rows = rows.len();
        let mut blocks = vec![0.0; n_rows.div_ceil(LANES) * n_features * LANES];
        for (row, values) in rows.enumerate() {
            let start = row / LANES * n_features * LANES + row % LANES;
            for (feature, value) in values.iter().enumerate() {
                blocks[start + feature * LANES] = *value;
            }
        }
        Self {
            n_rows,
            n_features,
            blocks,
        }
    }

    /// Number of rows.
    pub(super) fn len(&self) -> usize {
        self.n_rows
    }

    /// Numbers that one comparison with all rows reads.
    pub(super) fn size(&self) -> usize {
        self.blocks.len()
    }

    /// Copies a row out.
    pub(super) fn row(&self, row: usize) -> Vec<f64> {
        let start = row / LANES * self.n_features * LANES + row % LANES;
        let feature = |j: usize| self.blocks[start + j * LANES];
        (0..self.n_features).map(feature).collect()
    }

    fn products(&self, row: &[f64], out: &mut [f64]) {
        self.sums(row, out, |x, y| x * y);
    }

    #[inline(always)]
    fn sums(&self, row: &[f64], out: &mut [f64], term: impl Fn(f64, f64) -> f64) {
        let blocks = self.blocks.chunks_exact(self.n_features * LANES);
        for (block, out) in blocks.zip(out.chunks_mut(LANES)) {
            let mut sums = [0.0; LANES];
            for (features, y) in block.chunks_exact(LANES).zip(row) {
                for (sum, x) in sums.iter_mut().zip(features) {
                    *sum += term(*x, *y);
                }
            }
            out.iter_mut().zip(sums).for_each(|(out, sum)| *out = sum);
        }
    }
}
