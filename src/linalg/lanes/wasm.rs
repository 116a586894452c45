//! Four lanes in a register of simd128.

use core::arch::wasm32::{
    f32x4, f32x4_add, f32x4_convert_i32x4, f32x4_div, f32x4_extract_lane, f32x4_lt, f32x4_mul,
    f32x4_pmax, f32x4_pmin, f32x4_splat, f32x4_sub, i16x8, i32x4_add, i32x4_bitmask,
    i32x4_dot_i16x8, i32x4_extract_lane, i32x4_splat, v128, v128_bitselect,
};

pub(super) type Floats = v128;
pub(super) type Ints = v128;

#[inline(always)]
pub(super) fn splat(x: f32) -> Floats {
    f32x4_splat(x)
}

#[inline(always)]
pub(super) fn floats([a, b, c, d]: [f32; 4]) -> Floats {
    f32x4(a, b, c, d)
}

#[inline(always)]
pub(super) fn add(a: Floats, b: Floats) -> Floats {
    f32x4_add(a, b)
}

#[inline(always)]
pub(super) fn subtract(a: Floats, b: Floats) -> Floats {
    f32x4_sub(a, b)
}

#[inline(always)]
pub(super) fn multiply(a: Floats, b: Floats) -> Floats {
    f32x4_mul(a, b)
}

#[inline(always)]
pub(super) fn divide(a: Floats, b: Floats) -> Floats {
    f32x4_div(a, b)
}

/// `a < b ? a : b`; the instruction keeps its first operand unless the second is less.
#[inline(always)]
pub(super) fn least(a: Floats, b: Floats) -> Floats {
    f32x4_pmin(b, a)
}

/// `a > b ? a : b`.
#[inline(always)]
pub(super) fn most(a: Floats, b: Floats) -> Floats {
    f32x4_pmax(b, a)
}

#[inline(always)]
pub(super) fn is_less(a: Floats, b: Floats) -> Ints {
    f32x4_lt(a, b)
}

#[inline(always)]
pub(super) fn choose(mask: Ints, a: Ints, b: Ints) -> Ints {
    v128_bitselect(a, b, mask)
}

#[inline(always)]
pub(super) fn bits(mask: Ints) -> u32 {
    u32::from(i32x4_bitmask(mask))
}

#[inline(always)]
pub(super) fn splat_int(x: i32) -> Ints {
    i32x4_splat(x)
}

#[inline(always)]
pub(super) fn pairs([[a, b], [c, d], [e, f], [g, h]]: [[i16; 2]; 4]) -> Ints {
    i16x8(a, b, c, d, e, f, g, h)
}

#[inline(always)]
pub(super) fn add_dot(sum: Ints, a: Ints, b: Ints) -> Ints {
    i32x4_add(sum, i32x4_dot_i16x8(a, b))
}

#[inline(always)]
pub(super) fn to_floats(x: Ints) -> Floats {
    f32x4_convert_i32x4(x)
}

#[inline(always)]
pub(super) fn ints(x: Ints) -> [i32; 4] {
    [
        i32x4_extract_lane::<0>(x),
        i32x4_extract_lane::<1>(x),
        i32x4_extract_lane::<2>(x),
        i32x4_extract_lane::<3>(x),
    ]
}

#[inline(always)]
pub(super) fn to_array(x: Floats) -> [f32; 4] {
    [
        f32x4_extract_lane::<0>(x),
        f32x4_extract_lane::<1>(x),
        f32x4_extract_lane::<2>(x),
        f32x4_extract_lane::<3>(x),
    ]
}
