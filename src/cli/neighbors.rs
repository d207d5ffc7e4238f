//! `eigenlex neighbors`: the words nearest to a word.

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Result;
use eigenlex::query;

use super::output::{self, FormatArg};
use super::queries::{Opened, SearchArgs, for_each_query};

/// Find the words nearest to a word, by cosine.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A model, or any vector file
    model: PathBuf,
    /// Words; `-` reads one a line from standard input
    #[arg(required = true, value_name = "WORD")]
    words: Vec<String>,
    #[command(flatten)]
    search: SearchArgs,
    #[command(flatten)]
    format: FormatArg,
}

pub(super) fn run(args: Args) -> Result<()> {
    let opened = Opened::open(&args.model)?;
    let search = args.search.resolve(&opened)?;
    let format = args.format.resolve();
    let mut output = output::stdout();
    let mut first = true;
    for_each_query(&args.words, |word| {
        let id = query::resolve(&opened.vectors, word, &|word| opened.normalize(word))?;
        let answers = query::neighbors(&opened.vectors, id, &search)?;
        output::answers(&mut output, format, word, &answers, std::mem::take(&mut first))?;
        // Whoever asks one question after another on standard input waits for each answer.
        Ok(output.flush()?)
    })
}
