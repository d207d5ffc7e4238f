//! `eigenlex complete`: words that fit a text and do not occur in it.

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Result;
use clap::ValueEnum;
use eigenlex::encode::{CompletionOrder, complete};
use eigenlex::{Error, Model};
use serde::Serialize;

use super::inputs::unknown;
use crate::cli::output;
use crate::cli::output::bars::Bars;
use crate::cli::output::{Digits, FormatArg, OutputFormat};
use crate::cli::queries::{OnUnknownArg, UnknownArg, encoder_for, tell_guesses};

const AFTER_HELP: &str = "\
Examples:
  Words for a text:
    eigenlex complete model 'the crew repaired the sails and the rudder'";

/// Suggest words that fit a text but do not occur in it
///
/// Prints each word with its score: how well it fits, or its weight in the reconstruction of the
/// text from its code (V V^T x, or the output of a network).
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    /// Model
    model: PathBuf,
    /// Texts; `-` reads one per line from standard input
    #[arg(required = true, value_name = "TEXT")]
    texts: Vec<String>,
    /// Number of words for each text
    #[arg(
        short = 'k',
        long,
        default_value_t = 10,
        value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..),
    )]
    top: u32,
    /// Which words come first
    #[arg(long, value_enum, default_value_t = OrderName::Fit, value_name = "ORDER")]
    order: OrderName,
    #[command(flatten)]
    unknown: UnknownArg,
    #[command(flatten)]
    format: FormatArg,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum OrderName {
    /// Those that fit best, by the cosine with the code of the text; words of very few documents,
    /// and of nearly all, come later
    Fit,
    /// Those most likely to be missing, even `the`: by the count that the weight stands for
    Count,
    /// Those with the largest weight in the reconstruction
    Weight,
}

pub(crate) fn run(args: Args, bars: &Bars) -> Result<()> {
    let model = Model::open(&args.model)?;
    let encoder = encoder_for(&model, args.unknown)?;
    let order = match args.order {
        OrderName::Fit => CompletionOrder::Fit,
        OrderName::Count => CompletionOrder::Count,
        OrderName::Weight => CompletionOrder::Weight,
    };
    let format = args.format.resolve();
    let (mut output, mut first) = (output::stdout(), true);
    let table = args.format.table_of_answers(["query", "word", "score"]);
    OnUnknownArg::from(args.unknown).answer_each(&args.texts, args.format, bars, |text| {
        tell_guesses(&encoder, text, bars)?;
        let document = encoder.weigh_text(text)?;
        if document.words.is_empty() {
            return Err(unknown(text).into());
        }
        let found = complete(&encoder, &document, order, args.top as usize)?;
        if found.is_empty() {
            let reason = "every word of the model that fits occurs in it".to_owned();
            return Err(Error::NothingFound { query: text.to_owned(), reason }.into());
        }
        let first = std::mem::take(&mut first);
        match format {
            OutputFormat::Json => {
                let answers: Vec<Answer> = found
                    .iter()
                    .map(|it| Answer { word: &it.word, score: Digits(it.score) })
                    .collect();
                output::json_line(&mut output, &answers)?;
            }
            OutputFormat::Tsv => {
                found.iter().try_for_each(|it| {
                    table.row(&mut output, [&text, &it.word, &Digits::<6>(it.score)])
                })?;
            }
            OutputFormat::Text => {
                writeln!(output, "{}{text}", if first { "" } else { "\n" })?;
                let width = found
                    .iter()
                    .map(|it| output::shown(&it.word).chars().count())
                    .max()
                    .unwrap_or(0);
                found.iter().try_for_each(|it| {
                    writeln!(output, "  {:<width$}  {:.4}", output::shown(&it.word), it.score)
                })?;
            }
        }
        Ok(output.flush()?)
    })
}

/// A word in JSON.
#[derive(Serialize)]
struct Answer<'a> {
    word: &'a str,
    score: Digits<6>,
}
