//! The options that every command takes.

use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use anyhow::{Context as _, Result};
use clap::{ArgAction, ValueEnum};
use eigenlex::input::{TextEncoding, TextSource};
use rayon::{ThreadPool, ThreadPoolBuilder};

/// The encoding that was given for the files of the command that runs.
static ENCODING: RwLock<Option<TextEncoding>> = RwLock::new(None);

/// A file that is named on the command line, with the encoding that was given for all of them.
pub(crate) fn source(path: impl AsRef<Path>) -> TextSource {
    TextSource::new(path).encoding(encoding())
}

/// The encoding that was given for all files.
pub(crate) fn encoding() -> Option<TextEncoding> {
    *ENCODING.read().unwrap_or_else(PoisonError::into_inner)
}

/// More threads than any machine has cores; starting a hundred thousand takes minutes and then
/// fails.
const MOST_THREADS: i64 = 4096;

/// Options of every command.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Options of every command")]
pub(crate) struct Global {
    /// Number of threads; 0 means one for each core, or RAYON_NUM_THREADS [default: 0]
    ///
    /// The result does not depend on it.
    #[arg(
        short,
        long,
        global = true,
        default_value_t = 0,
        hide_default_value = true,
        value_name = "N",
        aliases = ["thread", "workers"],
        value_parser = clap::value_parser!(u16).range(0..=MOST_THREADS),
    )]
    pub(crate) threads: u16,
    /// Print nothing on standard error but errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Print the time and memory of each stage; -vv prints the progress of the decomposition too
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
    /// When to show progress on standard error
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t = When::Auto,
        value_name = "WHEN",
    )]
    pub(crate) progress: When,
    /// Encoding of text files that are read, for example windows-1252 [default: UTF-8, or what a
    /// byte order mark says]
    ///
    /// Any label of the WHATWG Encoding Standard, or utf-32. It holds for texts, vectors, matrices,
    /// dictionaries, test sets, labels and lists of words, not for standard input of queries.
    #[arg(long, global = true, value_name = "LABEL")]
    pub(crate) encoding: Option<TextEncoding>,
    /// File with options [default: eigenlex.toml in the working folder, if there is one]
    ///
    /// `config` prints what it gives, and explains it.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Read no file with options
    #[arg(long, global = true, conflicts_with = "config")]
    no_config: bool,
}

impl Global {
    /// The threads that compute.
    pub(crate) fn pool(&self) -> Result<ThreadPool> {
        ThreadPoolBuilder::new()
            .num_threads(usize::from(self.threads))
            .thread_name(|number| format!("eigenlex-{number}"))
            .build()
            .context("cannot start the threads")
    }

    /// Makes the encoding known to [`source`].
    pub(crate) fn set_encoding(&self) {
        *ENCODING.write().unwrap_or_else(PoisonError::into_inner) = self.encoding;
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum When {
    /// If standard error is a terminal
    Auto,
    /// As bars on a terminal, else as a line every two seconds
    Always,
    Never,
}
