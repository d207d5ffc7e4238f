//! From two texts of which each line translates the other to two models in one space: cross-lingual
//! latent semantic analysis (Dumais, Letsche, Littman & Landauer 1997).
//!
//! In: two corpora, a document a line, line i of one the translation of line i of the other. Row i
//! of the matrix holds the words of both lines, side by side: `X = [A B]`,
//! `n_documents x (n_source + n_target)`. One SVD `X ~ U S V^T` gives each word of either language
//! the row `V S^p`: words that stand in the same lines, whatever their language, lie close. Out:
//! two [`Model`]s whose dimensions mean the same; no map is to be learned.

use std::borrow::Cow;
use std::path::Path;

use crate::base::error::{Error, Lever, Result};
use crate::base::progress::{Progress, Stage};
use crate::config::EmbedConfig;
use crate::corpus::Corpus;
use crate::counts::{Contexts, CountSettings};
use crate::embed::pipeline::lay_out;
use crate::embed::reading::ReadTexts;
use crate::input::OnBadText;
use crate::matrix::BlockMatrix;
use crate::model::Encoding;
use crate::model::{Ingredients, Model, Spectrum};
use crate::operator::LinearOperator;
use crate::space::scaling::word_space;
use crate::storage::row_list::RowList;
use crate::storage::spill::{Spill, building_bytes};
use crate::svd::RandomizedSvd;
use crate::tokenize::{EmptyDocuments, Tokenizer};
use crate::vocab::WordSequences;

/// Turns two texts of which each line translates the other into two models in one space, the source
/// and the target.
///
/// The rows of the matrix are pairs of lines, so the contexts are [`Contexts::Documents`];
/// [`Recipe::Passages`](crate::Recipe::Passages) without `document_tokens` is a good beginning.
/// Both models keep the same spectrum; each its own words, counts and tokenizer.
///
/// # Errors
/// As [`embed`](crate::embed()); [`Error::Parameter`] if the contexts are windows, documents are to
/// be cut, tokens are to be dropped, or lines with bad bytes skipped; [`Error::Malformed`] if a
/// text holds no word or is given twice; [`Error::DifferentLines`] if the texts do not have equally
/// many lines.
///
/// # Panics
/// If a corpus is not read line by line.
pub fn embed_parallel(
    source: &Corpus,
    target: &Corpus,
    config: &EmbedConfig,
    progress: &dyn Progress,
) -> Result<(Model, Model)> {
    config.check()?;
    check(source, target, config)?;
    let mut sides = read_sides(source, target, config, progress)?;
    let lines = sides[0].n_documents;
    let [n_source, n_target] = [0, 1].map(|side: usize| sides[side].vocab.words.len());
    let n_words = n_source + n_target;
    let config = &*config.for_matrix(lines, n_words, progress)?;
    let solver = config.solver(false);
    // An entry for each pair of a line and a word, or fewer.
    let n_entries =
        sides.iter().map(|side| side.vocab.document_frequencies.iter().sum::<u64>()).sum();
    let workspace = BlockMatrix::workspace_of(lines, n_words, n_entries, false);
    let panels = solver.memory_bytes(lines, n_words, false, &workspace);
    check_ahead(config, panels, n_words)?;

    let [joint, others] = sides.each_mut().map(|side| std::mem::take(&mut side.sequences));
    let joint = side_by_side(joint, others, n_source)?;
    let mut space = decompose(joint, &solver, config, panels, n_words, progress)?;
    let of_target = space.vectors.split_off(n_source * config.dim);
    let encodings = space.encoding.split(n_source, n_words);
    let model = |side: ReadTexts, corpus: &Corpus, vectors: Vec<f32>, encoding: Encoding| {
        let ReadTexts { tokenizer, report, metadata, vocab, n_documents, .. } = side;
        Ingredients {
            corpus,
            config,
            tokenizer,
            report,
            metadata,
            vocab,
            n_documents,
            n_nonzeros: space.n_nonzeros,
            vectors: vectors.into(),
            ngrams: None,
            encoding,
            spectrum: space.spectrum.clone(),
            training: None,
        }
        .into_model()
    };
    let [of_source_side, of_target_side] = sides;
    let [source_encoding, target_encoding] = encodings;
    let mut source_model = model(of_source_side, source, space.vectors, source_encoding);
    let mut target_model = model(of_target_side, target, of_target, target_encoding);
    source_model.provenance.partner = Some(target_model.provenance.digest.clone());
    target_model.provenance.partner = Some(source_model.provenance.digest.clone());
    Ok((source_model, target_model))
}

/// Reads both texts, with their empty lines, so that line i is document i.
///
/// # Errors
/// As [`embed_parallel`].
fn read_sides(
    source: &Corpus,
    target: &Corpus,
    config: &EmbedConfig,
    progress: &dyn Progress,
) -> Result<[ReadTexts; 2]> {
    let read = |corpus: &Corpus, config: &EmbedConfig| {
        let tokenizer = Tokenizer::new(&config.tokenizer)?;
        let read = ReadTexts::read(corpus, config, EmptyDocuments::Kept, tokenizer, progress);
        read.map_err(|error| match error {
            // Of two texts, say which one.
            Error::EmptyCorpus { .. } => {
                Error::malformed(name_of(corpus), None, "no token", "text with a word in some line")
            }
            other => other,
        })
    };
    let mut of_source = read(source, config)?;
    let mut of_the_rest = Cow::Borrowed(config);
    if let Some(bytes) = config.memory.bytes {
        if let Some(folder) = &config.temporary_folder {
            of_source.sequences.spill(folder)?;
        }
        // The second text has what the first leaves.
        let left = bytes.saturating_sub(of_source.sequences.memory_bytes());
        of_the_rest.to_mut().memory.bytes = Some(left);
    }
    let of_target = read(target, &of_the_rest)?;
    let [ours, theirs] = [&of_source, &of_target]
        .map(|side| side.report.sources.iter().map(|source| &source.sha256));
    if ours.eq(theirs) {
        let (found, expected) = ("the same text as the source", "its translation");
        return Err(Error::malformed(name_of(target), None, found, expected));
    }
    let [source_lines, target_lines] =
        [&of_source, &of_target].map(|side| side.sequences.n_sequences());
    if source_lines != target_lines {
        return Err(Error::DifferentLines { source_lines, target_lines });
    }
    Ok([of_source, of_target])
}

/// What makes the decomposition smaller.
const LEVERS: &[Lever] = &[Lever::Dim, Lever::MaxWords, Lever::MinCount];

/// Refuses what cannot be done within the memory, before the lines are counted.
fn check_ahead(config: &EmbedConfig, panels: u64, n_words: usize) -> Result<()> {
    config.memory.check(Stage::Svd, panels, LEVERS)?;
    if let Some(folder) = &config.temporary_folder {
        Spill::within(config.memory, panels, folder, LEVERS)?;
    }
    // The vectors, twice, once they are there.
    config.memory.check(Stage::Write, 8 * (n_words * config.rank()) as u64, LEVERS)
}

/// The words of both languages in one space.
struct JointSpace {
    vectors: Vec<f32>,
    encoding: Encoding,
    spectrum: Spectrum,
    n_nonzeros: u64,
}

/// Counts the lines, and decomposes their matrix.
fn decompose(
    joint: WordSequences,
    solver: &RandomizedSvd,
    config: &EmbedConfig,
    panels: u64,
    n_words: usize,
    progress: &dyn Progress,
) -> Result<JointSpace> {
    let settings = CountSettings {
        budget: config.memory,
        temporary_folder: config.temporary_folder.as_deref(),
        seed: config.seed,
        later: building_bytes(config.memory),
    };
    let mut counts = Contexts::Documents.count(&joint, n_words, settings, progress)?;
    drop(joint);
    let statistics = config.weighting.apply(&mut counts, progress)?;
    let matrix = lay_out(counts, config, panels, LEVERS, progress)?;
    let (shape, n_nonzeros) = ((matrix.n_rows(), matrix.n_columns()), matrix.n_nonzeros() as u64);
    let mut svd = solver.decompose(&matrix, progress)?;
    drop(matrix);
    let v = RowList::from_vec(svd.rank(), std::mem::take(&mut svd.v), None)?;
    let vectors = word_space(&v, &svd.singular_values, None, &config.scaling(), None)?
        .into_floats()?
        .into_vec();
    let encoding = Encoding::take(v, config, statistics)?;
    let spectrum = Spectrum::new(shape, svd);
    Ok(JointSpace { vectors, encoding, spectrum, n_nonzeros })
}

/// The path that stands for a corpus in messages.
fn name_of(corpus: &Corpus) -> &Path {
    corpus.sources()[0].path()
}

/// What cannot be done with pairs of lines.
fn check(source: &Corpus, target: &Corpus, config: &EmbedConfig) -> Result<()> {
    let refused = |name, found: &str, expected: &str| {
        Err(Error::Parameter { name, found: found.to_owned(), expected: expected.to_owned() })
    };
    let by_line = |corpus: &Corpus| corpus.unit() == crate::corpus::DocumentUnit::Line;
    assert!(by_line(source) && by_line(target), "parallel texts are read line by line");
    let skips = |corpus: &&Corpus| corpus.reading().on_bad_text == Some(OnBadText::Skip);
    if [source, target].iter().any(skips) {
        return refused(
            "on_bad_text",
            "skip",
            "error or replace: parallel texts must not lose a line",
        );
    }
    match config {
        EmbedConfig { network: Some(network), .. } => {
            refused("network", network.name(), "none: parallel texts are decomposed")
        }
        EmbedConfig { contexts: Contexts::Window { .. }, .. } => refused(
            "contexts",
            "window",
            "documents: the rows of parallel texts are pairs of lines",
        ),
        EmbedConfig { document_tokens: Some(n), .. } => refused(
            "document_tokens",
            &n.to_string(),
            "none: the lines of parallel texts stay whole",
        ),
        EmbedConfig { subsample: Some(_), .. } => {
            refused("subsample", "given", "none with parallel texts")
        }
        EmbedConfig { fit_words: Some(_), .. } => {
            refused("fit_words", "given", "none with parallel texts: every word is decomposed")
        }
        EmbedConfig { subwords: Some(_), .. } => {
            refused("subwords", "given", "none with parallel texts")
        }
        EmbedConfig { add_contexts: true, .. } => {
            refused("add_contexts", "given", "none: lines are no words")
        }
        _ => Ok(()),
    }
}

/// Lines that are put together at a time.
const LINES_AT_A_TIME: usize = 1 << 14;

/// Line i of both languages as one document; the words of the second are numbered after those of
/// the first. In files if one of the two is.
fn side_by_side(
    source: WordSequences,
    target: WordSequences,
    n_source: usize,
) -> Result<WordSequences> {
    let n_lines = source.n_sequences();
    let place = if source.is_on_disk() { &source } else { &target };
    let mut ids = place.id_list().empty_like()?;
    let mut ends = place.id_list().empty_like()?;
    if !place.is_on_disk() {
        ids.reserve(source.n_tokens() + target.n_tokens());
        ends.reserve(n_lines);
    }
    for first in (0..n_lines).step_by(LINES_AT_A_TIME) {
        let lines = first..n_lines.min(first + LINES_AT_A_TIME);
        let source_lines = source.as_sequences().read(lines.clone())?;
        let target_lines = target.as_sequences().read(lines)?;
        for (source_line, target_line) in source_lines.iter().zip(target_lines.iter()) {
            ids.extend(source_line.iter().copied());
            ids.extend(target_line.iter().map(|id| id + n_source as u32));
            ends.push(ids.len() as u64);
        }
        ids.flush()?;
        ends.flush()?;
    }
    ids.shrink_to_fit()?;
    ends.shrink_to_fit()?;
    Ok(WordSequences::from_lists(ids, ends))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::budget::MemoryBudget;
    use crate::base::words::WordId;
    use crate::config::Recipe;
    use crate::corpus::DocumentUnit;
    use crate::tokenize::PhraseConfig;

    #[test]
    fn two_lines_become_one_row() {
        let ids = |ids: &[u32]| ids.iter().copied().map(WordId).collect::<Vec<_>>();
        let folder = tempfile::tempdir().unwrap();
        for on_disk in [false, true] {
            // a b | (empty) | b     x | y | (empty)
            let mut source = WordSequences::new(ids(&[0, 1, 1]), vec![2, 2, 3]);
            let target = WordSequences::new(ids(&[0, 1]), vec![1, 2, 2]);
            if on_disk {
                source.spill(folder.path()).unwrap();
            }
            let joint = side_by_side(source, target, 2).unwrap();
            assert_eq!(joint.is_on_disk(), on_disk);
            assert_eq!(*joint.ids().unwrap(), [0, 1, 2, 3, 1]);
            assert_eq!(*joint.ends().unwrap(), [3, 4, 5]);
        }
    }

    /// Two texts with a budget and without: the same words, and the same counts of the lines.
    #[test]
    fn a_budget_does_not_change_the_lines() {
        let folder = tempfile::tempdir().unwrap();
        let sample =
            std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/corpora/english.txt"))
                .unwrap();
        let texts = [sample.clone(), sample.replace('a', "o")];
        let corpora = ["source", "target"].map(|name| folder.path().join(name));
        for (path, text) in corpora.iter().zip(texts) {
            std::fs::write(path, text).unwrap();
        }
        let [source, target] =
            corpora.map(|path| Corpus::options().unit(DocumentUnit::Line).open([path]).unwrap());
        let read = |bytes| {
            let config = EmbedConfig {
                memory: MemoryBudget { bytes },
                temporary_folder: Some(folder.path().to_path_buf()),
                phrases: Some(PhraseConfig::default()),
                ..EmbedConfig::recipe(Recipe::Passages)
            };
            let config = EmbedConfig { document_tokens: None, ..config };
            let mut sides = read_sides(&source, &target, &config, &()).unwrap();
            let n_source = sides[0].vocab.words.len();
            let n_words = n_source + sides[1].vocab.words.len();
            let [joint, others] = sides.each_mut().map(|side| std::mem::take(&mut side.sequences));
            let joint = side_by_side(joint, others, n_source).unwrap();
            let counts =
                Contexts::Documents.count(&joint, n_words, CountSettings::default(), &()).unwrap();
            let of_words = sides.map(|side| (side.vocab.counts, side.vocab.document_frequencies));
            (joint.is_on_disk(), of_words, counts.to_csr_blocks().unwrap())
        };
        let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
        let [free, bounded] = pool.install(|| [read(None), read(Some(200 << 20))]);
        assert!(!free.0 && bounded.0);
        assert_eq!(free.1, bounded.1);
        assert!(free.2 == bounded.2);
    }
}
