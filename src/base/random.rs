//! Random numbers from a counter: each is known by its seed and two numbers alone, whoever asks, in
//! whatever order.
//!
//! `splitmix64` (Steele, Lea & Flood 2014, section 4) hashes seed, row and column into 64 bits.

use crate::base::functions::{cos, ln};

/// The increment of splitmix64: 2^64 divided by the golden ratio, odd.
const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// 64 random bits for a place in an endless table.
pub(crate) fn bits_at(seed: u64, row: u64, column: u64) -> u64 {
    mix(mix(mix(seed).wrapping_add(row)).wrapping_add(column))
}

/// A random number from 0 up to, but without, 1 for a place in an endless table.
pub(crate) fn uniform(seed: u64, row: u64, column: u64) -> f64 {
    (mix(bits_at(seed, row, column)) >> 11) as f64 / (1_u64 << 53) as f64
}

/// A standard normal number for a place in an endless table: `sqrt(-2 ln u) cos(2 pi v)` with u in
/// (0, 1] and v in [0, 1) (Box & Muller 1958).
pub(crate) fn gaussian(seed: u64, row: u64, column: u64) -> f64 {
    let state = bits_at(seed, row, column);
    let u = ((mix(state) >> 11) + 1) as f64 / (1_u64 << 53) as f64;
    let v = (mix(state.wrapping_add(GOLDEN)) >> 11) as f64 / (1_u64 << 53) as f64;
    (-2.0 * ln(u)).sqrt() * cos(std::f64::consts::TAU * v)
}

/// One step of splitmix64 from the state `value`.
pub(crate) fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(GOLDEN);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splitmix_gives_the_published_sequence() {
        // The first outputs for seed 1234567 in the reference implementation of S. Vigna.
        let outputs: Vec<u64> =
            (0..3).map(|i: u64| mix(1_234_567_u64.wrapping_add(i.wrapping_mul(GOLDEN)))).collect();
        assert_eq!(
            outputs,
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]
        );
    }

    #[test]
    fn uniform_numbers_fill_the_interval_evenly() {
        let mut tenths = [0u32; 10];
        for row in 0..100 {
            for column in 0..1000 {
                tenths[(10.0 * uniform(42, row, column)) as usize] += 1;
            }
        }
        // 10,000 each; the standard deviation is 95.
        assert!(tenths.iter().all(|&n| n.abs_diff(10_000) < 500), "{tenths:?}");
        assert_ne!(uniform(1, 2, 3), uniform(1, 3, 2));
    }
}
