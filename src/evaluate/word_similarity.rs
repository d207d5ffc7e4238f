//! Word similarity: do cosines rank pairs of words like people?
//!
//! In: a file of `word TAB word TAB score` (WordSim-353, SimLex-999, MEN and others). Out:
//! Spearman's rank correlation between the scores and the cosines, over the pairs whose two words
//! are known (Spearman 1904; equal values share the average of their ranks).

use std::io::BufRead;
use std::path::Path;

use rayon::prelude::*;
use serde::Serialize;

use super::lines::{each_line, fields};
use crate::base::error::{Error, Result};
use crate::query::{Guesser, WordVector, cosine};
use crate::space::NGramVectors;
use crate::vectors::WordVectors;

/// A file of word pairs with scores by people.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoredPairs {
    /// The file's name, for the report.
    pub file: String,
    /// Two words and their score, on any scale; finite.
    pub pairs: Vec<(String, String, f64)>,
}

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

impl ScoredPairs {
    /// Reads pairs; `normalize` spells a word as in the vocabulary, `path` names the stream.
    ///
    /// Fields are separated by tabs, else by commas or semicolons, else by spaces; those after the
    /// third are ignored. Lines that begin with `#` are comments, and the first other line may be a
    /// heading.
    ///
    /// ```
    /// use eigenlex::evaluate::ScoredPairs;
    /// let file = "word1\tword2\tscore\nTiger\tcat\t7.35\n";
    /// let lower = |word: &str| word.to_lowercase();
    /// let pairs = ScoredPairs::read(file.as_bytes(), "pairs.tsv".as_ref(), &lower)?;
    /// assert_eq!(pairs.pairs, [("tiger".to_owned(), "cat".to_owned(), 7.35)]);
    /// # Ok::<(), eigenlex::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Malformed`](crate::Error::Malformed) with the line; [`Error::Io`](crate::Error::Io)
    /// if the stream fails.
    pub fn read(
        input: impl BufRead,
        path: &Path,
        normalize: &dyn Fn(&str) -> String,
    ) -> Result<Self> {
        let mut pairs = Vec::new();
        let mut may_be_heading = true;
        each_line(input, path, |line, number| {
            if line.starts_with('#') {
                return Ok(());
            }
            let fields = fields(line);
            let [left, right, score, ..] = fields[..] else {
                return Err(Error::malformed(
                    path,
                    Some(number),
                    format!("{} field(s)", fields.len()),
                    "two words and a score",
                ));
            };
            let is_first = std::mem::replace(&mut may_be_heading, false);
            match score.parse::<f64>() {
                Ok(score) if score.is_finite() && !left.is_empty() && !right.is_empty() => {
                    pairs.push((normalize(left), normalize(right), score));
                    Ok(())
                }
                Err(_) if is_first => Ok(()),
                _ => Err(Error::malformed(
                    path,
                    Some(number),
                    format!("`{left}`, `{right}`, `{score}`"),
                    "two words and a finite score",
                )),
            }
        })?;
        if pairs.is_empty() {
            return Err(Error::malformed(path, None, "no pair", "lines of two words and a score"));
        }
        Ok(Self { file: path.display().to_string(), pairs })
    }
}

/// Compares the cosines of the known pairs with their scores.
///
/// # Errors
/// [`Error::NotFinite`](crate::Error::NotFinite) if a vector is not finite.
pub fn word_similarity(vectors: &WordVectors, pairs: &ScoredPairs) -> Result<SimilarityScore> {
    of_found(vectors, pairs, |word| known(vectors, word))
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
    of_found(vectors, pairs, |word| {
        if let Some(known) = known(vectors, word)? {
            return Ok(Some(known));
        }
        let guess = guesser.guess(word)?;
        Ok(guess.map(|vector| WordVector { word: word.into(), id: None, vector: vector.into() }))
    })
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
    let (cosines, scores): (Vec<f64>, Vec<f64>) = answers.into_iter().flatten().unzip();
    Ok(SimilarityScore {
        file: pairs.file.clone(),
        spearman: spearman(&cosines, &scores),
        answered: cosines.len(),
        total: pairs.pairs.len(),
    })
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
        ScoredPairs::read(text.as_bytes(), Path::new("p.tsv"), &|word: &str| word.to_lowercase())
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
    fn tabs_commas_blanks_headings_and_comments_are_understood() {
        for text in
            ["# set\nw1\tw2\tscore\tn\nA\tb\t1.5\t3\n", "A,b, 1.5\n", "A b 1.5\r\n", "\nA;b;1.5"]
        {
            assert_eq!(
                read(text).unwrap().pairs,
                [("a".to_owned(), "b".to_owned(), 1.5)],
                "{text}"
            );
        }
        let fails =
            |text: &str, message: &str| assert_eq!(read(text).unwrap_err().to_string(), message);
        fails(
            "a\tb\t1\nc\td\tx\n",
            "`p.tsv`, line 2: found `c`, `d`, `x`, expected two words and a finite score",
        );
        fails(
            "a\tb\tnan\n",
            "`p.tsv`, line 1: found `a`, `b`, `nan`, expected two words and a finite score",
        );
        fails("a b\n", "`p.tsv`, line 1: found 2 field(s), expected two words and a score");
        fails("w1\tw2\tscore\n", "`p.tsv`: found no pair, expected lines of two words and a score");
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
