//! From singular vectors to word vectors: scaling, folding in, subwords.

pub(crate) mod fold;
pub(crate) mod mean;
mod ngrams;
mod ridge;
pub(crate) mod scaling;
pub(crate) mod subwords;

pub use subwords::Subwords;
