//! `eigenlex dictionary`: a bilingual dictionary from a map.

use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::Result;
use eigenlex::Words;
use eigenlex::align::{self, Dictionary, InducedPair, UnitRows};
use eigenlex::storage::AtomicFile;

use super::translate::MapArgs;
use crate::cli::output;
use crate::cli::output::bars::Bars;
use crate::cli::output::{Cosine, Table};

/// Write a bilingual dictionary from a map: every word with its best translations
///
/// A table of tab-separated values with the columns source, target, similarity (their cosine),
/// score (by which the translations are ordered: CSLS, or the cosine again) and mutual (`yes` if
/// each word is the best translation of the other). `align --dictionary` and
/// `evaluate --translation` read it.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    map: MapArgs,
    /// File to write; `-` is standard output
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Replace the file if it exists
    #[arg(long)]
    force: bool,
    /// Number of translations for each word
    #[arg(
        short = 'k',
        long,
        default_value_t = 1,
        value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..),
    )]
    top: u32,
    /// Keep only pairs in which each word is the best translation of the other
    #[arg(long)]
    mutual: bool,
    /// Leave out the line of column names
    #[arg(long)]
    no_header: bool,
}

pub(crate) fn run(args: Args, bars: &Bars) -> Result<()> {
    let to_stdout = args.output.as_os_str() == "-";
    if !to_stdout {
        eigenlex::storage::refuse_existing(&args.output, args.force)?;
    }
    let map = args.map.open()?;
    bars.watch_interrupts()?;
    let (asking, answering) = args.map.direction();
    let (from, to) = (args.map.side(&map, asking)?, args.map.side(&map, answering)?);
    let dim = map.dim();
    let pairs = align::induce(
        UnitRows::new(&from.rows, dim),
        UnitRows::new(&to.rows, dim),
        args.top as usize,
        args.map.retrieval(),
        bars,
    )?;
    let pairs = pairs.iter().filter(|pair| pair.mutual || !args.mutual);
    let words = [from.opened.vectors.words(), to.opened.vectors.words()];
    if to_stdout {
        let mut stdout = output::stdout();
        write(&mut stdout, !args.no_header, pairs, words)?;
        return Ok(stdout.flush()?);
    }
    let mut file = AtomicFile::create(&args.output, args.force)?;
    write(&mut file, !args.no_header, pairs, words).map_err(|source| file.failed(source))?;
    Ok(file.commit()?)
}

fn write<'a>(
    output: &mut impl Write,
    with_header: bool,
    pairs: impl Iterator<Item = &'a InducedPair>,
    [sources, targets]: [&Words; 2],
) -> io::Result<()> {
    let table = Table::begin(output, with_header, Dictionary::COLUMNS)?;
    for pair in pairs {
        let (source, target) = (sources.spelling(pair.source), targets.spelling(pair.target));
        let mutual = if pair.mutual { "yes" } else { "no" };
        table.row(
            output,
            [&source, &target, &Cosine::from(pair.similarity), &Cosine::from(pair.score), &mutual],
        )?;
    }
    Ok(())
}
