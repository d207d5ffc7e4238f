//! From singular vectors to word vectors: scaling, folding in, subwords.

pub(crate) mod fold;
pub(crate) mod hashed_ngrams;
pub(crate) mod mean;
pub(crate) mod ngram_vectors;
pub(crate) mod ngrams;
mod ridge;
pub(crate) mod scaling;
pub(crate) mod subwords;

pub use hashed_ngrams::HashedNGrams;
pub use ngram_vectors::NGramVectors;
pub use subwords::Subwords;
