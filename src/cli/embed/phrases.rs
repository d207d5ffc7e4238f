//! `eigenlex phrases`: the phrases of a corpus, without vectors.

use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::Result;
use eigenlex::MemoryBudget;
use eigenlex::tokenize::{Phrase, Phrases, TokenMemory, Tokenizer, Tokens};

use crate::cli::memory::parse_bytes;
use crate::cli::output;
use crate::cli::output::bars::Bars;
use crate::cli::output::{Digits, FormatArg, OutputFormat, count, shown};
use crate::cli::phrase_args::PhraseArgs;
use crate::cli::reading::CorpusArgs;

const AFTER_HELP: &str = "\
Examples:
  Names and compounds:
    eigenlex phrases wiki.txt.zst
  Phrases of up to four words, with a stricter threshold:
    eigenlex phrases wiki.txt.zst --passes 2 --phrase-threshold 0.6
  All pairs that chance does not explain:
    eigenlex phrases wiki.txt.zst --phrase-score g-test
  Vectors of words and phrases:
    eigenlex embed wiki.txt.zst --phrases 2 -o wiki.model";

/// List the phrases of a corpus, such as `new_york`
///
/// Phrases are words that occur together more often than apart. Prints phrase, count and score,
/// best first, one pass after another. `embed --phrases` joins exactly these.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    #[command(flatten)]
    reading: CorpusArgs,
    /// Passes over the corpus; phrases have at most 2^N words
    #[arg(
        long,
        visible_alias = "phrases",
        default_value_t = 1,
        value_name = "N",
        help_heading = "Phrases"
    )]
    passes: u32,
    #[command(flatten)]
    phrases: PhraseArgs,
    /// Use at most this much memory, for instance 8GB or 512MiB [default: no limit]
    #[arg(long, value_parser = parse_bytes, value_name = "SIZE", help_heading = "Memory")]
    memory: Option<u64>,
    /// Folder for temporary files
    #[arg(
        long,
        requires = "memory",
        default_value = ".",
        value_name = "FOLDER",
        help_heading = "Memory"
    )]
    temporary_folder: PathBuf,
    #[command(flatten)]
    format: FormatArg,
}

pub(crate) fn run(args: Args, bars: &Bars) -> Result<()> {
    let config = args.phrases.config(args.passes)?;
    let tokenizer = Tokenizer::new(&args.reading.tokenizer()?)?;
    let corpus = args.reading.open()?;
    let budget = MemoryBudget { bytes: args.memory };
    bars.watch_interrupts()?;
    let memory = TokenMemory { budget, folder: Some(&args.temporary_folder) };
    let mut tokens = Tokens::read(&corpus, &tokenizer, memory, bars)?;
    let phrases = Phrases::find(&mut tokens, &config, budget, bars)?;
    let mut stdout = output::stdout();
    show(&mut stdout, args.format, &phrases)?;
    Ok(stdout.flush()?)
}

fn show(output: &mut impl Write, format: FormatArg, phrases: &Phrases) -> io::Result<()> {
    match format.resolve() {
        OutputFormat::Json => output::json_line(output, &phrases.iter().collect::<Vec<&Phrase>>()),
        OutputFormat::Tsv => {
            let table = format.table(output, ["phrase", "count", "score", "pass"])?;
            phrases.iter().try_for_each(|it| {
                table.row(output, [&it.phrase, &it.count, &Digits::<6>(it.score), &it.pass])
            })
        }
        OutputFormat::Text => {
            let width =
                phrases.iter().map(|it| shown(&it.phrase).chars().count()).max().unwrap_or(0);
            phrases.iter().try_for_each(|it| {
                writeln!(
                    output,
                    "{:<width$}  {:>9}  {:>12.4}",
                    shown(&it.phrase),
                    count(it.count),
                    it.score
                )
            })
        }
    }
}
