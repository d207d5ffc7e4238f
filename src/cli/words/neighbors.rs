//! `eigenlex neighbors`: the words nearest to a word.

use std::path::PathBuf;

use anyhow::Result;
use eigenlex::query::{self, WordVector};

use crate::cli::output::FormatArg;
use crate::cli::output::bars::Bars;
use crate::cli::queries::{Opened, UnknownArg, print_neighbors, refuse_expression};
use crate::cli::search_args::SearchArgs;

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
    unknown: UnknownArg,
    #[command(flatten)]
    format: FormatArg,
}

pub(crate) fn run(args: Args, bars: &Bars) -> Result<()> {
    let opened = Opened::open_for(&args.model, args.unknown)?;
    // `-` between words would read standard input.
    let is_known = |word: &str| word != "-" && opened.id(word).is_some();
    refuse_expression(&args.words, &args.model, is_known)?;
    let search = args.search.resolve(&opened, bars)?;
    let find = |word: &str| opened.find(word, bars);
    let answer = |words: &[WordVector]| match words {
        [word] => Ok(vec![query::neighbors_of(&opened.vectors, word, &search)?]),
        words => query::neighbors_of_many(&opened.vectors, words, &search),
    };
    print_neighbors(&args.words, args.unknown, args.format, bars, &search, find, answer)
}
