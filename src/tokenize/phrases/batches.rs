//! Tokens a batch at a time, cut where no phrase is cut: all of them where they are in memory, and
//! so many as fit where they are in files.

use crate::base::error::Result;
use crate::storage::value_list::ValueList;
use crate::tokenize::Tokens;

/// Some of the tokens, with the ends of documents and sentences among them, which are counted from
/// the beginning of the batch.
pub(super) struct Batch {
    pub(super) ids: Vec<u32>,
    pub(super) document_ends: Vec<u64>,
    pub(super) sentence_ends: Vec<u64>,
}

/// Goes through tokens to their end, and puts others in their place.
pub(super) struct Batches<'a> {
    tokens: &'a mut Tokens,
    /// What was read so far: tokens, documents and sentences.
    n_tokens: usize,
    n_documents: usize,
    n_sentences: usize,
    ids: ValueList<u32>,
    document_ends: ValueList<u64>,
    sentence_ends: Option<ValueList<u64>>,
    is_done: bool,
    n_all: usize,
}

impl<'a> Batches<'a> {
    /// # Errors
    /// A file that cannot be created.
    pub(super) fn new(tokens: &'a mut Tokens) -> Result<Self> {
        Ok(Self {
            n_tokens: 0,
            n_documents: 0,
            n_sentences: 0,
            ids: tokens.ids.empty_like()?,
            document_ends: tokens.document_ends.empty_like()?,
            sentence_ends: tokens.sentence_ends.as_ref().map(ValueList::empty_like).transpose()?,
            is_done: false,
            n_all: tokens.n_tokens(),
            tokens,
        })
    }

    /// The next batch, of `n_at_once` tokens at most if it can be cut there; `None` at the end.
    /// `last_cut` gives the last place where some ids may be cut, given the last end of a document
    /// among them, or 0.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub(super) fn next(
        &mut self,
        mut n_at_once: usize,
        last_cut: impl Fn(&[u32], usize) -> usize,
    ) -> Result<Option<Batch>> {
        if self.is_done {
            return Ok(None);
        }
        let (start, n_all) = (self.n_tokens, self.n_all);
        loop {
            let end = start.saturating_add(n_at_once).min(n_all);
            let mut ids = self.tokens.ids.take(start..end)?;
            let n_documents = documents_up_to(&self.tokens.document_ends, end)?;
            let mut cut = ids.len();
            if end < n_all {
                let last_end = match n_documents {
                    0 => 0,
                    n => self.tokens.document_ends.read(n - 1..n)?[0] as usize,
                };
                cut = last_cut(&ids, last_end.saturating_sub(start));
                if cut == 0 {
                    n_at_once *= 2;
                    continue;
                }
                ids.truncate(cut);
            }
            let end = start + cut;
            self.is_done = end == n_all;
            let document_ends =
                ends(&mut self.tokens.document_ends, &mut self.n_documents, start, end)?;
            let sentence_ends = match &mut self.tokens.sentence_ends {
                Some(list) => ends(list, &mut self.n_sentences, start, end)?,
                None => Vec::new(),
            };
            self.n_tokens = end;
            return Ok(Some(Batch { ids, document_ends, sentence_ends }));
        }
    }

    /// Appends what a batch has become.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub(super) fn write(&mut self, mut batch: Batch) -> Result<()> {
        let written = self.ids.len() as u64;
        if written > 0 {
            let ends = batch.document_ends.iter_mut().chain(&mut batch.sentence_ends);
            ends.for_each(|end| *end += written);
        }
        self.ids.append(batch.ids)?;
        self.document_ends.append(batch.document_ends)?;
        match &mut self.sentence_ends {
            Some(list) => list.append(batch.sentence_ends),
            None => Ok(()),
        }
    }

    /// Puts all that was written in the place of the tokens.
    pub(super) fn finish(self) {
        self.tokens.ids = self.ids;
        self.tokens.document_ends = self.document_ends;
        self.tokens.sentence_ends = self.sentence_ends;
    }
}

fn documents_up_to(ends: &ValueList<u64>, token: usize) -> Result<usize> {
    ends.partition_point(|end| end <= token as u64)
}

/// The ends from number `n_read` on up to `end`, counted from `start`.
fn ends(
    list: &mut ValueList<u64>,
    n_read: &mut usize,
    start: usize,
    end: usize,
) -> Result<Vec<u64>> {
    let n_ends = documents_up_to(list, end)?;
    let mut ends = list.take(std::mem::replace(n_read, n_ends)..n_ends)?;
    if start > 0 {
        ends.iter_mut().for_each(|end| *end -= start as u64);
    }
    Ok(ends)
}
