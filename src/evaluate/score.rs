//! A score: correct / answered / total.

use serde::Serialize;

/// How many questions were asked, could be answered, and were answered rightly.
///
/// What is unknown is shown both ways: `correct / answered` leaves it out, `correct / total` counts
/// it as wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Score {
    /// Answered rightly.
    pub correct: usize,
    /// All words of the question are known; in analogies also among the first `max_words`.
    pub answered: usize,
    /// In the file.
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
