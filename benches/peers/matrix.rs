//! The matrices that are decomposed: seeded Zipf documents, or the weighted counts of a corpus; and
//! their folder on the disk.
//!
//! A folder holds compressed rows: `indptr.npy` (`i64`), `indices.npy` (`i32`), `data.npy` (`f32`)
//! and `matrix.json`, its shape and whether it is symmetric.

use std::error::Error;
use std::fs;
use std::io::Write;
use std::path::Path;

use eigenlex::counts::{ContextSides, Contexts, CountMatrix, CountSettings};
use eigenlex::tokenize::{Tokenizer, Tokens};
use eigenlex::vocab::Vocab;
use eigenlex::weighting::Weighting;
use eigenlex::{Corpus, EmbedConfig, Recipe};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use sprs::CsMatI;

use crate::npy;

/// Stored entries in a block of a matrix, as the library cuts its own.
const ENTRIES_PER_BLOCK: usize = 4 * 1024 * 1024;

/// Documents that one task writes to a MatrixMarket file.
const DOCUMENTS_PER_TASK: usize = 4096;

/// Compressed rows.
pub(crate) struct Rows {
    pub(crate) n_rows: usize,
    pub(crate) n_columns: usize,
    /// Where each row begins in `columns` and `values`, and the end of the last: `n_rows + 1`
    /// numbers.
    pub(crate) offsets: Vec<usize>,
    pub(crate) columns: Vec<u32>,
    pub(crate) values: Vec<f32>,
    /// Whether the matrix equals its transpose.
    pub(crate) symmetric: bool,
}

/// `matrix.json`.
#[derive(Serialize, Deserialize)]
struct Description {
    /// Rows and columns.
    shape: [usize; 2],
    symmetric: bool,
}

impl Rows {
    pub(crate) fn read(folder: &Path) -> Result<Self, Box<dyn Error>> {
        let Description { shape: [n_rows, n_columns], symmetric } =
            serde_json::from_slice(&fs::read(folder.join("matrix.json"))?)?;
        let offsets: Vec<i64> = npy::read(&folder.join("indptr.npy"))?;
        let columns: Vec<i32> = npy::read(&folder.join("indices.npy"))?;
        Ok(Self {
            n_rows,
            n_columns,
            offsets: offsets.into_iter().map(|offset| offset as usize).collect(),
            columns: columns.into_iter().map(|column| column as u32).collect(),
            values: npy::read(&folder.join("data.npy"))?,
            symmetric,
        })
    }

    /// The rows in blocks of about [`ENTRIES_PER_BLOCK`] entries, as `BlockMatrix::new` takes them.
    pub(crate) fn into_blocks(self) -> Vec<CsMatI<f32, u32, usize>> {
        let mut blocks = Vec::new();
        let mut first = 0;
        while first < self.n_rows {
            let start = self.offsets[first];
            let last = (first + 1)
                .max(
                    self.offsets.partition_point(|&offset| offset <= start + ENTRIES_PER_BLOCK) - 1,
                )
                .min(self.n_rows);
            let end = self.offsets[last];
            let offsets = self.offsets[first..=last].iter().map(|offset| offset - start).collect();
            let (columns, values) =
                (self.columns[start..end].to_vec(), self.values[start..end].to_vec());
            blocks.push(CsMatI::new((last - first, self.n_columns), offsets, columns, values));
            first = last;
        }
        blocks
    }
}

/// Writes a matrix to a folder; `matrix.json` comes last, so that a folder which has it is whole.
fn write(matrix: &CountMatrix, folder: &Path) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(folder)?;
    let blocks = matrix.to_csr_blocks()?;
    let rows = || blocks.iter();
    let n_entries = matrix.n_nonzeros();
    let mut end = 0;
    let ends = rows()
        .flat_map(|rows| rows.outer_iterator().map(|row| row.nnz()).collect::<Vec<_>>())
        .map(|length| {
            end += length as i64;
            end
        });
    npy::write(&folder.join("indptr.npy"), &[matrix.n_rows() + 1], std::iter::once(0).chain(ends))?;
    npy::write(
        &folder.join("indices.npy"),
        &[n_entries],
        rows().flat_map(|rows| rows.indices().iter().map(|&column| column as i32)),
    )?;
    npy::write(
        &folder.join("data.npy"),
        &[n_entries],
        rows().flat_map(|rows| rows.data().iter().copied()),
    )?;
    let description = Description {
        shape: [matrix.n_rows(), matrix.n_columns()],
        symmetric: matrix.is_symmetric(),
    };
    Ok(fs::write(folder.join("matrix.json"), serde_json::to_vec(&description)?)?)
}

/// Random numbers of a linear congruence (Knuth's MMIX).
struct Uniform(u64);

impl Uniform {
    /// A word with a probability of about 1/rank: `(n + 1)^x - 1` with x uniform in [0, 1) is below
    /// `j + 1` with a probability that grows as `ln(j + 2)`.
    fn word(&mut self, n_words: usize) -> u32 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let uniform = (self.0 >> 11) as f64 / (1_u64 << 53) as f64;
        (((n_words as f64 + 1.0).powf(uniform) - 1.0) as u32).min(n_words as u32 - 1)
    }
}

/// Documents of `n_draws` tokens drawn with a probability of about 1/rank, their counts weighted by
/// tf-idf: the flat spectrum of texts without their themes, which is harder than that of real ones.
pub(crate) fn write_zipf(
    n_documents: usize,
    n_words: usize,
    n_draws: usize,
    folder: &Path,
) -> Result<(), Box<dyn Error>> {
    let mut uniform = Uniform(42);
    let mut rows = Rows {
        n_rows: n_documents,
        n_columns: n_words,
        offsets: vec![0],
        columns: Vec::new(),
        values: Vec::new(),
        symmetric: false,
    };
    for _ in 0..n_documents {
        let mut words: Vec<u32> = (0..n_draws).map(|_| uniform.word(n_words)).collect();
        words.sort_unstable();
        for word in words.chunk_by(|a, b| a == b) {
            rows.columns.push(word[0]);
            rows.values.push(word.len() as f32);
        }
        rows.offsets.push(rows.columns.len());
    }
    let mut matrix = CountMatrix::new(n_words, rows.into_blocks());
    Weighting::TfIdf.apply(&mut matrix, &())?;
    write(&matrix, folder)
}

/// Writes documents like those of [`write_zipf`] to a MatrixMarket file of any size, without
/// holding them, from the first byte to the last: the file may be a pipe. The values fall off with
/// the frequency of the word, as tf-idf does.
pub(crate) fn write_market(
    n_documents: usize,
    n_words: usize,
    n_draws: usize,
    file: &Path,
) -> Result<(), Box<dyn Error>> {
    let tasks: Vec<usize> = (0..n_documents).step_by(DOCUMENTS_PER_TASK).collect();
    // The header tells the number of entries, so the documents are drawn twice.
    let count = |&first: &usize| {
        let mut n_entries = 0;
        draw(first, n_documents, n_words, n_draws, |_, words| {
            n_entries += words.chunk_by(|a, b| a == b).count()
        });
        n_entries
    };
    let n_entries: usize = tasks.par_iter().map(count).sum();
    let mut file = fs::File::create(file)?;
    write!(
        file,
        "%%MatrixMarket matrix coordinate real general\n{n_documents} {n_words} {n_entries}\n"
    )?;
    for tasks in tasks.chunks(4 * rayon::current_num_threads()) {
        let write = |&first: &usize| {
            let mut text = Vec::new();
            draw(first, n_documents, n_words, n_draws, |document, words| {
                for word in words.chunk_by(|a, b| a == b) {
                    let weight = word.len() as f64 * (n_words as f64 / f64::from(word[0] + 1)).ln();
                    writeln!(text, "{} {} {weight:.3}", document + 1, word[0] + 1)
                        .expect("a vector takes any text");
                }
            });
            text
        };
        for text in tasks.par_iter().map(write).collect::<Vec<_>>() {
            file.write_all(&text)?;
        }
    }
    Ok(file.flush()?)
}

/// Calls `f` with the number and the words, rising, of each document of a task that begins at
/// document `first`.
fn draw(
    first: usize,
    n_documents: usize,
    n_words: usize,
    n_draws: usize,
    mut f: impl FnMut(usize, &[u32]),
) {
    let mut uniform = Uniform(first as u64 + 1);
    let mut words = Vec::with_capacity(n_draws);
    for document in first..n_documents.min(first + DOCUMENTS_PER_TASK) {
        words.clear();
        words.extend((0..n_draws).map(|_| uniform.word(n_words)));
        words.sort_unstable();
        f(document, &words);
    }
}

/// The matrix that `eigenlex embed` decomposes with this recipe; or `together`, for windows, the
/// usual symmetric matrix of all words by all words within 10 tokens.
pub(crate) fn write_corpus(
    recipe: Recipe,
    together: bool,
    corpus: &str,
    folder: &Path,
) -> Result<(), Box<dyn Error>> {
    let mut config = EmbedConfig::recipe(recipe);
    if let (true, Contexts::Window { distance_weights, .. }) = (together, config.contexts) {
        config.contexts = Contexts::Window {
            size: 10,
            distance_weights,
            context_sides: ContextSides::Joint,
            max_contexts: None,
        };
    }
    let corpus = Corpus::open(corpus)?;
    let tokens = Tokens::read(&corpus, &Tokenizer::new(&config.tokenizer)?, config.memory, &())?;
    let (vocab, sequences) = Vocab::count(tokens, config.cutoff, &())?;
    let mut matrix = config.contexts.count(
        &sequences,
        vocab.words.len(),
        CountSettings { budget: config.memory, ..CountSettings::default() },
        &(),
    )?;
    config.weighting.apply(&mut matrix, &())?;
    write(&matrix, folder)
}
