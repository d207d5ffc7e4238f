//! eigenlex turns a person's own texts into word vectors by linear algebra, and answers word math
//! with them.
//!
//! A corpus becomes a sparse matrix `X` (documents by words, or the contexts of words by words),
//! the counts in it become weights, and a truncated randomized SVD `X ~ U_k S_k V_k^T` gives each
//! word its vector, row j of `V_k S_k^p`. That is the best linear autoencoder of the rows: encoder
//! `V_k`, decoder `V_k^T`, loss `|X|_F^2 - sum_{i<=k} s_i^2` (Eckart & Young 1936).
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
//! # The types, in the order of the data
//!
//! - [`Corpus`]: files, folders, patterns, standard input. [`Tokenizer`] cuts its documents into
//!   [`Tokens`]; [`tokenize::stream`] gives them one after the other as [`TokenEvent`]s.
//! - [`Phrases`] finds words that belong together by a [`PhraseScore`], as a [`PhraseConfig`] says,
//!   and joins each [`Phrase`] into one token.
//! - [`Vocab`] counts the words, a [`Cutoff`] keeps the frequent ones, [`WordSequences`] are the
//!   documents as [`WordId`]s of [`Words`].
//! - [`Contexts`] counts words in documents or windows into a [`CountMatrix`], within
//!   [`CountSettings`]; a [`Subsampling`] takes frequent words down; a [`Weighting`] turns counts
//!   into weights.
//! - [`BlockMatrix`] holds the rows ready for products, in memory, or partly on the disk as
//!   [`Spill`] says; a [`BlockWriter`] fills one.
//! - A [`MarketReader`] reads any other sparse matrix from a MatrixMarket file, [`Entry`] by
//!   [`Entry`], mirrored where its [`Symmetry`] says so.
//! - [`RandomizedSvd`] decomposes any [`LinearOperator`] (also `sprs` and `nalgebra_sparse`
//!   matrices, and [`DenseMatrix`]) into an [`Svd`].
//! - [`WordVectors`] hold the result; [`mod@format`] reads and writes them in the formats of other
//!   programs.
//! - [`embed`] goes the whole way, as an [`EmbedConfig`] says, to a [`Model`] with its
//!   [`Provenance`]; [`ModelWriter`] puts it on the disk. [`embed_parallel`] does so for two
//!   languages at once, from texts of which each line translates the other.
//! - [`query`] answers expressions, finds neighbours and the odd one out; [`evaluate`] scores
//!   vectors on analogy questions, word similarity, categories and odd-one-out questions.
//! - [`network`] trains autoencoders instead: a [`NetworkConfig`](network::NetworkConfig) says what
//!   kind, a [`Network`](network::Network) is the encoder, [`Training`](network::Training) tells
//!   how it went.
//! - [`encode`] folds documents in: an [`Encoder`](encode::Encoder) makes codes with the
//!   [`Encoding`] and the [`ColumnStatistics`] that a model keeps; documents are searched,
//!   completed, reconstructed and laid out on a plane by their codes.
//! - [`mod@align`] lays two languages over each other: from an [`AlignInput`](align::AlignInput)
//!   each and maybe a [`Dictionary`](align::Dictionary) to an
//!   [`AlignmentMap`](align::AlignmentMap). [`hub`](align::hub) does so for several languages,
//!   [`chain`](align::chain) for the time slices of one, into
//!   [`CommonSpaces`](align::CommonSpaces); [`Drift`](align::Drift) tells which words moved.
//! - [`KMeans`] cuts points into a [`Clustering`]: words into categories, say.
//! - [`Progress`] hears how far each [`Stage`] is and can stop it; [`enum@Error`] says what went
//!   wrong; [`MemoryBudget`] bounds the memory.
//!
//! # Promises
//!
//! - **The same bits**: the same input, configuration and seed give the same bytes on any number of
//!   threads of one machine type. Work runs on rayon's current pool; no function makes a pool of
//!   its own.
//! - **No surprise**: the library prints nothing, reads no clock and no environment, and does not
//!   panic on bad data.
//!
//! # Sources
//!
//! - Eckart & Young 1936, "The approximation of one matrix by another of lower rank".
//! - Deerwester, Dumais, Furnas, Landauer & Harshman 1990, "Indexing by latent semantic analysis".
//! - Dumais 1991, "Improving the retrieval of information from external sources": log-entropy.
//! - Schütze & Pedersen 1993, "A vector model for syntagmatic and paradigmatic relatedness"; Lund &
//!   Burgess 1996, "Producing high-dimensional semantic spaces from lexical co-occurrence": left
//!   and right contexts.
//! - Dunning 1993, "Accurate methods for the statistics of surprise and coincidence"; Bouma 2009,
//!   "Normalized (pointwise) mutual information in collocation extraction"; Mikolov, Sutskever,
//!   Chen, Corrado & Dean 2013, "Distributed representations of words and phrases and their
//!   compositionality": phrases.
//! - Dumais, Letsche, Littman & Landauer 1997, "Automatic cross-language retrieval using latent
//!   semantic indexing".
//! - Hamilton, Leskovec & Jurafsky 2016, "Diachronic word embeddings reveal statistical laws of
//!   semantic change"; Dubossarsky, Weinshall & Grossman 2017, "Outta control: laws of semantic
//!   change and inherent biases in word representation models": time slices, and what to hold them
//!   against.
//! - Halko, Martinsson & Tropp 2011, "Finding structure with randomness"; Musco & Musco 2015,
//!   "Randomized block Krylov methods".
//! - Levy & Goldberg 2014, "Linguistic regularities in sparse and explicit word representations":
//!   3CosMul.
//! - Levy, Goldberg & Dagan 2015, "Improving distributional similarity with lessons learned from
//!   word embeddings": PPMI, `S^p`.
//! - Arthur & Vassilvitskii 2007, "k-means++: the advantages of careful seeding"; Camacho-Collados
//!   & Navigli 2016, "Find the word that does not belong": the odd one out.
//! - Owen & Perry 2009, "Bi-cross-validation of the SVD"; Neufeld,
//!   Gao, Popp, Battle & Witten 2023, on thinned counts: how many components.
//! - McInnes, Healy & Melville 2018, "UMAP: uniform manifold approximation and projection": the
//!   layout on a plane.
//! - Vincent, Larochelle, Bengio & Manzagol 2008, "Extracting and composing robust features with
//!   denoising autoencoders"; Kingma & Welling 2014, "Auto-encoding variational Bayes"; Kingma & Ba
//!   2015, "Adam"; Liang, Krishnan, Hoffman & Jebara 2018, "Variational autoencoders for
//!   collaborative filtering": networks.
//! - Stratos, Collins & Hsu 2015, "Model-based word embeddings from decompositions of count
//!   matrices": the square-root transform.

// In the order of the data; a blank line between two keeps rustfmt from sorting them. First the
// ground, used by all.
pub(crate) mod base;

pub(crate) mod storage;

pub(crate) mod input;

pub(crate) mod linalg;

// Then the way of the data.
pub mod corpus;

pub mod tokenize;

pub mod vocab;

pub(crate) mod counts;

pub(crate) mod weighting;

pub mod operator;

pub mod matrix;

pub mod svd;

pub(crate) mod space;

pub(crate) mod vectors;

pub mod network;

pub(crate) mod config;

pub(crate) mod model;

pub(crate) mod embed;

pub mod query;

pub mod encode;

pub mod align;

pub mod evaluate;

pub use base::budget::MemoryBudget;
pub use base::bytes::format_bytes;
pub use base::error::{Error, ErrorKind, ForeignFormat, Lever, Result};
pub use base::kind::FileKind;
pub use base::progress::{Progress, Stage, StageReport};
pub use base::words::{WordId, Words};
pub use base::{error, progress};
pub use config::{EmbedConfig, Recipe};
pub use corpus::open::Corpus;
pub use corpus::{CorpusOptions, DocumentNames, DocumentUnit, LeftOut, OnBadUtf8, SourceReport};
pub use counts::{ContextSides, Contexts, CountMatrix, CountSettings, DistanceWeights};
pub use embed::bilingual::embed_parallel;
pub use embed::pipeline::embed;
pub use matrix::{BlockMatrix, BlockWriter, Entry, MarketReader, Symmetry};
pub use model::folder::Model;
pub use model::{Encoding, FORMAT_VERSION, ModelWriter, Provenance, Spectrum};
pub use operator::{DenseMatrix, LinearOperator, Precision, Workspace};
pub use query::{Clustering, KMeans};
pub use space::subwords::SubwordSmoothing;
pub use storage::atomic::{AtomicFile, refuse_existing};
pub use storage::checkpoints::remove_checkpoints;
pub use storage::floats::Floats;
pub use storage::spill::Spill;
pub use svd::{RandomizedSvd, Svd};
pub use tokenize::{
    CorpusReport, Phrase, PhraseConfig, PhraseScore, Phrases, TokenEvent, Tokenizer,
    TokenizerConfig, Tokens,
};
pub use vectors::{WordVectors, format};
pub use vocab::{Cutoff, Vocab, WordSequences};
pub use weighting::dispersion::dispersion;
pub use weighting::formulas::{ColumnStatistics, Weighting};
pub use weighting::subsample::Subsampling;

// The examples of the guide run as tests of the documentation.
#[cfg(doctest)]
#[doc = include_str!("../docs/guide/library.md")]
struct LibraryGuide;
