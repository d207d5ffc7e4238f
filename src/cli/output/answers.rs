//! Words and their similarity as the answers to queries.

use std::io::{self, Write};

use eigenlex::query::WordVector;
use eigenlex::shortened;
use serde::Serialize;

use super::{Cosine, FormatArg, OutputFormat, Table, json_line, shown};

/// The words of a query whose vectors were guessed from their spelling.
#[derive(Debug, Default)]
pub(crate) struct Guesses(Vec<String>);

impl Guesses {
    /// Those among the words of a query.
    pub(crate) fn among<'a, 'v: 'a>(words: impl IntoIterator<Item = &'a WordVector<'v>>) -> Self {
        let guessed = words.into_iter().filter(|word| word.is_guessed());
        Self(guessed.map(|word| word.word.clone().into_owned()).collect())
    }

    /// As a field of a table.
    pub(crate) fn field(&self) -> String {
        self.0.join(" ")
    }

    /// As a remark on the query; empty where nothing was guessed.
    pub(crate) fn remark(&self) -> String {
        match &self.0[..] {
            [] => String::new(),
            words => format!("  (guessed from the spelling: {})", words.join(", ")),
        }
    }

    /// As an array of JSON, which is left out where nothing was guessed.
    pub(crate) fn words(&self) -> &[String] {
        &self.0
    }
}

/// Answers as a flat table with a column for the query, an array of JSON a query, or blocks of
/// text.
pub(crate) struct Answers {
    format: OutputFormat,
    table: Table<3>,
    is_first: bool,
}

/// The JSON of an answer.
#[derive(Serialize)]
struct Answer<'a> {
    word: &'a str,
    similarity: Cosine,
    /// The words of the query that were guessed.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    guessed: &'a [String],
}

impl Answers {
    /// `score` is the name of the number beside each word; with `has_guesses` the table has a
    /// column for the words of the query that were guessed.
    pub(crate) fn new(format: FormatArg, score: &'static str, has_guesses: bool) -> Self {
        let table = format.table_of_answers(["query", "word", score]);
        let table = table.with(has_guesses.then_some("guessed"));
        Self { format: format.resolve(), table, is_first: true }
    }

    /// Whether the answers are for people, not for programs.
    pub(crate) fn is_text(&self) -> bool {
        self.format == OutputFormat::Text
    }

    /// Writes the answers to a query and flushes them, since somebody who asks on standard input
    /// waits for each.
    pub(crate) fn put<'a>(
        &mut self,
        output: &mut impl Write,
        query: &str,
        guesses: &Guesses,
        answers: impl Iterator<Item = (&'a str, f32)> + Clone,
    ) -> io::Result<()> {
        let is_first = std::mem::take(&mut self.is_first);
        match self.format {
            OutputFormat::Json => {
                let answer = |(word, similarity): (&'a str, f32)| Answer {
                    word,
                    similarity: similarity.into(),
                    guessed: guesses.words(),
                };
                json_line(output, &answers.map(answer).collect::<Vec<_>>())?;
            }
            OutputFormat::Tsv => {
                let guessed = guesses.field();
                for (word, similarity) in answers {
                    let similarity = Cosine::from(similarity);
                    self.table.row_with(output, [&query, &word, &similarity], &guessed)?;
                }
            }
            OutputFormat::Text => {
                let rows: Vec<(String, f32)> =
                    answers.map(|(word, similarity)| (short(word), similarity)).collect();
                let width = rows.iter().map(|(word, _)| word.chars().count()).max().unwrap_or(0);
                let space = if is_first { "" } else { "\n" };
                writeln!(output, "{space}{}{}", short(query), short(&guesses.remark()))?;
                for (word, similarity) in rows {
                    writeln!(output, "  {word:<width$}  {similarity:.4}")?;
                }
            }
        }
        output.flush()
    }
}

/// A word as a person sees it, which may have a million characters.
fn short(word: &str) -> String {
    shown(&shortened(word))
}
