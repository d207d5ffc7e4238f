//! What a session of questions answers to a line.
//!
//! In: a line, such as `king - man + woman` or `:similarity king queen`. Out: answers on standard
//! output, or an error; settings of the session are changed by `:top` and `:method`.

use std::io::{self, Write as _};
use std::str::FromStr as _;

use anyhow::Result;
use eigenlex::query::{self, Expression, Method, Search};

use super::math::solve;
use crate::cli::output;
use crate::cli::output::bars::Bars;
use crate::cli::output::{Answers, Guesses};
use crate::cli::queries::{Opened, no_answer};
use crate::cli::refusal::Refusal;

/// The commands of a session, with what they take and what they do.
pub(super) const COMMANDS: [(&str, &str, &str); 8] = [
    (":neighbors", "WORD", "the words most similar to a word; a word alone does the same"),
    (":similarity", "WORD WORD", "how similar two words are, from -1 to 1"),
    (":odd-one-out", "WORD WORD WORD...", "the word that does not belong to the others, first"),
    (":math", "EXPRESSION", "word math; an expression alone does the same"),
    (":top", "N", "the number of answers from now on"),
    (":method", "add|mul", "how word math is scored from now on"),
    (":help", "", "this list"),
    (":quit", "", "end the session, as the end of the input does"),
];

/// A session of questions to a model.
pub(super) struct Session<'b> {
    pub(super) opened: Opened,
    search: Search,
    method: Method,
    answers: Answers,
    bars: &'b Bars,
}

/// What a line was; all but the last may be followed by others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum After {
    /// The line was answered.
    Answer,
    /// It asked nothing, or changed a setting.
    Setting,
    End,
}

impl<'b> Session<'b> {
    pub(super) fn new(
        opened: Opened,
        search: Search,
        method: Method,
        answers: Answers,
        bars: &'b Bars,
    ) -> Self {
        Self { opened, search, method, answers, bars }
    }

    /// Answers a line; a blank one asks nothing.
    pub(super) fn answer(&mut self, line: &str) -> Result<After> {
        let line = line.trim();
        // A word may begin with a colon; a command has letters behind it.
        let is_command =
            line.strip_prefix(':').is_some_and(|it| it.starts_with(char::is_alphabetic));
        if !is_command {
            match line {
                "" => return Ok(After::Setting),
                word if !word.contains(char::is_whitespace) && is_single_word(word) => {
                    self.neighbors(word)?;
                }
                expression => self.math(expression)?,
            }
            return Ok(After::Answer);
        }
        let (name, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let rest = rest.trim();
        let words = query::words_of_line(rest);
        match (name, &words[..]) {
            (":quit" | ":q" | ":exit", []) => return Ok(After::End),
            (":help" | ":h", []) => help(self.answers.is_text())?,
            (":neighbors" | ":neighbours" | ":nn", [_, ..]) => self.neighbors(rest)?,
            (":math", [_, ..]) => self.math(rest)?,
            (":similarity", [left, right]) => self.similarity(left, right)?,
            (":odd-one-out", words @ [_, _, _, ..]) => self.odd_one_out(words)?,
            (":top", [number]) => match number.parse() {
                Ok(top) if top > 0 => self.search.top = top,
                _ => return Err(wrong(&format!("`:top {number}`"), "`:top 10`")),
            },
            (":method", [name]) => self.method = Method::from_str(name)?,
            (name, _) => return Err(no_command(name)),
        }
        let is_setting = matches!(name, ":help" | ":h" | ":top" | ":method");
        Ok(if is_setting { After::Setting } else { After::Answer })
    }

    fn neighbors(&mut self, word: &str) -> Result<()> {
        let word = match query::words_of_line(word)[..] {
            [word] => word,
            _ => word,
        };
        let word_vector = self.opened.find(word, self.bars)?;
        let found = query::neighbors_of(&self.opened.vectors, &word_vector, &self.search)?;
        if found.is_empty() {
            return Err(no_answer(word, &self.search).into());
        }
        let guesses = Guesses::among([&word_vector]);
        let found = found.iter().map(|it| (it.word.as_str(), it.similarity));
        Ok(self.answers.put(&mut output::stdout(), word, &guesses, found)?)
    }

    fn math(&mut self, expression: &str) -> Result<()> {
        let (guesses, found) =
            solve(expression, &self.opened, self.method, &self.search, self.bars)?;
        if found.is_empty() {
            return Err(no_answer(expression, &self.search).into());
        }
        let found = found.iter().map(|it| (it.word.as_str(), it.similarity));
        Ok(self.answers.put(&mut output::stdout(), expression, &guesses, found)?)
    }

    fn similarity(&mut self, left: &str, right: &str) -> Result<()> {
        let words = [self.opened.find(left, self.bars)?, self.opened.find(right, self.bars)?];
        let cosine = query::cosine(&self.opened.vectors, &words[0], &words[1])?;
        let guesses = Guesses::among(&words);
        let answer = std::iter::once((right, cosine));
        Ok(self.answers.put(&mut output::stdout(), left, &guesses, answer)?)
    }

    fn odd_one_out(&mut self, words: &[&str]) -> Result<()> {
        let find = |word: &&str| self.opened.find(word, self.bars);
        let set = words.iter().map(find).collect::<Result<Vec<_>>>()?;
        let found = query::odd_one_out(&self.opened.vectors, &set)?;
        let guesses = Guesses::among(&set);
        let found = found.iter().map(|it| (it.word.as_str(), it.similarity));
        Ok(self.answers.put(&mut output::stdout(), &words.join(" "), &guesses, found)?)
    }
}

/// Whether a text without spaces asks for a word as it stands: `king` and `c++`, not `2*king` or
/// `"king"`.
fn is_single_word(text: &str) -> bool {
    Expression::from_str(text).is_ok_and(|it| match it.terms() {
        [term] => term.weight == 1.0 && term.word == text,
        _ => false,
    })
}

/// Lists the commands; beside tables and JSON, on standard error.
fn help(is_text: bool) -> Result<()> {
    let mut list = String::new();
    for (name, takes, does) in COMMANDS {
        list += &format!("{:<32}{does}\n", format!("{name} {takes}"));
    }
    if !is_text {
        return Ok(io::stderr().write_all(list.as_bytes())?);
    }
    let mut output = output::stdout();
    output.write_all(list.as_bytes())?;
    Ok(output.flush()?)
}

fn wrong(what: &str, example: &str) -> anyhow::Error {
    Refusal::new(format!("cannot read {what}"), format!("write it as {example}")).into()
}

/// A command that does not exist, or with other words behind it than it takes.
fn no_command(name: &str) -> anyhow::Error {
    match COMMANDS.iter().find(|(known, ..)| *known == name) {
        Some((_, takes, _)) => {
            let usage = format!("{name} {takes}");
            wrong(&format!("what follows `{name}`"), &format!("`{}`", usage.trim_end()))
        }
        None => Refusal::new(
            format!("there is no command `{name}`"),
            "`:help` lists the commands; a word that begins with a colon needs quotes",
        )
        .into(),
    }
}
