//! The search for bytes that may end a cell: 64 bytes are compared at once, and of each such
//! block the places found are kept as bits.

/// Bytes of a block.
const BLOCK: usize = 64;

/// Finds the next of a few bytes, from places that never go back.
pub(super) struct Stops {
    stops: [u8; 3],
    /// Which block `found` is of; none before the first search.
    block: Option<usize>,
    /// The places of stops in that block, a bit each.
    found: u64,
}

impl Stops {
    pub(super) fn new(stops: [u8; 3]) -> Self {
        Self {
            stops,
            block: None,
            found: 0,
        }
    }

    /// Where the next stop stands from `at` on; the end where there is none.
    #[inline]
    pub(super) fn next(&mut self, bytes: &[u8], at: usize) -> usize {
        let mut block = at / BLOCK;
        if self.block != Some(block) {
            self.look(bytes, block);
        }
        let mut found = self.found & (u64::MAX << (at % BLOCK));
        while found == 0 {
            block += 1;
            if block * BLOCK >= bytes.len() {
                return bytes.len();
            }
            self.look(bytes, block);
            found = self.found;
        }
        block * BLOCK + found.trailing_zeros() as usize
    }

    fn look(&mut self, bytes: &[u8], block: usize) {
        let rest = bytes.get(block * BLOCK..).unwrap_or_default();
        self.block = Some(block);
        self.found = match rest.first_chunk::<BLOCK>() {
            Some(block) => places(block, self.stops),
            None => rest.iter().enumerate().fold(0, |found, (place, byte)| {
                found | u64::from(self.stops.contains(byte)) << place
            }),
        };
    }
}

/// The places of the stops in a block.
#[inline]
fn places(block: &[u8; BLOCK], stops: [u8; 3]) -> u64 {
    let (quarters, _) = block.as_chunks::<16>();
    let quarters = quarters.iter().enumerate();
    quarters.fold(0, |found, (index, quarter)| {
        found | u64::from(places_of_16(quarter, stops)) << (16 * index)
    })
}

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
#[inline(always)]
fn places_of_16(bytes: &[u8; 16], [a, b, c]: [u8; 3]) -> u16 {
    use std::arch::wasm32::{u8x16_bitmask, u8x16_eq, u8x16_splat, u64x2, v128_or};
    let (low, high) = words(bytes);
    let bytes = u64x2(low, high);
    let is = |stop: u8| u8x16_eq(bytes, u8x16_splat(stop));
    u8x16_bitmask(v128_or(v128_or(is(a), is(b)), is(c)))
}

/// Eight bytes at once in a word.
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
#[inline(always)]
fn places_of_16(bytes: &[u8; 16], stops: [u8; 3]) -> u16 {
    const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    let places = |word: u64| {
        let differs = stops.map(|stop| {
            let difference = word ^ u64::from_le_bytes([stop; 8]);
            ((difference & LOW) + LOW) | difference
        });
        let found = !(differs[0] & differs[1] & differs[2] | LOW);
        // The highest bits of the eight bytes, side by side.
        ((found >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56) as u16
    };
    let (low, high) = words(bytes);
    places(low) | places(high) << 8
}

/// The lower and the higher half.
#[inline(always)]
fn words(bytes: &[u8; 16]) -> (u64, u64) {
    let both = u128::from_le_bytes(*bytes);
    (both as u64, (both >> 64) as u64)
}

/// Whether one of two bytes occurs.
pub(super) fn has_any(bytes: &[u8], [a, b]: [u8; 2]) -> bool {
    // As in `count`.
    let is = |x: u8| u8::from(x == a) + u8::from(x == b);
    let has = |piece: &[u8]| piece.iter().fold(0, |n: u8, x| n + is(*x)) > 0;
    bytes.chunks(120).any(has)
}

/// How often a byte occurs.
pub(super) fn count(bytes: &[u8], byte: u8) -> usize {
    // So many that the count of a piece fits a byte, in which the compiler adds sixteen at once.
    let pieces = bytes.chunks(240);
    let count = |piece: &[u8]| piece.iter().fold(0, |n: u8, b| n + u8::from(*b == byte));
    pieces.map(|piece| usize::from(count(piece))).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    /// From every place, what a loop over the bytes finds.
    fn check(bytes: &[u8]) {
        let is_stop = |byte: &u8| b",\n\r".contains(byte);
        let mut stops = Stops::new(*b",\n\r");
        for at in 0..bytes.len() {
            let next = bytes[at..].iter().position(is_stop);
            let expected = next.map_or(bytes.len(), |next| at + next);
            assert_eq!(stops.next(bytes, at), expected, "from {at} in {bytes:?}");
        }
        let has = bytes.iter().any(|byte| b"\n\r".contains(byte));
        assert_eq!(has_any(bytes, *b"\n\r"), has);
        let n = bytes.iter().filter(|byte| **byte == b',').count();
        assert_eq!(count(bytes, b','), n);
    }

    #[test]
    fn the_next_stop_is_that_of_a_loop() {
        let mut rng = Rng::new(1);
        for length in [0, 1, 15, 16, 63, 64, 65, 128, 300, 1000] {
            for spread in [2, 5, 300] {
                let mut byte = || match rng.below(spread) {
                    0 => b",\n\r"[rng.below(3)],
                    _ => rng.below(256) as u8,
                };
                let bytes: Vec<u8> = (0..length).map(|_| byte()).collect();
                check(&bytes);
            }
        }
        check(&[b'x'; 400]);
        check(&[b','; 400]);
    }
}
