//! How often a hidden word of a document is found again from the rest of the document.
//!
//! In: a model and documents, preferably unseen ones. One random word of each document is removed
//! with all its tokens, and all words that are not in the rest are ordered: by how well they fit
//! the rest, by its reconstruction, or, as a baseline, by their frequency in the corpus of the
//! model. In one run any word may be hidden, in another only words of less than a tenth of the
//! documents: guessing `the` and `of` finds many of the first and none of the second. Out: in how
//! many documents the hidden word is among the first 10 and the first 100, and the mean of 1 / its
//! place.

use rayon::prelude::*;
use serde::Serialize;

use crate::base::error::{Error, Result};
use crate::base::progress::{Progress, Stage};
use crate::base::random::uniform;
use crate::base::words::WordId;
use crate::corpus::Corpus;
use crate::encode::{CompletionOrder, Encoder, WeightedWords};

/// Documents tested, evenly spaced over the corpus.
const DOCUMENTS: usize = 2000;

/// A word in at least this share of the documents of the model is not a content word.
const COMMON: f64 = 0.1;

/// Which words are hidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hidden {
    /// Any word.
    Any,
    /// Words in less than a tenth of the documents.
    Content,
}

/// The order of the words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Guess {
    /// By fit, see [`CompletionOrder::Fit`].
    Fit,
    /// By the reconstruction, as counts.
    Count,
    /// By the reconstruction, as weights.
    Weight,
    /// By frequency in the corpus, the same for every document.
    Frequency,
}

/// How often hidden words are found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CompletionScore {
    /// Which words were hidden.
    pub hidden: Hidden,
    /// The order.
    pub guess: Guess,
    /// Documents in which one word was hidden.
    pub n_documents: usize,
    /// Hidden words among the first 10.
    pub top10: usize,
    /// Hidden words among the first 100.
    pub top100: usize,
    /// The mean of 1 / place, from 0 to 1.
    pub mrr: f64,
}

/// Hides a word of each of about 2,000 documents and looks for it; `seed` draws the words.
///
/// # Errors
/// As [`Encoder::for_each_batch`]; [`Error::NothingFound`] if no document has two known words.
pub fn completion(
    encoder: &Encoder,
    corpus: &Corpus,
    seed: u64,
    progress: &dyn Progress,
) -> Result<Vec<CompletionScore>> {
    let mut documents: Vec<(u64, WeightedWords)> = Vec::new();
    encoder.counting().for_each_batch(corpus, None, progress, |batch| {
        documents.extend(
            batch
                .numbers
                .into_iter()
                .zip(batch.documents)
                .filter(|(_, document)| document.words.len() > 1),
        );
        Ok(())
    })?;
    if documents.is_empty() {
        let reason = "no document holds two words that the model knows".to_owned();
        return Err(Error::NothingFound { query: "a hidden word".to_owned(), reason });
    }
    let n = documents.len().min(DOCUMENTS);
    progress.start(Stage::Evaluate, Some(2 * n as u64));
    let of_kind = |hidden: Hidden| -> Vec<CompletionScore> {
        let places: Vec<Option<[usize; 4]>> = (0..n)
            .into_par_iter()
            .map(|position| {
                let (number, document) = &documents[position * documents.len() / n];
                let candidates = candidates(encoder, document, hidden);
                let drawn = (uniform(seed, *number, 0) * candidates.len() as f64) as usize;
                let places =
                    candidates.get(drawn).and_then(|&hidden| places_of(encoder, document, hidden));
                progress.advance(1);
                places
            })
            .collect();
        scores(hidden, &places.into_iter().flatten().collect::<Vec<_>>())
    };
    let scores = [Hidden::Any, Hidden::Content].into_iter().flat_map(of_kind).collect();
    progress.finish();
    Ok(scores)
}

/// The scores of each order, from the places of the hidden words in the orders.
fn scores(hidden: Hidden, places: &[[usize; 4]]) -> Vec<CompletionScore> {
    let score = |(column, guess): (usize, Guess)| {
        let within = |most: usize| places.iter().filter(|places| places[column] <= most).count();
        let mrr = places.iter().map(|places| 1.0 / places[column] as f64).sum::<f64>()
            / places.len().max(1) as f64;
        CompletionScore {
            hidden,
            guess,
            n_documents: places.len(),
            top10: within(10),
            top100: within(100),
            mrr,
        }
    };
    [Guess::Fit, Guess::Count, Guess::Weight, Guess::Frequency]
        .into_iter()
        .enumerate()
        .map(score)
        .collect()
}

/// The positions of the words of a document that may be hidden.
fn candidates(encoder: &Encoder, document: &WeightedWords, hidden: Hidden) -> Vec<usize> {
    let model = encoder.model();
    let most = COMMON * model.provenance.n_documents as f64;
    let may_hide = |&position: &usize| match hidden {
        Hidden::Any => true,
        Hidden::Content => {
            (model.document_frequencies[document.words[position].index()] as f64) < most
        }
    };
    (0..document.words.len()).filter(may_hide).collect()
}

/// The place, from 1, of a hidden word in each order; `None` if no word with a weight remains in
/// the document.
fn places_of(encoder: &Encoder, document: &WeightedWords, hidden: usize) -> Option<[usize; 4]> {
    let mut ids: Vec<WordId> = Vec::new();
    for (position, (&word, &count)) in document.words.iter().zip(&document.weights).enumerate() {
        if position != hidden {
            ids.extend(std::iter::repeat_n(word, count as usize));
        }
    }
    let n_tokens = ids.len();
    let rest = encoder.weigh(&mut ids, n_tokens);
    if rest.words.is_empty() {
        return None;
    }
    let reconstructed = encoder.reconstruct(&rest, &encoder.denoise(&encoder.encode(&rest)));
    let by_fit = encoder.completion_scores(CompletionOrder::Fit, &rest);
    let [by_count, by_weight] = [CompletionOrder::Count, CompletionOrder::Weight]
        .map(|order| encoder.order(order, &reconstructed));
    let counts = &encoder.model().counts;
    let sought = document.words[hidden].index();
    let is_in_rest = |word: usize| {
        document.words.binary_search(&WordId(word as u32)).is_ok_and(|position| position != hidden)
    };
    let place = |score: &dyn Fn(usize) -> f64| {
        let of_sought = score(sought);
        let is_before = |&word: &usize| match score(word).total_cmp(&of_sought) {
            std::cmp::Ordering::Greater => true,
            std::cmp::Ordering::Equal => word < sought,
            std::cmp::Ordering::Less => false,
        };
        1 + (0..counts.len()).filter(is_before).filter(|&word| !is_in_rest(word)).count()
    };
    Some([
        place(&|word| by_fit[word]),
        place(&|word| by_count[word]),
        place(&|word| by_weight[word]),
        place(&|word| counts[word] as f64),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::complete;
    use crate::encode::tests::{config, corpus_of, text};
    use crate::weighting::formulas::Weighting;

    #[test]
    fn hidden_words_are_found_where_complete_puts_them() {
        let folder = tempfile::tempdir().unwrap();
        let corpus = corpus_of(folder.path(), &text());
        let model =
            crate::embed(&corpus, &config(Weighting::SquareRoot { power: 0.5 }), &()).unwrap();
        let encoder = Encoder::new(&model).unwrap();
        let document = encoder.counting().weigh_text("ship ship anchor the wave").unwrap();
        for hidden in 0..4 {
            let places = places_of(&encoder, &document, hidden).unwrap();
            let word = document.words[hidden];
            let spelling = model.vectors.words().spelling(word);
            let rest =
                encoder.weigh_text(&"ship ship anchor the wave".replace(spelling, "")).unwrap();
            for (order, place) in
                [CompletionOrder::Fit, CompletionOrder::Count, CompletionOrder::Weight]
                    .into_iter()
                    .zip(places)
            {
                let found = complete(&encoder, &rest, order, 100).unwrap();
                // A word that does not fit at all is not a completion.
                assert!(
                    order == CompletionOrder::Fit && place > found.len()
                        || found.iter().position(|it| it.id == word).map(|position| position + 1)
                            == Some(place)
                );
            }
            let before = (0..word.0)
                .filter(|&id| document.words.binary_search(&WordId(id)).is_err())
                .count();
            assert_eq!(places[3], before + 1, "words stand in the order of their counts");
        }
        let scores = completion(&encoder, &corpus, 1, &()).unwrap();
        let guesses = [Guess::Fit, Guess::Count, Guess::Weight, Guess::Frequency];
        assert_eq!(scores[..4].iter().map(|it| it.guess).collect::<Vec<_>>(), guesses);
        assert!(
            scores[..4].iter().all(|it| it.hidden == Hidden::Any)
                && scores[4..].iter().all(|it| it.hidden == Hidden::Content)
        );
        assert!(scores[1].n_documents >= 58 && scores[1].top100 == scores[1].n_documents);
        // Two subjects of five words: what knows the subject finds more.
        assert!(scores[0].mrr > scores[3].mrr && scores[1].mrr > scores[3].mrr, "{scores:?}");
    }
}
