//! Word vectors from a person's own texts, by sparse linear algebra.

// In the order of the data; a blank line between two keeps rustfmt from sorting them. First the ground, used by all.
pub mod error;

pub mod progress;

mod budget;

mod words;

pub mod operator;

// Then the way of the data.
pub mod corpus;

pub mod tokenize;

pub mod vocab;

pub mod matrix;

mod weight;

pub mod svd;

mod vectors;

pub mod format;

mod config;

mod model;

mod pipeline;

pub mod query;

pub mod evaluate;

pub use budget::MemoryBudget;
pub use config::{EmbedConfig, Recipe};
pub use corpus::{Corpus, DocumentUnit, OnBadUtf8};
pub use error::{Error, ErrorKind, Result};
pub use matrix::{BlockMatrix, Contexts, DistanceWeights, Sides};
pub use model::{FORMAT_VERSION, Model, ModelWriter, Provenance, Spectrum};
pub use operator::{DenseMatrix, LinearOperator};
pub use pipeline::embed;
pub use progress::{Progress, Stage, StageReport};
pub use svd::{RandomizedSvd, Svd};
pub use tokenize::{CorpusReport, Tokenizer, TokenizerConfig, Tokens};
pub use vectors::WordVectors;
pub use vocab::{Cutoff, Vocab, WordSequences};
pub use weight::Weighting;
pub use words::{WordId, Words};
