//! Nonlinear and variational autoencoders of the rows of a matrix, trained by gradient descent; the
//! counterpart of the SVD, which is the best linear one.
//!
//! In: the weighted documents `x` (`d` words) and, for a multinomial loss, their counts. The
//! encoder is `h = tanh(x' A + a)` (`hidden` numbers), `mu = h M^T + m` (`dim` numbers; without
//! `h`, `mu = x' A`, for [`NetworkKind::Linear`]), the decoder `o = W z + b`. Out: `A`, `a`, `M`,
//! `m`, `b`, a [`Network`], and `W`, the word vectors.
//!
//! - [`Loss::Squared`]: `|x - o|^2` over the weights, in units in which the mean `|x|^2` is 1,
//!   `x' = x`. The linear one has no biases: its best loss is the SVD's.
//! - [`Loss::Multinomial`]: `-sum_j n_j ln softmax(o)_j` over the counts `n` of the document's
//!   words, whatever their weights are; `x' = x / |x|` (Liang, Krishnan, Hoffman & Jebara 2018,
//!   "Variational autoencoders for collaborative filtering").
//! - [`NetworkKind::Vae`] (Kingma & Welling 2014, "Auto-encoding variational Bayes"): the code is
//!   drawn, `z = mu + sigma * eps` with `ln sigma^2 = h S^T + s`, and
//!   `kl_weight * KL(N(mu, sigma^2) || N(0, I))` is added, the weight rising from 0 over the first
//!   `kl_annealing_epochs` epochs (Bowman et al. 2016).
//! - While it learns, a share `dropout` of the words of a document is left out of `x'` (denoising,
//!   Vincent et al. 2008), the others weigh the more.
//!
//! A network knows rows and columns and has never heard of a word. The training is in the feature
//! `neural`; what is here is read and used without it.

#[cfg(feature = "neural")]
mod adam;

mod builder;
#[cfg(feature = "neural")]
mod checkpoint;
#[cfg(feature = "neural")]
mod decoder;
mod exp;
#[cfg(all(test, feature = "neural"))]
mod gradient_tests;
#[cfg(feature = "neural")]
mod parameters;
#[cfg(feature = "neural")]
mod rows;
#[cfg(all(test, feature = "neural"))]
mod tests;
#[cfg(feature = "neural")]
mod train;

use serde::{Deserialize, Serialize};

use crate::base::error::{Error, Result};
use crate::linalg::dot::dot;
use crate::linalg::instructions::arch;

pub(crate) use exp::{exp, tanh};
#[cfg(feature = "neural")]
pub(crate) use rows::SparseRows;
#[cfg(feature = "neural")]
pub(crate) use train::{Run, Trained, memory_bytes};

/// What learns to give documents back.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum NetworkKind {
    /// `z = x A`: what the SVD does, by gradient descent.
    Linear,
    /// With a hidden layer.
    Autoencoder,
    /// Variational: documents are distributions of codes, drawn to `N(0, I)` all together.
    Vae {
        /// The weight of the divergence from `N(0, I)`, at least 0: 1 is the evidence bound of a
        /// multinomial loss, less spends more on the documents.
        kl_weight: f64,
        /// Epochs over which the weight rises from 0, linearly.
        kl_annealing_epochs: usize,
    },
}

/// How a document and what is given back are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Loss {
    /// As draws of words: `-sum_j n_j ln p_j` over the counts.
    Multinomial,
    /// `|x - x~|^2` over the weights.
    Squared,
}

/// Every parameter of a network and its training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct NetworkConfig {
    /// What learns.
    pub encoder: NetworkKind,
    /// The loss. Default: multinomial; squared for the linear one.
    pub loss: Loss,
    /// Numbers in the hidden layer, at least 1; the linear one has none. Default: 300.
    pub hidden_size: usize,
    /// How often every document is seen, at least 1. Default: 20.
    pub epochs: usize,
    /// Documents in a step, at least 1. Default: 128.
    pub batch_size: usize,
    /// The rate of Adam at the first step, above 0; it falls to 0 along half a cosine (Loshchilov &
    /// Hutter 2017). Default: 0.003.
    pub learning_rate: f64,
    /// The share of a document's words that the encoder does not see while it learns, from 0, below
    /// 1. Default: 0.5; 0 for the linear one.
    pub dropout: f64,
}

impl NetworkKind {
    /// The default weight of the divergence.
    pub const KL_WEIGHT: f64 = 0.2;
}

impl NetworkConfig {
    /// The defaults of a kind.
    pub fn new(encoder: NetworkKind) -> Self {
        let is_linear = encoder == NetworkKind::Linear;
        Self {
            encoder,
            loss: if is_linear { Loss::Squared } else { Loss::Multinomial },
            hidden_size: if is_linear { 0 } else { 300 },
            epochs: 20,
            batch_size: 128,
            learning_rate: 3e-3,
            dropout: if is_linear { 0.0 } else { 0.5 },
        }
    }

    /// The name of the encoder, as its flag has it.
    pub fn name(&self) -> &'static str {
        match self.encoder {
            NetworkKind::Linear => "linear",
            NetworkKind::Autoencoder => "autoencoder",
            NetworkKind::Vae { .. } => "vae",
        }
    }

    /// Refuses parameters that make no sense.
    ///
    /// # Errors
    /// [`Error::Parameter`], naming the first such parameter.
    pub fn check(&self) -> Result<()> {
        let refuse = |name, found: String, expected: &str| {
            Err(Error::Parameter { name, found, expected: expected.to_owned() })
        };
        match (self.encoder, self.hidden_size) {
            (NetworkKind::Linear, 1..) => {
                return refuse(
                    "hidden_size",
                    self.hidden_size.to_string(),
                    "none where the encoder is linear",
                );
            }
            (NetworkKind::Autoencoder | NetworkKind::Vae { .. }, 0) => {
                return refuse("hidden_size", "0".to_owned(), "at least 1");
            }
            _ => {}
        }
        for (name, number) in [("epochs", self.epochs), ("batch_size", self.batch_size)] {
            if number == 0 {
                return refuse(name, "0".to_owned(), "at least 1");
            }
        }
        if !(self.learning_rate > 0.0 && self.learning_rate.is_finite()) {
            return refuse("learning_rate", self.learning_rate.to_string(), "a number above 0");
        }
        if !(0.0..1.0).contains(&self.dropout) {
            return refuse("dropout", self.dropout.to_string(), "a number from 0, below 1");
        }
        match self.encoder {
            NetworkKind::Vae { kl_weight, .. } if !(kl_weight >= 0.0 && kl_weight.is_finite()) => {
                refuse("kl_weight", kl_weight.to_string(), "a number of at least 0")
            }
            _ => Ok(()),
        }
    }

    /// The shapes of a network for `n_words` words and codes of `dim` numbers: name, rows and
    /// columns of each tensor, in the order of their storage.
    pub(crate) fn shapes(&self, n_words: usize, dim: usize) -> [(&'static str, [usize; 2]); 7] {
        let is_vae = usize::from(matches!(self.encoder, NetworkKind::Vae { .. }));
        let is_deep = usize::from(self.encoder != NetworkKind::Linear);
        let has_bias =
            usize::from(self.encoder != NetworkKind::Linear || self.loss == Loss::Multinomial);
        let first = if is_deep == 1 { self.hidden_size } else { dim };
        [
            ("input", [n_words, first]),
            ("hidden_bias", [is_deep, self.hidden_size]),
            ("mean", [is_deep * dim, self.hidden_size]),
            ("mean_bias", [is_deep, dim]),
            ("log_variance", [is_vae * dim, self.hidden_size]),
            ("log_variance_bias", [is_vae, dim]),
            ("decoder_bias", [has_bias, n_words]),
        ]
    }
}

/// A trained encoder, and the bias of its decoder; the decoder's weights are the word vectors.
/// Matrices are row-major.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Network {
    /// `A`: `n_words x hidden` (`n_words x dim` if linear).
    pub input: Vec<f32>,
    /// `a`: `hidden`; empty if linear.
    pub hidden_bias: Vec<f32>,
    /// `M`: `dim x hidden`; empty if linear.
    pub mean: Vec<f32>,
    /// `m`: `dim`; empty if linear.
    pub mean_bias: Vec<f32>,
    /// `S`: `dim x hidden`; empty if not variational.
    pub log_variance: Vec<f32>,
    /// `s`: `dim`; empty if not variational.
    pub log_variance_bias: Vec<f32>,
    /// `b`: `n_words`; empty if linear with a squared loss.
    pub decoder_bias: Vec<f32>,
    /// What the weights of a squared loss were multiplied with.
    pub scale: f64,
}

impl Network {
    /// The tensors, in the order of [`NetworkConfig::shapes`].
    pub(crate) fn tensors(&self) -> [&Vec<f32>; 7] {
        [
            &self.input,
            &self.hidden_bias,
            &self.mean,
            &self.mean_bias,
            &self.log_variance,
            &self.log_variance_bias,
            &self.decoder_bias,
        ]
    }

    /// Puts a network together from its tensors.
    pub(crate) fn from_tensors(tensors: [Vec<f32>; 7], scale: f64) -> Self {
        let [input, hidden_bias, mean, mean_bias, log_variance, log_variance_bias, decoder_bias] =
            tensors;
        Self {
            input,
            hidden_bias,
            mean,
            mean_bias,
            log_variance,
            log_variance_bias,
            decoder_bias,
            scale,
        }
    }

    /// What the weights `x` of a document are multiplied with before they go in.
    pub(crate) fn input_factor(&self, loss: Loss, weights: &[f32]) -> f32 {
        match loss {
            Loss::Squared => self.scale as f32,
            Loss::Multinomial => inverse_length(weights),
        }
    }

    /// Makes `mu` of `x' A`, in place if that is `mu` already; with room for it, `ln sigma^2` of a
    /// variational encoder too.
    pub(crate) fn finish(
        &self,
        first: &mut [f32],
        mu: &mut [f32],
        log_variance: Option<&mut [f32]>,
    ) {
        if self.hidden_bias.is_empty() {
            mu.copy_from_slice(first);
            return;
        }
        arch().dispatch(|| {
            first.iter_mut().zip(&self.hidden_bias).for_each(|(h, bias)| *h = tanh(*h + bias));
            layer(&self.mean, &self.mean_bias, first, mu);
            if let Some(log_variance) = log_variance {
                layer(&self.log_variance, &self.log_variance_bias, first, log_variance);
            }
        });
    }
}

/// `1 / |x|`, or 0.
pub(crate) fn inverse_length(weights: &[f32]) -> f32 {
    let square: f64 = weights.iter().map(|&weight| f64::from(weight) * f64::from(weight)).sum();
    if square > 0.0 { (1.0 / square.sqrt()) as f32 } else { 0.0 }
}

#[inline(always)]
fn layer(weights: &[f32], bias: &[f32], input: &[f32], output: &mut [f32]) {
    for ((output, row), bias) in output.iter_mut().zip(weights.chunks_exact(input.len())).zip(bias)
    {
        *output = dot(row, input) + bias;
    }
}

/// How a training went; kept with the model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Training {
    /// What each epoch lost, while it learned.
    pub epochs: Vec<EpochLosses>,
    /// The mean loss of a document at the end, nothing left out and nothing drawn: nats for a
    /// multinomial loss, the share of `|X|_F^2` for a squared one.
    pub loss: f64,
    /// The codes of the documents, number by number; variational encoders alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub latent: Vec<LatentDimension>,
}

/// The mean losses of an epoch's documents.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct EpochLosses {
    /// Of giving the document back, as in [`Training::loss`] but with words left out and codes
    /// drawn.
    pub reconstruction: f64,
    /// `KL(N(mu, sigma^2) || N(0, I))` in nats, without its weight; 0 if not variational.
    pub kl: f64,
    /// Its weight at the end of the epoch.
    pub kl_weight: f64,
}

/// One number of the codes over all documents.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LatentDimension {
    /// The mean of `mu`.
    pub mean: f64,
    /// The variance of `mu` over the documents.
    pub variance: f64,
    /// The mean of `sigma^2`; with [`LatentDimension::variance`] it is the variance of the codes
    /// drawn, 1 if they are as `N(0, 1)`.
    pub posterior_variance: f64,
}

impl LatentDimension {
    /// Above this variance of `mu` a dimension counts as used (Burda, Grosse & Salakhutdinov 2016,
    /// "Importance weighted autoencoders", section 5.2).
    pub const ACTIVE: f64 = 0.01;

    /// Whether the dimension tells documents apart.
    pub fn is_active(&self) -> bool {
        self.variance > Self::ACTIVE
    }
}
