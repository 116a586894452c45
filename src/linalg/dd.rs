//! Double-double arithmetic: numbers of about 32 digits as unevaluated sums of two `f64`.
//!
//! Used where a difference of nearly equal sums decides, as in the residuals of least squares.
//! Products are split without fused multiply-add, so every machine computes the same bits.
//! Valid for magnitudes from about 1e-140 to 1e140; callers scale by powers of two first.
//!
//! Reference: T. Dekker, "A floating-point technique for extending the available precision",
//! Numerische Mathematik 18, 1971.

/// A number as `hi + lo` with `|lo|` at most half a unit in the last place of `hi`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Dd {
    /// The number rounded to `f64`.
    pub hi: f64,
    /// What the rounding lost.
    pub lo: f64,
}

/// `a + b` exactly, as the rounded sum and its error (Knuth).
#[inline(always)]
pub fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let part = sum - a;
    (sum, (a - (sum - part)) + (b - part))
}

/// `x` as two halves of 26 bits (Veltkamp).
#[inline(always)]
pub fn split(x: f64) -> (f64, f64) {
    // 2^27 + 1 cuts the 53 bits in the middle.
    let shifted = 134_217_729.0 * x;
    let high = shifted - (shifted - x);
    (high, x - high)
}

/// `a · b` exactly, as the rounded product and its error (Dekker).
#[inline(always)]
pub fn two_prod(a: f64, b: f64) -> (f64, f64) {
    let (a_high, a_low) = split(a);
    let (b_high, b_low) = split(b);
    let product = a * b;
    let error = ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low;
    (product, error)
}

impl Dd {
    /// Zero.
    pub const ZERO: Self = Self { hi: 0.0, lo: 0.0 };

    /// The sum of a rounded number and a small rest, brought to normal form.
    #[inline(always)]
    pub fn new(hi: f64, lo: f64) -> Self {
        let (hi, lo) = two_sum(hi, lo);
        Self { hi, lo }
    }

    /// The nearest `f64`.
    pub fn to_f64(self) -> f64 {
        self.hi + self.lo
    }
}

impl From<f64> for Dd {
    fn from(hi: f64) -> Self {
        Self { hi, lo: 0.0 }
    }
}

impl std::ops::Neg for Dd {
    type Output = Self;
    fn neg(self) -> Self {
        Self {
            hi: -self.hi,
            lo: -self.lo,
        }
    }
}

impl std::ops::Add for Dd {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        let (sum, error) = two_sum(self.hi, other.hi);
        let (low, low_error) = two_sum(self.lo, other.lo);
        let first = Self::new(sum, error + low);
        Self::new(first.hi, first.lo + low_error)
    }
}

impl std::ops::Sub for Dd {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl std::ops::Mul for Dd {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        let (product, error) = two_prod(self.hi, other.hi);
        Self::new(product, error + (self.hi * other.lo + self.lo * other.hi))
    }
}

impl std::ops::Div for Dd {
    type Output = Self;
    /// Long division with two corrections.
    fn div(self, other: Self) -> Self {
        let first = self.hi / other.hi;
        let rest = self - other * Self::from(first);
        let second = rest.hi / other.hi;
        let rest = rest - other * Self::from(second);
        Self::new(first, second) + Self::from(rest.hi / other.hi)
    }
}

impl std::iter::Sum for Dd {
    fn sum<I: Iterator<Item = Self>>(numbers: I) -> Self {
        numbers.fold(Self::ZERO, |sum, number| sum + number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_and_sums_are_exact() {
        let (product, error) = two_prod(0.1, 0.1);
        assert_eq!(product, 0.1 * 0.1);
        assert_eq!(error, -8.326_672_684_688_674e-19);
        let (sum, lost) = two_sum(1.0, 1e-20);
        assert_eq!((sum, lost), (1.0, 1e-20));
    }

    #[test]
    fn thirds_add_up_to_one() {
        let third = Dd::from(1.0) / Dd::from(3.0);
        let one = third + third + third;
        assert!((one - Dd::from(1.0)).to_f64().abs() < 1e-31);
        assert!(((third * Dd::from(3.0)) - Dd::from(1.0)).to_f64().abs() < 1e-31);
    }
}
