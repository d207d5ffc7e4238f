//! Word categorisation: do clusters of vectors agree with classes made by people?
//!
//! In: words in classes ([`Categories`]). Out: the purity (Zhao & Karypis 2001, section 3) of a
//! clustering of the known words into as many clusters as classes: each cluster stands for the
//! class that most of its words belong to, and `purity = words in the class of their cluster /
//! clustered words`, from nearly 0 to 1. The clusters are those of [`KMeans`] on vectors of unit
//! length, with a fixed seed. Small clusters raise the purity, so compare figures of one file only.
//! Another seed finds another local minimum, nearly as good, whose purity may differ by several
//! hundredths (0.50 to 0.59 on 357 words of AP, eight seeds), so small differences mean nothing.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::class_members::Categories;
use super::score::Score;
use crate::base::error::Result;
use crate::base::progress::Progress;
use crate::linalg::dot::write_unit;
use crate::query::KMeans;
use crate::vectors::WordVectors;

/// Starts of the clustering, the best of which counts. More lower the inertia further (with 50, 357
/// words of AP end at 252.7 to 255.1 for eight seeds, with 10 at 253.8 to 256.7), but cost time.
const STARTS: usize = 50;

/// How well the clusters of the vectors agree with the classes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CategoryScore {
    /// The file of classes.
    pub file: String,
    /// Correct of answered, above 0 and at most 1; `None` if no word is known.
    pub purity: Option<f64>,
    /// Classes with a known word, and clusters made.
    pub classes: usize,
    /// Correct: words in the class of their cluster. Answered: words that are known.
    #[serde(flatten)]
    pub score: Score,
}

/// Groups the known words into as many clusters as they have classes, and compares the clusters
/// with the classes.
///
/// # Errors
/// [`Error::NotFinite`](crate::Error::NotFinite) if a vector is not finite;
/// [`Error::Interrupted`](crate::Error::Interrupted).
pub fn categorization(
    vectors: &WordVectors,
    categories: &Categories,
    progress: &dyn Progress,
) -> Result<CategoryScore> {
    let lengths = vectors.lengths()?;
    let dim = vectors.dim();
    let mut units = Vec::new();
    let mut known_classes = Vec::new();
    for (class, word) in &categories.members {
        if let Some(id) = vectors.id(word).filter(|id| lengths[id.index()] > 0.0) {
            let begin = units.len();
            units.resize(begin + dim, 0.0f32);
            write_unit(vectors.vector(id), lengths[id.index()], &mut units[begin..]);
            known_classes.push(class.as_str());
        }
    }
    let classes = known_classes.iter().collect::<BTreeSet<_>>().len();
    let mut score =
        Score { total: categories.members.len(), answered: known_classes.len(), correct: 0 };
    if score.answered > 0 {
        let clustering =
            KMeans { n_starts: STARTS, ..KMeans::new(classes) }.cluster(&units, dim, progress)?;
        score.correct = n_in_class_of_cluster(&clustering.clusters, &known_classes);
    }
    let purity = (score.answered > 0).then(|| score.correct as f64 / score.answered as f64);
    Ok(CategoryScore { file: categories.file.clone(), purity, classes, score })
}

/// The sum over the clusters of the words in the commonest class of each.
fn n_in_class_of_cluster(clusters: &[u32], classes: &[&str]) -> usize {
    let mut sizes: BTreeMap<u32, BTreeMap<&str, usize>> = BTreeMap::new();
    for (&cluster, &class) in clusters.iter().zip(classes) {
        *sizes.entry(cluster).or_default().entry(class).or_default() += 1;
    }
    sizes.values().filter_map(|sizes| sizes.values().max()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::words::Words;

    fn read(text: &[u8]) -> Result<Categories> {
        let lower = |word: &str| word.to_lowercase();
        Categories::read(text, std::path::Path::new("c.tsv"), &lower)
    }

    #[test]
    fn purity_is_that_worked_out_by_hand() {
        // Zhao & Karypis's definition: two of a in cluster 0, one of b (or c) in 1, three of c in
        // 2.
        let classes = ["a", "a", "b", "b", "c", "c", "c", "c"];
        assert_eq!(n_in_class_of_cluster(&[0, 0, 0, 1, 1, 2, 2, 2], &classes), 2 + 1 + 3);
        assert_eq!(n_in_class_of_cluster(&[5, 5, 5, 5, 5, 5, 5, 5], &classes), 4);
        assert_eq!(n_in_class_of_cluster(&[0, 1, 2, 3, 4, 5, 6, 7], &classes), 8);
    }

    /// Two bundles of directions; `stray` lies among the trees, `zero` has no direction.
    fn bundles() -> WordVectors {
        let words: Words = ["oak", "elm", "ache", "cramp", "stray", "zero"].into_iter().collect();
        WordVectors::new(words, 2, vec![1.0, 0.1, 9.0, 0.0, 0.0, 1.0, 0.5, 9.0, 2.0, 0.3, 0.0, 0.0])
    }

    #[test]
    fn unknown_words_are_counted_but_not_clustered() {
        let text = "tree oak\ntree elm\ntree zero\npain ache\npain cramp\npain stray\n\
                    pain unknown\nfood unknown\n";
        let categories = read(text.as_bytes()).unwrap();
        let score = categorization(&bundles(), &categories, &()).unwrap();
        assert_eq!((score.classes, score.score), (2, Score { correct: 4, answered: 5, total: 8 }));
        assert_eq!(
            serde_json::to_string(&score).unwrap(),
            r#"{"file":"c.tsv","purity":0.8,"classes":2,"correct":4,"answered":5,"total":8}"#
        );
        let unknown = categorization(&bundles(), &read(b"a x\nb y\n").unwrap(), &()).unwrap();
        assert_eq!((unknown.purity, unknown.classes, unknown.score.total), (None, 0, 2));
    }
}
