//! The nearest words by cosine: one pass over all vectors, in parallel over blocks of rows.
//!
//! In: a vector of `dim` values, or a word. Out: the `top` words of the greatest cosine
//! `q.v / (|q| |v|)`, best first. Each block keeps its own best answers under a total order (score
//! down, then id up), and the lists of the blocks are merged under that order, so the result does
//! not depend on the threads.
//!
//! A pass reads all vectors, at the speed of the memory. After a few questions it reads vectors
//! rounded to a byte a value instead, and of the exact ones only those that may be among the best.

use rayon::prelude::*;
use serde::Serialize;

use super::lookup::{WordVector, cosine};
use super::rounded_scan::RoundedScan;
use super::spelling::find;
use super::top::{best_first, check_top, keep_best};
use crate::base::error::{Error, Result};
use crate::base::words::WordId;
use crate::linalg::dot::{dot, length_of, write_unit};
use crate::linalg::instructions::arch;
use crate::vectors::WordVectors;

/// Candidates that one task scores: a few hundred microseconds of work at 300 dimensions.
const CANDIDATES_PER_TASK: usize = 2048;

/// A word found, with its similarity.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Neighbor {
    /// The position of the word.
    #[serde(skip)]
    pub id: WordId,
    /// The word.
    pub word: String,
    /// The cosine, from -1 to 1; for [`Method::Mul`](crate::query::Method::Mul) its score, at least
    /// 0.
    pub similarity: f32,
}

/// The settings of a search.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Search {
    /// The largest number of answers, at least 1; the default is 10.
    pub top: usize,
    /// The words that may be answers; `None`, the default, admits all.
    pub restrict_to: Option<Restriction>,
}

impl Default for Search {
    fn default() -> Self {
        Self { top: 10, restrict_to: None }
    }
}

impl Search {
    /// At most so many answers, of all words.
    pub fn new(top: usize) -> Self {
        Self { top, restrict_to: None }
    }

    /// Answers come from these words only; `None` admits all.
    #[must_use]
    pub fn restrict_to(self, words: impl Into<Option<Restriction>>) -> Self {
        Self { restrict_to: words.into(), ..self }
    }
}

/// The words that may be answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restriction {
    /// Rising, each once.
    ids: Vec<WordId>,
}

impl Restriction {
    /// These words, in any order.
    pub fn new(ids: impl IntoIterator<Item = WordId>) -> Self {
        let mut ids: Vec<WordId> = ids.into_iter().collect();
        ids.sort_unstable();
        ids.dedup();
        Self { ids }
    }

    /// Those of the spellings that are words of `vectors`, as they are or after `normalize`; and
    /// the number of the others.
    pub fn from_spellings<'a>(
        vectors: &WordVectors,
        spellings: impl IntoIterator<Item = &'a str>,
        normalize: &dyn Fn(&str) -> String,
    ) -> (Self, usize) {
        let found: Vec<Option<WordId>> =
            spellings.into_iter().map(|word| find(vectors, word, normalize)).collect();
        let n_unknown = found.iter().filter(|id| id.is_none()).count();
        (Self::new(found.into_iter().flatten()), n_unknown)
    }

    /// All words of `vectors` but these.
    pub fn all_but(vectors: &WordVectors, ids: &[WordId]) -> Self {
        let excluded = Self::new(ids.iter().copied());
        let all = (0..vectors.len() as u32).map(WordId);
        Self { ids: all.filter(|&id| !excluded.contains(id)).collect() }
    }

    /// The same without these words.
    #[must_use]
    pub fn without(mut self, ids: &[WordId]) -> Self {
        let excluded = Self::new(ids.iter().copied());
        self.ids.retain(|&id| !excluded.contains(id));
        self
    }

    /// Whether a word may be an answer.
    pub fn contains(&self, id: WordId) -> bool {
        self.ids.binary_search(&id).is_ok()
    }

    /// The words, by rising id.
    pub fn ids(&self) -> &[WordId] {
        &self.ids
    }
}

/// The words nearest to a word, without the word itself.
///
/// # Errors
/// [`Error::Parameter`] for a `top` of 0; [`Error::NothingFound`] if the word's vector is zero;
/// [`Error::NotFinite`] if a vector is not finite.
///
/// # Panics
/// If `id` is not below the number of words.
pub fn neighbors(vectors: &WordVectors, id: WordId, search: &Search) -> Result<Vec<Neighbor>> {
    neighbors_of(vectors, &WordVector::known(vectors, id), search)
}

/// The words nearest to a word of the vocabulary, or to one whose vector was guessed.
///
/// # Errors
/// As [`neighbors`].
pub fn neighbors_of(
    vectors: &WordVectors,
    word: &WordVector,
    search: &Search,
) -> Result<Vec<Neighbor>> {
    word.length(vectors)?;
    nearest(vectors, &word.vector, word.id.as_slice(), search)
}

/// The words nearest to any vector that is not zero, without those in `excluded`.
///
/// # Errors
/// As [`neighbors`].
///
/// # Panics
/// If `vector` does not have `dim` values.
pub fn nearest(
    vectors: &WordVectors,
    vector: &[f32],
    excluded: &[WordId],
    search: &Search,
) -> Result<Vec<Neighbor>> {
    assert_eq!(
        vector.len(),
        vectors.dim(),
        "a query of {} numbers to vectors of {}",
        vector.len(),
        vectors.dim()
    );
    best(vectors, excluded, search, &CosineScorer { unit: unit_of(vector)? })
}

/// The vector at unit length.
///
/// # Errors
/// [`Error::NothingFound`] if it is zero or not finite.
pub(super) fn unit_of(vector: &[f32]) -> Result<Vec<f32>> {
    let length = length_of(vector);
    if !(length > 0.0 && length.is_finite()) {
        let reason = "the vector asked about is zero or not finite".to_owned();
        return Err(Error::NothingFound { query: "a vector".to_owned(), reason });
    }
    let mut unit = vec![0.0; vector.len()];
    write_unit(vector, length, &mut unit);
    Ok(unit)
}

/// The cosine of two words' vectors, from -1 to 1.
///
/// # Errors
/// [`Error::NothingFound`] if one of the vectors is zero; [`Error::NotFinite`] if a vector is not
/// finite.
///
/// # Panics
/// If an id is not below the number of words.
pub fn similarity(vectors: &WordVectors, left: WordId, right: WordId) -> Result<f32> {
    cosine(vectors, &WordVector::known(vectors, left), &WordVector::known(vectors, right))
}

/// The score of candidates.
pub(super) trait Scorer: Sync {
    /// The score of a vector that has a length above 0; greater is better. Implementations are
    /// `#[inline(always)]`: they are compiled for the instructions of the machine together with the
    /// loop that calls them.
    fn score(&self, vector: &[f32], length: f32) -> f32;

    /// The unit vectors whose cosines make the score, one after the other.
    fn units(&self) -> &[f32];

    /// The score of a vector with these cosines to the unit vectors, each changed by its error: up
    /// to where the score is greatest, or least. Implementations are `#[inline(always)]`.
    fn greatest(&self, cosines: &[(f32, f32)]) -> f32;

    /// See [`Scorer::greatest`].
    fn least(&self, cosines: &[(f32, f32)]) -> f32;
}

/// The cosine to a unit vector.
pub(super) struct CosineScorer {
    pub(super) unit: Vec<f32>,
}

impl Scorer for CosineScorer {
    #[inline(always)]
    fn score(&self, vector: &[f32], length: f32) -> f32 {
        (dot(&self.unit, vector) / length).clamp(-1.0, 1.0)
    }

    fn units(&self) -> &[f32] {
        &self.unit
    }

    #[inline(always)]
    fn greatest(&self, cosines: &[(f32, f32)]) -> f32 {
        cosines[0].0 + cosines[0].1
    }

    #[inline(always)]
    fn least(&self, cosines: &[(f32, f32)]) -> f32 {
        cosines[0].0 - cosines[0].1
    }
}

/// A search, and how its answers are scored.
struct SearchCandidates<'a, S> {
    vectors: &'a WordVectors,
    lengths: &'a [f32],
    excluded: &'a [WordId],
    search: &'a Search,
    score: &'a S,
}

impl<S> SearchCandidates<'_, S> {
    fn len(&self) -> usize {
        self.search
            .restrict_to
            .as_ref()
            .map_or(self.vectors.len(), |restriction| restriction.ids.len())
    }
}

/// The candidates of one task.
struct SearchTask<'a, S> {
    candidates: &'a SearchCandidates<'a, S>,
    number: usize,
}

impl<S: Scorer> pulp::NullaryFnOnce for SearchTask<'_, S> {
    type Output = Vec<(f32, WordId)>;

    #[inline(always)]
    fn call(self) -> Self::Output {
        let SearchCandidates { vectors, lengths, excluded, search, score } = *self.candidates;
        let (begin, end) =
            (self.number * CANDIDATES_PER_TASK, (self.number + 1) * CANDIDATES_PER_TASK);
        let numbers = vectors.as_slice();
        let mut scored = Vec::with_capacity(CANDIDATES_PER_TASK);
        for position in begin..end.min(self.candidates.len()) {
            let id = match &search.restrict_to {
                Some(restriction) => restriction.ids[position],
                None => WordId(position as u32),
            };
            let length = lengths[id.index()];
            if length > 0.0 && !excluded.contains(&id) {
                let vector = &numbers[id.index() * vectors.dim()..][..vectors.dim()];
                scored.push((score.score(vector, length), id));
            }
        }
        scored
    }
}

/// The best candidates under a score.
pub(super) fn best<S: Scorer>(
    vectors: &WordVectors,
    excluded: &[WordId],
    search: &Search,
    score: &S,
) -> Result<Vec<Neighbor>> {
    check_top(search.top)?;
    let lengths = vectors.lengths()?;
    if search.restrict_to.is_none()
        && let Some(rounded) = vectors.rounded()?
    {
        let scan = RoundedScan::new(vectors, lengths, rounded, excluded, search.top, score);
        return named(vectors, scan.best());
    }
    let candidates = &SearchCandidates { vectors, lengths, excluded, search, score };
    let found = (0..candidates.len().div_ceil(CANDIDATES_PER_TASK))
        .into_par_iter()
        .map(|number| {
            let mut scored = arch().dispatch(SearchTask { candidates, number });
            keep_best(&mut scored, search.top);
            scored
        })
        .reduce(Vec::new, |mut left, mut right| {
            left.append(&mut right);
            keep_best(&mut left, search.top);
            left
        });
    named(vectors, best_first(found, search.top))
}

/// Answers with their words.
///
/// # Errors
/// [`Error::NotFinite`] for one whose vector is not finite, in a file that was damaged since it was
/// written.
pub(super) fn named(vectors: &WordVectors, found: Vec<(f32, WordId)>) -> Result<Vec<Neighbor>> {
    let named = |(similarity, id): (f32, WordId)| {
        if similarity.is_nan() {
            return Err(vectors.not_finite(id));
        }
        let word = vectors.words().spelling(id).to_owned();
        Ok(Neighbor { id, word, similarity })
    };
    found.into_iter().map(named).collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::base::words::Words;

    /// Words `w0`, `w1`... with reproducible vectors; every seventh is zero.
    pub(crate) fn scattered(n_words: u32, dim: usize) -> WordVectors {
        let names: Vec<String> = (0..n_words).map(|id| format!("w{id}")).collect();
        let words: Words = names.iter().map(String::as_str).collect();
        let mut state = 42u64;
        let data = (0..n_words as usize * dim)
            .map(|position| {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                if (position / dim) % 7 == 6 {
                    0.0
                } else {
                    (state >> 40) as f32 / (1u64 << 23) as f32 - 1.0
                }
            })
            .collect();
        WordVectors::new(words, dim, data)
    }

    fn naive_cosine(vectors: &WordVectors, left: u32, right: u32) -> f64 {
        let (left, right) = (vectors.vector(WordId(left)), vectors.vector(WordId(right)));
        let dot = |a: &[f32], b: &[f32]| {
            a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum::<f64>()
        };
        dot(left, right) / (dot(left, left) * dot(right, right)).sqrt()
    }

    #[test]
    fn the_nearest_words_are_those_of_a_double_loop() {
        let vectors = scattered(5000, 20);
        let found =
            neighbors(&vectors, WordId(3), &Search { top: 25, ..Search::default() }).unwrap();
        let mut naive: Vec<(f64, u32)> = (0..5000)
            .filter(|&id| id != 3 && id % 7 != 6)
            .map(|id| (naive_cosine(&vectors, 3, id), id))
            .collect();
        naive.sort_by(|left, right| right.0.total_cmp(&left.0));
        assert_eq!(found.len(), 25);
        for (found, naive) in found.iter().zip(&naive) {
            assert_eq!(found.id.0, naive.1);
            assert_eq!(found.word, format!("w{}", naive.1));
            assert!((f64::from(found.similarity) - naive.0).abs() < 1e-6);
        }
        assert!(
            (f64::from(similarity(&vectors, WordId(3), WordId(10)).unwrap())
                - naive_cosine(&vectors, 3, 10))
            .abs()
                < 1e-7
        );
    }

    #[test]
    fn any_number_of_threads_gives_the_same_answers() {
        let vectors = scattered(20_000, 5);
        let search = Search { top: 50, ..Search::default() };
        let answers: Vec<Vec<Neighbor>> = [1, 2, 3, 8]
            .map(|n_threads| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap();
                pool.install(|| neighbors(&vectors, WordId(0), &search).unwrap())
            })
            .into();
        assert!(answers.iter().all(|answer| *answer == answers[0]));
    }

    #[test]
    fn equal_similarities_are_ordered_by_frequency() {
        let words: Words = ["a", "b", "c", "d"].into_iter().collect();
        let vectors = WordVectors::new(words, 2, vec![1.0, 0.0, 2.0, 0.0, 0.0, 0.0, 4.0, 0.0]);
        let found = neighbors(&vectors, WordId(3), &Search::default()).unwrap();
        assert_eq!(
            found.iter().map(|neighbor| neighbor.word.as_str()).collect::<Vec<_>>(),
            ["a", "b"]
        );
        assert_eq!(
            serde_json::to_string(&found[..1]).unwrap(),
            r#"[{"word":"a","similarity":1.0}]"#
        );
    }

    #[test]
    fn a_restriction_admits_its_words_only() {
        let vectors = scattered(100, 4);
        let (restriction, n_unknown) =
            Restriction::from_spellings(&vectors, ["W9", "w8", "w9", "x", "w0"], &|word: &str| {
                word.to_lowercase()
            });
        assert_eq!((restriction.ids(), n_unknown), (&[WordId(0), WordId(8), WordId(9)][..], 1));
        let found =
            neighbors(&vectors, WordId(0), &Search { top: 5, restrict_to: Some(restriction) })
                .unwrap();
        let mut ids: Vec<u32> = found.iter().map(|neighbor| neighbor.id.0).collect();
        ids.sort_unstable();
        assert_eq!(ids, [8, 9]);
    }

    #[test]
    fn impossible_searches_are_refused() {
        let vectors = scattered(10, 4);
        let message = neighbors(&vectors, WordId(0), &Search { top: 0, ..Search::default() })
            .unwrap_err()
            .to_string();
        assert_eq!(message, "top is 0, expected at least 1");
        assert!(matches!(
            neighbors(&vectors, WordId(6), &Search::default()),
            Err(Error::NothingFound { .. })
        ));
        assert!(matches!(
            nearest(&vectors, &[0.0; 4], &[], &Search::default()),
            Err(Error::NothingFound { .. })
        ));
    }
}
