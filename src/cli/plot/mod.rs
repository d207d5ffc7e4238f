//! `eigenlex plot`: pictures for print, a file for each kind.

mod alignment;
mod analogy;
mod axis;
mod documents;
mod drift;
mod intervals;
mod layout;
mod scores;
mod spectrum;
mod vectors;
mod words;

use std::ffi::OsString;

use anyhow::Result;
use clap::Subcommand;

use crate::cli::global::Global;
use crate::cli::output::bars::Bars;
use crate::cli::refusal::Refusal;

const AFTER_HELP: &str = "\
Every kind writes .svg, .png or .pdf, by the name of its output. `eigenlex plot KIND --help` \
explains
its options. `explore` writes a page to search and zoom.

Examples:
  Words and what they have to do with each other:
    eigenlex plot words model king queen man woman boy girl -o words.pdf
  Documents in clusters, as wide as a column:
    eigenlex plot documents model --in texts.txt --clusters 12 --width column -o plane.pdf
  A table of scores with intervals:
    eigenlex evaluate model --analogies questions.txt --format tsv > scores.tsv
    eigenlex plot intervals scores.tsv -o scores.png";

/// Draw pictures for print: words, documents, word math, languages, time, scores
///
/// All have one style: names never overlap, legends stand beside the data, groups differ by shape
/// and not by colour alone, and text is drawn in a font that the program holds.
#[derive(Debug, clap::Args)]
#[command(
    after_help = AFTER_HELP,
    subcommand_value_name = "KIND",
    subcommand_help_heading = "Kinds"
)]
pub(crate) struct Args {
    #[command(subcommand)]
    kind: Option<Kind>,
}

/// The names of the kinds, for messages.
const KINDS: &str = "words, documents, analogy, axis, spectrum, alignment, drift or intervals";

#[derive(Debug, Subcommand)]
#[command(disable_help_subcommand = true)]
enum Kind {
    Words(words::Args),
    Documents(Box<documents::Args>),
    Analogy(analogy::Args),
    Axis(axis::Args),
    Spectrum(Box<spectrum::Args>),
    Alignment(alignment::Args),
    Drift(drift::Args),
    Intervals(intervals::Args),
    /// What is no kind.
    #[command(external_subcommand)]
    Other(Vec<OsString>),
}

pub(crate) fn run(args: Args, global: &Global, bars: &Bars) -> Result<()> {
    match args.kind {
        Some(Kind::Words(args)) => words::run(args, bars),
        Some(Kind::Documents(args)) => documents::run(*args, global, bars),
        Some(Kind::Analogy(args)) => analogy::run(args, bars),
        Some(Kind::Axis(args)) => axis::run(args, bars),
        Some(Kind::Spectrum(args)) => spectrum::run(*args, bars),
        Some(Kind::Alignment(args)) => alignment::run(args, bars),
        Some(Kind::Drift(args)) => drift::run(args, bars),
        Some(Kind::Intervals(args)) => intervals::run(args, bars),
        Some(Kind::Other(given)) => {
            let first = given.first().map(|it| it.to_string_lossy().into_owned());
            let found = format!("`{}` is no kind of picture", first.unwrap_or_default());
            let hint = format!(
                "`plot` takes a kind first: {KINDS}; `plot documents` draws what `plot` drew before"
            );
            Err(Refusal::new(found, hint).into())
        }
        None => {
            let found = "`plot` needs a kind of picture";
            Err(Refusal::new(found, format!("give one of {KINDS}")).into())
        }
    }
}
