//! A model from what the stages before it have made.

use super::provenance::format_version;
use super::{Encoding, Model, Provenance, Spectrum};
use crate::config::EmbedConfig;
use crate::corpus::{Corpus, DocumentTable};
use crate::network::Training;
use crate::space::ngram_vectors::NGramVectors;
use crate::storage::floats::Floats;
use crate::tokenize::{CorpusReport, Tokenizer};
use crate::vectors::WordVectors;
use crate::vocab::Vocab;

/// What a model is made of, one way or the other.
pub(crate) struct Ingredients<'a> {
    pub(crate) corpus: &'a Corpus,
    pub(crate) config: &'a EmbedConfig,
    pub(crate) tokenizer: Tokenizer,
    pub(crate) report: CorpusReport,
    pub(crate) metadata: Option<DocumentTable>,
    pub(crate) vocab: Vocab,
    pub(crate) n_documents: usize,
    pub(crate) n_nonzeros: u64,
    /// `n_words x dim`, row-major.
    pub(crate) vectors: Floats,
    pub(crate) ngrams: Option<NGramVectors>,
    pub(crate) encoding: Encoding,
    pub(crate) spectrum: Spectrum,
    pub(crate) training: Option<Training>,
}

impl Ingredients<'_> {
    pub(crate) fn into_model(self) -> Model {
        let Self {
            corpus,
            config,
            tokenizer,
            report,
            metadata,
            vocab,
            n_documents,
            n_nonzeros,
            vectors,
            ngrams,
            encoding,
            spectrum,
            training,
        } = self;
        let vectors = WordVectors::from_floats(vocab.words, config.dim, vectors);
        let provenance = Provenance {
            format_version: format_version(config),
            program: concat!("eigenlex ", env!("CARGO_PKG_VERSION")).to_owned(),
            config: config.clone(),
            document_unit: corpus.unit(),
            reading: corpus.reading().clone(),
            earlier_on_bad_text: None,
            corpus: report,
            n_documents: n_documents as u64,
            n_tokens: vocab.n_tokens,
            n_kept_tokens: vocab.counts.iter().sum(),
            n_distinct_words: vocab.n_distinct as u64,
            n_words: vectors.len() as u64,
            n_nonzeros,
            dim: config.dim,
            seed: config.seed,
            digest: vectors.digest(),
            encoder_digest: Some(encoding.digest()),
            partner: None,
            spectrum,
            training,
            stages: Vec::new(),
        };
        let (counts, document_frequencies) = (vocab.counts, vocab.document_frequencies);
        Model {
            vectors,
            ngrams,
            counts: counts.into(),
            document_frequencies: document_frequencies.into(),
            tokenizer,
            encoding: Some(encoding),
            documents: metadata,
            provenance,
        }
    }
}
