//! A sparse matrix laid out for products in both directions, in memory or on the disk: from counts,
//! or from a MatrixMarket file.

mod block;
mod blocks;
mod layout;
mod leaf_sums;
mod market;
mod products;
mod scratch;
mod share;
mod writer;

pub use blocks::BlockMatrix;
pub(crate) use blocks::LAID_OUT_BYTES;
pub(crate) use leaf_sums::LeafSums;
pub use market::{Entry, MarketReader, Symmetry};
pub(crate) use products::{BLOCKS_PER_LEAF, is_rounded};
pub(crate) use share::{BlockHeader, write_block};
pub use writer::BlockWriter;
