//! What the tokenizer `words` changed in a text, in numbers that add up over the pieces of a
//! corpus.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

/// What was dropped from the characters of a corpus, or replaced, before it was cut into words.
/// Lower-casing is not counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct WordChanges {
    /// Invisible characters that were dropped because they carry no meaning where they stood.
    pub invisible: u64,
    /// Apostrophes within words that were replaced by `'`, and quotation marks within Hebrew words
    /// by `"`.
    pub apostrophes: u64,
    /// Tatweels, the strokes that lengthen an Arabic word, that were dropped.
    pub tatweel: u64,
    /// Armenian marks of emphasis, exclamation and question, which stand within a word, that were
    /// dropped.
    pub intonation: u64,
    /// Stretches between white space that were changed by the normal form.
    pub normalized: u64,
}

impl WordChanges {
    /// Whether nothing was changed.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl AddAssign for WordChanges {
    fn add_assign(&mut self, other: Self) {
        self.invisible += other.invisible;
        self.apostrophes += other.apostrophes;
        self.tatweel += other.tatweel;
        self.intonation += other.intonation;
        self.normalized += other.normalized;
    }
}
