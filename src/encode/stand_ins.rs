//! Known words in the place of unknown ones, found by spelling.
//!
//! In: n-gram vectors, and an unknown word. Out: the known word whose vector is nearest to the one
//! that its spelling predicts ([`query::guess`](crate::query::guess)): `antifeminist` counts as
//! `feminist`. So any encoder can count words that it has never seen. A name says nothing by its
//! spelling, and may be taken for anything.
//!
//! Cost: for each distinct unknown word one pass over the vectors, some milliseconds for 90,000.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use crate::base::error::Result;
use crate::base::words::WordId;
use crate::query::{Guesser, Search, nearest};
use crate::space::NGramVectors;
use crate::vectors::WordVectors;

/// What stands for the unknown words that were met.
pub(super) struct StandIns<'a> {
    vectors: &'a WordVectors,
    guesser: Guesser<'a>,
    found: Mutex<HashMap<String, Option<WordId>>>,
}

impl<'a> StandIns<'a> {
    pub(super) fn new(vectors: &'a WordVectors, ngrams: &'a NGramVectors) -> Self {
        Self { vectors, guesser: Guesser::new(vectors, ngrams), found: Mutex::default() }
    }

    /// The known word that stands for an unknown one; `None` if its spelling says nothing.
    ///
    /// # Errors
    /// As [`query::guess`](crate::query::guess).
    pub(super) fn of(&self, word: &str) -> Result<Option<WordId>> {
        // A panic elsewhere cannot leave half a word in the table.
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(&known) = found.get(word) {
            return Ok(known);
        }
        let stand_in = match self.guesser.guess(word)? {
            Some(guess) => {
                nearest(self.vectors, &guess, &[], &Search::new(1))?.first().map(|it| it.id)
            }
            None => None,
        };
        found.insert(word.to_owned(), stand_in);
        Ok(stand_in)
    }

    /// How many distinct words got a known one.
    pub(super) fn len(&self) -> usize {
        let found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        found.values().flatten().count()
    }
}

impl fmt::Debug for StandIns<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("StandIns").field("len", &self.len()).finish_non_exhaustive()
    }
}
