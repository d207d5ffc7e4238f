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

use super::neighbors::Neighbor;
use crate::base::error::{Error, Result};
use crate::base::words::WordId;
use crate::vectors::WordVectors;

/// The words of a set, each with its mean cosine to the others (from -1 to 1), the odd one first;
/// among equals, the first in the set.
///
/// ```
/// use eigenlex::{WordId, WordVectors, query};
/// let words = ["breakfast", "cereal", "dinner", "lunch"].into_iter().collect();
/// let vectors = WordVectors::new(words, 2, vec![1.0, 0.1, 0.3, 1.0, 1.0, -0.1, 1.0, 0.0]);
/// let found = query::odd_one_out(&vectors, &[0, 1, 2, 3].map(WordId))?;
/// assert_eq!(found[0].word, "cereal");
/// # Ok::<(), eigenlex::Error>(())
/// ```
///
/// # Errors
/// [`Error::Parameter`] for fewer than three words, of which none can be the odd one;
/// [`Error::NothingFound`] if a word's vector is zero; [`Error::NotFinite`] if a vector is not
/// finite.
///
/// # Panics
/// If an id is not below the number of words.
pub fn odd_one_out(vectors: &WordVectors, ids: &[WordId]) -> Result<Vec<Neighbor>> {
    if ids.len() < 3 {
        return Err(Error::Parameter {
            name: "odd-one-out",
            found: format!("{} word(s)", ids.len()),
            expected: "at least 3".to_owned(),
        });
    }
    let mut sum = vec![0.0f64; vectors.dim()];
    for &id in ids {
        let length = unit_length(vectors, id)?;
        sum.iter_mut()
            .zip(vectors.vector(id))
            .for_each(|(sum, &number)| *sum += f64::from(number) / length);
    }
    let mut found = Vec::with_capacity(ids.len());
    for &id in ids {
        let length = unit_length(vectors, id)?;
        let product: f64 = sum
            .iter()
            .zip(vectors.vector(id))
            .map(|(sum, &number)| sum * (f64::from(number) / length))
            .sum();
        found.push(((product - 1.0) / (ids.len() - 1) as f64, id));
    }
    found.sort_by(|left, right| left.0.total_cmp(&right.0));
    let neighbor = |(mean, id): (f64, WordId)| Neighbor {
        id,
        word: vectors.words().spelling(id).to_owned(),
        similarity: mean.clamp(-1.0, 1.0) as f32,
    };
    Ok(found.into_iter().map(neighbor).collect())
}

/// The length of a vector that is not zero, in `f64`, so that the cosine of a word with itself is
/// 1.
fn unit_length(vectors: &WordVectors, id: WordId) -> Result<f64> {
    vectors.length(id)?;
    Ok(vectors
        .vector(id)
        .iter()
        .map(|&number| f64::from(number) * f64::from(number))
        .sum::<f64>()
        .sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::neighbors::tests::scattered;
    use crate::query::similarity;

    #[test]
    fn the_means_are_those_worked_out_by_hand() {
        // Unit vectors at 0, 60 and 180 degrees: cosines 1/2 (0, 60), -1 (0, 180), -1/2 (60, 180).
        let words = ["right", "steep", "left"].into_iter().collect();
        let vectors = WordVectors::new(words, 2, vec![2.0, 0.0, 0.5, 3f32.sqrt() / 2.0, -0.1, 0.0]);
        let found = odd_one_out(&vectors, &[0, 1, 2].map(WordId)).unwrap();
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
            let found = odd_one_out(&vectors, &ids).unwrap();
            assert_eq!(found[0].id, ids[compact]);
            assert!(found.is_sorted_by(|left, right| left.similarity <= right.similarity));
            for found in found {
                assert!((f64::from(found.similarity) - mean_to_others(found.id)).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn equal_words_stand_in_the_order_of_the_set() {
        let words = ["a", "b", "c"].into_iter().collect();
        let vectors = WordVectors::new(words, 1, vec![1.0; 3]);
        let found = odd_one_out(&vectors, &[2, 0, 1].map(WordId)).unwrap();
        assert_eq!(found.iter().map(|it| it.id.0).collect::<Vec<_>>(), [2, 0, 1]);
    }

    #[test]
    fn sets_without_an_odd_one_are_refused() {
        let vectors = scattered(10, 4);
        let message = odd_one_out(&vectors, &[0, 1].map(WordId)).unwrap_err().to_string();
        assert_eq!(message, "odd-one-out is 2 word(s), expected at least 3");
        assert!(matches!(
            odd_one_out(&vectors, &[0, 6, 1].map(WordId)),
            Err(Error::NothingFound { .. })
        ));
    }
}
