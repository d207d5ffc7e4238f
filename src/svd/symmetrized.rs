//! The symmetric operator whose eigenvectors are singular vectors of a matrix.
//!
//! In: a matrix `A` by its products. Out: the products of `A^T A`, `A A^T`, or of `A` itself where
//! it is symmetric.

use crate::base::error::Result;
use crate::linalg::panel::Panel;
use crate::operator::{LinearOperator, Precision};

/// Which symmetric operator stands for `A`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// `A` itself, which is symmetric: one product a step; a singular value is `|theta|`.
    Symmetric,
    /// `A^T A`, when `A` has no more columns than rows; a singular value is `sqrt(theta)`.
    Columns,
    /// `A A^T`, when `A` has fewer rows than columns.
    Rows,
}

impl Form {
    /// The cheapest form for a matrix of this shape.
    pub(super) fn new(n_rows: usize, n_columns: usize, is_symmetric: bool) -> Self {
        match is_symmetric {
            true => Self::Symmetric,
            false if n_columns <= n_rows => Self::Columns,
            false => Self::Rows,
        }
    }

    /// The singular value of `A` that belongs to an eigenvalue of the operator.
    pub(super) fn singular(self, value: f64) -> f64 {
        if self == Self::Symmetric { value.abs() } else { value.max(0.0).sqrt() }
    }

    /// The eigenvalue of the operator, without its sign, that belongs to a singular value of `A`.
    pub(super) fn eigenvalue(self, singular: f64) -> f64 {
        if self == Self::Symmetric { singular } else { singular * singular }
    }
}

/// The symmetric operator `M`, made from `A` by its products.
#[derive(Clone, Copy)]
pub(super) struct Symmetrized<'a> {
    pub(super) a: &'a dyn LinearOperator,
    pub(super) form: Form,
    /// Of the panels that are multiplied.
    pub(super) precision: Precision,
}

impl Symmetrized<'_> {
    /// The order n of `M`.
    pub(super) fn n(&self) -> usize {
        match self.form {
            Form::Symmetric | Form::Columns => self.a.n_columns(),
            Form::Rows => self.a.n_rows(),
        }
    }

    /// Whether panels may be rounded to 16 bits before they are multiplied.
    pub(super) fn is_rounded(&self) -> bool {
        self.precision == Precision::Half
    }

    /// The same operator with panels that are multiplied as they are.
    pub(super) fn exact(&self) -> Self {
        Self { precision: Precision::Full, ..*self }
    }

    /// Products of `A` or `A^T` with a vector in one product of `M` with a vector.
    pub(super) fn products_per_column(&self) -> usize {
        if self.form == Form::Symmetric { 1 } else { 2 }
    }

    /// `w = M q`; `scratch` keeps its memory from one product to the next.
    pub(super) fn apply(
        &self,
        q: &[f32],
        width: usize,
        w: &mut [f32],
        scratch: &mut Panel,
    ) -> Result<()> {
        match self.form {
            Form::Symmetric => self.a.apply(q, width, w, self.precision),
            Form::Columns => self.a.apply_gram_alone(q, width, w, self.precision),
            Form::Rows => {
                if scratch.len() != self.a.n_columns() * width {
                    *scratch = Panel::zeros(self.a.n_columns() * width);
                }
                self.a.apply_transpose(q, width, scratch, self.precision)?;
                self.a.apply(scratch, width, w, self.precision)
            }
        }
    }
}
