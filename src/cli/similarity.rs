//! `eigenlex similarity`: how alike two words are.

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Result;
use eigenlex::{Error, query};
use serde::Serialize;

use super::output::{self, FormatArg, OutputFormat};
use super::queries::{Opened, for_each_query};

/// Print the cosine of pairs of words, from -1 to 1.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A model, or any vector file
    model: PathBuf,
    /// Pairs of words; `-` alone reads a pair a line from standard input, separated by a tab or a blank
    #[arg(required = true, value_name = "WORD")]
    words: Vec<String>,
    #[command(flatten)]
    format: FormatArg,
}

#[derive(Serialize)]
struct Pair<'a> {
    words: [&'a str; 2],
    similarity: f32,
}

pub(super) fn run(args: Args) -> Result<()> {
    let opened = Opened::open(&args.model)?;
    let format = args.format.resolve();
    let mut output = output::stdout();
    let mut answer = |left: &str, right: &str| -> Result<()> {
        let id = |word| query::resolve(&opened.vectors, word, &|word| opened.normalize(word));
        let similarity = query::similarity(&opened.vectors, id(left)?, id(right)?)?;
        match format {
            OutputFormat::Text => writeln!(output, "{left} {right}  {similarity:.4}")?,
            OutputFormat::Tsv => writeln!(output, "{left}\t{right}\t{similarity}")?,
            OutputFormat::Json => output::json_line(&mut output, &Pair { words: [left, right], similarity })?,
        }
        // Whoever asks one question after another on standard input waits for each answer.
        Ok(output.flush()?)
    };
    if args.words == ["-"] {
        for_each_query(&args.words, |line| {
            let pair = line.split_once('\t').or_else(|| line.split_once(' '));
            let Some((left, right)) = pair else {
                return Err(Error::Malformed {
                    path: "-".into(),
                    line: None,
                    found: format!("`{line}`"),
                    expected: "two words, separated by a tab or a blank".to_owned(),
                }
                .into());
            };
            answer(left.trim(), right.trim())
        })?;
    } else {
        let pairs = args.words.chunks_exact(2);
        if let [odd] = pairs.remainder() {
            return Err(Error::Parameter {
                name: "similarity",
                found: format!("{} word(s), the last being `{odd}`", args.words.len()),
                expected: "pairs of words".to_owned(),
            }
            .into());
        }
        for pair in pairs {
            answer(&pair[0], &pair[1])?;
        }
    }
    Ok(())
}
