//! The tasks of a run: pure functions of bytes.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Plan;
use super::terms::Terms;
use crate::base::error::{Error, Result};
use crate::corpus::{CorpusShare, HeldDocuments};
use crate::counts::{CountMatrix, TaskPlan, TaskRows};
use crate::matrix::{BlockHeader, write_block};
use crate::storage::mmap::MappedFile;
use crate::tokenize::{KnownWords, ShareReport, TokenShare, Tokenizer, WordTable};
use crate::vocab::{KeptShare, StretchCounts};
use crate::weighting::subsample::Subsampling;
use crate::weighting::sums::Sums;

/// Runs tasks. Every process makes one of its own from the plan.
pub struct Worker {
    plan: Plan,
    tokenizer: Tokenizer,
}

/// The kept words of a share.
pub struct Kept {
    /// For later tasks.
    pub bytes: Vec<u8>,
    /// Kept tokens.
    pub n_tokens: u64,
    /// Documents.
    pub n_documents: u64,
    /// Full stops that end no sentence.
    pub n_stops: u64,
}

/// Some rows of a count.
pub struct Counted {
    /// For later tasks.
    pub bytes: Vec<u8>,
    /// Rows.
    pub n_rows: u64,
    /// Entries.
    pub n_entries: u64,
}

/// The rows of a block of the matrix.
pub struct BlockRows<'a> {
    /// Those of each of its tasks, in order, as [`Worker::join`] returns them.
    pub tasks: Vec<&'a [u8]>,
    /// The number of the first row.
    pub first_row: usize,
    /// Rows of the whole matrix.
    pub n_rows: usize,
}

/// A file in which rows wait, so that no more of them is in memory than is read.
pub struct RowsFile(MappedFile);

impl RowsFile {
    /// # Errors
    /// A file that cannot be opened.
    pub fn open(path: &Path) -> Result<Self> {
        MappedFile::open(path).map(Self)
    }

    /// The rows of a task, in these bytes of the file.
    ///
    /// # Errors
    /// Bytes that the file does not have.
    pub fn rows(&self, bytes: Range<usize>) -> Result<&[u8]> {
        let n_bytes = self.0.bytes().len();
        self.0.bytes().get(bytes.clone()).ok_or_else(|| Error::Parameter {
            name: "bytes of rows",
            found: format!("{bytes:?}"),
            expected: format!("some of the {n_bytes} of the file"),
        })
    }
}

/// A block of weights, laid out for products: those words that are decomposed, and those that are
/// folded in.
pub struct Laid {
    /// Entries.
    pub n_entries: u64,
    /// The header of each part, as JSON, and its file.
    pub parts: Vec<(String, PathBuf)>,
}

/// What each share must know of the joined words: a list as JSON.
#[derive(Serialize, Deserialize, Default)]
pub(super) struct Joined(pub(super) Vec<(u64, String)>);

impl Joined {
    fn of_json(json: &str) -> Result<Self> {
        serde_json::from_str(json).map_err(|error| not_ours("joined words", &error))
    }
}

/// What was not written by this program.
pub(super) fn not_ours(what: &'static str, error: &serde_json::Error) -> Error {
    let expected = "what this program writes".to_owned();
    Error::Parameter { name: what, found: error.to_string(), expected }
}

impl Worker {
    /// # Errors
    /// A tokenizer that cannot be made on this machine.
    pub fn new(plan: Plan) -> Result<Self> {
        let tokenizer = plan.tokenizer()?;
        Ok(Self { plan, tokenizer })
    }

    fn read(&self, corpus: &crate::corpus::Corpus) -> Result<(Vec<u8>, ShareReport)> {
        let (share, report) =
            TokenShare::read(corpus, &self.tokenizer, self.plan.config.sentences)?;
        Ok((share.to_bytes()?, report))
    }

    /// Reads and tokenizes a share of a corpus: its tokens, and a report as JSON.
    ///
    /// # Errors
    /// Files that cannot be read, or are not what they were; bad text; what the tokenizer reports.
    pub fn read_files(&self, share: &CorpusShare) -> Result<(Vec<u8>, String)> {
        let corpus =
            |counts_lines| share.corpus(self.plan.unit, self.plan.options.clone(), counts_lines);
        let read = match self.read(&corpus(false)?) {
            // Once more for a message that names the line by its number in the whole file.
            Err(_) if share.part.is_some_and(|[start, _]| start > 0) => self.read(&corpus(true)?),
            read => read,
        };
        // What was read may have changed meanwhile.
        share.sources.iter().try_for_each(crate::corpus::ShareSource::check)?;
        read.map(|(tokens, report)| (tokens, json(&report)))
    }

    /// The same of documents that an engine hands out; `name` stands for their path.
    ///
    /// # Errors
    /// Bad text; what the tokenizer reports.
    pub fn read_texts(
        &self,
        name: &Path,
        texts: Arc<dyn HeldDocuments>,
    ) -> Result<(Vec<u8>, String)> {
        let corpus = self.plan.options.clone().open_held(name, texts);
        self.read(&corpus).map(|(tokens, report)| (tokens, json(&report)))
    }

    /// The table of the words of a share, once words were joined (JSON of
    /// [`Driver::joined`](super::Driver::joined)) and with what is known of them, or at first.
    ///
    /// # Errors
    /// Bytes that are none of [`Worker::read_files`].
    pub fn table(&self, tokens: &[u8], settled: Option<(&[u8], &str)>) -> Result<Vec<u8>> {
        let mut share = TokenShare::of_bytes(tokens)?;
        if let Some((known, joined)) = settled {
            share.settle(&KnownWords::of_bytes(known)?, &Joined::of_json(joined)?.0)?;
        }
        Ok(share.table(self.plan.config.document_tokens)?.to_bytes())
    }

    /// Two tables in one; the order does not matter.
    ///
    /// # Errors
    /// Bytes that are none of [`Worker::table`].
    pub fn merge_tables(left: &[u8], right: &[u8]) -> Result<Vec<u8>> {
        Ok(WordTable::of_bytes(left)?.merged(&WordTable::of_bytes(right)?).to_bytes())
    }

    /// For each abbreviation that the corpus shows, how often a sentence ends behind it in a share:
    /// to be added up.
    ///
    /// # Errors
    /// Bytes that are none of [`Worker::read_files`] and
    /// [`Driver::known_words`](super::Driver::known_words).
    pub fn ends_behind(&self, tokens: &[u8], known: &[u8]) -> Result<Vec<u32>> {
        TokenShare::of_bytes(tokens)?.ends_behind(&KnownWords::of_bytes(known)?)
    }

    /// The kept words of a share.
    ///
    /// # Errors
    /// As [`Worker::table`].
    pub fn keep(&self, tokens: &[u8], known: &[u8], joined: &str) -> Result<Kept> {
        let mut share = TokenShare::of_bytes(tokens)?;
        let known = KnownWords::of_bytes(known)?;
        let n_stops = share.settle(&known, &Joined::of_json(joined)?.0)?;
        let tokens = share.into_tokens(self.plan.config.document_tokens)?;
        let n_documents = tokens.n_documents() as u64;
        let numbers = known.numbers_of(&tokens.spellings);
        let kept = KeptShare::new(tokens, &numbers)?;
        Ok(Kept { n_tokens: kept.ids.len() as u64, bytes: kept.to_bytes(), n_documents, n_stops })
    }

    /// How many stretches hold each of `n_words` words, as far as a share knows, whose first token
    /// has the place `first` among those of all shares.
    ///
    /// # Errors
    /// Bytes that are none of [`Worker::keep`].
    pub fn stretches(kept: &[u8], first: u64, n_words: usize) -> Result<Vec<u8>> {
        Ok(StretchCounts::of_share(&KeptShare::of_bytes(kept)?, first, n_words).to_bytes())
    }

    /// Both in one; the order does not matter.
    ///
    /// # Errors
    /// Bytes that are none of [`Worker::stretches`].
    pub fn merge_stretches(left: &[u8], right: &[u8]) -> Result<Vec<u8>> {
        let mut sum = StretchCounts::of_bytes(left)?;
        sum.add(StretchCounts::of_bytes(right)?);
        Ok(sum.to_bytes())
    }

    /// Drops tokens of frequent words at random, given how often each word occurs; and how often
    /// each does then.
    ///
    /// # Errors
    /// Bytes that are none of [`Worker::keep`].
    pub fn draw(&self, kept: &[u8], first: u64, counts: &[u64]) -> Result<(Vec<u8>, Vec<u64>)> {
        let share = KeptShare::of_bytes(kept)?;
        let config = &self.plan.config;
        let Some(subsampling) = config.subsample.filter(|it| it.random) else {
            return Ok((share.to_bytes(), share.occurrences(counts.len())));
        };
        let shares = subsampling.kept_shares(counts);
        let sequences = share.into_sequences();
        let drawn = Subsampling::draw_from(sequences, first, &shares, config.seed, &())?;
        let drawn = KeptShare::of(&drawn)?;
        Ok((drawn.to_bytes(), drawn.occurrences(counts.len())))
    }

    fn tasks(&self, occurrences: &[u64]) -> Result<TaskPlan> {
        TaskPlan::new(&self.plan.config.contexts, occurrences, self.plan.config.seed)
    }

    /// Counts some of the tasks in a share: the number of each task, and its counts.
    ///
    /// # Errors
    /// Bytes that are none of [`Worker::keep`] or [`Worker::draw`].
    pub fn count(
        &self,
        kept: &[u8],
        first: u64,
        occurrences: &[u64],
        some: Range<usize>,
    ) -> Result<Vec<(u64, Vec<u8>)>> {
        let counted = self.tasks(occurrences)?.count(&KeptShare::of_bytes(kept)?, first, some)?;
        Ok(counted.into_iter().map(|it| (it.task, it.bytes)).collect())
    }

    /// The rows of a task, from the counts of all shares in the order of the shares.
    ///
    /// # Errors
    /// Bytes that are none of [`Worker::count`].
    pub fn join(&self, occurrences: &[u64], parts: &[&[u8]]) -> Result<Counted> {
        let rows = self.tasks(occurrences)?.joined(parts.iter().copied())?;
        let (n_rows, n_entries) = (rows.0.rows() as u64, rows.0.nnz() as u64);
        Ok(Counted { bytes: rows.to_bytes(), n_rows, n_entries })
    }

    /// A block of the matrix, from the rows of its tasks in order.
    fn block(&self, rows: &BlockRows<'_>, counts: &[u64]) -> Result<CountMatrix> {
        let config = &self.plan.config;
        let parts = rows.tasks.iter().map(|bytes| TaskRows::of_bytes(bytes));
        let mut matrix = TaskRows::join(parts.collect::<Result<_>>()?, counts.len()).into_matrix();
        if let Some(subsampling) = config.subsample.filter(|it| !it.random) {
            let shares = subsampling.kept_shares(counts);
            let (first, n) = (rows.first_row, rows.n_rows);
            Subsampling::scale_rows(&mut matrix, first, n, &config.contexts, &shares)?;
        }
        Ok(matrix)
    }

    /// The sums of a block that the weighting needs; `counts` is how often each word occurs.
    ///
    /// # Errors
    /// Bytes that are none of [`Worker::join`].
    pub fn sums(&self, rows: &BlockRows<'_>, counts: &[u64]) -> Result<Vec<u8>> {
        Ok(Sums::of(&self.block(rows, counts)?, &self.plan.config.weighting)?.to_bytes())
    }

    /// The weights of a block, given what was made of the sums of all blocks
    /// ([`Driver::terms`](super::Driver::terms)), laid out for products and written: part after
    /// part into a file of its own, whose path begins with `files`.
    ///
    /// # Errors
    /// Bytes that are none of [`Worker::join`]; a file that cannot be written.
    pub fn weigh(
        &self,
        rows: &BlockRows<'_>,
        counts: &[u64],
        terms: &[u8],
        files: &str,
    ) -> Result<Laid> {
        let terms = Terms::of_bytes(terms)?;
        let weighting = &self.plan.config.weighting;
        let mut matrix = self.block(rows, counts)?;
        let sums = Sums::of_rows(&matrix, weighting)?;
        weighting.weigh_rows(
            &mut matrix,
            rows.first_row,
            &sums,
            &terms.statistics,
            terms.factors.as_ref(),
        )?;
        let n_entries = matrix.n_nonzeros() as u64;
        let parts = match terms.fit_words {
            Some(fit_words) => {
                let (fitted, others) = matrix.split_columns(fit_words)?;
                vec![fitted, others]
            }
            None => vec![matrix],
        };
        let lay_out = |(number, part)| {
            let path = PathBuf::from(format!("{files}-{number}"));
            let header = write_block(&TaskRows::of_matrix(part)?, terms.is_symmetric, &path)?;
            Ok((json(&header), path))
        };
        let parts = parts.into_iter().enumerate().map(lay_out).collect::<Result<_>>()?;
        Ok(Laid { n_entries, parts })
    }
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("numbers, strings and lists can be written")
}

/// The header of a block that was laid out.
pub(super) fn header(json: &str) -> Result<BlockHeader> {
    serde_json::from_str(json).map_err(|error| not_ours("header of a block", &error))
}
