//! Sorting of keys whose upper half is small.

/// Fewer keys than this are sorted by insertion: clearing the counters would cost more.
const INSERTION: usize = 40;

/// Keys from which wide digits, with their larger table of counts, save a pass.
const WIDE_FROM: usize = 4096;

/// Sorts `keys` by their upper 32 bits, which are below `2^n_bits`; equals keep their order.
///
/// `scratch` is overwritten. Cost: O(n_keys · n_bits / 8).
pub(super) fn sort_by_upper(keys: &mut Vec<u64>, scratch: &mut Vec<u64>, n_bits: u32) {
    if keys.len() < INSERTION {
        return insert(keys);
    }
    let widest = if keys.len() < WIDE_FROM { 8 } else { 11 };
    let n_passes = n_bits.div_ceil(widest);
    let width = n_bits.div_ceil(n_passes.max(1));
    scratch.resize(keys.len(), 0);
    for pass in 0..n_passes {
        distribute(keys, scratch, 32 + pass * width, width);
        std::mem::swap(keys, scratch);
    }
}

fn insert(keys: &mut [u64]) {
    for end in 1..keys.len() {
        let key = keys[end];
        let mut at = end;
        while at > 0 && keys[at - 1] >> 32 > key >> 32 {
            keys[at] = keys[at - 1];
            at -= 1;
        }
        keys[at] = key;
    }
}

/// Copies `keys` to `sorted` in the order of one digit.
fn distribute(keys: &[u64], sorted: &mut [u64], shift: u32, width: u32) {
    let mut places = [0_u32; 1 << 11];
    let mask = (1_usize << width.min(11)) - 1;
    let digit = |key: u64| (key >> shift) as usize & mask;
    for &key in keys {
        places[digit(key)] += 1;
    }
    let mut start = 0;
    for place in &mut places[..=mask] {
        (*place, start) = (start, start + *place);
    }
    for &key in keys {
        let place = &mut places[digit(key)];
        sorted[*place as usize] = key;
        *place += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    #[test]
    fn sorts_stably_at_every_size() {
        let mut rng = Rng::new(3);
        for (n, n_bits) in [(0, 1), (1, 5), (39, 9), (40, 1), (500, 15), (9000, 32)] {
            let upper = |rng: &mut Rng| (rng.next_u64() >> (64 - n_bits)) << 32;
            let mut keys: Vec<u64> = (0..n).map(|i| upper(&mut rng) | (n - i)).collect();
            let mut expected = keys.clone();
            expected.sort_by_key(|key| key >> 32);
            sort_by_upper(&mut keys, &mut Vec::new(), n_bits);
            assert_eq!(keys, expected);
        }
    }
}
