//! Commands about words and vectors: queries, scores, files.

pub(crate) mod evaluate;
pub(crate) mod export;
pub(crate) mod info;
pub(crate) mod math;
pub(crate) mod neighbors;
pub(crate) mod odd_one_out;
pub(crate) mod queries;
pub(crate) mod scores;
pub(crate) mod similarity;
