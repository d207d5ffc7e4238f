//! `eigenlex generate`: random documents.

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Result;
use eigenlex::Model;
use eigenlex::encode::{Encoder, generate};
use serde::Serialize;

use crate::cli::output;
use crate::cli::output::{FormatArg, OutputFormat};

const AFTER_HELP: &str = "\
Examples:
  Five documents of twenty words:
    eigenlex generate news.vae
  A hundred longer ones, from another seed:
    eigenlex generate news.vae -n 100 --words 200 --seed 7 > drawn.txt";

/// Generate random bags of words from a variational model
///
/// Draws a code from N(0, I), and words from the probabilities that the decoder gives for it. The
/// words are independent of each other, so their order means nothing. Prints one document per line.
///
/// The model must be made by `embed --encoder vae` with the multinomial loss: only then are codes
/// trained to be like N(0, I), and only then does a code give each word a probability.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    /// Model
    model: PathBuf,
    /// Number of documents
    #[arg(
        short = 'n',
        long,
        default_value_t = 5,
        value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..),
    )]
    documents: u32,
    /// Number of words in each
    #[arg(
        long,
        default_value_t = 20,
        value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..),
    )]
    words: u32,
    /// Seed of the random draws
    #[arg(long, default_value_t = 42, value_name = "SEED")]
    seed: u64,
    #[command(flatten)]
    format: FormatArg,
}

#[derive(Serialize)]
struct Drawn<'a> {
    document: u32,
    words: Vec<&'a str>,
}

pub(crate) fn run(args: Args) -> Result<()> {
    let model = Model::open(&args.model)?;
    let encoder = Encoder::new(&model)?;
    let mut output = output::stdout();
    let format = args.format.resolve();
    // Only with the first document is it clear that the model can draw at all.
    let table = args.format.table_of_answers(["document", "words"]);
    for document in 1..=args.documents {
        let ids = generate(&encoder, u64::from(document), args.words as usize, args.seed)?;
        let words: Vec<&str> =
            ids.into_iter().map(|id| model.vectors.words().spelling(id)).collect();
        match format {
            OutputFormat::Json => output::json_line(&mut output, &Drawn { document, words })?,
            OutputFormat::Tsv => table.row(&mut output, [&document, &words.join(" ")])?,
            OutputFormat::Text => writeln!(output, "{}", output::shown(&words.join(" ")))?,
        }
    }
    Ok(output.flush()?)
}
