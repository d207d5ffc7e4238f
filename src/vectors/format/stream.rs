//! Vectors on their way to a file: words, and rows that are made when they are written.
//!
//! In: an ordered vocabulary and a function that gives any range of rows. Out: the same bytes as
//! for [`WordVectors`] that lie in memory, with no more than [`ROWS_PER_CHUNK`] rows there at once.
//! So vectors of millions of words that lie in a mapped file are mapped into another space and
//! written in bounded memory.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use crate::base::error::{Error, Result};
use crate::base::progress::Stage;
use crate::base::words::{WordId, Words};
use crate::linalg::dot::length_of;
use crate::vectors::WordVectors;

/// Rows made and written at a time: 4,096 of 300 numbers are 5 MB.
pub const ROWS_PER_CHUNK: usize = 4096;

/// Words, and their vectors as they are asked for.
pub struct RowStream<'a> {
    words: &'a Words,
    dim: usize,
    rows: Box<dyn Fn(Range<usize>) -> Cow<'a, [f32]> + 'a>,
}

impl<'a> RowStream<'a> {
    /// Vectors of `dim` numbers for `words`; `rows` gives those of a range of words, row after row.
    ///
    /// # Panics
    /// If `dim` is 0.
    pub fn new(
        words: &'a Words,
        dim: usize,
        rows: impl Fn(Range<usize>) -> Cow<'a, [f32]> + 'a,
    ) -> Self {
        assert!(dim > 0, "vectors need at least one dimension");
        Self { words, dim, rows: Box::new(rows) }
    }

    /// The words.
    pub fn words(&self) -> &'a Words {
        self.words
    }

    /// Number of dimensions of each vector.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// The same vectors at length 1; zeros stay zeros.
    pub(super) fn at_length_1(&self) -> RowStream<'_> {
        RowStream::new(self.words, self.dim, |range| {
            let mut rows = (self.rows)(range).into_owned();
            for row in rows.chunks_exact_mut(self.dim) {
                let length = length_of(row);
                if length > 0.0 {
                    row.iter_mut().for_each(|value| *value /= length);
                }
            }
            Cow::Owned(rows)
        })
    }

    /// Calls `write` with the number of the first row of each chunk and its numbers, in order.
    ///
    /// # Errors
    /// [`Error::NotFinite`] for the first number that no reader would take; what `write` fails
    /// with.
    ///
    /// # Panics
    /// If the function of the stream gives another number of numbers than asked for.
    pub(super) fn each_chunk(&self, write: impl FnMut(usize, &[f32]) -> Result<()>) -> Result<()> {
        self.each_chunk_of(0..self.words.len(), write)
    }

    /// The same for a range of rows.
    ///
    /// # Errors
    /// As [`RowStream::each_chunk`].
    pub(super) fn each_chunk_of(
        &self,
        rows: Range<usize>,
        mut write: impl FnMut(usize, &[f32]) -> Result<()>,
    ) -> Result<()> {
        for begin in rows.clone().step_by(ROWS_PER_CHUNK) {
            let range = begin..rows.end.min(begin + ROWS_PER_CHUNK);
            let rows = (self.rows)(range.clone());
            assert_eq!(
                rows.len(),
                range.len() * self.dim,
                "numbers for {} rows of {}",
                range.len(),
                self.dim
            );
            if let Some(position) = rows.iter().position(|number| !number.is_finite()) {
                let word = self.words.spelling(WordId((begin + position / self.dim) as u32));
                let place =
                    format!("component {} of the vector of `{word}`", position % self.dim + 1);
                return Err(Error::NotFinite { stage: Stage::Write, place });
            }
            write(begin, &rows)?;
        }
        Ok(())
    }
}

impl<'a> From<&'a WordVectors> for RowStream<'a> {
    fn from(vectors: &'a WordVectors) -> Self {
        let (numbers, dim) = (vectors.as_slice(), vectors.dim());
        Self::new(vectors.words(), dim, move |range| {
            // Rows of a mapped file leave memory once they are written.
            vectors.release(range.start.saturating_sub(ROWS_PER_CHUNK)..range.start);
            Cow::Borrowed(&numbers[range.start * dim..range.end * dim])
        })
    }
}

impl fmt::Debug for RowStream<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("RowStream")
            .field("n_words", &self.words.len())
            .field("dim", &self.dim)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors::format::tests::EXACT;

    #[test]
    fn rows_made_on_the_way_give_the_bytes_of_rows_in_memory() {
        let n_words = 2 * ROWS_PER_CHUNK + 17;
        let names: Vec<String> = (0..n_words).map(|i| format!("w{i}")).collect();
        let words: Words = names.iter().map(String::as_str).collect();
        let made = |range: Range<usize>| -> Vec<f32> {
            range.flat_map(|row| [row as f32, -0.5 * row as f32, 0.1]).collect()
        };
        let whole = WordVectors::new(words.clone(), 3, made(0..n_words));
        let folder = tempfile::tempdir().unwrap();
        for format in EXACT {
            let (one, two) = (folder.path().join("one"), folder.path().join("two"));
            format.write(&whole, &one, true).unwrap();
            format
                .write_stream(
                    &RowStream::new(&words, 3, |range| Cow::Owned(made(range))),
                    &two,
                    true,
                )
                .unwrap();
            assert_eq!(std::fs::read(&one).unwrap(), std::fs::read(&two).unwrap(), "{format}");
        }
    }

    #[test]
    fn a_number_that_is_not_finite_leaves_no_file() {
        let words: Words = ["a", "b"].into_iter().collect();
        let folder = tempfile::tempdir().unwrap();
        for format in EXACT {
            let path = folder.path().join("v");
            let stream = RowStream::new(&words, 2, |range| {
                Cow::Owned(range.flat_map(|row| [1.0, 1.0 / (1.0 - row as f32)]).collect())
            });
            let message = format.write_stream(&stream, &path, false).unwrap_err().to_string();
            assert!(message.contains("component 2 of the vector of `b`"), "{message}");
            assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        }
    }
}
