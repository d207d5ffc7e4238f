//! How good word vectors are: analogy questions, word similarity, categories and odd-one-out
//! questions, each shown as correct / answered / total.
//!
//! In: [`WordVectors`](crate::WordVectors) and a file of questions, scored pairs, classes or sets.
//! Out: structs that serialise to the JSON of `eigenlex evaluate`. Nothing in the vectors is
//! changed, and words that are unknown make a question unanswered, not wrong.

mod analogies;
mod categories;
mod classes;
mod completion;
mod documents;
mod held_out;
mod logistic;
mod odd_one_out;
mod questions;
mod score;
mod search;
mod translation;
mod word_similarity;

pub use analogies::{AnalogyScores, analogies};
pub use categories::{Categories, CategoryScore, categorization};
pub use classes::{ClusterAgreement, DocumentClasses};
pub use completion::{CompletionScore, Guess, Hidden, completion};
pub use documents::{Classifier, DocumentLabels, DocumentScores, Features, Role, document_classes};
pub use held_out::{HeldOutScore, held_out};
pub use odd_one_out::{OddOneOutScores, OddSection, OddSet, OddSets, odd_one_out};
pub use questions::{Questions, Section};
pub use score::{Score, SectionScore};
pub use search::{
    DrawnQueries, FoundShares, SearchMethod, SearchQuestions, SearchScore, SearchTask,
    search_scores,
};
pub use translation::{TranslationScore, translation};
pub use word_similarity::{ScoredPairs, SimilarityScore, spearman, word_similarity};

use std::io::{self, BufRead};
use std::path::Path;

use crate::base::error::{Error, Result};
use crate::vectors::format::malformed;

/// Calls `line` with each line that is not blank, without its end, and its number from 1.
fn each_line(
    mut input: impl BufRead,
    path: &Path,
    mut line: impl FnMut(&str, u64) -> Result<()>,
) -> Result<()> {
    let failed = |source: io::Error| Error::io("read", path, source);
    let mut bytes = Vec::new();
    let mut number = 0;
    while input.read_until(b'\n', &mut bytes).map_err(failed)? > 0 {
        number += 1;
        let Ok(text) = std::str::from_utf8(&bytes) else {
            return Err(malformed(path, Some(number), "bytes that are not UTF-8", "UTF-8"));
        };
        // Some sets were saved with a byte order mark.
        let text = if number == 1 { text.strip_prefix('\u{FEFF}').unwrap_or(text) } else { text };
        let text = text.trim_end_matches(['\n', '\r']);
        if !text.trim().is_empty() {
            line(text, number)?;
        }
        bytes.clear();
    }
    Ok(())
}

/// The fields of a line: between tabs, else between commas or semicolons, else between blanks.
fn fields(line: &str) -> Vec<&str> {
    match ['\t', ',', ';'].into_iter().find(|&separator| line.contains(separator)) {
        Some(separator) => line.split(separator).map(str::trim).collect(),
        None => line.split_whitespace().collect(),
    }
}
