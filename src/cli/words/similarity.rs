//! `eigenlex similarity`: how alike two words are.

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Result;
use eigenlex::{Error, query, shortened};
use serde::Serialize;

use crate::cli::output;
use crate::cli::output::bars::Bars;
use crate::cli::output::{Cosine, FormatArg, Guesses, OutputFormat};
use crate::cli::queries::{Batch, OnUnknownArg, Opened, UnknownArg, refuse_expression};
use crate::cli::refusal::Refusal;

/// Print how similar two words are
///
/// Similarity is the cosine of their vectors: 1 is the same direction, 0 is nothing in common, -1
/// is the opposite direction.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Model or vector file
    model: PathBuf,
    /// Pairs of words; `-` alone reads one pair per line from standard input, separated by a tab or
    /// a space; a word in quotes may have spaces in it
    #[arg(required = true, value_name = "WORD")]
    words: Vec<String>,
    #[command(flatten)]
    unknown: UnknownArg,
    #[command(flatten)]
    format: FormatArg,
}

#[derive(Serialize)]
struct Pair<'a> {
    words: [&'a str; 2],
    similarity: Cosine,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    guessed: &'a [String],
}

pub(crate) fn run(args: Args, bars: &Bars) -> Result<()> {
    if args.words != ["-"] && !args.words.len().is_multiple_of(2) {
        return Err(odd_number(&args).into());
    }
    let opened = Opened::open_for(&args.model, args.unknown)?;
    refuse_expression(&args.words, &args.model, |word| opened.id(word).is_some())?;
    let format = args.format.resolve();
    let mut output = output::stdout();
    let table = args.format.table_of_answers(["word", "other_word", "similarity"]);
    let table = table.with(args.unknown.is_spelling().then_some("guessed"));
    let mut answer = |left: &str, right: &str| -> Result<()> {
        let words = [opened.find(left, bars)?, opened.find(right, bars)?];
        let guesses = Guesses::among(&words);
        let similarity = Cosine::from(query::cosine(&opened.vectors, &words[0], &words[1])?);
        match format {
            OutputFormat::Text => {
                let remark = guesses.remark();
                let words = output::shown(&format!("{left} {right}"));
                writeln!(output, "{words}  {:.4}{remark}", similarity.0)?;
            }
            OutputFormat::Tsv => {
                let cells: [&dyn std::fmt::Display; 3] = [&left, &right, &similarity];
                table.row_with(&mut output, cells, &guesses.field())?;
            }
            OutputFormat::Json => {
                let pair = Pair { words: [left, right], similarity, guessed: guesses.words() };
                output::json_line(&mut output, &pair)?;
            }
        }
        // Somebody who asks on standard input waits for each answer.
        Ok(output.flush()?)
    };
    if args.words == ["-"] {
        return OnUnknownArg::from(args.unknown).answer_each(
            &args.words,
            args.format,
            bars,
            |line| {
                let pair = match query::words_of_line(line)[..] {
                    [left, right] => Some((left, right)),
                    _ => line.split_once('\t').or_else(|| line.split_once(' ')),
                };
                let Some((left, right)) = pair else {
                    let (found, expected) = (
                        format!("`{}`", shortened(line)),
                        "two words, separated by a tab or a space".to_owned(),
                    );
                    return Err(
                        Error::Malformed { path: "-".into(), line: None, found, expected }.into()
                    );
                };
                answer(left.trim(), right.trim())
            },
        );
    }
    let mut batch = Batch::new(args.unknown, args.words.len() == 2, args.format, bars);
    for pair in args.words.chunks_exact(2) {
        let answered = answer(&pair[0], &pair[1]);
        batch.note(&format!("{} {}", pair[0], pair[1]), answered)?;
    }
    batch.end()
}

/// The last word has none to be compared with.
fn odd_number(args: &Args) -> Refusal {
    let given = match args.words.len() {
        1 => "only one word is given".to_owned(),
        n => format!("{n} words are given, an odd number"),
    };
    let words = args.words.join(" ");
    Refusal::new(
        format!("similarity compares pairs of words, and {given}"),
        format!("write `eigenlex similarity {} {words} WORD`", args.model.display()),
    )
}
