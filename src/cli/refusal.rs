//! What only the command line can get wrong: arguments that do not fit each other, queries of a
//! batch.

use std::path::PathBuf;

use eigenlex::ErrorKind;

/// Arguments that make no sense, or queries without an answer.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// An expression was given in pieces, since its quotes were forgotten.
    Unquoted {
        /// The first piece that cannot stand alone.
        piece: String,
        /// All that was given.
        pieces: Vec<String>,
    },
    /// One of several spaces must be named, and is not.
    UnnamedSpace {
        /// The hub or chain.
        path: PathBuf,
        /// The option that names it: `--from`.
        option: &'static str,
        /// `one of ...`.
        names: String,
    },
    /// An option has no meaning beside what else was given.
    Meaningless {
        /// The option: `--to`.
        option: &'static str,
        /// Its value.
        found: String,
        /// Why it has no meaning.
        reason: &'static str,
        /// What to do instead.
        hint: &'static str,
    },
    /// Words that are to be compared in pairs are an odd number.
    Unpaired {
        /// How many words there are.
        words: usize,
        /// The command with a place for the word that is missing.
        example: String,
    },
    /// Of several queries some have no answer; the others were answered.
    Unanswered {
        /// The queries without an answer.
        queries: Vec<String>,
        /// How many queries there were.
        asked: usize,
    },
}

impl Refusal {
    /// Its class, which makes the exit code.
    pub(crate) fn kind(&self) -> ErrorKind {
        match self {
            Self::Unanswered { .. } => ErrorKind::NotFound,
            _ => ErrorKind::Usage,
        }
    }

    /// What to do about it.
    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            Self::Unquoted { pieces, .. } => {
                let whole = pieces.join(" ");
                Some(format!("put quotes around an expression that holds spaces: '{whole}'"))
            }
            Self::UnnamedSpace { option, names, .. } => Some(format!("{option} takes {names}")),
            Self::Meaningless { hint, .. } => Some((*hint).to_owned()),
            Self::Unpaired { example, .. } => Some(format!("write `{example}`")),
            Self::Unanswered { .. } => None,
        }
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unquoted { piece, .. } => {
                write!(formatter, "`{piece}` is no expression of its own")
            }
            Self::UnnamedSpace { path, option, .. } => {
                let path = path.display();
                write!(formatter, "`{path}` holds several spaces, and {option} does not say which")
            }
            Self::Meaningless { option, found, reason, .. } => {
                write!(formatter, "{option} `{found}` has no meaning here: {reason}")
            }
            Self::Unpaired { words: 1, .. } => formatter
                .write_str("similarity compares pairs of words, and only one word is given"),
            Self::Unpaired { words, .. } => write!(
                formatter,
                "similarity compares pairs of words, and {words} words are given: the last one has \
                 none to be compared with"
            ),
            Self::Unanswered { queries, asked } => {
                let have = if queries.len() == 1 { "has" } else { "have" };
                let (n, first) = (queries.len(), first_few(queries));
                write!(formatter, "{n} of {asked} queries {have} no answer: {first}")
            }
        }
    }
}

impl std::error::Error for Refusal {}

/// The first of a list that may be long.
fn first_few(queries: &[String]) -> String {
    const SHOWN: usize = 5;
    let quoted: Vec<String> =
        queries.iter().take(SHOWN).map(|query| format!("`{query}`")).collect();
    let more = if queries.len() > SHOWN { ", ..." } else { "" };
    quoted.join(", ") + more
}
