//! `eigenlex explore`: words, documents, languages and time on one page that works offline.

mod args;
mod columns;
mod data;
mod dispersion;
mod documents;
mod levels;
mod page;
#[cfg(feature = "serve")]
mod served;
mod sides;
#[cfg(feature = "parquet")]
mod table;
mod words;

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Result;
use eigenlex::storage::AtomicFile;

use self::args::PageArgs;
#[cfg(feature = "serve")]
pub(crate) use self::served::{Shown, served_page};
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
    eigenlex explore decades.chain -o time.html
  A table for Embedding Atlas, with places, texts and neighbours:
    eigenlex explore model --in texts.txt -o points.parquet";

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
    /// File to write: .html, or .parquet if the program was built with it
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
    let is_table = extension == Some("parquet");
    if is_table && !cfg!(feature = "parquet") {
        let found = "this program was built without Parquet";
        return Err(
            Refusal::new(found, "build it with `--features parquet`, or write .html").into()
        );
    }
    if !is_table && !matches!(extension, Some("html" | "htm")) {
        let found = format!("the name `{}` is not that of a page", args.output.display());
        let hint = "end it in .html, or in .parquet for a table; `plot` writes pictures";
        return Err(Refusal::new(found, hint).into());
    }
    let mut file = AtomicFile::create(&args.output, args.force)?;
    bars.keep_until_cleaned_up();
    bars.watch_interrupts()?;
    let page = page::make(&args.input, args.page, bars)?;
    let n_points = output::count(page.points.n as u64);
    let says = if is_table {
        write_table(&page, &mut file, &args.output)?;
        format!("{n_points} points")
    } else {
        let text = page.html()?;
        file.put(text.as_bytes())?;
        let n_words = output::count(page.words.map_or(0, |words| words.n) as u64);
        format!(
            "{n_points} points, {n_words} words to search, {}",
            output::bytes(text.len() as u64)
        )
    };
    file.commit()?;
    if !global.quiet {
        writeln!(io::stderr(), "{says}")?;
    }
    Ok(())
}

#[cfg(feature = "parquet")]
fn write_table(page: &data::Page, file: &mut AtomicFile, path: &Path) -> Result<()> {
    table::write(page, file, path)
}

#[cfg(not(feature = "parquet"))]
fn write_table(_: &data::Page, _: &mut AtomicFile, _: &Path) -> Result<()> {
    unreachable!("such a name is refused before")
}
