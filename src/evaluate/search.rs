//! How well a search finds documents: by words (BM25), by meaning (codes), and by both together.
//!
//! In: codes of documents with their words, the texts, and, for two of the three tasks, classes of
//! the documents.
//!
//! | task | queries | right |
//! |---|---|---|
//! | known items | a sentence of 8 to 25 tokens of each of up to `n` documents of at least 50 tokens, drawn by a seed ([`DrawnQueries`]); a sentence that stands in another document too is passed over | the document |
//! | same class | up to `n` documents of at least 20 tokens, drawn by a seed; exact copies of the query are no answers | documents of its class |
//! | questions | lines of a file: a query, a tab, a class or a document | documents of the class, or the document |
//!
//! Out: for each task and way of searching how often the first answer is right, and, where one
//! document is sought, how often it is among the first ten, else the share of right ones among the
//! first ten; for each class too, so that a recipe can be picked on some classes and reported on
//! others.

use std::collections::BTreeMap;
use std::io::BufRead;
use std::path::Path;

use rayon::prelude::*;
use serde::Serialize;
use unicode_segmentation::UnicodeSegmentation;

use super::DocumentClasses;
use super::each_line;
use crate::base::error::{Error, Result};
use crate::base::progress::{Progress, Stage};
use crate::base::random::bits_at;
use crate::corpus::Corpus;
use crate::encode::{Codes, Components, DocumentWords, Encoder, Query, for_each_text, search};
use crate::vectors::format::malformed;

/// The queries of the tasks whose queries are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DrawnQueries {
    /// At most so many for each task.
    pub n: usize,
    /// What they are drawn by.
    pub seed: u64,
}

/// Answers that are looked at.
const TOP: usize = 10;

/// Tokens that a sentence has, and the least that a document has: of known items, and of whole
/// documents as queries.
const SENTENCE_TOKENS: std::ops::RangeInclusive<u32> = 8..=25;
const KNOWN_ITEM_TOKENS: u32 = 50;
const WHOLE_TOKENS: u32 = 20;

/// Rows of the table of random numbers: one for each thing that is drawn.
const OF_ITEMS: u64 = 1;
const OF_SENTENCES: u64 = 2;
const OF_WHOLE: u64 = 3;

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
                _ => Err(malformed(
                    path,
                    Some(number),
                    format!("`{line}`"),
                    "a query, a tab, and a class or the name of a document",
                )),
            }
        })?;
        if questions.is_empty() {
            return Err(malformed(
                path,
                None,
                "no line",
                "a query, a tab, and a class or the name of a document",
            ));
        }
        Ok(Self { file: path.display().to_string(), questions })
    }
}

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SearchTask {
    /// A sentence of a document, for the document.
    KnownItems,
    /// A document, for others of its class.
    SameClass,
    /// Questions of a file.
    Questions,
}

/// What is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SearchMethod {
    /// The words alone: BM25.
    Words,
    /// The codes alone: the cosine.
    Meaning,
    /// Both, as [`search`] has it.
    Both,
}

/// How well a task is done.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SearchScore {
    /// The task.
    pub task: SearchTask,
    /// What was looked at.
    pub method: SearchMethod,
    /// Over all queries.
    pub all: FoundShares,
    /// Over the queries of each class, by the bytes of its name; none where there are no classes.
    pub classes: BTreeMap<String, FoundShares>,
}

/// Shares of right answers.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct FoundShares {
    /// Queries.
    pub queries: usize,
    /// The share of the queries whose first answer is right, from 0 to 1.
    pub first: f64,
    /// Where one document is sought, the share of the queries that have it among the first ten;
    /// else the share of right ones among the first ten.
    pub ten: f64,
}

/// A query of any task.
struct Asked {
    words: BTreeMap<String, u32>,
    code: Option<Vec<f32>>,
    sought: Sought,
    /// The class that it is counted for.
    class: Option<u32>,
    /// Rows that are no answers.
    excluded: Vec<usize>,
}

#[derive(Clone, Copy)]
enum Sought {
    Document(u64),
    Class(u32),
}

/// Scores the search of documents whose codes have their words; `texts` are what they were made
/// from.
///
/// # Errors
/// What reading the texts reports; [`Error::Malformed`] if a question names neither a class nor a
/// document; [`Error::NothingFound`] if there is no query of any task.
///
/// # Panics
/// If the codes have no words, or other components than those that the model keeps.
pub fn search_scores(
    encoder: &Encoder,
    codes: &Codes,
    texts: &Corpus,
    classes: Option<&DocumentClasses>,
    questions: Option<&SearchQuestions>,
    drawn: DrawnQueries,
    progress: &dyn Progress,
) -> Result<Vec<SearchScore>> {
    let words = codes.words().expect("codes with their words");
    let mut tasks =
        vec![(SearchTask::KnownItems, known_items(encoder, codes, words, texts, classes, drawn)?)];
    if let Some(classes) = classes {
        tasks.push((SearchTask::SameClass, same_class(codes, words, classes, drawn)));
    }
    if let Some(questions) = questions {
        tasks.push((SearchTask::Questions, of_file(encoder, codes, classes, questions)?));
    }
    tasks.retain(|(_, asked)| !asked.is_empty());
    if tasks.is_empty() {
        let reason = format!(
            "no document holds {KNOWN_ITEM_TOKENS} tokens and a sentence that only it holds"
        );
        return Err(Error::NothingFound { query: "known items".to_owned(), reason });
    }
    let n: usize = tasks.iter().map(|(_, asked)| asked.len()).sum();
    progress.start(Stage::Evaluate, Some(3 * n as u64));
    let mut scores = Vec::new();
    for (task, asked) in &tasks {
        for method in [SearchMethod::Words, SearchMethod::Meaning, SearchMethod::Both] {
            if progress.is_cancelled() {
                return Err(Error::Interrupted);
            }
            let right: Vec<(f64, f64)> = asked
                .par_iter()
                .map(|asked| answer(codes, classes, asked, method))
                .collect::<Result<_>>()?;
            progress.advance(asked.len() as u64);
            scores.push(score(*task, method, asked, &right, classes));
        }
    }
    progress.finish();
    Ok(scores)
}

/// Whether the first answer is right, and the share of right ones, or whether the one sought is
/// there, among the first ten.
fn answer(
    codes: &Codes,
    classes: Option<&DocumentClasses>,
    asked: &Asked,
    method: SearchMethod,
) -> Result<(f64, f64)> {
    let no_words = BTreeMap::new();
    let query = match method {
        SearchMethod::Words => Query { words: asked.words.clone(), code: None },
        SearchMethod::Meaning => Query { words: no_words, code: asked.code.as_deref() },
        SearchMethod::Both => Query { words: asked.words.clone(), code: asked.code.as_deref() },
    };
    let excluded: Vec<u64> = asked.excluded.iter().map(|&row| codes.documents()[row]).collect();
    let found = match search(codes, &query, TOP, |document| excluded.contains(&document)) {
        Ok(found) => found.documents,
        Err(Error::NothingFound { .. }) => return Ok((0.0, 0.0)),
        Err(error) => return Err(error),
    };
    let is_right = |document: u64| match asked.sought {
        Sought::Document(sought) => document == sought,
        Sought::Class(class) => classes.and_then(|classes| classes.of(document)) == Some(class),
    };
    let n_right = found.iter().filter(|it| is_right(it.document)).count() as f64;
    let of_ten = match asked.sought {
        Sought::Document(_) => n_right.min(1.0),
        Sought::Class(_) => n_right / TOP as f64,
    };
    let first = found.first().is_some_and(|it| is_right(it.document));
    Ok((f64::from(u8::from(first)), of_ten))
}

fn score(
    task: SearchTask,
    method: SearchMethod,
    asked: &[Asked],
    right: &[(f64, f64)],
    classes: Option<&DocumentClasses>,
) -> SearchScore {
    let mut sums: BTreeMap<Option<u32>, (usize, f64, f64)> = BTreeMap::new();
    let mut add = |class: Option<u32>, &(first, ten): &(f64, f64)| {
        let sum = sums.entry(class).or_default();
        *sum = (sum.0 + 1, sum.1 + first, sum.2 + ten);
    };
    for (asked, right) in asked.iter().zip(right) {
        add(None, right);
        if asked.class.is_some() {
            add(asked.class, right);
        }
    }
    let shares = |&(queries, first, ten): &(usize, f64, f64)| {
        let n = queries.max(1) as f64;
        FoundShares { queries, first: first / n, ten: ten / n }
    };
    let name = |class: u32| {
        classes.map_or_else(String::new, |classes| classes.classes[class as usize].clone())
    };
    let of_classes = sums
        .iter()
        .filter_map(|(class, sums)| class.map(|class| (name(class), shares(sums))))
        .collect();
    SearchScore {
        task,
        method,
        all: sums.get(&None).map_or_else(FoundShares::default, shares),
        classes: of_classes,
    }
}

/// The rows of documents with at least so many tokens, in the order of numbers drawn for them.
fn shuffled(codes: &Codes, words: &DocumentWords, least: u32, seed: u64, table: u64) -> Vec<usize> {
    let mut rows: Vec<(u64, usize)> = (0..codes.len())
        .filter(|&row| words.n_tokens(row) >= least)
        .map(|row| (bits_at(seed, table, codes.documents()[row]), row))
        .collect();
    rows.sort_unstable();
    rows.into_iter().map(|(_, row)| row).collect()
}

/// A sentence on its way to a query.
struct Candidate {
    row: usize,
    /// Its tokens, each between blanks.
    tokens: String,
    text: String,
    is_elsewhere: bool,
}

fn known_items(
    encoder: &Encoder,
    codes: &Codes,
    words: &DocumentWords,
    texts: &Corpus,
    classes: Option<&DocumentClasses>,
    DrawnQueries { n, seed }: DrawnQueries,
) -> Result<Vec<Asked>> {
    let order = shuffled(codes, words, KNOWN_ITEM_TOKENS, seed, OF_ITEMS);
    // Some have no sentence of such a length, or none that only they hold.
    let tried: BTreeMap<u64, usize> =
        order.iter().take(2 * n).map(|&row| (codes.documents()[row], row)).collect();
    let Some(&last) = codes.documents().iter().max() else { return Ok(Vec::new()) };
    let mut candidates: BTreeMap<usize, Candidate> = BTreeMap::new();
    for_each_text(texts, last, |number, text| {
        let Some(&row) = tried.get(&number) else { return Ok(()) };
        let mut sentences = Vec::new();
        for sentence in text.split_sentence_bounds() {
            let (tokens, n_tokens) = tokens_of(encoder, sentence)?;
            if SENTENCE_TOKENS.contains(&n_tokens) {
                sentences.push((tokens, sentence));
            }
        }
        if !sentences.is_empty() {
            let (tokens, text) = sentences.swap_remove(
                (bits_at(seed, OF_SENTENCES, number) % sentences.len() as u64) as usize,
            );
            candidates
                .insert(row, Candidate { row, tokens, text: text.to_owned(), is_elsewhere: false });
        }
        Ok(())
    })?;
    // Another document can hold a sentence only if it holds all its words.
    let mut suspects: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
    for candidate in candidates.values() {
        for it in words.search(&encoder.words_of(&candidate.text)?) {
            if it.row != candidate.row && it.coverage > 1.0 - 1e-9 {
                suspects.entry(codes.documents()[it.row]).or_default().push(candidate.row);
            }
        }
    }
    for_each_text(texts, suspects.keys().next_back().copied().unwrap_or(0), |number, text| {
        if let Some(rows) = suspects.get(&number) {
            let (tokens, _) = tokens_of(encoder, text)?;
            for row in rows {
                let candidate = candidates.get_mut(row).expect("a suspect of this candidate");
                candidate.is_elsewhere |= tokens.contains(&candidate.tokens);
            }
        }
        Ok(())
    })?;
    let kept =
        order.iter().filter_map(|row| candidates.get(row)).filter(|it| !it.is_elsewhere).take(n);
    let asked = |it: &Candidate| {
        let document = codes.documents()[it.row];
        let class = classes.and_then(|classes| classes.of(document));
        Ok(Asked {
            sought: Sought::Document(document),
            class,
            ..of_text(encoder, codes, &it.text)?
        })
    };
    kept.map(asked).collect()
}

/// The tokens of a text, each between blanks, and their number.
fn tokens_of(encoder: &Encoder, text: &str) -> Result<(String, u32)> {
    let (mut tokens, mut n_tokens) = (" ".to_owned(), 0);
    encoder.model().tokenizer.tokenize(text, |token| {
        tokens.push_str(token);
        tokens.push(' ');
        n_tokens += 1;
    })?;
    Ok((tokens, n_tokens))
}

/// The query of a text, for no document yet.
fn of_text(encoder: &Encoder, codes: &Codes, text: &str) -> Result<Asked> {
    let weighted = encoder.weigh_text(text)?;
    let z = encoder.encode(&weighted);
    let components = if codes.dim() == encoder.rank() { Components::All } else { Components::Kept };
    let code = (!weighted.words.is_empty()).then(|| encoder.part(&z, components).to_vec());
    Ok(Asked {
        words: encoder.words_of(text)?,
        code,
        sought: Sought::Document(0),
        class: None,
        excluded: Vec::new(),
    })
}

fn same_class(
    codes: &Codes,
    words: &DocumentWords,
    classes: &DocumentClasses,
    DrawnQueries { n, seed }: DrawnQueries,
) -> Vec<Asked> {
    // Rows of the same words with the same counts are copies.
    let mut copies: BTreeMap<Vec<(&str, u32)>, Vec<usize>> = BTreeMap::new();
    (0..codes.len()).for_each(|row| copies.entry(words.row(row).collect()).or_default().push(row));
    let asked = |row: usize| {
        let class = classes.of(codes.documents()[row])?;
        let own: Vec<(&str, u32)> = words.row(row).collect();
        let excluded = copies[&own].clone();
        let words = own.into_iter().map(|(word, count)| (word.to_owned(), count)).collect();
        Some(Asked {
            words,
            code: Some(codes.code(row).to_vec()),
            sought: Sought::Class(class),
            class: Some(class),
            excluded,
        })
    };
    shuffled(codes, words, WHOLE_TOKENS, seed, OF_WHOLE)
        .into_iter()
        .filter_map(asked)
        .take(n)
        .collect()
}

fn of_file(
    encoder: &Encoder,
    codes: &Codes,
    classes: Option<&DocumentClasses>,
    questions: &SearchQuestions,
) -> Result<Vec<Asked>> {
    let asked = |(query, answer): &(String, String)| {
        let by_class = classes
            .and_then(|classes| classes.classes.binary_search(answer).ok())
            .map(|class| class as u32);
        let sought = match by_class {
            Some(class) => Sought::Class(class),
            None => Sought::Document(
                codes.find(answer).map(|row| codes.documents()[row]).map_err(|error| {
                    let expected = "a class of the labels, or the name of a document";
                    malformed(
                        questions.file.as_ref(),
                        None,
                        format!("`{answer}` ({error})"),
                        expected,
                    )
                })?,
            ),
        };
        Ok(Asked { sought, class: by_class, ..of_text(encoder, codes, query)? })
    };
    questions.questions.iter().map(asked).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::tests::{config, corpus_of};
    use crate::weighting::formulas::Weighting;

    const DRAWN: DrawnQueries = DrawnQueries { n: 400, seed: 1 };

    /// Two subjects of 30 documents each, of three sentences in words of their own and a name that
    /// only the document holds.
    fn text() -> String {
        let subjects = [
            ["ship", "sail", "wave", "harbour", "anchor", "deck"],
            ["star", "moon", "comet", "orbit", "planet", "sky"],
        ];
        let mut text = String::new();
        for document in 0..60u64 {
            for sentence in 0..6u64 {
                text.push_str("The ");
                for place in 0..8 {
                    text.push_str(
                        subjects[document as usize % 2]
                            [bits_at(5, document, sentence * 8 + place) as usize % 6],
                    );
                    text.push(' ');
                }
                text.push_str(&format!("of name{document}x{sentence}. "));
            }
            text.push('\n');
        }
        text
    }

    #[test]
    fn words_find_known_items_and_meaning_finds_classes() {
        let folder = tempfile::tempdir().unwrap();
        let corpus = corpus_of(folder.path(), &text());
        let model =
            crate::embed(&corpus, &config(Weighting::SquareRoot { power: 0.75 }), &()).unwrap();
        let encoder = Encoder::new(&model).unwrap();
        let (codes, _) =
            Codes::encode_with_words(&encoder, &corpus, Components::Kept, &()).unwrap();
        let labels: String =
            (0..60).map(|document| if document % 2 == 0 { "sea\n" } else { "sky\n" }).collect();
        let names = codes.origin().documents.clone().unwrap();
        let classes =
            DocumentClasses::read(labels.as_bytes(), Path::new("l"), &names, None).unwrap();
        let questions =
            SearchQuestions::read("harbour wave\tsea\nname7x3\t8\n".as_bytes(), Path::new("q"))
                .unwrap();
        let scores =
            search_scores(&encoder, &codes, &corpus, Some(&classes), Some(&questions), DRAWN, &())
                .unwrap();
        let of = |task: SearchTask, method: SearchMethod| {
            scores.iter().find(|it| it.task == task && it.method == method).unwrap()
        };
        for method in [SearchMethod::Words, SearchMethod::Both] {
            let known = of(SearchTask::KnownItems, method);
            assert_eq!(
                (known.all.queries, known.all.first, known.all.ten),
                (60, 1.0, 1.0),
                "{method:?}"
            );
            let questions = of(SearchTask::Questions, method);
            assert_eq!((questions.all.queries, questions.all.first), (2, 1.0), "{method:?}");
        }
        for method in [SearchMethod::Meaning, SearchMethod::Both] {
            let same = of(SearchTask::SameClass, method);
            assert_eq!(
                (same.all.queries, same.all.first, same.all.ten),
                (60, 1.0, 1.0),
                "{method:?}"
            );
            assert_eq!(same.classes["sea"].queries, 30);
        }
        // `name7x3` is no word of the model (it occurs once): the codes know nothing of it.
        assert_eq!(of(SearchTask::Questions, SearchMethod::Meaning).all.first, 0.5);
        let bad = SearchQuestions::read("harbour\tland\n".as_bytes(), Path::new("q")).unwrap();
        let message =
            search_scores(&encoder, &codes, &corpus, Some(&classes), Some(&bad), DRAWN, &())
                .unwrap_err()
                .to_string();
        assert!(message.starts_with("`q`: found `land`"), "{message}");
        assert!(
            SearchQuestions::read("no tab\n".as_bytes(), Path::new("q"))
                .unwrap_err()
                .to_string()
                .starts_with("`q`, line 1: found `no tab`")
        );
    }
}
