//! First pairs without a dictionary: words whose similarities to the other words of their own
//! language have similar distributions.
//!
//! In: the most frequent rows of two languages, `n x dim` each. Out: pairs. The square root of the
//! similarity matrix `X X^T` of a language has in its row i, sorted, a profile of word i that
//! depends neither on the spelling of the words nor on a rotation of the space; profiles of the two
//! languages are compared like vectors, by CSLS in both directions (Artetxe, Labaka & Agirre 2018,
//! "A robust self-learning method for fully unsupervised cross-lingual mappings of word
//! embeddings", section 3.2).
//!
//! `(X X^T)^(1/2) = X (X^T X)^(-1/2) X^T`, so a `dim x dim` root is all that is needed. Cost:
//! `4 n^2 dim + 2 n^3` operations, `8 n^2` bytes.

use faer::{Accum, MatMut, MatRef};
use rayon::prelude::*;

use super::procrustes::{cross_covariance, of_eigenvalues};
use super::retrieval::{Hubness, UnitRows, best_both};
use crate::base::error::Result;
use crate::linalg::dense::product;
use crate::linalg::dot::{length_of, write_unit};
use crate::linalg::product::multiply;

/// Rows of a product that one task makes: the other side is packed anew for each task.
const ROWS_PER_TASK: usize = 256;

/// A direction with less than this share of the largest eigenvalue counts as empty.
const SMALLEST_EIGENVALUE: f64 = 1e-10;

/// Pairs of rows of `x` and `y` (equally many of each) with the most similar profiles: the best of
/// each row, in both directions.
pub(crate) fn from_profiles(x: &[f32], y: &[f32], dim: usize) -> Result<Vec<(u32, u32)>> {
    let n = (x.len() / dim).min(y.len() / dim);
    let (x, y) = (profiles(&x[..n * dim], dim)?, profiles(&y[..n * dim], dim)?);
    let (x, y) = (UnitRows::new(&x, n), UnitRows::new(&y, n));
    let (from_x, from_y) = best_both(x, y, 1, 1, Some(&Hubness::new(x, y)));
    let mut pairs: Vec<(u32, u32)> =
        (0..n).filter_map(|row| Some((row as u32, from_x.row(row).next()?.0))).collect();
    pairs.extend((0..n).filter_map(|row| Some((from_y.row(row).next()?.0, row as u32))));
    Ok(pairs)
}

/// The sorted rows of `(X X^T)^(1/2)`, of unit length, centred, of unit length: `n x n`.
fn profiles(x: &[f32], dim: usize) -> Result<Vec<f32>> {
    let n = x.len() / dim;
    let same: Vec<(u32, u32)> = (0..n as u32).map(|row| (row, row)).collect();
    let gram = cross_covariance(x, x, dim, &same, None);
    let largest = (0..dim).map(|i| gram[(i, i)]).sum::<f64>();
    let root = of_eigenvalues(gram.as_ref(), |value| {
        if value > SMALLEST_EIGENVALUE * largest { 1.0 / value.sqrt() } else { 0.0 }
    })?;
    let wide: Vec<f64> = x.iter().map(|&number| f64::from(number)).collect();
    let left = product(MatRef::from_row_major_slice(&wide, n, dim), root.as_ref());
    let left: Vec<f32> = (0..n)
        .flat_map(|i| (0..dim).map(move |j| (i, j)))
        .map(|(i, j)| left[(i, j)] as f32)
        .collect();
    drop(wide);
    let mut profiles = vec![0.0f32; n * n];
    let all = MatRef::from_row_major_slice(x, n, dim);
    profiles.par_chunks_mut(ROWS_PER_TASK * n).zip(left.par_chunks(ROWS_PER_TASK * dim)).for_each(
        |(rows, left)| {
            let n_rows = rows.len() / n;
            let left = MatRef::from_row_major_slice(left, n_rows, dim);
            multiply(
                MatMut::from_row_major_slice_mut(rows, n_rows, n),
                Accum::Replace,
                left,
                all.transpose(),
            );
            rows.chunks_exact_mut(n).for_each(|row| row.sort_unstable_by(f32::total_cmp));
        },
    );
    unit_rows(&mut profiles, n);
    let mut mean = vec![0.0f64; n];
    for row in profiles.chunks_exact(n) {
        mean.iter_mut().zip(row).for_each(|(mean, &number)| *mean += f64::from(number));
    }
    let mean: Vec<f32> = mean.into_iter().map(|sum| (sum / n as f64) as f32).collect();
    profiles
        .par_chunks_exact_mut(n)
        .for_each(|row| row.iter_mut().zip(&mean).for_each(|(number, mean)| *number -= mean));
    unit_rows(&mut profiles, n);
    Ok(profiles)
}

/// Scales each row of `dim` values to unit length; zeros stay zeros.
pub(crate) fn unit_rows(rows: &mut [f32], dim: usize) {
    rows.par_chunks_exact_mut(dim).for_each(|row| {
        let vector = row.to_vec();
        write_unit(&vector, length_of(&vector), row);
    });
}
