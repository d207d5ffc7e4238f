//! A whole corpus as token ids, in memory or, where a budget leaves no room for them, in temporary
//! files.
//!
//! In: a [`Corpus`] and a [`Tokenizer`]. Out: [`Tokens`], for each token the id of its spelling,
//! and where the documents end. Pieces of the corpus are tokenized on all threads, each with a
//! table of its own; the tables are merged in the order of the pieces, so ids do not depend on the
//! number of threads.

use std::borrow::Cow;
use std::path::Path;

use rayon::prelude::*;

use super::Tokenizer;
use super::merged::{Merged, united};
use super::piece::Wanted;
use super::sequences::Sequences;
use super::stream::{CorpusReport, TokenEvent, batch_bytes, for_each_batch};
use crate::base::budget::MemoryBudget;
use crate::base::error::{Error, Lever, Result};
use crate::base::progress::{Progress, Stage};
use crate::base::words::{WordId, Words};
use crate::corpus::{Corpus, DocumentTable};
use crate::storage::value_list::{AT_A_TIME, ValueList};

/// A corpus as ids of spellings.
#[derive(Debug)]
pub struct Tokens {
    /// The distinct spellings in order of first occurrence, after those the phrases; each has a
    /// token.
    pub spellings: Words,
    /// For each token the position of its spelling.
    pub(super) ids: ValueList<u32>,
    /// For each document, which holds at least one token unless it was read with
    /// [`Tokens::read_all`], the end of its tokens in `ids`.
    pub(super) document_ends: ValueList<u64>,
    /// For each sentence, which holds at least one token, the end of its tokens in `ids`: where
    /// documents end, and between; `None` unless the sentences were asked for.
    pub(super) sentence_ends: Option<ValueList<u64>>,
    /// The metadata of each document with text, if any were asked for.
    pub(crate) metadata: Option<DocumentTable>,
    /// What was read.
    pub report: CorpusReport,
}

/// How a corpus is read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reading<'a> {
    pub(crate) empty: EmptyDocuments,
    /// Whether the ends of sentences are wanted.
    pub(crate) sentences: bool,
    pub(crate) memory: TokenMemory<'a>,
}

/// Whether documents without a token are documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EmptyDocuments {
    LeftOut,
    Kept,
}

/// The memory for tokens. A [`MemoryBudget`] is one without a folder.
#[derive(Debug, Clone, Copy, Default)]
pub struct TokenMemory<'a> {
    /// How much memory the process may take.
    pub budget: MemoryBudget,
    /// A folder for temporary files, where tokens go that the budget leaves no room for; without
    /// one they are an error.
    pub folder: Option<&'a Path>,
}

impl From<MemoryBudget> for TokenMemory<'_> {
    fn from(budget: MemoryBudget) -> Self {
        Self { budget, folder: None }
    }
}

impl<'a> TokenMemory<'a> {
    /// Bytes that tokens may take in memory: a quarter of what there is, for later stages hold
    /// others beside them; `None` for no bound.
    pub(super) fn token_bytes(self) -> Option<u64> {
        Some(self.budget.room()? / 4)
    }

    /// The folder for tokens of so many bytes, if they do not fit into memory.
    ///
    /// # Errors
    /// More memory than the budget, where there is no folder.
    pub(crate) fn folder_for(self, n_bytes: u64) -> Result<Option<&'a Path>> {
        if self.folder.is_none() {
            self.budget.check(Stage::Tokenize, n_bytes, LEVERS)?;
        }
        Ok(self.folder.filter(|_| self.token_bytes().is_some_and(|most| n_bytes > most)))
    }
}

/// What to change when tokens do not fit.
pub(crate) const LEVERS: &[Lever] = &[Lever::CorpusSize];

impl Tokens {
    /// Reads and tokenizes the whole corpus; tokens that the budget leaves no room for go to files,
    /// if `memory` has a folder for them.
    ///
    /// Memory: four bytes a token, the distinct spellings, and some sixteen megabytes a thread.
    ///
    /// # Errors
    /// Whatever the sources or the tokenizer report, an empty corpus, more memory than the budget,
    /// a failure of the file system, or an interruption.
    pub fn read<'a>(
        corpus: &Corpus,
        tokenizer: &Tokenizer,
        memory: impl Into<TokenMemory<'a>>,
        progress: &dyn Progress,
    ) -> Result<Self> {
        let (empty, memory) = (EmptyDocuments::LeftOut, memory.into());
        Self::read_with(corpus, tokenizer, Reading { empty, sentences: false, memory }, progress)
    }

    /// As [`Tokens::read`], and with the ends of sentences, by Unicode Standard Annex 29: marks of
    /// any script, and what follows them. The end of a line is a space, an empty line ends a
    /// sentence. Where no space follows, a sentence ends only if the tokenizer is a
    /// `tokenizer.json`.
    ///
    /// Memory: as [`Tokens::read`], and eight bytes a sentence.
    ///
    /// # Errors
    /// As [`Tokens::read`].
    pub fn read_sentences<'a>(
        corpus: &Corpus,
        tokenizer: &Tokenizer,
        memory: impl Into<TokenMemory<'a>>,
        progress: &dyn Progress,
    ) -> Result<Self> {
        let (empty, memory) = (EmptyDocuments::LeftOut, memory.into());
        Self::read_with(corpus, tokenizer, Reading { empty, sentences: true, memory }, progress)
    }

    /// As [`Tokens::read`], but documents without a token are there too: those of
    /// [`stream`](crate::tokenize::stream()).
    ///
    /// # Errors
    /// As [`Tokens::read`].
    pub fn read_all<'a>(
        corpus: &Corpus,
        tokenizer: &Tokenizer,
        memory: impl Into<TokenMemory<'a>>,
        progress: &dyn Progress,
    ) -> Result<Self> {
        let (empty, memory) = (EmptyDocuments::Kept, memory.into());
        Self::read_with(corpus, tokenizer, Reading { empty, sentences: false, memory }, progress)
    }

    pub(crate) fn read_with(
        corpus: &Corpus,
        tokenizer: &Tokenizer,
        reading: Reading<'_>,
        progress: &dyn Progress,
    ) -> Result<Self> {
        let Reading { empty, sentences, memory } = reading;
        let mut merged = Merged::default();
        let keeps_empty = empty == EmptyDocuments::Kept;
        let batch_bytes = batch_bytes();
        let wanted = if sentences { Wanted::Sentences } else { Wanted::Breaks };
        let mut report = for_each_batch::<Error>(corpus, tokenizer, wanted, progress, |batch| {
            batch
                .into_iter()
                .try_for_each(|piece| piece.map(|piece| merged.append(&piece, keeps_empty)))?;
            merged.fit(memory.token_bytes(), memory.folder)?;
            memory.budget.check(Stage::Tokenize, merged.memory_bytes() + batch_bytes, LEVERS)
        })?;
        if sentences {
            report.abbreviations = Some(merged.end_sentences(tokenizer.leaves_out_stops())?);
        }
        let has_joined = merged.join_broken_words(&mut report)?;
        let Merged { interner, ids, document_ends, sentence_ends, rows, .. } = merged;
        let sentence_ends = sentences.then_some(sentence_ends);
        let spellings = interner.into_words();
        let columns = corpus.reading().reader_options.metadata.clone();
        let metadata = (!columns.is_empty()).then(|| DocumentTable::new(columns, rows));
        let mut tokens = Self { spellings, ids, document_ends, sentence_ends, metadata, report };
        if has_joined {
            tokens.drop_unused()?;
        }
        tokenizer.phrases().join(&mut tokens)?;
        Ok(tokens)
    }

    /// Number of tokens.
    pub fn n_tokens(&self) -> usize {
        self.ids.len()
    }

    /// Number of documents.
    pub fn n_documents(&self) -> usize {
        self.document_ends.len()
    }

    /// For each token the position of its spelling.
    ///
    /// # Errors
    /// A file that cannot be read, where the tokens are in files.
    pub fn ids(&self) -> Result<Cow<'_, [u32]>> {
        self.ids.read(0..self.ids.len())
    }

    /// For each document where its tokens end among all. A document holds at least one token,
    /// unless the corpus was read with [`Tokens::read_all`].
    ///
    /// # Errors
    /// As [`Tokens::ids`].
    pub fn document_ends(&self) -> Result<Cow<'_, [u64]>> {
        self.document_ends.read(0..self.document_ends.len())
    }

    /// For each sentence, which holds at least one token, where its tokens end among all: where
    /// documents end, and between. `None` unless the corpus was read with
    /// [`Tokens::read_sentences`].
    ///
    /// # Errors
    /// As [`Tokens::ids`].
    pub fn sentence_ends(&self) -> Result<Option<Cow<'_, [u64]>>> {
        self.sentence_ends.as_ref().map(|ends| ends.read(0..ends.len())).transpose()
    }

    /// Calls `visit` with each token and each end of a document, in order, as
    /// [`stream`](crate::tokenize::stream()) does.
    ///
    /// # Errors
    /// As [`Tokens::ids`], or what `visit` gives.
    pub fn for_each_event<E: From<Error>>(
        &self,
        mut visit: impl FnMut(TokenEvent<'_>) -> std::result::Result<(), E>,
    ) -> std::result::Result<(), E> {
        self.documents().for_each_piece(0..self.n_documents(), |ids, is_end| {
            ids.iter()
                .map(|&id| TokenEvent::Token(self.spellings.spelling(WordId(id))))
                .try_for_each(&mut visit)?;
            if is_end { visit(TokenEvent::EndOfDocument) } else { Ok(()) }
        })
    }

    /// The documents as sequences of ids.
    pub(crate) fn documents(&self) -> Sequences<'_> {
        Sequences { ids: &self.ids, ends: &self.document_ends }
    }

    /// The ids, and where the sequences end that they make: sentences if these were asked for,
    /// documents otherwise.
    pub(crate) fn into_sequences(self) -> (ValueList<u32>, ValueList<u64>) {
        (self.ids, self.sentence_ends.unwrap_or(self.document_ends))
    }

    /// Whether the tokens are in files.
    pub(crate) fn is_on_disk(&self) -> bool {
        self.ids.is_on_disk()
    }

    /// Bytes that ids and ends take in memory.
    pub(crate) fn memory_bytes(&self) -> u64 {
        self.ids.memory_bytes()
            + self.document_ends.memory_bytes()
            + self.sentence_ends.as_ref().map_or(0, ValueList::memory_bytes)
    }

    /// Drops the spellings that no token has any more.
    ///
    /// # Errors
    /// A failure of the file system.
    pub(super) fn drop_unused(&mut self) -> Result<()> {
        let mut is_used = vec![false; self.spellings.len()];
        self.ids.for_each_part(AT_A_TIME, |_, ids| {
            ids.iter().for_each(|&id| is_used[id as usize] = true);
            Ok(())
        })?;
        if is_used.iter().all(|&it| it) {
            return Ok(());
        }
        let mut spellings = Words::new();
        let mut new_ids = vec![u32::MAX; is_used.len()];
        for (id, new_id) in new_ids.iter_mut().enumerate().filter(|(id, _)| is_used[*id]) {
            *new_id = spellings.push(self.spellings.spelling(WordId(id as u32))).0;
        }
        self.ids = std::mem::take(&mut self.ids).rewrite(AT_A_TIME, |_, ids| {
            ids.par_iter_mut().for_each(|id| *id = new_ids[*id as usize]);
            Ok(ids.len())
        })?;
        self.spellings = spellings;
        Ok(())
    }

    /// Cuts every document into documents of `n_tokens` tokens, of which the last may have fewer.
    ///
    /// # Errors
    /// A failure of the file system, where the tokens are in files.
    ///
    /// # Panics
    /// If `n_tokens` is 0.
    pub fn cut_documents(&mut self, n_tokens: usize) -> Result<()> {
        assert!(n_tokens > 0, "a document holds at least one token");
        let mut cuts = self.document_ends.empty_like()?;
        let mut start = 0_u64;
        self.document_ends.for_each_part(AT_A_TIME, |_, ends| {
            for &end in ends {
                for cut in (start.saturating_add(n_tokens as u64)..end).step_by(n_tokens) {
                    cuts.push(cut);
                    cuts.flush()?;
                }
                cuts.push(end);
                start = end;
            }
            cuts.flush()
        })?;
        if let Some(sentence_ends) = self.sentence_ends.take() {
            self.sentence_ends = Some(united(&sentence_ends, &cuts)?);
        }
        self.document_ends = cuts;
        Ok(())
    }
}

#[cfg(test)]
impl Tokens {
    /// Tokens that are in memory, or in files of a folder if there is one.
    pub(crate) fn for_tests(
        spellings: Words,
        ids: Vec<u32>,
        document_ends: Vec<u64>,
        sentence_ends: Option<Vec<u64>>,
        folder: Option<&Path>,
    ) -> Self {
        let list = |ends| ValueList::from_vec(ends, folder).expect("a folder that can be written");
        Self {
            spellings,
            ids: ValueList::from_vec(ids, folder).expect("a folder that can be written"),
            document_ends: list(document_ends),
            sentence_ends: sentence_ends.map(list),
            metadata: None,
            report: CorpusReport::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_cut_into_equal_parts() {
        let folder = tempfile::tempdir().unwrap();
        for folder in [None, Some(folder.path())] {
            let mut tokens = Tokens::for_tests(
                ["a"].into_iter().collect(),
                vec![0; 12],
                vec![0, 7, 8, 12],
                Some(vec![3, 7, 8, 12]),
                folder,
            );
            tokens.cut_documents(4).unwrap();
            // An empty document stays, 7 tokens become 4 and 3, one stays, four stay.
            assert_eq!(*tokens.document_ends().unwrap(), [0, 4, 7, 8, 12]);
            assert_eq!(tokens.sentence_ends().unwrap().as_deref(), Some(&[0, 3, 4, 7, 8, 12][..]));
            tokens.cut_documents(1).unwrap();
            assert_eq!(*tokens.document_ends().unwrap(), (0..=12).collect::<Vec<_>>());
        }
    }
}
