//! Word vectors from a person's own texts, by sparse linear algebra.

pub mod error;
pub mod progress;
pub mod words;

pub mod corpus;

pub mod tokenize;

pub mod vocab;

pub mod operator;

//pub mod svd;

pub mod vectors;

pub mod format;

pub mod query;

pub use error::{Error, ErrorKind, Result};
pub use operator::LinearOperator;
pub use progress::{Progress, Stage};
pub use vectors::WordVectors;
pub use words::{WordId, Words};
pub use corpus::{Corpus, DocumentUnit, OnBadUtf8};
pub use tokenize::{Tokenizer, TokenizerConfig, Tokens};
pub use vocab::{Cutoff, Vocab, WordSequences};
