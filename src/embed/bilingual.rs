//! From two texts of which each line translates the other to two models in one space: cross-lingual
//! latent semantic analysis (Dumais, Letsche, Littman & Landauer 1997).
//!
//! In: two corpora, a document a line, line i of one the translation of line i of the other. Row i
//! of the matrix holds the words of both lines, side by side: `X = [A B]`,
//! `n_documents x (n_source + n_target)`. One SVD `X ~ U S V^T` gives each word of either language
//! the row `V S^p`: words that stand in the same lines, whatever their language, lie close. Out:
//! two [`Model`]s whose dimensions mean the same; no map is to be learned.

use std::path::Path;

use crate::base::error::{Error, Lever, Result};
use crate::base::progress::{Progress, Stage};
use crate::base::words::WordId;
use crate::config::EmbedConfig;
use crate::corpus::{Corpus, OnBadUtf8};
use crate::counts::{Contexts, CountSettings};
use crate::embed::pipeline::lay_out;
use crate::matrix::BlockMatrix;
use crate::model::Encoding;
use crate::model::{Ingredients, Model, Spectrum};
use crate::operator::LinearOperator;
use crate::space::scaling::word_space;
use crate::storage::row_list::RowList;
use crate::storage::spill::{BUILDING_BYTES, Spill};
use crate::tokenize::{CorpusReport, Phrases, Tokenizer, Tokens};
use crate::vectors::format::malformed;
use crate::vocab::{Vocab, WordSequences};

/// One language on its way.
struct Side {
    tokenizer: Tokenizer,
    report: CorpusReport,
    vocab: Vocab,
    sequences: WordSequences,
}

impl Side {
    fn read(corpus: &Corpus, config: &EmbedConfig, progress: &dyn Progress) -> Result<Self> {
        let mut tokenizer = Tokenizer::new(&config.tokenizer)?;
        // Empty lines stay, so that line i is document i.
        let mut tokens =
            Tokens::read_all(corpus, &tokenizer, config.memory, progress).map_err(|error| {
                match error {
                    // Of two texts, say which one.
                    Error::EmptyCorpus { .. } => malformed(
                        name_of(corpus),
                        None,
                        "no token",
                        "text with a word in some line",
                    ),
                    other => other,
                }
            })?;
        let report = std::mem::take(&mut tokens.report);
        if let Some(phrases) = &config.phrases {
            tokenizer = tokenizer.with_phrases(Phrases::find(
                &mut tokens,
                phrases,
                config.memory,
                progress,
            )?);
        }
        let tables = (tokens.ids.len() * 8
            + tokens.spellings.len() * (64 + 24 * rayon::current_num_threads()))
            as u64;
        config.memory.check(Stage::Vocabulary, tables, &[Lever::CorpusSize])?;
        let (vocab, sequences) = Vocab::count(tokens, config.cutoff, progress)?;
        Ok(Self { tokenizer, report, vocab, sequences })
    }

    /// Whether both were read from the same bytes: someone has named one text twice.
    fn has_the_bytes_of(&self, other: &Self) -> bool {
        let [ours, theirs] =
            [self, other].map(|side| side.report.sources.iter().map(|source| &source.sha256));
        ours.eq(theirs)
    }
}

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
    let sides = [Side::read(source, config, progress)?, Side::read(target, config, progress)?];
    if sides[0].has_the_bytes_of(&sides[1]) {
        return Err(malformed(
            name_of(target),
            None,
            "the same text as the source",
            "its translation",
        ));
    }
    let [n_source, n_target] = [0, 1].map(|side: usize| sides[side].vocab.words.len());
    let [lines, other_lines] = [0, 1].map(|side: usize| sides[side].sequences.n_sequences());
    if lines != other_lines {
        return Err(Error::DifferentLines { source_lines: lines, target_lines: other_lines });
    }
    let n_words = n_source + n_target;
    let config = &*config.for_matrix(lines, n_words, progress)?;
    let solver = config.solver(false);
    // An entry for each pair of a line and a word, or fewer.
    let n_entries =
        sides.iter().map(|side| side.vocab.document_frequencies.iter().sum::<u64>()).sum();
    let workspace = BlockMatrix::workspace_of(lines, n_words, n_entries, false);
    let panels = solver.memory_bytes(lines, n_words, false, &workspace);
    let levers = &[Lever::Dim, Lever::MaxWords, Lever::MinCount];
    config.memory.check(Stage::Svd, panels, levers)?;
    if let Some(folder) = &config.temporary_folder {
        Spill::within(config.memory, panels, folder, levers)?;
    }
    // The vectors, twice, once they are there.
    config.memory.check(Stage::Write, 8 * (n_words * config.rank()) as u64, levers)?;

    let joint = side_by_side(&sides[0].sequences, &sides[1].sequences, n_source);
    let settings = CountSettings {
        budget: config.memory,
        temporary_folder: config.temporary_folder.as_deref(),
        seed: config.seed,
        later: BUILDING_BYTES,
    };
    let mut counts = Contexts::Documents.count(&joint, n_words, settings, progress)?;
    drop(joint);
    let statistics = config.weighting.apply(&mut counts, progress)?;
    let matrix = lay_out(counts, config, panels, levers, progress)?;
    let mut svd = solver.decompose(&matrix, progress)?;

    let v = RowList::from_vec(svd.rank(), std::mem::take(&mut svd.v), None)?;
    let mut space = word_space(&v, &svd.singular_values, None, &config.scaling(), None)?
        .into_floats()?
        .into_vec();
    let encodings = Encoding::take(v, config, statistics)?.split(n_source, n_words);
    let of_target = space.split_off(n_source * config.dim);
    let n_nonzeros = matrix.n_nonzeros() as u64;
    let spectrum = Spectrum::new((matrix.n_rows(), matrix.n_columns()), svd);
    let model = |side: Side, corpus: &Corpus, vectors: Vec<f32>, encoding: Encoding| {
        let vectors = vectors.into();
        let Side { tokenizer, report, vocab, .. } = side;
        let (n_documents, spectrum) = (lines, spectrum.clone());
        Ingredients {
            corpus,
            config,
            tokenizer,
            report,
            vocab,
            n_documents,
            n_nonzeros,
            vectors,
            encoding,
            spectrum,
            training: None,
        }
        .into_model()
    };
    let [of_source_side, of_target_side] = sides;
    let [source_encoding, target_encoding] = encodings;
    let mut source_model = model(of_source_side, source, space, source_encoding);
    let mut target_model = model(of_target_side, target, of_target, target_encoding);
    source_model.provenance.partner = Some(target_model.provenance.digest.clone());
    target_model.provenance.partner = Some(source_model.provenance.digest.clone());
    Ok((source_model, target_model))
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
    if [source, target].iter().any(|corpus| corpus.on_bad_utf8() == OnBadUtf8::Skip) {
        return refused(
            "on_bad_utf8",
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
        EmbedConfig { subword_smoothing: Some(_), .. } => {
            refused("subword_smoothing", "given", "none with parallel texts")
        }
        EmbedConfig { add_contexts: true, .. } => {
            refused("add_contexts", "given", "none: lines are no words")
        }
        _ => Ok(()),
    }
}

/// Line i of both languages as one document; the words of the second are numbered after those of
/// the first.
fn side_by_side(source: &WordSequences, target: &WordSequences, n_source: usize) -> WordSequences {
    let mut ids = Vec::with_capacity(source.ids().len() + target.ids().len());
    let mut ends = Vec::with_capacity(source.n_sequences());
    for line in 0..source.n_sequences() {
        ids.extend_from_slice(source.sequence(line));
        ids.extend(target.sequence(line).iter().map(|id| WordId(id.0 + n_source as u32)));
        ends.push(ids.len());
    }
    WordSequences::new(ids, ends)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_lines_become_one_row() {
        let ids = |ids: &[u32]| ids.iter().copied().map(WordId).collect::<Vec<_>>();
        // a b | (empty) | b     x | y | (empty)
        let source = WordSequences::new(ids(&[0, 1, 1]), vec![2, 2, 3]);
        let target = WordSequences::new(ids(&[0, 1]), vec![1, 2, 2]);
        let joint = side_by_side(&source, &target, 2);
        assert_eq!(
            (joint.sequence(0), joint.sequence(1), joint.sequence(2)),
            (&ids(&[0, 1, 2])[..], &ids(&[3])[..], &ids(&[1])[..])
        );
    }
}
