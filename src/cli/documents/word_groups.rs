//! Groups of words, named by words, for `plot words` and `explore`.

use anyhow::Result;
use eigenlex::query::KMeans;

use crate::cli::output::bars::Bars;

/// Words of a name.
const NAMING_WORDS: usize = 3;

/// The first words of a group, of which the nearest to its mean name it.
const NAMING_CANDIDATES: usize = 12;

/// What a word of a group may be named by.
pub(crate) struct NamedWord<'a> {
    pub(crate) spelling: &'a str,
    /// Its place among the words of its language: by frequency, or by what words say about the
    /// documents.
    pub(crate) rank: usize,
    /// Words such as `the` name a group only where it has no others.
    pub(crate) is_common: bool,
}

/// Words in groups.
pub(crate) struct WordGroups {
    /// The largest first, of equal ones that of the first word.
    pub(crate) members: Vec<WordGroup>,
    /// The group of each word.
    pub(crate) of_words: Vec<usize>,
}

/// A group.
pub(crate) struct WordGroup {
    /// Its number of words.
    pub(crate) size: usize,
    /// The places of the words that name it.
    pub(crate) naming: Vec<usize>,
}

impl WordGroups {
    /// Groups words with these unit vectors, `n x dim`, into at most so many groups.
    pub(crate) fn find(
        words: &[NamedWord<'_>],
        units: &[f32],
        dim: usize,
        n_groups: usize,
        seed: u64,
        bars: &Bars,
    ) -> Result<Self> {
        let mut means = KMeans::new(n_groups);
        (means.n_starts, means.seed) = (3, seed);
        let found = means.cluster(units, dim, bars)?;
        let mut members = vec![Vec::new(); found.means.len() / dim];
        for (place, &group) in found.clusters.iter().enumerate() {
            members[group as usize].push(place);
        }
        let mut order: Vec<usize> =
            (0..members.len()).filter(|&group| !members[group].is_empty()).collect();
        order.sort_by_key(|&group| (std::cmp::Reverse(members[group].len()), members[group][0]));
        let mut numbers = vec![0; members.len()];
        order.iter().enumerate().for_each(|(number, &group)| numbers[group] = number);
        let naming = |group: usize| {
            let mean = &found.means[group * dim..][..dim];
            let nearness = |place: usize| -> f32 {
                units[place * dim..][..dim].iter().zip(mean).map(|(a, b)| a * b).sum()
            };
            let mut frequent = members[group].clone();
            frequent.sort_by_key(|&place| (words[place].is_common, words[place].rank, place));
            frequent.truncate(NAMING_CANDIDATES);
            frequent.sort_by(|&a, &b| {
                words[a]
                    .is_common
                    .cmp(&words[b].is_common)
                    .then(nearness(b).total_cmp(&nearness(a)))
                    .then(a.cmp(&b))
            });
            // A word of several slices of time names its group once.
            let mut naming: Vec<usize> = Vec::new();
            for place in frequent {
                let is_new = |&other: &usize| words[other].spelling != words[place].spelling;
                if naming.len() < NAMING_WORDS && naming.iter().all(is_new) {
                    naming.push(place);
                }
            }
            naming
        };
        let named = order
            .iter()
            .map(|&group| WordGroup { size: members[group].len(), naming: naming(group) });
        Ok(Self {
            members: named.collect(),
            of_words: found.clusters.iter().map(|&group| numbers[group as usize]).collect(),
        })
    }
}
