//! Groups of points at three resolutions, named by words.

use anyhow::Result;
use eigenlex::encode::{Codes, Encoder};
use eigenlex::query::KMeans;

use super::data::{Group, Level, NONE, packed};
use crate::cli::documents::named_clusters::NamedClusters;
use crate::cli::documents::word_groups::{NamedWord, WordGroups};
use crate::cli::output::bars::Bars;

/// Groups of a level, from coarse to fine; fewer where there are few points.
const SIZES: [usize; 3] = [8, 24, 72];

/// Points of a group on average, at least.
const FEWEST: usize = 12;

/// Words of the name of a group of documents.
const NAMING_WORDS: usize = 3;

/// The numbers of groups for so many points.
fn sizes(n_points: usize) -> Vec<usize> {
    let mut sizes: Vec<usize> = SIZES.into_iter().filter(|n| n * FEWEST <= n_points).collect();
    if sizes.is_empty() && n_points >= 2 * FEWEST {
        sizes.push(n_points / FEWEST);
    }
    sizes
}

fn means(n_groups: usize, seed: u64) -> KMeans {
    let mut means = KMeans::new(n_groups);
    (means.n_starts, means.seed) = (3, seed);
    means
}

/// Groups of documents. `n_others` points follow them, in no group.
pub(super) fn of_documents(
    encoder: &Encoder,
    codes: &Codes,
    n_others: usize,
    seed: u64,
    bars: &Bars,
) -> Result<Vec<Level>> {
    let level = |n_groups| {
        let found =
            NamedClusters::find(encoder, codes, &means(n_groups, seed), NAMING_WORDS, bars)?;
        let groups = found.clusters.into_iter();
        let groups = groups.map(|it| Group { name: it.words.join(" "), n: it.size }).collect();
        let of_points = found.of_rows.iter().map(|&group| group as u16);
        Ok(Level { of_points: packed(of_points.chain((0..n_others).map(|_| NONE))), groups })
    };
    sizes(codes.len()).into_iter().map(level).collect()
}

/// Groups of words; `units` are their vectors at length 1.
pub(super) fn of_words(
    words: &[NamedWord<'_>],
    units: &[f32],
    dim: usize,
    seed: u64,
    bars: &Bars,
) -> Result<Vec<Level>> {
    let level = |n_groups| {
        let found = WordGroups::find(words, units, dim, n_groups, seed, bars)?;
        let name = |naming: &[usize]| {
            let names: Vec<&str> = naming.iter().map(|&place| words[place].spelling).collect();
            names.join(" ")
        };
        let groups = found.members.iter().map(|it| Group { name: name(&it.naming), n: it.size });
        Ok(Level {
            groups: groups.collect(),
            of_points: packed(found.of_words.iter().map(|&group| group as u16)),
        })
    };
    sizes(words.len()).into_iter().map(level).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_points_have_few_groups() {
        assert_eq!(sizes(100_000), [8, 24, 72]);
        assert_eq!(sizes(300), [8, 24]);
        assert_eq!(sizes(60), [5]);
        assert!(sizes(20).is_empty());
    }
}
