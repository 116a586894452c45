//! Eight numbers side by side, for kernels whose selections the compiler does not vectorize.
//!
//! Every operation does to each lane what the plain one does to a number, so the bits are those
//! of a loop. The registers of 128 bits that wasm's simd128 and SSE2 have in common hold four
//! lanes; elsewhere an array stands for them.

#[cfg(not(any(
    all(target_arch = "wasm32", target_feature = "simd128"),
    target_arch = "x86_64"
)))]
use self::array as quad;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
use self::wasm as quad;
#[cfg(target_arch = "x86_64")]
use self::x86 as quad;

#[cfg(any(
    test,
    not(any(
        all(target_arch = "wasm32", target_feature = "simd128"),
        target_arch = "x86_64"
    ))
))]
mod array;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod wasm;
#[cfg(target_arch = "x86_64")]
mod x86;

/// Lanes of every type here.
pub(crate) const LANES: usize = 8;

/// Eight floating-point numbers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct F32x8([quad::Floats; 2]);

/// Eight whole numbers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct I32x8([quad::Ints; 2]);

/// Eight pairs of small whole numbers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pairs([quad::Ints; 2]);

/// Eight answers to a comparison.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mask([quad::Ints; 2]);

impl F32x8 {
    #[inline(always)]
    pub(crate) fn splat(x: f32) -> Self {
        Self([quad::splat(x); 2])
    }

    #[inline(always)]
    pub(crate) fn load(x: &[f32; LANES]) -> Self {
        let [a, b, c, d, e, f, g, h] = *x;
        Self([quad::floats([a, b, c, d]), quad::floats([e, f, g, h])])
    }

    #[inline(always)]
    fn with(self, other: Self, op: impl Fn(quad::Floats, quad::Floats) -> quad::Floats) -> Self {
        Self([op(self.0[0], other.0[0]), op(self.0[1], other.0[1])])
    }

    #[inline(always)]
    pub(crate) fn plus(self, other: Self) -> Self {
        self.with(other, quad::add)
    }

    #[inline(always)]
    pub(crate) fn minus(self, other: Self) -> Self {
        self.with(other, quad::subtract)
    }

    #[inline(always)]
    pub(crate) fn times(self, other: Self) -> Self {
        self.with(other, quad::multiply)
    }

    #[inline(always)]
    pub(crate) fn over(self, other: Self) -> Self {
        self.with(other, quad::divide)
    }

    /// This number where it is less than `other`, else `other` (so also where either is NaN).
    #[inline(always)]
    pub(crate) fn least(self, other: Self) -> Self {
        self.with(other, quad::least)
    }

    /// This number where it is greater than `other`, else `other` (so also where either is NaN).
    #[inline(always)]
    pub(crate) fn most(self, other: Self) -> Self {
        self.with(other, quad::most)
    }

    /// Where this number is less than `other`; never where either is NaN.
    #[inline(always)]
    pub(crate) fn is_less(self, other: Self) -> Mask {
        Mask([
            quad::is_less(self.0[0], other.0[0]),
            quad::is_less(self.0[1], other.0[1]),
        ])
    }

    #[inline(always)]
    pub(crate) fn to_array(self) -> [f32; LANES] {
        let ([a, b, c, d], [e, f, g, h]) = (quad::to_array(self.0[0]), quad::to_array(self.0[1]));
        [a, b, c, d, e, f, g, h]
    }
}

impl I32x8 {
    #[inline(always)]
    pub(crate) fn splat(x: i32) -> Self {
        Self([quad::splat_int(x); 2])
    }

    /// Adds the sum of both products of the pairs of each lane; it must stay in range.
    #[inline(always)]
    pub(crate) fn plus_dot(self, a: Pairs, b: Pairs) -> Self {
        Self([
            quad::add_dot(self.0[0], a.0[0], b.0[0]),
            quad::add_dot(self.0[1], a.0[1], b.0[1]),
        ])
    }

    /// The nearest floating-point numbers.
    #[inline(always)]
    pub(crate) fn to_f32(self) -> F32x8 {
        F32x8([quad::to_floats(self.0[0]), quad::to_floats(self.0[1])])
    }

    /// This number where `mask` says so, else `other`.
    #[inline(always)]
    pub(crate) fn where_else(self, mask: Mask, other: Self) -> Self {
        Self([
            quad::choose(mask.0[0], self.0[0], other.0[0]),
            quad::choose(mask.0[1], self.0[1], other.0[1]),
        ])
    }

    #[inline(always)]
    pub(crate) fn to_array(self) -> [i32; LANES] {
        let ([a, b, c, d], [e, f, g, h]) = (quad::ints(self.0[0]), quad::ints(self.0[1]));
        [a, b, c, d, e, f, g, h]
    }
}

impl Pairs {
    #[inline(always)]
    pub(crate) fn load(x: &[[i16; 2]; LANES]) -> Self {
        let [a, b, c, d, e, f, g, h] = *x;
        Self([quad::pairs([a, b, c, d]), quad::pairs([e, f, g, h])])
    }

    /// The same pair in every lane.
    #[inline(always)]
    pub(crate) fn splat([low, high]: [i16; 2]) -> Self {
        let both = u32::from(low as u16) | u32::from(high as u16) << 16;
        Self([quad::splat_int(both as i32); 2])
    }
}

impl Mask {
    /// One bit a lane, that of the first lane lowest.
    #[inline(always)]
    pub(crate) fn bits(self) -> u32 {
        quad::bits(self.0[0]) | quad::bits(self.0[1]) << 4
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers with all their special cases.
    const FLOATS: [f32; 8] = [
        0.0,
        -0.0,
        1.5,
        -7.25,
        f32::NAN,
        f32::INFINITY,
        f32::NEG_INFINITY,
        1e-40,
    ];

    fn same(a: [f32; LANES], b: [f32; LANES]) -> bool {
        let is_same = |(a, b): (f32, f32)| a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan();
        a.into_iter().zip(b).all(is_same)
    }

    #[test]
    fn lanes_do_what_single_numbers_do() {
        for shift in 0..LANES {
            let mut other = FLOATS;
            other.rotate_left(shift);
            let (a, b) = (F32x8::load(&FLOATS), F32x8::load(&other));
            let each = |op: fn(f32, f32) -> f32| -> [f32; LANES] {
                std::array::from_fn(|lane| op(FLOATS[lane], other[lane]))
            };
            assert!(same(a.plus(b).to_array(), each(|x, y| x + y)));
            assert!(same(a.minus(b).to_array(), each(|x, y| x - y)));
            assert!(same(a.times(b).to_array(), each(|x, y| x * y)));
            assert!(same(a.over(b).to_array(), each(|x, y| x / y)));
            assert!(same(
                a.least(b).to_array(),
                each(|x, y| if x < y { x } else { y })
            ));
            assert!(same(
                a.most(b).to_array(),
                each(|x, y| if x > y { x } else { y })
            ));
            let ints = I32x8::splat(7).where_else(a.is_less(b), I32x8::splat(-2));
            let expected = each(|x, y| if x < y { 7.0 } else { -2.0 });
            assert!(same(ints.to_f32().to_array(), expected));
            assert_eq!(ints.to_array().map(|x| x as f32), expected);
            for (lane, expected) in expected.into_iter().enumerate() {
                assert_eq!(a.is_less(b).bits() >> lane & 1 == 1, expected == 7.0);
            }
        }
    }

    #[test]
    fn pairs_are_multiplied_and_added_exactly() {
        let pairs = std::array::from_fn(|lane| [31 * lane as i16 - 100, 32_000 - lane as i16]);
        let sum = I32x8::splat(5).plus_dot(Pairs::load(&pairs), Pairs::splat([-3, 32_000]));
        for (lane, sum) in sum.to_array().into_iter().enumerate() {
            let [a, b] = pairs[lane].map(i32::from);
            assert_eq!(sum, 5 - 3 * a + 32_000 * b);
        }
        assert!(same(
            sum.to_f32().to_array(),
            sum.to_array().map(|x| x as f32)
        ));
    }

    #[cfg(target_arch = "x86_64")]
    #[test]
    fn registers_do_what_the_arrays_do() {
        for (a, b) in FLOATS.into_iter().flat_map(|a| FLOATS.map(|b| (a, b))) {
            let (x, y) = ([a, b, 1.0, -2.0], array::floats([b, a, 3.0, -5.0]));
            let (p, q) = (x86::floats(x), x86::floats(y));
            let check = |one: [f32; 4], other| {
                let other = x86::to_array(other);
                let both = one.into_iter().zip(other);
                let mut pairs =
                    both.map(|(a, b)| a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan());
                assert!(
                    pairs.all(|is_same| is_same),
                    "{x:?} {y:?}: {one:?} {other:?}"
                );
            };
            check(array::add(x, y), x86::add(p, q));
            check(array::subtract(x, y), x86::subtract(p, q));
            check(array::multiply(x, y), x86::multiply(p, q));
            check(array::divide(x, y), x86::divide(p, q));
            check(array::least(x, y), x86::least(p, q));
            check(array::most(x, y), x86::most(p, q));
            let masks = (array::is_less(x, y), x86::is_less(p, q));
            assert_eq!(array::bits(masks.0), x86::bits(masks.1));
            assert_eq!(array::ints(masks.0), x86::ints(masks.1));
            let (ints, registers) = (array::pairs([[1, 2]; 4]), x86::pairs([[1, 2]; 4]));
            assert_eq!(
                array::choose(masks.0, ints, array::splat_int(5)),
                x86::ints(x86::choose(masks.1, registers, x86::splat_int(5)))
            );
            check(array::splat(a), x86::splat(a));
        }
        let pairs = [[1, 2], [-3, 32_000], [32_000, 32_000], [-32_000, 7]];
        let (one, other) = (array::pairs(pairs), x86::pairs(pairs));
        let sums = array::add_dot(array::splat_int(9), one, one);
        let in_registers = x86::add_dot(x86::splat_int(9), other, other);
        assert_eq!(sums, x86::ints(in_registers));
        assert_eq!(
            array::to_floats(sums),
            x86::to_array(x86::to_floats(in_registers))
        );
    }
}
