//! The truncated singular value decomposition of a matrix that is known by its products.
//!
//! In: a [`LinearOperator`] `A` (`n_rows x n_columns`). Out: an [`Svd`]: the largest singular
//! values, their vectors, and how exact they are.
//!
//! The method is a randomized block Lanczos iteration (`lanczos`; Musco & Musco 2015) on the
//! smaller of `A^T A` and `A A^T`, or on a symmetric `A` itself, which stops when the residual of
//! every wanted triplet is below a tolerance; the plain randomized scheme (`power`; Halko,
//! Martinsson & Tropp 2011) is there for comparison, and a matrix with a small side is decomposed
//! densely. `confirm` and `triplets` make the result. Panels and basis are `f32` (at loose
//! tolerances what is multiplied is rounded to 16 bits first), sums over rows and small problems
//! `f64`; the same input gives the same bits for any number of threads.

mod basis;
mod confirm;
mod lanczos;
mod power;
mod random;
mod state;
mod triplets;

use serde::{Deserialize, Serialize};

use self::lanczos::{Form, Limits, Symmetrized};
use self::state::Resume;
use self::triplets::COLUMNS_AT_A_TIME;
use crate::base::error::{Error, Result};
use crate::base::progress::{Progress, Stage};
use crate::operator::LinearOperator;
use crate::storage::checkpoints::Kept;

/// A matrix whose smaller side is at most this is decomposed densely: a fraction of a second.
const DENSE_SIDE: usize = 256;

/// Most entries of a matrix that is decomposed densely: 32 MiB of `f64`.
const DENSE_ENTRIES: usize = 4 * 1024 * 1024;

/// From this tolerance on, the iteration first tries products of panels rounded to 16 bits, which
/// are up to twice as fast: on the matrices of Wikipedia they make residuals of 5e-4 to 2e-3 (4e-3
/// for the first triplet).
const ROUNDING_TOLERANCE: f64 = 3e-3;

/// Rows, and bytes of a panel, of the parts in which a [`BlockMatrix`](crate::BlockMatrix) goes
/// through its rows, and entries that go into one partial sum: for the estimate of memory alone.
const ROWS_OF_A_PART: u64 = 1 << 16;
const BYTES_OF_A_PART: u64 = 32 << 20;
const ENTRIES_OF_A_SUM: u64 = 1 << 26;

/// The parameters of a truncated SVD, and the call that makes it.
///
/// ```
/// use eigenlex::{DenseMatrix, RandomizedSvd};
///
/// let a = DenseMatrix::from_rows(&[[3.0, 0.0], [0.0, -5.0], [0.0, 0.0]]);
/// let svd = RandomizedSvd::new(1).decompose(&a, &())?;
/// assert!((svd.singular_values[0] - 5.0).abs() < 1e-6);
/// assert_eq!(svd.v.iter().map(|x| x.abs()).collect::<Vec<_>>(), [0.0, 1.0]);
/// # Ok::<(), eigenlex::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RandomizedSvd {
    /// Singular triplets wanted, from 1 to the smaller side of the matrix; the default is 300, the
    /// usual dimension of word vectors.
    pub rank: usize,
    /// Largest residual of a triplet relative to the smallest wanted singular value (see
    /// [`Svd::residuals`]), above 0 and below 1; the default is 1e-3. With `power_iterations` it is
    /// only compared with.
    pub tolerance: f64,
    /// Most products of the matrix or its transpose with one vector before the iteration gives up;
    /// `None`, the default, is 100 times the rank. The products that measure the residuals come on
    /// top.
    pub max_products: Option<usize>,
    /// `Some(q)` takes the plain scheme of Halko, Martinsson & Tropp with q power iterations
    /// instead of the iteration to a tolerance.
    pub power_iterations: Option<usize>,
    /// Columns that the plain scheme takes beyond the rank; Halko et al. advise 5 to 10, the
    /// default is 10.
    pub oversampling: usize,
    /// Vectors in a block of the Lanczos iteration, at least 1; `None`, the default, chooses by the
    /// rank.
    pub block_width: Option<usize>,
    /// Columns of the Lanczos basis before a restart, which bounds the memory; at least the rank
    /// and three blocks. `None`, the default, is twice the rank and four blocks.
    pub max_basis: Option<usize>,
    /// Seed of the random start; the default is 42.
    pub seed: u64,
    /// Whether the left singular vectors are wanted too; the default is no.
    pub left_vectors: bool,
}

impl Default for RandomizedSvd {
    fn default() -> Self {
        Self {
            rank: 300,
            tolerance: 1e-3,
            max_products: None,
            power_iterations: None,
            oversampling: 10,
            block_width: None,
            max_basis: None,
            seed: 42,
            left_vectors: false,
        }
    }
}

/// The largest singular triplets `A v_i = s_i u_i`, `A^T u_i = s_i v_i`.
///
/// The sign of a triplet is such that the entry of `v_i` of largest size, the first among equals,
/// is positive.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Svd {
    /// The singular values, falling, of length rank.
    pub singular_values: Vec<f64>,
    /// The right singular vectors: `n_columns x rank`, row-major, so that row j belongs to word j;
    /// the columns are orthonormal.
    pub v: Vec<f32>,
    /// The left singular vectors: `n_rows x rank`, row-major, if they were asked for.
    pub u: Option<Vec<f32>>,
    /// How exact each triplet is: the larger of `|A v_i - s_i u_i|` and `|A^T u_i - s_i v_i|`
    /// (Euclidean), divided by the smallest singular value returned (by 1e-6 `s_1` if that is
    /// larger). At 0.01, `s_i` is within 1 % of `s_rank` of a singular value. They are known from
    /// the recurrence of the iteration and confirmed, all together, by products with 16 random
    /// vectors; where rounding matters (a tight tolerance, a small `s_rank`) or these do not
    /// confirm them, and in the plain scheme, each is measured by products of its own. From a
    /// tolerance of 3e-3 on the iteration may round panels to 16 bits; what that adds to a residual
    /// is known within about a quarter.
    pub residuals: Vec<f64>,
    /// Products of the matrix or its transpose with one vector, those for the residuals and the
    /// left vectors included.
    pub products: usize,
    /// `|A|_F^2`, the sum of the squares of all entries, which is the sum of the squares of all
    /// singular values.
    pub squared_norm: f64,
    /// Whether every residual is within the tolerance, or within the rounding of `f32` products
    /// (2e-6 `s_1`).
    pub converged: bool,
}

impl Svd {
    /// The part of `|A|_F^2` that the triplets hold, between 0 and 1: `sum s_i^2 / |A|_F^2`. The
    /// best approximation of this rank misses the rest (Eckart & Young 1936).
    pub fn explained(&self) -> f64 {
        self.singular_values.iter().map(|s| s * s).sum::<f64>() / self.squared_norm
    }

    /// Number of triplets.
    pub fn rank(&self) -> usize {
        self.singular_values.len()
    }

    /// Whether every residual is within a tolerance, or within the rounding of `f32` products.
    fn is_within(&self, tolerance: f64) -> bool {
        let floor = 2e-6 * self.singular_values[0]
            / self.singular_values[self.rank() - 1].max(1e-6 * self.singular_values[0]);
        self.residuals.iter().all(|&residual| residual <= tolerance.max(floor))
    }

    /// A result whose tolerance has not been looked at; `squares` are the squared residuals.
    fn assemble(
        a: &dyn LinearOperator,
        singular_values: Vec<f64>,
        v: Vec<f32>,
        u: Option<Vec<f32>>,
        squares: Vec<f64>,
        products: usize,
    ) -> Self {
        let smallest = singular_values[singular_values.len() - 1].max(1e-6 * singular_values[0]);
        let residuals = squares.into_iter().map(|square| square.sqrt() / smallest).collect();
        Self {
            singular_values,
            v,
            u,
            residuals,
            products,
            squared_norm: a.squared_norm(),
            converged: false,
        }
    }
}

impl RandomizedSvd {
    /// The default parameters for this rank.
    pub fn new(rank: usize) -> Self {
        Self { rank, ..Self::default() }
    }

    /// Looks at the parameters alone, before there is a matrix.
    ///
    /// # Errors
    /// [`Error::Parameter`] if one is out of its range.
    pub fn check(&self) -> Result<()> {
        let refuse = |name, found: String, expected: &str| {
            Err(Error::Parameter { name, found, expected: expected.into() })
        };
        if self.rank == 0 {
            return refuse("rank", "0".into(), "at least 1");
        }
        if !(self.tolerance > 0.0 && self.tolerance < 1.0) {
            return refuse("tolerance", self.tolerance.to_string(), "a number above 0 and below 1");
        }
        if self.block_width == Some(0) {
            return refuse("block_width", "0".into(), "at least 1");
        }
        if self.max_products == Some(0) {
            return refuse("max_products", "0".into(), "at least 1");
        }
        let least = self.rank.saturating_add(self.block_width().saturating_mul(3));
        match self.max_basis {
            Some(max_basis) if max_basis < least => refuse(
                "max_basis",
                max_basis.to_string(),
                &format!("at least {least}, the rank and three blocks"),
            ),
            _ => Ok(()),
        }
    }

    /// Looks at the parameters with the shape of a matrix, before there is one.
    ///
    /// # Errors
    /// As [`RandomizedSvd::check`], and [`Error::RankTooLarge`].
    pub fn check_shape(&self, n_rows: usize, n_columns: usize) -> Result<()> {
        self.check()?;
        if self.rank > n_rows.min(n_columns) {
            return Err(Error::RankTooLarge { rank: self.rank, n_rows, n_columns });
        }
        Ok(())
    }

    /// Finds the `rank` largest singular triplets of `a`.
    ///
    /// The iteration looks at `progress` at every step; the unit of [`Stage::Svd`] is the triplet
    /// whose residual is within the tolerance. A result that did not reach the tolerance within
    /// `max_products` is returned as it is, with [`Svd::converged`] false.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a parameter out of range, [`Error::RankTooLarge`],
    /// [`Error::ZeroMatrix`], [`Error::NotFinite`] if an entry or a product is not finite, and
    /// [`Error::Interrupted`].
    pub fn decompose(&self, a: &dyn LinearOperator, progress: &dyn Progress) -> Result<Svd> {
        self.decompose_kept(a, None, progress)
    }

    /// As [`RandomizedSvd::decompose`]; the state of the iteration is kept at its restarts, and one
    /// that was kept is gone on from.
    pub(crate) fn decompose_kept(
        &self,
        a: &dyn LinearOperator,
        kept: Option<Kept<'_>>,
        progress: &dyn Progress,
    ) -> Result<Svd> {
        let (n_rows, n_columns) = (a.n_rows(), a.n_columns());
        self.check_shape(n_rows, n_columns)?;
        let squared_norm = a.squared_norm();
        if !squared_norm.is_finite() {
            return Err(Error::NotFinite {
                stage: Stage::Svd,
                place: format!("some entry of the {n_rows} x {n_columns} matrix"),
            });
        }
        if squared_norm == 0.0 {
            return Err(Error::ZeroMatrix {
                n_rows,
                n_columns,
                hint: "lower the cutoffs, or look at the weighting",
            });
        }
        progress.start(Stage::Svd, Some(self.rank as u64));
        let result = self.triplets(a, kept, progress).map(|mut svd| {
            svd.converged = svd.is_within(self.tolerance);
            progress.set_position(self.rank as u64);
            svd
        });
        progress.finish();
        result
    }

    fn triplets(
        &self,
        a: &dyn LinearOperator,
        kept: Option<Kept<'_>>,
        progress: &dyn Progress,
    ) -> Result<Svd> {
        let (n_rows, n_columns) = (a.n_rows(), a.n_columns());
        if let Some(power_iterations) = self.power_iterations {
            let width = self.rank.saturating_add(self.oversampling).min(n_rows.min(n_columns));
            let mut products = 0;
            let (mut q, mut found) =
                power::range_of(a, width, power_iterations, self.seed, &mut products, progress)?;
            if found < self.rank {
                // The matrix has a smaller rank: the other singular values are zero, with any
                // orthonormal vectors.
                q = triplets::complete(&q, n_rows, found, self.rank)?;
                found = self.rank;
            }
            return triplets::extract(
                a,
                Form::Rows,
                q,
                found,
                self.rank,
                self.left_vectors,
                products,
            );
        }
        let side = n_rows.min(n_columns);
        if side <= DENSE_SIDE && n_rows.saturating_mul(n_columns) <= DENSE_ENTRIES {
            return triplets::dense_triplets(a, self.rank, self.left_vectors);
        }
        let form = form_of(n_rows, n_columns, a.is_symmetric());
        let limits = Limits {
            rank: self.rank,
            tolerance: self.tolerance,
            block_width: self.block_width().min(side),
            max_basis: self.max_basis().min(side),
            max_products: self.max_products.unwrap_or(self.rank.max(10).saturating_mul(100)),
        };
        let mut loaded = kept.map(|kept| state::load(kept, progress)).transpose()?.flatten();
        let rounds = self.tolerance >= ROUNDING_TOLERANCE
            && loaded.as_ref().is_none_or(|loaded| loaded.state.rounded);
        let mut products = 0;
        let mut attempt = |rounded: bool| -> Result<Option<Svd>> {
            let operator = Symmetrized { a, form, rounded };
            let resume = Resume { loaded: loaded.take(), kept };
            let Some(ritz) = lanczos::ritz_vectors(
                &operator,
                &limits,
                self.seed,
                resume,
                &mut products,
                progress,
            )?
            else {
                return Ok(None);
            };
            let exact = Symmetrized { rounded: false, ..operator };
            let svd = match confirm::confirmed_triplets(
                &exact,
                &ritz,
                self.rank,
                self.tolerance,
                self.left_vectors,
                self.seed,
            )? {
                Some(svd) => svd,
                None => triplets::extract(
                    a,
                    form,
                    ritz.vectors,
                    ritz.width,
                    self.rank,
                    self.left_vectors,
                    ritz.products,
                )?,
            };
            products = svd.products;
            Ok(if rounded && !svd.is_within(self.tolerance) && products < limits.max_products {
                None
            } else {
                Some(svd)
            })
        };
        if rounds && let Some(svd) = attempt(true)? {
            return Ok(svd);
        }
        Ok(attempt(false)?.expect("only an iteration with rounded products gives up"))
    }

    /// Bytes of memory that the decomposition of a [`BlockMatrix`](crate::BlockMatrix) of this
    /// shape and so many entries takes at most, beside the matrix: the basis and the panels.
    pub fn memory_bytes(
        &self,
        n_rows: usize,
        n_columns: usize,
        n_nonzeros: u64,
        symmetric: bool,
    ) -> u64 {
        let form = form_of(n_rows, n_columns, symmetric);
        let (near, far) =
            if form == Form::Rows { (n_rows, n_columns) } else { (n_columns, n_rows) };
        let (near, far, rank) = (near as u64, far as u64, self.rank as u64);
        if self.power_iterations.is_some() {
            let width = rank.saturating_add(self.oversampling as u64).min(near.min(far));
            return 4 * width * 3 * (near + far);
        }
        let (block, basis) = (self.block_width() as u64, (self.max_basis() as u64).min(near));
        // What goes through the rows in parts holds the panel of one part, and the partial sums of
        // a binary tree over the blocks.
        let partial_sums =
            u64::from(n_nonzeros.div_ceil(ENTRIES_OF_A_SUM).max(1).next_power_of_two().ilog2());
        let part = |width: u64| match form {
            Form::Symmetric => 0,
            Form::Columns => {
                far.min(ROWS_OF_A_PART.max(BYTES_OF_A_PART / (4 * width))) * width
                    + partial_sums * near * width
            }
            Form::Rows => (far + partial_sums * far) * width,
        };
        // Iteration: the basis, twice at a restart though a third of what comes after the rank is
        // dropped; block and product. The projected problem: T, its eigenvectors twice and the
        // workspace. Panels rounded to 16 bits come on top.
        let kept = rank + (basis.saturating_sub(rank)) / 3;
        let iteration =
            4 * (near * (basis + kept + 4 * block) + part(block) * 3 / 2) + 5 * 8 * basis * basis;
        // At the end: the Ritz vectors, their products, and the vectors made of one of these; the
        // other side where it is kept.
        let width = rank.next_multiple_of(16);
        let last = match form {
            // Of the other side one panel more than on this side, and the columns that are
            // multiplied at a time.
            Form::Rows => {
                let panels = (3 * near + far).max(near + 2 * far) * width;
                4 * (panels
                    + (near + far) * COLUMNS_AT_A_TIME as u64
                    + part(COLUMNS_AT_A_TIME as u64))
            }
            _ => {
                4 * (3 * near * width
                    + if self.left_vectors { 2 * far * width } else { 0 }
                    + part(width))
            }
        };
        iteration.max(last)
    }

    fn block_width(&self) -> usize {
        self.block_width.unwrap_or(match self.rank {
            // At rank 300 on a window matrix of 61 M entries, blocks of 16, 32 and 64 took 1,980,
            // 2,124 and 2,540 products, at 19, 28 and 27 GFLOP/s.
            0..50 => 16,
            _ => 32,
        })
    }

    fn max_basis(&self) -> usize {
        // At rank 100 on a window matrix to 1e-5, four blocks beyond twice the rank took a quarter
        // fewer products than two, and a sixth less time; more blocks took 3 % fewer and more time,
        // as the dense algebra grows with the square. At rank 300, and to 1e-2, the two differ by 0
        // to 8 %.
        let (rank, width) = (self.rank, self.block_width());
        self.max_basis.unwrap_or_else(|| {
            rank.saturating_mul(2)
                .saturating_add(width.max(32).saturating_mul(4))
                .max(rank.saturating_add(width.saturating_mul(3)))
        })
    }
}

fn form_of(n_rows: usize, n_columns: usize, symmetric: bool) -> Form {
    match symmetric {
        true => Form::Symmetric,
        false if n_columns <= n_rows => Form::Columns,
        false => Form::Rows,
    }
}

#[cfg(test)]
mod tests;
