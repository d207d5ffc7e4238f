//! How a model came to be: the content of `model.json`.

use serde::{Deserialize, Serialize};

use crate::base::error::{Error, Result};
use crate::base::progress::{Stage, StageReport};
use crate::config::EmbedConfig;
use crate::corpus::{CorpusOptions, DocumentUnit};
use crate::input::OnBadText;
use crate::network::Training;
use crate::svd::Svd;
use crate::tokenize::CorpusReport;

/// The latest version of the folder's layout that this program reads: 2, of models with a network
/// for encoder; it writes 1 for all others.
pub const FORMAT_VERSION: u32 = 2;

/// The version of the layout of a model with this configuration.
pub(super) fn format_version(config: &EmbedConfig) -> u32 {
    if config.network.is_some() { FORMAT_VERSION } else { 1 }
}

/// How a model came to be: the content of `model.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Provenance {
    /// Of the layout: 1, or 2 with a network for encoder.
    pub format_version: u32,
    /// Name and version of that program.
    pub program: String,
    /// Every parameter, as resolved.
    pub config: EmbedConfig,
    /// What counted as a document.
    pub document_unit: DocumentUnit,
    /// How the texts were read.
    #[serde(default)]
    pub reading: CorpusOptions,
    /// What earlier versions wrote of it.
    #[serde(rename = "on_bad_utf8", default, skip_serializing)]
    pub(super) earlier_on_bad_text: Option<OnBadText>,
    /// The fingerprint of the corpus.
    pub corpus: CorpusReport,
    /// Documents with at least one token.
    pub n_documents: u64,
    /// Tokens in the corpus.
    pub n_tokens: u64,
    /// Tokens of words that passed the cutoff.
    pub n_kept_tokens: u64,
    /// Distinct words in the corpus.
    pub n_distinct_words: u64,
    /// Words with a vector.
    pub n_words: u64,
    /// Stored entries of the matrix that was decomposed.
    pub n_nonzeros: u64,
    /// Length of each vector.
    pub dim: usize,
    /// The seed of the random start.
    pub seed: u64,
    /// SHA-256 over words and vectors, see [`WordVectors::digest`](crate::WordVectors::digest).
    pub digest: String,
    /// SHA-256 of what documents are encoded with, see
    /// [`Encoding::digest`](crate::model::Encoding::digest); earlier versions did not write it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoder_digest: Option<String>,
    /// The digest of the model of the other language, if both were made from parallel texts: their
    /// words and codes are in one space.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partner: Option<String>,
    /// The decomposition; with a network for encoder no singular value, only the shape and the
    /// squared norm of the matrix.
    pub spectrum: Spectrum,
    /// How the network was trained, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub training: Option<Training>,
    /// Seconds and memory of each stage.
    pub stages: Vec<StageReport>,
}

/// What the decomposition found, and how exact it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Spectrum {
    /// Rows and columns of the matrix.
    pub shape: (u64, u64),
    /// The singular values, largest first.
    pub singular_values: Vec<f64>,
    /// For each the residual of its triplet, see [`Svd::residuals`](crate::Svd::residuals).
    pub residuals: Vec<f64>,
    /// The squared Frobenius norm of the matrix.
    pub squared_norm: f64,
    /// The share of it that the singular values explain, from 0 to 1.
    pub explained: f64,
    /// Products of the matrix, or its transpose, with one vector.
    pub products: usize,
    /// Whether every residual came below the tolerance.
    pub converged: bool,
}

impl Provenance {
    /// How to read the corpus again as it was read.
    pub fn corpus_options(&self) -> CorpusOptions {
        // An error was the rule, and is no more than the usual one.
        let earlier = self.earlier_on_bad_text.filter(|&earlier| earlier != OnBadText::Error);
        let options = self.reading.clone().unit(self.document_unit);
        let on_bad_text = options.on_bad_text.or(earlier);
        options.on_bad_text(on_bad_text)
    }

    /// JSON has no word for NaN or infinity, and a reader would find nothing where a number should
    /// be.
    pub(super) fn check_finite(&self) -> Result<()> {
        let Spectrum { singular_values, residuals, squared_norm, explained, .. } = &self.spectrum;
        match singular_values
            .iter()
            .chain(residuals)
            .chain([squared_norm, explained])
            .all(|number| number.is_finite())
        {
            true => Ok(()),
            false => Err(Error::NotFinite {
                stage: Stage::Write,
                place: "the spectrum of the model".to_owned(),
            }),
        }
    }
}

impl Spectrum {
    /// That of a matrix of `shape` that a network learned from: it has no singular values.
    #[cfg(feature = "neural")]
    pub(crate) fn of_network(shape: (usize, usize), squared_norm: f64) -> Self {
        Self {
            shape: (shape.0 as u64, shape.1 as u64),
            singular_values: Vec::new(),
            residuals: Vec::new(),
            squared_norm,
            explained: 0.0,
            products: 0,
            converged: true,
        }
    }

    /// That of a matrix of `shape`, as it was decomposed.
    pub(crate) fn new(shape: (usize, usize), svd: Svd) -> Self {
        Self {
            shape: (shape.0 as u64, shape.1 as u64),
            explained: svd.explained(),
            singular_values: svd.singular_values,
            residuals: svd.residuals,
            squared_norm: svd.squared_norm,
            products: svd.products,
            converged: svd.converged,
        }
    }
}
