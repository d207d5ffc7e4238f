//! eigenlex turns your own texts into word vectors by linear algebra: the same texts and settings
//! give the same bytes on any number of threads.
//!
//! A corpus becomes a sparse matrix `X`, of documents by words or of contexts by words; the counts
//! in it become weights; a truncated SVD `X ~ U_k S_k V_k^T` gives each word its vector, row j of
//! `V_k S_k^p`. No rank-k approximation is closer, and none better encodes and decodes the rows of
//! `X` linearly (Eckart & Young 1936).
//!
//! # Words
//!
//! ```
//! use eigenlex::{Corpus, EmbedConfig};
//!
//! let corpus = Corpus::open("corpora/english.txt")?;
//! let model = eigenlex::embed(&corpus, &EmbedConfig::window().dim(50), &())?;
//! assert_eq!(model.math("king - man + woman")?[0].word, "queen");
//! # Ok::<(), eigenlex::Error>(())
//! ```
//!
//! [`Model::neighbors`], [`Model::similarity`] and [`Model::odd_one_out`] answer the other
//! questions about words; [`Model::save`] and [`Model::open`] keep a model in a folder.
//! [`WordVectors::open`] reads the files of other programs, and answers the same questions.
//!
//! # Documents
//!
//! ```
//! use eigenlex::{Corpus, EmbedConfig};
//!
//! let corpus = Corpus::open("corpora/english.txt")?;
//! let model = eigenlex::embed(&corpus, &EmbedConfig::documents().dim(50), &())?;
//! let codes = model.encode_documents(&corpus, &())?;
//! let answers = model.search(&codes, "a king and a queen", 5)?;
//! assert_eq!(answers.len(), 5);
//! # Ok::<(), eigenlex::Error>(())
//! ```
//!
//! A code is the vector of a text, also of one that the model has never seen ([`Model::encode`]).
//! The module [`encode`] groups, completes and compares documents by their codes.
//!
//! # Two languages
//!
//! ```
//! use eigenlex::align::{self, AlignConfig, AlignInput, AlignMethod, Dictionary};
//! use eigenlex::{Corpus, EmbedConfig};
//!
//! let config = EmbedConfig::window().dim(50);
//! let english = eigenlex::embed(&Corpus::open("corpora/english.txt")?, &config, &())?.vectors;
//! let spanish = eigenlex::embed(&Corpus::open("corpora/spanish.txt")?, &config, &())?.vectors;
//!
//! let dictionary = Dictionary::open("corpora/english-spanish.dictionary.txt")?;
//! let pairs = dictionary.look_up(&english, &spanish).pairs;
//! let (en, es) = (AlignInput::new(&english, "en"), AlignInput::new(&spanish, "es"));
//! let method = AlignMethod::Supervised(&pairs);
//! let map = align::align(&en, &es, method, &AlignConfig::default(), &())?;
//! assert_eq!(map.translate("king", &english, &spanish, 1)?[0].word, "rey");
//! # Ok::<(), eigenlex::Error>(())
//! ```
//!
//! Without a dictionary there is [`AlignMethod::Unsupervised`](align::AlignMethod::Unsupervised);
//! the map's [report](align::AlignmentReport) says whether its result can be trusted, by words
//! that it has [found without having seen them](align::FoundAgain).
//!
//! # The SVD alone
//!
//! ```
//! use eigenlex::{DenseMatrix, RandomizedSvd};
//!
//! let a = DenseMatrix::from_rows(&[[3.0, 0.0], [0.0, 5.0], [0.0, 0.0]]);
//! let svd = RandomizedSvd::new(2).decompose(&a, &())?;
//! assert!((svd.singular_values[0] - 5.0).abs() < 1e-6);
//! # Ok::<(), eigenlex::Error>(())
//! ```
//!
//! Any type whose products are known is a [`LinearOperator`]; with the features `sprs` and
//! `nalgebra-sparse`, which are on by default, the sparse matrices of these crates are.
//! [`matrix::MarketReader`] reads MatrixMarket files.
//!
//! # The types
//!
//! | to... | use |
//! |---|---|
//! | read texts | [`Corpus`]; [`corpus`] for what a document is |
//! | open a text of any encoding | [`TextSource`](input::TextSource) |
//! | make vectors | [`embed()`], [`embed_parallel`] (two languages); [`EmbedConfig`], [`Recipe`] |
//! | make them on a cluster | [`distributed`]: the stages as tasks of an engine |
//! | ask about words | [`Model`], [`WordVectors`]; [`query`] for settings, spelling, k-means |
//! | ask about documents | [`Model`]; [`encode`] for codes, search, outliers, how many dimensions |
//! | join languages, or slices of time | [`align`] |
//! | train an autoencoder instead of the SVD | [`network`] |
//! | measure quality | [`evaluate`]; [`tables`] for what was taken from a file of words |
//! | read and write vector files | [`mod@format`] |
//! | decompose | [`RandomizedSvd`], [`SvdPrecision`], [`Svd`], [`DoubleVectors`] |
//! | multiply by a matrix | [`LinearOperator`], [`DoubleOperator`], [`DenseMatrix`], [`matrix`] |
//! | take single steps | [`tokenize`], [`vocab`], [`counts`], [`weighting`], [`space`] |
//! | look into a model folder | [`model`] |
//! | compare results bit by bit | [`Digest`]; the types with numbers have a method `digest` |
//! | hear of progress, or stop | [`Progress`], [`Stage`]; `()` is silent |
//! | know what went wrong | [`enum@Error`], [`ErrorKind`], [`ArchiveFault`], [`EncodingGuess`] |
//! | know what a file is | [`FileKind`], [`SetKind`], [`ForeignFormat`] |
//! | show it to people | [`Visible`], [`VisibleWord`], [`shortened()`] |
//!
//! # Promises
//!
//! - **The same bits**: the same input, configuration and seed give the same bytes on any number of
//!   threads of one machine type. Work runs on rayon's current pool; no function makes a pool of
//!   its own.
//! - **No surprise**: the library prints nothing, reads no clock and no environment, and does not
//!   panic on bad data.
//! - **A budget**: [`EmbedConfig::memory`](EmbedConfig::memory()) bounds the memory; what cannot be
//!   done within it is refused before the work begins.
//!
//! # Features
//!
//! | feature | what for | default |
//! |---|---|---|
//! | `sprs` | `sprs` matrices for [`RandomizedSvd`], and conversions from and to them | yes |
//! | `nalgebra-sparse` | `nalgebra_sparse` matrices for [`RandomizedSvd`] | yes |
//! | `tokenizers` | any `tokenizer.json` | yes |
//! | `stem` | stems of words | no |
//! | `arrow` | vectors in Arrow files and streams | no |
//! | `parquet` | corpora and vectors in Parquet files | no |
//! | `neural` | training networks | yes, by `cli` |
//! | `cli` | the program | yes |
//! | `serve` | the program's command `serve`, an HTTP server | yes |
//!
//! # Sources
//!
//! The methods are those of Deerwester et al. 1990 (latent semantic analysis), Halko, Martinsson &
//! Tropp 2011 and Musco & Musco 2015 (the SVD), Levy, Goldberg & Dagan 2015 (windows and `S^p`),
//! Levy & Goldberg 2014 (3CosMul), Stratos, Collins & Hsu 2015 (the square-root transform), and
//! Artetxe, Labaka & Agirre 2018 (alignment without a dictionary). The documentation of each item
//! names its paper; `docs/references.md` in the repository lists all of them.

#![cfg_attr(
    test,
    expect(clippy::disallowed_methods, reason = "tests compare with the standard library")
)]

// In the order of the data; a blank line between two keeps rustfmt from sorting them. First the
// ground, used by all.
pub(crate) mod base;

pub mod storage;

pub mod input;

pub(crate) mod linalg;

// Then the way of the data.
pub mod corpus;

pub mod tokenize;

pub mod vocab;

pub mod counts;

pub mod weighting;

pub(crate) mod operator;

pub mod matrix;

pub(crate) mod svd;

pub mod space;

pub(crate) mod vectors;

pub mod network;

pub(crate) mod config;

pub mod model;

pub(crate) mod embed;

pub mod tables;

pub mod query;

pub mod encode;

pub mod align;

pub mod evaluate;

// Each public type has one path: here, or in its module.
pub use base::budget::MemoryBudget;
pub use base::digest::Digest;
pub use base::error::{ArchiveFault, EncodingGuess, Error, ErrorKind, Lever, Result};
pub use base::foreign::ForeignFormat;
pub use base::kind::FileKind;
pub use base::panics::is_panic_expected;
pub use base::progress::{Progress, Stage, StageReport};
pub use base::set_kind::SetKind;
pub use base::visible::{Visible, VisibleWord, shortened};
pub use base::words::{WordId, Words};
pub use config::{EmbedConfig, Recipe};
pub use corpus::open::Corpus;
pub use embed::bilingual::embed_parallel;
pub use embed::distributed;
pub use embed::pipeline::embed;
#[doc(hidden)]
pub use linalg::instructions::{Instructions, limit_instructions};
pub use model::folder::Model;
pub use operator::{DenseMatrix, DoubleOperator, LinearOperator, Precision, Workspace};
pub use svd::{DoubleVectors, RandomizedSvd, Svd, SvdPrecision};
pub use vectors::{WordVectors, format};

// The examples of the guide run as tests of the documentation.
#[cfg(doctest)]
#[doc = include_str!("../docs/guide/library.md")]
struct LibraryGuide;
