//! What only the command line can get wrong: flags that do not fit each other or their values, and
//! queries of a batch without an answer.

use std::fmt::{self, Display};

use anyhow::Result;
use eigenlex::{ErrorKind, shortened};

/// What is wrong, and what to do.
#[derive(Debug)]
pub(crate) struct Refusal {
    problem: String,
    hint: Option<String>,
    kind: ErrorKind,
}

impl Refusal {
    /// Arguments that make no sense.
    pub(crate) fn new(problem: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { problem: problem.into(), hint: Some(hint.into()), kind: ErrorKind::Usage }
    }

    /// A file with faults.
    pub(crate) fn faulty(problem: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { problem: problem.into(), hint: Some(hint.into()), kind: ErrorKind::Data }
    }

    /// Of so many queries these have no answer; the others were answered.
    pub(crate) fn unanswered(queries: &[String], asked: usize) -> Self {
        let have = if queries.len() == 1 { "has" } else { "have" };
        let (n, first) = (queries.len(), first_few(queries));
        let problem = format!("{n} of {asked} queries {have} no answer: {first}");
        Self { problem, hint: None, kind: ErrorKind::NotFound }
    }

    /// Its class, which makes the exit code.
    pub(crate) fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// What to do about it.
    pub(crate) fn hint(&self) -> Option<String> {
        self.hint.clone()
    }
}

impl Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.problem)
    }
}

impl std::error::Error for Refusal {}

/// Refuses a flag that would have no effect, since silence would mislead: the flag as it was given,
/// why it has no effect, and what it needs.
pub(crate) fn no_effect<T>(flag: impl Display, reason: &str, needs: &str) -> Result<T> {
    let flag = flag.to_string();
    let name = flag.split(' ').next().unwrap_or_default();
    let hint = format!("leave out `{name}`, or {needs}");
    Err(Refusal::new(format!("`{flag}` has no effect: {reason}"), hint).into())
}

/// The first of a list that may be long.
pub(crate) fn first_few(queries: &[String]) -> String {
    const SHOWN: usize = 5;
    let quoted: Vec<String> =
        queries.iter().take(SHOWN).map(|query| format!("`{}`", shortened(query))).collect();
    let more = if queries.len() > SHOWN { ", ..." } else { "" };
    quoted.join(", ") + more
}
