//! The random start: standard normal numbers from a counter, so that each is known by its seed, row and column alone.
//!
//! `splitmix64` (Steele, Lea & Flood 2014, section 4) hashes seed, row and column into two uniform numbers; Box & Muller (1958) makes a
//! normal one of them. Nothing depends on the order in which the numbers are drawn, so rows are drawn in parallel.

use crate::operator::Panel;
use rayon::prelude::*;

/// The increment of splitmix64: 2^64 divided by the golden ratio, odd.
const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// Rows that one task draws.
const ROWS_PER_TASK: usize = 1024;

/// An `n_rows x width` panel, row-major, of independent standard normal numbers: columns `first_column ..` of an endless panel.
pub(super) fn gaussian_panel(seed: u64, n_rows: usize, first_column: usize, width: usize) -> Panel {
    let mut panel = Panel::zeros(n_rows * width);
    if width > 0 {
        panel.par_chunks_mut(width).with_min_len(ROWS_PER_TASK).enumerate().for_each(|(row, values)| {
            for (column, value) in values.iter_mut().enumerate() {
                *value = gaussian(seed, row as u64, (first_column + column) as u64) as f32;
            }
        });
    }
    panel
}

/// `sqrt(-2 ln u) cos(2 pi v)` with u in (0, 1] and v in [0, 1).
fn gaussian(seed: u64, row: u64, column: u64) -> f64 {
    let state = mix(mix(mix(seed).wrapping_add(row)).wrapping_add(column));
    let u = ((mix(state) >> 11) + 1) as f64 / (1_u64 << 53) as f64;
    let v = (mix(state.wrapping_add(GOLDEN)) >> 11) as f64 / (1_u64 << 53) as f64;
    (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
}

/// One step of splitmix64 from the state `value`.
fn mix(value: u64) -> u64 {
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
        let outputs: Vec<u64> = (0..3).map(|i: u64| mix(1_234_567_u64.wrapping_add(i.wrapping_mul(GOLDEN)))).collect();
        assert_eq!(outputs, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }

    #[test]
    fn the_numbers_are_standard_normal() {
        let panel = gaussian_panel(42, 20_000, 0, 4);
        let n = panel.len() as f64;
        let mean = panel.iter().map(|&x| f64::from(x)).sum::<f64>() / n;
        let variance = panel.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>() / n;
        let fourth = panel.iter().map(|&x| f64::from(x).powi(4)).sum::<f64>() / n;
        assert!(mean.abs() < 0.015 && (variance - 1.0).abs() < 0.02 && (fourth - 3.0).abs() < 0.15, "{mean} {variance} {fourth}");
    }

    #[test]
    fn a_number_depends_on_seed_row_and_column_alone() {
        let wide = gaussian_panel(7, 100, 0, 10);
        let narrow = gaussian_panel(7, 50, 3, 2);
        assert_eq!(wide[20 * 10 + 4], narrow[20 * 2 + 1]);
        assert_ne!(*wide, *gaussian_panel(8, 100, 0, 10));
    }
}
