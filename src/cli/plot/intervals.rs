//! `eigenlex plot intervals`: numbers with the intervals in which they may be.

use std::io::Read as _;
use std::path::PathBuf;

use anyhow::Result;
use clap::ValueEnum;

use super::scores::{Kind, Scores};
use crate::cli::global::source;
use crate::cli::output::bars::Bars;
use crate::cli::pictures::PictureArgs;
use crate::cli::pictures::figure::Around;
use crate::cli::pictures::rows::{Row, Rows};
use crate::cli::pictures::signs::Sign;
use eigenlex::{Error, Progress as _};

const AFTER_HELP: &str = "\
The table has a header and cells between tabs or commas. It has the columns name, value, low and
high; or those of `evaluate --format tsv`: a score that is correct / answered gets Wilson's interval
of 95 % (Wilson 1927). JSON of `evaluate --format json` is read too.

Examples:
  Scores of two models:
    eigenlex evaluate a b --analogies questions.txt --format tsv > scores.tsv
    eigenlex plot intervals scores.tsv --x-name 'share correct' -o scores.pdf
  A table of your own, from standard input:
    printf 'name\\tvalue\\tlow\\thigh\\nours\\t0.61\\t0.55\\t0.66\\n' | \
     eigenlex plot intervals - -o ours.svg";

/// Draw numbers with their intervals, such as scores of `evaluate`
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    /// Table or JSON; `-` reads standard input
    table: PathBuf,
    /// What the numbers are, written at the axis [default: value, or `correct / answered`]
    #[arg(long, value_name = "TEXT")]
    x_name: Option<String>,
    /// Order of the rows
    #[arg(long, value_enum, default_value_t = Order::Given, value_name = "ORDER")]
    sort: Order,
    #[command(flatten)]
    picture: PictureArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Order {
    /// As in the table
    Given,
    /// By value, the largest first
    Value,
}

pub(super) fn run(args: Args, bars: &Bars) -> Result<()> {
    let text = if args.table.as_os_str() == "-" {
        let mut text = String::new();
        std::io::stdin()
            .read_to_string(&mut text)
            .map_err(|source| Error::io("read", "-", source))?;
        text
    } else {
        source(&args.table).read()?
    };
    let mut scores = Scores::read(&text, &args.table)?;
    if scores.n_without > 0 {
        let s = if scores.n_without == 1 { "" } else { "s" };
        bars.tell(&format!(
            "{} row{s} without correct and answered, such as correlations, are left out",
            scores.n_without
        ));
    }
    if args.sort == Order::Value {
        scores.rows.sort_by(|left, right| right.value.total_cmp(&left.value));
    }
    let mut canvas = args.picture.open(0)?;
    let (name, notes) = match scores.kind {
        Kind::Given => ("value", Vec::new()),
        Kind::Wilson => {
            ("correct / answered", vec!["Bars are Wilson's intervals of 95 %.".to_owned()])
        }
    };
    let rows = Rows {
        x_name: args.x_name.unwrap_or_else(|| name.to_owned()),
        starts_at_zero: false,
        around: Around {
            subject: format!("{} numbers with their intervals", scores.rows.len()),
            legend: Vec::new(),
            notes,
        },
        rows: scores
            .rows
            .into_iter()
            .map(|it| Row {
                name: it.name,
                bar: Some((it.low, it.high)),
                marks: vec![(it.value, Sign::of(0))],
            })
            .collect(),
    };
    let scene = rows.draw(&canvas.style, &mut canvas.fonts);
    canvas.write(scene, &[], bars)
}
