//! From counts to weights: formulas, the downsampling of frequent words, the dispersion of words.

pub(crate) mod dispersion;
pub(crate) mod formulas;
pub(crate) mod shaping;
pub(crate) mod subsample;
pub(crate) mod sums;

pub use dispersion::dispersion;
pub use formulas::{ColumnStatistics, Weighting};
pub use subsample::Subsampling;
