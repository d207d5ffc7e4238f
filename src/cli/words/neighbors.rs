//! `eigenlex neighbors`: the words nearest to a word.

use std::path::PathBuf;

use anyhow::Result;
use eigenlex::query;

use super::queries::{OnUnknownArg, Opened, SearchArgs, print_answers};
use crate::cli::output::FormatArg;
use crate::cli::output::bars::Bars;

/// Find the words nearest to a word, by cosine.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A model, or any vector file
    model: PathBuf,
    /// Words; `-` reads one a line from standard input
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
