//! The vector of an unknown word, guessed from its spelling.
//!
//! In: n-gram vectors, and known words. Out: the direction of
//! `(p + a f) - b m`, all of length 1 but `m`:
//!
//! - `p` is what the n-grams of the word predict
//!   ([`NGramVectors::predict`](crate::space::NGramVectors::predict));
//! - `f` is the sum of the vectors of the [`ALIKE`] known words that are spelled most like it, each
//!   times `s^4`, with `s` the cosine of their sets of n-grams, in which those at the beginning of
//!   the word count [`BEGINNING`] times;
//! - `m` is the mean of the less frequent half of all words: what they have in common says that a
//!   word is rare, not what it means.
//!
//! `docs/benchmarks/words.md` says what each is worth. Cost of a guess: one pass over all
//! spellings, or, for many guesses, over those that a [`Guesser`] lists for each n-gram; both give
//! the same bits.

use std::collections::BTreeSet;

use rayon::prelude::*;

use super::top::{best_first, keep_best};
use crate::base::error::Result;
use crate::base::words::{WordId, Words, hash_word};
use crate::linalg::dot::{length_of, write_unit};
use crate::space::ngram_vectors::NGramVectors;
use crate::space::ngrams::{MarkedWord, NGrams};
use crate::vectors::WordVectors;

/// Known words that are asked.
const ALIKE: usize = 10;

/// How much an n-gram at the beginning of a word counts: stems say more than endings.
const BEGINNING: f32 = 2.0;

/// How much the known words count against the n-grams, `a`.
const SHARE_OF_WORDS: f32 = 1.5;

/// How many times the mean of rare words is subtracted, `b`.
const COMMON_TAKEN: f32 = 2.0;

/// Spellings that one task compares.
const WORDS_PER_TASK: usize = 2048;

/// The vector of a word from its spelling, at length 1; `None` if it shares no n-gram with known
/// words, as words of one or two letters.
///
/// # Errors
/// [`Error::NotFinite`](crate::Error::NotFinite) if a vector is not finite; a temporary file that
/// cannot be read.
///
/// # Panics
/// If the n-grams' vectors and those of the words differ in length.
pub fn guess(vectors: &WordVectors, ngrams: &NGramVectors, word: &str) -> Result<Option<Vec<f32>>> {
    from_spelling(vectors, ngrams, word, || words_alike(vectors.words(), word))
}

/// Guesses many words: lists the words of each n-gram once.
pub struct Guesser<'a> {
    vectors: &'a WordVectors,
    ngrams: &'a NGramVectors,
    index: NGrams,
    /// For each word the sum of the squared weights of its n-grams.
    squared_lengths: Vec<f32>,
}

impl<'a> Guesser<'a> {
    /// Lists the n-grams of all words. Memory: some 300 bytes a word.
    ///
    /// # Panics
    /// If the n-grams' vectors and those of the words differ in length.
    pub fn new(vectors: &'a WordVectors, ngrams: &'a NGramVectors) -> Self {
        assert_eq!(ngrams.dim(), vectors.dim(), "n-grams and words of other dimensions");
        let index = NGrams::all(vectors.words());
        let squared_length =
            |word| index.of_word(word).iter().map(|&gram| square_of(index.spelling(gram))).sum();
        let squared_lengths = (0..vectors.len()).into_par_iter().map(squared_length).collect();
        Self { vectors, ngrams, index, squared_lengths }
    }

    /// As [`guess`].
    ///
    /// # Errors
    /// As [`guess`].
    pub fn guess(&self, word: &str) -> Result<Option<Vec<f32>>> {
        from_spelling(self.vectors, self.ngrams, word, || self.words_alike(word))
    }

    /// As [`words_alike`].
    fn words_alike(&self, word: &str) -> Vec<(f32, WordId)> {
        let asked = NGramSet::of(word);
        let mut shared = vec![0.0f32; self.vectors.len()];
        let grams: BTreeSet<u32> =
            MarkedWord::new(word).n_grams().filter_map(|gram| self.index.number(gram)).collect();
        for gram in grams {
            let square = square_of(self.index.spelling(gram));
            self.index.of_gram(gram).iter().for_each(|&id| {
                shared[id as usize] += square;
            });
        }
        let squared_lengths = &self.squared_lengths;
        let cosine = |(id, (&shared, &squared_length)): (usize, (&f32, &f32))| {
            (shared > 0.0).then(|| (asked.cosine_of(shared, squared_length), WordId(id as u32)))
        };
        let alike = shared.iter().zip(squared_lengths).enumerate().filter_map(cosine);
        best_first(alike.collect(), ALIKE)
    }
}

/// What [`guess`] gives, with `alike` for the words that are spelled most like the word.
fn from_spelling(
    vectors: &WordVectors,
    ngrams: &NGramVectors,
    word: &str,
    alike: impl FnOnce() -> Vec<(f32, WordId)>,
) -> Result<Option<Vec<f32>>> {
    assert_eq!(ngrams.dim(), vectors.dim(), "n-grams and words of other dimensions");
    let Some(mut sum) = ngrams.predict(word)?.and_then(|predicted| unit(&predicted)) else {
        return Ok(None);
    };
    if let Some(of_words) = sum_of(vectors, &alike())? {
        sum.iter_mut().zip(of_words).for_each(|(sum, value)| *sum += SHARE_OF_WORDS * value);
    }
    let Some(mut guess) = unit(&sum) else { return Ok(None) };
    guess.iter_mut().zip(ngrams.common()).for_each(|(value, common)| {
        *value -= COMMON_TAKEN * common;
    });
    Ok(unit(&guess))
}

/// The vector at length 1; `None` if it is zero.
fn unit(vector: &[f32]) -> Option<Vec<f32>> {
    let length = length_of(vector);
    let mut unit = vec![0.0; vector.len()];
    (length > 0.0).then(|| {
        write_unit(vector, length, &mut unit);
        unit
    })
}

/// The sum of the vectors of words that are spelled alike, at length 1.
fn sum_of(vectors: &WordVectors, alike: &[(f32, WordId)]) -> Result<Option<Vec<f32>>> {
    let lengths = vectors.lengths()?;
    let mut sum = vec![0.0; vectors.dim()];
    for &(alike, id) in alike.iter().filter(|(_, id)| lengths[id.index()] > 0.0) {
        let square = alike * alike;
        let factor = square * square / lengths[id.index()];
        sum.iter_mut().zip(vectors.vector(id)).for_each(|(sum, value)| *sum += factor * value);
    }
    Ok(unit(&sum))
}

/// The known words that are spelled most like a word, with the cosines of their sets of n-grams.
fn words_alike(words: &Words, word: &str) -> Vec<(f32, WordId)> {
    let asked = NGramSet::of(word);
    let found = (0..words.len().div_ceil(WORDS_PER_TASK)).into_par_iter().map(|task| {
        let ids = task * WORDS_PER_TASK..words.len().min((task + 1) * WORDS_PER_TASK);
        let (mut marked, mut other) = (MarkedWord::default(), Vec::new());
        let mut scored: Vec<(f32, WordId)> = ids
            .map(|id| WordId(id as u32))
            .filter_map(|id| {
                marked.set(words.spelling(id));
                asked.cosine(&marked, &mut other).map(|cosine| (cosine, id))
            })
            .collect();
        keep_best(&mut scored, ALIKE);
        scored
    });
    let all = found.reduce(Vec::new, |mut left, mut right| {
        left.append(&mut right);
        keep_best(&mut left, ALIKE);
        left
    });
    best_first(all, ALIKE)
}

/// The distinct n-grams of a word, as hashes.
struct NGramSet {
    /// Rising, each with its weight squared.
    grams: Vec<(u64, f32)>,
    /// Which of the shortest n-grams there are, roughly: words that share none are passed over
    /// quickly.
    shortest: [u64; 16],
    squared_length: f32,
}

impl NGramSet {
    fn of(word: &str) -> Self {
        let marked = MarkedWord::new(word);
        let (mut grams, mut shortest) = (Vec::new(), [0; 16]);
        for gram in marked.shortest_n_grams() {
            let (place, bit) = place_of(hash_word(gram));
            shortest[place] |= bit;
        }
        let squared_length = collect_grams(&marked, &mut grams);
        Self { grams, shortest, squared_length }
    }

    /// The cosine with the set of another word, if they share something; `other` is used for that
    /// set.
    fn cosine(&self, word: &MarkedWord, other: &mut Vec<(u64, f32)>) -> Option<f32> {
        let may_share = |gram: &str| {
            let (place, bit) = place_of(hash_word(gram));
            self.shortest[place] & bit != 0
        };
        if !word.shortest_n_grams().any(may_share) {
            return None;
        }
        let squared_length = collect_grams(word, other);
        let is_shared = |&&(hash, _): &&(u64, f32)| {
            self.grams.binary_search_by_key(&hash, |&(hash, _)| hash).is_ok()
        };
        let shared: f32 = other.iter().filter(is_shared).map(|&(_, square)| square).sum();
        (shared > 0.0).then(|| self.cosine_of(shared, squared_length))
    }

    /// The cosine, from the squared weights of shared n-grams and of all of the other word.
    fn cosine_of(&self, shared: f32, squared_length: f32) -> f32 {
        shared / (self.squared_length * squared_length).sqrt()
    }
}

/// The distinct n-grams of a word with their weights squared, and the sum of these.
fn collect_grams(word: &MarkedWord, grams: &mut Vec<(u64, f32)>) -> f32 {
    grams.clear();
    grams.extend(word.n_grams().map(|gram| (hash_word(gram), square_of(gram))));
    grams.sort_unstable_by_key(|&(hash, _)| hash);
    grams.dedup_by_key(|&mut (hash, _)| hash);
    grams.iter().map(|&(_, square)| square).sum()
}

fn square_of(gram: &str) -> f32 {
    if gram.starts_with('<') { BEGINNING * BEGINNING } else { 1.0 }
}

fn place_of(hash: u64) -> (usize, u64) {
    ((hash >> 6) as usize % 16, 1 << (hash % 64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::neighbors::tests::scattered;

    fn words() -> Words {
        ["walk", "walked", "talked", "banana", "walker", "of", "banane", "wal"]
            .into_iter()
            .collect()
    }

    #[test]
    fn words_alike_are_those_of_the_definition() {
        let words = words();
        let set = |word: &str| -> BTreeSet<String> {
            let marked: Vec<char> = format!("<{word}>").chars().collect();
            let sizes = if marked.len() < 5 { 0..0 } else { 3..7 };
            sizes
                .flat_map(|size| marked.windows(size).map(String::from_iter).collect::<Vec<_>>())
                .collect()
        };
        let square = |grams: &BTreeSet<String>| -> f64 {
            grams.iter().map(|gram| if gram.starts_with('<') { 4.0 } else { 1.0 }).sum()
        };
        for asked in ["walking", "bananas", "stalked", "wa", "aaaa"] {
            let found = words_alike(&words, asked);
            for (id, word) in words.iter().enumerate() {
                let shared: BTreeSet<String> =
                    set(asked).intersection(&set(word)).cloned().collect();
                let expected = match square(&shared) {
                    0.0 => 0.0,
                    shared => shared / (square(&set(asked)) * square(&set(word))).sqrt(),
                };
                let cosine = found.iter().find(|it| it.1.index() == id).map_or(0.0, |it| it.0);
                assert!((f64::from(cosine) - expected).abs() < 1e-6, "{asked} {word}");
            }
            assert!(found.is_sorted_by(|left, right| left.0 >= right.0));
        }
    }

    #[test]
    fn a_guess_is_the_definition() {
        let words = words();
        let values: Vec<f32> = (0..16).map(|at| ((at * 7 % 11) as f32 - 5.0) / 3.0).collect();
        let vectors = WordVectors::new(words, 2, values);
        let grams: Words = ["<wal", "alk", "ing>"].into_iter().collect();
        let bits = [1.0f32, 0.0, 0.5, 0.25, 0.0, -1.0].map(|it| half::f16::from_f32(it).to_bits());
        let ngrams = NGramVectors::from_bits(grams, 2, bits.to_vec(), vec![0.1, -0.2]);
        let unit = |[x, y]: [f64; 2]| {
            let length = x.hypot(y);
            [x / length, y / length]
        };
        // All three n-grams are in the word: their sum is (1.5, -0.75).
        let p = unit([1.5, -0.75]);
        let mut f = [0.0; 2];
        for (alike, id) in words_alike(vectors.words(), "walking") {
            let v = unit([0, 1].map(|at| f64::from(vectors.vector(id)[at])));
            f = [0, 1].map(|at| f[at] + f64::from(alike).powi(4) * v[at]);
        }
        let f = unit(f);
        let g = unit([0, 1].map(|at| p[at] + 1.5 * f[at]));
        let expected = unit([g[0] - 2.0 * 0.1, g[1] + 2.0 * 0.2]);
        let found = guess(&vectors, &ngrams, "walking").unwrap().unwrap();
        for at in 0..2 {
            assert!((f64::from(found[at]) - expected[at]).abs() < 1e-6, "{found:?} {expected:?}");
        }
        assert_eq!(guess(&vectors, &ngrams, "xyz").unwrap(), None);
        assert_eq!(guess(&vectors, &ngrams, "wa").unwrap(), None);
    }

    #[test]
    fn many_guesses_are_those_of_one() {
        let spellings: Vec<String> = (0..700u32)
            .map(|i| format!("{:b}{}{:x}", i % 37, ["an", "ñó", "ing"][i as usize % 3], i))
            .collect();
        let words: Words = spellings.iter().map(String::as_str).collect();
        let vectors = WordVectors::new(words, 5, scattered(700, 5).as_slice().to_vec());
        let grams: Words = ["<10", "an1", "ng2", "ñó1", "<11"].into_iter().collect();
        let bits = (0..25).map(|at| half::f16::from_f32((at % 7) as f32 - 3.0).to_bits());
        let ngrams = NGramVectors::from_bits(grams, 5, bits.collect(), vec![0.1; 5]);
        let guesser = Guesser::new(&vectors, &ngrams);
        let mut n_guessed = 0;
        for word in ["101an10", "10an1f", "ng22", "100ñó10", "xyz", "11ing12", "anana"] {
            assert_eq!(guesser.words_alike(word), words_alike(vectors.words(), word), "{word}");
            let one = guess(&vectors, &ngrams, word).unwrap();
            n_guessed += usize::from(one.is_some());
            assert_eq!(guesser.guess(word).unwrap(), one, "{word}");
        }
        assert!(n_guessed >= 4);
    }

    #[test]
    fn values_that_are_not_finite_are_named() {
        let vectors = WordVectors::new(words(), 1, vec![1.0; 8]);
        let bits = vec![half::f16::NAN.to_bits()];
        let ngrams = NGramVectors::from_bits(["<wal"].into_iter().collect(), 1, bits, vec![0.0]);
        let message = guess(&vectors, &ngrams, "walking").unwrap_err().to_string();
        assert!(message.contains("the n-grams of `walking`"), "{message}");
        assert_eq!(guess(&vectors, &ngrams, "talking").unwrap(), None);
    }
}
