//! Words translated by a map: for a vector of one side, the best words of the other, by cosine or
//! by CSLS.
//!
//! In: the unit rows of both sides in the common space. Out: [`Translation`]s, best first, and a
//! whole [`induced dictionary`](induce).
//!
//! CSLS subtracts from each candidate its mean cosine to its own nearest words of the asking side,
//! so the best of all `m` words would need a product of both sides for a single question. A
//! [`Translator`] scores only the [`CANDIDATES`] words of the other side with the largest cosine,
//! and remembers the means that it has computed; the answer is exact unless a word beyond the
//! thousandth place by cosine would be among the best. [`induce`] compares all words and is exact.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::retrieval::{CSLS_NEIGHBORS, Hubness, Retrieval, UnitRows, best_both, best_both_with};
use crate::base::error::{Error, Result};
use crate::base::progress::{Progress, Stage};
use crate::base::words::{WordId, Words};
use crate::linalg::dot::dot;
use crate::query::{Restriction, check_top};

/// Number of words of the other side, the best by cosine, that CSLS scores.
pub const CANDIDATES: usize = 1000;

/// A word of the other language.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Translation {
    /// The word.
    pub word: String,
    /// The cosine in the common space, from -1 to 1.
    pub similarity: f32,
    /// `2 cos - r(x) - r(y)`, the order of the answers, if CSLS was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub csls: Option<f32>,
}

/// Translates one word after another from one side to the other.
#[derive(Debug)]
pub struct Translator<'a> {
    from: UnitRows<'a>,
    to: UnitRows<'a>,
    words: &'a Words,
    /// The mean cosine of each word of the other side to its nearest words of the asking side, once
    /// computed.
    means: Vec<Option<f32>>,
}

impl<'a> Translator<'a> {
    /// Translates from the side with the rows `from` to the side with the rows `to`, whose words
    /// are `words`; `words` may be more than the rows of `to`.
    ///
    /// # Panics
    /// If the rows differ in length, or `to` has more rows than there are words.
    pub fn new(from: UnitRows<'a>, to: UnitRows<'a>, words: &'a Words) -> Self {
        assert_eq!(from.dim, to.dim, "rows of {} and of {} numbers", from.dim, to.dim);
        assert!(to.len() <= words.len(), "{} rows for {} words", to.len(), words.len());
        Self { from, to, words, means: vec![None; to.len()] }
    }

    /// The `top` best words for a unit vector of the common space, best first; none for a vector of
    /// zeros.
    ///
    /// # Panics
    /// If the vector differs from the rows in length.
    pub fn translate(
        &mut self,
        vector: &[f32],
        top: usize,
        retrieval: Retrieval,
    ) -> Vec<Translation> {
        self.translate_among(vector, top, retrieval, None)
    }

    /// The same with answers from `allowed` alone, which are words of the other side; `None` admits
    /// all. The scores are those of [`Translator::translate`]: what else is near counts for CSLS.
    ///
    /// # Panics
    /// As [`Translator::translate`].
    pub fn translate_among(
        &mut self,
        vector: &[f32],
        top: usize,
        retrieval: Retrieval,
        allowed: Option<&Restriction>,
    ) -> Vec<Translation> {
        let n_candidates = match retrieval {
            Retrieval::Nearest => top,
            Retrieval::Csls => top.max(CANDIDATES),
        };
        let candidates = match allowed {
            None => self.nearest(vector, n_candidates),
            Some(allowed) => self.nearest_among(vector, n_candidates, allowed),
        };
        let words = self.words;
        let translation = |id: u32, similarity: f32, csls: Option<f32>| {
            let word = words.spelling(WordId(id)).to_owned();
            Translation { word, similarity, csls }
        };
        if retrieval == Retrieval::Nearest || candidates.is_empty() {
            return candidates
                .into_iter()
                .map(|(id, similarity)| translation(id, similarity, None))
                .collect();
        }
        let own = match allowed {
            None => mean_of_first(&candidates),
            Some(_) => mean_of_first(&self.nearest(vector, CSLS_NEIGHBORS)),
        };
        let unknown: Vec<u32> = candidates
            .iter()
            .map(|&(id, _)| id)
            .filter(|&id| self.means[id as usize].is_none())
            .collect();
        let rows: Vec<f32> = unknown.iter().flat_map(|&id| row(self.to, id)).copied().collect();
        let (nearest, _) =
            best_both(UnitRows::new(&rows, self.to.dim), self.from, CSLS_NEIGHBORS, 0, None);
        for (&id, mean) in unknown.iter().zip(nearest.means()) {
            self.means[id as usize] = Some(mean);
        }
        let mut scored: Vec<(f32, u32, f32)> = candidates
            .into_iter()
            .map(|(id, cosine)| {
                (2.0 * cosine - own - self.means[id as usize].unwrap_or_default(), id, cosine)
            })
            .collect();
        scored.sort_by(|left, right| right.0.total_cmp(&left.0).then(left.1.cmp(&right.1)));
        scored.truncate(top);
        scored
            .into_iter()
            .map(|(csls, id, similarity)| translation(id, similarity, Some(csls)))
            .collect()
    }

    /// The `n` words of the other side with the largest cosines, best first.
    fn nearest(&self, vector: &[f32], n: usize) -> Vec<(u32, f32)> {
        let query = UnitRows::new(vector, self.to.dim);
        best_both(query, self.to, n.min(self.to.len()), 0, None).0.row(0).collect()
    }

    /// The same among some words.
    fn nearest_among(&self, vector: &[f32], n: usize, allowed: &Restriction) -> Vec<(u32, f32)> {
        let has_direction = |row: &[f32]| row.iter().any(|&value| value != 0.0);
        if !has_direction(vector) {
            return Vec::new();
        }
        let ids = allowed.ids().iter().map(|id| id.0);
        let ids: Vec<u32> = ids.take_while(|&id| (id as usize) < self.to.len()).collect();
        let cosine = |&id: &u32| {
            let row = row(self.to, id);
            has_direction(row).then(|| (id, dot(vector, row)))
        };
        let mut found: Vec<(u32, f32)> = ids.par_iter().filter_map(cosine).collect();
        found.sort_by(|left, right| right.1.total_cmp(&left.1).then(left.0.cmp(&right.0)));
        found.truncate(n);
        found
    }
}

fn row(rows: UnitRows<'_>, id: u32) -> &[f32] {
    &rows.data[id as usize * rows.dim..][..rows.dim]
}

/// The mean cosine to the nearest of the other side; the candidates are sorted.
fn mean_of_first(candidates: &[(u32, f32)]) -> f32 {
    let first = &candidates[..candidates.len().min(CSLS_NEIGHBORS)];
    let sum: f64 = first.iter().map(|&(_, cosine)| f64::from(cosine)).sum();
    if first.is_empty() { 0.0 } else { (sum / first.len() as f64) as f32 }
}

/// A line of an induced dictionary.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct InducedPair {
    /// The word of the asking side.
    pub source: WordId,
    /// Its translation.
    pub target: WordId,
    /// Place among the translations of the source, from 1.
    pub place: usize,
    /// The cosine in the common space.
    pub similarity: f32,
    /// The score of the order: the cosine again, or CSLS.
    pub score: f32,
    /// Whether each word is the first for the other.
    pub mutual: bool,
}

/// The `top` best translations of every row of `from`, in the order of its rows; rows without a
/// direction are left out.
///
/// Memory grows with the number of rows times `top`, not with the product of the two sides.
///
/// # Errors
/// [`Error::Parameter`] if `top` is 0; [`Error::Interrupted`].
///
/// # Panics
/// If the rows differ in length.
pub fn induce(
    from: UnitRows<'_>,
    to: UnitRows<'_>,
    top: usize,
    retrieval: Retrieval,
    progress: &dyn Progress,
) -> Result<Vec<InducedPair>> {
    check_top(top)?;
    let n_passes = if retrieval == Retrieval::Csls { 2 } else { 1 };
    progress.start(Stage::Neighbors, Some(n_passes * from.len() as u64));
    let hubness =
        (retrieval == Retrieval::Csls).then(|| Hubness::with_progress(from, to, progress));
    let (forward, backward) =
        best_both_with(from, to, top.min(to.len()), 1, hubness.as_ref(), progress);
    progress.finish();
    if progress.is_cancelled() {
        return Err(Error::Interrupted);
    }
    let first_back: Vec<Option<u32>> =
        (0..to.len()).map(|id| backward.row(id).next().map(|(id, _)| id)).collect();
    let mut pairs = Vec::with_capacity(from.len() * forward.top);
    for source in 0..from.len() as u32 {
        for (place, (target, score)) in forward.row(source as usize).enumerate() {
            pairs.push(InducedPair {
                source: WordId(source),
                target: WordId(target),
                place: place + 1,
                similarity: dot(row(from, source), row(to, target)),
                score,
                mutual: place == 0 && first_back[target as usize] == Some(source),
            });
        }
    }
    Ok(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Unit rows on a sphere, from a counter.
    fn rows(n: usize, dim: usize, seed: u64) -> Vec<f32> {
        let mut data = Vec::new();
        for row in 0..n as u64 {
            let raw: Vec<f32> = (0..dim as u64)
                .map(|column| (crate::base::random::uniform(seed, row, column) - 0.5) as f32)
                .collect();
            let length = raw.iter().map(|x| x * x).sum::<f32>().sqrt();
            data.extend(raw.iter().map(|x| x / length));
        }
        data
    }

    fn words(n: usize) -> Words {
        let names: Vec<String> = (0..n).map(|i| format!("w{i}")).collect();
        names.iter().map(String::as_str).collect()
    }

    /// CSLS by its definition, all pairs in `f64`.
    fn csls(from: UnitRows<'_>, to: UnitRows<'_>) -> Vec<Vec<f64>> {
        let cosine = |i: usize, j: usize| -> f64 {
            row(from, i as u32)
                .iter()
                .zip(row(to, j as u32))
                .map(|(&x, &y)| f64::from(x) * f64::from(y))
                .sum()
        };
        let mean = |mut all: Vec<f64>| {
            all.sort_by(|l, r| r.total_cmp(l));
            all.truncate(CSLS_NEIGHBORS);
            all.iter().sum::<f64>() / all.len() as f64
        };
        let r_from: Vec<f64> =
            (0..from.len()).map(|i| mean((0..to.len()).map(|j| cosine(i, j)).collect())).collect();
        let r_to: Vec<f64> =
            (0..to.len()).map(|j| mean((0..from.len()).map(|i| cosine(i, j)).collect())).collect();
        (0..from.len())
            .map(|i| (0..to.len()).map(|j| 2.0 * cosine(i, j) - r_from[i] - r_to[j]).collect())
            .collect()
    }

    #[test]
    fn answers_agree_with_the_definition() {
        let (a, b) = (rows(300, 8, 1), rows(500, 8, 2));
        let (from, to) = (UnitRows::new(&a, 8), UnitRows::new(&b, 8));
        let words = words(500);
        let all = csls(from, to);
        let mut translator = Translator::new(from, to, &words);
        for query in [0, 7, 299] {
            let found = translator.translate(row(from, query), 5, Retrieval::Csls);
            let mut expected: Vec<(usize, f64)> =
                all[query as usize].iter().copied().enumerate().collect();
            expected.sort_by(|l, r| r.1.total_cmp(&l.1));
            for (found, (id, score)) in found.iter().zip(expected) {
                assert_eq!(found.word, format!("w{id}"));
                assert!((f64::from(found.csls.unwrap()) - score).abs() < 1e-5);
            }
            let nearest = translator.translate(row(from, query), 3, Retrieval::Nearest);
            assert!(
                nearest.windows(2).all(|pair| pair[0].similarity >= pair[1].similarity)
                    && nearest.len() == 3
            );
        }
        assert!(translator.translate(&[0.0; 8], 5, Retrieval::Csls).is_empty());
    }

    #[test]
    fn answers_among_some_words_have_their_scores_among_all() {
        let (a, b) = (rows(300, 8, 1), rows(500, 8, 2));
        let (from, to) = (UnitRows::new(&a, 8), UnitRows::new(&b, 8));
        let words = words(500);
        let mut translator = Translator::new(from, to, &words);
        let odd = Restriction::new((0..500).filter(|id| id % 2 == 1).map(WordId));
        for retrieval in [Retrieval::Csls, Retrieval::Nearest] {
            let all = translator.translate(row(from, 7), 500, retrieval);
            let is_odd = |it: &&Translation| words.id(&it.word).is_some_and(|id| id.0 % 2 == 1);
            let expected: Vec<&Translation> = all.iter().filter(is_odd).take(9).collect();
            let found = translator.translate_among(row(from, 7), 9, retrieval, Some(&odd));
            assert_eq!(found.len(), 9);
            for (found, expected) in found.iter().zip(expected) {
                assert_eq!(found.word, expected.word);
                assert!((found.similarity - expected.similarity).abs() < 1e-5);
                let scores = found.csls.zip(expected.csls);
                assert!(scores.is_none_or(|(found, expected)| (found - expected).abs() < 1e-5));
            }
            let none = Restriction::new([]);
            assert!(translator.translate_among(row(from, 7), 9, retrieval, Some(&none)).is_empty());
            assert!(translator.translate_among(&[0.0; 8], 9, retrieval, Some(&odd)).is_empty());
        }
    }

    #[test]
    fn an_induced_dictionary_agrees_with_the_definition() {
        let (a, b) = (rows(120, 6, 3), rows(90, 6, 4));
        let (from, to) = (UnitRows::new(&a, 6), UnitRows::new(&b, 6));
        let all = csls(from, to);
        let best_for =
            |j: usize| (0..120).max_by(|&l, &r| all[l][j].total_cmp(&all[r][j])).unwrap();
        let pairs = induce(from, to, 2, Retrieval::Csls, &()).unwrap();
        assert_eq!(pairs.len(), 240);
        let mut n_mutual = 0;
        for pair in pairs.iter().filter(|pair| pair.place == 1) {
            let scores = &all[pair.source.index()];
            let best = (0..90).max_by(|&l, &r| scores[l].total_cmp(&scores[r])).unwrap();
            assert_eq!(pair.target.index(), best);
            assert_eq!(pair.mutual, best_for(best) == pair.source.index());
            n_mutual += usize::from(pair.mutual);
        }
        assert!(n_mutual > 10 && n_mutual < 120);
        assert_eq!(
            induce(from, to, 0, Retrieval::Csls, &()).unwrap_err().to_string(),
            "top is 0, expected at least 1"
        );
    }
}
