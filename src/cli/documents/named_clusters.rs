//! Clusters of documents, named by words, for `cluster` and `plot documents`.

use anyhow::Result;
use eigenlex::WordId;
use eigenlex::encode::{Codes, Encoder, cluster_words};
use eigenlex::query::KMeans;

use crate::cli::output::bars::Bars;

/// Clusters of documents with the words that name them, the largest first, without empty ones.
pub(crate) struct NamedClusters {
    pub(crate) clusters: Vec<NamedCluster>,
    /// For each row of the codes the position of its cluster.
    pub(crate) of_rows: Vec<usize>,
    /// Whether the words were found by their counts; without these, by the codes of the clusters.
    pub(super) by_counts: bool,
    pub(super) inertia: f64,
    pub(super) iterations: usize,
    pub(super) converged: bool,
}

pub(crate) struct NamedCluster {
    pub(crate) size: usize,
    pub(crate) words: Vec<String>,
}

impl NamedClusters {
    pub(crate) fn find(
        encoder: &Encoder,
        codes: &Codes,
        means: &KMeans,
        top: usize,
        bars: &Bars,
    ) -> Result<Self> {
        let dim = codes.dim();
        let units = codes.units();
        let found = means.cluster(&units, dim, bars)?;
        // The largest first, of equal ones the one with the first document.
        let n_clusters = found.means.len() / dim;
        let (mut sizes, mut first) = (vec![0usize; n_clusters], vec![usize::MAX; n_clusters]);
        for (row, &cluster) in found.clusters.iter().enumerate() {
            sizes[cluster as usize] += 1;
            first[cluster as usize] = first[cluster as usize].min(row);
        }
        let mut order: Vec<usize> = (0..n_clusters).filter(|&cluster| sizes[cluster] > 0).collect();
        order.sort_by_key(|&cluster| (std::cmp::Reverse(sizes[cluster]), first[cluster]));
        let mut positions = vec![0; n_clusters];
        order.iter().enumerate().for_each(|(position, &cluster)| positions[cluster] = position);
        let mut words = match codes.words() {
            Some(words) => cluster_words(words, &found.clusters, n_clusters, top),
            None => by_codes(encoder, &units, &found.means, dim, top),
        };
        let clusters = order.iter().map(|&cluster| NamedCluster {
            size: sizes[cluster],
            words: std::mem::take(&mut words[cluster]),
        });
        Ok(Self {
            clusters: clusters.collect(),
            of_rows: found.clusters.iter().map(|&cluster| positions[cluster as usize]).collect(),
            by_counts: codes.words().is_some(),
            inertia: found.inertia,
            iterations: found.iterations,
            converged: found.converged,
        })
    }
}

/// The words that fit the code of each cluster's mean, less the mean of all, best.
fn by_codes(
    encoder: &Encoder,
    units: &[f32],
    means: &[f32],
    dim: usize,
    top: usize,
) -> Vec<Vec<String>> {
    let mut mean = vec![0.0f64; dim];
    units.chunks_exact(dim).for_each(|unit| {
        mean.iter_mut().zip(unit).for_each(|(mean, &number)| *mean += f64::from(number))
    });
    let n = (units.len() / dim) as f64;
    let name = |own: &[f32]| {
        let difference: Vec<f32> = own
            .iter()
            .zip(&mean)
            .map(|(&of_cluster, of_all)| of_cluster - (of_all / n) as f32)
            .collect();
        // A code without the dropped components has nothing in their place.
        let mut z = vec![0.0; encoder.rank() - dim];
        z.extend_from_slice(&difference);
        let decoded = encoder.direction(&z);
        // A word that fits the mean of all as well or better is not one of the cluster's.
        let fits = |word: &u32| decoded[*word as usize] > 0.0;
        let mut order: Vec<u32> = (0..decoded.len() as u32).filter(fits).collect();
        order.sort_by(|&a, &b| decoded[b as usize].total_cmp(&decoded[a as usize]).then(a.cmp(&b)));
        let words = encoder.model().vectors.words();
        order.into_iter().take(top).map(|word| words.spelling(WordId(word)).to_owned()).collect()
    };
    means.chunks_exact(dim).map(name).collect()
}
