//! Lines that a person types at a terminal, with a history and completion of words.
//!
//! In: a prompt. Out: lines. The history is kept in the user's folder for the state of programs
//! (XDG Base Directory Specification 0.8), the last thousand lines of it.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use eigenlex::Words;
use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::FileHistory;
use rustyline::validate::Validator;
use rustyline::{CompletionType, Config, Editor, Helper};

use super::session::COMMANDS;

/// Words that are offered to complete one: a screen of them.
const MOST_COMPLETIONS: usize = 60;

/// Lines that the history keeps.
const HISTORY_LINES: usize = 1000;

/// A terminal with its history.
pub(super) struct Terminal<'w> {
    editor: Editor<Completion<'w>, FileHistory>,
    history: Option<PathBuf>,
}

impl<'w> Terminal<'w> {
    /// Opens the terminal; without `keeps_history` what is typed is forgotten at the end.
    pub(super) fn open(words: &'w Words, keeps_history: bool) -> Result<Self> {
        let config = Config::builder()
            .completion_type(CompletionType::List)
            .max_history_size(HISTORY_LINES)
            .context("cannot open the terminal")?
            .build();
        let mut editor = Editor::with_config(config).context("cannot open the terminal")?;
        editor.set_helper(Some(Completion { words }));
        let history = if keeps_history { history_path() } else { None };
        if let Some(path) = &history {
            // There is none the first time, and one that cannot be read is no reason to stop.
            _ = editor.load_history(path);
        }
        Ok(Self { editor, history })
    }

    /// The next line; `None` at the end of the input. Ctrl-C gives up the line that is typed.
    pub(super) fn line(&mut self) -> Result<Option<String>> {
        loop {
            match self.editor.readline("> ") {
                Ok(line) => {
                    _ = self.editor.add_history_entry(&line);
                    return Ok(Some(line));
                }
                Err(ReadlineError::Interrupted) => {}
                Err(ReadlineError::Eof) => return Ok(None),
                Err(error) => return Err(error).context("cannot read the terminal"),
            }
        }
    }

    /// Writes the history; where that fails, the answers were given all the same.
    pub(super) fn close(mut self) {
        if let Some(path) = &self.history {
            _ = path.parent().map(std::fs::create_dir_all);
            _ = self.editor.save_history(path);
        }
    }
}

/// Where the history is kept; `None` where no such folder is known.
fn history_path() -> Option<PathBuf> {
    let folder = |variable: &str| {
        std::env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute())
    };
    let state = folder("XDG_STATE_HOME").or_else(|| {
        if cfg!(windows) {
            folder("LOCALAPPDATA")
        } else if cfg!(target_os = "macos") {
            folder("HOME").map(|home| home.join("Library/Application Support"))
        } else {
            folder("HOME").map(|home| home.join(".local/state"))
        }
    })?;
    Some(state.join("eigenlex").join("history"))
}

/// Completes the words of the vocabulary and the commands of a session.
struct Completion<'w> {
    words: &'w Words,
}

impl Completion<'_> {
    /// Where the word before the cursor begins, and what may stand there, the most frequent first.
    fn candidates(&self, line: &str, cursor: usize) -> (usize, Vec<String>) {
        let before = &line[..cursor];
        if before.starts_with(':') && !before.contains(char::is_whitespace) {
            let names = COMMANDS.iter().map(|&(name, ..)| name);
            let fitting = names.filter(|name| name.starts_with(before));
            return (0, fitting.map(|name| format!("{name} ")).collect());
        }
        let begins = |it: char| it.is_whitespace() || matches!(it, '(' | '"' | '\'' | '*');
        let mut start = before
            .rfind(begins)
            .map_or(0, |place| place + before[place..].chars().next().map_or(0, char::len_utf8));
        let signs = before[start..].bytes().take_while(|byte| matches!(byte, b'+' | b'-')).count();
        start += signs;
        let part = &before[start..];
        let mut found = Vec::new();
        if !part.is_empty() {
            let lower = part.to_lowercase();
            let fits = |word: &&str| word.starts_with(part) || word.starts_with(&lower);
            found.extend(self.words.iter().filter(fits).take(MOST_COMPLETIONS).map(str::to_owned));
        }
        (start, found)
    }
}

impl Completer for Completion<'_> {
    type Candidate = String;

    fn complete(
        &self,
        line: &str,
        cursor: usize,
        _: &rustyline::Context<'_>,
    ) -> rustyline::Result<(usize, Vec<String>)> {
        Ok(self.candidates(line, cursor))
    }
}

impl Highlighter for Completion<'_> {}

impl Hinter for Completion<'_> {
    type Hint = String;
}

impl Validator for Completion<'_> {}

impl Helper for Completion<'_> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_commands_are_completed_where_they_begin() {
        let words: Words = ["the", "king", "kings", "kin", "c++", "queen"].into_iter().collect();
        let completion = Completion { words: &words };
        for (line, start, found) in [
            ("ki", 0, vec!["king", "kings", "kin"]),
            ("queen - King", 8, vec!["king", "kings"]),
            ("queen -kin", 7, vec!["king", "kings", "kin"]),
            ("2*(que", 3, vec!["queen"]),
            ("queen - ", 8, vec![]),
            ("xyz", 0, vec![]),
            (":ne", 0, vec![":neighbors "]),
            (":neighbors qu", 11, vec!["queen"]),
        ] {
            let candidates = completion.candidates(line, line.len());
            assert_eq!(
                (candidates.0, candidates.1),
                (start, found.into_iter().map(String::from).collect()),
                "{line}"
            );
        }
    }
}
