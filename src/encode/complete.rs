//! Words that fit a text but do not occur in it (inpainting).
//!
//! In: a text's words. Out: other words of the model, the best first, by one of three orders
//! ([`CompletionOrder`]). Two use the reconstruction `x~ = V V^T x`, in which weak components are
//! reduced ([`Encoder::denoise`]): a text with a gap is a text with noise. It also returns the
//! words of every text, `of` and `the`. The third asks which words fit: the cosine of the word's
//! row of `V S` and the text's code, without the components that the model drops, times
//! `df^(1/4) (1 - df / N)` for a word in `df` of `N` documents, so that words of very few and of
//! nearly all documents come later. Measured with one word of each document hidden, see
//! `docs/benchmarks/documents.md`.

use serde::Serialize;

use super::document::WeightedWords;
use super::encoder::Encoder;
use super::options::CompletionOrder;
use crate::base::error::{Error, Result};
use crate::base::words::WordId;
use crate::query::{best_first, check_top};

/// A word that fits a text and does not occur in it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Completion {
    /// The position of the word.
    #[serde(skip)]
    pub id: WordId,
    /// The word.
    pub word: String,
    /// The score of the order.
    pub score: f64,
}

/// The `top` words that fit a document and do not occur in it, best first; the lower id first among
/// equals.
///
/// # Errors
/// [`Error::NothingFound`] if the document has no known word; [`Error::Parameter`] for a `top` of
/// 0.
pub fn complete(
    encoder: &Encoder,
    document: &WeightedWords,
    order: CompletionOrder,
    top: usize,
) -> Result<Vec<Completion>> {
    check_top(top)?;
    if document.words.is_empty() {
        return Err(Error::NothingFound {
            query: "the text".to_owned(),
            reason: "the model knows none of its words".to_owned(),
        });
    }
    let scores = encoder.completion_scores(order, document);
    let is_new = |word: usize| {
        document.counts.binary_search_by_key(&WordId(word as u32), |(id, _)| *id).is_err()
    };
    let mut scored: Vec<(f64, usize)> = scores
        .into_iter()
        .enumerate()
        .filter(|(word, _)| is_new(*word))
        .map(|(word, score)| (score, word))
        .collect();
    if order == CompletionOrder::Fit {
        scored.retain(|(score, _)| *score > 0.0);
    }
    let words = encoder.model().vectors.words();
    let completion = |(score, word): (f64, usize)| {
        let id = WordId(word as u32);
        Completion { id, word: words.spelling(id).to_owned(), score }
    };
    Ok(best_first(scored, top).into_iter().map(completion).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::tests::{config, corpus_of, text};
    use crate::weighting::formulas::Weighting;

    #[test]
    fn a_text_is_completed_by_the_words_of_its_subject() {
        let folder = tempfile::tempdir().unwrap();
        let corpus = corpus_of(folder.path(), &text());
        for weighting in [Weighting::Binary, Weighting::TfIdf, Weighting::SquareRoot { power: 0.5 }]
        {
            let model = crate::embed(&corpus, &config(weighting), &()).unwrap();
            let encoder = Encoder::new(&model).unwrap();
            let document = encoder.weigh_text("ship wave the anchor").unwrap();
            for order in [CompletionOrder::Fit, CompletionOrder::Count, CompletionOrder::Weight] {
                let mut words: Vec<String> = complete(&encoder, &document, order, 2)
                    .unwrap()
                    .into_iter()
                    .map(|it| it.word)
                    .collect();
                words.sort();
                // `rare` occurs in three documents, all of the subject: it fits as well as any.
                let is_of_subject =
                    words.iter().all(|word| ["harbour", "sail", "rare"].contains(&word.as_str()));
                assert!(
                    is_of_subject
                        && (order == CompletionOrder::Fit || words == ["harbour", "sail"]),
                    "{weighting:?} {order:?} {words:?}"
                );
            }
            let unknown = encoder.weigh_text("nothing known").unwrap();
            let error = complete(&encoder, &unknown, CompletionOrder::Count, 2).unwrap_err();
            assert_eq!(
                error.to_string(),
                "nothing found for `the text`: the model knows none of its words"
            );
        }
    }
}
