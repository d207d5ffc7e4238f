//! `eigenlex neighbors`: the words nearest to a word.

use std::path::PathBuf;

use anyhow::Result;
use eigenlex::query;

use crate::cli::output::FormatArg;
use crate::cli::output::bars::Bars;
use crate::cli::queries::{OnUnknownArg, Opened, SearchArgs, print_answers};

/// Find the words most similar to a word
///
/// Similarity is the cosine of two word vectors, from -1 to 1.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Model or vector file
    model: PathBuf,
    /// Words; `-` reads one per line from standard input
    #[arg(required = true, value_name = "WORD")]
    words: Vec<String>,
    #[command(flatten)]
    search: SearchArgs,
    #[command(flatten)]
    on_unknown: OnUnknownArg,
    #[command(flatten)]
    format: FormatArg,
}

pub(crate) fn run(args: Args, bars: &Bars) -> Result<()> {
    let opened = Opened::open(&args.model)?;
    let search = args.search.resolve(&opened)?;
    print_answers(&args.words, args.on_unknown, args.format, bars, "similarity", |word| {
        let id = query::resolve(&opened.vectors, word, &|word| opened.normalize(word))?;
        Ok(query::neighbors(&opened.vectors, id, &search)?)
    })
}
