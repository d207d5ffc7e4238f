//! What a decomposition returns: singular triplets, and how exact they are.

use crate::base::digest::Digest;
use crate::operator::LinearOperator;

/// A residual below this fraction of `s_1` is the rounding of products in single precision.
const SINGLE_ROUNDING: f64 = 2e-6;

/// The same in double precision.
const DOUBLE_ROUNDING: f64 = 2e-13;

/// Residuals in single precision are relative to no less than this fraction of `s_1`.
const SINGLE_LEAST: f64 = 1e-6;

/// The same in double precision.
const DOUBLE_LEAST: f64 = 1e-12;

/// The largest singular triplets `A v_i = s_i u_i`, `A^T u_i = s_i v_i`.
///
/// The sign of a triplet is such that the entry of `v_i` of largest size, the first among equals,
/// is positive.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Svd {
    /// The singular values, falling, of length rank.
    pub singular_values: Vec<f64>,
    /// The right singular vectors: `n_columns x rank`, row-major, so that row j belongs to column
    /// j of the matrix; the columns are orthonormal.
    pub v: Vec<f32>,
    /// The left singular vectors: `n_rows x rank`, row-major, if they were asked for.
    pub u: Option<Vec<f32>>,
    /// How exact each triplet is: the larger of `|A v_i - s_i u_i|` and `|A^T u_i - s_i v_i|`
    /// (Euclidean), divided by the smallest singular value returned (by 1e-6 `s_1` if that is
    /// larger, in double precision by 1e-12 `s_1`). At 0.01, `s_i` is within 1 % of `s_rank` of a
    /// singular value. In double precision each is measured by products of its own.
    ///
    /// In single precision they are of the matrix with values rounded to `f32`, and:
    /// The recurrence of the iteration gives the residuals, and products with 16 random vectors
    /// confirm them, all together. Each residual is measured by products of its own where rounding
    /// matters (a tight tolerance, a small `s_rank`), where the random vectors do not confirm them,
    /// and in the plain scheme. From a tolerance of 3e-3 on the iteration may round panels to 16
    /// bits; what that adds to a residual is known within about a quarter.
    pub residuals: Vec<f64>,
    /// Products of the matrix or its transpose with one vector, including those for the residuals
    /// and the left vectors.
    pub products: usize,
    /// `|A|_F^2`, the sum of the squares of all entries, which is the sum of the squares of all
    /// singular values.
    pub squared_norm: f64,
    /// Whether every residual is within the tolerance, or within the rounding of the products:
    /// 2e-6 `s_1` in single precision, 2e-13 `s_1` in double.
    pub converged: bool,
    /// The vectors in double precision, where the decomposition ended in it; [`Svd::v`] and
    /// [`Svd::u`] are the same, rounded.
    pub double: Option<DoubleVectors>,
}

/// Singular vectors in double precision.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct DoubleVectors {
    /// The right singular vectors, `n_columns x rank`, row-major.
    pub v: Vec<f64>,
    /// The left singular vectors, `n_rows x rank`, row-major, if they were asked for.
    pub u: Option<Vec<f64>>,
}

impl Svd {
    /// SHA-256, in hexadecimal, over the singular values and vectors: the rank, the singular
    /// values, the numbers of right and of left vectors' values, each followed by these, in double
    /// precision where they have it.
    pub fn digest(&self) -> String {
        let digest = Digest::new().number(self.rank() as u64).doubles(&self.singular_values);
        if let Some(DoubleVectors { v, u }) = &self.double {
            let panels = [&v[..], u.as_deref().unwrap_or_default()];
            let add =
                |digest: Digest, panel: &[f64]| digest.number(panel.len() as u64).doubles(panel);
            return panels.into_iter().fold(digest, add).to_hex();
        }
        let panels = [&self.v[..], self.u.as_deref().unwrap_or_default()];
        let add = |digest: Digest, panel: &[f32]| digest.number(panel.len() as u64).floats(panel);
        panels.into_iter().fold(digest, add).to_hex()
    }

    /// The part of `|A|_F^2` that the triplets hold, between 0 and 1: `sum s_i^2 / |A|_F^2`. The
    /// best approximation of this rank misses the rest (Eckart & Young 1936).
    pub fn explained(&self) -> f64 {
        self.singular_values.iter().map(|s| s * s).sum::<f64>() / self.squared_norm
    }

    /// Number of triplets.
    pub fn rank(&self) -> usize {
        self.singular_values.len()
    }

    /// Whether every residual is within a tolerance, or within the rounding of products.
    pub(super) fn is_within_rounding(&self, tolerance: f64) -> bool {
        let rounding = if self.double.is_some() { DOUBLE_ROUNDING } else { SINGLE_ROUNDING };
        let allowed = tolerance.max(rounding * self.singular_values[0] / self.smallest());
        self.residuals.iter().all(|&residual| residual <= allowed)
    }

    /// What residuals are relative to.
    pub(super) fn smallest(&self) -> f64 {
        let least = if self.double.is_some() { DOUBLE_LEAST } else { SINGLE_LEAST };
        smallest(&self.singular_values, least)
    }

    /// A result that has not been compared with the tolerance; `squares` are the squared residuals.
    pub(super) fn assemble(
        a: &dyn LinearOperator,
        singular_values: Vec<f64>,
        v: Vec<f32>,
        u: Option<Vec<f32>>,
        squares: Vec<f64>,
        products: usize,
    ) -> Self {
        Self {
            residuals: relative(&squares, &singular_values, SINGLE_LEAST),
            singular_values,
            v,
            u,
            products,
            squared_norm: a.squared_norm(),
            converged: false,
            double: None,
        }
    }

    /// As [`Svd::assemble`], of vectors in double precision.
    pub(super) fn in_double(
        a: &dyn LinearOperator,
        singular_values: Vec<f64>,
        vectors: DoubleVectors,
        squares: Vec<f64>,
        products: usize,
    ) -> Self {
        let rounded = |panel: &Vec<f64>| panel.iter().map(|&value| value as f32).collect();
        let (v, u) = (rounded(&vectors.v), vectors.u.as_ref().map(rounded));
        let residuals = relative(&squares, &singular_values, DOUBLE_LEAST);
        let single = Self::assemble(a, singular_values, v, u, squares, products);
        Self { residuals, double: Some(vectors), ..single }
    }
}

/// Residuals divided by the smallest singular value, or by this fraction of the largest.
fn relative(squares: &[f64], singular_values: &[f64], least: f64) -> Vec<f64> {
    let smallest = smallest(singular_values, least);
    squares.iter().map(|square| square.sqrt() / smallest).collect()
}

/// The smallest singular value, but at least this fraction of the largest.
fn smallest(singular_values: &[f64], least: f64) -> f64 {
    singular_values[singular_values.len() - 1].max(least * singular_values[0])
}
