//! `eigenlex explore`: words, documents, languages and time on one page that works offline.

mod columns;
mod data;
mod dispersion;
mod documents;
mod levels;
mod page;
mod sides;
mod words;

use std::io::{self, Write as _};
use std::path::PathBuf;

use anyhow::Result;
use eigenlex::storage::AtomicFile;

use self::page::PageArgs;
use super::global::Global;
use super::output;
use super::output::bars::Bars;
use super::refusal::Refusal;

const AFTER_HELP: &str = "\
Examples:
  Documents and the words among them:
    eigenlex explore model --in texts.txt -o page.html
  Words alone, of a model or a file of vectors:
    eigenlex explore model -o words.html
  Documents with what a table says of them:
    eigenlex explore model --in texts/ --labels metadata.csv -o page.html
  Two languages, and the words of time slices:
    eigenlex explore en-es.map -o languages.html
    eigenlex explore decades.chain -o time.html";

/// Write a page to explore words, documents, languages and time
///
/// One file that works offline and asks no other machine for anything: search, neighbours, word
/// math, groups. Similar documents are close on its plane, and so are words. Groups have names by
/// the words that tell them apart. The metadata that `embed --metadata` kept are columns to colour
/// and filter by, if the documents are those of the model.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    /// Model, file of vectors, map, hub or chain
    #[arg(value_name = "MODEL")]
    input: PathBuf,
    /// File to write: .html
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Replace the output if it exists
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    page: PageArgs,
}

pub(crate) fn run(args: Args, global: &Global, bars: &Bars) -> Result<()> {
    let extension = args.output.extension().and_then(|extension| extension.to_str());
    if !matches!(extension, Some("html" | "htm")) {
        return Err(Refusal::new(
            format!("the name `{}` is not that of a page", args.output.display()),
            "end it in .html; `plot` writes .svg",
        )
        .into());
    }
    let mut file = AtomicFile::create(&args.output, args.force)?;
    bars.keep_until_cleaned_up();
    bars.watch_interrupts()?;
    let page = page::make(&args.input, args.page, bars)?;
    let text = page.html();
    file.put(text.as_bytes())?;
    file.commit()?;
    if !global.quiet {
        writeln!(
            io::stderr(),
            "{} points, {} words to search, {}",
            output::count(page.n_points as u64),
            output::count(page.n_words as u64),
            output::bytes(text.len() as u64)
        )?;
    }
    Ok(())
}
