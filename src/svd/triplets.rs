//! From a panel near the wanted singular vectors of one side to singular triplets with residuals.
//!
//! In: `A` and an orthonormal panel `Z` (`d x l`, near right singular vectors, or `n x l`, near left ones; `l >= rank`). Out: an [`Svd`].
//!
//! The other side is `Y = A Z` (or `A^T Z`); with `Y^T Y = P S^2 P^T` the triplets are `Z P`, `S`, `Y P S^(-1)`: the best that the space of `Z`
//! holds, and without the squared rounding errors that the eigenvalues of `A^T A` have. For a symmetric matrix `Z^T A Z = P diag(theta) P^T`.

use faer::Mat;

use super::Svd;
use super::dense::{
    Panel, columns_of, inner, scale_columns, set_columns, squared_distances, straighten, symmetric_eigen, thin_svd, transform,
};
use super::lanczos::Form;
use super::random::gaussian_panel;
use crate::error::Result;
use crate::operator::LinearOperator;

/// Columns that are multiplied at a time: the width at which the sparse product is fastest.
const COLUMNS_PER_PRODUCT: usize = 64;

/// Below this fraction of the largest, a singular value is the rounding of `f32`, and the vector of the other side cannot be found by a
/// division by it.
const NULL: f64 = 1e-7;

/// Which product of a matrix.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Forward,
    Transposed,
}

impl Direction {
    fn back(self) -> Self {
        if self == Self::Forward { Self::Transposed } else { Self::Forward }
    }

    fn multiply(self, a: &dyn LinearOperator, z: &[f32], width: usize) -> Panel {
        match self {
            Self::Forward => {
                let mut y = Panel::zeros(a.n_rows() * width);
                a.apply(z, width, &mut y);
                y
            }
            Self::Transposed => {
                let mut x = Panel::zeros(a.n_columns() * width);
                a.apply_transpose(z, width, &mut x);
                x
            }
        }
    }
}

/// The singular triplets in the range of `z`, and their residuals; `products` used so far are counted on.
pub(super) fn extract(
    a: &dyn LinearOperator,
    form: Form,
    z: Panel,
    width: usize,
    rank: usize,
    left_vectors: bool,
    mut products: usize,
) -> Result<Svd> {
    let direction = if form == Form::Rows { Direction::Transposed } else { Direction::Forward };
    let rank = rank.min(width);
    let far_rows = if form == Form::Columns { a.n_rows() } else { a.n_columns() };
    let mut y = Panel::zeros(far_rows * width);
    for first in (0..width).step_by(COLUMNS_PER_PRODUCT) {
        let count = COLUMNS_PER_PRODUCT.min(width - first);
        set_columns(&mut y, width, first, &direction.multiply(a, &columns_of(&z, width, first, count), count), count);
    }
    products += width;

    let mut squares;
    let (singular_values, mut near, mut far);
    if form == Form::Symmetric {
        let h = inner(&z, width, &y, width);
        let h = Mat::from_fn(width, width, |i, j| 0.5 * (h[(i, j)] + h[(j, i)]));
        let (values, vectors) = symmetric_eigen(h.as_ref())?;
        let mut order: Vec<usize> = (0..width).collect();
        order.sort_by(|&i, &j| values[j].abs().total_cmp(&values[i].abs()).then(j.cmp(&i)));
        let p = Mat::from_fn(width, rank, |i, j| vectors[(i, order[j])]);
        near = transform(&z, p.as_ref());
        far = transform(&y, p.as_ref());
        let theta: Vec<f64> = order[..rank].iter().map(|&i| values[i]).collect();
        squares = squared_distances(&far, &near, &theta);
        singular_values = theta.iter().map(|theta| theta.abs()).collect::<Vec<f64>>();
        far = columns_of(&near, rank, 0, rank);
        scale_columns(&mut far, &theta.iter().map(|&theta| if theta < 0.0 { -1.0 } else { 1.0 }).collect::<Vec<f64>>());
    } else {
        let (values, vectors) = symmetric_eigen(inner(&y, width, &y, width).as_ref())?;
        let p = Mat::from_fn(width, rank, |i, j| vectors[(i, width - 1 - j)]);
        near = transform(&z, p.as_ref());
        drop(z);
        far = transform(&y, p.as_ref());
        drop(y);
        singular_values = (0..rank).map(|i| values[width - 1 - i].max(0.0).sqrt()).collect::<Vec<f64>>();
        squares = normalize(&mut far, &singular_values)?;
        for first in (0..rank).step_by(COLUMNS_PER_PRODUCT) {
            let count = COLUMNS_PER_PRODUCT.min(rank - first);
            let back = direction.back().multiply(a, &columns_of(&far, rank, first, count), count);
            let part = columns_of(&near, rank, first, count);
            let distances = squared_distances(&back, &part, &singular_values[first..first + count]);
            for (square, distance) in squares[first..].iter_mut().zip(distances) {
                *square = square.max(distance);
            }
        }
        products += rank;
    }
    if form == Form::Rows {
        std::mem::swap(&mut near, &mut far);
    }
    let signs = signs(&near, rank);
    scale_columns(&mut near, &signs);
    let u = left_vectors.then(|| {
        scale_columns(&mut far, &signs);
        far.into_vec()
    });
    Ok(Svd::assemble(a, singular_values, near.into_vec(), u, squares, products))
}

/// All triplets of a small matrix by the dense SVD in `f64`; the residuals are those of the vectors rounded to `f32`.
pub(super) fn dense_triplets(a: &dyn LinearOperator, rank: usize, left_vectors: bool) -> Result<Svd> {
    let (n_rows, n_columns) = (a.n_rows(), a.n_columns());
    let side = n_rows.min(n_columns);
    let mut identity = vec![0.0; side * side];
    identity.iter_mut().step_by(side + 1).for_each(|value| *value = 1.0);
    let dense = if n_columns <= n_rows {
        let values = Direction::Forward.multiply(a, &identity, side);
        Mat::from_fn(n_rows, n_columns, |i, j| f64::from(values[i * side + j]))
    } else {
        let values = Direction::Transposed.multiply(a, &identity, side);
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
    let forward = squared_distances(&Direction::Forward.multiply(a, &right, rank), &left, &s);
    let transposed = squared_distances(&Direction::Transposed.multiply(a, &left, rank), &right, &s);
    let squares = forward.iter().zip(&transposed).map(|(forward, transposed)| forward.max(*transposed)).collect();
    Ok(Svd::assemble(a, s, right, left_vectors.then_some(left), squares, side + 2 * rank))
}

/// Divides each column by its singular value, so that it has length 1; columns that are null are replaced by unit vectors orthogonal to the
/// others. Returns the squared error that the replacement makes in `A z = s y`.
fn normalize(y: &mut [f32], singular_values: &[f64]) -> Result<Vec<f64>> {
    let rank = singular_values.len();
    let n_sound = singular_values.iter().take_while(|&&s| s > NULL * singular_values[0]).count();
    let exact = y.to_vec();
    scale_columns(y, &singular_values.iter().map(|&s| if s > 0.0 { 1.0 / s } else { 0.0 }).collect::<Vec<f64>>());
    if n_sound < rank {
        let n_rows = y.len() / rank;
        let complete = complete(&columns_of(y, rank, 0, n_sound), n_rows, n_sound, rank)?;
        y.copy_from_slice(&complete);
    }
    Ok(squared_distances(&exact, y, singular_values))
}

/// `wanted` orthonormal columns of which the first `width` are given: the others are random vectors, orthogonalised three times.
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
        fresh = straighten(&fresh, missing)?.x;
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
    let mut largest = vec![0.0_f32; width];
    for row in v.chunks_exact(width) {
        for (largest, &value) in largest.iter_mut().zip(row) {
            if value.abs() > largest.abs() {
                *largest = value;
            }
        }
    }
    largest.iter().map(|&value| if value < 0.0 { -1.0 } else { 1.0 }).collect()
}
