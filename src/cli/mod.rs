//! The subcommands, one file each in folders by subject, and the exit codes.
//!
//! Results go to standard output, everything else to standard error. Exit codes: 0 success, 1
//! run-time failure, 2 usage, 3 bad data, 4 not found, 5 a resource is used up, 130 interrupted. A
//! broken pipe is success.

mod allocator;
pub(crate) mod arguments;
mod configuration;
mod documents;
pub(crate) mod embed;
mod evaluate;
mod explore;
pub(crate) mod global;
pub(crate) mod hints;
mod languages;
mod memory;
mod models;
pub(crate) mod output;
mod phrase_args;
pub(crate) mod pictures;
mod plot;
mod program;
mod queries;
mod query_lines;
pub(crate) mod reading;
pub(crate) mod refusal;
mod search_args;
#[cfg(feature = "serve")]
mod serve;
mod svd;
mod unmet;
pub(crate) mod vector_files;
mod words;
mod words_args;

use std::ffi::OsString;
use std::io::{self, Write};

use anyhow::Result;
use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser, Subcommand};
use eigenlex::{Error, ErrorKind, Instructions};

use global::Global;
use output::bars::Bars;
use refusal::Refusal;

const AFTER_HELP: &str = "\
Exit codes:
  0    success
  1    run-time failure, such as a file that cannot be read
  2    wrong arguments
  3    bad data
  4    word or answer not found
  5    disk full, or --memory too small
  130  interrupted

Examples:
  Word vectors from every file in a folder:
    eigenlex embed texts/ -o model
  Word math:
    eigenlex math model 'king - man + woman'
  The five words most similar to a word:
    eigenlex neighbors model queen --top 5
  Documents that a query is about:
    eigenlex search model 'moon landing' --in texts/
  A compressed corpus from standard input, one document per line:
    zstdcat corpus.zst | eigenlex embed - -o model

`eigenlex COMMAND --help` explains a command, `-h` in short.";

/// Word vectors from your own texts by linear algebra, with the same result on any number of
/// threads.
#[derive(Debug, Parser)]
#[command(name = "eigenlex", version, about, after_help = AFTER_HELP)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) global: Global,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Embed(Box<embed::Args>),
    Phrases(Box<embed::phrases::Args>),
    Tokens(Box<embed::tokens::Args>),
    Math(words::math::Args),
    #[command(visible_aliases = ["nn", "neighbours"])]
    Neighbors(words::neighbors::Args),
    Similarity(words::similarity::Args),
    OddOneOut(words::odd_one_out::Args),
    Repl(words::repl::Args),
    #[command(visible_alias = "eval")]
    Evaluate(Box<evaluate::Args>),
    Align(Box<languages::align::Args>),
    Translate(languages::translate::Args),
    Dictionary(languages::dictionary::Args),
    Drift(languages::drift::Args),
    Info(models::info::Args),
    #[command(visible_alias = "convert")]
    Export(models::export::Args),
    Verify(models::verify::Args),
    Doctor(models::doctor::Args),
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
    Plot(Box<plot::Args>),
    Explore(Box<explore::Args>),
    #[cfg(feature = "serve")]
    Serve(Box<serve::Args>),
    Config(program::config::Args),
    Completions(program::completions::Args),
    Man(program::man::Args),
}

/// The program as its arguments are parsed.
pub(crate) fn program_with_options() -> clap::Command {
    vector_files::with_options(Cli::command())
}

/// Takes `EIGENLEX_INSTRUCTIONS` (`plain`, `avx2` or `all`): which instructions of the processor
/// may be used. No result depends on it, which is what tests and measurements use it for.
fn limit_instructions() -> anyhow::Result<()> {
    if let Some(limit) = std::env::var_os("EIGENLEX_INSTRUCTIONS").filter(|it| !it.is_empty()) {
        eigenlex::limit_instructions(limit.to_string_lossy().parse::<Instructions>()?);
    }
    Ok(())
}

/// Runs the program with these arguments, of which the first is its name; returns the exit code.
pub(crate) fn main(arguments: Vec<OsString>) -> u8 {
    allocator::return_large_pieces();
    hide_expected_panics();
    if let Err(error) = limit_instructions() {
        return fail(&error);
    }
    let program = program_with_options();
    let given = arguments::shield_expressions(arguments, &program);
    arguments::remember(&given);
    let completed = match configuration::complete(given, &program) {
        Ok(completed) => completed,
        Err(error) => return fail(&error),
    };
    let settings = completed.settings;
    let parse = |matches: ArgMatches| Ok((Cli::from_arg_matches(&matches)?, matches));
    let parsed = program.try_get_matches_from(completed.arguments).and_then(parse);
    let (cli, matches) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => {
            // Help and the version are no mistakes.
            if error.use_stderr() {
                tell_settings(&settings);
            }
            error.exit()
        }
    };
    if let Err(error) = vector_files::set(&matches, cli.global.quiet) {
        error.exit();
    }
    match run(cli) {
        Ok(()) => 0,
        Err(error) if is_broken_pipe(&error) => 0,
        Err(error) => {
            let message = hints::message(&error);
            let named: Vec<_> =
                settings.into_iter().filter(|it| it.is_named_in(&message)).collect();
            tell_settings(&named);
            fail(&error)
        }
    }
}

/// Leaves out the messages of panics that the library makes errors of, which have their own.
pub(crate) fn hide_expected_panics() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if !eigenlex::is_panic_expected() {
            usual(info);
        }
    }));
}

/// Says that a mistake in the arguments may be one of a file.
fn tell_settings(settings: &[configuration::Setting]) {
    for setting in settings {
        let (option, value) = (&setting.option, setting.shown());
        let line = format!("note: `--{option}` with `{value}` comes from {}", setting.source);
        let _ = writeln!(io::stderr(), "{}", eigenlex::Visible(line));
    }
}

/// Writes what went wrong.
fn fail(error: &anyhow::Error) -> u8 {
    // Where standard error is closed nobody reads the message.
    let _ = writeln!(io::stderr(), "error: {}", hints::message(error));
    exit_code(error)
}

fn run(cli: Cli) -> Result<()> {
    cli.global.set_encoding();
    let bars = Bars::new(&cli.global, None);
    cli.global.pool()?.install(|| run_command(cli.command, &cli.global, &bars))
}

/// Runs a command on the current threads.
pub(crate) fn run_command(command: Command, global: &Global, bars: &Bars) -> Result<()> {
    match command {
        Command::Embed(args) => embed::run(*args, global, bars),
        Command::Phrases(args) => embed::phrases::run(*args, bars),
        Command::Tokens(args) => embed::tokens::run(*args, bars),
        Command::Math(args) => words::math::run(args, bars),
        Command::Neighbors(args) => words::neighbors::run(args, bars),
        Command::Similarity(args) => words::similarity::run(args, bars),
        Command::OddOneOut(args) => words::odd_one_out::run(args, bars),
        Command::Repl(args) => words::repl::run(args, bars),
        Command::Evaluate(args) => evaluate::run(*args, bars),
        Command::Align(args) => languages::align::run(*args, bars),
        Command::Translate(args) => languages::translate::run(args, bars),
        Command::Dictionary(args) => languages::dictionary::run(args, bars),
        Command::Drift(args) => languages::drift::run(args, bars),
        Command::Info(args) => models::info::run(args, bars),
        Command::Export(args) => models::export::run(args, bars),
        Command::Verify(args) => models::verify::run(args, bars),
        Command::Doctor(args) => models::doctor::run(args, bars),
        Command::Svd(args) => svd::run(args, global, bars),
        Command::Encode(args) => documents::encode::run(args, global, bars),
        Command::Search(args) => documents::search::run(args, bars),
        Command::SimilarDocuments(args) => documents::similar_documents::run(args, bars),
        Command::Complete(args) => documents::complete::run(args, bars),
        Command::Reconstruct(args) => documents::reconstruct::run(args, bars),
        Command::Outliers(args) => documents::outliers::run(args, bars),
        Command::Cluster(args) => documents::cluster::run(args, bars),
        Command::Generate(args) => documents::generate::run(args),
        Command::Spectrum(args) => documents::spectrum::run(args, bars),
        Command::Plot(args) => plot::run(*args, global, bars),
        Command::Explore(args) => explore::run(*args, global, bars),
        #[cfg(feature = "serve")]
        Command::Serve(args) => serve::run(*args, global, bars),
        Command::Config(args) => program::config::run(args, &program_with_options()),
        Command::Completions(args) => program::completions::run(args, program_with_options()),
        Command::Man(args) => program::man::run(args, program_with_options()),
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<io::Error>()
            .is_some_and(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
    })
}

pub(crate) fn exit_code(error: &anyhow::Error) -> u8 {
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
