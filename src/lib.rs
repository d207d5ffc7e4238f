//! Word vectors from a person's own texts, by sparse linear algebra.

pub mod error;
pub mod progress;
pub mod words;

pub mod operator;

pub mod svd;

pub mod vectors;

pub mod format;

pub mod query;

pub mod evaluate;

pub use error::{Error, ErrorKind, Result};
pub use operator::{DenseMatrix, LinearOperator};
pub use progress::{Progress, Stage};
pub use vectors::WordVectors;
pub use words::{WordId, Words};
