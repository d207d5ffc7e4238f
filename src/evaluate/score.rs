//! A score: correct / answered / total.

use serde::Serialize;

/// How many questions there are, could be answered, and were answered correctly.
///
/// Unknown words show in both quotients: `correct / answered` leaves such questions out,
/// `correct / total` counts them as wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Score {
    /// Questions answered correctly.
    pub correct: usize,
    /// Questions of which all words are known; in analogies also among the first `max_words`.
    pub answered: usize,
    /// Questions in the file.
    pub total: usize,
}

impl Score {
    pub(super) fn add(&mut self, other: Self) {
        self.correct += other.correct;
        self.answered += other.answered;
        self.total += other.total;
    }
}

/// The score of one section.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SectionScore {
    /// The heading in the file.
    pub name: String,
    /// The score.
    #[serde(flatten)]
    pub score: Score,
}
