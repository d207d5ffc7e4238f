//! The queries of the tasks by which a search is scored.
//!
//! In: codes of documents with their words, and the texts. Out: queries, each with what it looks
//! for.

use std::collections::BTreeMap;
use std::io::BufRead;
use std::path::Path;

use unicode_segmentation::UnicodeSegmentation;

use super::classes::DocumentClasses;
use super::lines::each_line;
use crate::base::error::{Error, Result};
use crate::base::random::bits_at;
use crate::corpus::Corpus;
use crate::encode::{Codes, Components, DocumentWords, Encoder, for_each_text};

/// The queries of the tasks whose queries are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DrawnQueries {
    /// At most so many for each task.
    pub n: usize,
    /// What they are drawn by.
    pub seed: u64,
}

/// Queries with their answers, a class or a document each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchQuestions {
    /// The file's name, for messages.
    pub file: String,
    /// Query and answer, in order.
    pub questions: Vec<(String, String)>,
}

impl SearchQuestions {
    /// Reads lines: a query, a tab, a class or the name of a document. `path` names the stream.
    ///
    /// # Errors
    /// [`Error::Malformed`] for a line without a tab, and if there is none; [`Error::Io`].
    pub fn read(input: impl BufRead, path: &Path) -> Result<Self> {
        let mut questions = Vec::new();
        each_line(input, path, |line, number| {
            match line.split_once('\t').map(|(query, answer)| (query.trim(), answer.trim())) {
                Some((query, answer)) if !query.is_empty() && !answer.is_empty() => {
                    questions.push((query.to_owned(), answer.to_owned()));
                    Ok(())
                }
                _ => Err(Error::malformed(
                    path,
                    Some(number),
                    format!("`{line}`"),
                    "a query, a tab, and a class or the name of a document",
                )),
            }
        })?;
        if questions.is_empty() {
            return Err(Error::malformed(
                path,
                None,
                "no line",
                "a query, a tab, and a class or the name of a document",
            ));
        }
        Ok(Self { file: path.display().to_string(), questions })
    }
}

/// A query of any task.
pub(super) struct SearchQuery {
    pub(super) words: BTreeMap<String, u32>,
    pub(super) code: Option<Vec<f32>>,
    pub(super) sought: Sought,
    /// The class that it is counted for.
    pub(super) class: Option<u32>,
    /// Rows that are no answers.
    pub(super) excluded: Vec<usize>,
}

/// The answer that a query looks for.
#[derive(Clone, Copy)]
pub(super) enum Sought {
    Document(u64),
    Class(u32),
}

/// Tokens that a sentence has, and the least that a document has: of known items, and of whole
/// documents as queries.
const SENTENCE_TOKENS: std::ops::RangeInclusive<u32> = 8..=25;

pub(super) const KNOWN_ITEM_TOKENS: u32 = 50;

const WHOLE_TOKENS: u32 = 20;

/// Rows of the table of random numbers: one for each thing that is drawn.
const OF_ITEMS: u64 = 1;

const OF_SENTENCES: u64 = 2;

const OF_WHOLE: u64 = 3;

/// What queries are made of: the model, and the codes of documents with their words.
pub(super) struct QuerySource<'a> {
    pub(super) encoder: &'a Encoder<'a>,
    pub(super) codes: &'a Codes,
    pub(super) words: &'a DocumentWords,
}

impl QuerySource<'_> {
    /// The rows of documents with at least so many tokens, in a random order.
    fn shuffled(&self, least: u32, seed: u64, table: u64) -> Vec<usize> {
        let mut rows: Vec<(u64, usize)> = (0..self.codes.len())
            .filter(|&row| self.words.n_tokens(row) >= least)
            .map(|row| (bits_at(seed, table, self.codes.documents()[row]), row))
            .collect();
        rows.sort_unstable();
        rows.into_iter().map(|(_, row)| row).collect()
    }

    /// The query of a text.
    fn text_query(&self, text: &str, sought: Sought) -> Result<SearchQuery> {
        let (encoder, codes) = (self.encoder, self.codes);
        let weighted = encoder.weigh_text(text)?;
        let z = encoder.encode(&weighted);
        let components =
            if codes.dim() == encoder.rank() { Components::All } else { Components::Kept };
        let code = (!weighted.words.is_empty()).then(|| encoder.part(&z, components).to_vec());
        Ok(SearchQuery {
            words: encoder.words_of(text)?,
            code,
            sought,
            class: None,
            excluded: Vec::new(),
        })
    }
}

/// A sentence that may become a query.
struct Candidate {
    row: usize,
    /// Its tokens, each between spaces.
    tokens: String,
    text: String,
    is_elsewhere: bool,
}

/// Sentences that only one document holds, each as a query for that document.
pub(super) fn known_items(
    source: &QuerySource<'_>,
    texts: &Corpus,
    classes: Option<&DocumentClasses>,
    DrawnQueries { n, seed }: DrawnQueries,
) -> Result<Vec<SearchQuery>> {
    let codes = source.codes;
    let order = source.shuffled(KNOWN_ITEM_TOKENS, seed, OF_ITEMS);
    // Some have no sentence of such a length, or none that only they hold.
    let tried: BTreeMap<u64, usize> =
        order.iter().take(2 * n).map(|&row| (codes.documents()[row], row)).collect();
    let mut candidates = draw_sentences(source, texts, &tried, seed)?;
    mark_repeated(source, texts, &mut candidates)?;
    let kept =
        order.iter().filter_map(|row| candidates.get(row)).filter(|it| !it.is_elsewhere).take(n);
    let asked = |it: &Candidate| {
        let document = codes.documents()[it.row];
        let class = classes.and_then(|classes| classes.class_of(document));
        let sought = Sought::Document(document);
        Ok(SearchQuery { class, ..source.text_query(&it.text, sought)? })
    };
    kept.map(asked).collect()
}

/// A random sentence of each of the documents, given by their numbers with the rows of their codes.
fn draw_sentences(
    source: &QuerySource<'_>,
    texts: &Corpus,
    tried: &BTreeMap<u64, usize>,
    seed: u64,
) -> Result<BTreeMap<usize, Candidate>> {
    let mut candidates = BTreeMap::new();
    let Some(&last) = source.codes.documents().iter().max() else { return Ok(candidates) };
    for_each_text(texts, last, |number, text| {
        let Some(&row) = tried.get(&number) else { return Ok(()) };
        let mut sentences = Vec::new();
        for sentence in text.split_sentence_bounds() {
            let (tokens, n_tokens) = tokens_of(source.encoder, sentence)?;
            if SENTENCE_TOKENS.contains(&n_tokens) {
                sentences.push((tokens, sentence));
            }
        }
        if !sentences.is_empty() {
            let drawn = bits_at(seed, OF_SENTENCES, number) % sentences.len() as u64;
            let (tokens, text) = sentences.swap_remove(drawn as usize);
            let candidate = Candidate { row, tokens, text: text.to_owned(), is_elsewhere: false };
            candidates.insert(row, candidate);
        }
        Ok(())
    })?;
    Ok(candidates)
}

/// Marks the sentences that another document holds too.
fn mark_repeated(
    source: &QuerySource<'_>,
    texts: &Corpus,
    candidates: &mut BTreeMap<usize, Candidate>,
) -> Result<()> {
    // Another document can hold a sentence only if it holds all its words.
    let mut suspects: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
    for candidate in candidates.values() {
        for it in source.words.search(&source.encoder.words_of(&candidate.text)?) {
            if it.row != candidate.row && it.coverage > 1.0 - 1e-9 {
                suspects.entry(source.codes.documents()[it.row]).or_default().push(candidate.row);
            }
        }
    }
    for_each_text(texts, suspects.keys().next_back().copied().unwrap_or(0), |number, text| {
        if let Some(rows) = suspects.get(&number) {
            let (tokens, _) = tokens_of(source.encoder, text)?;
            for row in rows {
                let candidate = candidates.get_mut(row).expect("a suspect of this candidate");
                candidate.is_elsewhere |= tokens.contains(&candidate.tokens);
            }
        }
        Ok(())
    })
}

/// The tokens of a text, each between spaces, and their number.
fn tokens_of(encoder: &Encoder, text: &str) -> Result<(String, u32)> {
    let (mut tokens, mut n_tokens) = (" ".to_owned(), 0);
    encoder.model().tokenizer.tokenize(text, |token| {
        tokens.push_str(token);
        tokens.push(' ');
        n_tokens += 1;
    })?;
    Ok((tokens, n_tokens))
}

/// Documents as queries for others of their class.
pub(super) fn same_class(
    source: &QuerySource<'_>,
    classes: &DocumentClasses,
    DrawnQueries { n, seed }: DrawnQueries,
) -> Vec<SearchQuery> {
    let (codes, words) = (source.codes, source.words);
    // Rows of the same words with the same counts are copies.
    let mut copies: BTreeMap<Vec<(&str, u32)>, Vec<usize>> = BTreeMap::new();
    (0..codes.len()).for_each(|row| copies.entry(words.row(row).collect()).or_default().push(row));
    let asked = |row: usize| {
        let class = classes.class_of(codes.documents()[row])?;
        let own: Vec<(&str, u32)> = words.row(row).collect();
        let excluded = copies[&own].clone();
        let words = own.into_iter().map(|(word, count)| (word.to_owned(), count)).collect();
        Some(SearchQuery {
            words,
            code: Some(codes.code(row).to_vec()),
            sought: Sought::Class(class),
            class: Some(class),
            excluded,
        })
    };
    source.shuffled(WHOLE_TOKENS, seed, OF_WHOLE).into_iter().filter_map(asked).take(n).collect()
}

/// The questions of a file as queries.
pub(super) fn file_questions(
    source: &QuerySource<'_>,
    classes: Option<&DocumentClasses>,
    questions: &SearchQuestions,
) -> Result<Vec<SearchQuery>> {
    let codes = source.codes;
    let asked = |(query, answer): &(String, String)| {
        let by_class = classes
            .and_then(|classes| classes.classes.binary_search(answer).ok())
            .map(|class| class as u32);
        let sought = match by_class {
            Some(class) => Sought::Class(class),
            None => Sought::Document(
                codes.find(answer).map(|row| codes.documents()[row]).map_err(|error| {
                    let expected = "a class of the labels, or the name of a document";
                    Error::malformed(
                        questions.file.as_ref(),
                        None,
                        format!("`{answer}` ({error})"),
                        expected,
                    )
                })?,
            ),
        };
        Ok(SearchQuery { class: by_class, ..source.text_query(query, sought)? })
    };
    questions.questions.iter().map(asked).collect()
}
