//! The tokens of a corpus that outgrow the memory budget: they lie in temporary files.

use std::path::Path;

use super::CorpusReport;
use crate::base::error::Result;
use crate::base::words::Words;
use crate::storage::value_list::{AT_A_TIME, Cursor, ValueList};

/// As [`Tokens`](crate::tokenize::Tokens), with what grows with the corpus in files.
#[derive(Debug)]
pub(crate) struct LongTokens {
    pub(crate) spellings: Words,
    pub(crate) ids: ValueList<u32>,
    pub(crate) document_ends: ValueList<u64>,
    pub(crate) sentence_ends: Option<ValueList<u64>>,
    pub(crate) report: CorpusReport,
}

impl LongTokens {
    /// As [`Tokens::cut_documents`](crate::tokenize::Tokens::cut_documents); the new ends go to
    /// files in `folder`.
    ///
    /// # Errors
    /// What a failure of the file system gives.
    pub(crate) fn cut_documents(&mut self, n_tokens: usize, folder: &Path) -> Result<()> {
        let mut cuts = ValueList::in_folder(folder)?;
        let mut start = 0_u64;
        self.document_ends.for_each_part(AT_A_TIME, |_, ends| {
            for &end in ends {
                for cut in (start.saturating_add(n_tokens as u64)..end).step_by(n_tokens) {
                    cuts.push(cut);
                    cuts.flush()?;
                }
                cuts.push(end);
                start = end;
            }
            cuts.flush()
        })?;
        if let Some(sentence_ends) = self.sentence_ends.take() {
            self.sentence_ends = Some(united(&sentence_ends, &cuts, folder)?);
        }
        self.document_ends = cuts;
        Ok(())
    }
}

/// The numbers of two ascending lists in one, each once.
fn united(a: &ValueList<u64>, b: &ValueList<u64>, folder: &Path) -> Result<ValueList<u64>> {
    let mut united = ValueList::in_folder(folder)?;
    let (mut a, mut b) = (Cursor::new(a), Cursor::new(b));
    while let Some(least) = [a.peek()?, b.peek()?].into_iter().flatten().min() {
        for list in [&mut a, &mut b] {
            while list.next_up_to(least)?.is_some() {}
        }
        united.push(least);
        united.flush()?;
    }
    Ok(united)
}
