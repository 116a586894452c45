//! Sorting many numbers by their bits.

/// Bits of a digit.
const DIGIT: u32 = 11;

/// Sorts numbers ascending, −0 as 0; there must be no NaN. Digit by digit from the least: for a
/// column of a table that is several times faster than comparing.
pub(super) fn sort_floats(values: &mut [f64]) {
    if values.len() < 256 {
        values.sort_by(f64::total_cmp);
        return;
    }
    let mut keys: Vec<u64> = values.iter().map(|&v| key(v)).collect();
    let mut spare = vec![0; keys.len()];
    for shift in (0..u64::BITS).step_by(DIGIT as usize) {
        if sort_by_digit(&keys, &mut spare, shift) {
            std::mem::swap(&mut keys, &mut spare);
        }
    }
    for (value, key) in values.iter_mut().zip(keys) {
        *value = number(key);
    }
}

/// Bits that ascend as the numbers do.
fn key(value: f64) -> u64 {
    let bits = (value + 0.0).to_bits();
    if bits >> 63 == 1 {
        !bits
    } else {
        bits | 1 << 63
    }
}

fn number(key: u64) -> f64 {
    f64::from_bits(if key >> 63 == 1 {
        key & !(1 << 63)
    } else {
        !key
    })
}

/// Copies `keys` to `sorted` in the order of one digit; nothing where all have the same.
fn sort_by_digit(keys: &[u64], sorted: &mut [u64], shift: u32) -> bool {
    let digit = |key: u64| (key >> shift) as usize & ((1 << DIGIT) - 1);
    let mut starts = [0_usize; 1 << DIGIT];
    for &key in keys {
        starts[digit(key)] += 1;
    }
    if starts.contains(&keys.len()) {
        return false;
    }
    let mut next = 0;
    for start in &mut starts {
        next += std::mem::replace(start, next);
    }
    for &key in keys {
        let place = &mut starts[digit(key)];
        sorted[*place] = key;
        *place += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    #[test]
    fn sorts_as_comparing_does() {
        let mut rng = Rng::new(4);
        for n in [0, 1, 255, 256, 5_000] {
            let mut values: Vec<f64> = (0..n).map(|_| rng.normal() * 1e3).collect();
            values.extend([0.0, f64::MAX, f64::MIN, f64::MIN_POSITIVE, -1e-320]);
            let mut expected = values.clone();
            expected.sort_by(f64::total_cmp);
            sort_floats(&mut values);
            assert_eq!(values, expected);
        }
    }
}
