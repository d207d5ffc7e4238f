//! From normalized rows of two languages to the matrices of a map.

use faer::Mat;

use super::map::{SideMap, multiply, row_major};
use super::normalize::{Normalization, NormalizedRows};
use super::procrustes::{cross_covariance, procrustes};
use super::reweight::symmetric;
use super::verdict::{AlignmentReport, judge};
use super::{AlignConfig, AlignMethod};
use crate::error::{Error, Result};
use crate::progress::Progress;

/// The matrices of both sides, and how it went.
pub(crate) struct Learned {
    pub(crate) source: SideMap,
    pub(crate) target: SideMap,
    pub(crate) report: AlignmentReport,
}

/// Learns from rows, and from pairs where there are any.
pub(crate) fn learn(
    x: &NormalizedRows,
    y: &NormalizedRows,
    pairs: &[(u32, u32)],
    config: &AlignConfig,
    _progress: &dyn Progress,
) -> Result<Learned> {
    let dim = x.dim;
    let has_direction = |rows: &[f32], id: u32| rows[id as usize * dim..][..dim].iter().any(|&number| number != 0.0);
    let usable: Vec<(u32, u32)> = pairs.iter().copied().filter(|&(s, t)| has_direction(&x.data, s) && has_direction(&y.data, t)).collect();
    let needed = if config.method == AlignMethod::Supervised { dim } else { 1 };
    if usable.len() < needed {
        return Err(Error::FewPairs { usable: usable.len(), given: pairs.len(), needed });
    }
    let learned = from_pairs(x, y, &usable, config.reweight)?;
    let report = judge(x, y, &learned, usable.len());
    Ok(Learned { source: learned.0, target: learned.1, report })
}

/// The orthogonal and the re-weighted map of matched rows.
fn from_pairs(x: &NormalizedRows, y: &NormalizedRows, pairs: &[(u32, u32)], power: f64) -> Result<(SideMap, SideMap)> {
    let dim = x.dim;
    let (sources, targets): (Vec<(u32, u32)>, Vec<(u32, u32)>) = pairs.iter().map(|&(s, t)| ((s, s), (t, t))).unzip();
    let xy = cross_covariance(&x.data, &y.data, dim, pairs, None);
    let xx = cross_covariance(&x.data, &x.data, dim, &sources, None);
    let yy = cross_covariance(&y.data, &y.data, dim, &targets, None);
    let rotation = procrustes(xy.as_ref())?;
    let weighted = symmetric(xx.as_ref(), yy.as_ref(), xy.as_ref(), power)?;
    let side = |rotation: &Mat<f64>, weighted: &Mat<f64>| {
        let mut side = SideMap::identity(Normalization { dim_in: dim, scale: vec![1.0; dim], steps: Vec::new(), means: Vec::new() });
        side.rotation = row_major(rotation);
        side.weighted = row_major(weighted);
        side
    };
    let identity = Mat::from_fn(dim, dim, |i, j| f64::from(u8::from(i == j)));
    Ok((side(&rotation, &weighted.0), side(&identity, &weighted.1)))
}

/// Rows of one side in the common space.
pub(crate) fn mapped(rows: &[f32], dim: usize, matrix: &[f32]) -> Vec<f32> {
    let mut rows = rows.to_vec();
    multiply(&mut rows, dim, matrix);
    rows
}
