//! Search for documents by exact words and by meaning together.
//!
//! In: [`Codes`], with the words of their documents if these are known, and a query: its words, and
//! its code if the model knows any of them. Out: the `top` documents of the greatest score, best
//! first, the lower row first among equals.
//!
//! Words find exact matches: a name, a number, a quotation. Codes find documents with other words
//! for the same subject. A document's score is
//!
//! `(1 - g) cosine + 2 b + c^4 + g` with `g = c^16 min(1, max(0, (n - 4) / 2))`
//!
//! where `b` is its BM25 score over the greatest possible one for this query, and `c` is the share
//! of the query that is in the document, with the inverse document frequency of each word as its
//! weight ([`WordMatch`]). Both are 0 for a document without a word of the query, and near 1 for
//! one with all of it. `n` is the number of distinct words of the query that are in any document:
//! documents with all words of a long query, such as a sentence, are ordered by words alone. The
//! cosine of a document without a code counts as 0. The formula was chosen on half of the groups of
//! 20 Newsgroups, see `docs/benchmarks/documents.md`.

use std::collections::BTreeMap;

use serde::Serialize;

use super::codes::Codes;
use super::nearest::cosines;
use crate::base::error::{Error, Result};
use crate::base::functions::whole_power;
use crate::query::{best_first, check_top};

/// The weight of the BM25 score relative to the cosine.
const WORDS_WEIGHT: f64 = 2.0;

/// A query of at most `SHORT_QUERY` distinct words is not a quotation; one of at least `LONG_QUERY`
/// that a document has completely is one.
const SHORT_QUERY: f64 = 4.0;
const LONG_QUERY: f64 = 6.0;

/// A document is found by words if it is among this many best by words alone, and by meaning if it
/// is among this many best by codes alone, however many answers are asked for.
const FOUND_AMONG: usize = 20;

/// A query.
#[derive(Debug, Clone, Default)]
pub struct Query<'a> {
    /// Its words with their counts, also those that the model does not know.
    pub words: BTreeMap<String, u32>,
    /// Its code, with the components of the searched codes; `None` if the model knows none of its
    /// words.
    pub code: Option<&'a [f32]>,
}

/// Whether words or meaning found a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FoundBy {
    /// By words: it is among the best 20 by words alone, or has no code.
    Words,
    /// By meaning: it is among the best 20 by codes alone, or its words are not known.
    Meaning,
    /// By both, each alone; or only by both together, if it is among the best of neither and has
    /// words of the query and a code.
    Both,
}

impl FoundBy {
    /// The name in outputs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Words => "words",
            Self::Meaning => "meaning",
            Self::Both => "both",
        }
    }
}

/// A document as an answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SearchAnswer {
    /// Its number, from 1.
    pub document: u64,
    /// The row of its code.
    pub row: usize,
    /// The score of the order; above the cosine if words of the query are in the document.
    pub score: f64,
    /// The cosine of its code and that of the query, from -1 to 1; `None` if either has no code.
    pub similarity: Option<f32>,
    /// Whether words or meaning found it.
    pub found_by: FoundBy,
}

/// What a search found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SearchAnswers {
    /// The documents, best first.
    pub documents: Vec<SearchAnswer>,
    /// The words of the query that are in any document, each with its inverse document frequency.
    pub word_weights: BTreeMap<String, f64>,
}

/// Searches by words and by meaning, without the documents that `is_excluded` excludes by their
/// number.
///
/// # Errors
/// [`Error::Parameter`] for a `top` of 0; [`Error::NothingFound`] if the model knows no word of the
/// query and no document has one; [`Error::NotFinite`] if a code is not finite.
///
/// # Panics
/// If the dimensions of the query's code differ from those of the codes.
pub fn search(
    codes: &Codes,
    query: &Query,
    top: usize,
    is_excluded: impl Fn(u64) -> bool + Sync,
) -> Result<SearchAnswers> {
    check_top(top)?;
    let by_meaning = match query.code {
        Some(code) => cosines(codes, code)?,
        None => vec![None; codes.len()],
    };
    let (idfs, by_words) =
        codes.words().map_or_else(Default::default, |words| words.look_up(&query.words));
    if query.code.is_none() && by_words.is_empty() {
        return Err(nothing_found(codes, query));
    }
    let mut evidence: Vec<Evidence> = by_meaning
        .into_iter()
        .map(|cosine| Evidence { cosine, relative: 0.0, coverage: 0.0 })
        .collect();
    for it in &by_words {
        evidence[it.row].relative = it.relative;
        evidence[it.row].coverage = it.coverage;
    }
    let n_found = idfs.iter().filter(|&&idf| idf > 0.0).count() as f64;
    let length = ((n_found - SHORT_QUERY) / (LONG_QUERY - SHORT_QUERY)).clamp(0.0, 1.0);
    let rows: Vec<usize> = (0..codes.len())
        .filter(|&row| evidence[row].is_any() && !is_excluded(codes.documents()[row]))
        .collect();
    let found = best_of(&rows, top, |row| evidence[row].score(length));
    let least = |part: &dyn Fn(&Evidence) -> f64| {
        let rows: Vec<usize> =
            rows.iter().copied().filter(|&row| part(&evidence[row]) > f64::NEG_INFINITY).collect();
        let best = best_of(&rows, FOUND_AMONG, |row| part(&evidence[row]));
        best.last().map_or(f64::INFINITY, |&row| part(&evidence[row]))
    };
    let least = [least(&Evidence::by_words), least(&Evidence::by_meaning)];
    let answer = |row: usize| SearchAnswer {
        document: codes.documents()[row],
        row,
        score: evidence[row].score(length),
        similarity: evidence[row].cosine,
        found_by: evidence[row].found_by(least),
    };
    let weights = query.words.keys().cloned().zip(idfs).filter(|(_, idf)| *idf > 0.0).collect();
    Ok(SearchAnswers { documents: found.into_iter().map(answer).collect(), word_weights: weights })
}

/// What speaks for a document: the parts of its score.
struct Evidence {
    /// The cosine of the codes; `None` if the document or the query has none.
    cosine: Option<f32>,
    /// BM25 over the greatest that any document could have; 0 for no word of the query.
    relative: f64,
    /// The share of the query that is in the document.
    coverage: f64,
}

impl Evidence {
    fn is_any(&self) -> bool {
        self.cosine.is_some() || self.relative > 0.0
    }

    /// The score of the module's documentation; `length` is 0 for a short query, 1 for a quotation.
    fn score(&self, length: f64) -> f64 {
        let fourth = whole_power(self.coverage, 4);
        let is_quotation = length * whole_power(fourth, 4);
        (1.0 - is_quotation) * f64::from(self.cosine.unwrap_or(0.0))
            + WORDS_WEIGHT * self.relative
            + fourth
            + is_quotation
    }

    fn by_words(&self) -> f64 {
        if self.relative > 0.0 { self.relative } else { f64::NEG_INFINITY }
    }

    fn by_meaning(&self) -> f64 {
        self.cosine.map_or(f64::NEG_INFINITY, f64::from)
    }

    /// By words, by meaning or by both; `least` are the least of the best by words and by meaning
    /// alone.
    fn found_by(&self, least: [f64; 2]) -> FoundBy {
        match (
            self.by_words() >= least[0],
            self.by_meaning() >= least[1],
            self.relative > 0.0,
            self.cosine.is_some(),
        ) {
            (true, false, ..) | (false, false, true, false) => FoundBy::Words,
            (false, true, ..) | (false, false, false, true) => FoundBy::Meaning,
            _ => FoundBy::Both,
        }
    }
}

fn nothing_found(codes: &Codes, query: &Query) -> Error {
    let reason = match codes.words() {
        Some(_) => "neither the model nor any of the documents knows one of its words",
        None => {
            "the model knows none of its words, and the file of codes has no words of documents \
             to look in: give their texts too"
        }
    };
    let words: Vec<&str> = query.words.keys().map(String::as_str).collect();
    Error::NothingFound { query: words.join(" "), reason: reason.to_owned() }
}

/// The `top` rows with the greatest score, best first, the lower row first among equals.
fn best_of(rows: &[usize], top: usize, score: impl Fn(usize) -> f64) -> Vec<usize> {
    let scored = rows.iter().map(|&row| (score(row), row)).collect();
    best_first(scored, top).into_iter().map(|(_, row)| row).collect()
}
