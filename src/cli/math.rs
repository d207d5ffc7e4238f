//! `eigenlex math`: word math.

use std::path::PathBuf;
use std::str::FromStr as _;

use anyhow::Result;
use eigenlex::query::{self, Expression, Method};

use super::bars::Bars;
use super::output::FormatArg;
use super::queries::{OnUnknownArg, Opened, SearchArgs, print_answers};

/// Answer expressions such as `king - man + woman`.
///
/// Any sum of signed, weighted words: `2*king - man`, `paris - france + 'new zealand'`. + and - need a blank before them, so that `mother-in-law`
/// is a word. The words of the expression are never answers.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A model, or any vector file
    model: PathBuf,
    /// Expressions; `-` reads one a line from standard input; one that begins with a minus sign goes after `--`
    #[arg(required = true, value_name = "EXPRESSION")]
    expressions: Vec<String>,
    /// `mul` multiplies similarities (3CosMul, Levy & Goldberg 2014), `add` adds vectors (3CosAdd, Mikolov et al. 2013)
    #[arg(short, long, default_value_t = Method::Mul, value_name = "add|mul")]
    method: Method,
    #[command(flatten)]
    search: SearchArgs,
    #[command(flatten)]
    on_unknown: OnUnknownArg,
    #[command(flatten)]
    format: FormatArg,
}

pub(super) fn run(args: Args, bars: &Bars) -> Result<()> {
    let opened = Opened::open(&args.model)?;
    let search = args.search.resolve(&opened)?;
    print_answers(&args.expressions, args.on_unknown, args.format, bars, |text| {
        let terms = Expression::from_str(text)?.resolve(&opened.vectors, &|word| opened.normalize(word))?;
        Ok(query::math(&opened.vectors, &terms, args.method, &search)?)
    })
}
