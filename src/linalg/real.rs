//! What a kernel needs to know of a number, so that it is written once for f32 and f64.

use std::fmt::Debug;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Div, Mul, Neg, Sub};

use super::elementary;
use super::gemm::{self, Tile};
use crate::math;

/// 1 / √(2π).
const DENSITY_AT_0: f64 = 0.398_942_280_401_432_7;

/// A floating-point number: f32, where speed counts and six digits do, or f64.
pub trait Real:
    Copy
    + Debug
    + Default
    + PartialOrd
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + Sum
    + Send
    + Sync
    + 'static
{
    /// One.
    const ONE: Self;

    /// Columns of a register tile of a matrix product.
    const TILE_COLUMNS: usize;

    /// The nearest number of this type.
    fn from_f64(value: f64) -> Self;

    /// The same number with 64 bits.
    fn to_f64(self) -> f64;

    /// The square root, exact by IEEE 754.
    fn sqrt(self) -> Self;

    /// eˣ; stops at the ends of the range.
    fn exp(self) -> Self;

    /// The hyperbolic tangent.
    fn tanh(self) -> Self;

    /// The logistic function 1 / (1 + e⁻ˣ).
    fn sigmoid(self) -> Self;

    /// The standard normal distribution at this number: the probability below, and the density.
    fn normal_distribution(self) -> (Self, Self);

    /// Adds the product of two packed panels to a tile of a matrix; see [`gemm`].
    fn add_tile(a: &[Self], b: &[Self], tile: Tile<'_, Self>);

    /// The same with four rows of equal length instead of the first panel.
    fn add_tile_of_rows(a: [&[Self]; 4], b: &[Self], tile: Tile<'_, Self>);
}

impl Real for f32 {
    const ONE: Self = 1.0;
    const TILE_COLUMNS: usize = 8;

    #[inline(always)]
    fn from_f64(value: f64) -> Self {
        value as f32
    }

    #[inline(always)]
    fn to_f64(self) -> f64 {
        f64::from(self)
    }

    #[inline(always)]
    fn sqrt(self) -> Self {
        f32::sqrt(self)
    }

    #[inline(always)]
    fn exp(self) -> Self {
        elementary::exp_f32(self)
    }

    #[inline(always)]
    fn tanh(self) -> Self {
        elementary::tanh_f32(self)
    }

    #[inline(always)]
    fn sigmoid(self) -> Self {
        elementary::sigmoid_f32(self)
    }

    #[inline(always)]
    fn normal_distribution(self) -> (Self, Self) {
        elementary::normal_f32(self)
    }

    #[inline(always)]
    fn add_tile(a: &[Self], b: &[Self], tile: Tile<'_, Self>) {
        gemm::add_tile::<Self, 8>(a, b, tile);
    }

    #[inline(always)]
    fn add_tile_of_rows(a: [&[Self]; 4], b: &[Self], tile: Tile<'_, Self>) {
        gemm::add_tile_of_rows::<Self, 8>(a, b, tile);
    }
}

impl Real for f64 {
    const ONE: Self = 1.0;
    const TILE_COLUMNS: usize = 4;

    #[inline(always)]
    fn from_f64(value: f64) -> Self {
        value
    }

    #[inline(always)]
    fn to_f64(self) -> f64 {
        self
    }

    #[inline(always)]
    fn sqrt(self) -> Self {
        f64::sqrt(self)
    }

    #[inline(always)]
    fn exp(self) -> Self {
        elementary::exp_f64(self)
    }

    #[inline(always)]
    fn tanh(self) -> Self {
        math::tanh(self)
    }

    #[inline(always)]
    fn sigmoid(self) -> Self {
        math::sigmoid(self)
    }

    #[inline(always)]
    fn normal_distribution(self) -> (Self, Self) {
        let below = 0.5 * math::erfc(-self * std::f64::consts::FRAC_1_SQRT_2);
        (below, DENSITY_AT_0 * math::exp(-0.5 * self * self))
    }

    #[inline(always)]
    fn add_tile(a: &[Self], b: &[Self], tile: Tile<'_, Self>) {
        gemm::add_tile::<Self, 4>(a, b, tile);
    }

    #[inline(always)]
    fn add_tile_of_rows(a: [&[Self]; 4], b: &[Self], tile: Tile<'_, Self>) {
        gemm::add_tile_of_rows::<Self, 4>(a, b, tile);
    }
}
