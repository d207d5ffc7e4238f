//! What the query commands share: opening vectors with the tokenizer that made them, the search
//! options, and queries from standard input.

use std::io::{self, BufRead, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::ValueEnum;
use eigenlex::encode::Encoder;
use eigenlex::query::{Lookup, Neighbor, Restriction, Search, WordVector};
use eigenlex::space::{HashedNGrams, NGramVectors};
use eigenlex::tokenize::{Tokenizer, TokenizerConfig};
use eigenlex::{Error, ErrorKind, Model, Progress as _, WordVectors};

use super::global::source;
use super::hints;
use super::output;
use super::output::bars::Bars;
use super::output::{Answers, FormatArg, Guesses, OutputFormat};
use super::refusal::Refusal;
use super::vector_files;

/// Vectors, and how a word of a query becomes a word of the vocabulary.
pub(crate) struct Opened {
    pub(crate) vectors: WordVectors,
    tokenizer: Tokenizer,
    /// What unknown words are guessed from, if they are.
    ngrams: Option<NGramVectors>,
    /// The same of a file of fastText.
    hashed: Option<HashedNGrams>,
}

impl Opened {
    /// Opens a model or vector file; the words of a file that is not a model are looked up as they
    /// are, then lower-cased.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        Ok(Self { hashed: None, ..Self::with_hashed(path)? })
    }

    /// The same; what guesses unknown words is opened too if `unknown` asks for it.
    pub(crate) fn open_for(path: &Path, unknown: UnknownArg) -> Result<Self> {
        if !unknown.is_spelling() {
            return Self::open(path);
        }
        let opened = Self::with_hashed(path)?;
        // Files of fastText have n-grams of their own.
        let ngrams = if opened.hashed.is_some() { None } else { Some(open_ngrams(path)?) };
        Ok(opened.guessing(ngrams))
    }

    fn with_hashed(path: &Path) -> Result<Self> {
        let tokenizer = if Model::is_at(path) {
            Model::open_tokenizer(path)?
        } else {
            Tokenizer::new(&TokenizerConfig::default())?
        };
        let file = vector_files::open(path, &())?;
        Ok(Self { vectors: file.vectors, tokenizer, ngrams: None, hashed: file.ngrams })
    }

    /// The same with what guesses unknown words, if there is something.
    pub(crate) fn guessing(self, ngrams: Option<NGramVectors>) -> Self {
        Self { ngrams, ..self }
    }

    /// The word of a query with its vector.
    pub(crate) fn find(&self, word: &str) -> Result<WordVector<'_>> {
        let normalize = |word: &str| self.normalize(word);
        Ok(self.lookup(&normalize).find(word)?)
    }

    /// Where words of queries are looked up; `normalize` is [`Opened::normalize`].
    pub(crate) fn lookup<'a, 'n>(
        &'a self,
        normalize: &'n dyn Fn(&str) -> String,
    ) -> Lookup<'a, 'n> {
        Lookup::new(&self.vectors, normalize)
            .guessing(self.ngrams.as_ref())
            .with_fasttext(self.hashed.as_ref())
    }

    pub(crate) fn normalize(&self, word: &str) -> String {
        self.tokenizer.normalize(word)
    }
}

/// Options of the commands that search for words.
#[derive(Debug, clap::Args)]
pub(crate) struct SearchArgs {
    /// Number of answers
    #[arg(
        short = 'k',
        long,
        default_value_t = 10,
        value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..),
    )]
    top: u32,
    /// Answer only with words of this file, one word per line
    #[arg(long, value_name = "FILE")]
    restrict_to: Option<PathBuf>,
}

impl SearchArgs {
    pub(crate) fn resolve(&self, opened: &Opened) -> Result<Search> {
        let restrict_to = match &self.restrict_to {
            None => None,
            Some(path) => {
                let text = source(path).read()?;
                let spellings = text.lines().map(str::trim).filter(|word| !word.is_empty());
                let (restriction, n_unknown) =
                    Restriction::from_spellings(&opened.vectors, spellings, &|word| {
                        opened.normalize(word)
                    });
                if restriction.ids().is_empty() {
                    let reason = match n_unknown {
                        0 => "the file has no word".to_owned(),
                        _ => format!("none of its {n_unknown} words is in the vocabulary"),
                    };
                    return Err(
                        Error::NothingFound { query: path.display().to_string(), reason }.into()
                    );
                }
                Some(restriction)
            }
        };
        Ok(Search::new(self.top as usize).restrict_to(restrict_to))
    }
}

/// What guesses the vectors of unknown words.
pub(crate) fn open_ngrams(path: &Path) -> Result<NGramVectors> {
    let ngrams = if Model::is_at(path) { Model::open_ngrams(path)? } else { None };
    Ok(ngrams.ok_or(Error::NoNGrams)?)
}

/// The option `--unknown` of the commands that answer several queries.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct OnUnknownArg {
    /// What to do if a query has no answer, such as one with an unknown word
    ///
    /// The exit code is 4 in both cases.
    #[arg(
        long = "unknown",
        alias = "on-unknown",
        value_enum,
        default_value_t = OnUnknown::Skip,
        value_name = "ACTION",
    )]
    on_unknown: OnUnknown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum OnUnknown {
    /// Stop there
    Error,
    /// Report it on standard error and answer the others
    Skip,
}

/// The option `--unknown` of the commands that can guess unknown words.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct UnknownArg {
    /// What to do if a query has no answer, such as one with an unknown word
    ///
    /// The exit code is 4 if a query stays without an answer.
    #[arg(
        long,
        alias = "on-unknown",
        value_enum,
        default_value_t = Unknown::Skip,
        value_name = "ACTION",
    )]
    unknown: Unknown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Unknown {
    /// Stop there
    Error,
    /// Report it on standard error and answer the others
    Skip,
    /// Guess the vectors of unknown words from their letters, and say which were guessed
    Spelling,
}

impl UnknownArg {
    /// Whether unknown words are guessed.
    pub(crate) fn is_spelling(self) -> bool {
        self.unknown == Unknown::Spelling
    }
}

impl From<UnknownArg> for OnUnknownArg {
    fn from(arg: UnknownArg) -> Self {
        let on_unknown = match arg.unknown {
            Unknown::Error => OnUnknown::Error,
            // A word that cannot be guessed either is skipped.
            Unknown::Skip | Unknown::Spelling => OnUnknown::Skip,
        };
        Self { on_unknown }
    }
}

impl OnUnknownArg {
    /// Calls `answer` with each query: the arguments, or for `-` each line of standard input that
    /// is not empty. A query without an answer is reported; if there are others they are answered,
    /// and then the error is how many are not. Each answer must be flushed.
    pub(crate) fn answer_each(
        self,
        queries: &[String],
        format: FormatArg,
        bars: &Bars,
        mut answer: impl FnMut(&str) -> Result<()>,
    ) -> Result<()> {
        let is_single = matches!(queries, [query] if query != "-");
        let mut batch = Batch::new(self, is_single, format, bars);
        for_each_query(queries, |query| match query {
            None => batch.skip_blank(),
            Some(query) => {
                let answered = answer(query);
                batch.note(query, answered)
            }
        })?;
        batch.end()
    }
}

/// The encoder of a model, for which unknown words count as known ones if `unknown` asks for it.
pub(crate) fn encoder_for(model: &Model, unknown: UnknownArg) -> Result<Encoder<'_>> {
    let encoder = Encoder::new(model)?;
    Ok(if unknown.is_spelling() { encoder.guessing_unknown_words()? } else { encoder })
}

/// Says which words of a text were guessed.
pub(crate) fn tell_guesses(encoder: &Encoder, text: &str, bars: &Bars) -> Result<()> {
    for (unknown, known) in encoder.guessed_words(text)? {
        bars.tell(&format!("`{unknown}` is not known: by its spelling it counts as `{known}`"));
    }
    Ok(())
}

/// Counts the queries of a batch that have no answer.
pub(crate) struct Batch<'a> {
    /// Whether the first query without an answer ends the command.
    stops: bool,
    format: OutputFormat,
    bars: &'a Bars,
    asked: usize,
    unanswered: Vec<String>,
}

impl<'a> Batch<'a> {
    pub(crate) fn new(
        on_unknown: impl Into<OnUnknownArg>,
        is_single: bool,
        format: FormatArg,
        bars: &'a Bars,
    ) -> Self {
        let stops = is_single || on_unknown.into().on_unknown == OnUnknown::Error;
        Self { stops, format: format.resolve(), bars, asked: 0, unanswered: Vec::new() }
    }

    /// Takes note of how a query was answered. Only a query that is not found, or that cannot be
    /// read, is skipped; any other failure ends the command. JSON keeps a line for each query: null
    /// for one that is skipped.
    pub(crate) fn note(&mut self, query: &str, answered: Result<()>) -> Result<()> {
        self.asked += 1;
        let Err(error) = answered else { return Ok(()) };
        let can_skip = error.downcast_ref::<Error>().is_some_and(|error| match error {
            Error::Expression { .. } => true,
            // A line of standard input.
            Error::Malformed { path, .. } => path == Path::new("-"),
            _ => error.kind() == ErrorKind::NotFound,
        });
        if self.stops || !can_skip {
            return Err(error);
        }
        let message = hints::message(&error);
        self.bars.tell(&format!("warning: no answer to `{query}`: {message}"));
        self.unanswered.push(query.to_owned());
        self.skip_blank()
    }

    /// Skips a query, or a blank line, which is none: JSON has null for it, so that line i of the
    /// output belongs to line i of the input.
    fn skip_blank(&self) -> Result<()> {
        if self.format == OutputFormat::Json {
            let mut output = output::stdout();
            output::json_line(&mut output, &())?;
            output.flush()?;
        }
        Ok(())
    }

    /// The error that makes the exit code, if a query was skipped.
    pub(crate) fn end(self) -> Result<()> {
        if self.unanswered.is_empty() {
            return Ok(());
        }
        Err(Refusal::unanswered(&self.unanswered, self.asked).into())
    }
}

/// Prints the words that `answer` finds for each query; `score` is the name of the number beside
/// each.
pub(crate) fn print_answers(
    queries: &[String],
    unknown: UnknownArg,
    format: FormatArg,
    bars: &Bars,
    score: &'static str,
    answer: impl Fn(&str) -> Result<(Guesses, Vec<Neighbor>)>,
) -> Result<()> {
    let mut output = output::stdout();
    let mut answers = Answers::new(format, score, unknown.is_spelling());
    OnUnknownArg::from(unknown).answer_each(queries, format, bars, |query| {
        let (guesses, found) = answer(query)?;
        if found.is_empty() {
            let reason = "no other word is in the vocabulary or in --restrict-to".to_owned();
            return Err(Error::NothingFound { query: query.to_owned(), reason }.into());
        }
        let found = found.iter().map(|it| (it.word.as_str(), it.similarity));
        Ok(answers.put(&mut output, query, &guesses, found)?)
    })
}

/// Calls `answer` with each query: the arguments, or for `-` each line of standard input, without
/// the spaces around it; with `None` for a blank line.
fn for_each_query(
    arguments: &[String],
    mut answer: impl FnMut(Option<&str>) -> Result<()>,
) -> Result<()> {
    for argument in arguments {
        if argument == "-" {
            for line in io::stdin().lock().lines() {
                let line = line.context("cannot read standard input")?;
                answer(Some(line.trim()).filter(|line| !line.is_empty()))?;
            }
        } else {
            answer(Some(argument.trim()))?;
        }
    }
    Ok(())
}
