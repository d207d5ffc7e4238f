//! The stages after the decomposition: what memory they take, and the words that are folded in.

use std::path::Path;

use crate::base::error::Result;
use crate::base::progress::{Progress, Stage};
use crate::config::EmbedConfig;
use crate::counts::CountMatrix;
use crate::matrix::{BlockMatrix, LAID_OUT_BYTES};
use crate::operator::LinearOperator;
use crate::space::fold;
use crate::space::fold::fold_in;
use crate::space::ngram_vectors::NGramVectors;
use crate::space::subwords;
use crate::space::subwords::Subwords;
use crate::storage::row_list;
use crate::storage::row_list::RowList;
use crate::storage::spill::{STREAMED_BYTES, Spill};
use crate::svd::Svd;
use crate::vocab::Vocab;

/// What the stages after the decomposition take.
pub(super) struct Tail<'a> {
    pub(super) config: &'a EmbedConfig,
    pub(super) n_rows: usize,
    /// Words that are decomposed.
    pub(super) n_columns: usize,
    pub(super) n_words: usize,
}

impl Tail<'_> {
    /// Bytes of `V`, of the vectors, of what n-grams say of them, and of the n-grams' own vectors
    /// of 16-bit floats: some 0.8 a word.
    pub(super) fn row_bytes(&self) -> u64 {
        let (rank, dim) = (self.config.rank(), self.config.dim);
        (self.n_words * (4 * rank + 2 * 4 * dim + 2 * dim)) as u64
    }

    /// Bytes of folding in from a file, so many columns of `U` at a time: `U`, `V` of the words
    /// that were decomposed, these columns, and the result with as much again for partial sums.
    pub(super) fn fold_bytes(&self, n_at_a_time: usize) -> u64 {
        let vectors = (self.n_rows + self.n_columns) * self.config.rank();
        let panels = n_at_a_time * (self.n_rows + 3 * (self.n_words - self.n_columns));
        4 * (vectors + panels) as u64 + STREAMED_BYTES
    }

    /// Bytes of `U`, of `V`, and of the rows that are folded in before they are a part of it, all
    /// in memory.
    pub(super) fn held_fold_bytes(&self) -> u64 {
        4 * ((self.n_rows + 2 * self.n_words - self.n_columns) * self.config.rank()) as u64
    }

    /// How many dimensions of the vectors n-grams speak of at a time; `in_files` says where the
    /// rows are.
    pub(super) fn spelling_columns(&self, in_files: bool) -> usize {
        let held = if in_files { 0 } else { self.row_bytes() };
        self.config.memory.room().map_or(subwords::STRIP, |room| {
            Subwords::columns_within(self.n_words, room.saturating_sub(held))
        })
    }

    /// How many columns of `U` fit at a time.
    pub(super) fn fold_columns(&self) -> usize {
        let rank = self.config.rank();
        let Some(room) = self.config.memory.room() else { return rank };
        let step = self.fold_bytes(2) - self.fold_bytes(1);
        let fitting = room.saturating_sub(self.fold_bytes(0)) / step.max(1);
        if fitting >= rank as u64 {
            rank
        } else {
            (fitting as usize / fold::FEWEST_COLUMNS * fold::FEWEST_COLUMNS)
                .max(fold::FEWEST_COLUMNS)
        }
    }

    /// Whether all can be in memory: the matrix of so many entries, those that are folded in laid
    /// out as well as counted, and all rows.
    pub(super) fn is_ample(&self, panels: u64, n_entries: u64, n_folded: u64) -> bool {
        let Some(room) = self.config.memory.room() else { return true };
        let matrix = LAID_OUT_BYTES * n_entries + 8 * n_folded;
        let rows = self.row_bytes() + 4 * (self.n_rows * self.config.rank()) as u64;
        let spelling = Subwords::memory_bytes(self.n_words, subwords::STRIP);
        self.config.temporary_folder.is_none()
            || (panels + matrix).max(rows + (LAID_OUT_BYTES + 8) * n_folded).max(rows + spelling)
                <= room
    }

    /// Adds the rows of the words that the decomposition has not seen to `v`.
    ///
    /// # Errors
    /// A failure of the file system, or an interruption.
    pub(super) fn fold(
        &self,
        waiting: Waiting<'_>,
        svd: &Svd,
        v: &mut RowList,
        folder: Option<&Path>,
        progress: &dyn Progress,
    ) -> Result<()> {
        let n_words = self.n_words - self.n_columns;
        progress.start(Stage::Fold, Some(n_words as u64));
        let laid_out: BlockMatrix;
        let others: &dyn LinearOperator = match waiting {
            Waiting::LaidOut(matrix) => {
                laid_out = matrix;
                &laid_out
            }
            Waiting::Counted(counts) => {
                laid_out = counts.into();
                &laid_out
            }
            Waiting::Elsewhere(matrix) => matrix,
        };
        let u = svd.u.as_ref().expect("the left vectors were asked for");
        let columns = if folder.is_some() { self.fold_columns() } else { svd.rank() };
        let rows = fold_in(u, &svd.singular_values, others, columns, folder, progress)?;
        v.reserve(n_words);
        for part in row_list::parts(n_words) {
            v.push(&rows.read(part)?)?;
        }
        progress.finish();
        Ok(())
    }

    /// The vectors with what their spelling predicts, and the n-grams' vectors.
    ///
    /// # Errors
    /// A failure of the file system, or an interruption.
    pub(super) fn add_subwords(
        &self,
        subwords: &Subwords,
        vectors: RowList,
        vocab: &Vocab,
        folder: Option<&Path>,
        progress: &dyn Progress,
    ) -> Result<(RowList, NGramVectors)> {
        let columns = self.spelling_columns(folder.is_some());
        progress.start(Stage::Spelling, Some(self.n_words as u64));
        let added = subwords.add(vectors, vocab, columns, folder, progress)?;
        progress.finish();
        Ok(added)
    }
}

/// The weights of words that are folded in: they wait in memory, 8 bytes an entry, or laid out on
/// the disk.
pub(super) enum Waiting<'a> {
    Counted(CountMatrix),
    LaidOut(BlockMatrix),
    /// Where other processes multiply.
    Elsewhere(&'a dyn LinearOperator),
}

impl Waiting<'_> {
    /// On the disk if there is a folder.
    ///
    /// # Errors
    /// A failure of the file system, or an interruption.
    pub(super) fn new(
        folded: CountMatrix,
        folder: Option<&Path>,
        progress: &dyn Progress,
    ) -> Result<Self> {
        let Some(folder) = folder else { return Ok(Self::Counted(folded)) };
        progress.start(Stage::Layout, Some(folded.n_nonzeros() as u64));
        let matrix = BlockMatrix::from_counts_with(folded, Some(Spill::all(folder)), progress)?;
        progress.finish();
        Ok(Self::LaidOut(matrix))
    }

    /// Bytes in memory.
    pub(super) fn held_bytes(&self) -> u64 {
        match self {
            Self::Counted(counts) => counts.memory_bytes(),
            Self::LaidOut(_) | Self::Elsewhere(_) => 0,
        }
    }
}
