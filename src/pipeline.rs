//! From a corpus to a model, the stages on one page.

use crate::config::EmbedConfig;
use crate::corpus::Corpus;
use crate::encoding::Encoding;
use crate::error::{Error, Result};
use crate::fold::fold_in;
use crate::matrix::{BlockMatrix, CountMatrix, Spill};
use crate::model::{Ingredients, Model, Spectrum};
use crate::operator::LinearOperator;
use crate::progress::{Progress, Stage};
use crate::space::word_space;
use crate::subwords::Subwords;
use crate::svd::{KeptState, RandomizedSvd};
use crate::texts::{Counted, Texts};
use crate::work::{Key, WorkFolder};

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
    let is_symmetric = is_symmetric && config.weighting.keeps_symmetry() && fit_words.is_none();
    if config.svd.rank > n_rows.min(n_columns) {
        return Err(Error::DimTooLarge { dim: config.dim(), dropped: config.drop_components, n_rows, n_columns });
    }
    let solver = RandomizedSvd { left_vectors: config.add_contexts || fit_words.is_some(), ..config.svd.clone() };
    let panels = solver.memory_bytes(n_rows, n_columns, 0, is_symmetric);
    config.memory.check(Stage::Svd, panels, "--dim or --max-words, or raise --min-count")?;

    let Counted { tokenizer, report, vocab, n_documents, mut counts, digest } = texts.counts(config, work, progress)?;
    let statistics = config.weighting.apply(&mut counts, progress)?;
    let n_nonzeros = counts.n_nonzeros() as u64;
    let (counts, folded) = match fit_words {
        Some(fit_words) => {
            let (fitted, folded) = counts.split_columns(fit_words)?;
            (fitted, Some(folded))
        }
        None => (counts, None),
    };
    // The words that are folded in wait (8 bytes an entry), and are laid out (12.4 more) when the fitted ones are gone.
    let waiting = folded.as_ref().map_or(0, CountMatrix::memory_bytes);
    let panels = solver.memory_bytes(n_rows, n_columns, counts.n_nonzeros() as u64, counts.is_symmetric()) + waiting;
    let lever = "--dim, --window or --max-words, or raise --min-count";
    let matrix = lay_out(counts, config, panels, lever, progress)?;

    let kept = work.zip(digest).map(|(folder, digest)| {
        let key = Key::of(&(digest.to_hex(), &config.weighting, fit_words, &solver));
        KeptState { folder, key }
    });
    let mut svd = solver.decompose_kept(&matrix, kept, progress)?;
    let shape = (matrix.n_rows(), matrix.n_columns());
    drop(matrix);
    if let Some(folded) = folded {
        config.memory.check(Stage::Svd, waiting + 13 * folded.n_nonzeros() as u64, lever)?;
        fold_in(&mut svd, folded)?;
    }

    let encoding = Encoding::new(&svd, config, statistics);
    let mut vectors = word_space(&svd, config);
    if let Some(subwords) = &config.subwords {
        config.memory.check(Stage::Svd, Subwords::memory_bytes(n_words, config.dim()), "--subwords 0")?;
        subwords.lean(&mut vectors, &vocab.words, &vocab.counts);
    }
    let spectrum = Spectrum::new(shape, svd);
    let made_of = Ingredients { corpus, config, tokenizer, report, vocab, n_documents, n_nonzeros, vectors, encoding, spectrum };
    Ok(made_of.into_model())
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
