//! A piece of a corpus, tokenized by itself: ids of its own spellings, and where documents and
//! sentences end.

use hashbrown::HashTable;

use super::{Tokenizer, WordChanges};
use crate::base::error::Result;
use crate::base::words::{WordId, Words, hash_word};
use crate::corpus::{Event, Piece, Repairs, for_each_end};

/// Distinct spellings with their hashes, so that merging never hashes again.
#[derive(Default)]
pub(crate) struct Interner {
    table: HashTable<u32>,
    spellings: Words,
    hashes: Vec<u64>,
}

impl Interner {
    /// The number of a word, given its hash by [`hash_word`]; a new one if it has not been met.
    pub(crate) fn intern(&mut self, word: &str, hash: u64) -> u32 {
        let Self { table, spellings, hashes } = self;
        let entry = table.entry(
            hash,
            |&id| spellings.spelling(WordId(id)) == word,
            |&id| hashes[id as usize],
        );
        *entry
            .or_insert_with(|| {
                hashes.push(hash);
                spellings.push(word).0
            })
            .get()
    }

    /// The numbers of all spellings of `other`, which are added where they are missing.
    pub(super) fn merge(&mut self, other: &Self) -> Vec<u32> {
        let words = other.spellings.iter().zip(&other.hashes);
        words.map(|(word, &hash)| self.intern(word, hash)).collect()
    }

    /// The distinct spellings by their numbers.
    pub(crate) fn words(&self) -> &Words {
        &self.spellings
    }

    /// The distinct spellings, without the table.
    pub(super) fn into_words(self) -> Words {
        self.spellings
    }

    /// Bytes held.
    pub(super) fn memory_bytes(&self) -> u64 {
        let (bytes, offsets) = self.spellings.parts();
        (bytes.len() * 2 + offsets.len() * (16 + 16 + 8)) as u64
    }
}

/// A piece of a corpus as ids of its own spellings.
pub(super) struct TokenizedPiece {
    pub(super) interner: Interner,
    pub(super) ids: Vec<u32>,
    pub(super) document_ends: Vec<DocumentEnd>,
    /// Positions in the ids of the piece, those of documents among them; maybe some twice.
    pub(super) sentence_ends: Vec<usize>,
    /// Whether there is text after the last of the documents' ends.
    pub(super) has_text: bool,
    pub(super) ends_source: bool,
    pub(super) repairs: Repairs,
    /// What the tokenizer changed.
    pub(super) changes: WordChanges,
}

/// Where a document ends.
pub(super) struct DocumentEnd {
    /// Position in the ids of the piece.
    pub(super) position: usize,
    /// Whether there is text in the piece since the end before: a document, if only of characters
    /// that make no token.
    pub(super) has_text: bool,
}

impl TokenizedPiece {
    pub(super) fn new(piece: &Piece, tokenizer: &Tokenizer, sentences: bool) -> Result<Self> {
        let mut interner = Interner::default();
        // Text has five to six bytes a token, the space included.
        let mut ids = Vec::with_capacity(piece.len() / 5);
        let (mut document_ends, mut sentence_ends) = (Vec::new(), Vec::new());
        let mut has_text = false;
        let mut changes = WordChanges::default();
        let mut text_ends = Vec::new();
        let mut event = |event: Event<'_>| match event {
            Event::Text(text) => {
                has_text = true;
                text_ends.clear();
                if sentences {
                    for_each_end(text, tokenizer.cuts_unspaced_text(), |end| text_ends.push(end));
                }
                let mut start = 0;
                for &end in &text_ends {
                    tokenizer.cut(&text[start..end], &mut changes, |token| {
                        ids.push(interner.intern(token, hash_word(token)))
                    })?;
                    sentence_ends.push(ids.len());
                    start = end;
                }
                tokenizer.cut(&text[start..], &mut changes, |token| {
                    ids.push(interner.intern(token, hash_word(token)))
                })
            }
            Event::EndOfDocument => {
                document_ends.push(DocumentEnd {
                    position: ids.len(),
                    has_text: std::mem::take(&mut has_text),
                });
                sentence_ends.push(ids.len());
                Ok(())
            }
        };
        let repairs = piece.walk(&mut event)?;
        if piece.ends_source {
            event(Event::EndOfDocument)?;
        }
        Ok(Self {
            interner,
            ids,
            document_ends,
            sentence_ends,
            has_text,
            ends_source: piece.ends_source,
            repairs,
            changes,
        })
    }
}
