//! How `evaluate` prints its scores: as text, one model in blocks and several side by side; as
//! tab-separated values, a record for each score of each model.

use std::io::{self, Write};

use eigenlex::evaluate::{
    AnalogyScores, Classifier, DocumentScores, Features, Guess, HeldOutScore, Hidden, Score,
    SearchMethod, SearchScore, SearchTask, SectionScore,
};
use eigenlex::query::Method;

use super::evaluate::Evaluation;
use crate::cli::output::{Decimals, FormatArg, OrEmpty, count};

/// A record for each score of each model. `score` is correct / answered, from 0 to 1, or what else
/// the measure is: Spearman's rho, a macro-F1, a perplexity. It is empty where it is undefined, and
/// so is `correct` where nothing is counted.
pub(crate) fn tsv(
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

/// Says of which files a model answers nothing.
pub(crate) fn unanswered(it: &Evaluation) -> Vec<String> {
    let mut files: Vec<(&str, bool, usize)> = Vec::new();
    for row in rows(it).iter().filter(|row| row.section.is_none_or(|section| section == ALL)) {
        match files.iter_mut().find(|(file, ..)| *file == row.file) {
            Some((_, is_answered, _)) => *is_answered |= row.answered > 0,
            None => files.push((row.file, row.answered > 0, row.total)),
        }
    }
    let without = files.into_iter().filter(|&(_, is_answered, total)| !is_answered && total > 0);
    let sentence = |(file, _, total)| {
        let total = count(total as u64);
        format!(
            "warning: `{}` knows the words of none of the {total} lines of `{file}`; is it a test, and of the same language?",
            it.model
        )
    };
    without.map(sentence).collect()
}

/// A block for each file, by headings.
pub(crate) fn text(output: &mut impl Write, it: &Evaluation) -> io::Result<()> {
    writeln!(output, "{}", it.model)?;
    for pair in it.analogies.chunks(2) {
        let [add, mul] = pair else { continue };
        writeln!(output, "  {}{}", add.file, capped(add))?;
        writeln!(output, "    {:<30} {:>27} {:>27}   answered / total", "", "3CosAdd", "3CosMul")?;
        for (add, mul) in
            named(&add.sections, &analogy_sums(add)).zip(named(&mul.sections, &analogy_sums(mul)))
        {
            let ((name, add), (_, mul)) = (add, mul);
            writeln!(
                output,
                "    {name:<30} {:>27} {:>27}   {} / {}",
                shares(&add),
                shares(&mul),
                add.answered,
                add.total
            )?;
        }
    }
    for score in &it.similarity {
        let rho = rounded(score.spearman);
        writeln!(
            output,
            "  {}   Spearman x 100: {rho}   {} / {}",
            score.file, score.answered, score.total
        )?;
    }
    for score in &it.categories {
        let Score { answered, total, .. } = score.score;
        writeln!(
            output,
            "  {}   purity in {} clusters: {}   {answered} / {total}",
            score.file,
            score.classes,
            shares(&score.score)
        )?;
    }
    for scores in &it.odd_one_out {
        writeln!(output, "  {}", scores.file)?;
        writeln!(output, "    {:<30} {:>27}   answered / total", "", "odd one out")?;
        for (name, score) in named(&scores.sections, &[(ALL, scores.all)]) {
            writeln!(
                output,
                "    {name:<30} {:>27}   {} / {}",
                shares(&score),
                score.answered,
                score.total
            )?;
        }
    }
    for scores in &it.documents {
        let (accuracy, f1) = (100.0 * scores.accuracy, 100.0 * scores.macro_f1);
        let (measure, train, test) =
            (document_measure(scores), count(scores.train as u64), count(scores.test as u64));
        writeln!(
            output,
            "  {}   {measure}: accuracy {accuracy:.1} %, macro-F1 {f1:.1} %   {train} train / {test} test",
            scores.file
        )?;
    }
    for it in &it.completion {
        let (hidden, guess, n) = (hidden_name(it.hidden), guess_name(it.guess), it.n_documents);
        writeln!(
            output,
            "  {hidden}, {guess:<27} top 10: {}   top 100: {}   of {n}",
            share(it.top10, n),
            share(it.top100, n)
        )?;
    }
    for it in &it.search {
        let (name, [first, ten]) = (search_name(it), search_measures(it.task));
        let (first_share, ten_share) = (100.0 * it.all.first, 100.0 * it.all.ten);
        writeln!(
            output,
            "  {name:<34} {first} {first_share:>5.1} %   {ten} {ten_share:>5.1} %   of {}",
            count(it.all.queries as u64)
        )?;
    }
    if let Some(it) = &it.held_out {
        writeln!(
            output,
            "  {} documents that the model has not seen, {:.0} tokens; encoder {}",
            count(it.n_documents as u64),
            it.n_tokens,
            it.encoder
        )?;
        for (name, number) in held_out_numbers(it)
            .into_iter()
            .filter_map(|(name, number)| number.map(|number| (name, number)))
        {
            writeln!(output, "    {name:<40} {number:>12.4}")?;
        }
        if it.mixed_in[0] > 0.0 {
            let [whole, halves] = it.mixed_in;
            writeln!(
                output,
                "    (weights as probabilities, with {whole} and {halves} of the frequencies mixed in)"
            )?;
        }
    }
    Ok(())
}

/// One table: a line for each score, a column for each model.
pub(crate) fn text_side_by_side(output: &mut impl Write, models: &[Evaluation]) -> io::Result<()> {
    let columns: Vec<Vec<Row>> = models.iter().map(rows).collect();
    let names = columns[0].iter().map(|row| row.name().chars().count());
    let first_width = names.max().unwrap_or(0);
    let widths: Vec<usize> = models
        .iter()
        .zip(&columns)
        .map(|(it, rows)| {
            rows.iter()
                .map(|row| row.cell().chars().count())
                .chain([it.model.chars().count()])
                .max()
                .unwrap_or(0)
        })
        .collect();
    write!(output, "{:<first_width$}", "")?;
    models
        .iter()
        .zip(&widths)
        .try_for_each(|(it, width)| write!(output, "   {:>width$}", it.model))?;
    writeln!(output)?;
    let mut file_before = None;
    for place in 0..columns[0].len() {
        let first = &columns[0][place];
        if file_before.replace(&first.heading) != Some(&first.heading) {
            writeln!(output, "{}", first.heading)?;
        }
        write!(output, "{:<first_width$}", first.name())?;
        for (rows, width) in columns.iter().zip(&widths) {
            write!(output, "   {:>width$}", rows.get(place).map_or_else(String::new, Row::cell))?;
        }
        writeln!(output)?;
    }
    writeln!(
        output,
        "correct of answered (of all), correct / answered / total; Spearman x 100, answered / total"
    )
}

/// The section that stands for all.
const ALL: &str = "all";

/// One score of one model.
struct Row<'a> {
    test: &'static str,
    file: &'a str,
    measure: &'static str,
    /// `None` where a file has one score.
    section: Option<&'a str>,
    /// Above the scores of one file by one measure.
    heading: String,
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
    /// What the measure says; NaN where it is undefined.
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

    fn name(&self) -> String {
        format!("  {}", self.section.unwrap_or(ALL))
    }

    fn cell(&self) -> String {
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

/// All scores of a model, in an order that depends on the files alone.
fn rows(it: &Evaluation) -> Vec<Row<'_>> {
    let mut rows = Vec::new();
    for scores in &it.analogies {
        let measure = scores.method.name();
        let heading = format!(
            "{}, {}{}",
            scores.file,
            if scores.method == Method::Add { "3CosAdd" } else { "3CosMul" },
            capped(scores)
        );
        for (section, score) in named(&scores.sections, &analogy_sums(scores)) {
            rows.push(Row::of(
                "analogies",
                &scores.file,
                measure,
                Some(section),
                heading.clone(),
                score,
            ));
        }
    }
    for scores in &it.similarity {
        let heading = format!("{}, Spearman x 100", scores.file);
        let (value, answered, total) = (Value::Rho(scores.spearman), scores.answered, scores.total);
        rows.push(Row {
            test: "similarity",
            file: &scores.file,
            measure: "spearman",
            section: None,
            heading,
            value,
            answered,
            total,
        });
    }
    for scores in &it.categories {
        let heading = format!("{}, purity", scores.file);
        rows.push(Row::of("categories", &scores.file, "purity", None, heading, scores.score));
    }
    for scores in &it.odd_one_out {
        for (section, score) in named(&scores.sections, &[(ALL, scores.all)]) {
            rows.push(Row::of(
                "odd-one-out",
                &scores.file,
                "cosine",
                Some(section),
                format!("{}, odd one out", scores.file),
                score,
            ));
        }
    }
    for scores in &it.documents {
        let score = document_score(scores);
        let measure = document_measure(scores);
        let heading = format!("{}, {measure}", scores.file);
        let row = |section, value| {
            let Score { answered, total, .. } = score;
            Row {
                test: "documents",
                file: &scores.file,
                measure,
                section: Some(section),
                heading: heading.clone(),
                value,
                answered,
                total,
            }
        };
        rows.push(row("accuracy", Value::Correct(score.correct)));
        rows.push(row("macro-F1", Value::MacroF1(scores.macro_f1)));
    }
    for score_of in &it.completion {
        let (hidden, measure) = (hidden_name(score_of.hidden), guess_name(score_of.guess));
        for (section, correct) in [("top 10", score_of.top10), ("top 100", score_of.top100)] {
            let score =
                Score { correct, answered: score_of.n_documents, total: score_of.n_documents };
            let test = if score_of.hidden == Hidden::Any {
                "completion"
            } else {
                "completion-content-words"
            };
            rows.push(Row::of(
                test,
                &it.texts.completion,
                measure,
                Some(section),
                format!("{hidden}, {measure}"),
                score,
            ));
        }
    }
    for score in &it.search {
        let heading = search_name(score);
        for (section, value) in
            search_measures(score.task).into_iter().zip([score.all.first, score.all.ten])
        {
            let (answered, total) = (score.all.queries, score.all.queries);
            let (file, measure, value) =
                (it.texts.search.as_str(), search_method(score.method), Value::Number(Some(value)));
            let test = match score.task {
                SearchTask::KnownItems => "search-known-items",
                SearchTask::SameClass => "search-same-class",
                SearchTask::Questions => "search-questions",
            };
            rows.push(Row {
                test,
                file,
                measure,
                section: Some(section),
                heading: heading.clone(),
                value,
                answered,
                total,
            });
        }
    }
    if let Some(score) = &it.held_out {
        let row = |section, value| {
            let (answered, total) = (score.n_documents, score.n_documents);
            let heading = "documents that the model has not seen".to_owned();
            Row {
                test: "held-out",
                file: &it.texts.held_out,
                measure: "reconstruction",
                section: Some(section),
                heading,
                value,
                answered,
                total,
            }
        };
        rows.extend(
            held_out_numbers(score).map(|(section, number)| row(section, Value::Number(number))),
        );
    }
    rows
}

fn held_out_numbers(it: &HeldOutScore) -> [(&'static str, Option<f64>); 5] {
    [
        ("share of |x|^2 lost", it.squared_loss),
        ("perplexity", Some(it.perplexity)),
        ("perplexity of one half from the other", Some(it.perplexity_of_halves)),
        ("perplexity by frequency alone", Some(it.perplexity_of_frequencies)),
        ("KL from N(0, I), nats a document", it.kl),
    ]
}

fn search_name(it: &SearchScore) -> String {
    format!("{}, by {}", search_task(it.task), search_method(it.method))
}

fn search_task(task: SearchTask) -> &'static str {
    match task {
        SearchTask::KnownItems => "known items",
        SearchTask::SameClass => "documents of the class",
        SearchTask::Questions => "questions",
    }
}

fn search_method(method: SearchMethod) -> &'static str {
    match method {
        SearchMethod::Words => "words",
        SearchMethod::Meaning => "meaning",
        SearchMethod::Both => "both",
    }
}

/// What the two shares of a task are.
fn search_measures(task: SearchTask) -> [&'static str; 2] {
    match task {
        SearchTask::KnownItems => ["found first", "among ten"],
        SearchTask::SameClass | SearchTask::Questions => ["first is right", "right of ten"],
    }
}

fn hidden_name(hidden: Hidden) -> &'static str {
    match hidden {
        Hidden::Any => "a hidden word",
        Hidden::Content => "a hidden content word",
    }
}

fn guess_name(guess: Guess) -> &'static str {
    match guess {
        Guess::Fit => "best fit",
        Guess::Count => "reconstruction, as counts",
        Guess::Weight => "reconstruction, as weights",
        Guess::Frequency => "frequency alone",
    }
}

/// Documents without a known word are not answered, and counted as a guess.
fn document_score(it: &DocumentScores) -> Score {
    Score { correct: it.correct, answered: it.test - it.without_code, total: it.test }
}

fn document_measure(it: &DocumentScores) -> &'static str {
    match (it.classifier, it.features) {
        (Classifier::Logistic, Features::Codes) => "logistic regression on codes",
        (Classifier::Knn, Features::Codes) => "nearest neighbours of codes",
        (Classifier::Logistic, Features::TfIdf) => "logistic regression on tf-idf",
        (Classifier::Knn, Features::TfIdf) => "nearest neighbours by tf-idf",
    }
}

impl<'a> Row<'a> {
    fn of(
        test: &'static str,
        file: &'a str,
        measure: &'static str,
        section: Option<&'a str>,
        heading: String,
        score: Score,
    ) -> Self {
        let Score { correct, answered, total } = score;
        Self {
            test,
            file,
            measure,
            section,
            heading,
            value: Value::Correct(correct),
            answered,
            total,
        }
    }
}

fn analogy_sums(scores: &AnalogyScores) -> [(&'static str, Score); 3] {
    [("semantic", scores.semantic), ("syntactic", scores.syntactic), (ALL, scores.all)]
}

/// The sections, then sums of them.
fn named<'a>(
    sections: &'a [SectionScore],
    sums: &[(&'static str, Score)],
) -> impl Iterator<Item = (&'a str, Score)> {
    let sums: Vec<(&'a str, Score)> = sums.to_vec();
    sections.iter().map(|section| (section.name.as_str(), section.score)).chain(sums)
}

fn capped(scores: &AnalogyScores) -> String {
    scores
        .max_words
        .map_or_else(String::new, |max_words| format!(", first {} words", count(max_words as u64)))
}

/// Correct, and its share of answered, and of all.
fn shares(score: &Score) -> String {
    let Score { correct, answered, total } = *score;
    format!("{correct} = {} ({})", share(correct, answered), share(correct, total))
}

fn share(correct: usize, of: usize) -> String {
    if of == 0 { "-".to_owned() } else { format!("{:.1} %", 100.0 * correct as f64 / of as f64) }
}

fn rounded(rho: Option<f64>) -> String {
    rho.map_or_else(|| "undefined".to_owned(), |rho| format!("{:.1}", 100.0 * rho))
}
