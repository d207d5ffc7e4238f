//! From a panel near the wanted singular vectors of one side to singular triplets with residuals.
//!
//! In: `A` and an orthonormal panel `Z` (`d x l`, near right singular vectors, or `n x l`, near
//! left ones; `l >= rank`). Out: an [`Svd`].
//!
//! The other side is `Y = A Z` (or `A^T Z`); with `Y^T Y = P S^2 P^T` the triplets are `Z P`, `S`,
//! `Y P S^(-1)`: the best that the space of `Z` holds, and without the squared rounding errors that
//! the eigenvalues of `A^T A` have. For a symmetric matrix `Z^T A Z = P diag(theta) P^T`. The
//! matrix is read once (twice for left vectors `Z`): the product back, `A^T Y`, is made in the same
//! sweep and rotated by `P` afterwards.

use faer::Mat;
use rayon::prelude::*;

use super::random::gaussian_panel;
use super::result::Svd;
use super::symmetrized::Form;
use crate::base::error::Result;
use crate::linalg::dense::{
    ROWS_PER_CHUNK, columns_of, gram, inner, scale_columns, set_columns, squared_distances,
    straighten, symmetric_eigen, thin_svd, transform,
};
use crate::linalg::panel::Panel;
use crate::operator::{LinearOperator, Precision, add_squares};

/// Below this fraction of the largest, a singular value is the rounding of `f32`, and the vector of
/// the other side cannot be found by a division by it.
const NULL: f64 = 1e-7;

/// Columns that are multiplied at a time at the end: at 64 the products are at their fastest.
pub(super) const COLUMNS_AT_A_TIME: usize = 64;

/// The singular triplets in the range of `z`, and their residuals; `products` used so far are
/// counted on.
pub(super) fn extract(
    a: &dyn LinearOperator,
    form: Form,
    z: Panel,
    width: usize,
    rank: usize,
    left_vectors: bool,
    products: usize,
) -> Result<Svd> {
    let mut svd = match form {
        Form::Symmetric => symmetric_triplets(a, &z, width, rank, left_vectors)?,
        Form::Columns => column_triplets(a, z, width, rank, left_vectors)?,
        Form::Rows => row_triplets(a, z, width, rank, left_vectors)?,
    };
    svd.products += products;
    fix_signs(&mut svd);
    Ok(svd)
}

/// Turns each triplet so that the entry of `v_i` of largest size, the first among equals, is
/// positive.
pub(super) fn fix_signs(svd: &mut Svd) {
    let signs = signs(&svd.v, svd.rank());
    scale_columns(&mut svd.v, &signs);
    if let Some(u) = &mut svd.u {
        scale_columns(u, &signs);
    }
}

/// `z` spans right vectors: `Y = A Z` is seen row by row and `W = A^T Y` comes with it, so that
/// `A^T u_i = W p_i / s_i` is known as well. The rows are kept only if the left vectors are wanted:
/// they can be many more than the columns.
fn column_triplets(
    a: &dyn LinearOperator,
    z: Panel,
    width: usize,
    rank: usize,
    left_vectors: bool,
) -> Result<Svd> {
    let mut w = Panel::zeros(a.n_columns() * width);
    let mut y = Panel::zeros(if left_vectors { a.n_rows() * width } else { 0 });
    let squares = if left_vectors {
        let (mut squares, mut seen) = (vec![0.0; width * width], 0);
        a.apply_gram(&z, width, &mut w, Precision::Full, &mut |rows| {
            add_squares(&mut squares, rows, width);
            y[seen..seen + rows.len()].copy_from_slice(rows);
            seen += rows.len();
        })?;
        squares
    } else {
        a.apply_gram_squares(&z, width, &mut w, Precision::Full)?
    };
    let squares = Mat::from_fn(width, width, |i, j| squares[i * width + j]);
    let (singular_values, p) = leading(&squares, rank)?;
    let v = transform(&z, p.as_ref());
    drop(z);
    let back = transform(&w, p.as_ref());
    drop(w);
    let squares = back_residuals(back, &v, &singular_values);
    let mut u = left_vectors.then(|| transform(&y, p.as_ref()));
    drop(y);
    if let Some(u) = &mut u {
        normalize(u, &singular_values)?;
    }
    Ok(Svd::assemble(a, singular_values, v.into_vec(), u.map(Panel::into_vec), squares, 2 * width))
}

/// `z` spans left vectors: `X = A^T Z` spans the right ones, and `W = A X` gives
/// `A v_i = W p_i / s_i`.
fn row_triplets(
    a: &dyn LinearOperator,
    z: Panel,
    width: usize,
    rank: usize,
    left_vectors: bool,
) -> Result<Svd> {
    let x = products_of(a, &z, width, width, a.n_columns(), true)?;
    let w = products_of(a, &x, width, width, a.n_rows(), false)?;
    let (singular_values, p) = leading(&gram(&x, width), rank)?;
    let u = transform(&z, p.as_ref());
    drop(z);
    let back = transform(&w, p.as_ref());
    drop(w);
    let squares = back_residuals(back, &u, &singular_values);
    let mut v = transform(&x, p.as_ref());
    drop(x);
    normalize(&mut v, &singular_values)?;
    Ok(Svd::assemble(
        a,
        singular_values,
        v.into_vec(),
        left_vectors.then(|| u.into_vec()),
        squares,
        2 * width,
    ))
}

/// `A z` (or `A^T z`, if `transposed`), `n_rows x count`, for the first `count` columns of `z`, a
/// few columns at a time: each is summed for itself, and the partial sums of a product are as wide
/// as its panel.
pub(super) fn products_of(
    a: &dyn LinearOperator,
    z: &[f32],
    width: usize,
    count: usize,
    n_rows: usize,
    transposed: bool,
) -> Result<Panel> {
    let mut y = Panel::zeros(n_rows * count);
    for first in (0..count).step_by(COLUMNS_AT_A_TIME) {
        // Rows of a panel fill whole lines of a cache, as far as there are columns.
        let n_columns = COLUMNS_AT_A_TIME.min(width - first);
        let z = columns_of(z, width, first, n_columns);
        let mut part = Panel::zeros(n_rows * n_columns);
        if transposed {
            a.apply_transpose(&z, n_columns, &mut part, Precision::Full)?
        } else {
            a.apply(&z, n_columns, &mut part, Precision::Full)?
        }
        let n_wanted = n_columns.min(count - first);
        if n_wanted < n_columns {
            part = columns_of(&part, n_columns, 0, n_wanted);
        }
        set_columns(&mut y, count, first, &part, n_wanted);
    }
    Ok(y)
}

/// `z` spans eigenvectors of a symmetric matrix.
fn symmetric_triplets(
    a: &dyn LinearOperator,
    z: &Panel,
    width: usize,
    rank: usize,
    left_vectors: bool,
) -> Result<Svd> {
    let mut y = Panel::zeros(a.n_rows() * width);
    a.apply(z, width, &mut y, Precision::Full)?;
    let h = inner(z, width, &y, width);
    let h = Mat::from_fn(width, width, |i, j| 0.5 * (h[(i, j)] + h[(j, i)]));
    let (values, vectors) = symmetric_eigen(h.as_ref())?;
    let mut order: Vec<usize> = (0..width).collect();
    order.sort_by(|&i, &j| values[j].abs().total_cmp(&values[i].abs()).then(j.cmp(&i)));
    let p = Mat::from_fn(width, rank, |i, j| vectors[(i, order[j])]);
    let theta: Vec<f64> = order[..rank].iter().map(|&i| values[i]).collect();
    let v = transform(z, p.as_ref());
    let squares = squared_distances(&transform(&y, p.as_ref()), &v, &theta);
    let singular_values = theta.iter().map(|theta| theta.abs()).collect();
    let u = left_vectors.then(|| turned(&v, &theta));
    Ok(Svd::assemble(a, singular_values, v.into_vec(), u, squares, width))
}

/// The left vectors of a symmetric matrix: its eigenvectors, each times the sign of its eigenvalue.
pub(super) fn turned(v: &[f32], theta: &[f64]) -> Vec<f32> {
    let signs: Vec<f64> = theta.iter().map(|&theta| if theta < 0.0 { -1.0 } else { 1.0 }).collect();
    let mut u = v.to_vec();
    scale_columns(&mut u, &signs);
    u
}

/// The roots of the `rank` largest eigenvalues of a Gram matrix, falling, and their vectors.
fn leading(gram: &Mat<f64>, rank: usize) -> Result<(Vec<f64>, Mat<f64>)> {
    let width = gram.nrows();
    let (values, vectors) = symmetric_eigen(gram.as_ref())?;
    let p = Mat::from_fn(width, rank, |i, j| vectors[(i, width - 1 - j)]);
    Ok(((0..rank).map(|i| values[width - 1 - i].max(0.0).sqrt()).collect(), p))
}

/// The squared residuals `|back_i / s_i - s_i near_i|^2`, where `back = A^T A V` for right vectors
/// `near = V`; on the other side they are zero, because its vectors are defined as `A v_i / s_i`.
/// For a null triplet, whose other vector is any in the null space, they are
/// `|A v - s u|^2 = 2 s^2`.
fn back_residuals(mut back: Panel, near: &[f32], singular_values: &[f64]) -> Vec<f64> {
    let is_null = |s: f64| s <= NULL * singular_values[0];
    scale_columns(
        &mut back,
        &singular_values
            .iter()
            .map(|&s| if is_null(s) { 0.0 } else { 1.0 / s })
            .collect::<Vec<f64>>(),
    );
    let squares = squared_distances(&back, near, singular_values);
    squares
        .into_iter()
        .zip(singular_values)
        .map(|(square, &s)| if is_null(s) { 2.0 * s * s } else { square })
        .collect()
}

/// All triplets of a small matrix by the dense SVD in `f64`; the residuals are those of the vectors
/// rounded to `f32`.
pub(super) fn dense_triplets(
    a: &dyn LinearOperator,
    rank: usize,
    left_vectors: bool,
) -> Result<Svd> {
    let (n_rows, n_columns) = (a.n_rows(), a.n_columns());
    let side = n_rows.min(n_columns);
    let mut identity = vec![0.0; side * side];
    identity.iter_mut().step_by(side + 1).for_each(|value| *value = 1.0);
    let dense = if n_columns <= n_rows {
        let mut values = Panel::zeros(n_rows * side);
        a.apply(&identity, side, &mut values, Precision::Full)?;
        Mat::from_fn(n_rows, n_columns, |i, j| f64::from(values[i * side + j]))
    } else {
        let mut values = Panel::zeros(n_columns * side);
        a.apply_transpose(&identity, side, &mut values, Precision::Full)?;
        Mat::from_fn(n_rows, n_columns, |i, j| f64::from(values[j * side + i]))
    };
    let (u, s, v) = thin_svd(dense.as_ref())?;
    let rows_of = |m: &Mat<f64>| {
        let rows = (0..m.nrows()).flat_map(|i| (0..rank).map(move |j| (i, j)));
        rows.map(|place| m[place] as f32).collect::<Vec<f32>>()
    };
    let (mut right, mut left) = (rows_of(&v), rows_of(&u));
    let signs = signs(&right, rank);
    scale_columns(&mut right, &signs);
    scale_columns(&mut left, &signs);
    let s = s[..rank].to_vec();
    let (mut y, mut x) = (Panel::zeros(n_rows * rank), Panel::zeros(n_columns * rank));
    a.apply(&right, rank, &mut y, Precision::Full)?;
    a.apply_transpose(&left, rank, &mut x, Precision::Full)?;
    let (forward, transposed) =
        (squared_distances(&y, &left, &s), squared_distances(&x, &right, &s));
    let squares = forward
        .iter()
        .zip(&transposed)
        .map(|(forward, transposed)| forward.max(*transposed))
        .collect();
    Ok(Svd::assemble(a, s, right, left_vectors.then_some(left), squares, side + 2 * rank))
}

/// Divides each column by its singular value, so that it has length 1; columns that are null are
/// replaced by unit vectors orthogonal to the others.
pub(super) fn normalize(y: &mut [f32], singular_values: &[f64]) -> Result<()> {
    let rank = singular_values.len();
    let n_sound = singular_values.iter().take_while(|&&s| s > NULL * singular_values[0]).count();
    scale_columns(
        y,
        &singular_values.iter().map(|&s| if s > 0.0 { 1.0 / s } else { 0.0 }).collect::<Vec<f64>>(),
    );
    if n_sound < rank {
        let n_rows = y.len() / rank;
        let complete = complete(&columns_of(y, rank, 0, n_sound), n_rows, n_sound, rank)?;
        y.copy_from_slice(&complete);
    }
    Ok(())
}

/// `wanted` orthonormal columns of which the first `width` are given: the others are random
/// vectors, orthogonalised three times.
pub(super) fn complete(panel: &[f32], n_rows: usize, width: usize, wanted: usize) -> Result<Panel> {
    let missing = wanted - width;
    let mut fresh = gaussian_panel(0, n_rows, 0, missing);
    for _ in 0..3 {
        if width > 0 {
            let along = transform(panel, inner(panel, width, &fresh, missing).as_ref());
            for (fresh, along) in fresh.iter_mut().zip(along.iter()) {
                *fresh -= along;
            }
        }
        fresh = straighten(fresh, missing)?.x;
    }
    let mut complete = Panel::zeros(n_rows * wanted);
    if width > 0 {
        set_columns(&mut complete, wanted, 0, panel, width);
    }
    set_columns(&mut complete, wanted, width, &fresh, missing);
    Ok(complete)
}

/// For each column of a panel, the sign of its entry of largest size, the first among equals.
fn signs(v: &[f32], width: usize) -> Vec<f64> {
    let larger = |mut largest: Vec<f32>, row: &[f32]| {
        for (largest, &value) in largest.iter_mut().zip(row) {
            *largest = if value.abs() > largest.abs() { value } else { *largest };
        }
        largest
    };
    let chunks: Vec<Vec<f32>> = v
        .par_chunks(ROWS_PER_CHUNK * width)
        .map(|rows| rows.chunks_exact(width).fold(vec![0.0; width], larger))
        .collect();
    let largest = chunks.iter().fold(vec![0.0; width], |largest, chunk| larger(largest, chunk));
    largest.iter().map(|&value| if value < 0.0 { -1.0 } else { 1.0 }).collect()
}
