//! How many stretches of text hold each word: what the dispersion of a word is computed from.
//!
//! In: the tokens of a corpus in order. Out: for each word the number of stretches of 4,000 tokens
//! that hold it. Cost: one pass over the tokens. Memory: 16 bytes a word and thread.

use rayon::prelude::*;

use super::WordSequences;
use crate::base::error::Result;

/// Tokens of a stretch: a long article, a chapter.
pub(crate) const STRETCH: usize = 4000;

/// Stretches that are read at a time: 4 MB of ids.
const STRETCHES_AT_A_TIME: usize = 256;

/// For each of `n_words` words the number of stretches that hold it, counted in so many parts side
/// by side. Sums of whole numbers: the same for any number of parts.
///
/// # Errors
/// A file that cannot be read.
pub(crate) fn count_stretches(
    sequences: &WordSequences,
    n_words: usize,
    n_parts: usize,
) -> Result<Vec<u64>> {
    let n_tokens = sequences.n_tokens();
    let part_length = n_tokens.div_ceil(n_parts).next_multiple_of(STRETCH).max(STRETCH);
    let starts: Vec<usize> = (0..n_tokens).step_by(part_length).collect();
    let of_part = |&start: &usize| {
        let mut counts = vec![0u64; n_words];
        // For each word the stretch that it was met in last, or 0: stretch k is remembered as
        // k + 1.
        let mut last = vec![0u64; n_words];
        let range = start..(start + part_length).min(n_tokens);
        sequences.id_list().for_each_part_of(
            range,
            STRETCHES_AT_A_TIME * STRETCH,
            |start, ids| {
                for (number, stretch) in (start / STRETCH + 1..).zip(ids.chunks(STRETCH)) {
                    for &id in stretch {
                        counts[id as usize] += u64::from(last[id as usize] != number as u64);
                        last[id as usize] = number as u64;
                    }
                }
                Ok(())
            },
        )?;
        Ok(counts)
    };
    let mut total = vec![0; n_words];
    for part in starts.par_iter().map(of_part).collect::<Result<Vec<_>>>()? {
        total.iter_mut().zip(part).for_each(|(total, count)| *total += count);
    }
    Ok(total)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::value_list::ValueList;

    #[test]
    fn stretches_that_hold_a_word_are_counted() {
        // Word 0 everywhere, word 1 eight times in one stretch, word 2 once in each of eight.
        let mut ids = vec![0; 8 * STRETCH];
        (0..8).for_each(|place| {
            (ids[STRETCH + place], ids[place * STRETCH + 100]) = (1, 2);
        });
        let folder = tempfile::tempdir().unwrap();
        for folder in [None, Some(folder.path())] {
            let list = |ids| ValueList::from_vec(ids, folder).unwrap();
            let ends = ValueList::from_vec(vec![ids.len() as u64], folder).unwrap();
            let sequences = WordSequences::from_lists(list(ids.clone()), ends);
            for n_parts in [1, 3] {
                assert_eq!(count_stretches(&sequences, 3, n_parts).unwrap(), [8, 1, 8]);
            }
        }
    }
}
