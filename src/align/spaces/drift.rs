//! How far words moved between time slices in one space, compared with words of similar frequency
//! and with a shuffled control.
//!
//! In: a chain ([`CommonSpaces`]) and the vectors of its slices. Out: for a word the cosine
//! distance `1 - cos` between its vectors in two slices, for each step in time and from first to
//! last, and what that means.
//!
//! A distance alone says nothing. The vector of a rarer word holds more noise, so it is farther
//! from itself in any other text, changed or not, and frequent words look stable whatever happens
//! to them (Dubossarsky, Weinshall & Grossman 2017, "Outta control", EMNLP). So each distance is
//! compared with two controls, see `peers.rs`.

use std::borrow::Borrow;
use std::collections::BTreeMap;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::common::CommonSpaces;
use super::peers::{Compared, Judged, Movement, SharedWord};
use crate::align::input::identical_words;
use crate::align::retrieval::{UnitRows, best_both};
use crate::align::side::{Language, MapForm};
use crate::base::error::{Error, Result};
use crate::base::words::WordId;
use crate::linalg::dot::dot;
use crate::query::{Neighbor, nearest_spellings};
use crate::vectors::WordVectors;

/// Suggestions for an unknown word.
const SUGGESTIONS: usize = 5;

/// How far a word moved between two slices.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DriftStep {
    /// The earlier slice.
    pub from: String,
    /// The later slice.
    pub to: String,
    /// `1 - cos` between the word's two vectors, from 0 to 2.
    pub distance: f64,
    /// The median distance of its peers.
    pub typical: f64,
    /// Robust standard deviations by which the distance is above that, on Fisher's scale.
    pub score: f64,
    /// Share of its peers that moved less, from 0 to 1.
    pub percentile: f64,
    /// Share of the shuffled pairs that are as near to each other as the word to itself, from 0 to
    /// 1.
    pub shuffled: f64,
    /// What that means.
    pub movement: Movement,
}

/// How a word moved through the slices.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WordDrift {
    /// The word.
    pub word: String,
    /// From the first to the last slice that knows it.
    pub whole: DriftStep,
    /// From each slice that knows it to the next that does.
    pub steps: Vec<DriftStep>,
    /// Its nearest words in each slice that knows it.
    pub places: Vec<SlicePlace>,
    /// The slices that do not know it.
    pub unknown_in: Vec<String>,
}

/// The neighbours of a word in a slice.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SlicePlace {
    /// The slice.
    pub slice: String,
    /// The nearest words there, best first.
    pub neighbors: Vec<Neighbor>,
}

/// Time slices in one space, for questions about words that moved.
#[derive(Debug)]
pub struct Drift<'a> {
    slices: Vec<Slice<'a>>,
    dim: usize,
    /// Neighbours, and the words that moved most, are found among this many frequent words.
    max_words: usize,
    compared: BTreeMap<(usize, usize), Compared>,
}

#[derive(Debug)]
struct Slice<'a> {
    name: &'a str,
    vectors: &'a WordVectors,
    /// The rows of its first words in the common space.
    rows: Vec<f32>,
}

impl<'a> Drift<'a> {
    /// Maps the slices into their common space; `vectors` are theirs, in the same order.
    /// `max_words` limits neighbours and lists, not the words that can be asked about.
    ///
    /// # Panics
    /// If there are not as many vectors as slices, or their dimensions differ from those of theirs.
    pub fn new<V: Borrow<WordVectors>>(
        spaces: &'a CommonSpaces,
        vectors: &'a [V],
        max_words: usize,
    ) -> Self {
        let named = &spaces.description.spaces;
        assert_eq!(named.len(), vectors.len(), "vectors for {} slices", named.len());
        let slice = |(place, vectors): (usize, &'a V)| {
            let vectors: &WordVectors = vectors.borrow();
            let n_words = named[place].space.max_words.min(vectors.len());
            let map = spaces.between(place, place);
            let rows = map
                .apply(
                    Language::Source,
                    MapForm::Orthogonal,
                    &vectors.as_slice()[..n_words * vectors.dim()],
                )
                .data;
            Slice { name: &named[place].name, vectors, rows }
        };
        let slices = vectors.iter().enumerate().map(slice).collect();
        Self { slices, dim: spaces.description.dim, max_words, compared: BTreeMap::new() }
    }

    /// How one word moved, with its `top` nearest words in each slice. A word is looked up as it
    /// is, then as `normalize` spells it.
    ///
    /// # Errors
    /// [`Error::UnknownWord`] if no slice knows it; [`Error::NothingFound`] if only one does.
    pub fn word(
        &mut self,
        word: &str,
        normalize: &dyn Fn(&str) -> String,
        top: usize,
    ) -> Result<WordDrift> {
        let known = |spelling: &str| -> Vec<Option<u32>> {
            self.slices.iter().map(|slice| slice.id(spelling, self.dim)).collect()
        };
        let (mut spelling, mut ids) = (word.to_owned(), known(word));
        if ids.iter().all(Option::is_none) {
            spelling = normalize(word);
            ids = known(&spelling);
        }
        let knowing: Vec<usize> = (0..ids.len()).filter(|&slice| ids[slice].is_some()).collect();
        let name = |slice: usize| self.slices[slice].name.to_owned();
        let (first, last) = match knowing[..] {
            [] => {
                let words = self.slices[0].vectors.words();
                let near = nearest_spellings(words, &spelling, SUGGESTIONS);
                let suggestions =
                    near.into_iter().map(|id| words.spelling(id).to_owned()).collect();
                return Err(Error::UnknownWord { word: word.to_owned(), suggestions });
            }
            [only] => {
                let reason = format!(
                    "only slice `{}` has a vector for it that is not zero, \
                     and two are needed",
                    self.slices[only].name
                );
                return Err(Error::NothingFound { query: word.to_owned(), reason });
            }
            [first, .., last] => (first, last),
        };
        let unknown_in = (0..ids.len()).filter(|&slice| ids[slice].is_none()).map(name).collect();
        let places = knowing
            .iter()
            .map(|&slice| {
                self.place(slice, ids[slice].expect("it is among those that know it"), top)
            })
            .collect();
        let id = |slice: usize| ids[slice].expect("it is among those that know it");
        let steps =
            knowing.windows(2).map(|pair| self.step(pair[0], pair[1], id(pair[0]))).collect();
        Ok(WordDrift {
            word: spelling,
            whole: self.step(first, last, id(first)),
            steps,
            places,
            unknown_in,
        })
    }

    /// The `top` words that moved most from the first slice to the last, by their score, of those
    /// among the most frequent words of both.
    pub fn most_moved(&mut self, top: usize) -> Vec<DriftOf> {
        let (last, max_words) = (self.slices.len() - 1, self.max_words);
        self.compare(0, last);
        let compared = &self.compared[&(0, last)];
        let frequent = |entry: &SharedWord| (entry.earlier.max(entry.later) as usize) < max_words;
        let mut scored: Vec<(f64, usize)> = (0..compared.entries.len())
            .into_par_iter()
            .filter(|&place| frequent(&compared.entries[place]))
            .map(|place| (compared.judge(place).score, place))
            .collect();
        scored.sort_by(|left, right| right.0.total_cmp(&left.0).then(left.1.cmp(&right.1)));
        scored.truncate(top);
        let found = |&(_, place): &(f64, usize)| {
            let word = self.slices[0]
                .vectors
                .words()
                .spelling(WordId(compared.entries[place].earlier))
                .to_owned();
            DriftOf { word, step: self.named(0, last, compared.judge(place)) }
        };
        scored.iter().map(found).collect()
    }

    fn place(&self, slice: usize, id: u32, top: usize) -> SlicePlace {
        let Slice { name, vectors, rows } = &self.slices[slice];
        let rows = UnitRows::new(rows, self.dim);
        let query = UnitRows::new(&rows.data[id as usize * self.dim..][..self.dim], self.dim);
        let (found, _) =
            best_both(query, rows.first(self.max_words), (top + 1).min(rows.len()), 0, None);
        let neighbor = |(other, similarity): (u32, f32)| {
            let id = WordId(other);
            Neighbor { id, word: vectors.words().spelling(id).to_owned(), similarity }
        };
        let neighbors =
            found.row(0).filter(|&(other, _)| other != id).take(top).map(neighbor).collect();
        SlicePlace { slice: (*name).to_owned(), neighbors }
    }

    fn step(&mut self, from: usize, to: usize, earlier: u32) -> DriftStep {
        self.compare(from, to);
        let compared = &self.compared[&(from, to)];
        let place = compared.entries.iter().position(|entry| entry.earlier == earlier);
        self.named(from, to, compared.judge(place.expect("both slices know the word")))
    }

    fn named(&self, from: usize, to: usize, judged: Judged) -> DriftStep {
        let Judged { distance, typical, score, percentile, shuffled, movement } = judged;
        let name = |slice: usize| self.slices[slice].name.to_owned();
        DriftStep {
            from: name(from),
            to: name(to),
            distance,
            typical,
            score,
            percentile,
            shuffled,
            movement,
        }
    }

    /// Computes the distances of all words that two slices share, once.
    fn compare(&mut self, from: usize, to: usize) {
        if self.compared.contains_key(&(from, to)) {
            return;
        }
        let (earlier, later, dim) = (&self.slices[from], &self.slices[to], self.dim);
        let distance = |left: u32, right: u32| {
            (1.0 - dot(row(&earlier.rows, left, dim), row(&later.rows, right, dim))).max(0.0)
        };
        let n_words = earlier.n_words(dim).max(later.n_words(dim));
        let pairs: Vec<(u32, u32)> = identical_words(earlier.vectors, later.vectors, n_words)
            .iter()
            .map(|(left, right)| (left.0, right.0))
            .filter(|&(left, right)| {
                earlier.has_direction(left, dim) && later.has_direction(right, dim)
            })
            .collect();
        let compared = Compared::new(pairs, distance);
        self.compared.insert((from, to), compared);
    }
}

/// A word and how far it moved.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DriftOf {
    /// The word.
    pub word: String,
    /// From the first slice to the last.
    #[serde(flatten)]
    pub step: DriftStep,
}

impl Slice<'_> {
    fn n_words(&self, dim: usize) -> usize {
        self.rows.len() / dim
    }

    fn id(&self, spelling: &str, dim: usize) -> Option<u32> {
        self.vectors.id(spelling).map(|id| id.0).filter(|&id| self.has_direction(id, dim))
    }

    fn has_direction(&self, id: u32, dim: usize) -> bool {
        (id as usize) < self.n_words(dim)
            && row(&self.rows, id, dim).iter().any(|&number| number != 0.0)
    }
}

fn row(rows: &[f32], id: u32, dim: usize) -> &[f32] {
    &rows[id as usize * dim..][..dim]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::align::spaces::chain;
    use crate::align::{AlignConfig, AlignInput, NormalizationStep};
    use crate::base::random::uniform;
    use crate::query::scattered;

    const DIM: usize = 6;

    /// The vectors with noise that grows with the rank, and one word on the opposite side.
    fn noisy(vectors: &WordVectors, opposite: usize) -> WordVectors {
        let noise = |row: usize, column: usize| {
            0.5 * row as f32 / 1000.0 * (uniform(3, row as u64, column as u64) as f32 - 0.5)
        };
        let data = vectors.as_slice().chunks_exact(DIM).enumerate().flat_map(|(row, x)| {
            let sign = if row == opposite { -1.0 } else { 1.0 };
            let is_zero = x.iter().all(|&number| number == 0.0);
            (0..DIM).map(
                move |column| if is_zero { 0.0 } else { sign * (x[column] + noise(row, column)) },
            )
        });
        WordVectors::new(vectors.words().clone(), DIM, data.collect())
    }

    fn slices() -> (CommonSpaces, [WordVectors; 2]) {
        let first = scattered(1400, DIM);
        let second = noisy(&first, 100);
        let config =
            AlignConfig { normalization: vec![NormalizationStep::Unit], ..AlignConfig::default() };
        let spaces =
            chain(&[AlignInput::new(&first, "1"), AlignInput::new(&second, "2")], &config, &())
                .unwrap();
        (spaces, [first, second])
    }

    /// A step against the definitions, from the cosines of all shared words.
    fn assert_step(step: &DriftStep, place: usize, cosines: &[f64]) {
        // The 500 nearest in rank: 250 on either side, or as many as there are and the rest on
        // the other.
        let begin = place.saturating_sub(250).min(cosines.len() - 501);
        let mut peers: Vec<f64> = (begin..begin + 501)
            .filter(|&peer| peer != place)
            .map(|peer| 1.0 - cosines[peer])
            .collect();
        peers.sort_by(f64::total_cmp);
        let own = 1.0 - cosines[place];
        assert!(
            (step.distance - own).abs() < 1e-5 && (step.typical - peers[249]).abs() < 1e-5,
            "{step:?} {own} {}",
            peers[249]
        );
        let fisher = |distance: f64| -0.5 * ((2.0 - distance) / distance).ln();
        let middle = fisher(peers[249]);
        let mut deviations: Vec<f64> =
            peers.iter().map(|&peer| (fisher(peer) - middle).abs()).collect();
        deviations.sort_by(f64::total_cmp);
        let score = (fisher(own.min(2.0 - 1e-6)) - middle) / (1.4826 * deviations[249]);
        assert!(
            (step.score - score).abs() < 0.02 * (1.0 + score.abs()),
            "{place}: {} {score}",
            step.score
        );
        assert!(
            (step.percentile - peers.iter().filter(|&&peer| peer < own).count() as f64 / 500.0)
                .abs()
                < 0.01
        );
    }

    #[test]
    fn figures_agree_with_their_definitions() {
        let (spaces, vectors) = slices();
        let mut drift = Drift::new(&spaces, &vectors, 20_000);
        let found = drift.word("W100", &|word| word.to_lowercase(), 3).unwrap();
        assert_eq!((found.word.as_str(), found.whole.movement), ("w100", Movement::Moved));
        assert_eq!((found.steps.len(), found.places.len(), found.unknown_in.len()), (1, 2, 0));
        let row = |slice: usize, word: usize| -> Vec<f64> {
            let map = spaces.between(slice, 0);
            map.apply(
                Language::Source,
                MapForm::Orthogonal,
                vectors[slice].vector(WordId(word as u32)),
            )
            .data
            .iter()
            .map(|&x| f64::from(x))
            .collect()
        };
        let cosine = |left: &[f64], right: &[f64]| -> f64 {
            left.iter().zip(right).map(|(x, y)| x * y).sum()
        };
        let known: Vec<usize> = (0..1400).filter(|word| word % 7 != 6).collect();
        let cosines: Vec<f64> =
            known.iter().map(|&word| cosine(&row(0, word), &row(1, word))).collect();
        for asked in [100, 200, 1398] {
            let step = drift.word(&format!("w{asked}"), &str::to_owned, 1).unwrap().whole;
            let place = known.iter().position(|&word| word == asked).unwrap();
            assert_step(&step, place, &cosines);
        }
        let moved = drift.most_moved(1);
        assert_eq!((moved[0].word.as_str(), moved[0].step.movement), ("w100", Movement::Moved));
    }

    #[test]
    fn nothing_is_said_of_noise() {
        let (_, [first, _]) = slices();
        let numbers =
            (0..1400 * DIM as u64).map(|place| uniform(9, place, 0) as f32 - 0.5).collect();
        let other = WordVectors::new(first.words().clone(), DIM, numbers);
        let spaces = chain(
            &[AlignInput::new(&first, "1"), AlignInput::new(&other, "2")],
            &AlignConfig::default(),
            &(),
        )
        .unwrap();
        let vectors = [first, other];
        let mut drift = Drift::new(&spaces, &vectors, 20_000);
        for word in ["w1", "w50", "w1001"] {
            assert_eq!(
                drift.word(word, &str::to_owned, 1).unwrap().whole.movement,
                Movement::CannotTell
            );
        }
        assert!(drift.most_moved(5).iter().all(|it| it.step.movement == Movement::CannotTell));
    }
}
