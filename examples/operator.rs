//! An operator of one's own: a matrix that is never stored, known by its products: `cargo run
//! --release --example operator`.
//!
//! The second difference `A` has 2 on its diagonal and -1 beside it; its singular values are
//! `2 - 2 cos(k pi / (n + 1))`, so the result can be compared with a formula.

#![expect(clippy::disallowed_methods, reason = "the result is compared within a tolerance")]

use std::io::Write;

use eigenlex::{LinearOperator, Precision, RandomizedSvd, Result};

/// `n x n`, in no memory at all.
struct SecondDifference {
    n: usize,
}

impl LinearOperator for SecondDifference {
    fn n_rows(&self) -> usize {
        self.n
    }

    fn n_columns(&self) -> usize {
        self.n
    }

    fn is_symmetric(&self) -> bool {
        true
    }

    // Panels are row-major: row i of `q` holds entry i of each of the `width` vectors.
    fn apply(&self, q: &[f32], width: usize, y: &mut [f32], _: Precision) -> Result<()> {
        for (i, y) in y.chunks_exact_mut(width).enumerate() {
            for (column, y) in y.iter_mut().enumerate() {
                let at = |row: usize| q[row * width + column];
                let before = if i > 0 { at(i - 1) } else { 0.0 };
                let after = if i + 1 < self.n { at(i + 1) } else { 0.0 };
                *y = 2.0 * at(i) - before - after;
            }
        }
        Ok(())
    }

    fn apply_transpose(&self, y: &[f32], width: usize, x: &mut [f32], p: Precision) -> Result<()> {
        self.apply(y, width, x, p)
    }

    fn squared_norm(&self) -> f64 {
        (4 * self.n + 2 * (self.n - 1)) as f64
    }
}

fn main() -> Result<()> {
    let a = SecondDifference { n: 400 };
    let svd = RandomizedSvd::new(5).tolerance(1e-2).decompose(&a, &())?;

    let mut output = std::io::stdout().lock();
    for (place, value) in svd.singular_values.iter().enumerate() {
        let k = (a.n - place) as f64;
        let exact = 2.0 - 2.0 * (k * std::f64::consts::PI / (a.n + 1) as f64).cos();
        // A closed pipe is no reason to fail.
        let _ = writeln!(output, "found {value:.4}, by the formula {exact:.4}");
    }
    let _ = writeln!(output, "converged: {}", svd.converged);
    Ok(())
}
