//! Tall and skinny panels (`n x width`, row-major `f32`) and small matrices (`f64`): Gram matrices,
//! transforms, norms, eigenproblems.
//!
//! Every sum over rows goes over fixed chunks of rows and adds the chunks in order, so that the
//! bits do not depend on the threads.
//!
//! Panels are orthonormalised from their Gram matrix: `W = X R` with `X = W E L^(-1/2)`,
//! `R = L^(1/2) E^T`, where `W^T W = E L E^T` in `f64` (SVQB, Stathopoulos & Wu 2002, section 3).
//! Unlike Cholesky QR it shows which directions are noise, and drops them.

use std::ops::Range;

use faer::{Accum, Mat, MatRef};
use rayon::prelude::*;

use super::eigen::eigen;
use super::product::{multiply, multiply_widened};
use super::singular::{Singular, singular};
use super::tile::{add_inner, add_product};
use crate::base::error::{Error, Result};
use crate::base::functions::pow;
use crate::base::progress::Stage;
use crate::linalg::panel::Panel;

/// Rows in a chunk of a panel: 512 KiB at 64 columns, half a second-level cache.
pub(crate) const ROWS_PER_CHUNK: usize = 2048;

/// An eigenvalue of a Gram matrix in `f32` that is smaller than this fraction of the largest is not
/// much more than rounding.
const HIDDEN: f64 = 1e-4;

/// Columns of a Gram matrix that are made at a time: what lies above the diagonal is then a small
/// part of the work.
const GRAM_COLUMNS: usize = 64;

/// Columns of a product that are made at a time.
const COLUMNS_PER_GROUP: usize = 32;

/// Rows that are worked on at a time within a chunk, where several passes go over them: 256 KiB at
/// 256 columns.
pub(crate) const ROWS_PER_STEP: usize = 256;

/// `x^T y` (`a x b`) in `f64`, for panels `x` of `n x a` and `y` of `n x b`.
pub(crate) fn inner(x: &[f32], a: usize, y: &[f32], b: usize) -> Mat<f64> {
    let partial: Vec<Mat<f64>> = x
        .par_chunks(ROWS_PER_CHUNK * a.max(1))
        .zip(y.par_chunks(ROWS_PER_CHUNK * b.max(1)))
        .map(|(x, y)| {
            let rows = x.len() / a;
            let wide =
                |values: &[f32]| values.iter().map(|&value| f64::from(value)).collect::<Vec<f64>>();
            let mut sum = Mat::zeros(a, b);
            let (x, y) = (wide(x), wide(y));
            let (x, y) = (
                MatRef::from_row_major_slice(&x, rows, a),
                MatRef::from_row_major_slice(&y, rows, b),
            );
            multiply_widened(sum.as_mut(), Accum::Replace, x.transpose(), y);
            sum
        })
        .collect();
    in_order(partial, a, b)
}

/// The sum of matrices of `a x b`, in order.
fn in_order(partial: Vec<Mat<f64>>, a: usize, b: usize) -> Mat<f64> {
    partial.into_iter().fold(Mat::zeros(a, b), |sum, partial| sum + partial)
}

/// The lower half of `x^T x` (`width x width`) in `f64`; above the diagonal is whatever was made
/// with it.
pub(crate) fn gram(x: &[f32], width: usize) -> Mat<f64> {
    let partial: Vec<Mat<f64>> = x
        .par_chunks(ROWS_PER_CHUNK * width.max(1))
        .map(|x| {
            let mut sum = Mat::zeros(width, width);
            let wide: Vec<f64> = x.iter().map(|&value| f64::from(value)).collect();
            let x = MatRef::from_row_major_slice(&wide, x.len() / width, width);
            // The lower half, a group of columns after the other.
            for first in (0..width).step_by(GRAM_COLUMNS) {
                let n_columns = GRAM_COLUMNS.min(width - first);
                let below = x.subcols(first, width - first).transpose();
                let sum = sum.as_mut().submatrix_mut(first, first, width - first, n_columns);
                multiply_widened(sum, Accum::Replace, below, x.subcols(first, n_columns));
            }
            sum
        })
        .collect();
    in_order(partial, width, width)
}

/// `x^T x` (`width x width`) with sums of [`ROWS_PER_STEP`] rows in `f32`: for nearly orthonormal
/// columns that is as exact as they are.
fn short_gram(x: &[f32], width: usize) -> Mat<f64> {
    let sums: Vec<Vec<f64>> = x
        .par_chunks(ROWS_PER_CHUNK * width.max(1))
        .map(|x| {
            let (mut sums, mut part) = (vec![0.0_f64; width * width], vec![0.0_f32; width * width]);
            for x in x.chunks(ROWS_PER_STEP * width) {
                part.fill(0.0);
                add_inner(x, width, x, width, &mut part);
                sums.iter_mut().zip(&part).for_each(|(sum, &part)| *sum += f64::from(part));
            }
            sums
        })
        .collect();
    let mut sum = vec![0.0; width * width];
    for partial in sums {
        sum.iter_mut().zip(partial).for_each(|(sum, partial)| *sum += partial);
    }
    MatRef::from_row_major_slice(&sum, width, width).to_owned()
}

/// Replaces a panel of `n x a` by `w t` for a square `t`, in its own memory.
fn rotate(w: &mut [f32], t: MatRef<'_, f64>) {
    let width = t.nrows();
    let t: Vec<f32> = (0..width).flat_map(|i| (0..width).map(move |j| t[(i, j)] as f32)).collect();
    w.par_chunks_mut(ROWS_PER_CHUNK * width.max(1)).for_each_init(
        || vec![0.0; ROWS_PER_STEP * width],
        |rotated, w| {
            for w in w.chunks_mut(ROWS_PER_STEP * width) {
                let rotated = &mut rotated[..w.len()];
                rotated.fill(0.0);
                add_product(w, width, &t, width, rotated);
                w.copy_from_slice(rotated);
            }
        },
    );
}

/// `w t` (`n x b`) for a panel `w` of `n x a` and a small `t` of `a x b`.
pub(crate) fn transform(w: &[f32], t: MatRef<'_, f64>) -> Panel {
    let (a, b) = t.shape();
    let groups = column_groups(t);
    let mut result = Panel::zeros(w.len() / a.max(1) * b);
    result
        .par_chunks_mut(ROWS_PER_STEP * b.max(1))
        .zip(w.par_chunks(ROWS_PER_STEP * a.max(1)))
        .for_each(|(result, w)| {
            set_groups(result, b, &groups, |t, width, part| add_product(w, a, t, width, part));
        });
    result
}

/// The columns of a small matrix in groups of [`COLUMNS_PER_GROUP`], each row-major in `f32`, as
/// [`add_product`] takes them.
pub(crate) fn column_groups(y: MatRef<'_, f64>) -> Vec<(Range<usize>, Vec<f32>)> {
    let group = |first: usize| {
        let columns = first..y.ncols().min(first + COLUMNS_PER_GROUP);
        let numbers =
            (0..y.nrows()).flat_map(|i| columns.clone().map(move |j| y[(i, j)] as f32)).collect();
        (columns, numbers)
    };
    (0..y.ncols()).step_by(COLUMNS_PER_GROUP).map(group).collect()
}

/// Writes some rows of a panel of `width` columns, group after group: `add(y, columns, part)` adds
/// what belongs to the group `y` to a part of so many columns.
pub(crate) fn set_groups(
    rows: &mut [f32],
    width: usize,
    groups: &[(Range<usize>, Vec<f32>)],
    add: impl Fn(&[f32], usize, &mut [f32]),
) {
    let n_rows = rows.len() / width;
    let mut part = vec![0.0; n_rows * COLUMNS_PER_GROUP];
    for (columns, y) in groups {
        let part = &mut part[..n_rows * columns.len()];
        part.fill(0.0);
        add(y, columns.len(), part);
        for (row, part) in rows.chunks_exact_mut(width).zip(part.chunks_exact(columns.len())) {
            row[columns.clone()].copy_from_slice(part);
        }
    }
}

/// The squared length of each column of `x - y diag(scale)`, for panels of `n x width`.
pub(crate) fn squared_distances(x: &[f32], y: &[f32], scale: &[f64]) -> Vec<f64> {
    let width = scale.len();
    let chunk = ROWS_PER_CHUNK * width.max(1);
    let partial: Vec<Vec<f64>> = x
        .par_chunks(chunk)
        .zip(y.par_chunks(chunk))
        .map(|(x, y)| {
            let mut sums = vec![0.0; width];
            for (x, y) in x.chunks_exact(width).zip(y.chunks_exact(width)) {
                for (((sum, &x), &y), scale) in sums.iter_mut().zip(x).zip(y).zip(scale) {
                    let difference = f64::from(x) - f64::from(y) * scale;
                    *sum += difference * difference;
                }
            }
            sums
        })
        .collect();
    let mut sums = vec![0.0; width];
    for partial in partial {
        for (sum, partial) in sums.iter_mut().zip(partial) {
            *sum += partial;
        }
    }
    sums
}

/// Multiplies each column of a panel by its factor.
pub(crate) fn scale_columns(w: &mut [f32], factors: &[f64]) {
    let width = factors.len();
    if width > 0 {
        w.par_chunks_mut(ROWS_PER_CHUNK * width).for_each(|w| {
            for row in w.chunks_exact_mut(width) {
                for (value, factor) in row.iter_mut().zip(factors) {
                    *value = (f64::from(*value) * factor) as f32;
                }
            }
        });
    }
}

/// Columns `first .. first + count` of a panel of `width` columns, as a panel of their own.
pub(crate) fn columns_of(w: &[f32], width: usize, first: usize, count: usize) -> Panel {
    let mut part = Panel::zeros(w.len() / width * count);
    part.par_chunks_mut(ROWS_PER_CHUNK * count).zip(w.par_chunks(ROWS_PER_CHUNK * width)).for_each(
        |(part, w)| {
            for (part, w) in part.chunks_exact_mut(count).zip(w.chunks_exact(width)) {
                part.copy_from_slice(&w[first..first + count]);
            }
        },
    );
    part
}

/// Writes a panel of `count` columns into columns `first .. first + count` of a panel of `width`
/// columns.
pub(crate) fn set_columns(w: &mut [f32], width: usize, first: usize, part: &[f32], count: usize) {
    w.par_chunks_mut(ROWS_PER_CHUNK * width).zip(part.par_chunks(ROWS_PER_CHUNK * count)).for_each(
        |(w, part)| {
            for (w, part) in w.chunks_exact_mut(width).zip(part.chunks_exact(count)) {
                w[first..first + count].copy_from_slice(part);
            }
        },
    );
}

/// `W = X R` with orthonormal columns in `X`: see [`factor`].
pub(crate) struct Factors {
    /// `n x r`, row-major.
    pub(crate) x: Panel,
    /// `r x width`.
    pub(crate) r: Mat<f64>,
}

/// Splits a panel of `n x width` into orthonormal columns and coefficients, strongest direction
/// first. Directions shorter than `smallest`, and all but the `most` strongest, are dropped: `r`
/// has fewer rows then.
///
/// The columns are orthonormal as far as `f32` and the condition of `w` allow; a second application
/// mends what is left. With `loose`, the Gram matrix is summed in `f32` over some rows at a time,
/// unless that hides a direction.
pub(crate) fn factor(
    mut w: Panel,
    width: usize,
    smallest: f64,
    most: usize,
    loose: bool,
) -> Result<Factors> {
    let mut eigen =
        symmetric_eigen(if loose { short_gram(&w, width) } else { gram(&w, width) }.as_ref())?;
    if loose && eigen.0[0] < HIDDEN * eigen.0[width - 1] {
        eigen = symmetric_eigen(gram(&w, width).as_ref())?;
    }
    let (eigenvalues, eigenvectors) = eigen;
    let strongest: Vec<usize> =
        (0..width).rev().take(most).filter(|&i| eigenvalues[i] > smallest * smallest).collect();
    let x = Mat::from_fn(width, strongest.len(), |i, j| {
        eigenvectors[(i, strongest[j])] / eigenvalues[strongest[j]].sqrt()
    });
    let r = Mat::from_fn(strongest.len(), width, |i, j| {
        eigenvectors[(j, strongest[i])] * eigenvalues[strongest[i]].sqrt()
    });
    if strongest.len() == width {
        rotate(&mut w, x.as_ref());
        return Ok(Factors { x: w, r });
    }
    Ok(Factors { x: transform(&w, x.as_ref()), r })
}

/// The nearest orthonormal columns to nearly orthonormal ones: `x (x^T x)^(-1/2)`, and the root
/// `(x^T x)^(1/2)`.
pub(crate) fn straighten(mut x: Panel, width: usize) -> Result<Factors> {
    let (eigenvalues, e) = symmetric_eigen(short_gram(&x, width).as_ref())?;
    let power = |exponent: f64| {
        let scaled = Mat::from_fn(width, width, |i, j| {
            e[(i, j)] * pow(eigenvalues[j].max(f64::MIN_POSITIVE), exponent)
        });
        product(scaled.as_ref(), e.transpose())
    };
    rotate(&mut x, power(-0.5).as_ref());
    Ok(Factors { x, r: power(0.5) })
}

/// The Euclidean length of a row or a column of a small matrix.
pub(crate) fn norm<'a>(values: impl Iterator<Item = &'a f64>) -> f64 {
    values.map(|value| value * value).sum::<f64>().sqrt()
}

/// `a b` of small matrices.
pub(crate) fn product(a: MatRef<'_, f64>, b: MatRef<'_, f64>) -> Mat<f64> {
    let mut c = Mat::zeros(a.nrows(), b.ncols());
    multiply(c.as_mut(), Accum::Replace, a, b);
    c
}

/// The eigenvalues, rising, and eigenvectors (columns) of a small symmetric matrix, of which the
/// lower half is read.
pub(crate) fn symmetric_eigen(a: MatRef<'_, f64>) -> Result<(Vec<f64>, Mat<f64>)> {
    let n = a.nrows();
    if (0..n).any(|j| (j..n).any(|i| !a[(i, j)].is_finite())) {
        return Err(Error::NotFinite {
            stage: Stage::Svd,
            place: "an inner product of two vectors".into(),
        });
    }
    let rows = (0..n).flat_map(|i| (0..n).map(move |j| a[(i.max(j), i.min(j))])).collect();
    let (values, vectors) = eigen(rows, n).ok_or_else(no_convergence)?;
    Ok((values, MatRef::from_column_major_slice(&vectors, n, n).to_owned()))
}

/// The thin SVD of a dense matrix: `(u, s, v)` with falling `s`.
pub(crate) fn thin_svd(a: MatRef<'_, f64>) -> Result<(Mat<f64>, Vec<f64>, Mat<f64>)> {
    let (m, n) = a.shape();
    if m < n {
        let (v, s, u) = thin_svd(a.transpose())?;
        return Ok((u, s, v));
    }
    if (0..n).any(|j| (0..m).any(|i| !a[(i, j)].is_finite())) {
        return Err(no_convergence());
    }
    let columns = (0..n).flat_map(|j| (0..m).map(move |i| a[(i, j)])).collect();
    let Singular { left, values, right } = singular(columns, m, n).ok_or_else(no_convergence)?;
    let u = MatRef::from_column_major_slice(&left, m, n).to_owned();
    Ok((u, values, MatRef::from_column_major_slice(&right, n, n).to_owned()))
}

fn no_convergence() -> Error {
    Error::NotFinite {
        stage: Stage::Svd,
        place: "a small dense eigenproblem, which did not converge".into(),
    }
}
