//! What the commands share that read files of vectors: how they are read, and what is said about
//! what is wrong with them.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use clap::{ArgMatches, Args as _, Command, FromArgMatches as _};
use eigenlex::format::{Format, OnFault, ReadOptions, ReadReport, VectorFile};
use eigenlex::{Error, Progress, Visible};

use super::global::source;
use super::refusal::Refusal;

/// The commands that read files of vectors.
const COMMANDS: &[&str] = &[
    "math",
    "neighbors",
    "similarity",
    "odd-one-out",
    "evaluate",
    "align",
    "translate",
    "dictionary",
    "drift",
    "info",
    "export",
    "doctor",
    "explore",
    #[cfg(feature = "serve")]
    "serve",
];

/// The kinds of `plot` that read them.
const PLOTS: [&str; 5] = ["words", "analogy", "axis", "alignment", "drift"];

/// How the files of the command that runs are read.
static READING: RwLock<Option<Reading>> = RwLock::new(None);

// Options of the commands that read files of vectors. A comment of documentation would become the
// description of each of the commands.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Vector files")]
struct VectorArgs {
    /// Read only the first N rows of each vector file [default: all]
    ///
    /// Rows that are left out, such as those with NaN, count too.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    limit: Option<u32>,
    /// Refuse a vector file that is not as its format has it
    ///
    /// By default what makes sense is taken, and a warning says what was left out: a word that
    /// stands there twice, a vector with NaN, a header with another number of words.
    #[arg(long)]
    strict: bool,
    /// List of words of an array without words, such as .npy [default: a list beside it]
    ///
    /// A word a line, in the order of the rows, or a tokenizer.json. A file with words of its own
    /// keeps them, with a warning.
    #[arg(long, value_name = "FILE")]
    vocabulary: Option<PathBuf>,
}

/// How files are read, and whether warnings are printed.
#[derive(Debug, Clone, Default)]
struct Reading {
    args: VectorArgs,
    is_quiet: bool,
}

/// A format that this program cannot write, because a feature was left out when it was built.
pub(crate) fn refuse_left_out(format: Format) -> anyhow::Result<()> {
    match format.feature() {
        Some(feature) if format.is_left_out() => Err(Refusal::new(
            format!(
                "this program was built without the feature `{feature}`, which writes `{format}`"
            ),
            format!(
                "build it with `cargo install eigenlex --features {feature}`, or write another \
                 format, such as .npz"
            ),
        )
        .into()),
        _ => Ok(()),
    }
}

/// The program with the options of these commands.
pub(crate) fn with_options(program: Command) -> Command {
    let with_options =
        |program: Command, name: &str| program.mut_subcommand(name, VectorArgs::augment_args);
    let program = COMMANDS.iter().fold(program, |program, name| with_options(program, name));
    program.mut_subcommand("plot", |plot| PLOTS.into_iter().fold(plot, with_options))
}

/// Makes the options known to [`open`].
pub(crate) fn set(matches: &ArgMatches, is_quiet: bool) -> Result<(), clap::Error> {
    let (given, names) = match matches.subcommand() {
        Some(("plot", of_plot)) => (of_plot.subcommand(), &PLOTS[..]),
        given => (given, COMMANDS),
    };
    let args = match given {
        Some((name, of_command)) if names.contains(&name) => {
            VectorArgs::from_arg_matches(of_command)?
        }
        _ => VectorArgs::default(),
    };
    let reading = Some(Reading { args, is_quiet });
    *READING.write().unwrap_or_else(PoisonError::into_inner) = reading;
    Ok(())
}

fn reading() -> Reading {
    READING.read().unwrap_or_else(PoisonError::into_inner).clone().unwrap_or_default()
}

/// The rows that are read of a file, if `--limit` is given.
pub(crate) fn limit() -> Option<u32> {
    reading().args.limit
}

/// How files are read.
pub(crate) fn options() -> ReadOptions {
    let VectorArgs { limit, strict, vocabulary } = reading().args;
    let on_fault = if strict { OnFault::Refuse } else { OnFault::Report };
    let limit = limit.map(|limit| limit as usize);
    ReadOptions::default().on_fault(on_fault).limit(limit).words(vocabulary)
}

/// Opens a model or a file of vectors, and warns of what is wrong with it.
///
/// # Errors
/// As [`VectorFile::open`].
pub(crate) fn open(path: &Path, progress: &dyn Progress) -> Result<VectorFile, Error> {
    open_with(path, &options(), progress)
}

/// The same, with other options.
pub(crate) fn open_with(
    path: &Path,
    options: &ReadOptions,
    progress: &dyn Progress,
) -> Result<VectorFile, Error> {
    let file = VectorFile::open(source(path), options, progress)?;
    warn(path, &file.report);
    Ok(file)
}

/// The warning of a file with vectors of n-grams that is written in a format without them: those of
/// fastText are written for models alone.
pub(crate) fn ngrams_left_behind(input: &Path, output: &Path) -> String {
    format!(
        "warning: `{}` has vectors of n-grams, from which unknown words get theirs; `{}` has no \
         place for them",
        input.display(),
        output.display()
    )
}

/// What is said of a file with words of its own, where a list was given.
fn list_without_effect(path: &Path, report: &ReadReport) -> Option<String> {
    let given = reading().args.vocabulary?;
    let is_taken = report.word_list.as_ref() == Some(&given);
    (!is_taken).then(|| {
        let (path, given) = (path.display(), given.display());
        format!("warning: `{path}` has words of its own, which are taken in place of `{given}`")
    })
}

/// Prints a warning where a list of words was given that was not needed.
pub(crate) fn warn_of_list(path: &Path, report: &ReadReport) {
    if let Some(warning) = list_without_effect(path, report).filter(|_| !reading().is_quiet) {
        // Where standard error is closed nobody reads it.
        _ = writeln!(io::stderr(), "{}", Visible(warning));
    }
}

/// Prints a warning for each kind of fault.
fn warn(path: &Path, report: &ReadReport) {
    if reading().is_quiet {
        return;
    }
    warn_of_list(path, report);
    let mut stderr = io::stderr().lock();
    for note in &report.notes {
        let has_place = note.places.first().is_some_and(|it| it.line.or(it.row).is_some());
        let separator = if has_place { "," } else { ":" };
        let note = Visible(format!("warning: `{}`{separator} {note}", path.display()));
        // Where standard error is closed nobody reads it.
        _ = writeln!(stderr, "{note}");
    }
}
