//! The subcommands, one file each, and what they share: global options, opening vectors, exit
//! codes.
//!
//! Results go to standard output, everything else to standard error. Exit codes: 0 success, 1
//! run-time failure, 2 usage, 3 bad data, 4 not found, 5 a resource is used up, 130 interrupted. A
//! broken pipe is success.

mod allocator;
mod documents;
mod embed;
mod hints;
mod languages;
mod memory;
mod output;
mod reading;
mod refusal;
mod svd;
mod words;

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::{ArgAction, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use eigenlex::{Error, ErrorKind};

use output::bars::Bars;
use refusal::Refusal;

const AFTER_HELP: &str = "\
Exit codes: 0 success, 1 run-time failure, 2 usage, 3 bad data, 4 word or answer not found, 5 out of disk or memory budget, 130 interrupted.

Examples:
  eigenlex embed texts/ -o model                       word vectors from every file in a folder
  eigenlex math model 'king - man + woman'             word math
  eigenlex neighbors model queen --top 5               the words nearest to a word
  eigenlex search model 'moon landing' --in texts/     the documents that a query is about
  zstdcat corpus.zst | eigenlex embed - -o model       a corpus from standard input, a line a document";

/// More threads than any machine has cores; starting a hundred thousand takes minutes and then
/// fails.
const MOST_THREADS: i64 = 4096;

/// Word vectors from your own texts by linear algebra: the same bits on any number of threads.
#[derive(Debug, Parser)]
#[command(name = "eigenlex", version, about, after_help = AFTER_HELP)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    global: Global,
}

/// Options of every subcommand.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Options of every command")]
struct Global {
    /// Threads to use; 0 means RAYON_NUM_THREADS, or one for each core. The result does not depend
    /// on it
    #[arg(short, long, global = true, default_value_t = 0, value_name = "N", aliases = ["thread", "workers"], value_parser = clap::value_parser!(u16).range(0..=MOST_THREADS))]
    threads: u16,
    /// Say nothing on standard error but errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Say more: a line for each stage, and how the decomposition advances
    #[arg(short, long, global = true, action = ArgAction::Count)]
    verbose: u8,
    /// Progress bars on standard error
    #[arg(long, global = true, value_enum, default_value_t = When::Auto, value_name = "WHEN")]
    progress: When,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum When {
    /// Where standard error is a terminal
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
enum Command {
    Embed(Box<embed::Args>),
    Phrases(Box<embed::phrases::Args>),
    Tokens(Box<embed::tokens::Args>),
    Math(words::math::Args),
    #[command(visible_aliases = ["nn", "neighbours"])]
    Neighbors(words::neighbors::Args),
    Similarity(words::similarity::Args),
    OddOneOut(words::odd_one_out::Args),
    #[command(visible_alias = "eval")]
    Evaluate(words::evaluate::Args),
    Align(Box<languages::align::Args>),
    Translate(languages::translate::Args),
    Dictionary(languages::dictionary::Args),
    Drift(languages::drift::Args),
    Info(words::info::Args),
    #[command(visible_alias = "convert")]
    Export(words::export::Args),
    Svd(svd::Args),
    Encode(documents::encode::Args),
    Search(documents::search::Args),
    SimilarDocuments(documents::similar_documents::Args),
    Complete(documents::complete::Args),
    Reconstruct(documents::reconstruct::Args),
    Outliers(documents::outliers::Args),
    Cluster(documents::cluster::Args),
    Generate(documents::generate::Args),
    Spectrum(documents::spectrum::Args),
    Plot(documents::plot::Args),
}

/// Runs the program.
pub(crate) fn main() -> ExitCode {
    allocator::return_large_pieces();
    let matches = Cli::command().get_matches_from(arguments(std::env::args_os()));
    let cli = match Cli::from_arg_matches(&matches) {
        Ok(cli) => cli,
        Err(error) => error.exit(),
    };
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            // Where standard error is gone there is nobody left to tell.
            let _ = writeln!(io::stderr(), "error: {}", hints::message(&error));
            ExitCode::from(exit_code(&error))
        }
    }
}

/// The arguments, with a space before an expression of `math` that begins with a minus sign and
/// holds spaces: no option does, and the program would take it for one.
fn arguments(given: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = given.collect();
    // An option before the command may have its value in the next argument.
    let takes_value = |option: &OsString| {
        matches!(
            option.to_str(),
            Some("-t" | "--threads" | "--thread" | "--workers" | "--progress")
        )
    };
    let is_command = |place: &usize| {
        !arguments[*place].as_encoded_bytes().starts_with(b"-")
            && !takes_value(&arguments[place - 1])
    };
    if (1..arguments.len()).find(is_command).is_some_and(|place| arguments[place] == "math") {
        for argument in &mut arguments {
            if argument.to_str().is_some_and(|text| {
                text.starts_with('-')
                    && !text.starts_with("--")
                    && text.contains(char::is_whitespace)
            }) {
                let mut shifted = OsString::from(" ");
                shifted.push(&*argument);
                *argument = shifted;
            }
        }
    }
    arguments
}

fn run(cli: Cli) -> Result<()> {
    let bars = Bars::new(&cli.global);
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(usize::from(cli.global.threads))
        .thread_name(|number| format!("eigenlex-{number}"))
        .build()
        .context("cannot start the threads")?;
    pool.install(|| match cli.command {
        Command::Embed(args) => embed::run(*args, &cli.global, &bars),
        Command::Phrases(args) => embed::phrases::run(*args, &bars),
        Command::Tokens(args) => embed::tokens::run(*args, &bars),
        Command::Math(args) => words::math::run(args, &bars),
        Command::Neighbors(args) => words::neighbors::run(args, &bars),
        Command::Similarity(args) => words::similarity::run(args, &bars),
        Command::OddOneOut(args) => words::odd_one_out::run(args, &bars),
        Command::Evaluate(args) => words::evaluate::run(args, &bars),
        Command::Align(args) => languages::align::run(*args, &bars),
        Command::Translate(args) => languages::translate::run(args, &bars),
        Command::Dictionary(args) => languages::dictionary::run(args, &bars),
        Command::Drift(args) => languages::drift::run(args, &bars),
        Command::Info(args) => words::info::run(args),
        Command::Export(args) => words::export::run(args, &bars),
        Command::Svd(args) => svd::run(args, &cli.global, &bars),
        Command::Encode(args) => documents::encode::run(args, &cli.global, &bars),
        Command::Search(args) => documents::search::run(args, &bars),
        Command::SimilarDocuments(args) => documents::similar_documents::run(args, &bars),
        Command::Complete(args) => documents::complete::run(args, &bars),
        Command::Reconstruct(args) => documents::reconstruct::run(args, &bars),
        Command::Outliers(args) => documents::outliers::run(args, &bars),
        Command::Cluster(args) => documents::cluster::run(args, &bars),
        Command::Generate(args) => documents::generate::run(args),
        Command::Spectrum(args) => documents::spectrum::run(args, &bars),
        Command::Plot(args) => documents::plot::run(args, &cli.global, &bars),
    })
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<io::Error>()
            .is_some_and(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
    })
}

fn exit_code(error: &anyhow::Error) -> u8 {
    let of_library =
        |cause: &(dyn std::error::Error + 'static)| cause.downcast_ref::<Error>().map(Error::kind);
    let of_program = |cause: &(dyn std::error::Error + 'static)| {
        cause.downcast_ref::<Refusal>().map(Refusal::kind)
    };
    let kind = error.chain().find_map(|cause| of_library(cause).or_else(|| of_program(cause)));
    let is_bad_text = |cause: &(dyn std::error::Error + 'static)| {
        cause
            .downcast_ref::<io::Error>()
            .is_some_and(|cause| cause.kind() == io::ErrorKind::InvalidData)
    };
    let is_full = |cause: &(dyn std::error::Error + 'static)| {
        cause
            .downcast_ref::<io::Error>()
            .is_some_and(|cause| cause.kind() == io::ErrorKind::StorageFull)
    };
    match kind {
        None if error.chain().any(is_bad_text) => 3,
        None if error.chain().any(is_full) => 5,
        Some(ErrorKind::Usage) => 2,
        Some(ErrorKind::Data) => 3,
        Some(ErrorKind::NotFound) => 4,
        Some(ErrorKind::Resource) => 5,
        Some(ErrorKind::Interrupted) => 130,
        _ => 1,
    }
}
