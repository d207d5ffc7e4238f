//! The random start: standard normal numbers from a counter, so that each is known by its seed, row
//! and column alone.
//!
//! Seed, row and column are hashed into two uniform numbers; Box & Muller (1958) makes a normal one
//! of them. Nothing depends on the order in which the numbers are drawn, so rows are drawn in
//! parallel.

use crate::base::random::{bits_at, gaussian, mix};
use crate::linalg::panel::Panel;
use rayon::prelude::*;

/// Rows that one task draws.
const ROWS_PER_TASK: usize = 1024;

/// An `n_rows x width` panel, row-major, of independent standard normal numbers: columns
/// `first_column ..` of an endless panel.
pub(super) fn gaussian_panel(seed: u64, n_rows: usize, first_column: usize, width: usize) -> Panel {
    let mut panel = Panel::zeros(n_rows * width);
    if width > 0 {
        panel.par_chunks_mut(width).with_min_len(ROWS_PER_TASK).enumerate().for_each(
            |(row, values)| {
                for (column, value) in values.iter_mut().enumerate() {
                    *value = gaussian(seed, row as u64, (first_column + column) as u64) as f32;
                }
            },
        );
    }
    panel
}

/// An `n_rows x width` panel, row-major, of 1 and -1 with equal probability: as good as normal
/// numbers where only means of squares count, or the space that a start spans, and ten times as
/// quick.
pub(super) fn sign_panel(seed: u64, n_rows: usize, width: usize) -> Panel {
    let mut panel = Panel::zeros(n_rows * width);
    if width > 0 {
        panel.par_chunks_mut(width).with_min_len(ROWS_PER_TASK).enumerate().for_each(
            |(row, values)| {
                for (part, values) in values.chunks_mut(64).enumerate() {
                    let bits = mix(bits_at(seed, row as u64, part as u64));
                    for (column, value) in values.iter_mut().enumerate() {
                        *value = if bits >> column & 1 == 0 { 1.0 } else { -1.0 };
                    }
                }
            },
        );
    }
    panel
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_standard_normal() {
        let panel = gaussian_panel(42, 20_000, 0, 4);
        let n = panel.len() as f64;
        let mean = panel.iter().map(|&x| f64::from(x)).sum::<f64>() / n;
        let variance = panel.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>() / n;
        let fourth = panel.iter().map(|&x| f64::from(x).powi(4)).sum::<f64>() / n;
        assert!(
            mean.abs() < 0.015 && (variance - 1.0).abs() < 0.02 && (fourth - 3.0).abs() < 0.15,
            "{mean} {variance} {fourth}"
        );
    }

    #[test]
    fn signs_are_even_and_independent() {
        let panel = sign_panel(42, 20_000, 70);
        assert!(panel.iter().all(|x| x.abs() == 1.0));
        for (left, right) in [(0, 1), (3, 40), (10, 64), (69, 5)] {
            let sum = |f: fn(&[f32], usize, usize) -> f32| {
                panel.chunks_exact(70).map(|row| f(row, left, right)).sum::<f32>().abs()
            };
            // Within 4 standard deviations.
            assert!(
                sum(|row, left, _| row[left]) < 566.0
                    && sum(|row, left, right| row[left] * row[right]) < 566.0
            );
        }
        assert_eq!(panel[17 * 70 + 3], sign_panel(42, 18, 10)[17 * 10 + 3]);
        assert_ne!(*panel, *sign_panel(43, 20_000, 70));
    }

    #[test]
    fn a_number_depends_on_seed_row_and_column_alone() {
        let wide = gaussian_panel(7, 100, 0, 10);
        let narrow = gaussian_panel(7, 50, 3, 2);
        assert_eq!(wide[20 * 10 + 4], narrow[20 * 2 + 1]);
        assert_ne!(*wide, *gaussian_panel(8, 100, 0, 10));
    }
}
