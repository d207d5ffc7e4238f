//! `eigenlex phrases`: the phrases of a corpus, without vectors.

use std::io::{self, Write};

use anyhow::Result;
use eigenlex::{MemoryBudget, Phrase, Phrases, Tokenizer, Tokens};

use crate::cli::memory::parse_bytes;
use crate::cli::output;
use crate::cli::output::bars::Bars;
use crate::cli::output::{Digits, FormatArg, OutputFormat, count};
use crate::cli::reading::{CorpusArgs, PhraseArgs};

const AFTER_HELP: &str = "\
Examples:
  eigenlex phrases wiki.txt.zst                                    names and compounds
  eigenlex phrases wiki.txt.zst --passes 2 --phrase-threshold 0.6  of up to four words, fewer
  eigenlex phrases wiki.txt.zst --phrase-score g-test              all that chance does not explain
  eigenlex embed wiki.txt.zst --phrases 2 -o wiki.model            vectors of words and phrases";

/// List the phrases of a corpus: words that belong together, such as `new_york`.
///
/// Prints phrase, count and score, best first, one pass after another. What is printed here is what
/// `embed --phrases` joins.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    #[command(flatten)]
    reading: CorpusArgs,
    /// How often the corpus is gone through: phrases have up to 2^N words
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
    /// Take no more memory than this, for instance 8GB
    #[arg(long, value_parser = parse_bytes, value_name = "SIZE")]
    memory: Option<u64>,
    #[command(flatten)]
    format: FormatArg,
}

pub(crate) fn run(args: Args, bars: &Bars) -> Result<()> {
    let config = args.phrases.resolve(Some(args.passes))?.unwrap_or_default();
    let tokenizer = Tokenizer::new(&args.reading.tokenizer()?)?;
    let corpus = args.reading.open()?;
    let budget = MemoryBudget { bytes: args.memory };
    bars.watch_interrupts()?;
    let mut tokens = Tokens::read(&corpus, &tokenizer, budget, bars)?;
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
            let width = phrases.iter().map(|it| it.phrase.chars().count()).max().unwrap_or(0);
            phrases.iter().try_for_each(|it| {
                writeln!(
                    output,
                    "{:<width$}  {:>9}  {:>12.4}",
                    it.phrase,
                    count(it.count),
                    it.score
                )
            })
        }
    }
}
