//! What a reader finds in a file that is not as its format has it.
//!
//! Files that people publish have headers that are off by one, words that stand twice, rows of NaN.
//! A reader takes what makes sense, and writes down the rest here: the kind of fault, how many
//! there are, and where the first stand.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::base::error::{Error, Result};
use crate::base::visible::shortened;

/// Places that are kept of each fault; those after them are counted.
const MOST_PLACES: usize = 100;

/// A way in which a file of vectors differs from its format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Fault {
    /// The header promises another number of words than there are.
    WordCount,
    /// The header promises one number more or less than each row has. Those of the rows are read.
    Dimensions,
    /// A word stands there twice. The first stays.
    DuplicateWord,
    /// Numbers without a word. They are left out.
    NoWord,
    /// A word of white space alone. It is kept, but left out in a repair.
    BlankWord,
    /// White space before a word. It is dropped.
    LeadingBlank,
    /// A word of several parts whose last is a number with a fraction or an exponent, such as
    /// `king 0.5`: the line may have a number too many. It is kept, but left out in a repair.
    NumberInWord,
    /// An empty line between others. It is skipped.
    EmptyLine,
    /// A vector with NaN, infinity, or a number too large for 32 bits. It is left out.
    NotFinite,
    /// A word that is not UTF-8, in a binary file. The bad bytes become U+FFFD.
    BadUtf8,
    /// A stored length that is not that of its vector. It is computed anew.
    WrongLength,
    /// A stored index that does not find each word. It is made anew.
    WrongIndex,
    /// 64-bit numbers, or integers, that are rounded to 32-bit floats: a remark, never refused.
    Rounded,
    /// A line that is no word with its numbers. It is an error, but in a repair, which leaves it
    /// out.
    BrokenLine,
    /// The file ends within a row. It is an error, but in a repair, which leaves that row out.
    CutShort,
}

impl Fault {
    /// Its name, as JSON has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::WordCount => "word-count",
            Self::Dimensions => "dimensions",
            Self::DuplicateWord => "duplicate-word",
            Self::NoWord => "no-word",
            Self::BlankWord => "blank-word",
            Self::LeadingBlank => "leading-blank",
            Self::NumberInWord => "number-in-word",
            Self::EmptyLine => "empty-line",
            Self::NotFinite => "not-finite",
            Self::BadUtf8 => "bad-utf8",
            Self::WrongLength => "wrong-length",
            Self::WrongIndex => "wrong-index",
            Self::Rounded => "rounded",
            Self::BrokenLine => "broken-line",
            Self::CutShort => "cut-short",
        }
    }

    /// What the reader does with it.
    pub fn consequence(self) -> &'static str {
        match self {
            Self::WordCount => "all words that are there are read",
            Self::Dimensions => "all numbers of the rows are read",
            Self::DuplicateWord => "the first stays, the others are left out",
            Self::NoWord | Self::NotFinite | Self::BrokenLine | Self::CutShort => "left out",
            Self::BlankWord | Self::NumberInWord => "kept",
            Self::LeadingBlank => "dropped",
            Self::EmptyLine => "skipped",
            Self::BadUtf8 => "the bytes that are not UTF-8 become U+FFFD",
            Self::WrongLength => "computed from the vector",
            Self::WrongIndex => "made anew",
            Self::Rounded => "rounded to 32-bit floats",
        }
    }

    /// What a repair does with it: as the reader, but that doubtful words are left out.
    pub fn repair(self) -> &'static str {
        match self {
            Self::BlankWord | Self::NumberInWord => "left out",
            other => other.consequence(),
        }
    }

    /// Whether the file is as its format has it, and this is only worth saying.
    pub fn is_remark(self) -> bool {
        self == Self::Rounded
    }

    /// What it means for whoever uses the file.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::WordCount => {
                "the header is wrong, or the file is cut short: other programs may refuse it"
            }
            Self::Dimensions => "the header is wrong: other programs may take numbers for words",
            Self::DuplicateWord => {
                "the file has several vectors for one word, and a question can mean only one"
            }
            Self::NoWord => "nothing can be asked about a vector without a word",
            Self::BlankWord => "the word can hardly be typed, and other programs may drop it",
            Self::LeadingBlank => "other programs may take it for a part of the word",
            Self::NumberInWord => "the line may have a number too many, and a wrong vector",
            Self::EmptyLine => "other programs may stop reading there",
            Self::NotFinite => "no cosine can be computed with such a vector",
            Self::BadUtf8 => "the program that wrote the word cut it within a character",
            Self::WrongLength | Self::WrongIndex => {
                "the file was changed since it was written, or is damaged"
            }
            Self::Rounded => "cosines change in the seventh digit",
            Self::BrokenLine => "the line is damaged, or the file is of another format",
            Self::CutShort => "the file was not written or copied to its end",
        }
    }

    /// What a format has in place of it.
    fn expected(self, dim: usize) -> String {
        match self {
            Self::WordCount => "as many words as the header says".to_owned(),
            Self::Dimensions => format!("a header that says {dim}"),
            Self::DuplicateWord => "distinct words".to_owned(),
            Self::NoWord | Self::NumberInWord | Self::BrokenLine => {
                format!("a word and {dim} numbers")
            }
            Self::BlankWord => "a word that can be seen".to_owned(),
            Self::LeadingBlank => "no white space before a word".to_owned(),
            Self::EmptyLine => "a word and its numbers".to_owned(),
            Self::NotFinite => "finite numbers".to_owned(),
            Self::BadUtf8 => "UTF-8".to_owned(),
            Self::WrongLength => "the length of the vector".to_owned(),
            Self::WrongIndex => "an index that finds each word".to_owned(),
            Self::Rounded => "numbers that 32-bit floats hold".to_owned(),
            Self::CutShort => format!("{dim} numbers for each word"),
        }
    }
}

/// Where a fault stands, and what is found there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The line of a text, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// The row of an array or a binary file, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row: Option<u64>,
    /// The offset of the line or row in the decompressed file, in bytes, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub byte: Option<u64>,
    /// What stands there, cut short where it is long.
    pub found: String,
}

impl Place {
    /// The whole file.
    pub(super) fn whole(found: impl Into<String>) -> Self {
        Self { found: shortened(&found.into()), ..Self::default() }
    }

    /// A line, from 1, that begins at a byte.
    pub(super) fn line(line: u64, byte: Option<u64>, found: impl Into<String>) -> Self {
        Self { line: Some(line), byte, ..Self::whole(found) }
    }

    /// A row, from 0.
    pub(super) fn row(row: u64, byte: Option<u64>, found: impl Into<String>) -> Self {
        Self { row: Some(row), byte, ..Self::whole(found) }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.line, self.row) {
            (Some(line), _) => write!(formatter, "line {line}: ")?,
            (None, Some(row)) => write!(formatter, "row {row}: ")?,
            (None, None) => {}
        }
        formatter.write_str(&self.found)
    }
}

/// A kind of fault in a file: how many there are, and where the first 100 stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Note {
    /// The kind.
    pub fault: Fault,
    /// How many there are.
    pub count: u64,
    /// Where the first 100 stand, in the order of the file.
    pub places: Vec<Place>,
}

impl fmt::Display for Note {
    /// The first place, how many more there are, and what was done about them.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(first) = self.places.first() {
            write!(formatter, "{first}")?;
        }
        if self.count > 1 {
            write!(formatter, " (and {} more)", self.count - 1)?;
        }
        write!(formatter, "; {}", self.fault.consequence())
    }
}

/// What was found while a file was read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ReadReport {
    /// The faults, in the order in which the first of each kind was found.
    pub notes: Vec<Note>,
    /// The type of the numbers, where it is not 32-bit floats: `float16`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number_type: Option<String>,
    /// The list that the words were taken from, where they do not stand in the file itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub word_list: Option<PathBuf>,
    /// Whether reading stopped at [`ReadOptions::limit`](super::ReadOptions::limit).
    pub is_limited: bool,
}

impl ReadReport {
    /// Whether nothing is wrong with the file.
    pub fn is_clean(&self) -> bool {
        self.notes.is_empty()
    }

    /// How many faults of a kind there are.
    pub fn count(&self, fault: Fault) -> u64 {
        self.notes.iter().find(|note| note.fault == fault).map_or(0, |note| note.count)
    }

    /// Writes a fault down.
    pub(super) fn add(&mut self, fault: Fault, count: u64, place: Place) {
        let position = self.notes.iter().position(|note| note.fault == fault);
        let position = position.unwrap_or_else(|| {
            self.notes.push(Note { fault, count: 0, places: Vec::new() });
            self.notes.len() - 1
        });
        let note = &mut self.notes[position];
        note.count += count;
        if note.places.len() < MOST_PLACES {
            note.places.push(place);
        }
    }
}

/// The error of a reader that takes no fault.
pub(super) fn refused(path: &Path, fault: Fault, place: &Place, dim: usize) -> Error {
    let found = match place.row {
        Some(row) => format!("{} (row {row})", place.found),
        None => place.found.clone(),
    };
    Error::malformed(path, place.line, found, fault.expected(dim))
}

/// What a reader does about faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum OnFault {
    /// The first is an error.
    Refuse,
    /// What makes sense is taken; the rest is reported.
    #[default]
    Report,
    /// As [`OnFault::Report`]; broken lines and rows that are cut short are left out too.
    Repair,
}

impl OnFault {
    /// Takes note of a fault, or refuses it. Damage is taken in a repair alone.
    pub(super) fn note(
        self,
        report: &mut ReadReport,
        (path, dim): (&Path, usize),
        fault: Fault,
        place: Place,
    ) -> Result<()> {
        let is_damage = matches!(fault, Fault::BrokenLine | Fault::CutShort);
        let is_refused = self == Self::Refuse && !fault.is_remark();
        if is_refused || (is_damage && self != Self::Repair) {
            return Err(refused(path, fault, &place, dim));
        }
        report.add(fault, 1, place);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_place_is_shown_and_the_others_are_counted() {
        let mut report = ReadReport::default();
        for line in 3..300 {
            let place = Place::line(line, None, "the word `a` a second time");
            report.add(Fault::DuplicateWord, 1, place);
        }
        assert_eq!(report.notes.len(), 1);
        assert_eq!(report.notes[0].places.len(), MOST_PLACES);
        assert_eq!(report.count(Fault::DuplicateWord), 297);
        assert_eq!(
            report.notes[0].to_string(),
            "line 3: the word `a` a second time (and 296 more); the first stays, the others are \
             left out"
        );
    }

    #[test]
    fn names_are_those_of_json() {
        for fault in [Fault::WordCount, Fault::BadUtf8, Fault::CutShort, Fault::NoWord] {
            assert_eq!(serde_json::to_string(&fault).unwrap(), format!("\"{}\"", fault.name()));
        }
    }

    #[test]
    fn damage_is_refused_but_in_a_repair() {
        let path = Path::new("v.txt");
        let mut report = ReadReport::default();
        let mut note = |on: OnFault, fault| {
            on.note(&mut report, (path, 2), fault, Place::row(4, None, "a word")).is_ok()
        };
        assert!(!note(OnFault::Refuse, Fault::NoWord));
        assert!(note(OnFault::Report, Fault::NoWord));
        assert!(!note(OnFault::Report, Fault::CutShort));
        assert!(note(OnFault::Repair, Fault::CutShort));
        let error = refused(path, Fault::NoWord, &Place::row(4, None, "numbers"), 2);
        assert_eq!(
            error.to_string(),
            "`v.txt`: found numbers (row 4), expected a word and 2 numbers"
        );
    }
}
