//! Word math: the words nearest to a weighted sum of words, such as `king - man + woman`.
//!
//! In: words with weights, positive or negative. Out: the best words, without those of the query.
//! Two methods:
//!
//! - 3CosAdd (Mikolov, Yih & Zweig 2013, section 4): the cosine of a candidate to `sum_i w_i u_i`,
//!   where `u_i` are the unit vectors.
//! - 3CosMul (Levy & Goldberg 2014, section 6): `product over w_i > 0 of c_i^w_i / product over w_i
//!   < 0 of (c_i + 0.001)^|w_i|` with `c_i = (1 + cos(candidate, word i)) / 2`. In a product, no
//!   single large similarity dominates the others. The weights are divided by the largest `|w_i|`,
//!   which takes a root of the product: the order stays, and no score leaves the range of f32.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::lookup::WordVector;
use super::neighbors::{CosineScorer, Neighbor, Scorer, Search, best};
use crate::base::error::{Error, Result};
use crate::base::functions::pow;
use crate::base::words::WordId;
use crate::linalg::dot::{dot, length_of, write_unit};
use crate::vectors::WordVectors;

/// Keeps the quotient of 3CosMul finite (Levy & Goldberg 2014, section 6).
pub(crate) const EPSILON: f32 = 0.001;

/// How the similarities to the words of an expression are combined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Method {
    /// 3CosAdd: the cosine to the sum.
    Add,
    /// 3CosMul, the default: the product of the similarities; it scored better on analogies.
    #[default]
    Mul,
}

impl Method {
    /// `add` or `mul`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Mul => "mul",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

impl FromStr for Method {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        [Self::Add, Self::Mul].into_iter().find(|method| method.name() == name).ok_or_else(|| {
            Error::Parameter {
                name: "method",
                found: format!("`{name}`"),
                expected: "add or mul".to_owned(),
            }
        })
    }
}

/// A word of an expression, looked up.
#[derive(Debug, Clone, PartialEq)]
pub struct WeightedWord<'a> {
    /// The word with its vector.
    pub word: WordVector<'a>,
    /// Its weight: finite, not zero; negative for a word that is subtracted.
    pub weight: f64,
}

/// The words nearest to a weighted sum of words, without the words of the sum.
///
/// # Errors
/// [`Error::NothingFound`] if there is no term, a term's vector is zero, or the terms cancel each
/// other; [`Error::Parameter`] for a `top` of 0; [`Error::NotFinite`] if a
/// vector is not finite.
///
/// # Panics
/// If an id is not below the number of words, or a weight is zero or not finite.
pub fn math(
    vectors: &WordVectors,
    terms: &[WeightedWord],
    method: Method,
    search: &Search,
) -> Result<Vec<Neighbor>> {
    let dim = vectors.dim();
    let mut units = vec![0.0f32; terms.len() * dim];
    for (term, unit) in terms.iter().zip(units.chunks_exact_mut(dim)) {
        assert!(term.weight.is_finite() && term.weight != 0.0, "a weight of {}", term.weight);
        write_unit(&term.word.vector, term.word.length(vectors)?, unit);
    }
    let excluded: Vec<WordId> = terms.iter().filter_map(|term| term.word.id).collect();
    let nothing =
        |reason: &str| Error::NothingFound { query: shown(terms), reason: reason.to_owned() };
    if terms.is_empty() {
        return Err(nothing("there is no word in it"));
    }
    // By every method: of terms that cancel, 3CosMul would order the words by rounding.
    let target =
        unit_sum(terms, &units, dim).ok_or_else(|| nothing("its terms cancel each other"))?;
    match method {
        Method::Add => best(vectors, &excluded, search, &CosineScorer { unit: target }),
        Method::Mul => best(vectors, &excluded, search, &ProductScorer::new(terms, &units, dim)),
    }
}

/// The score of 3CosMul.
struct ProductScorer {
    /// The weight of each word, which is not zero; the largest is 1 or -1.
    weights: Vec<f64>,
    /// The unit vectors of the words, `n_words x dim`.
    units: Vec<f32>,
    dim: usize,
}

impl ProductScorer {
    /// A word that occurs several times counts once, with the sum of its weights, since
    /// `king - king + queen` is `queen`.
    fn new(terms: &[WeightedWord], units: &[f32], dim: usize) -> Self {
        let mut words: Vec<(&WordVector, f64, &[f32])> = Vec::new();
        for (term, unit) in terms.iter().zip(units.chunks_exact(dim)) {
            match words.iter_mut().find(|(word, ..)| **word == term.word) {
                Some((_, weight, _)) => *weight += term.weight,
                None => words.push((&term.word, term.weight, unit)),
            }
        }
        words.retain(|(_, weight, _)| *weight != 0.0);
        let largest =
            words.iter().fold(0.0f64, |largest, (_, weight, _)| largest.max(weight.abs()));
        Self {
            weights: words.iter().map(|&(_, weight, _)| weight / largest).collect(),
            units: words.iter().flat_map(|&(.., unit)| unit).copied().collect(),
            dim,
        }
    }
}

impl ProductScorer {
    /// The score of a vector with these cosines to the words.
    #[inline(always)]
    fn product(&self, cosine: impl Fn(usize) -> f32) -> f32 {
        let mut score = 1.0f64;
        for (word, &weight) in self.weights.iter().enumerate() {
            let similarity = (1.0 + cosine(word).clamp(-1.0, 1.0)) / 2.0;
            // The weights of nearly all expressions are 1 and -1, and a general power costs more
            // than the dot product.
            if weight == 1.0 {
                score *= f64::from(similarity);
            } else if weight == -1.0 {
                score /= f64::from(similarity + EPSILON);
            } else {
                let factor = if weight > 0.0 { similarity } else { similarity + EPSILON };
                score *= pow(factor.into(), weight);
            }
        }
        score as f32
    }

    /// The sign of a word's weight.
    #[inline(always)]
    fn sign(&self, word: usize) -> f32 {
        if self.weights[word] > 0.0 { 1.0 } else { -1.0 }
    }
}

/// More than the roundings of a few factors and powers.
const ROUNDING: f32 = 1e-5;

/// The score rises with the cosine to a word of a positive weight, and falls with the others.
impl Scorer for ProductScorer {
    #[inline(always)]
    fn score(&self, vector: &[f32], length: f32) -> f32 {
        self.product(|word| dot(&self.units[word * self.dim..][..self.dim], vector) / length)
    }

    fn units(&self) -> &[f32] {
        &self.units
    }

    #[inline(always)]
    fn greatest(&self, cosines: &[(f32, f32)]) -> f32 {
        let most = |word: usize| cosines[word].0 + self.sign(word) * cosines[word].1;
        self.product(most) * (1.0 + ROUNDING)
    }

    #[inline(always)]
    fn least(&self, cosines: &[(f32, f32)]) -> f32 {
        let least = |word: usize| cosines[word].0 - self.sign(word) * cosines[word].1;
        self.product(least) * (1.0 - ROUNDING)
    }
}

/// `sum_i w_i u_i` at unit length; `None` if it is only rounding.
fn unit_sum(terms: &[WeightedWord], units: &[f32], dim: usize) -> Option<Vec<f32>> {
    // Scaled by the largest weight, so that no weight is too large or too small for the sum.
    let largest = terms.iter().fold(0.0f64, |largest, term| largest.max(term.weight.abs()));
    let mut sum = vec![0.0f64; dim];
    for (term, unit) in terms.iter().zip(units.chunks_exact(dim)) {
        for (sum, &number) in sum.iter_mut().zip(unit) {
            *sum += term.weight / largest * f64::from(number);
        }
    }
    let sum: Vec<f32> = sum.into_iter().map(|number| number as f32).collect();
    let length = length_of(&sum);
    if length < f32::EPSILON {
        return None;
    }
    let mut unit = vec![0.0; dim];
    write_unit(&sum, length, &mut unit);
    Some(unit)
}

/// The terms as a person would write them.
fn shown(terms: &[WeightedWord]) -> String {
    let mut text = String::new();
    for term in terms {
        text += match (text.is_empty(), term.weight < 0.0) {
            (true, false) => "",
            (true, true) => "-",
            (false, false) => " + ",
            (false, true) => " - ",
        };
        if term.weight.abs() != 1.0 {
            text += &format!("{}*", term.weight.abs());
        }
        text += &term.word.word;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::words::Words;
    use crate::query::neighbors::tests::scattered;

    fn terms<'a>(vectors: &'a WordVectors, terms: &[(u32, f64)]) -> Vec<WeightedWord<'a>> {
        let term =
            |&(id, weight)| WeightedWord { word: WordVector::known(vectors, WordId(id)), weight };
        terms.iter().map(term).collect()
    }

    fn four() -> WordVectors {
        let words: Words = ["right", "up", "steep", "flat"].into_iter().collect();
        let half_root = 3f32.sqrt() / 2.0;
        WordVectors::new(words, 2, vec![1.0, 0.0, 0.0, 1.0, 0.5, half_root, half_root, 0.5])
    }

    #[test]
    fn the_scores_are_those_worked_out_by_hand() {
        let vectors = four();
        // right + up points to 45 degrees: both others are 15 degrees from it, and the lower id is
        // first.
        let found = math(
            &vectors,
            &terms(&vectors, &[(0, 1.0), (1, 1.0)]),
            Method::Add,
            &Search::default(),
        )
        .unwrap();
        assert_eq!(
            found.iter().map(|neighbor| neighbor.word.as_str()).collect::<Vec<_>>(),
            ["steep", "flat"]
        );
        assert!(
            found
                .iter()
                .all(|neighbor| (neighbor.similarity - 15f32.to_radians().cos()).abs() < 1e-6)
        );
        // The root of up^2 / right: for steep ((1 + cos 30) / 2)^2 / ((1 + cos 60) / 2 + 0.001),
        // for flat ((1 + cos 60) / 2)^2 / ((1 + cos 30) / 2 + 0.001).
        let up_and_right = terms(&vectors, &[(1, 2.0), (0, -1.0)]);
        let found = math(&vectors, &up_and_right, Method::Mul, &Search::default()).unwrap();
        assert_eq!(found[0].word, "steep");
        assert!(
            (found[0].similarity - (0.870_513f32 / 0.751).sqrt()).abs() < 1e-4,
            "{}",
            found[0].similarity
        );
        assert!(
            (found[1].similarity - (0.562_5f32 / 0.934_013).sqrt()).abs() < 1e-4,
            "{}",
            found[1].similarity
        );
    }

    #[test]
    fn both_methods_agree_with_a_plain_loop() {
        let vectors = scattered(3000, 10);
        let terms = terms(&vectors, &[(1, 1.0), (2, -1.0), (3, 0.5)]);
        let cosine = |left: u32, right: u32| {
            f64::from(super::super::similarity(&vectors, WordId(left), WordId(right)).unwrap())
        };
        let candidates = || (0..3000u32).filter(|id| id % 7 != 6 && ![1, 2, 3].contains(id));
        let mul = |id: u32| {
            let c = |word: u32| (1.0 + cosine(id, word)) / 2.0;
            c(1) * c(3).sqrt() / (c(2) + 0.001)
        };
        let add = |id: u32| cosine(id, 1) - cosine(id, 2) + 0.5 * cosine(id, 3);
        let naive = |score: &dyn Fn(u32) -> f64| {
            candidates().max_by(|&l, &r| score(l).total_cmp(&score(r))).unwrap()
        };
        let first = |method| {
            math(&vectors, &terms, method, &Search { top: 1, ..Search::default() })
                .unwrap()
                .remove(0)
        };
        assert_eq!(first(Method::Add).id.0, naive(&add));
        assert_eq!(first(Method::Mul).id.0, naive(&mul));
        assert!((f64::from(first(Method::Mul).similarity) - mul(naive(&mul))).abs() < 1e-5);
    }

    #[test]
    fn a_common_factor_of_the_weights_changes_no_answer_however_large_or_small() {
        let vectors = scattered(300, 10);
        for method in [Method::Add, Method::Mul] {
            let answers = |factor: f64| {
                let scaled = terms(&vectors, &[(1, factor), (2, -factor), (3, factor / 2.0)]);
                math(&vectors, &scaled, method, &Search::default()).unwrap()
            };
            let plain = answers(1.0);
            assert!(plain.iter().all(|neighbor| neighbor.similarity.is_finite()));
            for factor in [512.0, 2f64.powi(900), 2f64.powi(-900)] {
                assert_eq!(answers(factor), plain, "{method} {factor}");
            }
        }
    }

    #[test]
    fn terms_that_cancel_have_no_answer() {
        let vectors = four();
        let terms = terms(&vectors, &[(0, 1.0), (0, -1.0)]);
        for method in [Method::Add, Method::Mul] {
            let error = math(&vectors, &terms, method, &Search::default()).unwrap_err();
            assert_eq!(
                error.to_string(),
                "nothing found for `right - right`: its terms cancel each other"
            );
        }
        assert!(math(&four(), &[], Method::Mul, &Search::default()).is_err());
    }

    #[test]
    fn a_word_taken_away_again_leaves_the_others_in_place() {
        let vectors = four();
        for method in [Method::Add, Method::Mul] {
            let scores = |list: &[(u32, f64)]| -> Vec<f32> {
                let found = math(&vectors, &terms(&vectors, list), method, &Search::default());
                found.unwrap().iter().filter(|it| it.id.0 > 1).map(|it| it.similarity).collect()
            };
            assert_eq!(scores(&[(0, 1.0), (0, -1.0), (1, 1.0)]), scores(&[(1, 1.0)]));
            assert_eq!(scores(&[(0, 1.0), (0, 1.0), (1, 1.0)]), scores(&[(0, 2.0), (1, 1.0)]));
        }
    }

    #[test]
    fn a_method_is_known_by_its_name() {
        for method in [Method::Add, Method::Mul] {
            assert_eq!(method.to_string().parse::<Method>().unwrap(), method);
        }
        assert_eq!(
            "max".parse::<Method>().unwrap_err().to_string(),
            "method is `max`, expected add or mul"
        );
    }
}
