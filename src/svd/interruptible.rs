//! A matrix whose products look first whether the work is to stop.
//!
//! In: a [`LinearOperator`] and a [`Progress`]. Out: the same matrix; each product is
//! [`Error::Interrupted`] if the work was cancelled. So all that multiplies can be stopped, also
//! what measures residuals at the end.

use crate::base::error::{Error, Result};
use crate::base::progress::Progress;
use crate::operator::{DoubleOperator, LinearOperator, Precision, Workspace};

pub(super) struct Interruptible<'a> {
    pub(super) a: &'a dyn LinearOperator,
    pub(super) progress: &'a dyn Progress,
}

impl Interruptible<'_> {
    fn look(&self) -> Result<()> {
        if self.progress.is_cancelled() { Err(Error::Interrupted) } else { Ok(()) }
    }

    fn in_double(&self) -> &dyn DoubleOperator {
        self.a.double().expect("only a matrix with double precision hands it out")
    }
}

impl LinearOperator for Interruptible<'_> {
    fn n_rows(&self) -> usize {
        self.a.n_rows()
    }

    fn n_columns(&self) -> usize {
        self.a.n_columns()
    }

    fn is_symmetric(&self) -> bool {
        self.a.is_symmetric()
    }

    fn apply(&self, q: &[f32], width: usize, y: &mut [f32], precision: Precision) -> Result<()> {
        self.look()?;
        self.a.apply(q, width, y, precision)
    }

    fn apply_transpose(
        &self,
        y: &[f32],
        width: usize,
        x: &mut [f32],
        precision: Precision,
    ) -> Result<()> {
        self.look()?;
        self.a.apply_transpose(y, width, x, precision)
    }

    fn apply_gram(
        &self,
        q: &[f32],
        width: usize,
        x: &mut [f32],
        precision: Precision,
        visit: &mut dyn FnMut(&[f32]),
    ) -> Result<()> {
        self.look()?;
        self.a.apply_gram(q, width, x, precision, visit)
    }

    fn apply_gram_alone(
        &self,
        q: &[f32],
        width: usize,
        x: &mut [f32],
        precision: Precision,
    ) -> Result<()> {
        self.look()?;
        self.a.apply_gram_alone(q, width, x, precision)
    }

    fn apply_gram_squares(
        &self,
        q: &[f32],
        width: usize,
        x: &mut [f32],
        precision: Precision,
    ) -> Result<Vec<f64>> {
        self.look()?;
        self.a.apply_gram_squares(q, width, x, precision)
    }

    fn squared_norm(&self) -> f64 {
        self.a.squared_norm()
    }

    fn double(&self) -> Option<&dyn DoubleOperator> {
        self.a.double().map(|_| self as &dyn DoubleOperator)
    }

    fn workspace(&self, width: usize) -> Workspace {
        self.a.workspace(width)
    }
}

impl DoubleOperator for Interruptible<'_> {
    fn apply_double(&self, q: &[f64], width: usize, y: &mut [f64]) -> Result<()> {
        self.look()?;
        self.in_double().apply_double(q, width, y)
    }

    fn apply_transpose_double(&self, y: &[f64], width: usize, x: &mut [f64]) -> Result<()> {
        self.look()?;
        self.in_double().apply_transpose_double(y, width, x)
    }

    fn squared_rounding(&self) -> f64 {
        self.in_double().squared_rounding()
    }
}
