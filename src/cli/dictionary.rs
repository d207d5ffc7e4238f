//! `eigenlex dictionary`: the bilingual dictionary that a map leads to.

use std::io::Write;
use std::path::PathBuf;

use anyhow::Result;
use eigenlex::align::{self, InducedPair, Rows};
use eigenlex::format::AtomicFile;
use eigenlex::{Progress as _, Stage, WordVectors};

use super::bars::Bars;
use super::output;
use super::translate::MapArgs;

/// Write the dictionary that a map leads to: every word with its best translations.
///
/// Tab-separated: word, translation, cosine, the score that the translations are ordered by (CSLS, or the cosine again), and `mutual` where each is
/// the first for the other, else `-`. `align --dictionary` and `evaluate --translation` read it.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    map: MapArgs,
    /// The file to write; `-` is standard output
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Replace the file if it exists
    #[arg(long)]
    force: bool,
    /// Translations of each word
    #[arg(short = 'k', long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    top: u32,
    /// Only pairs that are each the first for the other
    #[arg(long)]
    mutual: bool,
}

pub(super) fn run(args: Args, bars: &Bars) -> Result<()> {
    let to_stdout = args.output.as_os_str() == "-";
    if !to_stdout {
        eigenlex::format::refuse_existing(&args.output, args.force)?;
    }
    let map = args.map.open()?;
    bars.watch_interrupts()?;
    let (asking, answering) = args.map.direction();
    let (from, to) = (args.map.side(&map, asking)?, args.map.side(&map, answering)?);
    bars.start(Stage::Align, None);
    let dim = map.dim();
    let pairs = align::induce(Rows::new(&from.rows, dim), Rows::new(&to.rows, dim), args.top as usize, args.map.retrieval())?;
    bars.finish();
    let pairs = pairs.iter().filter(|pair| pair.mutual || !args.mutual);
    let (sources, targets) = (&from.opened.vectors, &to.opened.vectors);
    if to_stdout {
        let mut stdout = output::stdout();
        for pair in pairs {
            stdout.write_all(line(pair, sources, targets).as_bytes())?;
        }
        return Ok(stdout.flush()?);
    }
    let mut file = AtomicFile::create(&args.output, args.force)?;
    for pair in pairs {
        file.put(line(pair, sources, targets).as_bytes())?;
    }
    Ok(file.commit()?)
}

fn line(pair: &InducedPair, sources: &WordVectors, targets: &WordVectors) -> String {
    let (source, target) = (sources.words().spelling(pair.source), targets.words().spelling(pair.target));
    let mark = if pair.mutual { "mutual" } else { "-" };
    format!("{source}\t{target}\t{}\t{}\t{mark}\n", pair.similarity, pair.score)
}
