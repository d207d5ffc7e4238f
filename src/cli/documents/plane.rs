//! Places of documents and words on a plane, for `plot` and `explore`.

use anyhow::Result;
use eigenlex::encode::{
    Encoder, NearestPoints, NeighborLayout, WeightedWords, nearest_points, principal_plane,
};
use eigenlex::{Progress as _, WordId};

use super::inputs::Documents;
use crate::cli::output::bars::Bars;
use crate::cli::refusal::Refusal;

/// Points that have a plane.
const FEWEST: usize = 3;

/// The directions of the documents, then of the words. A word has that of a document of this word
/// alone.
pub(crate) fn directions(encoder: &Encoder, documents: &Documents, words: &[WordId]) -> Vec<f32> {
    let mut units = documents.codes.units();
    for &word in words {
        let alone = WeightedWords {
            words: vec![word],
            weights: vec![1.0],
            n_tokens: 1,
            n_known: 1,
            counts: vec![(word, 1.0)],
        };
        let z = encoder.encode(&alone);
        let code = encoder.part(&z, documents.components);
        let length = code.iter().map(|value| value * value).sum::<f32>().sqrt();
        units.extend(code.iter().map(|value| if length > 0.0 { value / length } else { 0.0 }));
    }
    units
}

/// How many neighbours a layout keeps close to each point, and its seed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Near {
    pub(crate) neighbors: u32,
    pub(crate) seed: u64,
}

/// Refuses too few points.
pub(crate) fn check(n_points: usize) -> Result<()> {
    if n_points < FEWEST {
        let found = format!("a plane needs {FEWEST} points at least, and there are {n_points}");
        return Err(Refusal::new(found, "give more documents, or draw more words").into());
    }
    Ok(())
}

/// Two coordinates for each of these directions: on the plane of largest variance, or so that
/// neighbours are close.
pub(crate) fn places(
    units: &[f32],
    dim: usize,
    near: Option<Near>,
    bars: &Bars,
) -> Result<Vec<f32>> {
    match near {
        Some(near) => Ok(places_and_neighbors(units, dim, near, bars)?.0),
        None => {
            check(units.len() / dim)?;
            Ok(principal_plane(units, dim, bars)?)
        }
    }
}

/// Two coordinates for each of these directions so that neighbours are close, and these neighbours.
pub(crate) fn places_and_neighbors(
    units: &[f32],
    dim: usize,
    Near { neighbors, seed }: Near,
    bars: &Bars,
) -> Result<(Vec<f32>, NearestPoints)> {
    let n_points = units.len() / dim;
    check(n_points)?;
    let plane = principal_plane(units, dim, bars)?;
    let mut layout = NeighborLayout::default();
    (layout.n_neighbors, layout.seed) = (neighbors as usize, seed);
    if layout.n_neighbors >= n_points {
        layout.n_neighbors = n_points - 1;
        bars.tell(&format!("{n_points} points: each keeps all others near"));
    }
    let nearest = nearest_points(units, dim, 0..n_points, layout.n_neighbors, bars)?;
    let nearest = [nearest];
    let places = layout.lay_out_near(&nearest, &plane, bars)?;
    let [nearest] = nearest;
    Ok((places, nearest))
}
