//! How strongly two rows are joined by their distance on the map: 1 / (1 + a·d²ᵇ).

use crate::math;

/// Points at which the curve is fitted, as in umap-learn.
const POINTS: usize = 300;

/// Rounds at most; some 10 suffice.
const MAX_ROUNDS: usize = 100;

/// The shape of the curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Curve {
    /// What d²ᵇ is multiplied by.
    pub a: f64,
    /// Half the power of the distance.
    pub b: f64,
}

impl Curve {
    /// The curve nearest, by least squares, to 1 up to `min_dist` and exp(−(d − `min_dist`) /
    /// `spread`) beyond, on evenly spaced distances up to three times the spread.
    pub fn fit(spread: f64, min_dist: f64) -> Self {
        let distance = |i: usize| 3.0 * spread * i as f64 / (POINTS - 1) as f64;
        let wanted = |d: f64| {
            if d < min_dist {
                1.0
            } else {
                math::exp(-(d - min_dist) / spread)
            }
        };
        let points: Vec<(f64, f64)> = (0..POINTS).map(distance).map(|d| (d, wanted(d))).collect();
        let mut curve = Self { a: 1.0, b: 1.0 };
        let mut damping = 1e-3;
        for _ in 0..MAX_ROUNDS {
            let next = curve.improved(&points, damping);
            if next.error(&points) > curve.error(&points) {
                damping *= 10.0;
                continue;
            }
            let change = ((next.a - curve.a) / next.a).abs() + ((next.b - curve.b) / next.b).abs();
            (curve, damping) = (next, damping / 10.0);
            if change < 1e-12 {
                break;
            }
        }
        curve
    }

    /// How strongly rows are joined.
    ///
    /// - `square`: their squared distance.
    pub fn strength(&self, square: f64) -> f64 {
        1.0 / (1.0 + self.a * math::pow(square, self.b))
    }

    fn error(&self, points: &[(f64, f64)]) -> f64 {
        let miss = |&(d, y): &(f64, f64)| self.strength(d * d) - y;
        points.iter().map(miss).map(|r| r * r).sum()
    }

    /// One round of Levenberg and Marquardt.
    fn improved(&self, points: &[(f64, f64)], damping: f64) -> Self {
        let (mut aa, mut ab, mut bb, mut ar, mut br) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for &(d, y) in points.iter().filter(|point| point.0 > 0.0) {
            let q = self.strength(d * d);
            let power = math::pow(d * d, self.b);
            let by_a = -power * q * q;
            let by_b = self.a * by_a * math::ln(d * d);
            aa += by_a * by_a;
            ab += by_a * by_b;
            bb += by_b * by_b;
            ar += by_a * (y - q);
            br += by_b * (y - q);
        }
        (aa, bb) = (aa * (1.0 + damping), bb * (1.0 + damping));
        let determinant = aa * bb - ab * ab;
        let step = |x: f64| {
            if determinant > 0.0 {
                x / determinant
            } else {
                0.0
            }
        };
        Self {
            a: (self.a + step(bb * ar - ab * br)).max(1e-6),
            b: (self.b + step(aa * br - ab * ar)).max(1e-6),
        }
    }
}

/// Steps of the table in each doubling of the squared distance, and the doublings it spans.
const STEPS: u32 = 64;
const LEAST: f32 = 1.0 / (1 << 24) as f32;
const MOST: f32 = (1 << 16) as f32;
const SHIFT: u32 = f32::MANTISSA_DIGITS - 1 - STEPS.trailing_zeros();

/// What pulls and pushes two rows, by their squared distance: read from a table that is linear
/// between its entries, since powers would take most of the time.
#[derive(Debug, Clone)]
pub(super) struct Forces {
    /// Pull and push at each entry.
    table: Vec<[f32; 2]>,
}

impl Forces {
    pub(super) fn new(curve: Curve) -> Self {
        let n = (MOST.to_bits() - LEAST.to_bits()) >> SHIFT;
        let entry = |i: u32| {
            let square = f64::from(f32::from_bits(LEAST.to_bits() + (i << SHIFT)));
            let q = curve.strength(square);
            let pull = -2.0 * curve.a * curve.b * math::pow(square, curve.b - 1.0) * q;
            [pull as f32, (2.0 * curve.b * q / (0.001 + square)) as f32]
        };
        Self {
            table: (0..=n + 1).map(entry).collect(),
        }
    }

    /// Pull (negative) and push, to be multiplied by the difference of the places.
    #[inline(always)]
    pub(super) fn at(&self, square: f32) -> [f32; 2] {
        let offset = square.clamp(LEAST, MOST).to_bits() - LEAST.to_bits();
        let index = (offset >> SHIFT) as usize;
        let share = (offset & ((1 << SHIFT) - 1)) as f32 / (1 << SHIFT) as f32;
        match self.table.get(index..index + 2) {
            Some([low, high]) => [0, 1].map(|i| low[i] + share * (high[i] - low[i])),
            _ => [0.0; 2],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_near_the_formula() {
        let curve = Curve { a: 1.577, b: 0.895 };
        let forces = Forces::new(curve);
        for square in [1e-6, 0.003, 0.7, 1.0, 12.34, 999.9, 60_000.0] {
            let q = curve.strength(square);
            let pull = -2.0 * curve.a * curve.b * math::pow(square, curve.b - 1.0) * q;
            let push = 2.0 * curve.b * q / (0.001 + square);
            let [by_table, push_by_table] = forces.at(square as f32).map(f64::from);
            assert!((by_table / pull - 1.0).abs() < 1e-4, "{square}");
            assert!((push_by_table / push - 1.0).abs() < 1e-4, "{square}");
        }
    }
}
