//! Ids in sequences, documents or sentences, one after the other: the same to read wherever they
//! are, in memory or in files.

use std::borrow::Cow;
use std::ops::Range;

use crate::base::error::Result;
use crate::storage::value_list::{AT_A_TIME, Cursor, ValueList};

/// Ids, and for each sequence where it ends in them: the ends ascend, and the last is the number of
/// ids.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sequences<'a> {
    pub(crate) ids: &'a ValueList<u32>,
    pub(crate) ends: &'a ValueList<u64>,
}

impl<'a> Sequences<'a> {
    /// Number of sequences.
    pub(crate) fn len(self) -> usize {
        self.ends.len()
    }

    /// Where a sequence begins among all ids; for the number of sequences, where the last one ends.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub(crate) fn start_of(self, sequence: usize) -> Result<usize> {
        Ok(if sequence == 0 { 0 } else { self.ends.read(sequence - 1..sequence)?[0] as usize })
    }

    /// Some of the sequences, whole.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub(crate) fn read(self, sequences: Range<usize>) -> Result<Run<'a>> {
        let start = self.start_of(sequences.start)?;
        let ends = self.ends.read(sequences)?;
        let end = ends.last().map_or(start, |&end| end as usize);
        Ok(Run { ids: self.ids.read(start..end)?, ends, start })
    }

    /// Calls `visit` with all ids of some sequences, in order and a bounded number at a time, and
    /// whether a sequence ends behind them. A long sequence comes in several pieces, an empty one
    /// as an empty piece.
    ///
    /// # Errors
    /// A file that cannot be read, or what `visit` gives.
    pub(crate) fn for_each_piece<E: From<crate::base::error::Error>>(
        self,
        sequences: Range<usize>,
        mut visit: impl FnMut(&[u32], bool) -> std::result::Result<(), E>,
    ) -> std::result::Result<(), E> {
        let range = self.start_of(sequences.start)?..self.start_of(sequences.end)?;
        let mut ends = Cursor::of_range(self.ends, sequences);
        for start in range.clone().step_by(AT_A_TIME) {
            let part = self.ids.read(start..(start + AT_A_TIME).min(range.end))?;
            let mut place = 0;
            while let Some(end) = ends.next_up_to((start + part.len()) as u64)? {
                let end = end as usize - start;
                visit(&part[place..end], true)?;
                place = end;
            }
            if place < part.len() {
                visit(&part[place..], false)?;
            }
        }
        // What is left are empty sequences behind the last id.
        while ends.next_up_to(u64::MAX)?.is_some() {
            visit(&[], true)?;
        }
        Ok(())
    }

    /// The sequences in runs of about `n_ids` ids each: a run ends behind the sequence that reaches
    /// the next multiple of so many ids. So whoever has only some of the sequences, and knows where
    /// they begin among all, cuts them at the same places.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub(crate) fn runs(self, n_ids: usize) -> Result<Runs> {
        let mut runs = Runs { runs: Vec::new(), most_ids: 0 };
        let (mut first, mut run_start, mut start) = (0, 0, 0);
        self.ends.for_each_part(AT_A_TIME, |first_end, ends| {
            for (number, &end) in (first_end..).zip(ends) {
                let end = end as usize;
                if end / n_ids > start / n_ids || number + 1 == self.len() {
                    runs.runs.push(first..number + 1);
                    runs.most_ids = runs.most_ids.max(end - run_start);
                    (first, run_start) = (number + 1, end);
                }
                start = end;
            }
            Ok(())
        })?;
        Ok(runs)
    }
}

/// Runs of sequences, and how many ids the longest one holds.
#[derive(Debug)]
pub(crate) struct Runs {
    pub(crate) runs: Vec<Range<usize>>,
    pub(crate) most_ids: usize,
}

/// Some sequences that were read.
#[derive(Debug)]
pub(crate) struct Run<'a> {
    ids: Cow<'a, [u32]>,
    ends: Cow<'a, [u64]>,
    /// Where the first of the ids stands among all ids.
    start: usize,
}

impl Run<'_> {
    /// Number of ids.
    pub(crate) fn n_ids(&self) -> usize {
        self.ids.len()
    }

    /// The sequences, each as its ids.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &[u32]> {
        let mut place = 0;
        self.ends.iter().map(move |&end| {
            let end = end as usize - self.start;
            &self.ids[std::mem::replace(&mut place, end)..end]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::error::Error;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn sequences_come_back_from_memory_and_from_files(
            lengths in prop::collection::vec(0usize..6, 0..12),
            a in 0usize..12,
            b in 0usize..12,
            n_ids in 1usize..9,
        ) {
            let folder = tempfile::tempdir().unwrap();
            let ends: Vec<u64> = lengths
                .iter()
                .scan(0, |end, &length| {
                    *end += length as u64;
                    Some(*end)
                })
                .collect();
            let ids: Vec<u32> = (0..ends.last().map_or(0, |&end| end as u32)).collect();
            let expected: Vec<Vec<u32>> = lengths
                .iter()
                .zip(&ends)
                .map(|(&length, &end)| (end as u32 - length as u32..end as u32).collect())
                .collect();
            let (a, b) = (a.min(lengths.len()), b.min(lengths.len()));
            let range = a.min(b)..a.max(b);
            let all_ends = ends.clone();
            for folder in [None, Some(folder.path())] {
                let (ids, ends) = (
                    ValueList::from_vec(ids.clone(), folder).unwrap(),
                    ValueList::from_vec(ends.clone(), folder).unwrap(),
                );
                let sequences = Sequences { ids: &ids, ends: &ends };
                let run = sequences.read(range.clone()).unwrap();
                prop_assert_eq!(
                    run.iter().map(<[u32]>::to_vec).collect::<Vec<_>>(),
                    &expected[range.clone()]
                );
                let mut found = Vec::new();
                let mut sequence = Vec::new();
                sequences.for_each_piece(range.clone(), |ids, ends_here| {
                    sequence.extend_from_slice(ids);
                    if ends_here {
                        found.push(std::mem::take(&mut sequence));
                    }
                    Ok::<(), Error>(())
                }).unwrap();
                prop_assert_eq!(&found, &expected[range.clone()]);
                let runs = sequences.runs(n_ids).unwrap();
                prop_assert_eq!(
                    runs.runs.iter().cloned().flatten().collect::<Vec<_>>(),
                    (0..lengths.len()).collect::<Vec<_>>()
                );
                let most =
                    runs.runs.iter().map(|run| lengths[run.clone()].iter().sum::<usize>()).max();
                prop_assert_eq!(runs.most_ids, most.unwrap_or(0));
                // Each but the last ends where a multiple is reached, and not before.
                let multiple = |sequence: usize| match sequence.checked_sub(1) {
                    Some(before) => all_ends[before] as usize / n_ids,
                    None => 0,
                };
                for run in &runs.runs[..runs.runs.len().saturating_sub(1)] {
                    prop_assert!(multiple(run.end) > multiple(run.start));
                    prop_assert_eq!(multiple(run.end - 1), multiple(run.start));
                }
            }
        }
    }
}
