//! The only randomness: a named generator with named forks.
//!
//! PCG64 (M. O'Neill, "PCG: A family of simple fast space-efficient statistically good
//! algorithms for random number generation", 2014), seeded from outside. Range, shuffle and
//! normal draws are written here on 64-bit integers, because those of the `rand` crates may
//! change between releases and draw `usize` differently on 32- and 64-bit machines. The
//! first draws of seed 42 are pinned by tests.

use rand_core::{RngCore, SeedableRng};

use crate::math;

/// A stream of random numbers that is the same on every machine.
#[derive(Debug, Clone)]
pub struct Rng {
    seed: u64,
    stream: rand_pcg::Pcg64,
}

impl Rng {
    /// The stream of a seed.
    pub fn new(seed: u32) -> Self {
        Self::from_state(u64::from(seed))
    }

    fn from_state(seed: u64) -> Self {
        Self {
            seed,
            stream: rand_pcg::Pcg64::seed_from_u64(seed),
        }
    }

    /// A stream of its own for one purpose. It depends on the seed and the name alone, not on
    /// what was drawn before, so adding a draw in one place changes nothing elsewhere.
    ///
    /// ```
    /// use handlens::rng::Rng;
    /// let mut a = Rng::new(7);
    /// let before = a.fork("split").next_u64();
    /// a.next_u64();
    /// assert_eq!(before, a.fork("split").next_u64());
    /// assert_ne!(before, a.fork("init").next_u64());
    /// ```
    pub fn fork(&self, purpose: &str) -> Self {
        // FNV-1a over the name, then one SplitMix64 round with the seed.
        let name = purpose
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
            });
        Self::from_state(split_mix(self.seed ^ split_mix(name)))
    }

    /// A stream of its own for the `index`-th of many equal parts (a tree, a fold).
    pub fn fork_index(&self, purpose: &str, index: usize) -> Self {
        let named = self.fork(purpose);
        Self::from_state(split_mix(named.seed.wrapping_add(index as u64)))
    }

    /// 64 random bits.
    pub fn next_u64(&mut self) -> u64 {
        self.stream.next_u64()
    }

    /// An even draw from `[0, 1)` with 53 bits.
    pub fn uniform(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 * (1.0 / (1_u64 << 53) as f64)
    }

    /// An even draw from `low..high`.
    pub fn uniform_in(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.uniform()
    }

    /// An even draw from `0..n`; 0 where `n` is 0.
    ///
    /// Lemire's multiplication with rejection ("Fast random integer generation in an
    /// interval", ACM TOMACS 29(1), 2019): no bias.
    pub fn below(&mut self, n: usize) -> usize {
        let n = n as u64;
        if n == 0 {
            return 0;
        }
        let threshold = n.wrapping_neg() % n;
        loop {
            let product = u128::from(self.next_u64()) * u128::from(n);
            if product as u64 >= threshold {
                return (product >> 64) as usize;
            }
        }
    }

    /// A draw from the standard normal distribution (polar method of Marsaglia).
    pub fn normal(&mut self) -> f64 {
        loop {
            let u = self.uniform_in(-1.0, 1.0);
            let v = self.uniform_in(-1.0, 1.0);
            let s = u * u + v * v;
            if s > 0.0 && s < 1.0 {
                return u * (-2.0 * math::ln(s) / s).sqrt();
            }
        }
    }

    /// Brings `items` into an evenly drawn order (Fisher and Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }

    /// The numbers `0..n` in an evenly drawn order.
    pub fn permutation(&mut self, n: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..n).collect();
        self.shuffle(&mut order);
        order
    }
}

/// One round of SplitMix64 (Steele, Lea & Flood, OOPSLA 2014).
fn split_mix(state: u64) -> u64 {
    let mut z = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
