//! The words of a model that say most about its documents: those that a picture shows first.
//!
//! The most frequent words are `the` and `of`, and in a corpus with some damaged documents also
//! their rubbish. A topical word is frequent, and it occurs several times in the documents that
//! have it. Residual inverse document frequency (Church & Gale 1995, "Inverse document frequency: a
//! measure of deviations from Poisson") measures this: by how many bits the documents `d` with a
//! word are fewer than if its `c` tokens fell on the `n` documents at random,
//!
//! `r = log2(n (1 - exp(-c / n)) / d)`
//!
//! A word scores `sqrt(d) (0.01 + min(max(r, 0), 2))`; words in more than a tenth of the documents
//! come last. The first summand orders the words of short documents by frequency, since there no
//! word comes twice; the limit keeps words of a few documents from the first places. In documents
//! of more than 500 tokens on average, passages are counted in their stead; how many have a word is
//! estimated from its tokens in each of its documents. Cost: one pass over the words.

use crate::base::functions::{exp, log2};
use crate::{Model, WordId};

use super::passages::{PASSAGE_TOKENS, presence};

/// The bits of a word that occurs once in each document that has it.
const PLAIN: f64 = 0.01;

/// Bits of residual inverse document frequency that count.
const MOST_BITS: f64 = 2.0;

/// The words of a model by how much they say about its documents.
#[derive(Debug, Clone, Copy)]
pub struct TopicalWords<'a> {
    model: &'a Model,
    /// Passages of a document, and of all together.
    per_document: f64,
    n_passages: f64,
}

impl<'a> TopicalWords<'a> {
    /// Looks at the counts of a model.
    pub fn new(model: &'a Model) -> Self {
        let n_documents = model.provenance.n_documents as f64;
        let mean = model.provenance.n_tokens as f64 / n_documents.max(1.0);
        let per_document = (mean / PASSAGE_TOKENS).max(1.0);
        Self { model, per_document, n_passages: n_documents * per_document }
    }

    /// Whether a word is in more than a tenth of the documents, or of the passages of long ones,
    /// such as `the`.
    ///
    /// # Panics
    /// If the model has no such word.
    pub fn is_common(&self, word: WordId) -> bool {
        self.passages_with(word) > self.n_passages / 10.0
    }

    /// The first `n` of the `among` most frequent words. Of equal ones first the more frequent.
    /// Numbers, signs and single letters of an alphabet come after all others, and common words
    /// last.
    pub fn first(&self, n: usize, among: usize) -> Vec<WordId> {
        if n == 0 {
            return Vec::new();
        }
        let ids = (0..among.min(self.model.vectors.len()) as u32).map(WordId);
        let words = self.model.vectors.words();
        let placed = |word: WordId| match self.is_common(word) {
            true => (2, 0.0, word),
            false => (u8::from(is_short(words.spelling(word))), self.score(word), word),
        };
        let mut placed: Vec<(u8, f64, WordId)> = ids.map(placed).collect();
        // Words are in the order of their counts.
        placed.sort_by(|a, b| a.0.cmp(&b.0).then(b.1.total_cmp(&a.1)).then(a.2.0.cmp(&b.2.0)));
        placed.into_iter().take(n).map(|(.., word)| word).collect()
    }

    fn passages_with(&self, word: WordId) -> f64 {
        let documents = self.model.document_frequencies[word.index()] as f64;
        let tokens = self.model.counts[word.index()] as f64 / documents.max(1.0);
        documents * self.per_document * presence(tokens, self.per_document)
    }

    fn score(&self, word: WordId) -> f64 {
        score(self.model.counts[word.index()] as f64, self.passages_with(word), self.n_passages)
    }
}

/// Whether a spelling has no letter, or a single one of the Latin, Greek or Cyrillic alphabet. A
/// single sign of other scripts may be a whole word.
fn is_short(spelling: &str) -> bool {
    let is_of_alphabet = |it: char| it < '\u{530}' || ('\u{1e00}'..'\u{2000}').contains(&it);
    let mut letters = spelling.chars().filter(|it| it.is_alphabetic());
    match letters.next() {
        None => true,
        Some(first) => is_of_alphabet(first) && letters.next().is_none(),
    }
}

/// The score of a word with `tokens` in `passages` of `n`.
fn score(tokens: f64, passages: f64, n: f64) -> f64 {
    if passages <= 0.0 || n <= 0.0 {
        return 0.0;
    }
    let at_random = n * (1.0 - exp(-tokens / n));
    passages.sqrt() * (PLAIN + log2(at_random / passages).clamp(0.0, MOST_BITS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_come_together_score_more() {
        // 1,000 documents. `orbit` comes four times in each of 50; `really` once in each of 90;
        // `axax` 500 times in each of 3, by damage.
        let [orbit, really, axax] =
            [(200.0, 50.0), (90.0, 90.0), (1500.0, 3.0)].map(|(c, d)| score(c, d, 1000.0));
        assert!(orbit > axax && axax > really, "{orbit} {really} {axax}");
        // By the definition: 1000 (1 - e^-0.2) = 181.27 documents at random.
        assert!(
            (orbit - 50.0_f64.sqrt() * (0.01 + (181.269_246_9_f64 / 50.0).log2())).abs() < 1e-6
        );
        assert_eq!((score(0.0, 0.0, 10.0), score(3.0, 0.0, 0.0)), (0.0, 0.0));
    }

    #[test]
    fn numbers_and_single_letters_are_short() {
        assert!(["1995", "x", "7b", "é", "ж", "...", ""].into_iter().all(is_short));
        assert!(["ox", "b2b", "水", "ア", "ок"].into_iter().all(|it| !is_short(it)));
    }
}
