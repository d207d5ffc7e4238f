//! Folding documents in: from the words of a document to its code `z = V^T x`, and back from a code
//! to words.
//!
//! In: a [`Model`] and documents. Out: for each document its weighted words `x` and `z`, of all
//! `rank` components of the decomposition, the dropped ones first. The model's own tokenizer and
//! phrases make the tokens; the counts of a document are weighted by the model's weighting with the
//! statistics of the model's corpus
//! ([`Weighting::weigh_row`](crate::weighting::Weighting::weigh_row)). So a document of that corpus
//! has exactly the weights that it had there, to the bit. Its code is its row of `X V = U S` up to
//! the rounding of `f32` (1e-6 of its length), since the sum has another order, and `V` is computed
//! from the stored `V S^p` by a division.
//!
//! Deerwester et al. 1990, "Indexing by latent semantic analysis", section 4.3
//! ("pseudo-documents"), fold in with `x^T V S^-1`, which is the row of `U`; here it is the row of
//! `U S`, so that lengths and products are those of the best approximation of `x`.
//!
//! In a model of windows the rows are contexts: row i is like a document of all words around word
//! i. A document is one more such row. If frequent words were downsampled, their counts are
//! multiplied by the expected share here, also if the corpus was downsampled at random.
//!
//! A model whose encoder is a network has the same interface: `z` is its `mu(x)`, `x~` the output
//! of its decoder.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::document::WeightedWords;
use super::linear::Linear;
use super::neural::Neural;
use super::options::{CompletionOrder, Components};
use super::stand_ins::StandIns;
use crate::base::error::{Error, Result};
use crate::base::functions::exp;
use crate::base::words::WordId;
use crate::model::Encoding;
use crate::model::Model;
use crate::network::Loss;
use crate::operator::kernel::SparseView;
use crate::weighting::formulas::Weighting;

/// Encodes documents with a model.
///
/// ```
/// use eigenlex::encode::Encoder;
/// use eigenlex::{Corpus, EmbedConfig};
/// let corpus = Corpus::open("corpora/english.txt")?;
/// let model = eigenlex::embed(&corpus, &EmbedConfig::lsa().dim(20), &())?;
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
    code: Code<'a>,
    weighting: Weighting,
    /// The share of the tokens of each word that counts, if frequent words are downsampled.
    shares: Option<Vec<f64>>,
    /// What counts for unknown words, if they count.
    stand_ins: Option<Arc<StandIns<'a>>>,
}

/// The part that encodes and decodes.
#[derive(Debug, Clone)]
enum Code<'a> {
    Linear(Linear<'a>),
    Neural(Neural<'a>),
}

impl<'a> Encoder<'a> {
    /// An encoder for a model.
    ///
    /// # Errors
    /// [`Error::NoEncoder`] if the model was written by a version without statistics.
    pub fn new(model: &'a Model) -> Result<Self> {
        let encoding = model.encoding.as_ref().ok_or(Error::NoEncoder)?;
        let config = &model.provenance.config;
        let code = match (&encoding.network, &config.network) {
            (Some(network), Some(config)) => Code::Neural(Neural::new(model, network, config)),
            _ => Code::Linear(Linear::new(model, encoding)),
        };
        let shares = config.subsample.map(|subsampling| subsampling.kept_shares(&model.counts));
        Ok(Self { model, encoding, code, weighting: config.weighting, shares, stand_ins: None })
    }

    /// The same encoder, for which an unknown word counts as the known word that is nearest to
    /// what its spelling predicts; [`query::guess`](crate::query::guess) says how.
    ///
    /// # Errors
    /// [`Error::NoNGrams`] if the model has no n-gram vectors.
    pub fn guessing_unknown_words(self) -> Result<Self> {
        let model = self.model;
        let ngrams = model.ngrams.as_ref().ok_or(Error::NoNGrams)?;
        Ok(Self { stand_ins: Some(Arc::new(StandIns::new(&model.vectors, ngrams))), ..self })
    }

    /// How many distinct unknown words have counted as known ones.
    pub fn n_guessed(&self) -> usize {
        self.stand_ins.as_ref().map_or(0, |stand_ins| stand_ins.len())
    }

    /// The unknown words of a text that count, each with the known word as which it counts.
    ///
    /// # Errors
    /// As [`Encoder::weigh_text`].
    pub fn guessed_words(&self, text: &str) -> Result<BTreeMap<String, &'a str>> {
        let mut guessed = BTreeMap::new();
        for word in self.words_of(text)?.into_keys() {
            if self.model.vectors.id(&word).is_none()
                && let Some(id) = self.id_of(&word)?
            {
                guessed.insert(word, self.model.vectors.words().spelling(id));
            }
        }
        Ok(guessed)
    }

    /// Whether a token is unknown and will be guessed, which takes milliseconds.
    pub(super) fn looks_long_for(&self, token: &str) -> bool {
        self.stand_ins.is_some() && self.model.vectors.id(token).is_none()
    }

    /// The word that a token counts as: itself, or what stands for an unknown one.
    ///
    /// # Errors
    /// As [`query::guess`](crate::query::guess).
    pub(super) fn id_of(&self, token: &str) -> Result<Option<WordId>> {
        match (self.model.vectors.id(token), &self.stand_ins) {
            (None, Some(stand_ins)) => stand_ins.of(token),
            (id, _) => Ok(id),
        }
    }

    /// The same, but the weights of words are their counts, without downsampling; its codes mean
    /// nothing.
    pub(crate) fn counting(&self) -> Self {
        Self {
            weighting: Weighting::Count,
            shares: None,
            code: self.code.clone(),
            stand_ins: self.stand_ins.clone(),
            ..*self
        }
    }

    /// The model.
    pub fn model(&self) -> &'a Model {
        self.model
    }

    /// The length of `z`: the components of the decomposition, including dropped ones, or the
    /// dimension of a network's codes.
    pub fn rank(&self) -> usize {
        match &self.code {
            Code::Linear(linear) => linear.rank(),
            Code::Neural(_) => self.model.vectors.dim(),
        }
    }

    /// The kind of the encoder: `svd`, `linear`, `autoencoder` or `vae`.
    pub fn name(&self) -> &'static str {
        match &self.code {
            Code::Linear(_) => "svd",
            Code::Neural(neural) => neural.config.name(),
        }
    }

    /// The loss that compares a document and its reconstruction.
    pub fn loss(&self) -> Loss {
        match &self.code {
            Code::Linear(_) => Loss::Squared,
            Code::Neural(neural) => neural.config.loss,
        }
    }

    /// Whether the encoder is variational: its codes are distributions, together near `N(0, I)`.
    pub fn is_variational(&self) -> bool {
        self.encoding.network.as_ref().is_some_and(|network| !network.log_variance_bias.is_empty())
    }

    /// Refuses a question that only singular vectors can answer.
    pub(super) fn is_decomposition(&self, what: &'static str) -> Result<()> {
        match &self.code {
            Code::Linear(_) => Ok(()),
            Code::Neural(_) => Err(Error::NotOfEncoder {
                what,
                encoder: self.name(),
                reason: "its codes have no components in an order",
            }),
        }
    }

    /// How many of the first components the model drops from its vectors, and from its codes unless
    /// they are asked for.
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

    /// All words of a text with their counts, by the model's tokenizer, also those that the model
    /// does not know.
    ///
    /// # Errors
    /// A `tokenizer.json` may refuse a text.
    pub fn words_of(&self, text: &str) -> Result<BTreeMap<String, u32>> {
        let mut words = BTreeMap::new();
        self.model
            .tokenizer
            .tokenize(text, |token| *words.entry(token.to_owned()).or_insert(0) += 1)?;
        Ok(words)
    }

    /// The words of a text with their weights.
    ///
    /// # Errors
    /// A `tokenizer.json` may refuse a text.
    pub fn weigh_text(&self, text: &str) -> Result<WeightedWords> {
        let (mut ids, mut n_tokens) = (Vec::new(), 0);
        let mut looked_up = Ok(());
        self.model.tokenizer.tokenize(text, |token| {
            n_tokens += 1;
            match self.id_of(token) {
                Ok(id) => ids.extend(id),
                Err(error) => looked_up = Err(error),
            }
        })?;
        looked_up?;
        Ok(self.weigh(&mut ids, n_tokens))
    }

    /// The weights of the words of a document, given as the ids of its known tokens, which are
    /// sorted here.
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
        let counts =
            columns.iter().zip(&weights).map(|(&id, &count)| (WordId(id), count)).collect();
        self.weighting.weigh_row(&self.encoding.statistics, &columns, &mut weights);
        let nonzero = || weights.iter().map(|&weight| weight != 0.0);
        let words = columns
            .iter()
            .zip(nonzero())
            .filter(|(_, kept)| *kept)
            .map(|(&id, _)| WordId(id))
            .collect();
        let weights = weights.iter().copied().filter(|&weight| weight != 0.0).collect();
        WeightedWords { words, weights, n_tokens, n_known: ids.len(), counts }
    }

    /// `z`: `V^T x` of all components, or the `mu` of a network.
    pub fn encode(&self, document: &WeightedWords) -> Vec<f32> {
        let mut z = vec![0.0; self.rank()];
        self.encode_into(std::slice::from_ref(document), &mut z);
        z
    }

    /// `z` of each of several documents, row after row.
    pub(super) fn encode_into(&self, documents: &[WeightedWords], z: &mut [f32]) {
        self.encode_with_variance(documents, z, None);
    }

    /// The same; with room for it, `ln sigma^2` of a variational encoder too.
    fn encode_with_variance(
        &self,
        documents: &[WeightedWords],
        z: &mut [f32],
        log_variance: Option<&mut [f32]>,
    ) {
        let (mut offsets, mut columns, mut values) = (vec![0usize], Vec::new(), Vec::new());
        for document in documents {
            columns.extend(document.words.iter().map(|word| word.0));
            values.extend_from_slice(&document.weights);
            offsets.push(columns.len());
        }
        let rows = SparseView { offsets: &offsets, columns: &columns, values: &values };
        match &self.code {
            Code::Linear(linear) => linear.encode_into(documents, rows, z),
            Code::Neural(neural) => neural.encode_into(documents, rows, z, log_variance),
        }
    }

    /// `KL(N(mu, sigma^2) || N(0, I))` of a document, in nats; `None` if the encoder is not
    /// variational.
    pub fn divergence(&self, document: &WeightedWords) -> Option<f64> {
        if !self.is_variational() {
            return None;
        }
        let (mut mu, mut log_variance) = (vec![0.0; self.rank()], vec![0.0; self.rank()]);
        self.encode_with_variance(std::slice::from_ref(document), &mut mu, Some(&mut log_variance));
        let numbers = mu.iter().zip(&log_variance).map(|(&mu, &v)| (f64::from(mu), f64::from(v)));
        Some(numbers.map(|(mu, v)| 0.5 * (mu * mu + exp(v) - v - 1.0)).sum())
    }

    /// `z` with each component times `s_i^2 / (s_i^2 + s_k^2)`, with k the rank: the result of the
    /// best linear autoencoder of rows with noise (Pretorius, Kroon & Kamper 2018, "Learning
    /// dynamics of linear denoising autoencoders") if the variance of the noise is that of the last
    /// component. Hidden words are found more often this way, see `docs/benchmarks/documents.md`.
    /// The codes of a network stay unchanged: it was trained with words left out.
    pub fn denoise(&self, z: &[f32]) -> Vec<f32> {
        match &self.code {
            Code::Linear(linear) => linear.denoise(z),
            Code::Neural(_) => z.to_vec(),
        }
    }

    /// Decodes a code into a value for each word: `x~ = V z` with the first `z.len()` components,
    /// or `W z + b` of a network, in weights; with a multinomial loss the probability of each word,
    /// `softmax(W z + b)`.
    ///
    /// # Panics
    /// If `z` is longer than the rank, or, with a network, not as long.
    pub fn decode(&self, z: &[f32]) -> Vec<f32> {
        assert!(
            z.len() <= self.rank(),
            "a code of {} numbers, {} components",
            z.len(),
            self.rank()
        );
        match &self.code {
            Code::Linear(linear) => linear.decode(z),
            Code::Neural(neural) => {
                assert_eq!(z.len(), self.rank(), "a code of a network is whole");
                neural.decode(z)
            }
        }
    }

    /// The effect of a difference of two codes on the weight of each word (with a multinomial loss
    /// on the logarithm of its probability, up to a constant): `V z` or `W z`.
    ///
    /// # Panics
    /// As [`Encoder::decode`].
    pub fn direction(&self, difference: &[f32]) -> Vec<f32> {
        assert!(
            difference.len() <= self.rank(),
            "a code of {} numbers, {} components",
            difference.len(),
            self.rank()
        );
        match &self.code {
            Code::Linear(linear) => linear.decode(difference),
            Code::Neural(neural) => neural.outputs(difference, false).0,
        }
    }

    /// The reconstruction of a document from its code, for comparison with [`Encoder::given`]:
    /// weights, or, with a multinomial loss, the expected counts of as many tokens.
    ///
    /// # Panics
    /// As [`Encoder::decode`].
    pub fn reconstruct(&self, document: &WeightedWords, z: &[f32]) -> Vec<f32> {
        let mut decoded = self.decode(z);
        if self.loss() == Loss::Multinomial {
            let n_tokens: f32 = document.counts.iter().map(|(_, count)| count).sum();
            decoded.iter_mut().for_each(|probability| *probability *= n_tokens);
        }
        decoded
    }

    /// What the reconstruction is compared with: the words of a document with their weights, or,
    /// with a multinomial loss, their counts.
    pub fn given(&self, document: &WeightedWords) -> Vec<(WordId, f32)> {
        match self.loss() {
            Loss::Multinomial => document.counts.clone(),
            Loss::Squared => {
                document.words.iter().copied().zip(document.weights.iter().copied()).collect()
            }
        }
    }

    /// Turns the counts of [`Encoder::reconstruct`] into weights. They stay counts if weights are 0
    /// or 1, which say nothing about expected counts.
    pub(crate) fn weights_of(&self, reconstructed: &[f32]) -> Vec<f32> {
        let mut weights = reconstructed.to_vec();
        if self.loss() == Loss::Multinomial && self.weighting != Weighting::Binary {
            let columns: Vec<u32> = (0..weights.len() as u32).collect();
            self.weighting.weigh_row(&self.encoding.statistics, &columns, &mut weights);
        }
        weights
    }

    /// For each word of the model how much one token of it adds to the product of a document's code
    /// and `z`, over the components that the model keeps.
    ///
    /// # Panics
    /// If `z` is not as long as the rank.
    pub fn nearness(&self, z: &[f32]) -> Vec<f64> {
        let mut kept = z.to_vec();
        if matches!(self.code, Code::Linear(_)) {
            kept[..self.n_dropped()].fill(0.0);
        }
        let products = self.direction(&kept);
        let terms: &[f64] = &self.encoding.statistics.terms;
        products
            .iter()
            .enumerate()
            .map(|(word, &product)| f64::from(product) * terms.get(word).copied().unwrap_or(1.0))
            .collect()
    }

    /// For each word its score as a completion of a document; greater is better.
    pub(crate) fn completion_scores(
        &self,
        order: CompletionOrder,
        document: &WeightedWords,
    ) -> Vec<f64> {
        let z = self.encode(document);
        if order != CompletionOrder::Fit {
            return self.order(order, &self.reconstruct(document, &self.denoise(&z)));
        }
        let cosines = match &self.code {
            Code::Linear(linear) => linear.word_cosines(&z, self.n_dropped()),
            Code::Neural(neural) => neural.word_cosines(&z),
        };
        let n_documents = self.model.provenance.n_documents.max(1) as f64;
        let of_word = |(cosine, &df): (f32, &u64)| {
            let df = df as f64;
            f64::from(cosine) * df.sqrt().sqrt() * (1.0 - df / n_documents).max(0.0)
        };
        cosines.into_iter().zip(&*self.model.document_frequencies).map(of_word).collect()
    }

    /// Scores that order the words of a reconstruction; greater is better. (Fit is not part of
    /// them.)
    pub(crate) fn order(&self, order: CompletionOrder, reconstructed: &[f32]) -> Vec<f64> {
        match (order, self.loss()) {
            (CompletionOrder::Count, Loss::Squared) => {
                let of_word = |(word, &weight)| {
                    self.weighting.count_order(&self.encoding.statistics, word, weight)
                };
                reconstructed.iter().enumerate().map(of_word).collect()
            }
            (CompletionOrder::Count, Loss::Multinomial) => {
                reconstructed.iter().map(|&count| f64::from(count)).collect()
            }
            (CompletionOrder::Weight | CompletionOrder::Fit, _) => {
                self.weights_of(reconstructed).into_iter().map(f64::from).collect()
            }
        }
    }
}
