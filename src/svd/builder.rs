//! The parameters of an SVD step by step: one method for each, which is called like its field.

use super::{RandomizedSvd, SvdPrecision};

impl RandomizedSvd {
    /// Sets the largest residual of a triplet, above 0 and below 1.
    #[must_use]
    pub fn tolerance(mut self, tolerance: f64) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// Sets the most products before the iteration gives up.
    #[must_use]
    pub fn max_products(mut self, max_products: impl Into<Option<usize>>) -> Self {
        self.max_products = max_products.into();
        self
    }

    /// Takes the plain scheme with so many power iterations.
    #[must_use]
    pub fn power_iterations(mut self, power_iterations: impl Into<Option<usize>>) -> Self {
        self.power_iterations = power_iterations.into();
        self
    }

    /// Sets the columns that the plain scheme takes beyond the rank.
    #[must_use]
    pub fn oversampling(mut self, oversampling: usize) -> Self {
        self.oversampling = oversampling;
        self
    }

    /// Sets the vectors in a block of the iteration.
    #[must_use]
    pub fn block_width(mut self, block_width: impl Into<Option<usize>>) -> Self {
        self.block_width = block_width.into();
        self
    }

    /// Sets the columns of the basis before a restart.
    #[must_use]
    pub fn max_basis(mut self, max_basis: impl Into<Option<usize>>) -> Self {
        self.max_basis = max_basis.into();
        self
    }

    /// Sets the seed of the random start.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Sets whether the left singular vectors are wanted too.
    #[must_use]
    pub fn left_vectors(mut self, left_vectors: bool) -> Self {
        self.left_vectors = left_vectors;
        self
    }

    /// Sets the numbers to compute with.
    #[must_use]
    pub fn precision(mut self, precision: SvdPrecision) -> Self {
        self.precision = precision;
        self
    }
}
