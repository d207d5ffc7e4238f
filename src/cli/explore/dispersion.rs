//! How evenly words are spread over the documents.
//!
//! In: the words of each document with their counts. Out: for each word the deviation of
//! proportions (Gries 2008, "Dispersions and adjusted frequencies in corpora"), normalised
//! (Lijffijt & Gries 2012): half the sum over all documents of the difference between the share of
//! the word's tokens there and the share of all tokens there, divided by its greatest possible
//! value. 0 is a word that is spread as evenly as can be, 1 is a word of one small document. Cost:
//! two passes over the distinct words of the documents.

use eigenlex::WordId;
use eigenlex::encode::DocumentWords;

/// The dispersion of the first words of a vocabulary; NaN for a word that no document holds.
pub(super) fn dispersion(
    rows: &DocumentWords,
    n_words: usize,
    id: &dyn Fn(&str) -> Option<WordId>,
) -> Vec<f32> {
    let lengths: Vec<f64> = (0..rows.n_rows()).map(|row| rows.n_tokens(row).into()).collect();
    let n_tokens: f64 = lengths.iter().sum();
    let smallest = lengths.iter().copied().filter(|&n| n > 0.0).fold(n_tokens, f64::min) / n_tokens;
    // Visits every distinct word of every document that is among the first.
    let each = |visit: &mut dyn FnMut(usize, usize, f64)| {
        for row in 0..rows.n_rows() {
            for (word, count) in rows.row(row) {
                if let Some(word) = id(word).filter(|word| word.index() < n_words) {
                    visit(row, word.index(), count.into());
                }
            }
        }
    };
    let mut totals = vec![0.0f64; n_words];
    each(&mut |_, word, count| totals[word] += count);
    // A document without the word adds its share of all tokens, so that the sum begins with 1.
    let mut sums = vec![1.0f64; n_words];
    each(&mut |row, word, count| {
        let (expected, found) = (lengths[row] / n_tokens, count / totals[word]);
        sums[word] += (found - expected).abs() - expected;
    });
    let of_word = |(sum, total): (f64, f64)| match total {
        0.0 => f32::NAN,
        // In one document every word is spread evenly.
        _ if smallest >= 1.0 => 0.0,
        _ => (sum / 2.0 / (1.0 - smallest)).clamp(0.0, 1.0) as f32,
    };
    sums.into_iter().zip(totals).map(of_word).collect()
}
