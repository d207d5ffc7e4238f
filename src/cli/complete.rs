//! `eigenlex complete`: the words that a text lacks.

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Result;
use clap::ValueEnum;
use eigenlex::Model;
use eigenlex::encode::{CompletionOrder, Encoder, complete};

use super::documents::unknown;
use super::output::{self, FormatArg, OutputFormat};
use super::queries::for_each_query;

/// Name the words that belong to a text and are not in it: those that its reconstruction adds.
///
/// Prints each word with its weight in the reconstruction, V V^T x or what a network gives back of the text.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A model
    model: PathBuf,
    /// Texts; `-` reads one a line from standard input
    #[arg(required = true, value_name = "TEXT")]
    texts: Vec<String>,
    /// Words to print
    #[arg(short = 'k', long, default_value_t = 10, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    top: u32,
    /// What comes first
    #[arg(long, value_enum, default_value_t = OrderName::Weight, value_name = "ORDER")]
    order: OrderName,
    #[command(flatten)]
    format: FormatArg,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum OrderName {
    /// The word most likely to be missing: by the count that its weight stands for
    Count,
    /// The word that tells most: by its weight
    Weight,
}

pub(super) fn run(args: Args) -> Result<()> {
    let model = Model::open(&args.model)?;
    let encoder = Encoder::new(&model)?;
    let order = match args.order {
        OrderName::Count => CompletionOrder::Count,
        OrderName::Weight => CompletionOrder::Weight,
    };
    let format = args.format.resolve();
    let (mut output, mut first) = (output::stdout(), true);
    for_each_query(&args.texts, |text| {
        let document = encoder.weigh_text(text)?;
        if document.words.is_empty() {
            return Err(unknown(text).into());
        }
        let found = complete(&encoder, &document, order, args.top as usize)?;
        let first = std::mem::take(&mut first);
        match format {
            OutputFormat::Json => output::json_line(&mut output, &found)?,
            OutputFormat::Tsv => {
                if !first {
                    writeln!(output)?;
                }
                found.iter().try_for_each(|it| writeln!(output, "{}\t{}", it.word, it.weight))?;
            }
            OutputFormat::Text => {
                writeln!(output, "{}{text}", if first { "" } else { "\n" })?;
                let width = found.iter().map(|it| it.word.chars().count()).max().unwrap_or(0);
                found.iter().try_for_each(|it| writeln!(output, "  {:<width$}  {:.4}", it.word, it.weight))?;
            }
        }
        Ok(output.flush()?)
    })
}
