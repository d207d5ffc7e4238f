//! `eigenlex evaluate`: scores on questions with known answers, of one model or several.

mod args;
mod names;
mod rows;
mod scores;
mod text;
mod translation;

use std::fs;
use std::io::Write as _;

use anyhow::Result;
use eigenlex::align::MapForm;
use eigenlex::{Error, Progress as _};

pub(crate) use args::Args;

use self::scores::Evaluation;
use super::output;
use super::output::OutputFormat;
use super::output::bars::Bars;
use super::refusal::{Refusal, no_effect};

pub(crate) fn run(args: Args, bars: &Bars) -> Result<()> {
    bars.watch_interrupts()?;
    if args.labels.is_given() && args.search.is_empty() {
        return no_effect("--labels", "only `--search` uses it", "add `--search TEXTS`");
    }
    if args.search.iter().any(|path| path == "-") {
        return Err(Refusal::new(
            "`--search -`: the texts are read several times, and standard input only once",
            "give files or folders",
        )
        .into());
    }
    for model in &args.models {
        fs::metadata(model).map_err(|source| Error::io("read", model, source))?;
    }
    if !args.translation.is_empty() {
        let form = if args.orthogonal { MapForm::Orthogonal } else { MapForm::Weighted };
        let (maps, files, between) = (&args.models, &args.translation, &args.between);
        return translation::run(maps, files, args.max_words, between, form, args.format);
    }
    args.between.refuse("only maps have spaces to choose from", "add `--translation`")?;
    let evaluations = args
        .models
        .iter()
        .map(|model| Evaluation::of(model, &args, bars))
        .collect::<Result<Vec<_>>>()?;
    for it in &evaluations {
        rows::unanswered(it).iter().for_each(|sentence| bars.tell(sentence));
    }
    let mut stdout = output::stdout();
    match (args.format.resolve(), evaluations.as_slice()) {
        (OutputFormat::Json, [single]) => output::json_line(&mut stdout, single)?,
        (OutputFormat::Json, several) => output::json_line(&mut stdout, &several)?,
        (OutputFormat::Tsv, several) => rows::tsv(&mut stdout, args.format, several)?,
        (OutputFormat::Text, [single]) => output::visibly(&mut stdout, |it| text::one(it, single))?,
        (OutputFormat::Text, several) => {
            output::visibly(&mut stdout, |it| text::side_by_side(it, several))?
        }
    }
    Ok(stdout.flush()?)
}
