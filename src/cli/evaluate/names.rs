//! What tests, their measures and their scores are called.

use eigenlex::evaluate::{
    AnalogyScores, Classifier, DocumentScores, Features, Guess, HeldOutScore, Hidden, Score,
    SearchMethod, SearchScore, SearchTask, SectionScore,
};

use crate::cli::output::count;

/// The section that stands for all.
pub(super) const ALL: &str = "all";

pub(super) fn held_out_numbers(it: &HeldOutScore) -> [(&'static str, Option<f64>); 5] {
    [
        ("share of |x|^2 lost", it.squared_loss),
        ("perplexity", Some(it.perplexity)),
        ("perplexity of one half from the other", Some(it.perplexity_of_halves)),
        ("perplexity by word frequency alone", Some(it.perplexity_of_frequencies)),
        ("KL from N(0, I), nats per document", it.kl),
    ]
}

pub(super) fn search_name(it: &SearchScore) -> String {
    format!("{}, by {}", search_task(it.task), search_method(it.method))
}

fn search_task(task: SearchTask) -> &'static str {
    match task {
        SearchTask::KnownItems => "known items",
        SearchTask::SameClass => "documents of the class",
        SearchTask::Questions => "questions",
    }
}

pub(super) fn search_method(method: SearchMethod) -> &'static str {
    match method {
        SearchMethod::Words => "words",
        SearchMethod::Meaning => "meaning",
        SearchMethod::Both => "both",
    }
}

/// What the two shares of a task are.
pub(super) fn search_measures(task: SearchTask) -> [&'static str; 2] {
    match task {
        SearchTask::KnownItems => ["found first", "among ten"],
        SearchTask::SameClass | SearchTask::Questions => ["first is right", "right of ten"],
    }
}

pub(super) fn hidden_name(hidden: Hidden) -> &'static str {
    match hidden {
        Hidden::Any => "a hidden word",
        Hidden::Content => "a hidden content word",
    }
}

pub(super) fn guess_name(guess: Guess) -> &'static str {
    match guess {
        Guess::Fit => "best fit",
        Guess::Count => "reconstruction, as counts",
        Guess::Weight => "reconstruction, as weights",
        Guess::Frequency => "frequency alone",
    }
}

/// Documents without a known word are not answered, and counted as a guess.
pub(super) fn document_score(it: &DocumentScores) -> Score {
    Score { correct: it.correct, answered: it.test - it.without_code, total: it.test }
}

pub(super) fn document_measure(it: &DocumentScores) -> &'static str {
    match (it.classifier, it.features) {
        (Classifier::Logistic, Features::Codes) => "logistic regression on codes",
        (Classifier::Knn, Features::Codes) => "nearest neighbours of codes",
        (Classifier::Logistic, Features::TfIdf) => "logistic regression on tf-idf",
        (Classifier::Knn, Features::TfIdf) => "nearest neighbours by tf-idf",
    }
}

pub(super) fn analogy_sums(scores: &AnalogyScores) -> [(&'static str, Score); 3] {
    [("semantic", scores.semantic), ("syntactic", scores.syntactic), (ALL, scores.all)]
}

/// The sections, then sums of them.
pub(super) fn named<'a>(
    sections: &'a [SectionScore],
    sums: &[(&'static str, Score)],
) -> impl Iterator<Item = (&'a str, Score)> {
    let sums: Vec<(&'a str, Score)> = sums.to_vec();
    sections.iter().map(|section| (section.name.as_str(), section.score)).chain(sums)
}

pub(super) fn capped(scores: &AnalogyScores) -> String {
    scores
        .max_words
        .map_or_else(String::new, |max_words| format!(", first {} words", count(max_words as u64)))
}

/// Correct, and its share of answered, and of all.
pub(super) fn shares(score: &Score) -> String {
    let Score { correct, answered, total } = *score;
    format!("{correct} = {} ({})", share(correct, answered), share(correct, total))
}

pub(super) fn share(correct: usize, of: usize) -> String {
    if of == 0 { "-".to_owned() } else { format!("{:.1} %", 100.0 * correct as f64 / of as f64) }
}

pub(super) fn rounded(rho: Option<f64>) -> String {
    rho.map_or_else(|| "undefined".to_owned(), |rho| format!("{:.1}", 100.0 * rho))
}
