//! The words that distinguish a cluster of documents from the others.
//!
//! In: the words of documents in rows, and the cluster of each row. Out: for each cluster its most
//! characteristic words, best first. A word is scored by how many documents have it, `a` of the `n`
//! in the cluster and `A` of all `N`, by normalised pointwise mutual information (Bouma 2009):
//!
//! `npmi = ln(a N / (n A)) / ln(N / a)`
//!
//! from 0, by chance, to 1, in all documents of the cluster and in no other, times `(a / n)^0.3`,
//! so that words of few of its documents come later. Words below 0 are left out, and so are words
//! of a single document if the cluster has more documents. Documents are counted, not tokens, so
//! that one document that repeats a word a hundred times does not name the cluster.
//!
//! In a document of more than 500 tokens a word counts by the share of its passages that have it,
//! estimated from its tokens (`passages`).
//!
//! On 20 Newsgroups five such words find the cluster's group again more often than those of any
//! other score tried (`docs/benchmarks/documents.md`). Cost: one pass over the words of all rows;
//! memory: 48 bytes a word.

use crate::base::functions::{ln, pow};

use super::document_words::DocumentWords;
use super::passages::{PASSAGE_TOKENS, presence};

/// The exponent of the share of the cluster's documents that have the word.
const OWN_SHARE_POWER: f64 = 0.3;

/// For each of `n_clusters` clusters the `top` most characteristic words; among equals first that
/// of more documents, then of more tokens, then in alphabetical order. There are fewer words if
/// fewer have a score above 0.
///
/// # Panics
/// If there is not a cluster for each row, or one is not below `n_clusters`.
pub fn cluster_words(
    words: &DocumentWords,
    clusters: &[u32],
    n_clusters: usize,
    top: usize,
) -> Vec<Vec<String>> {
    assert_eq!(clusters.len(), words.n_rows(), "a cluster for each row");
    let mut rows: Vec<Vec<usize>> = vec![Vec::new(); n_clusters];
    clusters.iter().enumerate().for_each(|(row, &cluster)| rows[cluster as usize].push(row));
    let mut all = Vec::new();
    count(words, 0..words.n_rows(), &mut all);
    let mut own = Vec::new();
    let n_rows = words.n_rows() as f64;
    let of_cluster = |rows: Vec<usize>| {
        let (size, least) = (rows.len() as f64, rows.len().clamp(1, 2) as u32);
        count(words, rows, &mut own);
        let scored = own.iter().zip(&all).enumerate().filter(|(_, (own, _))| own.n_rows >= least);
        let scored = scored.map(|(id, (own, all))| {
            (score(own.presence, all.presence, size, n_rows), own, id as u32)
        });
        let mut scored: Vec<(f64, &Count, u32)> =
            scored.filter(|(score, ..)| *score > 0.0).collect();
        scored.sort_by(|a, b| {
            b.0.total_cmp(&a.0)
                .then((b.1.n_rows, b.1.n_tokens).cmp(&(a.1.n_rows, a.1.n_tokens)))
                .then_with(|| words.spelling(a.2).cmp(words.spelling(b.2)))
        });
        scored.into_iter().take(top).map(|(.., id)| words.spelling(id).to_owned()).collect()
    };
    rows.into_iter().map(of_cluster).collect()
}

/// Where a word occurs in some rows.
#[derive(Debug, Clone, Copy, Default)]
struct Count {
    n_rows: u32,
    n_tokens: u64,
    /// The number of rows with the word; a long row counts by the share of its passages that have
    /// it.
    presence: f64,
}

/// Counts each word in some rows.
fn count(words: &DocumentWords, rows: impl IntoIterator<Item = usize>, counts: &mut Vec<Count>) {
    counts.clear();
    counts.resize(words.n_words(), Count::default());
    for row in rows {
        let n_passages = f64::from(words.n_tokens(row)) / PASSAGE_TOKENS;
        for (&id, &n_tokens) in words.row_ids(row).iter().zip(words.row_counts(row)) {
            let count = &mut counts[id as usize];
            count.n_rows += 1;
            count.n_tokens += u64::from(n_tokens);
            count.presence += presence(n_tokens.into(), n_passages);
        }
    }
}

/// The score of a word in `own` of the `size` documents of a cluster, and in `all` of `n`
/// documents.
fn score(own: f64, all: f64, size: f64, n: f64) -> f64 {
    npmi(own, all, size, n) * pow(own / size, OWN_SHARE_POWER)
}

fn npmi(own: f64, all: f64, size: f64, n: f64) -> f64 {
    // A word of every document is not characteristic, and the quotient would be 0 / 0.
    if own >= n { 0.0 } else { ln(own * n / (size * all)) / ln(n / own) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::document_words::{DocumentWordsBuilder, RowWords};

    #[test]
    fn a_cluster_is_named_by_what_only_it_holds() {
        let texts = [
            "the ship sails the sea",
            "the ship and the anchor",
            "the star and the moon",
            "the star the star shines",
        ];
        let mut builder = DocumentWordsBuilder::default();
        let row = |text: &str, builder: &mut DocumentWordsBuilder| {
            let mut numbers: Vec<u32> = text.split(' ').map(|word| builder.number(word)).collect();
            RowWords::new(&mut numbers)
        };
        let rows: Vec<RowWords> = texts.iter().map(|text| row(text, &mut builder)).collect();
        let words = DocumentWords::from_rows(rows, &builder);
        let found = cluster_words(&words, &[1, 1, 0, 0], 3, 2);
        // `ship` and `star` stand in both documents of their cluster and in no other; a word of one
        // document names none of two.
        assert_eq!(found, [vec!["star".to_owned()], vec!["ship".to_owned()], vec![]]);
        assert!((npmi(2.0, 2.0, 2.0, 4.0) - 1.0).abs() < 1e-12);
        assert_eq!((npmi(1.0, 2.0, 2.0, 4.0), npmi(4.0, 4.0, 4.0, 4.0)), (0.0, 0.0));
    }

    #[test]
    fn long_documents_are_named_by_their_frequent_words() {
        // Four documents of 5,000 tokens. Each pair speaks of a hero whom the other pair names
        // once, and has a rare word of its own.
        let mut builder = DocumentWordsBuilder::default();
        let mut rows = Vec::new();
        let pairs = [("ahab", "emma", "sextant"), ("emma", "ahab", "teapot")];
        for (hero, other, rare) in [pairs[0], pairs[0], pairs[1], pairs[1]] {
            let mut text = vec!["the"; 4900];
            text.extend(vec![hero; 98]);
            text.extend([other, rare]);
            let mut numbers: Vec<u32> = text.iter().map(|word| builder.number(word)).collect();
            rows.push(RowWords::new(&mut numbers));
        }
        let words = DocumentWords::from_rows(rows, &builder);
        let found = cluster_words(&words, &[0, 0, 1, 1], 2, 1);
        assert_eq!(found, [vec!["ahab".to_owned()], vec!["emma".to_owned()]]);
    }
}
