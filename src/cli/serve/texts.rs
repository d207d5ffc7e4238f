//! The documents of a model as a server has them: codes, texts in memory, labels.
//!
//! In: the options of `serve`. Out: documents that a query is about, one document, and the words
//! that stand out in it. No request reads a file.

use std::collections::BTreeMap;

use anyhow::Result;
use eigenlex::encode::{Encoder, Query, Relevance, SearchAnswers, for_each_text, search, snippet};
use eigenlex::evaluate::DocumentClasses;
use eigenlex::{Error, Model, Progress};
use serde::Serialize;

use crate::cli::documents::answers::{Row, SNIPPET};
use crate::cli::documents::inputs::{self, DocumentsArgs, unknown};
use crate::cli::documents::labels::LabelsArgs;
use crate::cli::output::Decimals;
use crate::cli::output::bars::Bars;

/// Tokens that the corpus is taken to have beside the counted ones, as in the page
/// (`web/src/standout.js`).
const PRIOR: f64 = 500.0;

/// Tokens of a document from which a word has to occur twice to stand out.
const SHORT: f64 = 150.0;

/// By what documents are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    Words,
    Meaning,
    Both,
}

/// Documents with their codes, and with their texts if these are at hand.
pub(super) struct Documents {
    pub(super) found: inputs::Documents,
    texts: Option<Texts>,
    labels: Option<DocumentClasses>,
}

/// The text of each document, one after the other.
#[derive(Default)]
struct Texts {
    all: String,
    /// Where that of each document ends.
    ends: Vec<usize>,
}

impl Texts {
    fn of(&self, document: u64) -> Option<&str> {
        let place = usize::try_from(document.checked_sub(1)?).ok()?;
        let end = *self.ends.get(place)?;
        let begin = place.checked_sub(1).map_or(0, |before| self.ends[before]);
        Some(&self.all[begin..end])
    }
}

/// A word of a document with its z-score.
#[derive(Serialize)]
pub(super) struct StandsOut {
    word: String,
    count: u32,
    z: Decimals<4>,
}

impl Documents {
    pub(super) fn open(
        args: &DocumentsArgs,
        labels: &LabelsArgs,
        model: &Model,
        bars: &Bars,
    ) -> Result<Self> {
        let encoder = Encoder::new(model)?;
        let found = args.open_some(&encoder, bars)?;
        let texts = match (&found.texts, found.codes.documents().iter().max()) {
            (Some(corpus), Some(&last)) => {
                let mut texts = Texts::default();
                for_each_text(corpus, last, |_, text| {
                    texts.all += text;
                    texts.ends.push(texts.all.len());
                    if bars.is_cancelled() { Err(Error::Interrupted) } else { Ok(()) }
                })?;
                texts.all.shrink_to_fit();
                Some(texts)
            }
            _ => None,
        };
        let labels = labels.read(&found.codes, bars)?;
        Ok(Self { found, texts, labels })
    }

    pub(super) fn len(&self) -> usize {
        self.found.codes.len()
    }

    pub(super) fn text(&self, document: u64) -> Option<&str> {
        self.texts.as_ref()?.of(document)
    }

    pub(super) fn label(&self, document: u64) -> Option<&str> {
        let classes = self.labels.as_ref()?;
        classes.class_of(document).map(|class| classes.classes[class as usize].as_str())
    }

    /// The documents that a text is about, as `search` finds them.
    pub(super) fn search(
        &self,
        model: &Model,
        text: &str,
        by: By,
        top: usize,
    ) -> Result<serde_json::Value> {
        let encoder = Encoder::new(model)?;
        let weighted = encoder.weigh_text(text)?;
        let z = encoder.encode(&weighted);
        let has_code = !weighted.words.is_empty() && by != By::Words;
        let code = has_code.then(|| encoder.part(&z, self.found.components));
        if by == By::Meaning && code.is_none() {
            return Err(unknown(text).into());
        }
        let words = if by == By::Meaning { BTreeMap::new() } else { encoder.words_of(text)? };
        let query = Query { words, code };
        let found = search(&self.found.codes, &query, top, |_| false)?;
        let near = code.map(|_| encoder.nearness(&z));
        let nearness = near
            .as_ref()
            .map(|near| |word: &str| model.vectors.id(word).map_or(0.0, |id| near[id.index()]));
        self.rows(&found, nearness.as_ref().map(|it| it as &dyn Fn(&str) -> f64))
    }

    /// The documents like the one of a row, as `similar-documents` finds them.
    pub(super) fn similar(&self, row: usize, top: usize) -> Result<serde_json::Value> {
        let codes = &self.found.codes;
        let number = codes.documents()[row];
        let words = codes.words().into_iter().flat_map(|words| words.row(row));
        let words = words.map(|(word, count)| (word.to_owned(), count)).collect();
        let query = Query { words, code: Some(codes.code(row)) };
        let found = search(codes, &query, top, |other| other == number)?;
        let found = SearchAnswers { word_weights: Default::default(), ..found };
        self.rows(&found, None)
    }

    fn rows(
        &self,
        found: &SearchAnswers,
        nearness: Option<&dyn Fn(&str) -> f64>,
    ) -> Result<serde_json::Value> {
        let relevance = Relevance { words: Some(&found.word_weights), nearness };
        let texts = found.documents.iter().filter_map(|it| {
            let text = self.text(it.document)?;
            Some((it.document, snippet(text, relevance, SNIPPET)))
        });
        let texts: BTreeMap<u64, String> = texts.collect();
        let rows = found.documents.iter().map(|it| Row::of(it, &self.found, &texts));
        Ok(serde_json::to_value(rows.collect::<Vec<_>>())?)
    }

    /// The words that stand out in a document against the corpus of the model: log-odds with a
    /// prior, as a z-score (Monroe, Colaresi & Quinn 2008, "Fightin' words", section 3.3). Words
    /// that the model does not know have no count to compare with.
    pub(super) fn standing_out(&self, model: &Model, row: usize, top: usize) -> Vec<StandsOut> {
        let Some(words) = self.found.codes.words() else { return Vec::new() };
        let n_own = f64::from(words.n_tokens(row));
        let n_others = model.provenance.n_kept_tokens as f64;
        let all = n_own + n_others;
        let odds = |count: f64, weight: f64, n: f64| {
            libm::log((count + weight) / (n + PRIOR - count - weight).max(1.0))
        };
        let mut found: Vec<(f64, u32, &str)> = words
            .row(row)
            .filter(|&(_, count)| count > 1 || n_own <= SHORT)
            .filter_map(|(word, count)| {
                let others = model.counts[model.vectors.id(word)?.index()] as f64;
                let own = f64::from(count);
                let weight = PRIOR * (others + 0.5) / all;
                let difference = odds(own, weight, n_own) - odds(others, weight, n_others);
                let variance = 1.0 / (own + weight) + 1.0 / (others + weight);
                (difference > 0.0).then(|| (difference / variance.sqrt(), count, word))
            })
            .collect();
        found.sort_by(|left, right| right.0.total_cmp(&left.0).then(left.2.cmp(right.2)));
        found.truncate(top);
        let shown = |(z, count, word): (f64, u32, &str)| StandsOut {
            word: word.to_owned(),
            count,
            z: Decimals(z),
        };
        found.into_iter().map(shown).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_lie_one_after_the_other() {
        let texts = Texts { all: "onetwo".to_owned(), ends: vec![3, 3, 6] };
        let found: Vec<_> = (0..5).map(|number| texts.of(number)).collect();
        assert_eq!(found, [None, Some("one"), Some(""), Some("two"), None]);
    }
}
