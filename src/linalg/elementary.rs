//! Exponential functions in plain arithmetic, for loops over many numbers.
//!
//! Those of [`crate::math`] branch and look tables up, one number at a time. These are straight
//! lines of additions, multiplications and bit shifts, so the compiler runs four (f32) or two
//! (f64) numbers at once, and every machine gives the same bits.
//!
//! All start alike: x = n·ln 2 + r with whole n and |r| ≤ ½ ln 2. Then eˣ = 2ⁿ·eʳ, where eʳ is a
//! short polynomial or fraction (S. Moshier, "Methods and Programs for Mathematical Functions",
//! 1989, and his Cephes library) and 2ⁿ is written into the exponent bits. NaN stays NaN.
//!
//! Bounds, tested against `libm` over the whole range: [`exp_f32`] and [`sigmoid_f32`] 3e-7,
//! [`tanh_f32`] 4e-7, [`exp_f64`] 5e-16, relative; [`normal_f32`] 3e-7 absolute. Beyond the range of the type they stop at
//! its ends (about 1e-38 and 1e38 for f32, 1e-307 and 1e307 for f64) instead of 0 and infinity.

/// Adding this to a small f32 rounds it to a whole number, kept in the low bits.
const ROUND_F32: f32 = 12_582_912.0; // 1.5 · 2²³
const ROUND_F64: f64 = 6_755_399_441_055_744.0; // 1.5 · 2⁵²

/// Splits eˣ into 2ⁿ and eʳ − 1, so that both eˣ and eˣ − 1 keep their digits.
#[inline(always)]
fn split_f32(x: f32) -> (f32, f32) {
    let x = if x < -87.0 { -87.0 } else { x };
    let x = if x > 88.0 { 88.0 } else { x };
    let shifted = x * std::f32::consts::LOG2_E + ROUND_F32;
    let n = shifted - ROUND_F32;
    // ln 2 in two parts; the product with the first is exact.
    let r = (x - n * 0.693_359_4) - n * -2.121_944_4e-4;
    let mut p = 1.987_569_1e-4;
    for c in [
        1.398_199_9e-3,
        8.333_452e-3,
        4.166_579_6e-2,
        0.166_666_65,
        0.5,
    ] {
        p = p * r + c;
    }
    let power = f32::from_bits(
        shifted
            .to_bits()
            .wrapping_sub(ROUND_F32.to_bits())
            .wrapping_add(127)
            << 23,
    );
    (power, r + r * r * p)
}

/// eˣ.
#[inline(always)]
pub fn exp_f32(x: f32) -> f32 {
    let (power, rest) = split_f32(x);
    power + power * rest
}

/// The hyperbolic tangent, exact to the last digits near 0 too.
#[inline(always)]
pub fn tanh_f32(x: f32) -> f32 {
    let size = x.abs();
    // Beyond 10 the answer rounds to 1.
    let size = if size > 10.0 { 10.0 } else { size };
    let (power, rest) = split_f32(2.0 * size);
    let expm1 = power * rest + (power - 1.0);
    (expm1 / (expm1 + 2.0)).copysign(x)
}

/// The logistic function 1 / (1 + e⁻ˣ).
#[inline(always)]
pub fn sigmoid_f32(x: f32) -> f32 {
    1.0 / (1.0 + exp_f32(-x))
}

/// The standard normal distribution: the probability below `x`, and the density.
///
/// The tail is a polynomial in 1 / (1 + 0.3276·|x|/√2) times e^(−x²/2) (Abramowitz & Stegun,
/// "Handbook of Mathematical Functions", 1964, 7.1.26), within 3e-7 of the truth.
#[inline(always)]
pub fn normal_f32(x: f32) -> (f32, f32) {
    let bell = exp_f32(-0.5 * x * x);
    let t = 1.0 / (1.0 + 0.231_641_9 * x.abs());
    let mut p = 1.061_405_4_f32;
    for c in [-1.453_152_1, 1.421_413_7, -0.284_496_72, 0.254_829_6] {
        p = p * t + c;
    }
    let tail = 0.5 * p * t * bell;
    let below = if x < 0.0 { tail } else { 1.0 - tail };
    (below, 0.398_942_3 * bell)
}

/// eˣ.
#[inline(always)]
pub fn exp_f64(x: f64) -> f64 {
    let x = if x < -708.0 { -708.0 } else { x };
    let x = if x > 709.0 { 709.0 } else { x };
    let shifted = x * std::f64::consts::LOG2_E + ROUND_F64;
    let n = shifted - ROUND_F64;
    let r = (x - n * 0.693_145_751_953_125) - n * 1.428_606_820_309_417_2e-6;
    let s = r * r;
    let p = r * ((1.261_771_930_748_105_9e-4 * s + 3.029_944_077_074_419_5e-2) * s + 1.0);
    let q = ((3.001_985_051_386_644_6e-6 * s + 2.524_483_403_496_841e-3) * s
        + 0.227_265_548_208_155_03)
        * s
        + 2.0;
    let power = f64::from_bits(
        shifted
            .to_bits()
            .wrapping_sub(ROUND_F64.to_bits())
            .wrapping_add(1023)
            << 52,
    );
    power + power * (2.0 * (p / (q - p)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn worst(low: f64, high: f64, ours: impl Fn(f64) -> f64, exact: impl Fn(f64) -> f64) -> f64 {
        let n = 2_000_000;
        (0..=n)
            .map(|i| low + (high - low) * f64::from(i) / f64::from(n))
            .map(|x| (ours(x) - exact(x)).abs() / exact(x).abs().max(1e-300))
            .fold(0.0, f64::max)
    }

    #[test]
    fn keep_their_bounds() {
        let exp = |x: f64| libm::exp(x);
        let narrow = |x: f64| x as f32;
        let error = worst(
            -86.9,
            87.9,
            |x| exp_f32(narrow(x)).into(),
            |x| exp(narrow(x).into()),
        );
        assert!(error < 3e-7, "exp_f32 {error:e}");
        let exact = |x: f64| libm::tanh(narrow(x).into());
        let error = worst(-12.0, 12.0, |x| tanh_f32(narrow(x)).into(), exact);
        assert!(error < 4e-7, "tanh_f32 {error:e}");
        let error = worst(-1e-3, 1e-3, |x| tanh_f32(narrow(x)).into(), exact);
        assert!(error < 4e-7, "tanh_f32 near 0 {error:e}");
        let exact = |x: f64| 1.0 / (1.0 + exp(-f64::from(narrow(x))));
        let error = worst(-86.0, 86.0, |x| sigmoid_f32(narrow(x)).into(), exact);
        assert!(error < 3e-7, "sigmoid_f32 {error:e}");
        let error = worst(-700.0, 700.0, exp_f64, exp);
        assert!(error < 5e-16, "exp_f64 {error:e}");
    }

    #[test]
    fn the_normal_distribution_keeps_its_bound() {
        let mut x = -12.0_f32;
        while x < 12.0 {
            let (below, density) = normal_f32(x);
            let wide = f64::from(x);
            let exact = 0.5 * libm::erfc(-wide * std::f64::consts::FRAC_1_SQRT_2);
            assert!((f64::from(below) - exact).abs() < 3e-7, "{x}");
            let exact = libm::exp(-0.5 * wide * wide) / (2.0 * std::f64::consts::PI).sqrt();
            assert!((f64::from(density) - exact).abs() < 3e-7, "{x}");
            x += 0.001;
        }
        assert!(normal_f32(f32::NAN).0.is_nan());
    }

    #[test]
    fn stop_at_the_ends_and_pass_nan() {
        assert!(exp_f32(1e30).is_finite() && exp_f32(-1e30) < 1e-37);
        assert!(exp_f64(1e300).is_finite() && exp_f64(-1e300) < 1e-300);
        assert_eq!(tanh_f32(1e30), 1.0);
        assert_eq!(tanh_f32(-f32::INFINITY), -1.0);
        assert_eq!((exp_f32(0.0), exp_f64(0.0), tanh_f32(0.0)), (1.0, 1.0, 0.0));
        assert!(exp_f32(f32::NAN).is_nan() && exp_f64(f64::NAN).is_nan());
        assert!(tanh_f32(f32::NAN).is_nan() && sigmoid_f32(f32::NAN).is_nan());
    }
}
