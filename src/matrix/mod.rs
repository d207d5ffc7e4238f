//! The matrix that is decomposed: documents by words, or contexts by words.

mod blocks;

pub use blocks::BlockMatrix;
