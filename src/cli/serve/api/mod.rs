//! The answers of the API, a file for each subject.
//!
//! In: what is asked of what is served. Out: JSON, with the numbers that the program prints for the
//! same question.

pub(super) mod documents;
pub(super) mod languages;
pub(super) mod time;
pub(super) mod words;

use std::time::Instant;

use rayon::ThreadPool;
use serde::Serialize;

use super::desk::Reply;
use super::failure::Failure;
use super::models::{Content, Place, Served};
use super::parameters::Parameters;
use super::texts::Documents;
use super::vocabulary::Vocabulary;
use crate::cli::output;

/// A request to one of the models.
pub(super) struct Asked<'a> {
    pub(super) place: &'a Place,
    pub(super) served: &'a Served,
    pub(super) parameters: &'a Parameters,
    pub(super) pool: &'a ThreadPool,
    /// When the answer should be there.
    pub(super) end: Instant,
}

/// A value as the body of an answer, with the digits that the program prints.
pub(super) fn body(value: &impl Serialize) -> Reply {
    let mut line = Vec::new();
    output::json_line(&mut line, value).map_err(anyhow::Error::from)?;
    line.pop_if(|last| *last == b'\n');
    Ok(line)
}

impl<'a> Asked<'a> {
    /// The same request with other parameters.
    pub(super) fn with(&self, parameters: &'a Parameters) -> Self {
        Self { parameters, ..*self }
    }

    /// The words, where there are some.
    pub(super) fn words(&self) -> Result<&'a Vocabulary, Failure> {
        match &self.served.content {
            Content::Words { words, .. } => Ok(words),
            _ => Err(self.is_none_of("words of one model", "name a model or vectors")),
        }
    }

    /// The documents with their model, where there are some.
    pub(super) fn documents(&self) -> Result<(&'a Documents, &'a eigenlex::Model), Failure> {
        match &self.served.content {
            Content::Words { documents: Some(documents), words } => match words.model() {
                Some(model) => Ok((documents, model)),
                None => Err(self.is_none_of("documents", "start the server with a model")),
            },
            _ => Err(self.is_none_of("documents", "start the server with `--in TEXTS`")),
        }
    }

    pub(super) fn is_none_of(&self, what: &str, hint: &str) -> Failure {
        let (name, kind) = (&self.place.name, self.served.kind());
        Failure::not_found(format!("`{name}` has no {what}: it is served as {kind}")).hint(hint)
    }

    /// Whether nobody waits for the answer any more.
    pub(super) fn is_over(&self) -> bool {
        Instant::now() > self.end
    }
}

/// `info`: what is known of what is served.
pub(super) fn info(asked: &Asked) -> Reply {
    Ok(asked.served.info.clone())
}

/// The answers to many, one after the other: `{"answers": [...]}`, with an error in the place of an
/// answer.
pub(super) fn together(answers: impl Iterator<Item = Reply>) -> Reply {
    let mut all = b"{\"answers\":[".to_vec();
    for (number, answer) in answers.enumerate() {
        if number > 0 {
            all.push(b',');
        }
        match answer {
            Ok(answer) => all.extend(answer),
            Err(failure) => all.extend(failure.json()),
        }
    }
    all.extend(b"]}");
    Ok(all)
}
