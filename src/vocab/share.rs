//! A share of a corpus as kept words, and what it adds to the numbers of the vocabulary.
//!
//! A share knows where its first token stands among those of all shares. So what depends on places
//! in the corpus, stretches and draws, comes out as if all were together.

use std::collections::BTreeMap;

use super::WordSequences;
use super::stretches::STRETCH;
use crate::base::error::Result;
use crate::storage::parcel::{ParcelReader, ParcelWriter};
use crate::tokenize::Tokens;

/// The kept words of a share, one sequence after the other.
pub(crate) struct KeptShare {
    pub(crate) ids: Vec<u32>,
    /// Where sequences end in them.
    pub(crate) ends: Vec<u64>,
}

impl KeptShare {
    /// Renumbers tokens; those of words without a number are dropped.
    pub(crate) fn new(tokens: Tokens, numbers: &[Option<u32>]) -> Result<Self> {
        let (ids, ends) = tokens.into_sequences();
        let sequences = WordSequences::from_lists(ids, ends);
        Self::of(&sequences.filter_map(&(), |_, id| numbers[id as usize])?)
    }

    pub(crate) fn of(sequences: &WordSequences) -> Result<Self> {
        Ok(Self { ids: sequences.ids()?.into_owned(), ends: sequences.ends()?.into_owned() })
    }

    pub(crate) fn into_sequences(self) -> WordSequences {
        WordSequences::from_lists(self.ids.into(), self.ends.into())
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut parcel = ParcelWriter::new();
        parcel.list(&self.ids);
        parcel.list(&self.ends);
        parcel.finish()
    }

    /// # Errors
    /// Bytes that [`KeptShare::to_bytes`] has not written.
    pub(crate) fn of_bytes(bytes: &[u8]) -> Result<Self> {
        let mut parcel = ParcelReader::new(bytes)?;
        Ok(Self { ids: parcel.list()?, ends: parcel.list()? })
    }

    /// How many of the tokens each of `n_words` words has.
    pub(crate) fn occurrences(&self, n_words: usize) -> Vec<u64> {
        let mut counts = vec![0; n_words];
        self.ids.iter().for_each(|&id| counts[id as usize] += 1);
        counts
    }
}

/// How many stretches hold each word, as far as some shares know: those that begin or end within a
/// share wait for what its neighbours add.
pub(crate) struct StretchCounts {
    counts: Vec<u64>,
    /// The words of stretches that may go on in other shares, sorted.
    open: BTreeMap<u64, Vec<u32>>,
}

impl StretchCounts {
    /// Those of a share whose first token has this place among all.
    pub(crate) fn of_share(share: &KeptShare, first: u64, n_words: usize) -> Self {
        let mut counted = Self { counts: vec![0; n_words], open: BTreeMap::new() };
        let mut last = vec![0_u64; n_words];
        let (mut start, mut place) = (0, first);
        while start < share.ids.len() {
            let number = place / STRETCH as u64;
            let left = STRETCH - (place % STRETCH as u64) as usize;
            let ids = &share.ids[start..share.ids.len().min(start + left)];
            if ids.len() == STRETCH {
                for &id in ids {
                    let is_new =
                        std::mem::replace(&mut last[id as usize], number + 1) != number + 1;
                    counted.counts[id as usize] += u64::from(is_new);
                }
            } else {
                let mut words = ids.to_vec();
                words.sort_unstable();
                words.dedup();
                counted.open.insert(number, words);
            }
            start += ids.len();
            place += ids.len() as u64;
        }
        counted
    }

    /// Adds those of other shares.
    pub(crate) fn add(&mut self, other: Self) {
        self.counts.iter_mut().zip(other.counts).for_each(|(sum, count)| *sum += count);
        for (number, more) in other.open {
            let words = self.open.entry(number).or_default();
            words.extend(more);
            words.sort_unstable();
            words.dedup();
        }
    }

    /// For each word the number of stretches that hold it, once all shares were added.
    pub(crate) fn finish(mut self) -> Vec<u64> {
        for words in self.open.values() {
            words.iter().for_each(|&word| self.counts[word as usize] += 1);
        }
        self.counts
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut parcel = ParcelWriter::new();
        parcel.list(&self.counts);
        parcel.list(&self.open.keys().copied().collect::<Vec<u64>>());
        self.open.values().for_each(|words| parcel.list(words));
        parcel.finish()
    }

    /// # Errors
    /// Bytes that [`StretchCounts::to_bytes`] has not written.
    pub(crate) fn of_bytes(bytes: &[u8]) -> Result<Self> {
        let mut parcel = ParcelReader::new(bytes)?;
        let (counts, numbers) = (parcel.list()?, parcel.list::<u64>()?);
        let open = numbers.into_iter().map(|number| Ok((number, parcel.list()?)));
        Ok(Self { counts, open: open.collect::<Result<_>>()? })
    }
}

#[cfg(test)]
mod tests {
    use super::super::stretches::count_stretches;
    use super::*;
    use crate::base::random::bits_at;

    #[test]
    fn stretches_of_shares_are_those_of_the_whole() {
        let n_words = 300_000;
        let ids: Vec<u32> =
            (0..25_000).map(|place| (bits_at(1, 2, place) % n_words) as u32 / 40).collect();
        let whole = KeptShare { ids: ids.clone(), ends: vec![ids.len() as u64] };
        let expected = count_stretches(&whole.into_sequences(), n_words as usize, 2).unwrap();
        for cuts in [vec![], vec![10, 11, 4000, 4001, 20_000], vec![12_000]] {
            let mut sum: Option<StretchCounts> = None;
            let starts = [vec![0], cuts.clone()].concat();
            for (start, end) in starts.iter().zip([cuts, vec![ids.len()]].concat()) {
                let share = KeptShare { ids: ids[*start..end].to_vec(), ends: vec![] };
                let of_share = StretchCounts::of_share(&share, *start as u64, n_words as usize);
                let of_share = StretchCounts::of_bytes(&of_share.to_bytes()).unwrap();
                match &mut sum {
                    Some(sum) => sum.add(of_share),
                    None => sum = Some(of_share),
                }
            }
            assert_eq!(sum.unwrap().finish(), expected);
        }
    }
}
