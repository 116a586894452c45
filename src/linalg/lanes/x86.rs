//! Four lanes in a register of SSE2, which every x86-64 has.

use core::arch::x86_64::{
    __m128, __m128i, _mm_add_epi32, _mm_add_ps, _mm_and_si128, _mm_andnot_si128, _mm_castps_si128,
    _mm_castsi128_ps, _mm_cmplt_ps, _mm_cvtepi32_ps, _mm_cvtsi128_si32, _mm_div_ps, _mm_madd_epi16,
    _mm_max_ps, _mm_min_ps, _mm_movemask_ps, _mm_mul_ps, _mm_or_si128, _mm_set1_epi32, _mm_set1_ps,
    _mm_setr_epi16, _mm_setr_ps, _mm_shuffle_epi32, _mm_sub_ps,
};

/// Calls instructions of SSE2.
macro_rules! sse2 {
    ($call:expr) => {
        // SAFETY: they touch no memory, and every x86-64 has them.
        unsafe { $call }
    };
}

pub(super) type Floats = __m128;
pub(super) type Ints = __m128i;

#[inline(always)]
pub(super) fn splat(x: f32) -> Floats {
    sse2!(_mm_set1_ps(x))
}

#[inline(always)]
pub(super) fn floats([a, b, c, d]: [f32; 4]) -> Floats {
    sse2!(_mm_setr_ps(a, b, c, d))
}

#[inline(always)]
pub(super) fn add(a: Floats, b: Floats) -> Floats {
    sse2!(_mm_add_ps(a, b))
}

#[inline(always)]
pub(super) fn subtract(a: Floats, b: Floats) -> Floats {
    sse2!(_mm_sub_ps(a, b))
}

#[inline(always)]
pub(super) fn multiply(a: Floats, b: Floats) -> Floats {
    sse2!(_mm_mul_ps(a, b))
}

#[inline(always)]
pub(super) fn divide(a: Floats, b: Floats) -> Floats {
    sse2!(_mm_div_ps(a, b))
}

/// `a < b ? a : b`, as the instruction is defined.
#[inline(always)]
pub(super) fn least(a: Floats, b: Floats) -> Floats {
    sse2!(_mm_min_ps(a, b))
}

/// `a > b ? a : b`, as the instruction is defined.
#[inline(always)]
pub(super) fn most(a: Floats, b: Floats) -> Floats {
    sse2!(_mm_max_ps(a, b))
}

#[inline(always)]
pub(super) fn is_less(a: Floats, b: Floats) -> Ints {
    sse2!(_mm_castps_si128(_mm_cmplt_ps(a, b)))
}

#[inline(always)]
pub(super) fn choose(mask: Ints, a: Ints, b: Ints) -> Ints {
    sse2!(_mm_or_si128(
        _mm_and_si128(mask, a),
        _mm_andnot_si128(mask, b)
    ))
}

#[inline(always)]
pub(super) fn bits(mask: Ints) -> u32 {
    sse2!(_mm_movemask_ps(_mm_castsi128_ps(mask)) as u32)
}

#[inline(always)]
pub(super) fn splat_int(x: i32) -> Ints {
    sse2!(_mm_set1_epi32(x))
}

#[inline(always)]
pub(super) fn pairs([[a, b], [c, d], [e, f], [g, h]]: [[i16; 2]; 4]) -> Ints {
    sse2!(_mm_setr_epi16(a, b, c, d, e, f, g, h))
}

#[inline(always)]
pub(super) fn add_dot(sum: Ints, a: Ints, b: Ints) -> Ints {
    sse2!(_mm_add_epi32(sum, _mm_madd_epi16(a, b)))
}

#[inline(always)]
pub(super) fn to_floats(x: Ints) -> Floats {
    sse2!(_mm_cvtepi32_ps(x))
}

#[inline(always)]
pub(super) fn ints(x: Ints) -> [i32; 4] {
    sse2!([
        _mm_cvtsi128_si32(x),
        _mm_cvtsi128_si32(_mm_shuffle_epi32::<1>(x)),
        _mm_cvtsi128_si32(_mm_shuffle_epi32::<2>(x)),
        _mm_cvtsi128_si32(_mm_shuffle_epi32::<3>(x)),
    ])
}

#[inline(always)]
pub(super) fn to_array(x: Floats) -> [f32; 4] {
    ints(sse2!(_mm_castps_si128(x))).map(|bits| f32::from_bits(bits as u32))
}
