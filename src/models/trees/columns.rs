//! Features as ranks: splits compare small integers, and their order is found by counting.

use ndarray::ArrayView1;

use super::radix::sort_by_upper;
use crate::parallel::map_chunks;
use crate::prepare::Dataset;

/// One feature: the rank of each sample among the distinct values.
#[derive(Debug, Clone, Default)]
pub(in crate::models) struct Column {
    /// `(n_samples,)`, each an index into `values`.
    pub codes: Vec<u32>,
    /// The distinct values, ascending; −0 is 0.
    pub values: Vec<f64>,
}

impl Column {
    fn new(x: ArrayView1<f64>) -> Self {
        let keys: Vec<u64> = x.iter().map(|&v| to_ordered(v)).collect();
        let order = order_of(&keys);
        let mut column = Self {
            codes: vec![0; keys.len()],
            values: Vec::new(),
        };
        let mut last = None;
        for row in order {
            let key = keys[row as usize];
            if last != Some(key) {
                column.values.push(from_ordered(key));
                last = Some(key);
            }
            column.codes[row as usize] = column.values.len() as u32 - 1;
        }
        column
    }

    /// Where to part the value of `code` from that of the next code in the node: at half the
    /// distance, and never so that rounding sends the upper one to the left.
    pub(in crate::models) fn threshold(&self, code: u32, next: u32) -> f64 {
        let (a, b) = (self.values[code as usize], self.values[next as usize]);
        let middle = a + (b - a) / 2.0;
        if a <= middle && middle < b { middle } else { a }
    }

    /// The largest code whose value is at most `threshold`, which is no less than the first.
    pub(in crate::models) fn code_up_to(&self, threshold: f64) -> u32 {
        self.values
            .partition_point(|value| *value <= threshold)
            .max(1) as u32
            - 1
    }
}

/// Maps numbers to integers of the same order.
fn to_ordered(value: f64) -> u64 {
    let bits = (value + 0.0).to_bits();
    if bits >> 63 == 1 {
        !bits
    } else {
        bits | 1 << 63
    }
}

fn from_ordered(key: u64) -> f64 {
    f64::from_bits(if key >> 63 == 1 {
        key & !(1 << 63)
    } else {
        !key
    })
}

/// The indices of `keys` in ascending order: by the lower half first, then by the upper.
fn order_of(keys: &[u64]) -> Vec<u32> {
    let (mut pairs, mut scratch) = (Vec::with_capacity(keys.len()), Vec::new());
    pairs.extend((0_u64..).zip(keys).map(|(row, key)| key << 32 | row));
    // Short decimals such as 0.5 have nothing in the lower half.
    if keys.iter().any(|key| *key as u32 != keys[0] as u32) {
        sort_by_upper(&mut pairs, &mut scratch, 32);
    }
    for pair in &mut pairs {
        let row = *pair & 0xffff_ffff;
        *pair = (keys[row as usize] >> 32) << 32 | row;
    }
    sort_by_upper(&mut pairs, &mut scratch, 32);
    pairs.into_iter().map(|pair| pair as u32).collect()
}

/// All features of a data set, ranked a few at a time.
#[derive(Debug, Clone, Default)]
pub(in crate::models) struct Columns {
    columns: Vec<Column>,
}

/// Features ranked side by side; fixed, so that a step is bounded.
const AT_ONCE: usize = 4;

impl Columns {
    /// Ranks some more features of `data`; returns whether all are there.
    pub(in crate::models) fn add_some(&mut self, data: &Dataset, budget: usize) -> bool {
        let p = data.n_features();
        // Ranking a value costs about as much as eight comparisons in a node.
        let mut left = budget / 8;
        while self.columns.len() < p && left > 0 {
            let first = self.columns.len();
            let n = AT_ONCE.min(p - first);
            let made = map_chunks(n, 1, |k| Column::new(data.x.column(first + k.start)));
            self.columns.extend(made);
            left = left.saturating_sub(n * data.n_samples());
        }
        self.columns.len() == p
    }

    pub(in crate::models) fn n_features(&self) -> usize {
        self.columns.len()
    }

    pub(in crate::models) fn column(&self, feature: u32) -> &Column {
        &self.columns[feature as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(values: &[f64]) -> Column {
        Column::new(ArrayView1::from(values))
    }

    #[test]
    fn ranks_are_of_distinct_values() {
        let column = column(&[2.5, -1e300, 0.0, -0.0, 2.5, 5e-324, -3.0]);
        assert_eq!(column.values, [-1e300, -3.0, 0.0, 5e-324, 2.5]);
        assert_eq!(column.codes, [4, 0, 2, 2, 4, 3, 1]);
    }

    #[test]
    fn a_threshold_parts_what_it_should() {
        let next = |v: f64| f64::from_bits(v.to_bits() + 1);
        for (a, b) in [
            (1.0, next(1.0)),
            (0.0, 5e-324),
            (-f64::MAX, f64::MAX),
            (1e308, f64::MAX),
            (-next(1.0), -1.0),
            (1.0, 2.0),
        ] {
            let t = column(&[a, b]).threshold(0, 1);
            assert!(a <= t && t < b, "{a} {t} {b}");
        }
        assert_eq!(column(&[1.0, 2.0]).threshold(0, 1), 1.5);
    }

    #[test]
    fn codes_up_to_a_threshold() {
        let column = column(&[1.0, 2.0, 4.0]);
        assert_eq!(
            [1.0, 1.5, 2.0, 3.9].map(|t| column.code_up_to(t)),
            [0, 0, 1, 1]
        );
    }
}
