//! What the query commands share: opening vectors with the tokenizer that made them, the search options, and queries from standard input.

use std::fs;
use std::io::{self, BufRead, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use eigenlex::query::{Neighbor, Restriction, Search};
use eigenlex::{Error, Model, Tokenizer, TokenizerConfig, WordVectors};

use super::output::{self, FormatArg};

/// Vectors, and how a word of a query becomes a word of the vocabulary.
pub(super) struct Opened {
    pub(super) vectors: WordVectors,
    tokenizer: Tokenizer,
}

impl Opened {
    /// Opens a model or any vector file; the words of a file that is no model are looked up as they are, then lower-cased.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let tokenizer = if Model::is_at(path) { Model::open_tokenizer(path)? } else { Tokenizer::new(&TokenizerConfig::default())? };
        Ok(Self { vectors: WordVectors::open(path)?, tokenizer })
    }

    pub(super) fn normalize(&self, word: &str) -> String {
        self.tokenizer.normalize(word)
    }
}

/// Options of the commands that search for words.
#[derive(Debug, clap::Args)]
pub(super) struct SearchArgs {
    /// Answers to print
    #[arg(short = 'k', long, default_value_t = 10, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    top: u32,
    /// Only words of this file are answers, one a line
    #[arg(long, value_name = "FILE")]
    restrict_to: Option<PathBuf>,
}

impl SearchArgs {
    pub(super) fn resolve(&self, opened: &Opened) -> Result<Search> {
        let restrict_to = match &self.restrict_to {
            None => None,
            Some(path) => {
                let text = fs::read_to_string(path).map_err(|source| Error::io("read", path, source))?;
                let spellings = text.lines().map(str::trim).filter(|word| !word.is_empty());
                let (restriction, n_unknown) = Restriction::from_spellings(&opened.vectors, spellings, &|word| opened.normalize(word));
                if restriction.ids().is_empty() {
                    let reason = format!("none of its {n_unknown} word(s) is in the vocabulary");
                    return Err(Error::NothingFound { query: path.display().to_string(), reason }.into());
                }
                Some(restriction)
            }
        };
        Ok(Search { top: self.top as usize, restrict_to })
    }
}

/// Prints the words that `answer` finds for each query.
pub(super) fn print_answers(queries: &[String], format: FormatArg, answer: impl Fn(&str) -> Result<Vec<Neighbor>>) -> Result<()> {
    let format = format.resolve();
    let mut output = output::stdout();
    let mut first = true;
    for_each_query(queries, |query| {
        output::answers(&mut output, format, query, &answer(query)?, std::mem::take(&mut first))?;
        // Whoever asks one question after another on standard input waits for each answer.
        Ok(output.flush()?)
    })
}

/// Calls `answer` with each query: the arguments, or for `-` each line of standard input that is not empty.
pub(super) fn for_each_query(arguments: &[String], mut answer: impl FnMut(&str) -> Result<()>) -> Result<()> {
    for argument in arguments {
        if argument == "-" {
            for line in io::stdin().lock().lines() {
                let line = line.context("cannot read standard input")?;
                if !line.trim().is_empty() {
                    answer(line.trim())?;
                }
            }
        } else {
            answer(argument)?;
        }
    }
    Ok(())
}
