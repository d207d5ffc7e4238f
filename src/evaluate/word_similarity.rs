//! Word similarity: do cosines rank pairs of words like people?
//!
//! In: pairs of words with scores ([`ScoredPairs`]). Out: Spearman's rank correlation between the
//! scores and the cosines, over the pairs whose two items are known (Spearman 1904; equal values
//! share the average of their ranks). An item of several words, such as `new york`, has the vector
//! of the word `new_york` if the vocabulary has it, else the mean of the vectors of its words
//! (Camacho-Collados et al. 2017), which must all be known.

use rayon::prelude::*;
use serde::Serialize;

use super::scored_pairs::ScoredPairs;
use crate::base::error::Result;
use crate::query::{Guesser, WordVector, cosine};
use crate::space::NGramVectors;
use crate::vectors::WordVectors;

/// How well the cosines agree with the scores.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SimilarityScore {
    /// The file of pairs.
    pub file: String,
    /// Spearman's rho, from -1 to 1; `None` if fewer than two pairs were answered, or all values on
    /// a side are equal.
    pub spearman: Option<f64>,
    /// Pairs whose two words are known, or guessed.
    pub answered: usize,
    /// Pairs in the file.
    pub total: usize,
}

/// Compares the cosines of the known pairs with their scores.
///
/// # Errors
/// [`Error::NotFinite`](crate::Error::NotFinite) if a vector is not finite.
pub fn word_similarity(vectors: &WordVectors, pairs: &ScoredPairs) -> Result<SimilarityScore> {
    of_found(vectors, pairs, |item| {
        found_item(
            vectors,
            item,
            &|word| Ok(known(vectors, word)?.map(|it| it.vector.into_owned())),
        )
    })
}

/// The same with unknown words guessed from their spelling ([`query::guess`](crate::query::guess)).
///
/// # Errors
/// As [`word_similarity`] and [`query::guess`](crate::query::guess).
pub fn word_similarity_guessed(
    vectors: &WordVectors,
    ngrams: &NGramVectors,
    pairs: &ScoredPairs,
) -> Result<SimilarityScore> {
    let guesser = Guesser::new(vectors, ngrams);
    of_found(vectors, pairs, |item| {
        found_item(vectors, item, &|word| match known(vectors, word)? {
            Some(known) => Ok(Some(known.vector.into_owned())),
            None => guesser.guess(word),
        })
    })
}

/// The same for pairs of words of two languages, whose vectors lie in one space: the first word of
/// a pair is of the source language, the second of the target language. Words are looked up as they
/// are written, then in small letters.
///
/// # Errors
/// As [`word_similarity`].
///
/// # Panics
/// If the vectors of the two languages differ in length.
pub fn word_similarity_across(
    source: &WordVectors,
    target: &WordVectors,
    pairs: &ScoredPairs,
) -> Result<SimilarityScore> {
    assert_eq!(source.dim(), target.dim(), "{} and {} dimensions", source.dim(), target.dim());
    let vector_of = |vectors: &WordVectors, item: &str| -> Result<Option<Vec<f32>>> {
        let single = |word: &str| Ok(known(vectors, word)?.map(|it| it.vector.into_owned()));
        for spelling in [item.to_owned(), item.to_lowercase()] {
            if let Some(found) = found_item(vectors, &spelling, &single)? {
                return Ok(Some(found.vector.into_owned()));
            }
        }
        Ok(None)
    };
    let answers: Vec<Option<(f64, f64)>> = pairs
        .pairs
        .par_iter()
        .map(|(left, right, score)| {
            let found = vector_of(source, left)?.zip(vector_of(target, right)?);
            Ok(found.map(|(left, right)| (cosine_of(&left, &right), *score)))
        })
        .collect::<Result<_>>()?;
    Ok(score_of(answers, pairs))
}

/// The cosine of two vectors that are not zero.
fn cosine_of(left: &[f32], right: &[f32]) -> f64 {
    let product = |left: &[f32], right: &[f32]| -> f64 {
        left.iter().zip(right).map(|(&left, &right)| f64::from(left) * f64::from(right)).sum()
    };
    product(left, right) / (product(left, left) * product(right, right)).sqrt()
}

/// An item of one word or several; `vector_of` finds the vectors of single words.
fn found_item<'a>(
    vectors: &'a WordVectors,
    item: &'a str,
    vector_of: &dyn Fn(&str) -> Result<Option<Vec<f32>>>,
) -> Result<Option<WordVector<'a>>> {
    if let Some(known) = known(vectors, item)? {
        return Ok(Some(known));
    }
    let of_vector =
        |vector: Vec<f32>| Some(WordVector { word: item.into(), id: None, vector: vector.into() });
    if !item.contains(' ') {
        return Ok(vector_of(item)?.and_then(of_vector));
    }
    if let Some(known) = known(vectors, &item.replace(' ', "_"))? {
        return Ok(Some(known));
    }
    let mut sum = vec![0.0f32; vectors.dim()];
    for word in item.split(' ') {
        let Some(vector) = vector_of(word)? else { return Ok(None) };
        sum.iter_mut().zip(&vector).for_each(|(sum, value)| *sum += value);
    }
    // A mean has the direction of the sum; words that cancel out have none.
    Ok(if sum.iter().any(|&value| value != 0.0) { of_vector(sum) } else { None })
}

/// A word of the vocabulary with a direction.
fn known<'a>(vectors: &'a WordVectors, word: &str) -> Result<Option<WordVector<'a>>> {
    let lengths = vectors.lengths()?;
    let id = vectors.id(word).filter(|id| lengths[id.index()] > 0.0);
    Ok(id.map(|id| WordVector::known(vectors, id)))
}

fn of_found<'a>(
    vectors: &WordVectors,
    pairs: &'a ScoredPairs,
    find: impl Fn(&'a str) -> Result<Option<WordVector<'a>>> + Sync,
) -> Result<SimilarityScore> {
    let answers: Vec<Option<(f64, f64)>> = pairs
        .pairs
        .par_iter()
        .map(|(left, right, score)| {
            let (Some(left), Some(right)) = (find(left)?, find(right)?) else { return Ok(None) };
            Ok(Some((f64::from(cosine(vectors, &left, &right)?), *score)))
        })
        .collect::<Result<_>>()?;
    Ok(score_of(answers, pairs))
}

/// The score of the pairs that were answered, with a cosine and what people say.
fn score_of(answers: Vec<Option<(f64, f64)>>, pairs: &ScoredPairs) -> SimilarityScore {
    let (cosines, scores): (Vec<f64>, Vec<f64>) = answers.into_iter().flatten().unzip();
    SimilarityScore {
        file: pairs.file.clone(),
        spearman: spearman(&cosines, &scores),
        answered: cosines.len(),
        total: pairs.pairs.len(),
    }
}

/// Spearman's rho: the correlation of the ranks. `None` for fewer than two values, or if all on a
/// side are equal.
///
/// # Panics
/// If the two are of different lengths.
pub fn spearman(left: &[f64], right: &[f64]) -> Option<f64> {
    assert_eq!(left.len(), right.len(), "{} values against {}", left.len(), right.len());
    let (left, right) = (ranks(left), ranks(right));
    // Ranks with averages for ties always have the mean (n + 1) / 2.
    let mean = (left.len() as f64 + 1.0) / 2.0;
    let product = |left: &[f64], right: &[f64]| {
        left.iter().zip(right).map(|(left, right)| (left - mean) * (right - mean)).sum::<f64>()
    };
    let scale = (product(&left, &left) * product(&right, &right)).sqrt();
    (scale > 0.0).then(|| (product(&left, &right) / scale).clamp(-1.0, 1.0))
}

/// Ranks from 1; equal values share the average of theirs.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&left, &right| values[left].total_cmp(&values[right]));
    let mut ranks = vec![0.0; values.len()];
    let mut n_ranked = 0;
    for equal in order.chunk_by(|&left, &right| values[left] == values[right]) {
        let average = n_ranked as f64 + (equal.len() as f64 + 1.0) / 2.0;
        equal.iter().for_each(|&position| ranks[position] = average);
        n_ranked += equal.len();
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::words::Words;

    fn read(text: &str) -> Result<ScoredPairs> {
        let lower = |word: &str| word.to_lowercase();
        ScoredPairs::read(text.as_bytes(), std::path::Path::new("p.tsv"), &lower)
    }

    #[test]
    fn equal_values_share_their_average_rank() {
        assert_eq!(ranks(&[3.0, 1.0, 3.0, 2.0]), [3.5, 1.0, 3.5, 2.0]);
        assert_eq!(ranks(&[0.0, -0.0]).iter().sum::<f64>(), 3.0);
    }

    #[test]
    fn rho_is_that_worked_out_by_hand() {
        assert_eq!(spearman(&[1.0, 2.0, 3.0], &[10.0, 20.0, 25.0]), Some(1.0));
        assert_eq!(spearman(&[1.0, 2.0, 3.0], &[3.0, 2.0, 1.0]), Some(-1.0));
        // Ranks 1 2 3 4 5 against 2 1 4 3 5: 1 - 6 * 4 / (5 * 24) = 0.8.
        assert!(
            (spearman(&[1.0, 2.0, 3.0, 4.0, 5.0], &[2.0, 1.0, 4.0, 3.0, 5.0]).unwrap() - 0.8).abs()
                < 1e-12
        );
        // Ranks 1 2.5 2.5 4 against 1 2 3 4: 4.5 / sqrt(4.5 * 5).
        assert!(
            (spearman(&[1.0, 2.0, 2.0, 4.0], &[1.0, 2.0, 3.0, 4.0]).unwrap()
                - 4.5 / 22.5f64.sqrt())
            .abs()
                < 1e-12
        );
        assert_eq!(spearman(&[1.0], &[1.0]), None);
        assert_eq!(spearman(&[1.0, 1.0], &[1.0, 2.0]), None);
        assert_eq!(spearman(&[], &[]), None);
    }

    #[test]
    fn an_item_of_several_words_is_a_word_or_the_mean_of_its_words() {
        let words: Words = ["new", "york", "big_town", "town", "up", "down"].into_iter().collect();
        let rows =
            [[1.0, 0.0], [0.0, 1.0], [1.0, 0.1], [0.0, -1.0], [3.0, 4.0], [-3.0, -4.0]].concat();
        let vectors = WordVectors::new(words, 2, rows);
        let item = |text: &str| {
            let vector_of =
                |word: &str| Ok(known(&vectors, word)?.map(|it| it.vector.into_owned()));
            found_item(&vectors, text, &vector_of).unwrap().map(|it| it.vector.into_owned())
        };
        // The sum points where the mean does.
        assert_eq!(item("new york").unwrap(), [1.0, 1.0]);
        assert_eq!(item("big town").unwrap(), [1.0, 0.1]);
        assert_eq!(item("new unknown"), None);
        assert_eq!(item("up down"), None);
        let pairs = read("new york\tbig town\t9\nNew York\ttown\t1\nup down\tnew\t5\n").unwrap();
        let score = word_similarity(&vectors, &pairs).unwrap();
        assert_eq!((score.answered, score.total, score.spearman), (2, 3, Some(1.0)));
    }

    #[test]
    fn words_of_two_languages_are_looked_up_in_their_own() {
        let of = |words: [&str; 3], rows: [[f32; 2]; 3]| {
            WordVectors::new(words.into_iter().collect(), 2, rows.concat())
        };
        let english = of(["sun", "new", "york"], [[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]);
        let german = of(["Sonne", "stadt", "sun"], [[1.0, 0.1], [0.2, 1.0], [-1.0, 0.0]]);
        let pairs = "sun\tSonne\t4\nNew York\tStadt\t3\nsun\tStadt\t1\nsun\tMond\t2\n";
        let pairs = ScoredPairs::read(pairs.as_bytes(), "p".as_ref(), &str::to_owned).unwrap();
        let score = word_similarity_across(&english, &german, &pairs).unwrap();
        assert_eq!((score.answered, score.total, score.spearman), (3, 4, Some(1.0)));
        let score = word_similarity_across(&german, &english, &pairs).unwrap();
        assert_eq!((score.answered, score.spearman), (0, None));
    }

    #[test]
    fn pairs_that_are_not_known_are_counted_but_not_ranked() {
        let words: Words = ["a", "b", "c", "zero"].into_iter().collect();
        let vectors = WordVectors::new(words, 2, vec![1.0, 0.0, 1.0, 0.1, 0.0, 1.0, 0.0, 0.0]);
        let pairs = read("a b 9\na c 1\nb c 2\na zero 5\na unknown 7\n").unwrap();
        let score = word_similarity(&vectors, &pairs).unwrap();
        assert_eq!(
            score,
            SimilarityScore {
                file: "p.tsv".to_owned(),
                spearman: Some(1.0),
                answered: 3,
                total: 5
            }
        );
        assert_eq!(
            serde_json::to_string(&score).unwrap(),
            r#"{"file":"p.tsv","spearman":1.0,"answered":3,"total":5}"#
        );
    }
}
