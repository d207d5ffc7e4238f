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
//! `f64`; the same input gives the same bits for any number of threads. Where that is not exact
//! enough, `bidiagonal` goes on in `f64` throughout.

mod basis;
mod bidiagonal;
mod builder;
mod confirm;
mod interruptible;
mod lanczos;
mod memory;
mod power;
mod projection;
mod random;
mod result;
mod schedule;
mod state;
mod symmetrized;
mod triplets;

use serde::{Deserialize, Serialize};

use self::interruptible::Interruptible;
use self::lanczos::Limits;
pub use self::result::{DoubleVectors, Svd};
use self::state::Resume;
use self::symmetrized::{Form, Symmetrized};
use crate::base::error::{Error, Result};
use crate::base::progress::{Progress, Stage};
use crate::operator::{LinearOperator, Precision};
use crate::storage::checkpoints::CheckpointSlot;

/// A matrix whose smaller side is at most this is decomposed densely: a fraction of a second.
const DENSE_SIDE: usize = 256;

/// Most entries of a matrix that is decomposed densely: 32 MiB of `f64`.
const DENSE_ENTRIES: usize = 4 * 1024 * 1024;

/// From this tolerance on, the iteration first tries products of panels rounded to 16 bits, which
/// are up to twice as fast: on the matrices of Wikipedia they make residuals of 5e-4 to 2e-3 (4e-3
/// for the first triplet).
const ROUNDING_TOLERANCE: f64 = 3e-3;

/// The smallest sum of squares that is decomposed: below, squares lose digits, or vanish.
const LEAST_SQUARED_NORM: f64 = 1e-260;

/// Where rounding to `f32` takes more than this part of a matrix (of the squares of its values),
/// the values are below the range of `f32`. Within it, it takes 1e-14 at most.
const VANISHED: f64 = 1e-10;

/// The numbers that a decomposition computes with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum SvdPrecision {
    /// `f32`, and `f64` from where `f32` does not reach the tolerance.
    #[default]
    Auto,
    /// `f32` alone: exact to about 1e-6 of the largest singular value, and where singular values
    /// are below 1e-3 of it, less exact.
    Single,
    /// `f64` from the beginning: exact to about 1e-15 of the largest singular value, at several
    /// times the time and the memory.
    Double,
}

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
#[non_exhaustive]
pub struct RandomizedSvd {
    /// Singular triplets wanted, from 1 to the smaller side of the matrix; the default is 300, the
    /// usual dimension of word vectors.
    pub rank: usize,
    /// Largest residual of a triplet relative to the smallest wanted singular value (see
    /// [`Svd::residuals`]), above 0 and below 1; the default is 1e-3. With `power_iterations` it
    /// stops nothing: it only decides [`Svd::converged`].
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
    /// The numbers to compute with; the default is [`SvdPrecision::Auto`]. The plain scheme
    /// computes in single precision.
    pub precision: SvdPrecision,
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
            precision: SvdPrecision::Auto,
        }
    }
}

impl RandomizedSvd {
    /// The default parameters for this rank.
    pub fn new(rank: usize) -> Self {
        Self { rank, ..Self::default() }
    }

    /// The most products before the iteration gives up: those asked for, or 100 times the rank.
    pub fn most_products(&self) -> usize {
        self.max_products.unwrap_or(self.rank.max(10).saturating_mul(100))
    }

    /// Checks the parameters alone, before there is a matrix.
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
        if self.power_iterations.is_some() && self.precision == SvdPrecision::Double {
            return refuse("precision", "double".into(), "auto or single with `power_iterations`");
        }
        let least = self.rank.saturating_add(self.actual_block_width().saturating_mul(3));
        match self.max_basis {
            Some(max_basis) if max_basis < least => refuse(
                "max_basis",
                max_basis.to_string(),
                &format!("at least {least}, the rank and three blocks"),
            ),
            _ => Ok(()),
        }
    }

    /// Checks the parameters against the shape of a matrix, before there is one.
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
    /// The iteration asks `progress` at every step whether to stop; the unit of [`Stage::Svd`] is
    /// the triplet whose residual is within the tolerance. A result that did not reach the
    /// tolerance within
    /// `max_products` is returned as it is, with [`Svd::converged`] false.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a parameter out of range, [`Error::RankTooLarge`],
    /// [`Error::ZeroMatrix`], [`Error::NotFinite`] if an entry or a product is not finite, and
    /// [`Error::Interrupted`].
    pub fn decompose(&self, a: &dyn LinearOperator, progress: &dyn Progress) -> Result<Svd> {
        self.decompose_kept(a, None, progress)
    }

    /// As [`RandomizedSvd::decompose`]; the state of the iteration is kept at its restarts, and a
    /// kept state is where the iteration resumes.
    pub(crate) fn decompose_kept(
        &self,
        a: &dyn LinearOperator,
        kept: Option<CheckpointSlot<'_>>,
        progress: &dyn Progress,
    ) -> Result<Svd> {
        let (n_rows, n_columns) = (a.n_rows(), a.n_columns());
        self.check_shape(n_rows, n_columns)?;
        let squared_norm = a.squared_norm();
        if !squared_norm.is_finite() {
            return Err(Error::NotFinite {
                stage: Stage::Svd,
                place: format!("the sum of the squares of the {n_rows} x {n_columns} matrix"),
            });
        }
        if squared_norm == 0.0 {
            return Err(Error::ZeroMatrix { n_rows, n_columns, stage: Stage::Svd });
        }
        if squared_norm < LEAST_SQUARED_NORM {
            return Err(Error::Parameter {
                name: "matrix",
                found: format!("values whose squares add up to {squared_norm:e}"),
                expected: "larger ones, whose squares f64 can hold; scale the matrix".to_owned(),
            });
        }
        progress.start(Stage::Svd, Some(self.rank as u64));
        let a = &Interruptible { a, progress };
        let result = self.triplets(a, kept, progress).map(|mut svd| {
            svd.converged = svd.is_within_rounding(self.tolerance);
            progress.set_position(self.rank as u64);
            svd
        });
        progress.finish();
        result
    }

    /// The triplets in the precision that the parameters ask for.
    fn triplets(
        &self,
        a: &dyn LinearOperator,
        kept: Option<CheckpointSlot<'_>>,
        progress: &dyn Progress,
    ) -> Result<Svd> {
        let is_single = self.precision == SvdPrecision::Single || self.power_iterations.is_some();
        let vanishes = a
            .double()
            .is_some_and(|double| double.squared_rounding() > VANISHED * a.squared_norm());
        if vanishes && is_single {
            return Err(Error::Parameter {
                name: "precision",
                found: "single".to_owned(),
                expected: "auto or double: values of the matrix are below the range of f32"
                    .to_owned(),
            });
        }
        if let Some(power_iterations) = self.power_iterations {
            return self.plain_triplets(a, power_iterations, progress);
        }
        if vanishes || self.precision == SvdPrecision::Double {
            return self.double_triplets(a, None, progress);
        }
        let found = self.single_triplets(a, kept, progress);
        let Some(double) = a.double().filter(|_| self.precision == SvdPrecision::Auto) else {
            return found;
        };
        let (found, ended_at) = match found {
            Ok(svd) => {
                // What the values lost that were rounded to f32, adds to each residual at most.
                let rounding = double.squared_rounding().sqrt() / svd.smallest();
                let worst = svd.residuals.iter().copied().fold(0.0, f64::max) + rounding;
                if worst <= self.tolerance || svd.products >= self.most_products() {
                    return Ok(svd);
                }
                (Some(svd), format!("a residual of {worst:.0e}"))
            }
            // Numbers beyond the range of f32.
            Err(Error::NotFinite { .. }) => (None, "numbers beyond its range".to_owned()),
            Err(error) => return Err(error),
        };
        progress.tell(&format!(
            "single precision ends at {ended_at}: the decomposition continues in double precision"
        ));
        self.double_triplets(a, found.as_ref(), progress)
    }

    /// The triplets in double precision, from what single precision found, if there is something.
    fn double_triplets(
        &self,
        a: &dyn LinearOperator,
        found: Option<&Svd>,
        progress: &dyn Progress,
    ) -> Result<Svd> {
        let products = found.map_or(0, |svd| svd.products);
        match is_dense(a) {
            true => bidiagonal::dense_triplets(self, a, products),
            false => bidiagonal::triplets(self, a, found, products, progress),
        }
    }

    /// The triplets in single precision.
    fn single_triplets(
        &self,
        a: &dyn LinearOperator,
        kept: Option<CheckpointSlot<'_>>,
        progress: &dyn Progress,
    ) -> Result<Svd> {
        if is_dense(a) {
            return triplets::dense_triplets(a, self.rank, self.left_vectors);
        }
        let mut loaded = kept.map(|kept| state::load(kept, progress)).transpose()?.flatten();
        let mut products = 0;
        if self.tolerance >= ROUNDING_TOLERANCE
            && loaded.as_ref().is_none_or(|loaded| loaded.state.rounded)
        {
            let resume = Resume { loaded: loaded.take(), kept };
            let rounded = self.iterate(a, Precision::Half, resume, &mut products, progress)?;
            if let Some(svd) = rounded {
                return Ok(svd);
            }
        }
        let resume = Resume { loaded, kept };
        Ok(self
            .iterate(a, Precision::Full, resume, &mut products, progress)?
            .expect("only an iteration with rounded products gives up"))
    }

    /// The plain randomized scheme.
    fn plain_triplets(
        &self,
        a: &dyn LinearOperator,
        power_iterations: usize,
        progress: &dyn Progress,
    ) -> Result<Svd> {
        let n_rows = a.n_rows();
        let width = self.rank.saturating_add(self.oversampling).min(n_rows.min(a.n_columns()));
        let mut products = 0;
        let (mut q, mut found) =
            power::range_of(a, width, power_iterations, self.seed, &mut products, progress)?;
        if found < self.rank {
            // The matrix has a smaller rank: the other singular values are zero, with any
            // orthonormal vectors.
            q = triplets::complete(&q, n_rows, found, self.rank)?;
            found = self.rank;
        }
        triplets::extract(a, Form::Rows, q, found, self.rank, self.left_vectors, products)
    }

    /// The iteration with panels of one precision; `None` if rounding makes them too rough for the
    /// tolerance. `products` counts on.
    fn iterate(
        &self,
        a: &dyn LinearOperator,
        precision: Precision,
        resume: Resume<'_>,
        products: &mut usize,
        progress: &dyn Progress,
    ) -> Result<Option<Svd>> {
        let (n_rows, n_columns) = (a.n_rows(), a.n_columns());
        let side = n_rows.min(n_columns);
        let limits = Limits {
            rank: self.rank,
            tolerance: self.tolerance,
            block_width: self.actual_block_width().min(side),
            max_basis: self.actual_max_basis().min(side),
            max_products: self.most_products(),
            seed: self.seed,
        };
        let form = Form::new(n_rows, n_columns, a.is_symmetric());
        let operator = Symmetrized { a, form, precision };
        let Some(ritz) = lanczos::ritz_vectors(&operator, &limits, resume, products, progress)?
        else {
            return Ok(None);
        };
        let confirmed =
            confirm::confirmed_triplets(&operator.exact(), &ritz, &limits, self.left_vectors)?;
        let svd = match confirmed {
            Some(svd) => svd,
            None => {
                let (rank, left) = (self.rank, self.left_vectors);
                triplets::extract(a, form, ritz.vectors, ritz.width, rank, left, ritz.products)?
            }
        };
        *products = svd.products;
        let is_too_rough = precision == Precision::Half
            && !svd.is_within_rounding(self.tolerance)
            && *products < limits.max_products;
        Ok((!is_too_rough).then_some(svd))
    }

    fn actual_block_width(&self) -> usize {
        self.block_width.unwrap_or(match self.rank {
            // At rank 300 on a window matrix of 61 M entries, blocks of 16, 32 and 64 took 1,980,
            // 2,124 and 2,540 products, at 19, 28 and 27 GFLOP/s.
            0..50 => 16,
            _ => 32,
        })
    }

    fn actual_max_basis(&self) -> usize {
        // At rank 100 on a window matrix to 1e-5, four blocks beyond twice the rank took a quarter
        // fewer products than two, and a sixth less time; more blocks took 3 % fewer and more time,
        // as the dense algebra grows with the square. At rank 300, and to 1e-2, the two differ by 0
        // to 8 %.
        let (rank, width) = (self.rank, self.actual_block_width());
        self.max_basis.unwrap_or_else(|| {
            rank.saturating_mul(2)
                .saturating_add(width.max(32).saturating_mul(4))
                .max(rank.saturating_add(width.saturating_mul(3)))
        })
    }
}

/// Whether a matrix is decomposed densely.
fn is_dense(a: &dyn LinearOperator) -> bool {
    let (n_rows, n_columns) = (a.n_rows(), a.n_columns());
    n_rows.min(n_columns) <= DENSE_SIDE && n_rows.saturating_mul(n_columns) <= DENSE_ENTRIES
}

#[cfg(test)]
mod tests;
