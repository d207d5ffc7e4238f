//! What a piece shows beside its texts, for the notices about how a corpus was read.

use std::path::Path;
use std::sync::Arc;

/// What was seen in a piece, or in all.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) n_records: u64,
    /// Records that hold no text.
    pub(crate) n_without_text: u64,
    /// For each value of the metadata whether a record has it; values that none has may be missing.
    pub(crate) has_value: Vec<bool>,
    /// Characters that look as if they had been encoded twice.
    pub(crate) n_twice: u64,
    /// The first of them.
    pub(crate) first_twice: Option<EncodedTwice>,
}

/// A character that looks as if it had been encoded twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EncodedTwice {
    pub(crate) path: Arc<Path>,
    pub(crate) line: u64,
    pub(crate) text: String,
    pub(crate) meant: char,
}

impl Seen {
    /// A record has a value of this number.
    pub(super) fn value(&mut self, number: usize) {
        if self.has_value.len() <= number {
            self.has_value.resize(number + 1, false);
        }
        self.has_value[number] = true;
    }

    /// Adds what was seen in a later piece.
    pub(super) fn add(&mut self, later: &Self) {
        self.n_records += later.n_records;
        self.n_without_text += later.n_without_text;
        self.n_twice += later.n_twice;
        if self.first_twice.is_none() {
            self.first_twice.clone_from(&later.first_twice);
        }
        let values = later.has_value.iter().enumerate().filter(|(_, has_value)| **has_value);
        values.for_each(|(number, _)| self.value(number));
    }
}
