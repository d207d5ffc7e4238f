//! The scores as rows, an order that depends on the files alone: for tab-separated values, and for
//! several models side by side.

use std::io::{self, Write};

use eigenlex::evaluate::{
    AnalogyScores, CompletionScore, DocumentScores, HeldOutScore, Hidden, Score, SearchScore,
    SearchTask,
};
use eigenlex::query::Method;

use super::names::{
    ALL, analogy_sums, capped, document_measure, document_score, guess_name, held_out_numbers,
    hidden_name, named, rounded, search_measures, search_method, search_name, share,
};
use super::scores::{Evaluation, TextFiles};
use crate::cli::output::{Decimals, FormatArg, OrEmpty, count};

/// A record for each score of each model. `score` is correct / answered, from 0 to 1, or what else
/// the measure is: Spearman's rho, a macro-F1, a perplexity. It is empty where it is undefined, and
/// so is `correct` where nothing is counted.
pub(super) fn tsv(
    output: &mut impl Write,
    format: FormatArg,
    models: &[Evaluation],
) -> io::Result<()> {
    let columns =
        ["model", "test", "file", "measure", "section", "score", "correct", "answered", "total"];
    let table = format.table(output, columns)?;
    for it in models {
        for row in rows(it) {
            let (score, correct) = (Decimals::<4>(row.score()), OrEmpty(row.correct()));
            let section = row.section.unwrap_or(ALL);
            table.row(
                output,
                [
                    &it.model,
                    &row.test,
                    &row.file,
                    &row.measure,
                    &section,
                    &score,
                    &correct,
                    &row.answered,
                    &row.total,
                ],
            )?;
        }
    }
    Ok(())
}

/// Reports of which files a model answers nothing.
pub(super) fn unanswered(it: &Evaluation) -> Vec<String> {
    let mut files: Vec<(&str, bool, usize)> = Vec::new();
    for row in rows(it).iter().filter(|row| row.section.is_none_or(|section| section == ALL)) {
        match files.iter_mut().find(|(file, ..)| *file == row.file) {
            Some((_, is_answered, _)) => *is_answered |= row.answered > 0,
            None => files.push((row.file, row.answered > 0, row.total)),
        }
    }
    let without = files.into_iter().filter(|&(_, is_answered, total)| !is_answered && total > 0);
    let needed = "a test in the language of the model";
    let sentence = |(file, _, total)| none_answered(&it.model, (total, "lines"), file, needed);
    without.map(sentence).collect()
}

/// Says that a model, or a map, answers nothing of a file, which should be what is `needed`.
pub(super) fn none_answered(
    model: &str,
    (total, lines): (usize, &str),
    file: &str,
    needed: &str,
) -> String {
    let total = count(total as u64);
    format!(
        "warning: `{model}` answers none of the {total} {lines} of `{file}`: it does not know \
         their words; check that the file is {needed}"
    )
}

/// One score of one model.
pub(super) struct Row<'a> {
    test: &'static str,
    file: &'a str,
    measure: &'static str,
    /// `None` where a file has one score.
    section: Option<&'a str>,
    /// Above the scores of one file by one measure.
    pub(super) heading: String,
    value: Value,
    answered: usize,
    total: usize,
}

enum Value {
    Correct(usize),
    Rho(Option<f64>),
    /// The mean over the classes, from 0 to 1.
    MacroF1(f64),
    /// A loss, a perplexity, a divergence; none where the encoder has none.
    Number(Option<f64>),
}

impl Row<'_> {
    /// The value of the measure; NaN where it is undefined.
    fn score(&self) -> f64 {
        match self.value {
            Value::Correct(_) if self.answered == 0 => f64::NAN,
            Value::Correct(correct) => correct as f64 / self.answered as f64,
            Value::MacroF1(f1) => f1,
            Value::Rho(number) | Value::Number(number) => number.unwrap_or(f64::NAN),
        }
    }

    fn correct(&self) -> Option<usize> {
        match self.value {
            Value::Correct(correct) => Some(correct),
            _ => None,
        }
    }

    pub(super) fn name(&self) -> String {
        format!("  {}", self.section.unwrap_or(ALL))
    }

    pub(super) fn cell(&self) -> String {
        let Self { answered, total, .. } = *self;
        match self.value {
            Value::Correct(correct) => {
                let score = Score { correct, answered, total };
                format!(
                    "{} ({})  {correct} / {answered} / {total}",
                    share(correct, score.answered),
                    share(correct, total)
                )
            }
            Value::Rho(rho) => format!("{}  {answered} / {total}", rounded(rho)),
            Value::MacroF1(f1) => format!("macro-F1 {:.1} %", 100.0 * f1),
            Value::Number(None) => "-".to_owned(),
            Value::Number(Some(number)) => format!("{number:.4}"),
        }
    }
}

/// What the scores of one file by one measure have in common.
struct Block<'a> {
    test: &'static str,
    file: &'a str,
    measure: &'static str,
    heading: String,
}

impl<'a> Block<'a> {
    fn row(
        &self,
        section: Option<&'a str>,
        value: Value,
        answered: usize,
        total: usize,
    ) -> Row<'a> {
        let Self { test, file, measure, .. } = *self;
        Row { test, file, measure, section, heading: self.heading.clone(), value, answered, total }
    }

    fn score(&self, section: Option<&'a str>, score: Score) -> Row<'a> {
        self.row(section, Value::Correct(score.correct), score.answered, score.total)
    }
}

/// All scores of a model.
pub(super) fn rows(it: &Evaluation) -> Vec<Row<'_>> {
    let mut rows: Vec<Row> = it.analogies.iter().flat_map(of_analogies).collect();
    rows.extend(it.choices.iter().map(|scores| {
        let heading = format!("{}, multiple choice", scores.file);
        let (test, measure) = ("analogies", "choice");
        let block = Block { test, file: &scores.file, measure, heading };
        block.score(None, scores.score)
    }));
    rows.extend(it.similarity.iter().map(|scores| {
        let heading = format!("{}, Spearman x 100", scores.file);
        let block = Block { test: "similarity", file: &scores.file, measure: "spearman", heading };
        block.row(None, Value::Rho(scores.spearman), scores.answered, scores.total)
    }));
    rows.extend(it.similarity_guessed.iter().map(|scores| {
        let heading = format!("{}, unknown words guessed, Spearman x 100", scores.file);
        let (test, measure) = ("similarity-guessed", "spearman");
        let block = Block { test, file: &scores.file, measure, heading };
        block.row(None, Value::Rho(scores.spearman), scores.answered, scores.total)
    }));
    rows.extend(it.categories.iter().map(|scores| {
        let heading = format!("{}, purity", scores.file);
        let block = Block { test: "categories", file: &scores.file, measure: "purity", heading };
        block.score(None, scores.score)
    }));
    for scores in &it.odd_one_out {
        let heading = format!("{}, odd one out", scores.file);
        let block = Block { test: "odd-one-out", file: &scores.file, measure: "cosine", heading };
        let sums = [(ALL, scores.all)];
        let named = named(&scores.sections, &sums);
        rows.extend(named.map(|(section, score)| block.score(Some(section), score)));
    }
    rows.extend(it.documents.iter().flat_map(of_documents));
    rows.extend(it.completion.iter().flat_map(|score| of_completion(score, &it.texts)));
    rows.extend(it.search.iter().flat_map(|score| of_search(score, &it.texts)));
    rows.extend(it.held_out.iter().flat_map(|score| of_held_out(score, &it.texts)));
    rows
}

fn of_analogies(scores: &AnalogyScores) -> Vec<Row<'_>> {
    let method = if scores.method == Method::Add { "3CosAdd" } else { "3CosMul" };
    let heading = format!("{}, {method}{}", scores.file, capped(scores));
    let measure = scores.method.name();
    let block = Block { test: "analogies", file: &scores.file, measure, heading };
    named(&scores.sections, &analogy_sums(scores))
        .map(|(section, score)| block.score(Some(section), score))
        .collect()
}

fn of_documents(scores: &DocumentScores) -> [Row<'_>; 2] {
    let (score, measure) = (document_score(scores), document_measure(scores));
    let heading = format!("{}, {measure}", scores.file);
    let block = Block { test: "documents", file: &scores.file, measure, heading };
    [
        block.score(Some("accuracy"), score),
        block.row(Some("macro-F1"), Value::MacroF1(scores.macro_f1), score.answered, score.total),
    ]
}

fn of_completion<'a>(it: &CompletionScore, texts: &'a TextFiles) -> [Row<'a>; 2] {
    let (hidden, measure) = (hidden_name(it.hidden), guess_name(it.guess));
    let test = match it.hidden {
        Hidden::Any => "completion",
        Hidden::Content => "completion-content-words",
    };
    let heading = format!("{hidden}, {measure}");
    let block = Block { test, file: &texts.completion, measure, heading };
    [("top 10", it.top10), ("top 100", it.top100)].map(|(section, correct)| {
        let score = Score { correct, answered: it.n_documents, total: it.n_documents };
        block.score(Some(section), score)
    })
}

fn of_search<'a>(it: &SearchScore, texts: &'a TextFiles) -> [Row<'a>; 2] {
    let test = match it.task {
        SearchTask::KnownItems => "search-known-items",
        SearchTask::SameClass => "search-same-class",
        SearchTask::Questions => "search-questions",
    };
    let (measure, heading) = (search_method(it.method), search_name(it));
    let block = Block { test, file: &texts.search, measure, heading };
    let [first, ten] = search_measures(it.task);
    [(first, it.all.first), (ten, it.all.ten)].map(|(section, value)| {
        let n_queries = it.all.queries;
        block.row(Some(section), Value::Number(Some(value)), n_queries, n_queries)
    })
}

fn of_held_out<'a>(it: &HeldOutScore, texts: &'a TextFiles) -> [Row<'a>; 5] {
    let heading = "documents that the model has not seen".to_owned();
    let file = texts.held_out.as_str();
    let block = Block { test: "held-out", file, measure: "reconstruction", heading };
    held_out_numbers(it).map(|(section, number)| {
        block.row(Some(section), Value::Number(number), it.n_documents, it.n_documents)
    })
}
