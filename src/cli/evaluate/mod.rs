//! `eigenlex evaluate`: scores on questions with known answers, of one model or several.

mod across;
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

use self::scores::{Evaluation, tell_sets};
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
        return translation::run(maps, files, args.max_words, between, form, args.format, bars);
    }
    if !args.similarity.is_empty() && args.models.iter().any(|model| across::is_map(model)) {
        refuse_other_tests(&args)?;
        return across::run(&args, bars);
    }
    args.between
        .refuse("only maps have spaces to choose from", "add `--translation`, or give a map")?;
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
        (OutputFormat::Tsv, several) => {
            tell_sets(several.iter().flat_map(|it| &it.sets), bars);
            rows::tsv(&mut stdout, args.format, several)?;
        }
        (OutputFormat::Text, [single]) => output::visibly(&mut stdout, |it| text::one(it, single))?,
        (OutputFormat::Text, several) => {
            output::visibly(&mut stdout, |it| text::side_by_side(it, several))?
        }
    }
    Ok(stdout.flush()?)
}

/// Refuses tests of words of one language where maps are given.
fn refuse_other_tests(args: &Args) -> Result<()> {
    let given = [
        ("--analogies", !args.analogies.is_empty()),
        ("--categories", !args.categories.is_empty()),
        ("--odd-one-out", !args.odd_one_out.is_empty()),
        ("--documents", !args.documents.is_empty()),
        ("--completion", !args.completion.is_empty()),
        ("--held-out", !args.held_out.is_empty()),
        ("--search", !args.search.is_empty()),
    ];
    match given.iter().find(|(_, is_given)| *is_given) {
        None => Ok(()),
        Some((flag, _)) => {
            let problem = format!("`{flag}` needs a model, and a map is given");
            Err(Refusal::new(problem, "ask maps with `--similarity` or `--translation`").into())
        }
    }
}
