//! The vocabulary of a corpus whose tokens are in files, and its sequences of word ids, which stay
//! there: the same numbers as in memory, and parts of them that fit. What grows with the corpus in
//! memory is the distinct words alone.

use std::ops::Range;
use std::path::Path;

use pulp::bytemuck::Pod;

use super::{Cutoff, Vocab, WordSequences};
use crate::base::error::{Error, Lever, Result};
use crate::base::progress::{Progress, Stage};
use crate::base::words::WordId;
use crate::storage::checkpoints::{CheckpointReader, CheckpointWriter};
use crate::storage::value_list::{AT_A_TIME, Cursor, ValueList};
use crate::tokenize::{LongTokens, Room};
use crate::vocab::stretches::Stretches;

impl Vocab {
    /// As [`Vocab::count`]; the sequences go to files in `folder`. On one thread, at some
    /// nanoseconds a token.
    ///
    /// # Errors
    /// As [`Vocab::count`], and what a failure of the file system gives.
    pub(crate) fn count_long(
        tokens: LongTokens,
        cutoff: Cutoff,
        folder: &Path,
        progress: &dyn Progress,
    ) -> Result<(Self, LongSequences)> {
        let LongTokens { spellings, ids, document_ends, sentence_ends, .. } = tokens;
        let n_distinct = spellings.len();
        progress.start(Stage::Vocabulary, Some(n_distinct as u64));
        let (counts, document_frequencies) = count(&ids, &document_ends, n_distinct, progress)?;
        let order = cutoff.order(&spellings, &counts)?;
        let mut new_ids = vec![None; n_distinct];
        for (position, &id) in order.iter().enumerate() {
            new_ids[id as usize] = Some(position as u32);
        }
        let raw = LongSequences::new(ids, sentence_ends.unwrap_or(document_ends));
        let mut stretches = Stretches::new(order.len());
        let sequences = raw.filter_map(folder, progress, |_, id| new_ids[id as usize])?;
        sequences.ids().for_each_part(AT_A_TIME, |_, ids| {
            stretches.add(ids.iter().map(|&id| WordId(id)));
            Ok(())
        })?;
        let vocab = Self {
            words: order.iter().map(|&id| spellings.spelling(WordId(id))).collect(),
            counts: order.iter().map(|&id| counts[id as usize]).collect(),
            document_frequencies: order
                .iter()
                .map(|&id| document_frequencies[id as usize])
                .collect(),
            stretches: stretches.into_counts(),
            n_distinct,
            n_tokens: counts.iter().sum(),
        };
        progress.advance(n_distinct as u64);
        progress.finish();
        Ok((vocab, sequences))
    }
}

/// Occurrences of each id, and documents that hold it.
fn count(
    ids: &ValueList<u32>,
    document_ends: &ValueList<u64>,
    n_distinct: usize,
    progress: &dyn Progress,
) -> Result<(Vec<u64>, Vec<u64>)> {
    let (mut counts, mut frequencies) = (vec![0u64; n_distinct], vec![0u64; n_distinct]);
    // 0 is no document yet, so document d is remembered as d + 1.
    let (mut document, mut last_document) = (1, vec![0u64; n_distinct]);
    let mut ends = Cursor::new(document_ends);
    ids.for_each_part(AT_A_TIME, |start, part| {
        if progress.is_cancelled() {
            return Err(Error::Interrupted);
        }
        for (position, &id) in (start as u64..).zip(part) {
            while ends.next_up_to(position)?.is_some() {
                document += 1;
            }
            let id = id as usize;
            counts[id] += 1;
            frequencies[id] += u64::from(last_document[id] != document);
            last_document[id] = document;
        }
        Ok(())
    })?;
    Ok((counts, frequencies))
}

/// As [`WordSequences`], in files.
#[derive(Debug)]
pub(crate) struct LongSequences {
    ids: ValueList<u32>,
    /// They ascend, and the last is the number of ids.
    ends: ValueList<u64>,
}

impl LongSequences {
    /// Sequences of word ids: `ends[i]` is the end of sequence i in `ids`.
    ///
    /// # Panics
    /// If the last is not the number of ids.
    pub(crate) fn new(ids: ValueList<u32>, ends: ValueList<u64>) -> Self {
        assert_eq!(
            ends.last().unwrap_or(0),
            ids.len() as u64,
            "the last sequence ends at the last token"
        );
        Self { ids, ends }
    }

    pub(crate) fn ids(&self) -> &ValueList<u32> {
        &self.ids
    }

    pub(crate) fn ends(&self) -> &ValueList<u64> {
        &self.ends
    }

    /// The tokens in a range, in sequences that begin and end where these do, or where the range
    /// does.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub(crate) fn part(&self, range: Range<usize>) -> Result<WordSequences> {
        let (start, end) = (range.start as u64, range.end as u64);
        let first = self.ends.partition_point(|sequence_end| sequence_end <= start)?;
        let last = self.ends.partition_point(|sequence_end| sequence_end < end)?.max(first);
        let mut ends: Vec<usize> =
            self.ends.read(first..last)?.iter().map(|end| (end - start) as usize).collect();
        ends.push(range.len());
        let ids = self.ids.read(range)?.iter().copied().map(WordId).collect();
        Ok(WordSequences::new(ids, ends))
    }

    /// Some of the sequences, whole.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub(crate) fn whole(&self, sequences: Range<usize>) -> Result<WordSequences> {
        let start = if sequences.start == 0 {
            0
        } else {
            self.ends.read(sequences.start - 1..sequences.start)?[0]
        };
        let ends: Vec<usize> =
            self.ends.read(sequences)?.iter().map(|end| (end - start) as usize).collect();
        let tokens = start as usize..start as usize + ends.last().copied().unwrap_or(0);
        Ok(WordSequences::new(self.ids.read(tokens)?.iter().copied().map(WordId).collect(), ends))
    }

    /// The same sequences of what `f(position among all tokens, id)` makes of each token, asked in
    /// order; tokens of which it makes nothing are left out, sequences stay. They go to files in
    /// `folder`.
    ///
    /// # Errors
    /// What a failure of the file system gives, or an interruption.
    pub(crate) fn filter_map(
        &self,
        folder: &Path,
        progress: &dyn Progress,
        f: impl Fn(usize, u32) -> Option<u32>,
    ) -> Result<Self> {
        let (mut kept, mut kept_ends) =
            (ValueList::in_folder(folder)?, ValueList::in_folder(folder)?);
        let mut ends = Cursor::new(&self.ends);
        self.ids.for_each_part(AT_A_TIME, |start, part| {
            if progress.is_cancelled() {
                return Err(Error::Interrupted);
            }
            for (position, &id) in (start..).zip(part) {
                while ends.next_up_to(position as u64)?.is_some() {
                    kept_ends.push(kept.len() as u64);
                    kept_ends.flush()?;
                }
                if let Some(id) = f(position, id) {
                    kept.push(id);
                }
            }
            kept.flush()
        })?;
        while ends.next_up_to(u64::MAX)?.is_some() {
            kept_ends.push(kept.len() as u64);
            kept_ends.flush()?;
        }
        Ok(Self::new(kept, kept_ends))
    }
}

/// Sequences of word ids, in memory or in files.
#[derive(Debug)]
pub(crate) enum AnySequences {
    Held(WordSequences),
    Long(LongSequences),
}

impl AnySequences {
    pub(crate) fn n_tokens(&self) -> usize {
        match self {
            Self::Held(sequences) => sequences.ids().len(),
            Self::Long(sequences) => sequences.ids.len(),
        }
    }

    pub(crate) fn n_sequences(&self) -> usize {
        match self {
            Self::Held(sequences) => sequences.n_sequences(),
            Self::Long(sequences) => sequences.ends.len(),
        }
    }

    /// Writes them into a folder of unfinished work: the same bytes wherever they are.
    ///
    /// # Errors
    /// What a failure of the file system gives.
    pub(crate) fn write(&self, writer: &mut CheckpointWriter) -> Result<()> {
        match self {
            Self::Held(sequences) => {
                writer.put_list(
                    &sequences.ends().iter().map(|&end| end as u64).collect::<Vec<_>>(),
                )?;
                writer.put(&[sequences.ids().len() as u64])?;
                sequences
                    .ids()
                    .chunks(1 << 16)
                    .try_for_each(|ids| writer.put(&ids.iter().map(|id| id.0).collect::<Vec<_>>()))
            }
            Self::Long(LongSequences { ids, ends }) => {
                writer.put(&[ends.len() as u64])?;
                ends.for_each_part(AT_A_TIME, |_, ends| writer.put(ends))?;
                writer.put(&[ids.len() as u64])?;
                ids.for_each_part(AT_A_TIME, |_, ids| writer.put(ids))
            }
        }
    }

    /// Reads what [`AnySequences::write`] wrote.
    ///
    /// # Errors
    /// A file that cannot be read, or more memory than the budget if there is no folder for what
    /// does not fit.
    pub(crate) fn read(reader: &mut CheckpointReader, room: Room<'_>) -> Result<Self> {
        let (mut ids, mut ends) = (ValueList::default(), ValueList::default());
        let folder_for = |n_bytes: u64| match (room.folder, room.token_bytes()) {
            (None, _) => {
                room.budget.check(Stage::Tokenize, n_bytes, &[Lever::CorpusSize]).map(|()| None)
            }
            (folder, most) => Ok(folder.filter(|_| most.is_some_and(|most| n_bytes > most))),
        };
        let n_ends = reader.number()?;
        read_list(reader, n_ends, &mut ends, folder_for(8 * n_ends as u64)?)?;
        let n_ids = reader.number()?;
        let folder = folder_for(8 * n_ends as u64 + 4 * n_ids as u64)?;
        read_list(reader, n_ids, &mut ids, folder)?;
        if let Some(folder) = folder {
            ends.spill(folder)?;
            return Ok(Self::Long(LongSequences::new(ids, ends)));
        }
        let (n_ids, n_ends) = (ids.len(), ends.len());
        let mut ids: Vec<WordId> = ids.take(0..n_ids)?.into_iter().map(WordId).collect();
        ids.shrink_to_fit();
        Ok(Self::Held(WordSequences::new(
            ids,
            ends.take(0..n_ends)?.into_iter().map(|end| end as usize).collect(),
        )))
    }
}

/// Reads `n` numbers into a list, which goes to a file in `folder` if there is one.
fn read_list<T: Pod>(
    reader: &mut CheckpointReader,
    n: usize,
    list: &mut ValueList<T>,
    folder: Option<&Path>,
) -> Result<()> {
    if let Some(folder) = folder {
        list.spill(folder)?;
    }
    for start in (0..n).step_by(AT_A_TIME) {
        list.extend(reader.take(AT_A_TIME.min(n - start))?);
        list.flush()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn long(lengths: &[usize], folder: &Path) -> (LongSequences, WordSequences) {
        let ends: Vec<usize> = lengths
            .iter()
            .scan(0, |end, length| {
                *end += length;
                Some(*end)
            })
            .collect();
        let n_tokens = ends.last().copied().unwrap_or(0);
        let ids: Vec<u32> = (0..n_tokens as u32).map(|position| position * 7 % 11).collect();
        let (mut long_ids, mut long_ends) =
            (ValueList::in_folder(folder).unwrap(), ValueList::in_folder(folder).unwrap());
        long_ids.extend(ids.iter().copied());
        long_ends.extend(ends.iter().map(|&end| end as u64));
        (
            LongSequences::new(long_ids, long_ends),
            WordSequences::new(ids.into_iter().map(WordId).collect(), ends),
        )
    }

    proptest! {
        #[test]
        fn parts_and_what_is_kept_are_those_of_sequences_in_memory(
            lengths in prop::collection::vec(0usize..6, 0..12),
            a in 0usize..60,
            b in 0usize..60,
            keeps in prop::collection::vec(prop::bool::ANY, 60),
        ) {
            let folder = tempfile::tempdir().unwrap();
            let (long, mut held) = long(&lengths, folder.path());
            let n_tokens = held.ids().len();
            let (a, b) = (a.min(n_tokens), b.min(n_tokens));
            let (start, end) = (a.min(b), a.max(b));
            let part = long.part(start..end).unwrap();
            prop_assert_eq!(part.ids(), &held.ids()[start..end]);
            // A token follows its neighbour in a sequence if it does so in all of them.
            let ends_within = |ends: &[usize], from: usize| -> Vec<usize> {
                let mut ends: Vec<usize> = ends.iter().filter(|&&at| at > from && at < end - start + from).map(|at| at - from).collect();
                ends.dedup();
                ends
            };
            prop_assert_eq!(ends_within(part.ends(), 0), ends_within(held.ends(), start));

            let (first, last) = (a.min(lengths.len()), b.min(lengths.len()));
            let whole = long.whole(first.min(last)..first.max(last)).unwrap();
            prop_assert_eq!(whole.n_sequences(), first.abs_diff(last));
            for (number, sequence) in (first.min(last)..first.max(last)).enumerate() {
                prop_assert_eq!(whole.sequence(number), held.sequence(sequence));
            }

            let kept = long.filter_map(folder.path(), &(), |position, id| keeps[position].then_some(id)).unwrap();
            held.retain(|position, _| keeps[position]);
            let kept = kept.whole(0..lengths.len()).unwrap();
            prop_assert_eq!((kept.ids(), kept.ends()), (held.ids(), held.ends()));
        }
    }
}
