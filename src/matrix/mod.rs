//! A sparse matrix laid out for products in both directions, in memory or on the disk: from counts,
//! or from a MatrixMarket file.

mod block;
mod blocks;
mod leaf_sums;
mod market;
mod products;

pub(crate) use blocks::LAID_OUT_BYTES;
pub use blocks::{BlockMatrix, BlockWriter};
pub use market::{Entry, MarketReader, Symmetry};
