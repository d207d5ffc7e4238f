//! How well a search finds documents: by words (BM25), by meaning (codes), and by both together.
//!
//! In: codes of documents with their words, the texts, and, for two of the three tasks, classes of
//! the documents.
//!
//! - Known items: the query is a sentence of 8 to 25 tokens of a document of at least 50 tokens
//!   that no other document holds; there are up to `n` random queries ([`DrawnQueries`]). The
//!   document is the correct answer.
//! - Same class: the query is a document of at least 20 tokens, up to `n` random ones. The
//!   documents of its class are correct; exact copies of the query are no answers.
//! - Questions: the lines of a file, each a query, a tab, and a class or a document. The documents
//!   of the class, or the document, are correct.
//!
//! Out: for each task and way of searching how often the first answer is correct, and the share of
//! correct ones among the first ten, or, if one document is sought, how often it is among the first
//! ten. There are scores for each class too, so that a recipe can be chosen on some classes and
//! reported on others.

use std::collections::BTreeMap;

use rayon::prelude::*;
use serde::Serialize;

use super::classes::DocumentClasses;
use super::search_queries::{
    DrawnQueries, KNOWN_ITEM_TOKENS, QuerySource, SearchQuery, SearchQuestions, Sought,
    file_questions, known_items, same_class,
};
use crate::base::error::{Error, Result};
use crate::base::progress::{Progress, Stage};
use crate::corpus::Corpus;
use crate::encode::{Codes, Encoder, Query, search};

/// Number of answers that are scored.
const TOP: usize = 10;

/// A task.
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

/// What a search uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SearchMethod {
    /// The words alone: BM25.
    Words,
    /// The codes alone: the cosine.
    Meaning,
    /// Both, as in [`search`].
    Both,
}

/// The scores of a task.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SearchScore {
    /// The task.
    pub task: SearchTask,
    /// What the search used.
    pub method: SearchMethod,
    /// Over all queries.
    pub all: FoundShares,
    /// Over the queries of each class, by the bytes of its name; empty without classes.
    pub classes: BTreeMap<String, FoundShares>,
}

/// Shares of correct answers.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct FoundShares {
    /// Queries.
    pub queries: usize,
    /// The share of the queries whose first answer is correct, from 0 to 1.
    pub first: f64,
    /// The share of correct answers among the first ten; if one document is sought, the share of
    /// the queries that have it among the first ten.
    pub ten: f64,
}

/// Scores the search of documents whose codes have their words; `texts` are the texts of the codes.
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
    let source = QuerySource { encoder, codes, words };
    let mut tasks = vec![(SearchTask::KnownItems, known_items(&source, texts, classes, drawn)?)];
    if let Some(classes) = classes {
        tasks.push((SearchTask::SameClass, same_class(&source, classes, drawn)));
    }
    if let Some(questions) = questions {
        tasks.push((SearchTask::Questions, file_questions(&source, classes, questions)?));
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
    asked: &SearchQuery,
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
        Sought::Class(class) => {
            classes.and_then(|classes| classes.class_of(document)) == Some(class)
        }
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
    asked: &[SearchQuery],
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::base::random::bits_at;
    use crate::encode::Components;
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
