//! A corpus as word ids, in memory or in files.

use std::borrow::Cow;
use std::ops::Range;
use std::path::Path;

use crate::base::error::{Error, Result};
use crate::base::progress::Progress;
use crate::base::words::WordId;
use crate::storage::checkpoints::{CheckpointReader, CheckpointWriter};
use crate::storage::value_list::{AT_A_TIME, Cursor, ValueList};
use crate::tokenize::{Sequences, TokenMemory};

/// A corpus as the ids of the kept words, one sequence after the other: documents, or sentences
/// where windows end with them.
#[derive(Debug, Default)]
pub struct WordSequences {
    ids: ValueList<u32>,
    /// They ascend, and the last is the number of ids.
    ends: ValueList<u64>,
}

impl WordSequences {
    /// Sequences of word ids: `ends[i]` is the end of sequence i in `ids`.
    ///
    /// # Panics
    /// If the ends decrease, or the last is not the number of ids.
    pub fn new(ids: Vec<WordId>, ends: Vec<usize>) -> Self {
        assert!(ends.is_sorted(), "ends decrease");
        let ids: Vec<u32> = ids.into_iter().map(|id| id.0).collect();
        let ends: Vec<u64> = ends.into_iter().map(|end| end as u64).collect();
        Self::from_lists(ids.into(), ends.into())
    }

    /// The same of lists, wherever they are; the ends ascend.
    ///
    /// # Panics
    /// If the last of the ends is not the number of ids.
    pub(crate) fn from_lists(ids: ValueList<u32>, ends: ValueList<u64>) -> Self {
        assert_eq!(
            ends.last().unwrap_or(0),
            ids.len() as u64,
            "the last sequence ends at the last token"
        );
        Self { ids, ends }
    }

    /// Number of sequences.
    pub fn n_sequences(&self) -> usize {
        self.ends.len()
    }

    /// Number of tokens.
    pub fn n_tokens(&self) -> usize {
        self.ids.len()
    }

    /// The ids of all tokens, sequence after sequence.
    ///
    /// # Errors
    /// A file that cannot be read, where the tokens are in files.
    pub fn ids(&self) -> Result<Cow<'_, [u32]>> {
        self.ids.read(0..self.ids.len())
    }

    /// Where each sequence ends in [`WordSequences::ids`].
    ///
    /// # Errors
    /// As [`WordSequences::ids`].
    pub fn ends(&self) -> Result<Cow<'_, [u64]>> {
        self.ends.read(0..self.ends.len())
    }

    /// The ids of sequence `sequence`.
    ///
    /// # Errors
    /// As [`WordSequences::ids`].
    ///
    /// # Panics
    /// If there are not that many sequences.
    pub fn sequence(&self, sequence: usize) -> Result<Vec<WordId>> {
        let run = self.as_sequences().read(sequence..sequence + 1)?;
        Ok(run.iter().flatten().copied().map(WordId).collect())
    }

    pub(crate) fn id_list(&self) -> &ValueList<u32> {
        &self.ids
    }

    pub(crate) fn as_sequences(&self) -> Sequences<'_> {
        Sequences { ids: &self.ids, ends: &self.ends }
    }

    /// Whether the ids are in a file.
    pub(crate) fn is_on_disk(&self) -> bool {
        self.ids.is_on_disk()
    }

    /// From now on all is in files in `folder`.
    ///
    /// # Errors
    /// A file that cannot be created or written.
    pub(crate) fn spill(&mut self, folder: &Path) -> Result<()> {
        self.ids.spill(folder)?;
        self.ends.spill(folder)
    }

    /// Bytes of ids and ends in memory.
    pub(crate) fn memory_bytes(&self) -> u64 {
        self.ids.memory_bytes() + self.ends.memory_bytes()
    }

    /// The tokens in a range.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub(crate) fn slice(&self, range: Range<usize>) -> Result<TokenSlice<'_>> {
        let (start, end) = (range.start as u64, range.end as u64);
        let first = self.ends.partition_point(|sequence_end| sequence_end <= start)?;
        let last = self.ends.partition_point(|sequence_end| sequence_end < end)?.max(first);
        Ok(TokenSlice {
            ends: self.ends.read(first..last)?,
            start: range.start,
            ids: self.ids.read(range)?,
        })
    }

    /// The same sequences of what `f(position among all tokens, id)` makes of each token, asked in
    /// order; tokens of which it makes nothing are left out, sequences stay, if only as empty ones.
    /// In memory the ids keep their place, otherwise they go to other files.
    ///
    /// # Errors
    /// A failure of the file system, or an interruption.
    pub(crate) fn filter_map(
        self,
        progress: &dyn Progress,
        f: impl Fn(usize, u32) -> Option<u32>,
    ) -> Result<Self> {
        let Self { ids, ends } = self;
        let mut new_ends = ends.empty_like()?;
        if !new_ends.is_on_disk() {
            new_ends.reserve(ends.len());
        }
        let mut ends = Cursor::new(&ends);
        let mut n_all_kept = 0;
        let mut ids = ids.rewrite(AT_A_TIME, |start, part| {
            if progress.is_cancelled() {
                return Err(Error::Interrupted);
            }
            let (mut place, mut n_kept) = (0, 0);
            while place < part.len() {
                // Up to where the next sequence ends, or the part does.
                let next = ends.peek()?.map_or(part.len(), |end| end as usize - start);
                for at in place..next.min(part.len()) {
                    if let Some(id) = f(start + at, part[at]) {
                        part[n_kept] = id;
                        n_kept += 1;
                    }
                }
                place = next.min(part.len());
                while ends.next_up_to((start + place) as u64)?.is_some() {
                    new_ends.push((n_all_kept + n_kept) as u64);
                }
            }
            new_ends.flush()?;
            n_all_kept += n_kept;
            Ok(n_kept)
        })?;
        while ends.next_up_to(u64::MAX)?.is_some() {
            new_ends.push(n_all_kept as u64);
            new_ends.flush()?;
        }
        ids.shrink_to_fit()?;
        new_ends.shrink_to_fit()?;
        Ok(Self::from_lists(ids, new_ends))
    }

    /// Writes them into a folder of checkpoints: the same bytes wherever they are.
    ///
    /// # Errors
    /// What a failure of the file system gives.
    pub(crate) fn write(&self, writer: &mut CheckpointWriter) -> Result<()> {
        writer.put(&[self.ends.len() as u64])?;
        self.ends.for_each_part(AT_A_TIME, |_, ends| writer.put(ends))?;
        writer.put(&[self.ids.len() as u64])?;
        self.ids.for_each_part(AT_A_TIME, |_, ids| writer.put(ids))
    }

    /// Reads what [`WordSequences::write`] wrote.
    ///
    /// # Errors
    /// A file that cannot be read, or more memory than the budget if there is no folder for what
    /// does not fit.
    pub(crate) fn read(reader: &mut CheckpointReader, memory: TokenMemory<'_>) -> Result<Self> {
        let n_ends = reader.number()?;
        let ends_bytes = 8 * n_ends as u64;
        let mut ends = read_list(reader, n_ends, memory.folder_for(ends_bytes)?)?;
        let n_ids = reader.number()?;
        let folder = memory.folder_for(ends_bytes + 4 * n_ids as u64)?;
        let ids = read_list(reader, n_ids, folder)?;
        if let Some(folder) = folder {
            ends.spill(folder)?;
        }
        Ok(Self::from_lists(ids, ends))
    }
}

/// Reads `n` values into a list, which goes to a file in `folder` if there is one.
fn read_list<T: pulp::bytemuck::Pod>(
    reader: &mut CheckpointReader,
    n: usize,
    folder: Option<&Path>,
) -> Result<ValueList<T>> {
    let mut list = ValueList::from_vec(Vec::new(), folder)?;
    if folder.is_none() {
        list.reserve(n);
    }
    for start in (0..n).step_by(AT_A_TIME) {
        list.append(reader.take(AT_A_TIME.min(n - start))?)?;
    }
    list.shrink_to_fit()?;
    Ok(list)
}

/// Neighbouring tokens of a corpus.
#[derive(Debug)]
pub(crate) struct TokenSlice<'a> {
    pub(crate) ids: Cow<'a, [u32]>,
    /// The ends of the sequences that end within the slice, among all tokens.
    ends: Cow<'a, [u64]>,
    /// Where the first token stands among all.
    pub(crate) start: usize,
}

impl<'a> TokenSlice<'a> {
    /// Some sequences, whole, of which the first token has a place among all tokens, and which end
    /// at these places among their own.
    pub(crate) fn of_sequences(ids: &'a [u32], ends: &[u64], start: usize) -> Self {
        let ends = ends.iter().map(|&end| end + start as u64).collect();
        Self { ids: Cow::Borrowed(ids), ends: Cow::Owned(ends), start }
    }

    /// Where sequences end within the slice, counted from its beginning.
    pub(crate) fn ends(&self) -> impl Iterator<Item = usize> {
        self.ends.iter().map(|&end| end as usize - self.start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn slices_and_what_is_kept_are_the_same_in_memory_and_in_files(
            lengths in prop::collection::vec(0usize..6, 0..12),
            a in 0usize..60,
            b in 0usize..60,
            keeps in prop::collection::vec(prop::bool::ANY, 60),
        ) {
            let folder = tempfile::tempdir().unwrap();
            let ends: Vec<u64> = lengths
                .iter()
                .scan(0, |end, &length| {
                    *end += length as u64;
                    Some(*end)
                })
                .collect();
            let n_tokens = ends.last().map_or(0, |&end| end as usize);
            let ids: Vec<u32> = (0..n_tokens as u32).map(|position| position * 7 % 11).collect();
            let (a, b) = (a.min(n_tokens), b.min(n_tokens));
            let (start, end) = (a.min(b), a.max(b));
            for folder in [None, Some(folder.path())] {
                let sequences = WordSequences::from_lists(
                    ValueList::from_vec(ids.clone(), folder).unwrap(),
                    ValueList::from_vec(ends.clone(), folder).unwrap(),
                );
                let slice = sequences.slice(start..end).unwrap();
                prop_assert_eq!((&*slice.ids, slice.start), (&ids[start..end], start));
                // A token follows its neighbour in a sequence if it does so in all of them.
                let mut found: Vec<usize> = slice.ends().collect();
                found.dedup();
                let mut expected: Vec<usize> = ends
                    .iter()
                    .map(|&at| at as usize)
                    .filter(|&at| at > start && at < end)
                    .map(|at| at - start)
                    .collect();
                expected.dedup();
                prop_assert_eq!(found, expected);

                let kept = sequences
                    .filter_map(&(), |position, id| keeps[position].then_some(id + 1))
                    .unwrap();
                prop_assert_eq!(kept.is_on_disk(), folder.is_some());
                let n_kept = |end: usize| keeps[..end].iter().filter(|&&keep| keep).count() as u64;
                prop_assert_eq!(
                    kept.ends().unwrap().into_owned(),
                    ends.iter().map(|&end| n_kept(end as usize)).collect::<Vec<_>>()
                );
                let expected: Vec<u32> = ids
                    .iter()
                    .enumerate()
                    .filter(|(position, _)| keeps[*position])
                    .map(|(_, id)| id + 1)
                    .collect();
                prop_assert_eq!(kept.ids().unwrap().into_owned(), expected);
            }
        }
    }
}
