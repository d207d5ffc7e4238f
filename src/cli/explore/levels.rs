//! Groups of points at three resolutions, named by words.

use std::cmp::Reverse;

use anyhow::Result;
use eigenlex::encode::{Codes, Encoder};
use eigenlex::query::KMeans;

use super::data::{Group, Level, NONE, packed};
use crate::cli::documents::named_clusters::NamedClusters;
use crate::cli::output::bars::Bars;

/// Groups of a level, from coarse to fine; fewer where there are few points.
const SIZES: [usize; 3] = [8, 24, 72];

/// Points of a group on average, at least.
const FEWEST: usize = 12;

/// Words of a name.
const NAMING_WORDS: usize = 3;

/// The most frequent words of a group, of which the nearest to its mean name it.
const NAMING_CANDIDATES: usize = 12;

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

/// What a word of a group may be named by.
pub(super) struct Named<'a> {
    pub(super) spelling: &'a str,
    /// Its place among the words of its language by frequency.
    pub(super) rank: usize,
    /// Words such as `the` name a group only where it has no others.
    pub(super) is_common: bool,
}

/// Groups of words; `units` are their vectors at length 1.
pub(super) fn of_words(
    words: &[Named<'_>],
    units: &[f32],
    dim: usize,
    seed: u64,
    bars: &Bars,
) -> Result<Vec<Level>> {
    let level = |n_groups| {
        let found = means(n_groups, seed).cluster(units, dim, bars)?;
        let mut members = vec![Vec::new(); found.means.len() / dim];
        found
            .clusters
            .iter()
            .enumerate()
            .for_each(|(row, &group)| members[group as usize].push(row));
        // The largest first, of equal ones that of the most frequent word.
        let mut order: Vec<usize> =
            (0..members.len()).filter(|&group| !members[group].is_empty()).collect();
        order.sort_by_key(|&group| (Reverse(members[group].len()), members[group][0]));
        let mut places = vec![NONE; members.len()];
        order.iter().zip(0u16..).for_each(|(&group, place)| places[group] = place);
        let name = |group: usize| {
            let mean = &found.means[group * dim..][..dim];
            let nearness = |row: usize| -> f32 {
                units[row * dim..][..dim].iter().zip(mean).map(|(a, b)| a * b).sum()
            };
            let mut frequent = members[group].clone();
            frequent.sort_by_key(|&row| (words[row].is_common, words[row].rank, row));
            frequent.truncate(NAMING_CANDIDATES);
            frequent.sort_by(|&a, &b| {
                words[a]
                    .is_common
                    .cmp(&words[b].is_common)
                    .then(nearness(b).total_cmp(&nearness(a)))
                    .then(a.cmp(&b))
            });
            // A word of several slices of time names its group once.
            let mut names: Vec<&str> = Vec::new();
            for row in frequent {
                let spelling = words[row].spelling;
                if names.len() < NAMING_WORDS && !names.contains(&spelling) {
                    names.push(spelling);
                }
            }
            names.join(" ")
        };
        let groups =
            order.iter().map(|&group| Group { name: name(group), n: members[group].len() });
        Ok(Level {
            groups: groups.collect(),
            of_points: packed(found.clusters.iter().map(|&group| places[group as usize])),
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
