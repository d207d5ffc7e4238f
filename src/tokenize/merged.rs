//! Tokenized pieces put together, in order, and what only the whole corpus shows: abbreviations,
//! and words broken at the end of a line.

use std::path::Path;

use super::abbreviations::{Abbreviations, Usage};
use super::interner::Interner;
use super::line_breaks::{Break, BrokenWords, SecondParts};
use super::piece::TokenizedPiece;
use super::stream::{AbbreviationReport, CorpusReport};
use crate::base::error::Result;
use crate::storage::value_list::{AT_A_TIME, Cursor, ValueList};

/// The numbers of two ascending lists in one, each once.
pub(super) fn united(a: &ValueList<u64>, b: &ValueList<u64>) -> Result<ValueList<u64>> {
    let mut united = a.empty_like()?;
    let (mut a, mut b) = (Cursor::new(a), Cursor::new(b));
    while let Some(least) = [a.peek()?, b.peek()?].into_iter().flatten().min() {
        for list in [&mut a, &mut b] {
            while list.next_up_to(least)?.is_some() {}
        }
        united.push(least);
        united.flush()?;
    }
    Ok(united)
}

/// The pieces so far in one.
#[derive(Default)]
pub(super) struct Merged {
    pub(super) interner: Interner,
    pub(super) ids: ValueList<u32>,
    pub(super) document_ends: ValueList<u64>,
    pub(super) sentence_ends: ValueList<u64>,
    /// Where sentences end unless the word before is an abbreviation: twice the position, and one
    /// more before a capital letter.
    pub(super) doubtful_ends: ValueList<u64>,
    pub(super) breaks: Vec<Break>,
    /// The metadata of each document with text, a line each.
    pub(super) rows: ValueList<u8>,
    pub(super) usage: Vec<Usage>,
    /// Whether there is text after the last of the documents' ends.
    pub(super) has_text: bool,
}

impl Merged {
    /// Bytes held, the room that vectors keep for growing included.
    pub(super) fn memory_bytes(&self) -> u64 {
        self.list_bytes()
            + self.interner.memory_bytes()
            + (self.breaks.capacity() * size_of::<Break>()) as u64
            + (self.usage.capacity() * size_of::<Usage>()) as u64
    }

    /// Bytes of what grows with every token.
    fn list_bytes(&self) -> u64 {
        self.ids.memory_bytes()
            + self.document_ends.memory_bytes()
            + self.sentence_ends.memory_bytes()
            + self.doubtful_ends.memory_bytes()
            + self.rows.memory_bytes()
    }

    /// Goes on in files if more is held than the memory allows, and writes what has gathered there.
    pub(super) fn fit(&mut self, most: Option<u64>, folder: Option<&Path>) -> Result<()> {
        if let (Some(folder), Some(most)) = (folder, most)
            && self.list_bytes() > most
        {
            self.ids.spill(folder)?;
            self.document_ends.spill(folder)?;
            self.sentence_ends.spill(folder)?;
            self.doubtful_ends.spill(folder)?;
            self.rows.spill(folder)?;
        }
        self.ids.flush()?;
        self.document_ends.flush()?;
        self.sentence_ends.flush()?;
        self.doubtful_ends.flush()?;
        self.rows.flush()
    }

    pub(super) fn append(&mut self, piece: &TokenizedPiece, keeps_empty: bool) {
        let global = self.interner.merge(&piece.interner);
        let start = self.ids.len();
        self.ids.extend(piece.ids.iter().map(|&id| global[id as usize]));
        for (number, end) in piece.document_ends.iter().enumerate() {
            let has_text = std::mem::take(&mut self.has_text) || end.has_text;
            if let Some(row) = piece.rows.get(number).filter(|_| has_text) {
                self.rows.extend(row.bytes().chain([b'\n']));
            }
            let end = (start + end.position) as u64;
            let has_token = self.document_ends.last().unwrap_or(0) < end;
            if has_token || (has_text && keeps_empty) {
                self.document_ends.push(end);
            }
        }
        self.has_text |= piece.has_text;
        for end in piece.sentence_ends.iter().map(|&end| (start + end) as u64) {
            if self.sentence_ends.last().unwrap_or(0) < end {
                self.sentence_ends.push(end);
            }
        }
        self.doubtful_ends.extend(
            piece
                .doubtful_ends
                .iter()
                .map(|end| 2 * (start + end.position) as u64 + u64::from(end.before_capital)),
        );
        self.breaks.extend(piece.breaks.iter().map(|it| Break {
            position: start as u64 + it.position,
            parts: it.parts.map(|part| global[part as usize]),
            ..*it
        }));
        if !piece.usage.is_empty() {
            self.usage.resize(self.interner.words().len(), Usage::default());
        }
        for (&id, &usage) in global.iter().zip(&piece.usage) {
            self.usage[id as usize].add(usage);
        }
    }

    /// Ends sentences also where that depends on abbreviations. `learns`: the corpus shows which
    /// words are.
    ///
    /// # Errors
    /// A failure of the file system, where the tokens are in files.
    pub(super) fn end_sentences(&mut self, learns: bool) -> Result<AbbreviationReport> {
        let mut abbreviations = Abbreviations::new(self.interner.words(), &self.usage, learns);
        if abbreviations.has_found() {
            abbreviations.drop_ends_of_sentences(&self.ends_behind(&abbreviations)?);
        }
        let n_found = abbreviations.n_found() as u64;
        let (ends, n_stops) = self.ends_by(&abbreviations)?;
        self.set_ends(&ends)?;
        Ok(AbbreviationReport { n_found, n_stops })
    }

    /// The doubtful ends that are ends, by these abbreviations, and how many are none.
    ///
    /// # Errors
    /// A failure of the file system, where the tokens are in files.
    pub(super) fn ends_by(
        &self,
        abbreviations: &Abbreviations<'_>,
    ) -> Result<(ValueList<u64>, u64)> {
        let mut ends = self.doubtful_ends.empty_like()?;
        let mut n_stops = 0;
        self.for_each_doubtful_end(|position, word, next, before_capital| {
            if !abbreviations.ends_sentence(word, next, before_capital) {
                n_stops += 1;
                return Ok(());
            }
            ends.push(position);
            ends.flush()
        })?;
        Ok((ends, n_stops))
    }

    /// Ends sentences at the doubtful ends that are ends.
    ///
    /// # Errors
    /// A failure of the file system, where the tokens are in files.
    pub(super) fn set_ends(&mut self, ends: &ValueList<u64>) -> Result<()> {
        self.sentence_ends = united(&self.sentence_ends, ends)?;
        self.doubtful_ends = ValueList::default();
        Ok(())
    }

    /// Calls `visit` with each place where a sentence may end: its position, the words before and
    /// behind, and whether a capital letter follows.
    pub(super) fn for_each_doubtful_end(
        &self,
        mut visit: impl FnMut(u64, u32, u32, bool) -> Result<()>,
    ) -> Result<()> {
        let mut doubtful = Cursor::new(&self.doubtful_ends);
        // The last token before the part.
        let mut before = None;
        self.ids.for_each_part(AT_A_TIME, |start, ids| {
            let last = 2 * (start + ids.len()) as u64 - 1;
            while let Some(end) = doubtful.next_up_to(last)? {
                let (position, before_capital) = (end / 2, end % 2 == 1);
                let place = (position as usize).checked_sub(start).expect("the ends ascend");
                let word = if place == 0 { before } else { Some(ids[place - 1]) };
                if let Some(word) = word {
                    visit(position, word, ids[place], before_capital)?;
                }
            }
            before = ids.last().copied();
            Ok(())
        })
    }

    /// For each word, how often a sentence ends behind it, its full stop set aside: where a
    /// document or a paragraph ends, or before a word that begins sentences.
    pub(super) fn ends_behind(&self, abbreviations: &Abbreviations<'_>) -> Result<Vec<u32>> {
        let mut n_ends = vec![0; self.interner.words().len()];
        self.for_each_doubtful_end(|_, word, next, before_capital| {
            let is_end = before_capital && abbreviations.begins_sentences(next);
            n_ends[word as usize] += u32::from(is_end);
            Ok(())
        })?;
        let mut certain = Cursor::new(&self.sentence_ends);
        self.ids.for_each_part(AT_A_TIME, |start, ids| {
            while let Some(end) = certain.next_up_to((start + ids.len()) as u64)? {
                if let Some(place) = (end as usize).checked_sub(start + 1) {
                    n_ends[ids[place] as usize] += 1;
                }
            }
            Ok(())
        })?;
        Ok(n_ends)
    }

    /// Joins words that a hyphen breaks at the end of a line; whether there are any.
    ///
    /// # Errors
    /// A failure of the file system, where the tokens are in files.
    pub(super) fn join_broken_words(&mut self, report: &mut CorpusReport) -> Result<bool> {
        if self.breaks.is_empty() {
            return Ok(false);
        }
        let breaks = std::mem::take(&mut self.breaks);
        let mut parts = SecondParts::of(&breaks);
        self.ids.for_each_part(AT_A_TIME, |_, ids| {
            parts.count(ids);
            Ok(())
        })?;
        let broken = BrokenWords::new(&breaks, &mut self.interner, &parts);
        report.joined_words = broken.len() as u64;
        self.join(&broken)?;
        Ok(broken.len() > 0)
    }

    /// Joins these words.
    ///
    /// # Errors
    /// A failure of the file system, where the tokens are in files.
    pub(super) fn join(&mut self, broken: &BrokenWords) -> Result<()> {
        self.ids = broken.join(std::mem::take(&mut self.ids))?;
        self.document_ends = broken.moved_ends(std::mem::take(&mut self.document_ends))?;
        self.sentence_ends = broken.moved_ends(std::mem::take(&mut self.sentence_ends))?;
        Ok(())
    }
}
