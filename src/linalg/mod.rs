//! Dense linear algebra: panels, their products and Gram matrices, small eigenproblems and SVDs,
//! dot products.

pub(crate) mod columns;
pub(crate) mod dense;
pub(crate) mod dot;
pub(crate) mod eigen;
pub(crate) mod gathered;
pub(crate) mod instructions;
mod narrow;
pub(crate) mod panel;
pub(crate) mod product;
pub(crate) mod singular;
pub(crate) mod tile;
