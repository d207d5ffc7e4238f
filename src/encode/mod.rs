//! Documents: their latent codes, and what can be done with them.
//!
//! The truncated SVD `X ~ U_k S_k V_k^T` is the best linear autoencoder of the rows of `X` (Eckart
//! & Young 1936; Baldi & Hornik 1989): the encoder is `z = V^T x`, the decoder `x~ = V z`, the loss
//! of a document `|x - x~|^2 = |x|^2 - |z|^2`. So a code compresses a document, and the documents
//! that are alike have codes that point the same way ([`nearest_codes`]); `x~` leaves out of a
//! document what no other document has (denoising, [`Encoder::decode`]) and adds words that belong
//! to it (inpainting, [`complete`](fn@complete)); the loss tells how well the model knows such
//! documents ([`Outliers`]), and the losses of documents that it has never seen how many components
//! are worth having ([`HeldOut`]).
//!
//! A model whose encoder is a [`network`](crate::network) answers by the same interface: `z` is
//! what its encoder makes of `x`, `x~` what its decoder makes of `z`, weights or expected counts.
//! What rests on an order of components ([`HeldOut`], [`SpectrumLosses`],
//! [`stability`](fn@stability)) it has not; documents can be drawn from a variational one
//! ([`generate`](fn@generate)).

// In the order of the data.
mod options;

mod document;

mod document_words;

mod linear;

mod neural;

mod encoder;

mod batches;

mod codes_file;

mod codes;

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

mod neighbor_layout;

mod cluster_words;

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
pub use neighbor_layout::NeighborLayout;
pub use options::{CompletionOrder, Components};
pub use outliers::{DocumentLoss, Outliers, document_losses};
pub use principal::principal_plane;
pub use search::{FoundBy, Query, SearchAnswer, SearchAnswers, search};
pub(crate) use snippets::for_each_text;
pub use snippets::{Relevance, snippets};
pub use spectrum::{GAP, SpectrumLosses, gap};
pub use stability::{Stability, stability};

#[cfg(all(test, feature = "neural"))]
pub(crate) use neural::tests as neural_tests;
