//! Commands about documents.

pub(crate) mod answers;
pub(crate) mod cluster;
pub(crate) mod complete;
pub(crate) mod encode;
pub(crate) mod generate;
pub(crate) mod inputs;
pub(crate) mod labels;
mod latent;
pub(crate) mod named_clusters;
pub(crate) mod outliers;
pub(crate) mod plane;
pub(crate) mod reconstruct;
pub(crate) mod search;
pub(crate) mod similar_documents;
pub(crate) mod spectrum;
pub(crate) mod spectrum_report;
pub(crate) mod word_groups;
