//! `eigenlex drift`: how far words moved between time slices.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Result;
use eigenlex::align::{
    CommonSpaces, Drift, DriftOf, DriftStep, Joined, Movement, SLICE_WORDS, WordDrift,
};
use eigenlex::{Error, WordVectors};

use crate::cli::output;
use crate::cli::output::bars::Bars;
use crate::cli::output::{Decimals, FormatArg, OutputFormat, Table, shown};
use crate::cli::queries::{OnUnknownArg, Opened, tell_read_as};
use crate::cli::refusal::Refusal;
use crate::cli::vector_files;

const AFTER_HELP: &str = "\
Columns of the table:
  distance    cosine distance between the vectors of the word in the two slices
  typical     median distance of the 500 shared words nearest in frequency
  score       (distance - typical) in robust standard deviations
  percentile  share of those words that moved less
  shuffled    share of random pairs of those words that are as near
  movement    `moved`: a score of 4 or more; `stayed`: 2 or less; else
              `cannot tell`, also if the word is too rare for a stable vector

Examples:
  The words that moved most:
    eigenlex drift decades.chain
  One word:
    eigenlex drift decades.chain mouse";

/// Measure how far words moved between time slices, compared with words of similar frequency
///
/// Without words, lists those that moved most. For words, prints each step and the way from the
/// first slice to the last, and the nearest words in each slice.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    /// Chain of time slices, made by `align --chain`
    chain: PathBuf,
    /// Words; `-` reads one per line from standard input [default: those that moved most]
    #[arg(value_name = "WORD")]
    words: Vec<String>,
    /// Number of words to list: those that moved most, or the nearest in each slice
    #[arg(
        short = 'k',
        long,
        default_value_t = 10,
        value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..),
    )]
    top: u32,
    /// List only words among the N most frequent of each slice
    #[arg(
        long,
        default_value_t = SLICE_WORDS as u32,
        value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..),
    )]
    max_words: u32,
    /// Where the models of the slices are, if they have been moved, in their order
    #[arg(long, num_args = 1.., value_name = "MODEL")]
    slices: Vec<PathBuf>,
    #[command(flatten)]
    on_unknown: OnUnknownArg,
    #[command(flatten)]
    format: FormatArg,
}

/// A chain with the vectors of its slices.
pub(crate) struct Slices {
    pub(crate) chain: CommonSpaces,
    pub(crate) vectors: Vec<WordVectors>,
    /// The first slice, whose tokenizer reads words.
    first: Option<Opened>,
}

impl Slices {
    pub(crate) fn normalize(&self, word: &str) -> String {
        self.first.as_ref().map_or_else(|| word.to_owned(), |first| first.normalize(word))
    }
}

/// Opens a chain and its slices, at `moved` if they are elsewhere than they were.
pub(crate) fn open_slices(path: &Path, moved: &[PathBuf]) -> Result<Slices> {
    let chain = open_chain(path)?;
    let slices = &chain.description.spaces;
    if !moved.is_empty() && moved.len() != slices.len() {
        let names: Vec<&str> = slices.iter().map(|slice| slice.name.as_str()).collect();
        return Err(Refusal::new(
            format!("the chain has {} slices, and `--slices` gives {}", names.len(), moved.len()),
            format!("give one for each of {}", names.join(", ")),
        )
        .into());
    }
    let mut vectors: Vec<WordVectors> = Vec::with_capacity(slices.len());
    let mut first = None;
    for (place, slice) in slices.iter().enumerate() {
        let path = moved.get(place).unwrap_or(&slice.space.path);
        let it = vector_files::open(path, &())?.vectors;
        chain.check_vectors(place, &it, path)?;
        if place == 0 {
            first = Some(Opened::open(path)?);
        }
        vectors.push(it);
    }
    Ok(Slices { chain, vectors, first })
}

pub(crate) fn run(args: Args, bars: &Bars) -> Result<()> {
    let slices = open_slices(&args.chain, &args.slices)?;
    let normalize = |word: &str| slices.normalize(word);
    let mut drift = Drift::new(&slices.chain, &slices.vectors, args.max_words as usize);
    let format = args.format.resolve();
    let top = args.top as usize;
    if args.words.is_empty() {
        let moved = drift.most_moved(top);
        let mut stdout = output::stdout();
        moved_most(&mut stdout, args.format, &moved)?;
        return Ok(stdout.flush()?);
    }
    let table = args.format.table_of_answers(of_words());
    let (mut stdout, mut is_first) = (output::stdout(), true);
    args.on_unknown.answer_each(&args.words, args.format, bars, |word| {
        let found = drift.word(word, &normalize, top)?;
        tell_read_as(word, &found.word, bars);
        match format {
            OutputFormat::Json => output::json_line(&mut stdout, &found)?,
            OutputFormat::Tsv => records(&mut stdout, &table, &found)?,
            OutputFormat::Text => one(&mut stdout, &found, std::mem::take(&mut is_first))?,
        }
        Ok(stdout.flush()?)
    })
}

fn open_chain(path: &Path) -> Result<CommonSpaces> {
    let spaces = CommonSpaces::open(path)?;
    match spaces.description.joined {
        Joined::Chain { .. } => Ok(spaces),
        Joined::Hub { .. } => {
            let (found, expected) = (
                "a hub of languages".to_owned(),
                "a chain of time slices, made by `eigenlex align --chain`".to_owned(),
            );
            Err(Error::Malformed { path: path.to_path_buf(), line: None, found, expected }.into())
        }
    }
}

/// Columns of the table: a word's step from one slice to another.
const COLUMNS: [&str; 9] =
    ["word", "from", "to", "distance", "typical", "score", "percentile", "shuffled", "movement"];

/// The columns of a table of words that were asked for: with the nearest words in both slices.
fn of_words() -> [&'static str; 11] {
    let [word, from, to, distance, typical, score, percentile, shuffled, movement] = COLUMNS;
    [
        word,
        from,
        to,
        distance,
        typical,
        score,
        percentile,
        shuffled,
        movement,
        "nearest_in_from",
        "nearest_in_to",
    ]
}

/// The numbers of a step: distance, typical distance, score, percentile, shuffled.
fn numbers(step: &DriftStep) -> [Decimals<4>; 5] {
    [step.distance, step.typical, step.score, step.percentile, step.shuffled].map(Decimals)
}

/// A record for each step, and one for the whole way if there are several.
fn records(output: &mut impl Write, table: &Table<11>, it: &WordDrift) -> io::Result<()> {
    let nearest = |slice: &str| {
        let place = it.places.iter().find(|place| place.slice == slice);
        let words = place
            .map(|place| place.neighbors.iter().map(|near| near.word.as_str()).collect::<Vec<_>>());
        words.unwrap_or_default().join(" ")
    };
    for step in steps(it) {
        let [distance, typical, score, percentile, shuffled] = numbers(step);
        let (from, to, movement) = (&step.from, &step.to, &step.movement.name());
        let (before, after) = (nearest(from), nearest(to));
        table.row(
            output,
            [
                &it.word,
                from,
                to,
                &distance,
                &typical,
                &score,
                &percentile,
                &shuffled,
                movement,
                &before,
                &after,
            ],
        )?;
    }
    Ok(())
}

/// The steps, and the whole way, which two slices have in one step.
fn steps(it: &WordDrift) -> impl Iterator<Item = &DriftStep> {
    let steps = if it.steps.len() > 1 { it.steps.as_slice() } else { &[] };
    steps.iter().chain([&it.whole])
}

/// What a step says in text, without the names.
fn text(step: &DriftStep) -> String {
    let DriftStep { distance, typical, score, percentile, .. } = step;
    let percent = 100.0 * percentile;
    format!(
        "distance {distance:.3}  (typical {typical:.3}, score {score:5.1}, more than {percent:5.1} \
         %)  {}",
        step.movement.name()
    )
}

fn moved_most(output: &mut impl Write, format: FormatArg, found: &[DriftOf]) -> io::Result<()> {
    match format.resolve() {
        OutputFormat::Json => output::json_line(output, &found),
        OutputFormat::Tsv => {
            let table = format.table(output, COLUMNS)?;
            found.iter().try_for_each(|it| {
                let [distance, typical, score, percentile, shuffled] = numbers(&it.step);
                let (from, to, movement) = (&it.step.from, &it.step.to, &it.step.movement.name());
                table.row(
                    output,
                    [
                        &it.word,
                        from,
                        to,
                        &distance,
                        &typical,
                        &score,
                        &percentile,
                        &shuffled,
                        movement,
                    ],
                )
            })
        }
        OutputFormat::Text => {
            let width = found.iter().map(|it| shown(&it.word).chars().count()).max().unwrap_or(0);
            found.iter().try_for_each(|it| {
                writeln!(output, "{:<width$}  {}", shown(&it.word), text(&it.step))
            })
        }
    }
}

fn one(output: &mut impl Write, it: &WordDrift, is_first: bool) -> io::Result<()> {
    writeln!(output, "{}{}: {}", if is_first { "" } else { "\n" }, shown(&it.word), in_words(it))?;
    let names: Vec<String> =
        steps(it).map(|step| format!("{} to {}", step.from, step.to)).collect();
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
    for (name, step) in names.iter().zip(steps(it)) {
        writeln!(output, "  {name:<width$}  {}", text(step))?;
    }
    for place in &it.places {
        let near: Vec<&str> = place.neighbors.iter().map(|near| near.word.as_str()).collect();
        writeln!(output, "  in {}: {}", place.slice, near.join(", "))?;
    }
    if !it.unknown_in.is_empty() {
        writeln!(output, "  not in {}", it.unknown_in.join(", "))?;
    }
    Ok(())
}

/// One sentence on the whole way.
pub(crate) fn in_words(it: &WordDrift) -> String {
    let step = &it.whole;
    let between = format!("from {} to {}", step.from, step.to);
    match step.movement {
        Movement::Moved => format!(
            "moved {between}, farther than {:.1} % of the words of its frequency",
            100.0 * step.percentile
        ),
        Movement::Stayed => {
            format!("stayed {between}, like most words of its frequency")
        }
        Movement::CannotTell => format!("cannot tell whether it moved {between}"),
    }
}
