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
//! that one document that repeats a word a hundred times does not name the cluster. On 20
//! Newsgroups five such words find the cluster's group again more often than those of any other
//! score tried (`docs/benchmarks/documents.md`). Cost: one pass over the words of all rows; memory:
//! 32 bytes a word.

use crate::base::functions::{ln, pow};

use super::document_words::DocumentWords;

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
    // The number of rows with each word, and the number of its tokens in them.
    let count = |rows: &mut dyn Iterator<Item = usize>, counts: &mut Vec<(u32, u64)>| {
        counts.clear();
        counts.resize(words.n_words(), (0, 0));
        let add = |(id, n_tokens): (u32, u32)| {
            let (n_rows, sum) = &mut counts[id as usize];
            (*n_rows, *sum) = (*n_rows + 1, *sum + u64::from(n_tokens));
        };
        rows.flat_map(|row| {
            words.row_ids(row).iter().copied().zip(words.row_counts(row).iter().copied())
        })
        .for_each(add);
    };
    let mut all = Vec::new();
    count(&mut (0..words.n_rows()), &mut all);
    let mut own = Vec::new();
    let n_rows = words.n_rows() as f64;
    let of_cluster = |rows: Vec<usize>| {
        let (size, least) = (rows.len() as f64, rows.len().clamp(1, 2) as u32);
        count(&mut rows.into_iter(), &mut own);
        let scored = own.iter().zip(&all).enumerate().filter(|(_, ((own, _), _))| *own >= least);
        let scored = scored.map(|(id, (&(own, n_tokens), &(all, _)))| {
            (score(own.into(), all.into(), size, n_rows), (own, n_tokens), id as u32)
        });
        let mut scored: Vec<(f64, (u32, u64), u32)> =
            scored.filter(|(score, ..)| *score > 0.0).collect();
        scored.sort_by(|a, b| {
            b.0.total_cmp(&a.0)
                .then(b.1.cmp(&a.1))
                .then_with(|| words.spelling(a.2).cmp(words.spelling(b.2)))
        });
        scored.into_iter().take(top).map(|(.., id)| words.spelling(id).to_owned()).collect()
    };
    rows.into_iter().map(of_cluster).collect()
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
}
