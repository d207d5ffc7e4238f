//! The words of a share of a corpus, with what is added up over all shares.
//!
//! In: tables of shares. Out: the table of all. The words are sorted by their bytes, and every
//! number is a sum, so no order of the shares matters. Merging is linear in the words.

use std::cmp::Ordering;

use super::abbreviations::{Abbreviations, Usage};
use crate::base::error::Result;
use crate::base::words::{WordId, Words};
use crate::storage::parcel::{ParcelReader, ParcelWriter};

/// Words, sorted by their bytes, and numbers of each.
#[derive(Default)]
pub(crate) struct WordTable {
    pub(crate) words: Words,
    /// Tokens.
    pub(crate) counts: Vec<u64>,
    /// Documents that hold the word.
    pub(crate) document_frequencies: Vec<u64>,
    /// How it is used; of all words, or empty.
    pub(super) usage: Vec<Usage>,
    /// Whether it stands behind a full stop that may end a sentence, before a capital letter.
    pub(super) may_begin: Vec<bool>,
}

impl WordTable {
    /// The table of words in any order; what is counted is given by word.
    pub(super) fn new(
        words: &Words,
        counts: &[u64],
        document_frequencies: &[u64],
        usage: &[Usage],
        may_begin: &[bool],
    ) -> Self {
        let mut order: Vec<u32> = (0..words.len() as u32).collect();
        order.sort_unstable_by_key(|&id| words.spelling(WordId(id)).as_bytes());
        let mut table = Self::default();
        for id in order {
            let id = id as usize;
            table.words.push(words.spelling(WordId(id as u32)));
            table.counts.push(counts[id]);
            table.document_frequencies.push(document_frequencies[id]);
            if !usage.is_empty() {
                table.usage.push(usage[id]);
                table.may_begin.push(may_begin[id]);
            }
        }
        table
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut parcel = ParcelWriter::new();
        parcel.words(&self.words);
        parcel.list(&self.counts);
        parcel.list(&self.document_frequencies);
        parcel.list(&self.usage.iter().flat_map(|usage| usage.numbers()).collect::<Vec<u32>>());
        parcel.list(&self.may_begin.iter().map(|&it| u8::from(it)).collect::<Vec<u8>>());
        parcel.finish()
    }

    /// # Errors
    /// Bytes that [`WordTable::to_bytes`] has not written.
    pub(crate) fn of_bytes(bytes: &[u8]) -> Result<Self> {
        let mut parcel = ParcelReader::new(bytes)?;
        let words = parcel.words()?;
        let (counts, document_frequencies) = (parcel.list()?, parcel.list()?);
        let usage: Vec<u32> = parcel.list()?;
        let usage = usage.chunks_exact(4);
        let usage = usage.map(|it| Usage::of_numbers([it[0], it[1], it[2], it[3]])).collect();
        let may_begin = parcel.bytes()?.iter().map(|&it| it != 0).collect();
        Ok(Self { words, counts, document_frequencies, usage, may_begin })
    }

    /// Both tables in one.
    pub(crate) fn merged(&self, other: &Self) -> Self {
        let mut table = Self::default();
        let (mut left, mut right) = (0, 0);
        let word = |table: &Self, place: usize| {
            (place < table.words.len()).then_some(WordId(place as u32))
        };
        loop {
            let order = match (word(self, left), word(other, right)) {
                (None, None) => break,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(a), Some(b)) => {
                    self.words.spelling(a).as_bytes().cmp(other.words.spelling(b).as_bytes())
                }
            };
            if order != Ordering::Greater {
                table.push(self, left);
                left += 1;
            }
            if order == Ordering::Greater {
                table.push(other, right);
                right += 1;
            } else if order == Ordering::Equal {
                table.add(other, right);
                right += 1;
            }
        }
        table
    }

    fn push(&mut self, other: &Self, place: usize) {
        self.words.push(other.words.spelling(WordId(place as u32)));
        self.counts.push(other.counts[place]);
        self.document_frequencies.push(other.document_frequencies[place]);
        self.usage.push(other.usage.get(place).copied().unwrap_or_default());
        self.may_begin.push(other.may_begin.get(place).copied().unwrap_or_default());
    }

    fn add(&mut self, other: &Self, place: usize) {
        if let Some(count) = self.counts.last_mut() {
            *count += other.counts[place];
        }
        if let Some(frequency) = self.document_frequencies.last_mut() {
            *frequency += other.document_frequencies[place];
        }
        if let (Some(usage), Some(&more)) = (self.usage.last_mut(), other.usage.get(place)) {
            usage.add(more);
        }
        if let (Some(may), Some(&more)) = (self.may_begin.last_mut(), other.may_begin.get(place)) {
            *may |= more;
        }
    }

    /// The position of a word.
    pub(crate) fn position(&self, word: &str) -> Option<usize> {
        let (mut low, mut high) = (0, self.words.len());
        while low < high {
            let middle = low.midpoint(high);
            match self.words.spelling(WordId(middle as u32)).as_bytes().cmp(word.as_bytes()) {
                Ordering::Less => low = middle + 1,
                Ordering::Greater => high = middle,
                Ordering::Equal => return Some(middle),
            }
        }
        None
    }

    /// The abbreviations that the corpus of these words shows.
    pub(crate) fn abbreviations(&self, learns: bool) -> Abbreviations<'_> {
        Abbreviations::new(&self.words, &self.usage, learns)
    }

    /// The positions of the words whose capital letter may be asked for, and what the answer is.
    pub(crate) fn beginnings<'a>(
        &'a self,
        abbreviations: &'a Abbreviations<'_>,
    ) -> impl Iterator<Item = (u32, bool)> + 'a {
        let asked = (0..).zip(&self.may_begin).filter(|(_, may_begin)| **may_begin);
        asked.map(|(word, _)| (word, abbreviations.begins_sentences(word)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn table(words: &BTreeMap<String, u32>) -> WordTable {
        let list: Words = words.keys().rev().map(String::as_str).collect();
        let numbers: Vec<u32> = words.values().rev().copied().collect();
        let counts: Vec<u64> = numbers.iter().map(|&it| it.into()).collect();
        let usage: Vec<Usage> = numbers
            .iter()
            .map(|&it| Usage { total: it, stops: it / 2, ..Usage::default() })
            .collect();
        let may_begin: Vec<bool> = numbers.iter().map(|it| it % 3 == 0).collect();
        WordTable::new(&list, &counts, &counts, &usage, &may_begin)
    }

    proptest! {
        #[test]
        fn merged_tables_add_up(
            a in prop::collection::btree_map("[a-cé]{0,3}", 0u32..9, 0..20),
            b in prop::collection::btree_map("[a-cé]{0,3}", 0u32..9, 0..20),
        ) {
            let merged = table(&a).merged(&table(&b));
            let merged = WordTable::of_bytes(&merged.to_bytes()).unwrap();
            let mut expected: BTreeMap<&str, u64> = BTreeMap::new();
            for (word, &count) in a.iter().chain(&b) {
                *expected.entry(word).or_default() += u64::from(count);
            }
            prop_assert_eq!(
                merged.words.iter().zip(merged.counts.iter().copied()).collect::<Vec<_>>(),
                expected.into_iter().collect::<Vec<_>>()
            );
            for (place, word) in merged.words.iter().enumerate() {
                prop_assert_eq!(merged.position(word), Some(place));
                let may_begin = [&a, &b].iter().any(|it| it.get(word).is_some_and(|n| n % 3 == 0));
                prop_assert_eq!(merged.may_begin[place], may_begin);
            }
            prop_assert_eq!(merged.position("zz"), None);
        }
    }
}
