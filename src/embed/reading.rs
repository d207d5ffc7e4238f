//! Every stage from a corpus to its vocabulary and its word ids, which are in files where the
//! memory budget leaves no room for them.

use crate::base::error::Result;
use crate::base::progress::Progress;
use crate::config::EmbedConfig;
use crate::corpus::{Corpus, DocumentTable};
use crate::tokenize::{
    CorpusReport, EmptyDocuments, Phrases, Reading, TokenMemory, Tokenizer, Tokens,
};
use crate::vocab::{Vocab, WordSequences};

/// A corpus that was read.
pub(super) struct ReadTexts {
    /// With the phrases that were found.
    pub(super) tokenizer: Tokenizer,
    pub(super) report: CorpusReport,
    /// The metadata of the documents, if any were asked for.
    pub(super) metadata: Option<DocumentTable>,
    pub(super) vocab: Vocab,
    pub(super) n_documents: usize,
    pub(super) sequences: WordSequences,
}

/// What tokens may take in memory, and where the others go.
pub(super) fn token_memory(config: &EmbedConfig) -> TokenMemory<'_> {
    TokenMemory { budget: config.memory, folder: config.temporary_folder.as_deref() }
}

impl ReadTexts {
    /// Reads and tokenizes a corpus, finds its phrases, cuts its documents, and counts its words,
    /// as the configuration says.
    ///
    /// # Errors
    /// As [`embed`](crate::embed()).
    pub(super) fn read(
        corpus: &Corpus,
        config: &EmbedConfig,
        empty: EmptyDocuments,
        mut tokenizer: Tokenizer,
        progress: &dyn Progress,
    ) -> Result<Self> {
        let reading = Reading { empty, sentences: config.sentences, memory: token_memory(config) };
        let mut tokens = Tokens::read_with(corpus, &tokenizer, reading, progress)?;
        let report = std::mem::take(&mut tokens.report);
        let metadata = tokens.metadata.take();
        if let Some(phrases) = &config.phrases {
            let found = Phrases::find(&mut tokens, phrases, config.memory, progress)?;
            tokenizer = tokenizer.with_phrases(found);
        }
        if let Some(n_tokens) = config.document_tokens {
            tokens.cut_documents(n_tokens)?;
        }
        let n_documents = tokens.n_documents();
        let (vocab, sequences) =
            Vocab::count_within(tokens, config.cutoff, config.memory, progress)?;
        Ok(Self { tokenizer, report, metadata, vocab, n_documents, sequences })
    }
}
