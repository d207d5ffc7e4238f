//! The options of the commands that search for words: how many, and which may be answers.

use std::path::Path;

use anyhow::Result;
use eigenlex::query::{Restriction, Search};
use eigenlex::{Error, Progress as _, WordId};

use super::global::source;
use super::output::bars::Bars;
use super::queries::Opened;
use super::refusal::first_few;

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
    /// Answer only with these words: a file with one word per line, or words with commas between
    #[arg(long, value_name = "WORDS")]
    restrict_to: Option<String>,
    /// Never answer with these words: a file with one word per line, or words with commas between
    #[arg(long, value_name = "WORDS")]
    exclude: Option<String>,
}

impl SearchArgs {
    pub(crate) fn resolve(&self, opened: &Opened, bars: &Bars) -> Result<Search> {
        Ok(Search::new(self.top()).restrict_to(self.restriction(opened, bars)?))
    }

    /// How many answers are asked for.
    pub(crate) fn top(&self) -> usize {
        self.top as usize
    }

    /// Which words may be answers, if not all; they are words of `opened`.
    pub(crate) fn restriction(&self, opened: &Opened, bars: &Bars) -> Result<Option<Restriction>> {
        let mut allowed = None;
        if let Some(given) = &self.restrict_to {
            let list = WordList::read(given, opened)?;
            if list.ids.is_empty() {
                return Err(list.nothing(given).into());
            }
            list.tell_unknown("--restrict-to", bars);
            allowed = Some(Restriction::new(list.ids));
        }
        if let Some(given) = &self.exclude {
            let list = WordList::read(given, opened)?;
            if list.ids.is_empty() {
                // A word that is not there is no answer.
                let reason = list.reason();
                let given = eigenlex::shortened(given);
                bars.tell(&format!("warning: `--exclude {given}` excludes nothing: {reason}"));
            } else {
                list.tell_unknown("--exclude", bars);
            }
            allowed = Some(match allowed {
                None => Restriction::all_but(&opened.vectors, &list.ids),
                Some(allowed) => allowed.without(&list.ids),
            });
        }
        Ok(allowed)
    }
}

/// The words of a file or of an option.
struct WordList {
    ids: Vec<WordId>,
    unknown: Vec<String>,
    is_file: bool,
}

impl WordList {
    /// What is a path of a file is a file; a list of words with commas is none.
    fn read(given: &str, opened: &Opened) -> Result<Self> {
        let looks_like_path = given.contains(['/', '\\'])
            || Path::new(given).extension().is_some_and(|it| it.len() < 5) && !given.contains(',');
        let is_file = Path::new(given).is_file()
            || looks_like_path && opened.id(given).is_none()
            || given == "-";
        let text = if is_file { source(given).read()? } else { given.replace(',', "\n") };
        let words = text.lines().map(str::trim).filter(|word| !word.is_empty());
        let (mut ids, mut unknown) = (Vec::new(), Vec::new());
        for word in words {
            match opened.id(word) {
                Some(id) => ids.push(id),
                None => unknown.push(word.to_owned()),
            }
        }
        Ok(Self { ids, unknown, is_file })
    }

    /// Names words that are not in the vocabulary, where others are.
    fn tell_unknown(&self, option: &str, bars: &Bars) {
        let n_unknown = self.unknown.len();
        if n_unknown == 0 {
            return;
        }
        let n_words = n_unknown + self.ids.len();
        let are = if n_unknown == 1 { "is" } else { "are" };
        let first = first_few(&self.unknown);
        bars.tell(&format!(
            "warning: `{option}`: {n_unknown} of {n_words} words {are} not in the vocabulary: \
             {first}"
        ));
    }

    fn reason(&self) -> String {
        match (self.unknown.len(), self.is_file) {
            (0, true) => "the file has no word".to_owned(),
            (0, false) => "it has no word".to_owned(),
            (1, false) => "it is no file, and not in the vocabulary".to_owned(),
            (n_unknown, _) => format!("none of its {n_unknown} words is in the vocabulary"),
        }
    }

    fn nothing(&self, given: &str) -> Error {
        Error::NothingFound { query: given.to_owned(), reason: self.reason() }
    }
}
