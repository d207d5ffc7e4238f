//! How points are placed on a plane: the options that several kinds of pictures share.

use clap::ValueEnum;

use crate::cli::documents::plane::Near;

#[derive(Debug, clap::Args)]
pub(super) struct LayoutArgs {
    /// How points are placed
    #[arg(long, value_enum, default_value_t = Layout::Neighbors, value_name = "LAYOUT")]
    layout: Layout,
    /// Number of neighbours that the layout keeps close to each point
    ///
    /// Fewer show small groups, more show the whole.
    #[arg(
        long,
        default_value_t = 15,
        value_name = "N",
        value_parser = clap::value_parser!(u32).range(2..),
    )]
    neighbors: u32,
    /// Seed of the layout, of the groups if there are any, and of the places of names
    #[arg(long, default_value_t = 42, value_name = "SEED")]
    pub(super) seed: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Layout {
    /// Keep neighbours close (after UMAP, McInnes, Healy & Melville 2018)
    Neighbors,
    /// The two principal components: the plane of largest variance
    Pca,
}

impl LayoutArgs {
    /// What the places of points need; `None`: principal components.
    pub(super) fn near(&self) -> Option<Near> {
        match self.layout {
            Layout::Neighbors => Some(Near { neighbors: self.neighbors, seed: self.seed }),
            Layout::Pca => None,
        }
    }
}
