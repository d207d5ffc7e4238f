//! The words that belong to a text and are not in it: those that its reconstruction adds (inpainting).
//!
//! In: a text's words. Out: other words of the model, the likeliest first. The reconstruction is `x~ = V V^T x` with components the smaller the
//! weaker they are ([`Encoder::denoise`]): a text with a gap is a text with noise. `x~` is in the weights of the matrix, where a rare word weighs more
//! than a frequent one; to ask which word is missing, the weights are turned back into the order of counts, which
//! [`CompletionOrder::Count`] does. Measured with one word of each document hidden, see `docs/documents.md`.

use serde::Serialize;

use super::encoder::{Encoder, WeightedWords};
use crate::error::{Error, Result};
use crate::words::WordId;

/// What makes one word a better completion than another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CompletionOrder {
    /// The count that its weight in the reconstruction stands for: the word most likely to be missing.
    #[default]
    Count,
    /// The weight itself: the word that tells most, where the weighting favours rare words.
    Weight,
}

/// A word that a text lacks.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Completion {
    /// The position of the word.
    #[serde(skip)]
    pub id: WordId,
    /// The word.
    pub word: String,
    /// Its weight in the reconstruction `x~`.
    pub weight: f32,
}

/// The `top` words that the reconstruction of a document adds, best first; the lower id first among equals.
///
/// # Errors
/// [`Error::NothingFound`] if the document holds no word with a weight; [`Error::Parameter`] for a `top` of 0.
pub fn complete(encoder: &Encoder, document: &WeightedWords, order: CompletionOrder, top: usize) -> Result<Vec<Completion>> {
    if top == 0 {
        return Err(Error::Parameter { name: "top", found: "0".to_owned(), expected: "at least 1".to_owned() });
    }
    if document.words.is_empty() {
        return Err(Error::NothingFound { query: "the text".to_owned(), reason: "the model knows none of its words".to_owned() });
    }
    let reconstructed = encoder.reconstruct(document, &encoder.denoise(&encoder.encode(document)));
    let is_new = |word: usize| document.counts.binary_search_by_key(&WordId(word as u32), |(id, _)| *id).is_err();
    let mut scored: Vec<(f64, usize)> = encoder
        .order(order, &reconstructed)
        .into_iter()
        .enumerate()
        .filter(|(word, _)| is_new(*word))
        .map(|(word, score)| (score, word))
        .collect();
    let better = |left: &(f64, usize), right: &(f64, usize)| right.0.total_cmp(&left.0).then(left.1.cmp(&right.1));
    if scored.len() > top {
        scored.select_nth_unstable_by(top - 1, better);
        scored.truncate(top);
    }
    scored.sort_unstable_by(better);
    let weights = encoder.weights_of(&reconstructed);
    let words = encoder.model().vectors.words();
    let completion = |(_, word): (f64, usize)| {
        let id = WordId(word as u32);
        Completion { id, word: words.spelling(id).to_owned(), weight: weights[word] }
    };
    Ok(scored.into_iter().map(completion).collect())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{config, corpus_of, text};
    use super::*;
    use crate::weight::Weighting;

    #[test]
    fn a_text_is_completed_by_the_words_of_its_subject() {
        let folder = tempfile::tempdir().unwrap();
        let corpus = corpus_of(folder.path(), &text());
        for weighting in [Weighting::Binary, Weighting::TfIdf, Weighting::SquareRoot { power: 0.5 }] {
            let model = crate::embed(&corpus, &config(weighting), &()).unwrap();
            let encoder = Encoder::new(&model).unwrap();
            let document = encoder.weigh_text("ship wave the anchor").unwrap();
            for order in [CompletionOrder::Count, CompletionOrder::Weight] {
                let mut words: Vec<String> = complete(&encoder, &document, order, 2).unwrap().into_iter().map(|it| it.word).collect();
                words.sort();
                assert_eq!(words, ["harbour", "sail"], "{weighting:?} {order:?}");
            }
            let unknown = encoder.weigh_text("nothing known").unwrap();
            let error = complete(&encoder, &unknown, CompletionOrder::Count, 2).unwrap_err();
            assert_eq!(error.to_string(), "nothing found for `the text`: the model knows none of its words");
        }
    }
}
