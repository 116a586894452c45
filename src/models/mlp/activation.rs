//! What a neuron does with its weighted sum.

use crate::linalg::real::Real;

/// The function after a hidden layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// max(0, z): bends at 0; fast, the usual choice.
    Relu,
    /// The hyperbolic tangent: an S from −1 to 1.
    Tanh,
    /// 1 / (1 + e⁻ᶻ): an S from 0 to 1.
    Sigmoid,
    /// z where positive, z / 100 elsewhere: as ReLU, but no neuron dies.
    LeakyRelu,
    /// z · Φ(z), Φ the normal distribution: a smooth ReLU (Hendrycks & Gimpel, "Gaussian error
    /// linear units", 2016).
    Gelu,
    /// z as it is: the layer stays linear.
    Identity,
}

/// What [`Activation::LeakyRelu`] keeps of a negative sum, as in PyTorch.
const LEAK: f64 = 0.01;

impl Activation {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Relu,
        Self::Tanh,
        Self::Sigmoid,
        Self::LeakyRelu,
        Self::Gelu,
        Self::Identity,
    ];

    /// Their names on the wire and on the page, in the order of [`Activation::ALL`].
    pub const NAMES: &'static [(&'static str, &'static str)] = &[
        ("relu", "ReLU"),
        ("tanh", "tanh"),
        ("sigmoid", "sigmoid"),
        ("leaky_relu", "leaky ReLU"),
        ("gelu", "GELU"),
        ("identity", "linear"),
    ];

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        Self::NAMES[self as usize].0
    }

    /// The name on the page.
    pub fn label(self) -> &'static str {
        Self::NAMES[self as usize].1
    }

    /// The activation of a wire name.
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|a| a.as_str() == name)
    }

    /// Whether about half of its neurons are silent, or nearly, so that weights must start
    /// larger.
    pub(super) fn is_one_sided(self) -> bool {
        matches!(self, Self::Relu | Self::LeakyRelu | Self::Gelu)
    }

    /// Applies it in place. NaN stays NaN, so that divergence is seen.
    pub fn apply<T: Real>(self, values: &mut [T]) {
        match self {
            Self::Relu => each(values, relu),
            Self::Tanh => each(values, tanh),
            Self::Sigmoid => each(values, sigmoid),
            Self::LeakyRelu => each(values, leaky_relu),
            Self::Gelu => each(values, gelu),
            Self::Identity => {}
        }
    }

    /// Applies it in place and writes its slope at each value, to `slopes` of the same length.
    pub fn apply_with_slope<T: Real>(self, values: &mut [T], slopes: &mut [T]) {
        match self {
            Self::Relu => each_with_slope(values, slopes, relu),
            Self::Tanh => each_with_slope(values, slopes, tanh),
            Self::Sigmoid => each_with_slope(values, slopes, sigmoid),
            Self::LeakyRelu => each_with_slope(values, slopes, leaky_relu),
            Self::Gelu => each_with_slope(values, slopes, gelu),
            Self::Identity => slopes.fill(T::ONE),
        }
    }
}

#[inline(always)]
fn each<T: Real>(values: &mut [T], f: impl Fn(T) -> (T, T)) {
    values.iter_mut().for_each(|v| *v = f(*v).0);
}

#[inline(always)]
fn each_with_slope<T: Real>(values: &mut [T], slopes: &mut [T], f: impl Fn(T) -> (T, T)) {
    for (v, slope) in values.iter_mut().zip(slopes) {
        (*v, *slope) = f(*v);
    }
}

/// Value and slope at `z`; so are those that follow.
#[inline(always)]
fn relu<T: Real>(z: T) -> (T, T) {
    let zero = T::default();
    let slope = if z > zero { T::ONE } else { zero };
    (if z < zero { zero } else { z }, slope)
}

#[inline(always)]
fn tanh<T: Real>(z: T) -> (T, T) {
    let a = z.tanh();
    (a, T::ONE - a * a)
}

#[inline(always)]
fn sigmoid<T: Real>(z: T) -> (T, T) {
    let a = z.sigmoid();
    (a, a * (T::ONE - a))
}

#[inline(always)]
fn leaky_relu<T: Real>(z: T) -> (T, T) {
    let slope = if z > T::default() {
        T::ONE
    } else {
        T::from_f64(LEAK)
    };
    (z * slope, slope)
}

#[inline(always)]
fn gelu<T: Real>(z: T) -> (T, T) {
    let (below, density) = z.normal_distribution();
    (z * below, below + z * density)
}
