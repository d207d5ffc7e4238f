//! The random start: standard normal numbers from a counter, so that each is known by its seed, row and column alone.
//!
//! Seed, row and column are hashed into two uniform numbers; Box & Muller (1958) makes a normal one of them. Nothing depends on the order in
//! which the numbers are drawn, so rows are drawn in parallel.

use crate::operator::Panel;
use crate::random::gaussian;
use rayon::prelude::*;

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
