//! `eigenlex generate`: documents out of nothing.

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
  eigenlex generate news.vae                           five documents of twenty words
  eigenlex generate news.vae -n 100 --words 200 --seed 7 > drawn.txt";

/// Draw documents: a code from N(0, I), and words from the distribution that the decoder makes of
/// it.
///
/// The model must be made with --encoder vae and its multinomial loss: only then are codes drawn to
/// N(0, I), and only then does a code give each word a probability. Words are drawn one by one,
/// without regard to each other: a document is its words, not their order. Each is printed as a
/// line.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    /// A model
    model: PathBuf,
    /// Documents to draw
    #[arg(short = 'n', long, default_value_t = 5, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    documents: u32,
    /// Words of each
    #[arg(long, default_value_t = 20, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    words: u32,
    /// Seed of the draws
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
            OutputFormat::Text => writeln!(output, "{}", words.join(" "))?,
        }
    }
    Ok(output.flush()?)
}
