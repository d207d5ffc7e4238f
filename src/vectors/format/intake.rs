//! Words and vectors on their way in from a file.
//!
//! In: words with their rows, in the order of the file. Out: [`WordVectors`] of distinct words with
//! finite numbers, and a report of what was left out.

use std::path::{Path, PathBuf};

use foldhash::fast::FixedState;
use hashbrown::HashTable;
use std::hash::BuildHasher as _;

use super::numbers::Matrix;
use super::report::{Fault, OnFault, Place, ReadReport};
use crate::base::error::{Error, Result};
use crate::base::words::{WordId, Words};
use crate::input::{TextEncoding, TextSource};
use crate::storage::value_list::ValueList;
use crate::vectors::WordVectors;

/// Rows that are decoded, or moved to their places, at a time.
const ROWS_AT_A_TIME: usize = 4096;

/// How a file of vectors is read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReadOptions {
    pub(super) on_fault: OnFault,
    pub(super) limit: Option<usize>,
    pub(super) words: Option<PathBuf>,
    pub(super) folder: Option<PathBuf>,
    /// The encoding of files of text beside an array, if one was given.
    pub(super) encoding: Option<TextEncoding>,
}

impl ReadOptions {
    /// What is done about faults. Default: [`OnFault::Report`].
    #[must_use]
    pub fn on_fault(self, on_fault: OnFault) -> Self {
        Self { on_fault, ..self }
    }

    /// Reads the first `n` rows of the file and no more; those that are left out count too.
    /// Default: `None`, all of them.
    #[must_use]
    pub fn limit(self, n: impl Into<Option<usize>>) -> Self {
        Self { limit: n.into(), ..self }
    }

    /// The list of words of an array that has none in itself: a word a line, or a
    /// `tokenizer.json`. Default: `None`, a list beside the array.
    #[must_use]
    pub fn words(self, path: impl Into<Option<PathBuf>>) -> Self {
        Self { words: path.into(), ..self }
    }

    /// The folder of a temporary file for numbers that cannot be used where they lie; the file has
    /// no name, is mapped, and vanishes with the vectors. Default: `None`, in memory.
    #[must_use]
    pub fn folder(self, folder: impl Into<Option<PathBuf>>) -> Self {
        Self { folder: folder.into(), ..self }
    }

    /// The options for a file, whose encoding is that of the files beside it too.
    pub(super) fn of_source(&self, source: &TextSource) -> Self {
        Self { encoding: source.given_encoding(), ..self.clone() }
    }

    /// A file of text beside the one that is read.
    pub(super) fn beside(&self, path: &Path) -> TextSource {
        let source = TextSource::new(path);
        match self.encoding {
            Some(encoding) => source.encoding(encoding),
            None => source,
        }
    }

    /// Whether a file is read as a whole, and nobody asks for its faults: files of our own are then
    /// used where they lie.
    pub(super) fn is_usual(&self) -> bool {
        self.on_fault == OnFault::Report && self.limit.is_none()
    }

    /// A place for numbers.
    pub(super) fn numbers(&self) -> Result<ValueList<f32>> {
        match &self.folder {
            Some(folder) => ValueList::in_folder(folder),
            None => Ok(ValueList::default()),
        }
    }

    /// The most rows that are read.
    pub(super) fn most_rows(&self) -> usize {
        self.limit.unwrap_or(usize::MAX).min(u32::MAX as usize)
    }
}

/// What the rows of a file are counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Line,
    Row,
}

/// Gathers words and rows.
pub(super) struct Intake<'a> {
    path: &'a Path,
    options: &'a ReadOptions,
    dim: usize,
    words: Words,
    numbers: ValueList<f32>,
    /// Rows that were taken or left out.
    n_rows: usize,
    unit: Unit,
    /// From which row on rows stand at which line, or which place in the file: a pair for each run
    /// of rows without a gap.
    runs: Vec<(usize, u64)>,
    report: ReadReport,
}

impl<'a> Intake<'a> {
    /// Nothing yet; `path` is the file, `dim` the numbers of a row.
    ///
    /// # Errors
    /// A temporary file that cannot be made.
    pub(super) fn new(path: &'a Path, dim: usize, options: &'a ReadOptions) -> Result<Self> {
        Ok(Self {
            path,
            options,
            dim,
            words: Words::new(),
            numbers: options.numbers()?,
            n_rows: 0,
            unit: Unit::Row,
            runs: Vec::new(),
            report: ReadReport::default(),
        })
    }

    /// The rows are lines of a text.
    pub(super) fn of_lines(self) -> Self {
        Self { unit: Unit::Line, ..self }
    }

    /// The numbers of a row.
    #[cfg(any(feature = "arrow", feature = "parquet"))]
    pub(super) fn dim(&self) -> usize {
        self.dim
    }

    /// Rows that may still be read.
    pub(super) fn room(&self) -> usize {
        self.options.most_rows().saturating_sub(self.n_rows)
    }

    /// Rows of the file, those that were left out included, but for its broken ones.
    pub(super) fn n_lines(&self) -> u64 {
        self.n_rows as u64 - self.report.count(Fault::BrokenLine)
    }

    /// Whether broken rows are left out.
    pub(super) fn is_repair(&self) -> bool {
        self.options.on_fault == OnFault::Repair
    }

    /// Remarks for the report.
    pub(super) fn report(&mut self) -> &mut ReadReport {
        &mut self.report
    }

    /// Takes a word and its finite numbers, from a place (a line from 1, or a row from 0).
    pub(super) fn push(&mut self, word: &str, row: &[f32], place: u64) -> Result<()> {
        if word.trim().is_empty() {
            let found = format!("a word of white space, {word:?}");
            let at = self.at(place, None, found);
            if self.is_repair() {
                return self.leave_out(Fault::BlankWord, at);
            }
            self.note(Fault::BlankWord, at)?;
        }
        let n = self.words.len();
        let is_next = |&(first, at): &(usize, u64)| at + (n - first) as u64 == place;
        if !self.runs.last().is_some_and(is_next) {
            self.runs.push((n, place));
        }
        self.n_rows += 1;
        self.words.push(word);
        self.numbers.extend_zeroed(self.dim)?.copy_from_slice(row);
        Ok(())
    }

    /// A place of the file, as the format counts.
    pub(super) fn at(&self, place: u64, byte: Option<u64>, found: String) -> Place {
        match self.unit {
            Unit::Line => Place::line(place, byte, found),
            Unit::Row => Place::row(place, byte, found),
        }
    }

    /// Takes note of a fault.
    ///
    /// # Errors
    /// The fault as an error, where it is to be refused.
    pub(super) fn note(&mut self, fault: Fault, place: Place) -> Result<()> {
        self.options.on_fault.note(&mut self.report, (self.path, self.dim), fault, place)
    }

    /// Leaves out a row for its fault.
    ///
    /// # Errors
    /// As [`Intake::note`].
    pub(super) fn leave_out(&mut self, fault: Fault, place: Place) -> Result<()> {
        self.n_rows += 1;
        self.note(fault, place)
    }

    /// Takes all rows of a matrix with their words.
    ///
    /// # Panics
    /// If there are not as many words as rows.
    pub(super) fn take_matrix(&mut self, matrix: &Matrix<'_>, words: &Words) -> Result<()> {
        assert_eq!(words.len(), matrix.n_rows, "{} words", words.len());
        let n_rows = matrix.n_rows.min(self.room());
        self.report.is_limited |= n_rows < matrix.n_rows;
        self.report.number_type = matrix.number_type_name();
        let (mut rows, mut n_rounded) = (Vec::new(), 0);
        for first in (0..n_rows).step_by(ROWS_AT_A_TIME) {
            let range = first..n_rows.min(first + ROWS_AT_A_TIME);
            rows.resize(range.len() * self.dim, 0.0);
            n_rounded += matrix.decode(range.clone(), &mut rows);
            for (id, row) in range.zip(rows.chunks_exact(self.dim)) {
                self.take_row(words.spelling(WordId(id as u32)), row, id as u64)?;
            }
        }
        if n_rounded > 0 {
            let found = format!("numbers of type {}", matrix.number_type);
            let place = Place::whole(format!("{n_rounded} {found} that 32-bit floats do not hold"));
            self.note(Fault::Rounded, place)?;
        }
        Ok(())
    }

    /// Takes a row of a binary file, if it has a word and its numbers are finite.
    pub(super) fn take_row(&mut self, word: &str, row: &[f32], place: u64) -> Result<()> {
        if word.is_empty() {
            let at = self.at(place, None, "a vector without a word".to_owned());
            return self.leave_out(Fault::NoWord, at);
        }
        match row.iter().find(|number| !number.is_finite()) {
            None => self.push(word, row, place),
            Some(number) => {
                let found = format!("{number} in the vector of `{word}`");
                let at = self.at(place, None, found);
                self.leave_out(Fault::NotFinite, at)
            }
        }
    }

    /// The error of a file without a good row: its first fault, if it has one.
    fn no_vector(&self) -> Error {
        // A header may be wrong too, but only a row says why there is no vector.
        let places = self.report.notes.iter().flat_map(|note| {
            let is_of_header = matches!(note.fault, Fault::WordCount | Fault::Dimensions);
            note.places.iter().map(move |place| (is_of_header, place))
        });
        let first = places.min_by_key(|(is_of_header, place)| {
            let unknown = u64::MAX;
            (*is_of_header, place.line.unwrap_or(unknown), place.row.unwrap_or(unknown))
        });
        let Some((_, first)) = first else {
            return Error::malformed(self.path, None, "no vector", "at least one");
        };
        let row = first.row.map(|row| format!(" (row {row})")).unwrap_or_default();
        let found = format!("{}{row}", first.found);
        Error::malformed(self.path, first.line, found, "at least one good vector")
    }

    /// The place in the file of a row that was taken.
    fn place_of(&self, row: usize) -> u64 {
        let run = self.runs.partition_point(|&(first, _)| first <= row) - 1;
        let (first, place) = self.runs[run];
        place + (row - first) as u64
    }

    /// The vectors, each word once, and the report.
    ///
    /// # Errors
    /// [`Error::Malformed`] if no word is left; a duplicate that is to be refused.
    pub(super) fn finish(mut self) -> Result<(WordVectors, ReadReport)> {
        let duplicates = match self.words.first_duplicate() {
            Some(_) => duplicates(&self.words),
            None => Vec::new(),
        };
        for &row in &duplicates {
            let found =
                format!("the word `{}` a second time", self.words.spelling(WordId(row as u32)));
            let place = self.at(self.place_of(row), None, found);
            self.note(Fault::DuplicateWord, place)?;
        }
        if self.words.is_empty() {
            return Err(self.no_vector());
        }
        let (words, numbers) = match duplicates.is_empty() {
            true => (self.words, self.numbers),
            false => without(&self.words, self.numbers, self.dim, &duplicates)?,
        };
        let vectors = WordVectors::from_floats(words, self.dim, numbers.into_floats()?);
        Ok((vectors, self.report))
    }
}

/// The rows, ascending, of words that stand before too.
pub(super) fn duplicates(words: &Words) -> Vec<usize> {
    // The same table as that of `Words`, which finds the first of equal words alone.
    let hash = |word: &str| FixedState::default().hash_one(word);
    let mut seen: HashTable<u32> = HashTable::with_capacity(words.len());
    let mut found = Vec::new();
    for (row, word) in words.iter().enumerate() {
        let spelling = |id: &u32| words.spelling(WordId(*id));
        match seen.find(hash(word), |id| spelling(id) == word) {
            Some(_) => found.push(row),
            None => {
                seen.insert_unique(hash(word), row as u32, |id| hash(spelling(id)));
            }
        }
    }
    found
}

/// Words and numbers without some rows.
fn without(
    words: &Words,
    numbers: ValueList<f32>,
    dim: usize,
    left_out: &[usize],
) -> Result<(Words, ValueList<f32>)> {
    let is_kept = |row: usize| left_out.binary_search(&row).is_err();
    let kept = words.iter().enumerate().filter(|&(row, _)| is_kept(row));
    let words = kept.map(|(_, word)| word).collect();
    let numbers = numbers.rewrite(ROWS_AT_A_TIME * dim, |start, part| {
        let first = start / dim;
        let mut n_kept = 0;
        for row in 0..part.len() / dim {
            if is_kept(first + row) {
                part.copy_within(row * dim..(row + 1) * dim, n_kept * dim);
                n_kept += 1;
            }
        }
        Ok(n_kept * dim)
    })?;
    Ok((words, numbers))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gathered(options: &ReadOptions, rows: &[(&str, f32)]) -> Result<(WordVectors, ReadReport)> {
        let mut intake = Intake::new(Path::new("v"), 2, options)?.of_lines();
        for (line, (word, number)) in (2..).zip(rows) {
            intake.take_row(word, &[*number, 1.0], line)?;
        }
        intake.finish()
    }

    const ROWS: [(&str, f32); 6] =
        [("a", 1.0), ("b", f32::NAN), ("", 2.0), ("a", 3.0), ("b", 4.0), ("c", 5.0)];

    #[test]
    fn the_first_good_row_of_each_word_stays() {
        let folder = tempfile::tempdir().unwrap();
        let in_memory = ReadOptions::default();
        let on_disk = in_memory.clone().folder(folder.path().to_path_buf());
        for options in [in_memory, on_disk] {
            let (vectors, report) = gathered(&options, &ROWS).unwrap();
            assert!(vectors.words().iter().eq(["a", "b", "c"]));
            assert_eq!(vectors.as_slice(), [1.0, 1.0, 4.0, 1.0, 5.0, 1.0]);
            let notes: Vec<String> = report.notes.iter().map(ToString::to_string).collect();
            assert_eq!(
                notes,
                [
                    "line 3: NaN in the vector of `b`; left out",
                    "line 4: a vector without a word; left out",
                    "line 5: the word `a` a second time; the first stays, the others are left out",
                ]
            );
        }
    }

    #[test]
    fn strict_reading_refuses_the_first_fault() {
        let options = ReadOptions::default().on_fault(OnFault::Refuse);
        let message = |rows: &[(&str, f32)]| gathered(&options, rows).unwrap_err().to_string();
        let finite = "`v`, line 3: found NaN in the vector of `b`, expected finite numbers";
        assert_eq!(message(&ROWS), finite);
        let twice = "`v`, line 3: found the word `a` a second time, expected distinct words";
        assert_eq!(message(&[("a", 1.0), ("a", 2.0)]), twice);
        assert!(gathered(&options, &ROWS[4..]).is_ok());
    }

    #[test]
    fn a_limit_counts_rows_that_are_left_out() {
        let options = ReadOptions::default().limit(4);
        let mut intake = Intake::new(Path::new("v"), 2, &options).unwrap();
        for (row, (word, number)) in (0..).zip(&ROWS[..4]) {
            assert_eq!(intake.room(), 4 - row as usize);
            intake.take_row(word, &[*number, 1.0], row).unwrap();
        }
        assert_eq!(intake.room(), 0);
        assert!(intake.finish().unwrap().0.words().iter().eq(["a"]));
    }

    #[test]
    fn a_repair_leaves_out_words_of_white_space() {
        let options = ReadOptions::default().on_fault(OnFault::Repair);
        let (vectors, report) = gathered(&options, &[("\u{3000}", 1.0), ("a", 1.0)]).unwrap();
        assert!(vectors.words().iter().eq(["a"]));
        assert_eq!(report.count(Fault::BlankWord), 1);
        assert_eq!(report.notes[0].places[0].line, Some(2));
    }

    #[test]
    fn a_file_without_a_good_row_is_refused() {
        let error = gathered(&ReadOptions::default(), &ROWS[1..3]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`v`, line 2: found NaN in the vector of `b`, expected at least one good vector"
        );
        let error = gathered(&ReadOptions::default(), &[]).unwrap_err();
        assert_eq!(error.to_string(), "`v`: found no vector, expected at least one");
    }
}
