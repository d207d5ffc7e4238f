//! The odd one out: the word of a set that is least like the others.
//!
//! In: at least three words. Out: all of them with their mean cosine to the others, the least
//! first: the first is the odd one.
//!
//! Camacho-Collados & Navigli (2016, section 2) leave out each word in turn and take the one whose
//! rest is most compact, by the mean of all cosines in it; gensim's `doesnt_match` takes the unit
//! vector with the least product with the mean of all. Both give the same word. With `s` the sum of
//! the n unit vectors, the cosines of `u_i` to the others add up to `u_i.s - 1`: least where
//! `u_i.s`, gensim's product times n, is. And the rest without word i has the sum of all cosines
//! minus twice those of word i, which is largest where those are least.

use super::lookup::WordVector;
use crate::base::error::{Error, Result};
use crate::vectors::WordVectors;

/// A word of a set.
#[derive(Debug, Clone, PartialEq)]
pub struct SetWord {
    /// Its place in the set, from 0.
    pub place: usize,
    /// The word.
    pub word: String,
    /// Its mean cosine to the others, from -1 to 1.
    pub similarity: f32,
}

/// The words of a set, each with its mean cosine to the others, the odd one first; among equals,
/// the first in the set.
///
/// ```
/// use eigenlex::query::{self, WordVector};
/// use eigenlex::{WordId, WordVectors};
/// let words = ["breakfast", "cereal", "dinner", "lunch"].into_iter().collect();
/// let vectors = WordVectors::new(words, 2, vec![1.0, 0.1, 0.3, 1.0, 1.0, -0.1, 1.0, 0.0]);
/// let set = [0, 1, 2, 3].map(|id| WordVector::known(&vectors, WordId(id)));
/// assert_eq!(query::odd_one_out(&vectors, &set)?[0].word, "cereal");
/// # Ok::<(), eigenlex::Error>(())
/// ```
///
/// # Errors
/// [`Error::Parameter`] for fewer than three words, of which none can be the odd one;
/// [`Error::NothingFound`] if a word's vector is zero; [`Error::NotFinite`] if a vector is not
/// finite.
pub fn odd_one_out(vectors: &WordVectors, set: &[WordVector]) -> Result<Vec<SetWord>> {
    if set.len() < 3 {
        return Err(Error::Parameter {
            name: "odd-one-out",
            found: format!("{} word(s)", set.len()),
            expected: "at least 3".to_owned(),
        });
    }
    let lengths =
        set.iter().map(|word| length_in_f64(vectors, word)).collect::<Result<Vec<f64>>>()?;
    let values = |place: usize| set[place].vector.iter().map(|&value| f64::from(value));
    let mut sum = vec![0.0f64; vectors.dim()];
    for (place, length) in lengths.iter().enumerate() {
        sum.iter_mut().zip(values(place)).for_each(|(sum, value)| *sum += value / length);
    }
    let mut found: Vec<(f64, usize)> = (0..set.len())
        .map(|place| {
            let length = lengths[place];
            let product: f64 =
                sum.iter().zip(values(place)).map(|(sum, it)| sum * (it / length)).sum();
            ((product - 1.0) / (set.len() - 1) as f64, place)
        })
        .collect();
    found.sort_by(|left, right| left.0.total_cmp(&right.0));
    let word = |(mean, place): (f64, usize)| SetWord {
        place,
        word: set[place].word.clone().into_owned(),
        similarity: mean.clamp(-1.0, 1.0) as f32,
    };
    Ok(found.into_iter().map(word).collect())
}

/// The length of a vector that is not zero, in `f64`, so that the cosine of a word with itself is
/// 1.
fn length_in_f64(vectors: &WordVectors, word: &WordVector) -> Result<f64> {
    word.length(vectors)?;
    let squares = word.vector.iter().map(|&value| f64::from(value) * f64::from(value));
    Ok(squares.sum::<f64>().sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::words::WordId;
    use crate::query::neighbors::tests::scattered;
    use crate::query::similarity;

    fn set<'a>(vectors: &'a WordVectors, ids: &[u32]) -> Vec<WordVector<'a>> {
        ids.iter().map(|&id| WordVector::known(vectors, WordId(id))).collect()
    }

    #[test]
    fn the_means_are_those_worked_out_by_hand() {
        // Unit vectors at 0, 60 and 180 degrees: cosines 1/2 (0, 60), -1 (0, 180), -1/2 (60, 180).
        let words = ["right", "steep", "left"].into_iter().collect();
        let vectors = WordVectors::new(words, 2, vec![2.0, 0.0, 0.5, 3f32.sqrt() / 2.0, -0.1, 0.0]);
        let found = odd_one_out(&vectors, &set(&vectors, &[0, 1, 2])).unwrap();
        assert_eq!(
            found.iter().map(|it| it.word.as_str()).collect::<Vec<_>>(),
            ["left", "right", "steep"]
        );
        for (found, mean) in found.iter().zip([-0.75, -0.25, 0.0]) {
            assert!((found.similarity - mean).abs() < 1e-6, "{found:?}");
        }
    }

    #[test]
    fn all_three_definitions_name_the_same_word() {
        let vectors = scattered(2000, 9);
        for first in (0..1900u32).filter(|id| id % 7 < 2) {
            let ids: Vec<WordId> = [0, 1, 7, 14, 28]
                .map(|step| WordId(first + step))
                .into_iter()
                .filter(|id| id.0 % 7 != 6)
                .collect();
            let cosine =
                |left: WordId, right: WordId| f64::from(similarity(&vectors, left, right).unwrap());
            let sum_without = |left_out: usize| -> f64 {
                let rest = || {
                    ids.iter()
                        .enumerate()
                        .filter(move |(place, _)| *place != left_out)
                        .map(|(_, &id)| id)
                };
                rest()
                    .flat_map(|left| rest().map(move |right| (left, right)))
                    .map(|(left, right)| cosine(left, right))
                    .sum()
            };
            let compact = (0..ids.len())
                .max_by(|&left, &right| sum_without(left).total_cmp(&sum_without(right)))
                .unwrap();
            let mean_to_others = |id: WordId| {
                ids.iter()
                    .filter(|&&other| other != id)
                    .map(|&other| cosine(id, other))
                    .sum::<f64>()
                    / (ids.len() - 1) as f64
            };
            let numbers: Vec<u32> = ids.iter().map(|id| id.0).collect();
            let found = odd_one_out(&vectors, &set(&vectors, &numbers)).unwrap();
            assert_eq!(found[0].place, compact);
            assert!(found.is_sorted_by(|left, right| left.similarity <= right.similarity));
            for found in found {
                assert!(
                    (f64::from(found.similarity) - mean_to_others(ids[found.place])).abs() < 1e-6
                );
            }
        }
    }

    #[test]
    fn equal_words_stand_in_the_order_of_the_set() {
        let words = ["a", "b", "c"].into_iter().collect();
        let vectors = WordVectors::new(words, 1, vec![1.0; 3]);
        let found = odd_one_out(&vectors, &set(&vectors, &[2, 0, 1])).unwrap();
        assert_eq!(found.iter().map(|it| it.word.as_str()).collect::<Vec<_>>(), ["c", "a", "b"]);
    }

    #[test]
    fn sets_without_an_odd_one_are_refused() {
        let vectors = scattered(10, 4);
        let message = odd_one_out(&vectors, &set(&vectors, &[0, 1])).unwrap_err().to_string();
        assert_eq!(message, "odd-one-out is 2 word(s), expected at least 3");
        assert!(matches!(
            odd_one_out(&vectors, &set(&vectors, &[0, 6, 1])),
            Err(Error::NothingFound { .. })
        ));
    }
}
