//! Block Golub-Kahan-Lanczos bidiagonalisation in double precision, with full
//! re-orthogonalisation and thick restarts: singular triplets where `f32` is not exact enough.
//!
//! In: `A` by its products in `f64`, and a start. Out: an [`Svd`] whose vectors are `f64` too.
//!
//! A basis `V` of one side, the smaller, and a basis `U` of the other grow by a block at a time
//! (Golub, Luk & Overton 1981): `A V_j` without its part along `U` gives `U_j`, and `A^T U_j`
//! without its part along `V` gives `V_(j+1)`. So `A V = U B` and `A^T U = V B^T + V_(j+1) C` with
//! a small upper triangular `B` and a coupling `C` to the last block alone. With `B = P S Q^T`, the
//! triplets are `V q_i`, `s_i`, `U p_i`, and their residual is `|C p_i|`. `A^T A` is never formed:
//! its rounding would hide singular values below the root of that of `f64`, 1e-8 `s_1`.
//!
//! When the bases are full, the best triplets are kept and the block after them goes on (thick
//! restart, Baglama & Reichel 2005).

use std::ops::Range;

use faer::{Mat, MatRef};

use super::RandomizedSvd;
use super::random::{gaussian_panel, sign_panel};
use super::result::{DoubleVectors, Svd};
use super::schedule::Schedule;
use super::triplets::COLUMNS_AT_A_TIME;
use crate::base::error::{Error, Result};
use crate::base::progress::{Progress, Stage};
use crate::linalg::columns::{Coefficients, Columns};
use crate::linalg::dense::{norm, product, thin_svd};
use crate::operator::{DoubleOperator, LinearOperator};

/// Directions that are shorter than this fraction of `s_1` are rounding errors of `f64`.
const NOISE: f64 = 1e-15;

/// Columns that are multiplied between two checks at most: what is multiplied too many is wasted.
const MOST_COLUMNS_PER_CHECK: usize = 96;

/// Part of the tolerance that the residuals of the recurrence may use.
const SAFETY: f64 = 0.9;

/// The matrix, and which of its sides is the smaller one.
#[derive(Clone, Copy)]
struct Sides<'a> {
    a: &'a dyn LinearOperator,
    double: &'a dyn DoubleOperator,
    /// Whether `V` belongs to the columns of `A`.
    near_columns: bool,
}

impl<'a> Sides<'a> {
    fn new(a: &'a dyn LinearOperator, double: &'a dyn DoubleOperator) -> Self {
        Self { a, double, near_columns: a.n_columns() <= a.n_rows() }
    }

    fn near(&self) -> usize {
        self.a.n_rows().min(self.a.n_columns())
    }

    fn far(&self) -> usize {
        self.a.n_rows().max(self.a.n_columns())
    }

    /// The product with a panel of the near side.
    fn forward(&self, v: &[f64], width: usize) -> Result<Vec<f64>> {
        let mut u = vec![0.0; self.far() * width];
        match self.near_columns {
            true => self.double.apply_double(v, width, &mut u)?,
            false => self.double.apply_transpose_double(v, width, &mut u)?,
        }
        Ok(u)
    }

    /// The product with a panel of the far side.
    fn back(&self, u: &[f64], width: usize) -> Result<Vec<f64>> {
        let mut v = vec![0.0; self.near() * width];
        match self.near_columns {
            true => self.double.apply_transpose_double(u, width, &mut v)?,
            false => self.double.apply_double(u, width, &mut v)?,
        }
        Ok(v)
    }
}

/// Whether `A` has products in double precision, and which.
pub(super) fn double_of(a: &dyn LinearOperator) -> Result<&dyn DoubleOperator> {
    a.double().ok_or_else(|| Error::Parameter {
        name: "precision",
        found: "double".to_owned(),
        expected: "auto or single: this matrix has no products in double precision".to_owned(),
    })
}

/// The `rank` largest singular triplets. The iteration begins with the vectors that single
/// precision found, if there are any; `products` counts on.
pub(super) fn triplets(
    config: &RandomizedSvd,
    a: &dyn LinearOperator,
    found: Option<&Svd>,
    products: usize,
    progress: &dyn Progress,
) -> Result<Svd> {
    let sides = Sides::new(a, double_of(a)?);
    let mut iteration = Iteration::new(config, sides, products, progress);
    let start = iteration.start(found)?;
    iteration.run(start)
}

/// The singular triplets of `B`, the largest first.
struct Check {
    values: Vec<f64>,
    left: Mat<f64>,
    right: Mat<f64>,
    /// Leading triplets whose residual is within the tolerance.
    n_converged: usize,
    /// The worst residual of the wanted ones, as a multiple of what is allowed.
    excess: f64,
}

struct Iteration<'a> {
    sides: Sides<'a>,
    config: &'a RandomizedSvd,
    progress: &'a dyn Progress,
    products: usize,
    max_products: usize,
    max_basis: usize,
    /// Columns of `V` multiplied, those of before restarts included.
    n_multiplied: usize,
    v: Columns,
    u: Columns,
    /// Columns of the last block of `V`, which is not multiplied yet.
    width: usize,
    /// `B`, `m x m`, for the `m` columns of `U` and as many of `V`.
    b: Mat<f64>,
    /// `C`, `last block of V x last block of U`.
    coupling: Mat<f64>,
    /// Nearly `s_1`.
    norm: f64,
}

impl<'a> Iteration<'a> {
    fn new(
        config: &'a RandomizedSvd,
        sides: Sides<'a>,
        products: usize,
        progress: &'a dyn Progress,
    ) -> Self {
        let max_basis = config.actual_max_basis().min(sides.near());
        Self {
            sides,
            config,
            progress,
            products,
            max_products: config.most_products(),
            max_basis,
            n_multiplied: 0,
            v: Columns::new(sides.near(), max_basis + config.actual_block_width()),
            u: Columns::new(sides.far(), max_basis),
            width: 0,
            b: Mat::new(),
            coupling: Mat::new(),
            norm: 0.0,
        }
    }

    /// The first block: random combinations of the vectors that are known, and random vectors.
    fn start(&mut self, found: Option<&Svd>) -> Result<Vec<f64>> {
        let width = self.config.actual_block_width().min(self.sides.near());
        let seed = self.config.seed;
        let Some(found) = found else {
            let panel = sign_panel(seed, self.sides.near(), width);
            return Ok(panel.iter().map(|&x| f64::from(x)).collect());
        };
        // Some columns stay random: they find what single precision missed.
        let n_random = width.div_ceil(4);
        let rank = found.rank();
        let mixing = gaussian_panel(seed, rank, 0, width);
        let mut start = vec![0.0; found.v.len() / rank * width];
        for (start, row) in start.chunks_exact_mut(width).zip(found.v.chunks_exact(rank)) {
            for (&value, mixing) in row.iter().zip(mixing.chunks_exact(width)) {
                for (start, &mixing) in start.iter_mut().zip(mixing) {
                    *start += f64::from(value) * f64::from(mixing);
                }
            }
        }
        let random = sign_panel(seed, self.sides.a.n_columns(), width);
        for (start, random) in start.chunks_exact_mut(width).zip(random.chunks_exact(width)) {
            for (start, &random) in start.iter_mut().zip(random).skip(width - n_random) {
                *start = f64::from(random);
            }
        }
        if self.sides.near_columns {
            return Ok(start);
        }
        self.products += width;
        let mut near = vec![0.0; self.sides.near() * width];
        self.sides.double.apply_double(&start, width, &mut near)?;
        Ok(near)
    }

    /// Goes from block to block until the residuals are within the tolerance, the products are used
    /// up, or the basis spans everything.
    fn run(mut self, start: Vec<f64>) -> Result<Svd> {
        let rank = self.config.rank;
        let mut schedule =
            Schedule { next: rank + rank / 2, last: None, expects_end: false, grain: 1 };
        self.width = start.len() / self.sides.near();
        self.v.append(start, self.width, self.width, 0.0, self.config.seed);
        loop {
            if self.progress.is_cancelled() {
                return Err(Error::Interrupted);
            }
            self.extend()?;
            let m = self.b.ncols();
            let is_whole = m == self.sides.near();
            let is_spent = self.products >= self.max_products && m >= rank;
            let is_full = m + self.width > self.max_basis;
            if is_whole || is_full || is_spent || self.n_multiplied >= schedule.next {
                let check = self.check()?;
                self.report(&check, &schedule);
                if is_whole || is_spent || check.excess <= 1.0 {
                    return self.finish(&check);
                }
                schedule.after(self.n_multiplied, m, check.excess);
                schedule.next = schedule.next.max(self.n_multiplied + self.columns_per_check(m));
                if is_full {
                    self.restart(&check);
                }
            }
        }
    }

    /// Columns to multiply before the next check, so that its SVD of `m x m` takes no longer than
    /// the orthogonalisation of the blocks until then: some `16 m^3` operations, which run at a
    /// fourth of the speed, against `8 m (near + far)` a column.
    fn columns_per_check(&self, m: usize) -> usize {
        (8 * m * m / (self.sides.near() + self.sides.far())).min(MOST_COLUMNS_PER_CHECK)
    }

    /// Multiplies the last block of `V`, whose products are the next block of `U`; what couples
    /// that to more than `V` becomes the block after it.
    fn extend(&mut self) -> Result<()> {
        let (width, m, near) = (self.width, self.v.n_columns(), self.sides.near());
        let seed = self.config.seed.wrapping_add(self.products as u64);
        let w = self.sides.forward(&self.v.last(width), width)?;
        if !w.iter().all(|value| value.is_finite()) {
            return Err(Error::NotFinite {
                stage: Stage::Svd,
                place: format!("the product of the matrix with vector {}", m - width),
            });
        }
        let Coefficients { along, own } = self.u.append(w, width, width, NOISE * self.norm, seed);
        let before = m - width;
        let old = std::mem::replace(&mut self.b, Mat::new());
        self.b = Mat::from_fn(m, m, |i, j| match (i < before, j < before) {
            (true, true) => old[(i, j)],
            (false, true) => 0.0,
            (true, false) => along[(i, j - before)],
            (false, false) => own[(i - before, j - before)],
        });
        let lengths = (before..m).map(|j| norm(self.b.col(j).iter()));
        self.norm = lengths.fold(self.norm, f64::max);
        let z = self.sides.back(&self.u.last(width), width)?;
        self.products += 2 * width;
        self.n_multiplied += width;
        let most = self.config.actual_block_width().min(near - m);
        let Coefficients { own, .. } = self.v.append(z, width, most, NOISE * self.norm, seed);
        (self.width, self.coupling) = (own.nrows(), own);
        Ok(())
    }

    /// The triplets of `B`, and the residuals of the wanted ones.
    fn check(&self) -> Result<Check> {
        let m = self.b.ncols();
        let (left, values, right) = thin_svd(self.b.as_ref())?;
        let wanted = self.config.rank.min(m);
        let last = m - self.coupling.ncols()..m;
        let coupled = product(self.coupling.as_ref(), left.as_ref().get(last, ..wanted));
        let allowed = (SAFETY * self.config.tolerance * values[wanted - 1])
            .max(NOISE * values[0])
            .max(f64::MIN_POSITIVE);
        let excess = (0..wanted).map(|i| norm(coupled.col(i).iter()) / allowed);
        let n_converged = excess.clone().take_while(|&excess| excess <= 1.0).count();
        let worst = excess.fold(0.0, f64::max);
        let excess = if m < self.config.rank { f64::INFINITY } else { worst };
        Ok(Check { values, left, right, n_converged, excess })
    }

    /// Reports how far the iteration is.
    fn report(&self, check: &Check, schedule: &Schedule) {
        self.progress.set_position(check.n_converged as u64);
        if let Some(share) = schedule.share(self.n_multiplied, check.excess) {
            self.progress.forecast(share);
        }
        let residual = check.excess * SAFETY * self.config.tolerance;
        let products = self.products;
        self.progress
            .note(&format!("double precision, residual {residual:.0e}, {products} products"));
    }

    /// Keeps the best triplets as the bases, and the block after them.
    fn restart(&mut self, check: &Check) {
        let (m, rank, width) = (check.values.len(), self.config.rank, self.width);
        // With a block more the basis must not be full again.
        let most = self.max_basis.saturating_sub(width + self.config.actual_block_width());
        let n_kept = (rank + m.saturating_sub(rank) / 3).min(most).max(rank).min(m);
        let kept = |vectors: &Mat<f64>, i: usize, j: usize| match (i < m, j < n_kept) {
            (true, true) => vectors[(i, j)],
            (false, false) if i - m == j - n_kept => 1.0,
            _ => 0.0,
        };
        let y = Mat::from_fn(m + width, n_kept + width, |i, j| kept(&check.right, i, j));
        self.v.replace(y.as_ref());
        self.u.replace(check.left.as_ref().get(.., ..n_kept));
        self.b = Mat::from_fn(n_kept, n_kept, |i, j| if i == j { check.values[i] } else { 0.0 });
    }

    /// The wanted triplets.
    fn finish(self, check: &Check) -> Result<Svd> {
        let Self { sides, config, products, v, u, .. } = self;
        let (rank, m, n_columns) = (config.rank, check.values.len(), v.n_columns());
        let right = |i: usize, j: usize| if i < m { check.right[(i, j)] } else { 0.0 };
        let near = v.combine(Mat::from_fn(n_columns, rank, right).as_ref());
        drop(v);
        let far = u.combine(check.left.as_ref().get(.., ..rank));
        drop(u);
        assemble(sides, config, [near, far], check.values[..rank].to_vec(), products)
    }
}

/// The triplets with these vectors of the near and the far side, and with the residuals that their
/// products show.
fn assemble(
    sides: Sides<'_>,
    config: &RandomizedSvd,
    [near, far]: [Vec<f64>; 2],
    values: Vec<f64>,
    products: usize,
) -> Result<Svd> {
    let rank = values.len();
    let mut squares = Vec::with_capacity(rank);
    for first in (0..rank).step_by(COLUMNS_AT_A_TIME) {
        let some = first..rank.min(first + COLUMNS_AT_A_TIME);
        let (v, u) = (columns_of(&near, rank, &some), columns_of(&far, rank, &some));
        let forward = distances(&sides.forward(&v, some.len())?, &u, &values[some.clone()]);
        let back = distances(&sides.back(&u, some.len())?, &v, &values[some]);
        squares.extend(forward.into_iter().zip(back).map(|(forward, back)| forward.max(back)));
    }
    let (mut v, mut u) = if sides.near_columns { (near, far) } else { (far, near) };
    fix_signs(&mut v, &mut u, rank);
    let vectors = DoubleVectors { v, u: config.left_vectors.then_some(u) };
    Ok(Svd::in_double(sides.a, values, vectors, squares, products + 2 * rank))
}

/// Some columns of a panel.
fn columns_of(panel: &[f64], width: usize, columns: &Range<usize>) -> Vec<f64> {
    panel.chunks_exact(width).flat_map(|row| &row[columns.clone()]).copied().collect()
}

/// The squared length of each column of `x - y diag(values)`.
fn distances(x: &[f64], y: &[f64], values: &[f64]) -> Vec<f64> {
    let width = values.len();
    let mut sums = vec![0.0; width];
    for (x, y) in x.chunks_exact(width).zip(y.chunks_exact(width)) {
        for (((sum, x), y), value) in sums.iter_mut().zip(x).zip(y).zip(values) {
            *sum += (x - y * value) * (x - y * value);
        }
    }
    sums
}

/// Turns each triplet so that the entry of `v_i` of largest size in `f32`, the first among equals,
/// is positive, as in single precision.
fn fix_signs(v: &mut [f64], u: &mut [f64], rank: usize) {
    let mut largest = vec![0.0_f32; rank];
    for row in v.chunks_exact(rank) {
        for (largest, &value) in largest.iter_mut().zip(row) {
            let value = value as f32;
            *largest = if value.abs() > largest.abs() { value } else { *largest };
        }
    }
    for row in v.chunks_exact_mut(rank).chain(u.chunks_exact_mut(rank)) {
        for (value, largest) in row.iter_mut().zip(&largest) {
            *value = if *largest < 0.0 { -*value } else { *value };
        }
    }
}

/// All triplets of a small matrix by the dense SVD.
pub(super) fn dense_triplets(
    config: &RandomizedSvd,
    a: &dyn LinearOperator,
    products: usize,
) -> Result<Svd> {
    let sides = Sides::new(a, double_of(a)?);
    let (near, far) = (sides.near(), sides.far());
    let mut identity = vec![0.0; near * near];
    identity.iter_mut().step_by(near + 1).for_each(|value| *value = 1.0);
    let whole = sides.forward(&identity, near)?;
    let dense = MatRef::from_row_major_slice(&whole, far, near);
    let (left, values, right) = thin_svd(dense)?;
    let rank = config.rank;
    let rows_of = |m: &Mat<f64>| {
        (0..m.nrows()).flat_map(|i| (0..rank).map(move |j| m[(i, j)])).collect::<Vec<f64>>()
    };
    let vectors = [rows_of(&right), rows_of(&left)];
    assemble(sides, config, vectors, values[..rank].to_vec(), products + near)
}
