//! What a page shows: the options of `explore`.

use crate::cli::documents::inputs::MaybeDocumentsArgs;
use crate::cli::documents::labels::LabelsArgs;
use crate::cli::documents::plane::Near;

/// What a page shows.
#[derive(Debug, clap::Args)]
pub(crate) struct PageArgs {
    /// Words on the plane [default: 10,000 without documents, 300 among them]
    ///
    /// Of several languages or slices, of each; the default is then 10,000 together.
    #[arg(long, value_name = "N")]
    pub(super) words: Option<usize>,
    /// Words that can be searched and computed with, the most frequent ones [default: 10,000]
    ///
    /// Of several languages or slices, of each; the default is then 20,000 together.
    #[arg(long, value_name = "N")]
    pub(super) vectors: Option<usize>,
    /// Characters of each text in the page
    #[arg(
        long,
        default_value_t = 2000,
        value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..),
    )]
    pub(super) text_length: u32,
    /// Number of neighbours that the plane keeps close to each point
    #[arg(
        long,
        default_value_t = 15,
        value_name = "N",
        value_parser = clap::value_parser!(u32).range(2..),
    )]
    pub(super) neighbors: u32,
    /// Seed of the plane and the groups
    #[arg(long, default_value_t = 42, value_name = "SEED")]
    pub(super) seed: u64,
    #[command(flatten)]
    pub(super) labels: LabelsArgs,
    #[command(flatten)]
    pub(super) documents: MaybeDocumentsArgs,
}

impl PageArgs {
    pub(super) fn near(&self) -> Near {
        Near { neighbors: self.neighbors, seed: self.seed }
    }
}
