//! From a corpus to a model, the stages on one page.

use crate::config::EmbedConfig;
use crate::corpus::Corpus;
use crate::encoding::Encoding;
use crate::error::{Error, Result};
use crate::evenness::evenness_factors;
use crate::fold::fold_in;
use crate::matrix::{BlockMatrix, CountMatrix, Spill};
use crate::model::{Ingredients, Model, Spectrum};
use crate::network::Training;
#[cfg(feature = "neural")]
use crate::network::{self, Loss, NetworkConfig, Run, SparseRows, Trained};
use crate::operator::LinearOperator;
use crate::progress::{Progress, Stage};
use crate::space::word_space;
use crate::subwords::Subwords;
use crate::svd::RandomizedSvd;
use crate::texts::{Counted, Texts};
use crate::vocab::Vocab;
use crate::work::{Kept, Key, WorkFolder};

/// Turns a corpus into word vectors.
///
/// Runs on rayon's current thread pool; the result has the same bits on any number of threads. The stage reports of the result are empty:
/// the library reads no clock.
///
/// # Errors
/// A parameter out of range, unreadable or malformed text, no word above the cutoff, a dimension above the smaller side of the matrix, more
/// memory than the budget, or an interruption.
pub fn embed(corpus: &Corpus, config: &EmbedConfig, progress: &dyn Progress) -> Result<Model> {
    config.check()?;
    let work = config.resume.as_deref().map(WorkFolder::open).transpose()?;
    let work = work.as_ref();

    let texts = Texts::new(corpus, config, work, progress)?;
    let n_words = texts.vocab.words.len();

    // A dimension that cannot be reached, or panels that cannot fit, are told before hours of counting.
    let (n_rows, is_symmetric) = config.contexts.n_rows(texts.n_documents, n_words);
    // How many words the decomposition sees, if not all.
    let fit_words = config.fit_words.filter(|&fit_words| fit_words < n_words);
    let n_columns = fit_words.unwrap_or(n_words);
    let is_symmetric = is_symmetric && config.weighting.keeps_symmetry() && config.evenness == 0.0 && fit_words.is_none();
    if config.network.is_none() && config.svd.rank > n_rows.min(n_columns) {
        return Err(Error::DimTooLarge { dim: config.dim(), dropped: config.drop_components, n_rows, n_columns });
    }
    let solver = RandomizedSvd { left_vectors: config.add_contexts || fit_words.is_some(), ..config.svd.clone() };
    let (stage, needed) = match &config.network {
        #[cfg(feature = "neural")]
        Some(network) => (Stage::Train, network::memory_bytes(network, n_words, config.dim())),
        _ => (Stage::Svd, solver.memory_bytes(n_rows, n_columns, 0, is_symmetric)),
    };
    config.memory.check(stage, needed, "--dim or --max-words, or raise --min-count")?;

    let Counted { tokenizer, report, vocab, n_documents, counts, digest } = texts.counts(config, work, progress)?;
    let learned = match &config.network {
        None => decompose(counts, &vocab, config, &solver, work.zip(digest), progress)?,
        #[cfg(feature = "neural")]
        Some(network) => train(counts, network, config, work.zip(digest), progress)?,
        #[cfg(not(feature = "neural"))]
        Some(_) => unreachable!("the configuration was checked"),
    };
    let Learned { encoding, vectors, n_nonzeros, spectrum, training } = learned;
    let made_of = Ingredients { corpus, config, tokenizer, report, vocab, n_documents, n_nonzeros, vectors, encoding, spectrum, training };
    Ok(made_of.into_model())
}

/// What words and documents have become.
struct Learned {
    encoding: Encoding,
    /// `n_words x dim`.
    vectors: Vec<f32>,
    n_nonzeros: u64,
    spectrum: Spectrum,
    training: Option<Training>,
}

/// Weighs the counts and decomposes them.
fn decompose(
    mut counts: CountMatrix,
    vocab: &Vocab,
    config: &EmbedConfig,
    solver: &RandomizedSvd,
    work: Option<(&WorkFolder, Key)>,
    progress: &dyn Progress,
) -> Result<Learned> {
    let (n_rows, n_words) = (counts.n_rows(), vocab.words.len());
    let factors = (config.evenness > 0.0).then(|| evenness_factors(&vocab.counts, &vocab.stretches, config.evenness));
    let statistics = config.weighting.apply_times(&mut counts, factors.as_deref(), progress)?;
    let n_nonzeros = counts.n_nonzeros() as u64;
    let fit_words = config.fit_words.filter(|&fit_words| fit_words < n_words);
    let (counts, folded) = match fit_words {
        Some(fit_words) => {
            let (fitted, folded) = counts.split_columns(fit_words)?;
            (fitted, Some(folded))
        }
        None => (counts, None),
    };
    // The words that are folded in wait (8 bytes an entry), and are laid out (12.4 more) when the fitted ones are gone.
    let waiting = folded.as_ref().map_or(0, CountMatrix::memory_bytes);
    let panels = solver.memory_bytes(n_rows, counts.n_columns(), counts.n_nonzeros() as u64, counts.is_symmetric()) + waiting;
    let lever = "--dim, --window or --max-words, or raise --min-count";
    let matrix = lay_out(counts, config, panels, lever, progress)?;

    let kept = work.map(|(folder, digest)| {
        let key = Key::of(&(digest.to_hex(), &config.weighting, &factors, fit_words, &solver));
        Kept { folder, key }
    });
    let mut svd = solver.decompose_kept(&matrix, kept, progress)?;
    let shape = (matrix.n_rows(), matrix.n_columns());
    drop(matrix);
    if let Some(folded) = folded {
        config.memory.check(Stage::Fold, waiting + 13 * folded.n_nonzeros() as u64, lever)?;
        progress.start(Stage::Fold, Some(folded.n_columns() as u64));
        let n_folded = folded.n_columns() as u64;
        fold_in(&mut svd, folded)?;
        progress.advance(n_folded);
        progress.finish();
    }

    let mut vectors = word_space(&svd, config);
    let encoding = Encoding::take(&mut svd, config, statistics);
    let spectrum = Spectrum::new(shape, svd);
    if let Some(subwords) = &config.subwords {
        let held = 4 * (vectors.len() + encoding.right_vectors.len()) as u64;
        config.memory.check(Stage::Spelling, held + Subwords::memory_bytes(n_words, config.dim()), "--subwords 0")?;
        progress.start(Stage::Spelling, Some(n_words as u64));
        subwords.lean(&mut vectors, &vocab.words, &vocab.counts);
        progress.advance(n_words as u64);
        progress.finish();
    }
    Ok(Learned { encoding, vectors, n_nonzeros, spectrum, training: None })
}

/// Weighs the counts and trains a network on them.
#[cfg(feature = "neural")]
fn train(
    mut counts: CountMatrix,
    network: &NetworkConfig,
    config: &EmbedConfig,
    work: Option<(&WorkFolder, Key)>,
    progress: &dyn Progress,
) -> Result<Learned> {
    let (n_rows, n_words) = (counts.n_rows(), counts.n_columns());
    let lever = "--dim, --hidden, --batch or --max-words, or raise --min-count";
    // Counts and weights, once more while each is copied.
    let rows = 8 * counts.n_nonzeros() as u64;
    config.memory.check(Stage::Train, network::memory_bytes(network, n_words, config.dim()) + 3 * rows, lever)?;
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
        let key = Key::of(&(digest.to_hex(), &config.weighting, network, config.dim(), config.svd.seed));
        Kept { folder, key }
    });
    let run = Run { weights, counts: targets, n_words, dim: config.dim(), config: network, seed: config.svd.seed, kept };
    let Trained { network, decoder, training } = run.train(progress)?;
    let encoding = Encoding { statistics, right_vectors: Vec::new(), network: Some(network) };
    let spectrum = Spectrum {
        shape: (n_rows as u64, n_words as u64),
        singular_values: Vec::new(),
        residuals: Vec::new(),
        squared_norm,
        explained: 0.0,
        products: 0,
        converged: true,
    };
    Ok(Learned { encoding, vectors: decoder, n_nonzeros, spectrum, training: Some(training) })
}

/// Makes weights ready for products, in memory, or partly on the disk if the budget asks for it; the decomposition takes `panels` bytes for itself.
///
/// # Errors
/// More memory than the budget, with `lever` for a hint, or a disk that cannot be written.
pub(crate) fn lay_out(
    counts: CountMatrix,
    config: &EmbedConfig,
    panels: u64,
    lever: &'static str,
    progress: &dyn Progress,
) -> Result<BlockMatrix> {
    let spill = config.work.as_deref().map(|folder| Spill::within(config.memory, panels, folder, lever)).transpose()?.flatten();
    let spill = spill.map(|spill| spill.beside(counts.memory_bytes()));
    progress.start(Stage::Layout, Some(counts.n_nonzeros() as u64));
    let matrix = BlockMatrix::from_counts(counts, spill)?;
    progress.advance(matrix.n_nonzeros() as u64);
    progress.finish();
    config.memory.check(Stage::Svd, panels + matrix.resident_bytes() + matrix.streaming_bytes(), lever)?;
    Ok(matrix)
}
