//! Four lanes in an array, for machines without registers of their own here.

use std::array::from_fn;

pub(super) type Floats = [f32; 4];
pub(super) type Ints = [i32; 4];

#[inline(always)]
pub(super) fn splat(x: f32) -> Floats {
    [x; 4]
}

#[inline(always)]
pub(super) fn floats(x: [f32; 4]) -> Floats {
    x
}

#[inline(always)]
pub(super) fn add(a: Floats, b: Floats) -> Floats {
    from_fn(|i| a[i] + b[i])
}

#[inline(always)]
pub(super) fn subtract(a: Floats, b: Floats) -> Floats {
    from_fn(|i| a[i] - b[i])
}

#[inline(always)]
pub(super) fn multiply(a: Floats, b: Floats) -> Floats {
    from_fn(|i| a[i] * b[i])
}

#[inline(always)]
pub(super) fn divide(a: Floats, b: Floats) -> Floats {
    from_fn(|i| a[i] / b[i])
}

#[inline(always)]
pub(super) fn least(a: Floats, b: Floats) -> Floats {
    from_fn(|i| if a[i] < b[i] { a[i] } else { b[i] })
}

#[inline(always)]
pub(super) fn most(a: Floats, b: Floats) -> Floats {
    from_fn(|i| if a[i] > b[i] { a[i] } else { b[i] })
}

/// All bits set where it is.
#[inline(always)]
pub(super) fn is_less(a: Floats, b: Floats) -> Ints {
    from_fn(|i| if a[i] < b[i] { -1 } else { 0 })
}

#[inline(always)]
pub(super) fn choose(mask: Ints, a: Ints, b: Ints) -> Ints {
    from_fn(|i| (mask[i] & a[i]) | (!mask[i] & b[i]))
}

#[inline(always)]
pub(super) fn bits(mask: Ints) -> u32 {
    (0..4).fold(0, |bits, i| bits | u32::from(mask[i] < 0) << i)
}

#[inline(always)]
pub(super) fn splat_int(x: i32) -> Ints {
    [x; 4]
}

/// The first of each pair in the lower half.
#[inline(always)]
pub(super) fn pairs(x: [[i16; 2]; 4]) -> Ints {
    x.map(|[low, high]| i32::from(low as u16) | i32::from(high) << 16)
}

#[inline(always)]
pub(super) fn add_dot(sum: Ints, a: Ints, b: Ints) -> Ints {
    let product =
        |a: i32, b: i32| i32::from(a as i16) * i32::from(b as i16) + (a >> 16) * (b >> 16);
    from_fn(|i| sum[i] + product(a[i], b[i]))
}

#[inline(always)]
pub(super) fn to_floats(x: Ints) -> Floats {
    x.map(|x| x as f32)
}

#[inline(always)]
pub(super) fn ints(x: Ints) -> [i32; 4] {
    x
}

#[cfg(not(target_arch = "x86_64"))]
#[inline(always)]
pub(super) fn to_array(x: Floats) -> [f32; 4] {
    x
}
