//! The words that tell a cluster of documents from the others.
//!
//! In: the words of documents in rows, and the cluster of each row. Out: for each cluster words, the most telling first. A word is scored by how many
//! documents hold it in the cluster and in all, by the log-likelihood ratio of the two-by-two table (Dunning 1993, "Accurate methods for the statistics of
//! surprise and coincidence"), for words that stand in more of the cluster's documents than chance explains:
//!
//! `G2 = 2 sum over the four cells of o ln(o / e)`
//!
//! Documents are counted, not tokens, so that one document with a word a hundred times does not name the cluster. Cost: one pass over the words of all rows;
//! memory: 8 bytes a word.

use super::document_words::DocumentWords;

/// For each of `n_clusters` clusters the `top` most telling words, the first by the alphabet among equals; fewer where fewer words stand out.
///
/// # Panics
/// If there is not a cluster for each row, or one is not below `n_clusters`.
pub fn cluster_words(words: &DocumentWords, clusters: &[u32], n_clusters: usize, top: usize) -> Vec<Vec<String>> {
    assert_eq!(clusters.len(), words.n_rows(), "a cluster for each row");
    let mut rows: Vec<Vec<usize>> = vec![Vec::new(); n_clusters];
    clusters.iter().enumerate().for_each(|(row, &cluster)| rows[cluster as usize].push(row));
    let count = |rows: &mut dyn Iterator<Item = usize>, counts: &mut Vec<u32>| {
        counts.clear();
        counts.resize(words.n_words(), 0);
        rows.for_each(|row| words.row_ids(row).iter().for_each(|&id| counts[id as usize] += 1));
    };
    let mut all = Vec::new();
    count(&mut (0..words.n_rows()), &mut all);
    let mut own = Vec::new();
    let n_rows = words.n_rows() as f64;
    let of_cluster = |rows: Vec<usize>| {
        let size = rows.len() as f64;
        count(&mut rows.into_iter(), &mut own);
        let scored = own.iter().zip(&all).enumerate().filter(|(_, (own, _))| **own > 0);
        let scored = scored.map(|(id, (&own, &all))| (log_likelihood_ratio(f64::from(own), f64::from(all), size, n_rows), id as u32));
        let mut scored: Vec<(f64, u32)> = scored.filter(|(score, _)| *score > 0.0).collect();
        scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| words.spelling(a.1).cmp(words.spelling(b.1))));
        scored.into_iter().take(top).map(|(_, id)| words.spelling(id).to_owned()).collect()
    };
    rows.into_iter().map(of_cluster).collect()
}

/// The ratio for a word that `own` of `size` documents of a cluster hold, and `all` of `n` documents; 0 where the cluster holds no more of it than chance explains.
fn log_likelihood_ratio(own: f64, all: f64, size: f64, n: f64) -> f64 {
    if own * n <= all * size {
        return 0.0;
    }
    let cells = [
        (own, all * size / n),
        (size - own, (n - all) * size / n),
        (all - own, all * (n - size) / n),
        (n - size - all + own, (n - all) * (n - size) / n),
    ];
    2.0 * cells.iter().map(|&(observed, expected)| if observed > 0.0 { observed * (observed / expected).ln() } else { 0.0 }).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::super::document_words::{DocumentWordsBuilder, RowWords};
    use super::*;

    #[test]
    fn a_cluster_is_named_by_what_only_it_holds() {
        let texts = ["the ship sails the sea", "the ship and the anchor", "the star and the moon", "the star the star shines"];
        let mut builder = DocumentWordsBuilder::default();
        let row = |text: &str, builder: &mut DocumentWordsBuilder| {
            let mut numbers: Vec<u32> = text.split(' ').map(|word| builder.number(word)).collect();
            RowWords::of(&mut numbers)
        };
        let rows: Vec<RowWords> = texts.iter().map(|text| row(text, &mut builder)).collect();
        let words = DocumentWords::of_rows(rows, &builder);
        let found = cluster_words(&words, &[1, 1, 0, 0], 3, 2);
        // In both documents of its own and in none else: 2 (2 ln 2 + 2 ln 2). Then the first of those in one.
        assert_eq!(found, [vec!["star".to_owned(), "moon".to_owned()], vec!["ship".to_owned(), "anchor".to_owned()], vec![]]);
        assert!((log_likelihood_ratio(2.0, 2.0, 2.0, 4.0) - 8.0 * 2f64.ln()).abs() < 1e-12);
        assert_eq!(log_likelihood_ratio(1.0, 2.0, 2.0, 4.0), 0.0);
    }
}
