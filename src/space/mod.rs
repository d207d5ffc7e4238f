//! From singular vectors to word vectors: scaling, folding in, spelling.

pub(crate) mod fold;
pub(crate) mod mean;
mod ngrams;
pub(crate) mod scaling;
pub(crate) mod subwords;

pub use subwords::SubwordSmoothing;
