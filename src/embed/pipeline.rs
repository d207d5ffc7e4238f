//! From a corpus to a model, the stages on one page.

use std::path::Path;

use crate::base::error::{Lever, Result};
use crate::base::progress::{Progress, Stage};
use crate::config::EmbedConfig;
use crate::corpus::Corpus;
use crate::counts::CountMatrix;
use crate::embed::tail::{Tail, Waiting};
use crate::embed::texts::{Counted, Texts};
use crate::matrix::{BlockMatrix, LAID_OUT_BYTES};
use crate::model::Encoding;
use crate::model::{Ingredients, Model, Spectrum};
use crate::network::Training;
#[cfg(feature = "neural")]
use crate::network::{self, Loss, NetworkConfig, Run, SparseRows, Trained};
use crate::operator::LinearOperator;
use crate::space::fold;
use crate::space::ngram_vectors::NGramVectors;
use crate::space::scaling::word_space;
use crate::space::subwords;
use crate::space::subwords::Subwords;
use crate::storage::checkpoints::{CheckpointFolder, CheckpointKey, CheckpointSlot};
use crate::storage::floats::Floats;
use crate::storage::row_list::RowList;
use crate::storage::spill::Spill;
use crate::svd::{RandomizedSvd, Svd};
use crate::vocab::Vocab;
use crate::weighting::formulas::ColumnStatistics;
use crate::weighting::shaping::Shaping;

/// Turns a corpus into word vectors.
///
/// Runs on rayon's current thread pool; the result has the same bits on any number of threads. The
/// stage reports of the result are empty: the library reads no clock.
///
/// # Errors
/// A parameter out of range, unreadable or malformed text, no word above the cutoff, a dimension
/// above the smaller side of the matrix, more memory than the budget, or an interruption.
pub fn embed(corpus: &Corpus, config: &EmbedConfig, progress: &dyn Progress) -> Result<Model> {
    config.check()?;
    let work = config.checkpoint_folder.as_deref().map(CheckpointFolder::open).transpose()?;
    let work = work.as_ref();

    let texts = Texts::new(corpus, config, work, progress)?;
    let n_words = texts.vocab.words.len();

    // A dimension that cannot be reached, or panels that cannot fit, are refused before hours of
    // counting.
    let (n_rows, is_symmetric) = config.contexts.n_rows(texts.n_documents, n_words);
    // How many words the decomposition sees, if not all.
    let fit_words = config.fit_words.filter(|&fit_words| fit_words < n_words);
    let n_columns = fit_words.unwrap_or(n_words);
    let is_symmetric = is_symmetric
        && config.weighting.keeps_symmetry()
        && shaping(config).is_even()
        && fit_words.is_none();
    let config = &*config.for_matrix(n_rows, n_columns, progress)?;
    let solver = config.solver(config.add_contexts || fit_words.is_some());
    check_ahead(config, &solver, &texts, n_rows, n_columns, is_symmetric)?;

    let Counted { tokenizer, report, metadata, vocab, n_documents, counts, digest } =
        texts.counts(config, work, progress)?;
    let learned = match &config.network {
        None => decompose(counts, &vocab, config, &solver, work.zip(digest), progress)?,
        #[cfg(feature = "neural")]
        Some(network) => train(counts, network, config, work.zip(digest), progress)?,
        #[cfg(not(feature = "neural"))]
        Some(_) => unreachable!("the configuration was checked"),
    };
    let Learned { encoding, vectors, ngrams, n_nonzeros, spectrum, training } = learned;
    let made_of = Ingredients {
        corpus,
        config,
        tokenizer,
        report,
        metadata,
        vocab,
        n_documents,
        n_nonzeros,
        vectors,
        ngrams,
        encoding,
        spectrum,
        training,
    };
    Ok(made_of.into_model())
}

/// Refuses what cannot be done within the memory, before hours of counting.
///
/// # Errors
/// More memory than the budget.
fn check_ahead(
    config: &EmbedConfig,
    solver: &RandomizedSvd,
    texts: &Texts,
    n_rows: usize,
    n_columns: usize,
    is_symmetric: bool,
) -> Result<()> {
    let n_words = texts.vocab.words.len();
    let most_entries = config.contexts.most_entries(&texts.vocab, n_rows, n_columns);
    #[cfg(feature = "neural")]
    if let Some(network) = &config.network {
        let needed = network::memory_bytes(network, n_words, config.dim) + 3 * 8 * most_entries;
        return config.memory.check(Stage::Train, needed, NETWORK_LEVERS);
    }
    let workspace = BlockMatrix::workspace_of(n_rows, n_columns, most_entries, is_symmetric);
    let panels = solver.memory_bytes(n_rows, n_columns, is_symmetric, &workspace);
    match &config.temporary_folder {
        Some(folder) => drop(Spill::within(config.memory, panels, folder, LEVERS)?),
        None => config.memory.check(Stage::Svd, panels, LEVERS)?,
    }
    // Which of the later stages needs the most, with its rows in files where they can be.
    let tail = Tail { config, n_rows, n_columns, n_words };
    if n_columns < n_words {
        let needed = if config.temporary_folder.is_some() {
            tail.fold_bytes(fold::FEWEST_COLUMNS)
        } else {
            tail.held_fold_bytes()
        };
        config.memory.check(Stage::Fold, needed, &[Lever::Dim, Lever::FitWords])?;
    }
    if config.subwords.is_some() {
        let held = if config.temporary_folder.is_some() { 0 } else { tail.row_bytes() };
        let needed = held + Subwords::memory_bytes(n_words, subwords::FEWEST_COLUMNS);
        config.memory.check(
            Stage::Spelling,
            needed,
            &[Lever::MaxWords, Lever::MinCount, Lever::Subwords],
        )?;
    }
    Ok(())
}

/// What makes the decomposition smaller.
pub(super) const LEVERS: &[Lever] =
    &[Lever::Dim, Lever::WindowSize, Lever::MaxWords, Lever::MinCount];

/// What makes the training of a network smaller.
#[cfg(feature = "neural")]
const NETWORK_LEVERS: &[Lever] =
    &[Lever::Dim, Lever::HiddenSize, Lever::BatchSize, Lever::MaxWords, Lever::MinCount];

/// What words and documents have become.
pub(super) struct Learned {
    pub(super) encoding: Encoding,
    /// `n_words x dim`.
    pub(super) vectors: Floats,
    pub(super) ngrams: Option<NGramVectors>,
    pub(super) n_nonzeros: u64,
    pub(super) spectrum: Spectrum,
    pub(super) training: Option<Training>,
}

pub(super) fn shaping(config: &EmbedConfig) -> Shaping {
    let EmbedConfig { dispersion, damping, numerals, .. } = *config;
    Shaping { dispersion, damping, numerals }
}

/// Weighs the counts and decomposes them.
fn decompose(
    mut counts: CountMatrix,
    vocab: &Vocab,
    config: &EmbedConfig,
    solver: &RandomizedSvd,
    work: Option<(&CheckpointFolder, CheckpointKey)>,
    progress: &dyn Progress,
) -> Result<Learned> {
    let (n_rows, n_words) = (counts.n_rows(), vocab.words.len());
    let factors = shaping(config).factors(vocab, n_rows, config.contexts.rows_per_context());
    let statistics = config.weighting.apply_times(&mut counts, factors.as_ref(), progress)?;
    let n_nonzeros = counts.n_nonzeros() as u64;
    let fit_words = config.fit_words.filter(|&fit_words| fit_words < n_words);
    let (counts, folded) = match fit_words {
        Some(fit_words) => counts.split_columns(fit_words).map(|(it, rest)| (it, Some(rest)))?,
        None => (counts, None),
    };
    let (n_columns, is_symmetric) = (counts.n_columns(), counts.is_symmetric());
    let n_fitted = counts.n_nonzeros() as u64;
    let workspace = BlockMatrix::workspace_of(n_rows, n_columns, n_fitted, is_symmetric);
    let panels = solver.memory_bytes(n_rows, n_columns, is_symmetric, &workspace);
    let n_folded = folded.as_ref().map_or(0, |folded| folded.n_nonzeros() as u64);
    let tail = Tail { config, n_rows, n_columns: counts.n_columns(), n_words };
    let is_ample = tail.is_ample(panels, n_nonzeros, n_folded);
    // Where rows go that there is no room for.
    let folder = config.temporary_folder.as_deref().filter(|_| !is_ample);
    let waiting = folded.map(|folded| Waiting::new(folded, folder, progress)).transpose()?;
    let held = waiting.as_ref().map_or(0, Waiting::held_bytes);
    let matrix = lay_out(counts, config, panels + held, LEVERS, progress)?;

    let kept = work.map(|(folder, digest)| {
        let key =
            CheckpointKey::of(&(digest.to_hex(), &config.weighting, &factors, fit_words, &solver));
        CheckpointSlot { folder, key }
    });
    let svd = solver.decompose_kept(&matrix, kept, progress)?;
    let shape = (matrix.n_rows(), matrix.n_columns());
    drop(matrix);
    if waiting.is_some() {
        let more = LAID_OUT_BYTES * n_folded + tail.held_fold_bytes();
        let held = if folder.is_none() { held + more } else { held };
        config.memory.check(Stage::Fold, held, LEVERS)?;
    }
    let decomposed = Decomposed { svd, shape, waiting, n_nonzeros, statistics };
    decomposed.into_vectors(&tail, vocab, folder, progress)
}

/// What the decomposition has found, and what waits for it.
pub(super) struct Decomposed<'a> {
    pub(super) svd: Svd,
    /// Of the matrix that was decomposed.
    pub(super) shape: (usize, usize),
    pub(super) waiting: Option<Waiting<'a>>,
    pub(super) n_nonzeros: u64,
    pub(super) statistics: ColumnStatistics,
}

impl Decomposed<'_> {
    /// The vectors of all words, and what documents need; rows go to files in `folder` if there is
    /// one.
    pub(super) fn into_vectors(
        self,
        tail: &Tail<'_>,
        vocab: &Vocab,
        folder: Option<&Path>,
        progress: &dyn Progress,
    ) -> Result<Learned> {
        let Self { mut svd, shape, waiting, n_nonzeros, statistics } = self;
        let config = tail.config;
        let mut v = RowList::from_vec(svd.rank(), std::mem::take(&mut svd.v), folder)?;
        if let Some(waiting) = waiting {
            tail.fold(waiting, &svd, &mut v, folder, progress)?;
        }
        let mut vectors =
            word_space(&v, &svd.singular_values, svd.u.as_deref(), &config.scaling(), folder)?;
        svd.u = None;
        let encoding = Encoding::take(v, config, statistics)?;
        let spectrum = Spectrum::new(shape, svd);
        let mut ngrams = None;
        if let Some(subwords) = &config.subwords {
            let added = tail.add_subwords(subwords, vectors, vocab, folder, progress)?;
            // In a small corpus no n-gram may be in enough words.
            (vectors, ngrams) = (added.0, Some(added.1).filter(|ngrams| !ngrams.is_empty()));
        }
        let vectors = vectors.into_floats()?;
        Ok(Learned { encoding, vectors, ngrams, n_nonzeros, spectrum, training: None })
    }
}

/// Weighs the counts and trains a network on them.
#[cfg(feature = "neural")]
fn train(
    mut counts: CountMatrix,
    network: &NetworkConfig,
    config: &EmbedConfig,
    work: Option<(&CheckpointFolder, CheckpointKey)>,
    progress: &dyn Progress,
) -> Result<Learned> {
    let (n_rows, n_words) = (counts.n_rows(), counts.n_columns());
    // Counts and weights, once more while each is copied.
    let rows = 8 * counts.n_nonzeros() as u64;
    config.memory.check(
        Stage::Train,
        network::memory_bytes(network, n_words, config.dim) + 3 * rows,
        NETWORK_LEVERS,
    )?;
    let targets = match network.loss {
        Loss::Multinomial => Some(SparseRows::from_blocks(counts.to_csr_blocks()?)),
        Loss::Squared => None,
    };
    let statistics = config.weighting.apply(&mut counts, progress)?;
    let weights = SparseRows::from_blocks(counts.to_csr_blocks()?);
    drop(counts);
    let n_nonzeros = weights.columns.len() as u64;
    let squared_norm = weights.squared_norm();
    let kept = work.map(|(folder, digest)| {
        let key = CheckpointKey::of(&(
            digest.to_hex(),
            &config.weighting,
            network,
            config.dim,
            config.seed,
        ));
        CheckpointSlot { folder, key }
    });
    let run = Run {
        weights,
        counts: targets,
        n_words,
        dim: config.dim,
        config: network,
        seed: config.seed,
        kept,
    };
    let Trained { network, decoder, training } = run.train(progress)?;
    let encoding =
        Encoding { statistics, right_vectors: Floats::default(), network: Some(network) };
    let spectrum = Spectrum::of_network((n_rows, n_words), squared_norm);
    Ok(Learned {
        encoding,
        vectors: decoder.into(),
        ngrams: None,
        n_nonzeros,
        spectrum,
        training: Some(training),
    })
}

/// Makes weights ready for products, in memory, or partly on the disk if the budget asks for it;
/// the decomposition takes `panels` bytes for itself.
///
/// # Errors
/// More memory than the budget, with `levers` to make it smaller, or a disk that cannot be written.
pub(crate) fn lay_out(
    counts: CountMatrix,
    config: &EmbedConfig,
    panels: u64,
    levers: &'static [Lever],
    progress: &dyn Progress,
) -> Result<BlockMatrix> {
    let spill = config
        .temporary_folder
        .as_deref()
        .map(|folder| Spill::within(config.memory, panels, folder, levers))
        .transpose()?
        .flatten();
    let spill = spill.map(|spill| spill.beside(counts.memory_bytes()));
    progress.start(Stage::Layout, Some(counts.n_nonzeros() as u64));
    let matrix = BlockMatrix::from_counts_with(counts, spill, progress)?;
    progress.finish();
    config.memory.check(
        Stage::Svd,
        panels + matrix.resident_bytes() + matrix.streaming_bytes(),
        levers,
    )?;
    Ok(matrix)
}
