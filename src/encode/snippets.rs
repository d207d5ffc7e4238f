//! Short excerpts of documents, given by their numbers.
//!
//! In: a corpus, numbers of documents, and words to look for, each with a weight such as the
//! inverse document frequency. Out: for each document the part of its text with the greatest weight
//! of distinct words, or its beginning, on one line. Documents are numbered as
//! [`stream`](fn@crate::tokenize::stream) reads them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use unicode_segmentation::UnicodeSegmentation;

use crate::base::error::Result;
use crate::corpus::{Corpus, Event, Pieces};

/// Bytes of a document that are searched.
const LOOKED_AT: usize = 1 << 20;

/// Characters before the first word found.
const BEFORE: usize = 40;

/// About `length` characters of each of the documents that are in the corpus.
///
/// # Errors
/// Errors of the sources.
pub fn snippets(
    corpus: &Corpus,
    documents: &BTreeSet<u64>,
    relevance: Relevance<'_>,
    length: usize,
) -> Result<BTreeMap<u64, String>> {
    let mut found = BTreeMap::new();
    let Some(&last) = documents.last() else { return Ok(found) };
    for_each_text(corpus, last, |number, text| {
        if documents.contains(&number) {
            found.insert(number, snippet(text, relevance, length));
        }
        Ok(())
    })?;
    Ok(found)
}

/// What makes a part of a text worth showing.
#[derive(Clone, Copy, Default)]
pub struct Relevance<'a> {
    /// Words to look for, each with a weight such as the inverse document frequency.
    pub words: Option<&'a BTreeMap<String, f64>>,
    /// For a document with none of them: how near each of its words is to the query. See
    /// [`Encoder::nearness`](super::Encoder::nearness).
    pub nearness: Option<&'a dyn Fn(&str) -> f64>,
}

impl fmt::Debug for Relevance<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Relevance").field("words", &self.words).finish_non_exhaustive()
    }
}

/// Calls `visit` with the number, from 1, and the text of each document up to number `last`, or the
/// first megabyte of it.
///
/// # Errors
/// Errors of the sources and of `visit`.
pub fn for_each_text(
    corpus: &Corpus,
    last: u64,
    mut visit: impl FnMut(u64, &str) -> Result<()>,
) -> Result<()> {
    let mut pieces = Pieces::new(corpus);
    let (mut number, mut has_text, mut text) = (1u64, false, String::new());
    while number <= last {
        let Some(bundle) = pieces.next_bundle()? else { break };
        let mut end = |text: &mut String, has_text: &mut bool| -> Result<()> {
            if std::mem::take(has_text) {
                if number <= last {
                    visit(number, text)?;
                }
                number += 1;
                text.clear();
            }
            Ok(())
        };
        for piece in &bundle.pieces {
            piece.walk(|event| {
                match event {
                    Event::Text(part) => {
                        has_text = true;
                        push_up_to(LOOKED_AT, part, &mut text);
                    }
                    Event::Token(token) => {
                        if std::mem::replace(&mut has_text, true) {
                            push_up_to(LOOKED_AT, " ", &mut text);
                        }
                        push_up_to(LOOKED_AT, token, &mut text);
                    }
                    Event::EndOfSentence | Event::Metadata { .. } => {}
                    Event::EndOfDocument => end(&mut text, &mut has_text)?,
                }
                Ok(())
            })?;
            if piece.ends_source {
                end(&mut text, &mut has_text)?;
            }
        }
    }
    Ok(())
}

/// Appends a part to a text of at most so many bytes.
fn push_up_to(most: usize, part: &str, text: &mut String) {
    let mut cut = most.saturating_sub(text.len()).min(part.len());
    while !part.is_char_boundary(cut) {
        cut -= 1;
    }
    text.push_str(&part[..cut]);
}

/// The part of `length` characters with the greatest weight of distinct words, on one line; without
/// such words, the part nearest to the query; else the beginning of the text. The first of equals.
pub fn snippet(text: &str, relevance: Relevance<'_>, length: usize) -> String {
    let (first, last) = relevance
        .words
        .and_then(|weights| best_stretch(text, weights, length))
        .or_else(|| relevance.nearness.and_then(|nearness| nearest_stretch(text, nearness, length)))
        .unwrap_or((0, 0));
    // Back over some characters, then forward to the beginning of a word; few enough that the last
    // word still fits.
    let span = text[first..last].chars().count();
    let before = BEFORE.min(length.saturating_sub(span) / 2);
    let back =
        text[..first].char_indices().rev().take(before).last().map_or(first, |(start, _)| start);
    let start = match back {
        0 => 0,
        back => text[back..first].find(char::is_whitespace).map_or(first, |blank| back + blank),
    };
    let mut line = String::new();
    let mut n_characters = 0;
    for word in text[start..].split_whitespace() {
        n_characters += word.chars().count() + 1;
        if n_characters > length + 1 && !line.is_empty() {
            line.push_str(" ...");
            break;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        // A text without spaces is one word.
        line.extend(word.chars().filter(|character| !character.is_control()).take(length));
    }
    if start > 0 { format!("... {line}") } else { line }
}

/// The end of a word with the punctuation after it, given its end without.
fn end_of(text: &str, end: usize) -> usize {
    let is_punctuation =
        |&character: &char| !character.is_alphanumeric() && !character.is_whitespace();
    end + text[end..].chars().take_while(is_punctuation).map(char::len_utf8).sum::<usize>()
}

/// The range of the best part, in bytes: from one word with a weight to another.
fn best_stretch(
    text: &str,
    weights: &BTreeMap<String, f64>,
    length: usize,
) -> Option<(usize, usize)> {
    if weights.is_empty() {
        return None;
    }
    // The beginning and the end of each word with a weight, its place among the weights, and the
    // weight.
    let mut words: Vec<(usize, usize, usize, f64)> = Vec::new();
    for (start, word) in text.unicode_word_indices() {
        let lower = word.to_lowercase();
        if let Some(position) = weights.keys().position(|it| *it == lower) {
            words.push((start, end_of(text, start + word.len()), position, weights[&lower]));
        }
    }
    let mut best: Option<(f64, usize, usize)> = None;
    for (number, &(start, ..)) in words.iter().enumerate() {
        let (mut met, mut sum, mut last) = (Vec::new(), 0.0, start);
        for &(_, end, position, weight) in &words[number..] {
            // A number of bytes is at least a quarter as many characters, and at most as many.
            if end - start > length
                && (end - start > 4 * length || text[start..end].chars().count() > length)
            {
                break;
            }
            if !met.contains(&position) {
                met.push(position);
                sum += weight;
                last = end;
            }
        }
        if best.is_none_or(|(best, ..)| sum > best + 1e-9) && last > start {
            best = Some((sum, start, last));
        }
    }
    best.map(|(_, start, last)| (start, last))
}

/// The range of the part with the greatest sum of nearness, in bytes; `None` if no word is near.
fn nearest_stretch(
    text: &str,
    nearness: &dyn Fn(&str) -> f64,
    length: usize,
) -> Option<(usize, usize)> {
    let words: Vec<(usize, usize, f64)> = text
        .unicode_word_indices()
        .map(|(start, word)| {
            (start, end_of(text, start + word.len()), nearness(&word.to_lowercase()))
        })
        .collect();
    let (mut best, mut sum, mut next) = (None::<(f64, usize, usize)>, 0.0, 0);
    for (number, &(start, _, own)) in words.iter().enumerate() {
        // The words up to `next` are in the part that begins with this one; most characters of most
        // scripts take a byte or two.
        while next < words.len() && words[next].1 - start <= length {
            sum += words[next].2;
            next += 1;
        }
        if next > number && best.is_none_or(|(best, ..)| sum > best + 1e-9) {
            best = Some((sum, start, words[next - 1].1));
        }
        if next > number {
            sum -= own;
        } else {
            next = number + 1;
        }
    }
    best.filter(|(sum, ..)| *sum > 0.0).map(|(_, start, last)| (start, last))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::tests::corpus_of;

    #[test]
    fn documents_are_told_by_their_numbers_and_words() {
        let folder = tempfile::tempdir().unwrap();
        let corpus = corpus_of(
            folder.path(),
            "one\n\n  The third\thas  a Ship in it, and goes on for a while\nfour",
        );
        let weights = BTreeMap::from([("ship".to_owned(), 2.0)]);
        let relevance = Relevance { words: Some(&weights), nearness: None };
        let found = snippets(&corpus, &BTreeSet::from([1, 2, 3, 4, 9]), relevance, 20).unwrap();
        let expected = [(1, "one"), (2, ""), (3, "... has a Ship in it, ..."), (4, "four")];
        assert_eq!(
            found.iter().map(|(&number, text)| (number, text.as_str())).collect::<Vec<_>>(),
            expected
        );
        let long = format!("{} ship ahead", "before ".repeat(20));
        assert_eq!(snippet(&long, relevance, 60), "... before before before ship ahead");
    }

    #[test]
    fn the_stretch_with_the_rarest_words_is_shown() {
        let weights = BTreeMap::from([
            ("a".to_owned(), 0.1),
            ("moon".to_owned(), 3.0),
            ("landing".to_owned(), 4.0),
        ]);
        let relevance = Relevance { words: Some(&weights), nearness: None };
        let text = format!(
            "A day. A moon. {} The landing on the moon was a feat.",
            "So it goes on. ".repeat(30)
        );
        assert_eq!(snippet(&text, relevance, 40), "... The landing on the moon was a feat.");
        // Without a word of the query the stretch with the nearest words is shown, without any the
        // beginning.
        let nearness = |word: &str| if word == "feat" { 1.0 } else { 0.0 };
        let none = BTreeMap::from([("comet".to_owned(), 1.0)]);
        let relevance = Relevance { words: Some(&none), nearness: Some(&nearness) };
        let found = snippet(&text, relevance, 30);
        assert_eq!(found, "... on the moon was a feat.");
        assert_eq!(snippet(&text, Relevance::default(), 12), "A day. A ...");
    }
}
