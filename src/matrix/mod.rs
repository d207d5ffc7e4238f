//! A sparse matrix laid out for products in both directions, in memory or on the disk: from counts,
//! or from a MatrixMarket file.

mod block;
mod blocks;
mod layout;
mod leaf_sums;
mod market;
mod products;
mod scratch;
mod writer;

pub use blocks::BlockMatrix;
pub(crate) use blocks::LAID_OUT_BYTES;
pub use market::{Entry, MarketReader, Symmetry};
pub use writer::BlockWriter;
