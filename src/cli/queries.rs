//! What the query commands share: opening vectors with the tokenizer that made them, words as they
//! are read, and queries from standard input.

use std::io::{self, BufRead, BufReader, Write as _};
use std::path::Path;

use anyhow::{Context as _, Result};
use clap::ValueEnum;
use eigenlex::encode::Encoder;
use eigenlex::query;
use eigenlex::query::{Lookup, Neighbor, WordVector};
use eigenlex::space::{HashedNGrams, NGramVectors};
use eigenlex::tokenize::{Tokenizer, TokenizerConfig, WordReading};
use eigenlex::{Error, ErrorKind, Model, Progress as _, WordId, WordVectors, shortened};

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

    /// The word of a query with its vector; how it is read is said where that is not how it is
    /// written.
    pub(crate) fn find(&self, word: &str, bars: &Bars) -> Result<WordVector<'_>> {
        let normalize = |word: &str| self.normalize(word);
        let found = self.lookup(&normalize).find(word)?;
        tell_reading(word, &found, bars);
        Ok(found)
    }

    /// The word of the vocabulary that a spelling is read as, if there is one.
    pub(crate) fn id(&self, word: &str) -> Option<WordId> {
        let normalize = |word: &str| self.normalize(word);
        query::find(&self.vectors, word, &normalize)
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

/// Says how a word of a query is read, where more than its case is changed.
pub(crate) fn tell_reading(asked: &str, found: &WordVector, bars: &Bars) {
    if !found.is_guessed() {
        tell_read_as(asked, &found.word, bars);
    }
}

/// The same for a word that is known by its spelling alone.
pub(crate) fn tell_read_as(asked: &str, read: &str, bars: &Bars) {
    if WordReading::of(asked, read) != WordReading::Same {
        let (asked, read) = (shortened(asked), shortened(read));
        bars.tell(&format!("`{asked}` is read as `{read}`"));
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

/// Says which words of a text lost their signs, as `C++` does, and which were guessed.
pub(crate) fn tell_guesses(encoder: &Encoder, text: &str, bars: &Bars) -> Result<()> {
    let tokenizer = &encoder.model().tokenizer;
    // What a stem leaves out, or another tokenizer, is no loss.
    let keeps_words = match tokenizer.config() {
        TokenizerConfig::Words(config) => config.stem.is_none(),
        _ => false,
    };
    for word in text.split_whitespace().filter(|_| keeps_words) {
        let mut tokens = Vec::new();
        tokenizer.tokenize(word, |token| tokens.push(token.to_owned()))?;
        if let [token] = &tokens[..]
            && WordReading::of(word, token) == WordReading::Lossy
        {
            tell_read_as(word, token, bars);
        }
    }
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
        let asked = shortened(query);
        self.bars.tell(&format!("warning: no answer to `{asked}`: {message}"));
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
            return Err(no_answer(query).into());
        }
        let found = found.iter().map(|it| (it.word.as_str(), it.similarity));
        Ok(answers.put(&mut output, query, &guesses, found)?)
    })
}

/// No word is left that may be the answer.
pub(crate) fn no_answer(query: &str) -> Error {
    let reason =
        "no other word is in the vocabulary, or left by --restrict-to and --exclude".to_owned();
    Error::NothingFound { query: query.to_owned(), reason }
}

/// Prints the words nearest to the words that `find` finds for each query. Queries that are there
/// together are answered together, which reads the vectors once.
pub(crate) fn print_neighbors<'a>(
    queries: &[String],
    unknown: UnknownArg,
    format: FormatArg,
    bars: &Bars,
    find: impl Fn(&str) -> Result<WordVector<'a>>,
    answer: impl Fn(&[WordVector]) -> eigenlex::Result<Vec<Vec<Neighbor>>>,
) -> Result<()> {
    let mut output = output::stdout();
    let mut answers = Answers::new(format, "similarity", unknown.is_spelling());
    let is_single = matches!(queries, [query] if query != "-");
    let mut batch = Batch::new(unknown, is_single, format, bars);
    for_each_group(queries, |group| {
        let mut words = Vec::with_capacity(group.len());
        let mut put = |batch: &mut Batch, words: &mut Vec<(&str, WordVector<'a>)>| {
            let vectors: Vec<WordVector> = words.iter().map(|(_, word)| word.clone()).collect();
            let mut found = answer(&vectors).ok().map(Vec::into_iter);
            for (query, word) in words.drain(..) {
                // One that has no answer alone leaves the others without one too.
                let found = match found.as_mut().and_then(Iterator::next) {
                    Some(found) => Ok(found),
                    None => answer(std::slice::from_ref(&word)).map(|mut all| all.swap_remove(0)),
                };
                let answered = found.map_err(Into::into).and_then(|found| {
                    if found.is_empty() {
                        return Err(no_answer(query).into());
                    }
                    let guesses = Guesses::among([&word]);
                    let found = found.iter().map(|it| (it.word.as_str(), it.similarity));
                    Ok(answers.put(&mut output, query, &guesses, found)?)
                });
                batch.note(query, answered)?;
            }
            Ok::<(), anyhow::Error>(())
        };
        for query in group {
            match query.as_deref().map(|query| (query, find(query))) {
                Some((query, Ok(word))) => words.push((query, word)),
                other => {
                    put(&mut batch, &mut words)?;
                    match other {
                        Some((query, found)) => batch.note(query, found.map(drop))?,
                        None => batch.skip_blank()?,
                    }
                }
            }
        }
        put(&mut batch, &mut words)
    })?;
    batch.end()
}

/// Queries that are answered together at most.
const GROUP: usize = 1024;

/// Bytes of standard input that are read at a time.
const READ_AHEAD: usize = 64 << 10;

/// Calls `answer` with each query: the arguments, or for `-` each line of standard input, without
/// the spaces around it; with `None` for a blank line.
fn for_each_query(
    arguments: &[String],
    mut answer: impl FnMut(Option<&str>) -> Result<()>,
) -> Result<()> {
    for_each_group(arguments, |group| group.iter().try_for_each(|query| answer(query.as_deref())))
}

/// The same for groups of queries: all arguments that follow each other, and of standard input the
/// lines that are there already, so that a program that asks line by line is answered line by line.
fn for_each_group(
    arguments: &[String],
    mut answer: impl FnMut(&[Option<String>]) -> Result<()>,
) -> Result<()> {
    let query = |text: &str| Some(text.trim().to_owned());
    let mut group = Vec::new();
    for argument in arguments {
        if argument != "-" {
            group.push(query(argument));
            continue;
        }
        if !group.is_empty() {
            answer(&std::mem::take(&mut group))?;
        }
        let mut input = BufReader::with_capacity(READ_AHEAD, io::stdin());
        let mut line = String::new();
        loop {
            line.clear();
            let read = input.read_line(&mut line).context("cannot read standard input");
            if let Ok(1..) = read {
                group.push(query(&line).filter(|line| !line.is_empty()));
            }
            let is_one_there = input.buffer().contains(&b'\n');
            if !matches!(read, Ok(1..)) || !is_one_there || group.len() == GROUP {
                answer(&std::mem::take(&mut group))?;
            }
            if read? == 0 {
                break;
            }
        }
    }
    if group.is_empty() { Ok(()) } else { answer(&group) }
}
