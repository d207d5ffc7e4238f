//! Folding documents in: from the words of a document to its code `z = V^T x`, and back to the words that a code stands for.
//!
//! In: a [`Model`] and documents. Out: for each document its weighted words `x` and `z`, of all `rank` components of the decomposition, the
//! dropped ones first. Tokens come from the model's own tokenizer and phrases; the counts of a document are weighed by the model's weighting
//! with the statistics of the corpus that the model was made from ([`Weighting::weigh_row`](crate::Weighting::weigh_row)). A document of that
//! corpus so has the very weights that it had there, to the bit, and its code is its row of `X V = U S`: to the rounding of `f32` (1e-6 of its
//! length), since the sum is taken in another order, and `V` is had from the stored `V S^p` by a division.
//!
//! Deerwester et al. 1990, "Indexing by latent semantic analysis", section 4.3 ("pseudo-documents"), fold in with `x^T V S^-1`, which is the
//! row of `U`; here it is that of `U S`, so that lengths and products are those of the best approximation of `x`.
//!
//! A model of windows has contexts for rows, and "row i is the document of all that stands around word i"; a document is one more such row, a
//! context of its own. Frequent words taken down by subsampling are taken down in expectation here, whether the corpus was so or at random.
//!
//! Documents are gathered in batches of a fixed size, weighed and multiplied in parallel, each by one task; a code depends on neither the
//! batch nor the threads. Memory: a batch, some 40 MB at 300 components, beside what reading takes.

use rayon::prelude::*;

use super::codes::Components;
use super::complete::CompletionOrder;
use crate::corpus::Corpus;
use crate::encoding::Encoding;
use crate::error::{Error, Result};
use crate::model::Model;
use crate::operator::kernel::Rows;
use crate::progress::Progress;
use crate::random::bits_at;
use crate::tokenize::{TokenEvent, stream};
use crate::vectors::dot;
use crate::weight::Weighting;
use crate::words::WordId;

/// Documents, and tokens, after which a batch is encoded.
const DOCUMENTS_PER_BATCH: usize = 8192;
const TOKENS_PER_BATCH: usize = 1 << 21;

/// Documents that one task encodes.
const DOCUMENTS_PER_TASK: usize = 32;

/// Words whose scores one task computes.
const WORDS_PER_TASK: usize = 1024;

/// Below this fraction of the first singular value, a component is the rounding of `f32` and no part of the matrix.
const NULL: f64 = 1e-7;

/// Encodes documents with a model.
///
/// ```
/// use eigenlex::encode::Encoder;
/// use eigenlex::{Corpus, EmbedConfig, OnBadUtf8, Recipe};
/// let corpus = Corpus::open(&["corpora/english.txt"], None, OnBadUtf8::Error)?;
/// let mut config = EmbedConfig::recipe(Recipe::Lsa);
/// config.svd.rank = 20;
/// let model = eigenlex::embed(&corpus, &config, &())?;
/// let encoder = Encoder::new(&model)?;
/// let king = encoder.encode(&encoder.weigh_text("the king rules")?);
/// assert_eq!(king.len(), 20);
/// // x~ = V z is no longer than x: V has orthonormal columns.
/// let length = king.iter().map(|z| z * z).sum::<f32>().sqrt();
/// assert!(length <= 3f32.sqrt());
/// # Ok::<(), eigenlex::Error>(())
/// ```
#[derive(Debug)]
pub struct Encoder<'a> {
    model: &'a Model,
    encoding: &'a Encoding,
    /// Columns of [`Encoding::right_vectors`].
    stored: usize,
    /// For each component that comes from the word vectors `s^-p`, or 0 if it is no part of the matrix.
    factors: Vec<f32>,
    weighting: Weighting,
    /// For each word the share of its tokens that counts, where frequent words are taken down.
    shares: Option<Vec<f64>>,
}

/// A document as a row of the matrix: its words and their weights.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct WeightedWords {
    /// The words, by rising id, each once; words that weigh nothing are left out.
    pub words: Vec<WordId>,
    /// Their weights.
    pub weights: Vec<f32>,
    /// Tokens of the document, known or not.
    pub n_tokens: usize,
    /// Tokens that are words of the model.
    pub n_known: usize,
}

impl WeightedWords {
    /// `|x|^2`.
    pub fn squared_norm(&self) -> f64 {
        squared_norm(&self.weights)
    }
}

/// Some encoded documents, in order.
#[derive(Debug)]
pub struct Batch {
    /// For each its number in the corpus, from 1; with cut documents several bear the same one.
    pub numbers: Vec<u64>,
    /// For each its weighted words; empty if the model knows none of them.
    pub documents: Vec<WeightedWords>,
    /// `numbers.len() x rank`, row-major: `z` of each.
    pub codes: Vec<f32>,
}

impl<'a> Encoder<'a> {
    /// Makes ready to encode with a model.
    ///
    /// # Errors
    /// [`Error::NoEncoder`] if the model was written by a version that kept no statistics.
    pub fn new(model: &'a Model) -> Result<Self> {
        let encoding = model.encoding.as_ref().ok_or(Error::NoEncoder)?;
        let config = &model.provenance.config;
        let stored = Encoding::stored_columns(config);
        let singular_values = &model.provenance.spectrum.singular_values;
        let largest = singular_values.first().copied().unwrap_or(0.0);
        let factor = |&value: &f64| match config.sigma_exponent {
            0.0 => 1.0,
            _ if value <= NULL * largest => 0.0,
            exponent => value.powf(-exponent) as f32,
        };
        let factors = singular_values.iter().skip(stored).map(factor).collect();
        let shares = config.subsample.map(|subsampling| subsampling.kept_shares(&model.counts));
        Ok(Self { model, encoding, stored, factors, weighting: config.weighting, shares })
    }

    /// The same, but the words of documents have their counts for weights, and nothing is taken down; its codes mean nothing.
    pub(crate) fn counting(&self) -> Self {
        Self { weighting: Weighting::Count, shares: None, factors: self.factors.clone(), ..*self }
    }

    /// The model.
    pub fn model(&self) -> &'a Model {
        self.model
    }

    /// Components of the decomposition, the dropped ones included: numbers in `z`.
    pub fn rank(&self) -> usize {
        self.stored + self.factors.len()
    }

    /// How many of the first components the model leaves out of its vectors, and of its codes unless they are asked for.
    pub fn n_dropped(&self) -> usize {
        self.model.provenance.config.drop_components
    }

    /// The part of `z` that is a code of these components.
    pub fn part<'z>(&self, z: &'z [f32], components: Components) -> &'z [f32] {
        match components {
            Components::Kept => &z[self.n_dropped()..],
            Components::All => z,
        }
    }

    /// The words of a text with their weights.
    ///
    /// # Errors
    /// A `tokenizer.json` may refuse a text.
    pub fn weigh_text(&self, text: &str) -> Result<WeightedWords> {
        let (mut ids, mut n_tokens) = (Vec::new(), 0);
        self.model.tokenizer.tokenize(text, |token| {
            n_tokens += 1;
            ids.extend(self.model.vectors.id(token));
        })?;
        Ok(self.weigh(&mut ids, n_tokens))
    }

    /// The weights of the words of a document, given as the ids of its known tokens in any order, which are sorted here.
    ///
    /// # Panics
    /// If an id is not below the number of words.
    pub fn weigh(&self, ids: &mut [WordId], n_tokens: usize) -> WeightedWords {
        ids.sort_unstable();
        let (mut columns, mut weights) = (Vec::new(), Vec::new());
        for equal in ids.chunk_by(|a, b| a == b) {
            columns.push(equal[0].0);
            let count = equal.len() as f32;
            weights.push(match &self.shares {
                Some(shares) => (f64::from(count) * shares[equal[0].index()]) as f32,
                None => count,
            });
        }
        self.weighting.weigh_row(&self.encoding.statistics, &columns, &mut weights);
        let nonzero = || weights.iter().map(|&weight| weight != 0.0);
        let words = columns.iter().zip(nonzero()).filter(|(_, kept)| *kept).map(|(&id, _)| WordId(id)).collect();
        let weights = weights.iter().copied().filter(|&weight| weight != 0.0).collect();
        WeightedWords { words, weights, n_tokens, n_known: ids.len() }
    }

    /// `z = V^T x`, of all components.
    pub fn encode(&self, document: &WeightedWords) -> Vec<f32> {
        let mut z = vec![0.0; self.rank()];
        self.encode_into(std::slice::from_ref(document), &mut z);
        z
    }

    /// `z` of each of several documents, row after row.
    fn encode_into(&self, documents: &[WeightedWords], z: &mut [f32]) {
        let (mut offsets, mut columns, mut values) = (vec![0usize], Vec::new(), Vec::new());
        for document in documents {
            columns.extend(document.words.iter().map(|word| word.0));
            values.extend_from_slice(&document.weights);
            offsets.push(columns.len());
        }
        let rows = Rows { offsets: &offsets, columns: &columns, values: &values };
        let (rank, stored, dim) = (self.rank(), self.stored, self.factors.len());
        if stored > 0 {
            let mut part = vec![0.0; documents.len() * stored];
            rows.multiply(self.encoding.right_vectors.as_slice(), stored, &mut part);
            z.chunks_exact_mut(rank).zip(part.chunks_exact(stored)).for_each(|(z, part)| z[..stored].copy_from_slice(part));
        }
        if dim > 0 {
            let mut part = vec![0.0; documents.len() * dim];
            rows.multiply(self.model.vectors.as_slice(), dim, &mut part);
            for (z, part) in z.chunks_exact_mut(rank).zip(part.chunks_exact(dim)) {
                z[stored..].iter_mut().zip(part).zip(&self.factors).for_each(|((z, part), factor)| *z = part * factor);
            }
        }
    }

    /// `z` with each component times `s_i^2 / (s_i^2 + s_k^2)`, with k the rank: what the best linear autoencoder of rows with noise makes of it
    /// (Pretorius, Kroon & Kamper 2018, "Learning dynamics of linear denoising autoencoders") if the variance of the noise is that of the last
    /// component. Hidden words are found more often so, see `docs/documents.md`.
    pub fn denoise(&self, z: &[f32]) -> Vec<f32> {
        let squares = self.model.provenance.spectrum.singular_values.iter().map(|value| value * value);
        let last = squares.clone().next_back().unwrap_or(0.0);
        z.iter()
            .zip(squares)
            .map(|(&z, square)| if square > 0.0 { (f64::from(z) * square / (square + last)) as f32 } else { 0.0 })
            .collect()
    }

    /// `x~ = V z`: for each word the weight that a code gives it, with the first `z.len()` components.
    ///
    /// # Panics
    /// If `z` is longer than the rank.
    pub fn decode(&self, z: &[f32]) -> Vec<f32> {
        assert!(z.len() <= self.rank(), "a code of {} numbers, {} components", z.len(), self.rank());
        let (first, rest) = z.split_at(self.stored.min(z.len()));
        let rest: Vec<f32> = rest.iter().zip(&self.factors).map(|(z, factor)| z * factor).collect();
        let (stored, dim) = (self.stored, self.model.vectors.dim());
        let vectors = self.model.vectors.as_slice();
        let mut decoded = vec![0.0; self.model.vectors.len()];
        decoded.par_chunks_mut(WORDS_PER_TASK).enumerate().for_each(|(task, decoded)| {
            pulp::Arch::new().dispatch(|| {
                for (number, decoded) in decoded.iter_mut().enumerate() {
                    let word = task * WORDS_PER_TASK + number;
                    let by_first = dot(&self.encoding.right_vectors[word * stored..][..first.len()], first);
                    *decoded = by_first + dot(&vectors[word * dim..][..rest.len()], &rest);
                }
            });
        });
        decoded
    }

    /// A number that puts the words of one decoded document into an order: greater is better.
    pub(crate) fn order(&self, order: CompletionOrder, word: usize, weight: f32) -> f64 {
        match order {
            CompletionOrder::Count => self.weighting.count_order(&self.encoding.statistics, word, weight),
            CompletionOrder::Weight => f64::from(weight),
        }
    }

    /// Encodes a corpus, document by document, batch by batch, and hands the batches on in order.
    ///
    /// Every file, line or paragraph is a document, also one without a token; `cut` cuts each into documents of so many tokens, as
    /// [`EmbedConfig::document_tokens`](crate::EmbedConfig::document_tokens) does.
    ///
    /// # Errors
    /// Whatever the sources, the tokenizer or `visit` report, a corpus without a token, or an interruption.
    ///
    /// # Panics
    /// If `cut` is 0.
    pub fn for_each_batch(
        &self,
        corpus: &Corpus,
        cut: Option<usize>,
        progress: &dyn Progress,
        visit: impl FnMut(Batch) -> Result<()>,
    ) -> Result<()> {
        assert!(cut != Some(0), "a document holds at least one token");
        self.for_each_batch_of(corpus, cut.map_or(Parts::Whole, Parts::Cut), progress, visit)
    }

    /// The same for documents taken apart.
    pub(super) fn for_each_batch_of(
        &self,
        corpus: &Corpus,
        parts: Parts,
        progress: &dyn Progress,
        mut visit: impl FnMut(Batch) -> Result<()>,
    ) -> Result<()> {
        let mut gathered = Gathered::default();
        let (mut number, mut n_tokens) = (1, 0);
        stream(corpus, &self.model.tokenizer, progress, |event| -> Result<()> {
            match event {
                TokenEvent::Token(token) => {
                    if parts == Parts::Cut(n_tokens) {
                        gathered.end(number, std::mem::take(&mut n_tokens));
                    }
                    n_tokens += 1;
                    gathered.ids.extend(self.model.vectors.id(token));
                    return Ok(());
                }
                TokenEvent::EndOfDocument => {
                    gathered.end(number, std::mem::take(&mut n_tokens));
                    if let Parts::WholeAndHalves { seed } = parts {
                        gathered.add_halves(number, seed);
                    }
                    number += 1;
                }
            }
            if gathered.ends.len() >= DOCUMENTS_PER_BATCH || gathered.ids.len() >= TOKENS_PER_BATCH {
                if progress.is_cancelled() {
                    return Err(Error::Interrupted);
                }
                visit(self.batch(std::mem::take(&mut gathered)))?;
            }
            Ok(())
        })?;
        if gathered.ends.is_empty() { Ok(()) } else { visit(self.batch(gathered)) }
    }

    fn batch(&self, mut gathered: Gathered) -> Batch {
        let mut parts = Vec::with_capacity(gathered.ends.len());
        let (mut rest, mut start) = (gathered.ids.as_mut_slice(), 0);
        for &end in &gathered.ends {
            let (ids, tail) = std::mem::take(&mut rest).split_at_mut(end - start);
            parts.push(ids);
            (rest, start) = (tail, end);
        }
        let rank = self.rank();
        let mut codes = vec![0.0; parts.len() * rank];
        let documents = parts
            .par_chunks_mut(DOCUMENTS_PER_TASK)
            .zip(gathered.n_tokens.par_chunks(DOCUMENTS_PER_TASK))
            .zip(codes.par_chunks_mut(DOCUMENTS_PER_TASK * rank))
            .flat_map_iter(|((parts, n_tokens), codes)| {
                let documents: Vec<WeightedWords> = parts.iter_mut().zip(n_tokens).map(|(ids, &n)| self.weigh(ids, n)).collect();
                self.encode_into(&documents, codes);
                documents
            })
            .collect();
        Batch { numbers: gathered.numbers, documents, codes }
    }
}

/// The sum of the squares, in `f64` and in order.
pub(super) fn squared_norm(numbers: &[f32]) -> f64 {
    numbers.iter().map(|&number| f64::from(number) * f64::from(number)).sum()
}

/// What a document is taken apart into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Parts {
    /// Itself.
    Whole,
    /// Documents of so many tokens.
    Cut(usize),
    /// Itself, and then two halves: each token goes into the one or the other by the throw of a coin, of which each document and place has
    /// its own.
    WholeAndHalves {
        /// Of the coins.
        seed: u64,
    },
}

/// Documents on their way into a batch.
#[derive(Default)]
struct Gathered {
    ids: Vec<WordId>,
    ends: Vec<usize>,
    numbers: Vec<u64>,
    n_tokens: Vec<usize>,
}

impl Gathered {
    fn end(&mut self, number: u64, n_tokens: usize) {
        self.ends.push(self.ids.len());
        self.numbers.push(number);
        self.n_tokens.push(n_tokens);
    }

    /// Adds the two halves of the document that was ended last.
    fn add_halves(&mut self, number: u64, seed: u64) {
        let end = self.ids.len();
        let start = if self.ends.len() == 1 { 0 } else { self.ends[self.ends.len() - 2] };
        for half in [false, true] {
            for place in start..end {
                let is_second = bits_at(seed, number, (place - start) as u64) & 1 == 1;
                if is_second == half {
                    self.ids.push(self.ids[place]);
                }
            }
            let before = *self.ends.last().expect("the whole document was ended");
            self.end(number, self.ids.len() - before);
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::config::{EmbedConfig, Recipe};
    use crate::corpus::OnBadUtf8;
    use crate::matrix::{Contexts, CountSettings};
    use crate::subsample::Subsampling;
    use crate::svd::RandomizedSvd;
    use crate::vocab::Cutoff;
    use crate::weight::Weighting;
    use crate::{Tokens, Vocab};

    /// Sixty documents of two subjects in words of their own, and of both.
    pub(crate) fn text() -> String {
        let (sea, sky) = (["ship", "sail", "wave", "harbour", "anchor"], ["star", "moon", "comet", "orbit", "planet"]);
        let mut text = String::new();
        for document in 0..60usize {
            for place in 0..(4 + document % 7) {
                let draw = bits_at(3, document as u64, place as u64) as usize;
                let subject = if document % 10 == 9 { (draw >> 20) & 1 } else { document & 1 };
                let word = if draw.is_multiple_of(5) {
                    "the"
                } else if subject == 0 {
                    sea[draw / 8 % 5]
                } else {
                    sky[draw / 8 % 5]
                };
                text.push_str(word);
                text.push(' ');
            }
            text.push_str(if document % 20 == 0 { "rare" } else { "" });
            text.push('\n');
        }
        text
    }

    pub(crate) fn corpus_of(folder: &std::path::Path, text: &str) -> Corpus {
        let path = folder.join("text");
        std::fs::write(&path, text).unwrap();
        Corpus::open(&[path.to_str().unwrap()], None, OnBadUtf8::Error).unwrap()
    }

    pub(crate) fn config(weighting: Weighting) -> EmbedConfig {
        EmbedConfig {
            cutoff: Cutoff { min_count: 2, max_words: None },
            weighting,
            svd: RandomizedSvd { tolerance: 1e-6, ..RandomizedSvd::new(4) },
            ..EmbedConfig::recipe(Recipe::Lsa)
        }
    }

    const WEIGHTINGS: [Weighting; 7] = [
        Weighting::Binary,
        Weighting::Count,
        Weighting::Log,
        Weighting::TfIdf,
        Weighting::LogEntropy,
        Weighting::Ppmi { smoothing: 0.75, shift: 1.0 },
        Weighting::SquareRoot { power: 0.5 },
    ];

    /// The weighted matrix of the corpus by the stages of the pipeline, dense.
    fn matrix(corpus: &Corpus, config: &EmbedConfig, model: &Model) -> Vec<Vec<f32>> {
        let mut tokens = Tokens::read(corpus, &model.tokenizer, config.memory, &()).unwrap();
        if let Some(n_tokens) = config.document_tokens {
            tokens.cut_documents(n_tokens);
        }
        let (vocab, sequences) = Vocab::count(tokens, config.cutoff, &()).unwrap();
        let mut counts = config.contexts.count(&sequences, vocab.words.len(), CountSettings::default(), &()).unwrap();
        if let Some(subsampling) = config.subsample {
            Subsampling::scale(&mut counts, &config.contexts, &subsampling.kept_shares(&vocab.counts), &()).unwrap();
        }
        config.weighting.apply(&mut counts, &()).unwrap();
        let blocks = counts.to_csr_blocks().unwrap();
        let rows = blocks.iter().flat_map(|block| block.outer_iterator());
        let dense = |row: sprs::CsVecViewI<'_, f32, u32>| {
            let mut dense = vec![0.0; vocab.words.len()];
            row.iter().for_each(|(column, &value)| dense[column] = value);
            dense
        };
        rows.map(dense).collect()
    }

    fn encoded(encoder: &Encoder, corpus: &Corpus, cut: Option<usize>) -> Batch {
        let mut batches = Vec::new();
        encoder
            .for_each_batch(corpus, cut, &(), |batch| {
                batches.push(batch);
                Ok(())
            })
            .unwrap();
        assert_eq!(batches.len(), 1);
        batches.remove(0)
    }

    /// Every document of the corpus has the weights of its row, to the bit, and its code is the row's product with `V`, whose columns are
    /// orthonormal and whose products with the rows have the singular values for lengths.
    #[track_caller]
    fn agrees_with_the_matrix(config: &EmbedConfig) {
        let folder = tempfile::tempdir().unwrap();
        let corpus = corpus_of(folder.path(), &text());
        let model = crate::embed(&corpus, config, &()).unwrap();
        let encoder = Encoder::new(&model).unwrap();
        let batch = encoded(&encoder, &corpus, config.document_tokens);
        let rows = matrix(&corpus, config, &model);
        assert_eq!(batch.documents.len(), rows.len());
        let rank = encoder.rank();
        let mut squares = vec![0.0; rank];
        for ((document, z), row) in batch.documents.iter().zip(batch.codes.chunks_exact(rank)).zip(&rows) {
            let known: Vec<(u32, f32)> = row.iter().enumerate().filter(|(_, x)| **x != 0.0).map(|(j, &x)| (j as u32, x)).collect();
            assert_eq!(document.words.iter().map(|word| word.0).zip(document.weights.iter().copied()).collect::<Vec<_>>(), known);
            squares.iter_mut().zip(z).for_each(|(sum, &z)| *sum += f64::from(z) * f64::from(z));
            // V z for a unit vector z is a column of V: its product with the row is that component.
            for (component, &z) in z.iter().enumerate() {
                let mut unit = vec![0.0; rank];
                unit[component] = 1.0;
                let product: f64 = encoder.decode(&unit).iter().zip(row).map(|(&v, &x)| f64::from(v) * f64::from(x)).sum();
                assert!((product - f64::from(z)).abs() < 1e-5 * document.squared_norm().sqrt().max(1.0), "{product} {z}");
            }
        }
        for (square, value) in squares.iter().zip(&model.provenance.spectrum.singular_values) {
            assert!((square.sqrt() - value).abs() < 1e-4 * value, "{} {value}", square.sqrt());
        }
    }

    #[test]
    fn a_document_of_the_corpus_has_the_code_of_its_row() {
        for weighting in WEIGHTINGS {
            agrees_with_the_matrix(&config(weighting));
            agrees_with_the_matrix(&EmbedConfig { sigma_exponent: 0.75, drop_components: 1, ..config(weighting) });
        }
        let square_root = config(Weighting::SquareRoot { power: 0.5 });
        agrees_with_the_matrix(&EmbedConfig { center: true, sigma_exponent: 1.0, ..square_root.clone() });
        agrees_with_the_matrix(&EmbedConfig { document_tokens: Some(3), ..square_root.clone() });
        agrees_with_the_matrix(&EmbedConfig { subsample: Some(Subsampling { threshold: 0.01, random: false }), ..square_root });
    }

    #[test]
    fn a_model_of_windows_takes_a_document_for_one_more_context() {
        let folder = tempfile::tempdir().unwrap();
        let corpus = corpus_of(folder.path(), &text());
        let config = EmbedConfig {
            contexts: Contexts::default(),
            drop_components: 1,
            sigma_exponent: 0.5,
            ..config(Weighting::SquareRoot { power: 0.5 })
        };
        let model = crate::embed(&corpus, &config, &()).unwrap();
        let encoder = Encoder::new(&model).unwrap();
        let document = encoder.weigh_text("ship ship sail unknown").unwrap();
        assert_eq!((document.n_tokens, document.n_known, document.words.len()), (4, 3, 2));
        let z = encoder.encode(&document);
        assert_eq!((z.len(), encoder.part(&z, Components::Kept).len()), (4, 3));
        // The sum of the words' vectors, each times its weight, but for the power of the singular values.
        let values = &model.provenance.spectrum.singular_values;
        for component in 0..3 {
            let sum: f32 =
                document.words.iter().zip(&document.weights).map(|(&word, weight)| weight * model.vectors.vector(word)[component]).sum();
            let expected = sum / values[component + 1].sqrt() as f32;
            assert!((z[component + 1] - expected).abs() < 1e-5, "{z:?} {expected}");
        }
    }

    #[test]
    fn codes_have_the_same_bits_in_any_company_and_on_any_number_of_threads() {
        let folder = tempfile::tempdir().unwrap();
        let corpus = corpus_of(folder.path(), &text());
        let model = crate::embed(&corpus, &config(Weighting::TfIdf), &()).unwrap();
        let encoder = Encoder::new(&model).unwrap();
        let expected = encoded(&encoder, &corpus, None);
        for n_threads in [1, 2, 3, 8] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap();
            assert_eq!(pool.install(|| encoded(&encoder, &corpus, None)).codes, expected.codes);
        }
        for (line, z) in text().lines().zip(expected.codes.chunks_exact(encoder.rank())) {
            assert_eq!(encoder.encode(&encoder.weigh_text(line).unwrap()), z);
        }
    }

    #[test]
    fn documents_without_a_known_word_have_no_words() {
        let folder = tempfile::tempdir().unwrap();
        let model = crate::embed(&corpus_of(folder.path(), &text()), &config(Weighting::Count), &()).unwrap();
        let encoder = Encoder::new(&model).unwrap();
        let corpus = corpus_of(folder.path(), "ship\n\nunknown words\nstar star\n");
        let batch = encoded(&encoder, &corpus, None);
        assert_eq!(batch.numbers, [1, 2, 3, 4]);
        assert_eq!(batch.documents.iter().map(|document| document.words.len()).collect::<Vec<_>>(), [1, 0, 0, 1]);
        assert_eq!(batch.documents[2].n_tokens, 2);
        let old = Model { encoding: None, ..model };
        assert_eq!(
            Encoder::new(&old).unwrap_err().to_string(),
            "the model has no `encoder.safetensors`, without which documents cannot be encoded\nhint: it was made by an earlier version; embed its corpus again"
        );
    }

    #[test]
    fn halves_are_parts_of_the_whole() {
        let folder = tempfile::tempdir().unwrap();
        let corpus = corpus_of(folder.path(), &text());
        let model = crate::embed(&corpus, &config(Weighting::Count), &()).unwrap();
        let encoder = Encoder::new(&model).unwrap();
        let mut n_first = 0;
        encoder
            .for_each_batch_of(&corpus, Parts::WholeAndHalves { seed: 1 }, &(), |batch| {
                for documents in batch.documents.chunks_exact(3) {
                    let sum = |document: &WeightedWords| document.weights.iter().sum::<f32>();
                    assert_eq!(sum(&documents[0]), sum(&documents[1]) + sum(&documents[2]));
                    n_first += documents[1].n_known;
                }
                Ok(())
            })
            .unwrap();
        // Some 400 tokens.
        assert!((150..250).contains(&n_first), "{n_first}");
    }
}
