//! What a neuron does with its weighted sum.

use crate::linalg::real::Real;

/// The function after each hidden layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// max(0, z): bends at 0; fast, the usual choice.
    Relu,
    /// The hyperbolic tangent: an S from −1 to 1.
    Tanh,
    /// 1 / (1 + e⁻ᶻ): an S from 0 to 1.
    Sigmoid,
}

impl Activation {
    /// All, with their names on the wire.
    pub const ALL: [(&'static str, Self); 3] = [
        ("relu", Self::Relu),
        ("tanh", Self::Tanh),
        ("sigmoid", Self::Sigmoid),
    ];

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        Self::ALL[self as usize].0
    }

    /// The activation of a wire name.
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .find(|(id, _)| *id == name)
            .map(|(_, activation)| *activation)
    }

    /// Applies it in place. NaN stays NaN, so that divergence is seen.
    pub fn apply<T: Real>(self, values: &mut [T]) {
        let zero = T::default();
        match self {
            Self::Relu => values
                .iter_mut()
                .for_each(|v| *v = if *v < zero { zero } else { *v }),
            Self::Tanh => values.iter_mut().for_each(|v| *v = v.tanh()),
            Self::Sigmoid => values.iter_mut().for_each(|v| *v = v.sigmoid()),
        }
    }

    /// Multiplies `deltas` by the slope of the activation, which follows from its `values`:
    /// 1 where ReLU is positive, 1 − a² for tanh, a·(1 − a) for the sigmoid.
    pub fn multiply_slope<T: Real>(self, deltas: &mut [T], values: &[T]) {
        let zero = T::default();
        let pairs = deltas.iter_mut().zip(values);
        match self {
            Self::Relu => pairs.for_each(|(d, &a)| *d = if a > zero { *d } else { zero }),
            Self::Tanh => pairs.for_each(|(d, &a)| *d = *d * (T::ONE - a * a)),
            Self::Sigmoid => pairs.for_each(|(d, &a)| *d = *d * (a * (T::ONE - a))),
        }
    }
}
