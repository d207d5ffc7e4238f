//! Documents: their codes, and the questions that codes answer.
//!
//! The truncated SVD `X ~ U_k S_k V_k^T` is the best linear autoencoder of the rows of `X` (Eckart
//! & Young 1936; Baldi & Hornik 1989): the encoder is `z = V^T x`, the decoder `x~ = V z`, the loss
//! of a document `|x - x~|^2 = |x|^2 - |z|^2`. So a code compresses a document, and similar
//! documents have codes of nearly the same direction ([`nearest_codes`]). The reconstruction `x~`
//! lacks what no other document has (denoising, [`Encoder::decode`]) and has more words that fit
//! the document (inpainting, [`complete`](fn@complete)). The loss shows how well the model explains
//! a document ([`Outliers`]); the losses of unseen documents show how many components are useful
//! ([`HeldOut`]).
//!
//! A model whose encoder is a [`network`](crate::network) has the same interface: `z` is the output
//! of its encoder, `x~` that of its decoder, weights or expected counts. Its components have no
//! order, so [`HeldOut`], [`SpectrumLosses`] and [`stability`](fn@stability) refuse it. Documents
//! can be generated from a variational one ([`generate`](fn@generate)).

// In the order of the data.
mod options;

mod document;

mod document_words;

mod linear;

mod neural;

mod encoder;

mod batches;
mod stand_ins;

mod codes_file;

mod codes;

mod codes_bytes;

mod codes_writer;

mod nearest;

mod search;

mod model;

mod snippets;

mod complete;

mod generate;

mod outliers;

mod held_out;

mod spectrum;

mod stability;

mod dense_rows;

mod principal;

mod nearest_points;

mod neighbor_layout;

mod cluster_words;

mod passages;

mod topical_words;

#[cfg(all(test, feature = "neural"))]
pub(crate) mod neural_tests;

#[cfg(test)]
pub(crate) mod tests;

pub use batches::EncodedDocuments;
pub use cluster_words::cluster_words;
pub use codes::Codes;
pub use codes_file::CodesOrigin;
pub use codes_writer::{CodesFormat, CodesOptions, CodesWriter, Written, encode_to_file};
pub use complete::{Completion, complete};
pub(crate) use dense_rows::DenseRows;
pub use document::WeightedWords;
pub use document_words::{DocumentWords, WordMatch};
pub use encoder::Encoder;
pub use generate::generate;
pub use held_out::HeldOut;
pub use nearest::{FoundDocument, nearest_codes};
pub use nearest_points::{NearestPoints, nearest_points};
pub use neighbor_layout::NeighborLayout;
pub use options::{CompletionOrder, Components};
pub use outliers::{DocumentLoss, Outliers, document_losses};
pub use principal::principal_plane;
pub use search::{FoundBy, Query, SearchAnswer, SearchAnswers, search};
pub use snippets::{Relevance, for_each_text, snippet, snippets};
pub use spectrum::{GAP, SpectrumLosses, gap};
pub use stability::{Stability, stability};
pub use topical_words::TopicalWords;
