//! `eigenlex odd-one-out`: the word of a set that is least like the others.

use std::path::PathBuf;

use anyhow::Result;
use eigenlex::{Error, query, shortened};

use crate::cli::output;
use crate::cli::output::bars::Bars;
use crate::cli::output::{Answers, FormatArg, Guesses};
use crate::cli::queries::{OnUnknownArg, Opened, UnknownArg, refuse_expression};

/// Find the word that does not belong to the others
///
/// Prints each word with its mean cosine to the others, from -1 to 1, the odd one first
/// (Camacho-Collados & Navigli 2016; the same answer as gensim's doesnt_match).
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Model or vector file
    model: PathBuf,
    /// At least three words; `-` alone reads one set per line from standard input, separated by
    /// tabs or spaces; a word in quotes may have spaces in it
    #[arg(required = true, value_name = "WORD")]
    words: Vec<String>,
    #[command(flatten)]
    unknown: UnknownArg,
    #[command(flatten)]
    format: FormatArg,
}

pub(crate) fn run(args: Args, bars: &Bars) -> Result<()> {
    let opened = Opened::open_for(&args.model, args.unknown)?;
    refuse_expression(&args.words, &args.model, |word| opened.id(word).is_some())?;
    let mut output = output::stdout();
    let mut answers = Answers::new(args.format, "similarity", args.unknown.is_spelling());
    let mut answer = |words: &[&str]| -> Result<()> {
        let set = words.iter().map(|word| opened.find(word, bars)).collect::<Result<Vec<_>>>()?;
        let found = query::odd_one_out(&opened.vectors, &set)?;
        let found = found.iter().map(|it| (it.word.as_str(), it.similarity));
        Ok(answers.put(&mut output, &words.join(" "), &Guesses::among(&set), found)?)
    };
    if args.words != ["-"] {
        return answer(&args.words.iter().map(String::as_str).collect::<Vec<_>>());
    }
    OnUnknownArg::from(args.unknown).answer_each(&args.words, args.format, bars, |line| {
        let words = query::words_of_line(line);
        if words.len() < 3 {
            let (found, expected) = (
                format!("`{}`", shortened(line)),
                "at least three words, separated by tabs or spaces".to_owned(),
            );
            return Err(Error::Malformed { path: "-".into(), line: None, found, expected }.into());
        }
        answer(&words)
    })
}
