//! Documents that a program holds in memory, as a source of a corpus.
//!
//! In: anything that hands out its documents by number ([`HeldDocuments`]), such as a list of texts
//! ([`TextList`]) or a column of a table. Out: pieces of about a megabyte, like those of a file.
//! The texts stay where they are; a piece is a range of documents.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::hashing::Fingerprint;
use super::piece::{Form, Piece};
use super::source_reader::PIECE_BYTES;
use super::{Corpus, SourceReport};

/// A document that a program holds in memory.
pub enum HeldDocument<'a> {
    /// A text, which the tokenizer cuts.
    Text(&'a str),
    /// Tokens, which stay as they are.
    Tokens(Box<dyn Iterator<Item = &'a str> + 'a>),
}

/// Documents in memory, known by their numbers from 0.
pub trait HeldDocuments: fmt::Debug + Send + Sync {
    /// How many there are.
    fn n_documents(&self) -> usize;

    /// Bytes of text of a document, from which the sizes of pieces are made.
    ///
    /// # Panics
    /// If `document` is not below the number of documents.
    fn n_bytes(&self, document: usize) -> usize;

    /// A document.
    ///
    /// # Panics
    /// If `document` is not below the number of documents.
    fn document(&self, document: usize) -> HeldDocument<'_>;
}

/// Texts, or documents that are lists of tokens, one after the other in one piece of memory.
///
/// ```
/// use std::sync::Arc;
///
/// use eigenlex::corpus::{HeldDocuments, TextList};
/// use eigenlex::{Corpus, EmbedConfig};
///
/// let mut texts = TextList::default();
/// texts.push_text("the king and the queen");
/// texts.push_tokens(["a", "queen", "and", "a", "king"]);
/// assert_eq!(texts.n_documents(), 2);
/// let corpus = Corpus::options().open_held("texts", Arc::new(texts));
/// let config = EmbedConfig::documents().min_count(1).dim(1).lower_dim(true);
/// let model = eigenlex::embed(&corpus, &config, &())?;
/// assert!(model.vectors.id("queen").is_some());
/// # Ok::<(), eigenlex::Error>(())
/// ```
#[derive(Debug, Default, Clone)]
pub struct TextList {
    text: String,
    /// Where each token ends, or a text.
    part_ends: Vec<usize>,
    /// For each document the parts that it and all before it have, and whether they are tokens.
    documents: Vec<(usize, bool)>,
}

impl TextList {
    /// Appends a text.
    pub fn push_text(&mut self, text: &str) {
        self.text.push_str(text);
        self.part_ends.push(self.text.len());
        self.documents.push((self.part_ends.len(), false));
    }

    /// Appends a document of tokens.
    pub fn push_tokens<T: AsRef<str>>(&mut self, tokens: impl IntoIterator<Item = T>) {
        for token in tokens {
            self.text.push_str(token.as_ref());
            self.part_ends.push(self.text.len());
        }
        self.documents.push((self.part_ends.len(), true));
    }

    fn parts(&self, document: usize) -> Range<usize> {
        let before = document.checked_sub(1).map_or(0, |previous| self.documents[previous].0);
        before..self.documents[document].0
    }

    fn part(&self, part: usize) -> &str {
        let start = part.checked_sub(1).map_or(0, |previous| self.part_ends[previous]);
        &self.text[start..self.part_ends[part]]
    }
}

impl HeldDocuments for TextList {
    fn n_documents(&self) -> usize {
        self.documents.len()
    }

    fn n_bytes(&self, document: usize) -> usize {
        self.parts(document).map(|part| self.part(part).len()).sum()
    }

    fn document(&self, document: usize) -> HeldDocument<'_> {
        let parts = self.parts(document);
        match self.documents[document].1 {
            true => HeldDocument::Tokens(Box::new(parts.map(|part| self.part(part)))),
            false => HeldDocument::Text(self.part(parts.start)),
        }
    }
}

/// Documents in memory with the name that messages give them.
#[derive(Debug, Clone)]
pub struct HeldSource {
    name: PathBuf,
    pub(super) documents: Arc<dyn HeldDocuments>,
    n_bytes: u64,
}

/// The same documents, not only equal ones.
impl PartialEq for HeldSource {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && Arc::ptr_eq(&self.documents, &other.documents)
    }
}

impl Eq for HeldSource {}

impl HeldSource {
    pub(super) fn new(name: PathBuf, documents: Arc<dyn HeldDocuments>) -> Self {
        let n_bytes = (0..documents.n_documents()).map(|it| documents.n_bytes(it) as u64).sum();
        Self { name, documents, n_bytes }
    }

    /// The name that messages give them.
    pub fn name(&self) -> &Path {
        &self.name
    }

    /// Bytes of all texts.
    pub fn n_bytes(&self) -> u64 {
        self.n_bytes
    }

    /// The fingerprint of all documents.
    pub(super) fn report(&self) -> SourceReport {
        let fingerprint = Fingerprint::default();
        self.add_to(&fingerprint, 0..self.documents.n_documents());
        fingerprint.report(&self.name)
    }

    /// Each text, or each token, with a byte behind it that is no text: U+001F behind a token,
    /// U+001E behind a document.
    fn add_to(&self, fingerprint: &Fingerprint, range: Range<usize>) {
        let mut bytes = Vec::new();
        for document in range {
            match self.documents.document(document) {
                HeldDocument::Text(text) => bytes.extend_from_slice(text.as_bytes()),
                HeldDocument::Tokens(tokens) => tokens.for_each(|token| {
                    bytes.extend_from_slice(token.as_bytes());
                    bytes.push(0x1F);
                }),
            }
            bytes.push(0x1E);
        }
        fingerprint.add(&bytes);
    }
}

/// Documents in memory that are being read.
pub(super) struct HeldReader {
    source: HeldSource,
    next: usize,
    fingerprint: Fingerprint,
}

impl HeldReader {
    pub(super) fn new(source: &HeldSource) -> Self {
        Self { source: source.clone(), next: 0, fingerprint: Fingerprint::default() }
    }

    /// The next piece, and how many bytes of text it has.
    pub(super) fn next_piece(&mut self, corpus: &Corpus) -> (Piece, u64) {
        let documents = &self.source.documents;
        let (start, mut n_bytes) = (self.next, 0);
        while self.next < documents.n_documents() && n_bytes < PIECE_BYTES {
            n_bytes += documents.n_bytes(self.next);
            self.next += 1;
        }
        let range = start..self.next;
        self.source.add_to(&self.fingerprint, range.clone());
        let options = corpus.reading();
        let metadata = vec![String::new(); options.reader_options.metadata.len()];
        let piece = Piece {
            path: self.source.name().into(),
            unit: corpus.unit(),
            on_bad_text: options.on_bad_text,
            encoding: None,
            first_line: start as u64 + 1,
            offset: 0,
            bytes: Vec::new(),
            form: Form::Held { documents: Arc::clone(documents), range, n_bytes },
            metadata: options.keeps_metadata().then(|| metadata.into()),
            ends_source: self.next == documents.n_documents(),
        };
        (piece, n_bytes as u64)
    }

    /// What was read, once the end is reached.
    pub(super) fn report(&self) -> SourceReport {
        self.fingerprint.report(self.source.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::error::Error;
    use crate::config::{EmbedConfig, Recipe};
    use crate::corpus::DocumentUnit;
    use crate::embed::pipeline::embed;
    use crate::input::OnBadText;

    fn sample() -> Vec<String> {
        let text = std::fs::read_to_string("corpora/english.txt").unwrap();
        text.lines().map(str::to_owned).collect()
    }

    fn config() -> EmbedConfig {
        EmbedConfig::window().dim(20)
    }

    fn one_dimension() -> EmbedConfig {
        EmbedConfig::recipe(Recipe::Lsa).min_count(1).dim(1)
    }

    #[test]
    fn texts_in_memory_give_the_bits_of_their_file() {
        let mut texts = TextList::default();
        sample().iter().for_each(|line| texts.push_text(line));
        let corpus = Corpus::options().open_held("texts", Arc::new(texts));
        let model = embed(&corpus, &config(), &()).unwrap();
        let of_file = embed(&Corpus::open("corpora/english.txt").unwrap(), &config(), &()).unwrap();
        assert_eq!(model.vectors.digest(), of_file.vectors.digest());
        assert_eq!(model.provenance.n_documents, of_file.provenance.n_documents);
        assert_eq!(corpus.fingerprints().unwrap()[0].sha256.len(), 64);
    }

    #[test]
    fn many_pieces_are_read_as_one_source() {
        let mut texts = TextList::default();
        let line = "red green blue ".repeat(2000);
        (0..200).for_each(|_| texts.push_text(&line));
        let corpus = Corpus::options().open_held("texts", Arc::new(texts));
        let config = one_dimension();
        let model = embed(&corpus, &config, &()).unwrap();
        assert_eq!(model.provenance.n_documents, 200);
        assert_eq!(model.provenance.n_tokens, 200 * 6000);
        let read = &model.provenance.corpus.sources[0];
        assert_eq!(read.sha256, corpus.fingerprints().unwrap()[0].sha256);
        assert_eq!(read.n_documents, Some(200));
    }

    #[test]
    fn tokens_stay_as_they_are() {
        let mut texts = TextList::default();
        for _ in 0..3 {
            texts.push_tokens(["New York", "is", "BIG"]);
            texts.push_tokens(Vec::<&str>::new());
            texts.push_text("Is it big");
        }
        let config = one_dimension();
        let model =
            embed(&Corpus::options().open_held("texts", Arc::new(texts)), &config, &()).unwrap();
        let words: Vec<&str> = model.vectors.words().iter().collect();
        assert_eq!(words, ["is", "BIG", "New York", "big", "it"]);
        assert_eq!(model.provenance.n_documents, 6);
    }

    #[test]
    fn documents_can_be_cut_into_smaller_ones() {
        let mut texts = TextList::default();
        texts.push_text("One day. Two days.\nThree days");
        let open = |unit| {
            let corpus = Corpus::options().unit(unit).open_held("texts", Arc::new(texts.clone()));
            let config = one_dimension();
            embed(&corpus, &config, &()).unwrap().provenance.n_documents
        };
        assert_eq!(open(DocumentUnit::Record), 1);
        assert_eq!(open(DocumentUnit::Line), 2);
        assert_eq!(open(DocumentUnit::Sentence), 3);
    }

    #[test]
    fn control_characters_are_treated_as_in_files() {
        let open = |text: &str, action| {
            let mut texts = TextList::default();
            ["a b", text].iter().for_each(|text| texts.push_text(text));
            let corpus = Corpus::options().on_bad_text(action).open_held("texts", Arc::new(texts));
            let config = one_dimension();
            embed(&corpus, &config, &()).map(|model| model.provenance.n_tokens)
        };
        assert_eq!(open("c\u{1}d", None).unwrap(), 4);
        assert_eq!(open("c\u{1}d", Some(OnBadText::Skip)).unwrap(), 2);
        let error = open("c\0d", None).unwrap_err();
        assert!(matches!(error, Error::ControlCharacter { line: 2, .. }), "{error}");
    }

    #[test]
    fn nothing_is_an_empty_corpus() {
        let corpus = Corpus::options().open_held("texts", Arc::new(TextList::default()));
        assert!(matches!(embed(&corpus, &config(), &()), Err(Error::EmptyCorpus { .. })));
    }
}
