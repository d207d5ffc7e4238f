//! Word vectors from a person's own texts, by sparse linear algebra.

pub mod error;
pub mod progress;

pub mod operator;

pub mod matrix;

pub mod svd;

pub use error::{Error, ErrorKind, Result};
pub use matrix::BlockMatrix;
pub use operator::{DenseMatrix, LinearOperator};
pub use progress::{Progress, Stage};
pub use svd::{RandomizedSvd, Svd};
