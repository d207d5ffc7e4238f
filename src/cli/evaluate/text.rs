//! The scores as text: of one model in blocks, of several in columns.

use std::io::{self, Write};

use eigenlex::evaluate::{AnalogyScores, HeldOutScore, OddOneOutScores, Score};

use super::names::{
    ALL, analogy_sums, capped, document_measure, guess_name, held_out_numbers, hidden_name, named,
    rounded, search_measures, search_name, share, shares,
};
use super::rows::{Row, rows};
use super::scores::Evaluation;
use crate::cli::output::count;

/// The scores of one model, a block for each file.
pub(super) fn one(output: &mut impl Write, it: &Evaluation) -> io::Result<()> {
    writeln!(output, "{}", it.model)?;
    for methods in it.analogies.chunks(2) {
        if let [add, mul] = methods {
            analogies(output, add, mul)?;
            taken(output, it, "analogies", &add.file)?;
        }
    }
    for score in &it.choices {
        let (file, shares) = (&score.file, shares(&score.score));
        let Score { answered, total, .. } = score.score;
        writeln!(output, "  {file}   multiple choice: {shares}   {answered} / {total}")?;
        taken(output, it, "analogies", file)?;
    }
    for score in &it.similarity {
        let rho = rounded(score.spearman);
        let (answered, total) = (score.answered, score.total);
        writeln!(output, "  {}   Spearman x 100: {rho}   {answered} / {total}", score.file)?;
        for guessed in it.similarity_guessed.iter().filter(|guessed| guessed.file == score.file) {
            let (rho, answered) = (rounded(guessed.spearman), guessed.answered);
            let note = "with unknown words guessed from their spelling";
            writeln!(output, "    {note}: {rho}   {answered} / {total}")?;
        }
        taken(output, it, "similarity", &score.file)?;
    }
    for score in &it.categories {
        let Score { answered, total, .. } = score.score;
        let (classes, purity) = (score.classes, shares(&score.score));
        writeln!(
            output,
            "  {}   purity in {classes} clusters: {purity}   {answered} / {total}",
            score.file
        )?;
        taken(output, it, "categories", &score.file)?;
    }
    for scores in &it.odd_one_out {
        odd_one_out(output, scores)?;
        taken(output, it, "odd-one-out", &scores.file)?;
    }
    documents(output, it)?;
    it.held_out.iter().try_for_each(|score| held_out(output, score))
}

/// What was taken from a file, below its scores.
fn taken(output: &mut impl Write, it: &Evaluation, test: &str, file: &str) -> io::Result<()> {
    match it.sets.iter().find(|set| set.test == test && set.file == file) {
        Some(set) => writeln!(output, "    read: {}", set.report),
        None => Ok(()),
    }
}

fn analogies(output: &mut impl Write, add: &AnalogyScores, mul: &AnalogyScores) -> io::Result<()> {
    writeln!(output, "  {}{}", add.file, capped(add))?;
    writeln!(output, "    {:<30} {:>27} {:>27}   answered / total", "", "3CosAdd", "3CosMul")?;
    let (of_add, of_mul) = (analogy_sums(add), analogy_sums(mul));
    let of_mul = named(&mul.sections, &of_mul);
    for ((name, add), (_, mul)) in named(&add.sections, &of_add).zip(of_mul) {
        let (by_add, by_mul) = (shares(&add), shares(&mul));
        let (answered, total) = (add.answered, add.total);
        writeln!(output, "    {name:<30} {by_add:>27} {by_mul:>27}   {answered} / {total}")?;
    }
    Ok(())
}

fn odd_one_out(output: &mut impl Write, scores: &OddOneOutScores) -> io::Result<()> {
    writeln!(output, "  {}", scores.file)?;
    writeln!(output, "    {:<30} {:>27}   answered / total", "", "odd one out")?;
    for (name, score) in named(&scores.sections, &[(ALL, scores.all)]) {
        let (shares, Score { answered, total, .. }) = (shares(&score), score);
        writeln!(output, "    {name:<30} {shares:>27}   {answered} / {total}")?;
    }
    Ok(())
}

/// Classes, completion and search.
fn documents(output: &mut impl Write, it: &Evaluation) -> io::Result<()> {
    for scores in &it.documents {
        let (accuracy, f1) = (100.0 * scores.accuracy, 100.0 * scores.macro_f1);
        let (measure, train, test) =
            (document_measure(scores), count(scores.train as u64), count(scores.test as u64));
        writeln!(
            output,
            "  {}   {measure}: accuracy {accuracy:.1} %, macro-F1 {f1:.1} %   \
             {train} train / {test} test",
            scores.file
        )?;
    }
    for it in &it.completion {
        let (hidden, guess, n) = (hidden_name(it.hidden), guess_name(it.guess), it.n_documents);
        let (top10, top100) = (share(it.top10, n), share(it.top100, n));
        writeln!(output, "  {hidden}, {guess:<27} top 10: {top10}   top 100: {top100}   of {n}")?;
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
    Ok(())
}

fn held_out(output: &mut impl Write, it: &HeldOutScore) -> io::Result<()> {
    writeln!(
        output,
        "  {} documents that the model has not seen, {:.0} tokens; encoder {}",
        count(it.n_documents as u64),
        it.n_tokens,
        it.encoder
    )?;
    for (name, number) in held_out_numbers(it) {
        if let Some(number) = number {
            writeln!(output, "    {name:<40} {number:>12.4}")?;
        }
    }
    let [whole, halves] = it.mixed_in;
    if whole > 0.0 {
        writeln!(
            output,
            "    (weights read as probabilities, with shares {whole} and {halves} of word \
             frequencies mixed in)"
        )?;
    }
    Ok(())
}

/// The scores of several models: a line for each score, a column for each model.
pub(super) fn side_by_side(output: &mut impl Write, models: &[Evaluation]) -> io::Result<()> {
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
    for set in &models[0].sets {
        writeln!(output, "read from {}: {}", set.file, set.report)?;
    }
    writeln!(
        output,
        "share of answered (of all)  correct / answered / total; Spearman x 100  answered / total"
    )
}
