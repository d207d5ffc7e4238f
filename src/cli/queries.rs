//! What the query commands share: opening vectors with the tokenizer that made them, words as they
//! are read, and batches of queries.

use std::io::Write as _;
use std::path::Path;

use anyhow::Result;
use clap::ValueEnum;
use eigenlex::encode::Encoder;
use eigenlex::query;
use eigenlex::query::{Lookup, Neighbor, Search, WordVector};
use eigenlex::space::{HashedNGrams, NGramVectors};
use eigenlex::tokenize::{Tokenizer, TokenizerConfig, WordReading};
use eigenlex::{Error, ErrorKind, Model, Progress as _, WordId, WordVectors, shortened};

use super::hints;
use super::output;
use super::output::bars::Bars;
use super::output::{Answers, FormatArg, Guesses, OutputFormat};
use super::query_lines::{Query, for_each_group, for_each_query};
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

    /// The same without a word about how it is read.
    #[cfg(feature = "serve")]
    pub(crate) fn look_up(&self, word: &str) -> eigenlex::Result<WordVector<'_>> {
        let normalize = |word: &str| self.normalize(word);
        self.lookup(&normalize).find(word)
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

/// Refuses `king - man + woman` among words: a sign between others that is no word itself.
pub(crate) fn refuse_expression(
    words: &[String],
    model: &Path,
    is_known: impl Fn(&str) -> bool,
) -> Result<()> {
    let is_sign = |word: &str| matches!(word, "+" | "*" | "/" | "-" | "\u{2212}" | "\u{2013}");
    let inner = words.get(1..words.len().saturating_sub(1)).unwrap_or_default();
    let stray = |word: &&String| is_sign(word) && !is_known(word);
    let Some(sign) = inner.iter().find(stray) else { return Ok(()) };
    let (model, whole) = (model.display(), shortened(&words.join(" ")));
    let hint = format!("word math is `eigenlex math {model} '{whole}'`, in quotes");
    Err(Refusal::new(format!("`{sign}` between words is not a word"), hint).into())
}

/// What guesses the vectors of unknown words.
pub(crate) fn open_ngrams(path: &Path) -> Result<NGramVectors> {
    if !Model::is_at(path) {
        let problem = format!("`{}` has no n-grams to guess unknown words from", path.display());
        let hint = "a .bin of fastText has them, and a model that `embed` made of windows";
        return Err(Refusal::faulty(problem, hint).into());
    }
    Ok(Model::open_ngrams(path)?.ok_or(Error::NoNGrams)?)
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
            Query::Blank => batch.skip_blank(),
            Query::Unreadable(shown, error) => batch.note(&shown, Err(error.into())),
            Query::Text(query) => {
                let answered = answer(&query);
                batch.note(&query, answered)
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
        let Err(error) = answered else {
            self.asked += 1;
            return Ok(());
        };
        let can_skip = error.downcast_ref::<Error>().is_some_and(|error| match error {
            Error::Expression { .. } => true,
            // A line of standard input.
            Error::Malformed { path, .. } => path == Path::new("-"),
            _ => error.kind() == ErrorKind::NotFound,
        });
        if can_skip { self.skip(query, error) } else { Err(error) }
    }

    /// Skips a query that has no answer, unless it is to end the command.
    pub(crate) fn skip(&mut self, query: &str, error: anyhow::Error) -> Result<()> {
        self.asked += 1;
        if self.stops {
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
    pub(crate) fn skip_blank(&self) -> Result<()> {
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
    search: &Search,
    answer: impl Fn(&str) -> Result<(Guesses, Vec<Neighbor>)>,
) -> Result<()> {
    let mut output = output::stdout();
    let mut answers = Answers::new(format, score, unknown.is_spelling());
    OnUnknownArg::from(unknown).answer_each(queries, format, bars, |query| {
        let (guesses, found) = answer(query)?;
        if found.is_empty() {
            return Err(no_answer(query, search).into());
        }
        let found = found.iter().map(|it| (it.word.as_str(), it.similarity));
        Ok(answers.put(&mut output, query, &guesses, found)?)
    })
}

/// No word is left that may be the answer.
pub(crate) fn no_answer(query: &str, search: &Search) -> Error {
    let reason = match (&search.restrict_to, vector_files::limit()) {
        (Some(_), _) => "no other word is left by --restrict-to and --exclude".to_owned(),
        (None, Some(limit)) => format!("no other word is in the rows that --limit {limit} reads"),
        (None, None) => "no other word is in the vocabulary".to_owned(),
    };
    Error::NothingFound { query: query.to_owned(), reason }
}

/// Prints the words nearest to the words that `find` finds for each query. Queries that are there
/// together are answered together, which reads the vectors once.
pub(crate) fn print_neighbors<'a>(
    queries: &[String],
    unknown: UnknownArg,
    format: FormatArg,
    bars: &Bars,
    search: &Search,
    find: impl Fn(&str) -> Result<WordVector<'a>>,
    answer: impl Fn(&[WordVector]) -> eigenlex::Result<Vec<Vec<Neighbor>>>,
) -> Result<()> {
    let mut output = output::stdout();
    let mut answers = Answers::new(format, "similarity", unknown.is_spelling());
    let is_single = matches!(queries, [query] if query != "-");
    let mut batch = Batch::new(unknown, is_single, format, bars);
    for_each_group(queries, |group| {
        let mut words = Vec::with_capacity(group.len());
        let mut put = |batch: &mut Batch, words: &mut Vec<(String, WordVector<'a>)>| {
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
                        return Err(no_answer(&query, search).into());
                    }
                    let guesses = Guesses::among([&word]);
                    let found = found.iter().map(|it| (it.word.as_str(), it.similarity));
                    Ok(answers.put(&mut output, &query, &guesses, found)?)
                });
                batch.note(&query, answered)?;
            }
            Ok::<(), anyhow::Error>(())
        };
        for query in group {
            let (query, failed) = match query {
                Query::Text(query) => match find(&query) {
                    Ok(word) => {
                        words.push((query, word));
                        continue;
                    }
                    Err(error) => (query, Some(error)),
                },
                Query::Unreadable(shown, error) => (shown, Some(error.into())),
                Query::Blank => (String::new(), None),
            };
            put(&mut batch, &mut words)?;
            match failed {
                Some(error) => batch.note(&query, Err(error))?,
                None => batch.skip_blank()?,
            }
        }
        put(&mut batch, &mut words)
    })?;
    batch.end()
}
