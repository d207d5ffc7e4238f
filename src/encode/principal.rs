//! Points on the plane that shows most of their scatter: their first two principal components
//! (Pearson 1901).

use super::dense_rows::DenseRows;
use crate::base::error::Result;
use crate::base::progress::Progress;
use crate::operator::{LinearOperator, Precision};
use crate::svd::RandomizedSvd;

/// Two coordinates for each of `n` points of `dim` dimensions, row after row: the points, minus
/// their mean, along the two directions of greatest variance, with signs such that their largest
/// entry is positive.
///
/// # Errors
/// As [`RandomizedSvd::decompose`]: fewer than two points or dimensions, numbers that are not
/// finite. Points that are all the same have coordinates 0.
///
/// # Panics
/// If `dim` is 0, or the numbers are not a multiple of it.
pub fn principal_plane(points: &[f32], dim: usize, progress: &dyn Progress) -> Result<Vec<f32>> {
    assert!(
        dim > 0 && points.len().is_multiple_of(dim),
        "{} numbers in points of {dim} dimensions",
        points.len()
    );
    let n = points.len() / dim;
    let mut mean = vec![0.0f64; dim];
    points.chunks_exact(dim).for_each(|point| {
        mean.iter_mut().zip(point).for_each(|(sum, &number)| *sum += f64::from(number))
    });
    mean.iter_mut().for_each(|sum| *sum /= n.max(1) as f64);
    let centred: Vec<f32> = points
        .chunks_exact(dim)
        .flat_map(|point| {
            point.iter().zip(&mean).map(|(&number, mean)| (f64::from(number) - mean) as f32)
        })
        .collect();
    if n > 1 && centred.iter().all(|&number| number == 0.0) {
        return Ok(vec![0.0; n * 2]);
    }
    let rows = DenseRows { numbers: &centred, dim };
    let svd =
        RandomizedSvd { tolerance: 1e-4, ..RandomizedSvd::new(2) }.decompose(&rows, progress)?;
    let mut plane = vec![0.0; n * 2];
    rows.apply(&svd.v, 2, &mut plane, Precision::Full)?;
    Ok(plane)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::random::uniform;

    #[test]
    fn equal_points_lie_in_one_place() {
        let plane = principal_plane(&[1.0, 2.0, 1.0, 2.0, 1.0, 2.0], 2, &()).unwrap();
        assert_eq!(plane, [0.0; 6]);
    }

    #[test]
    fn the_plane_of_greatest_scatter_is_found() {
        // Scatter 10, 5 and 1 along three axes, moved by (7, 7, 7): the plane is that of the first
        // two axes.
        let points: Vec<f32> = (0..300)
            .flat_map(|i| {
                [10.0, 5.0, 1.0]
                    .into_iter()
                    .enumerate()
                    .map(move |(j, scale)| 7.0 + scale * (uniform(1, i, j as u64) as f32 - 0.5))
            })
            .collect();
        let plane = principal_plane(&points, 3, &()).unwrap();
        let mean = |axis: usize| points.iter().skip(axis).step_by(3).sum::<f32>() / 300.0;
        let scale = [mean(0), mean(1)];
        for (point, found) in points.chunks_exact(3).zip(plane.chunks_exact(2)) {
            for axis in 0..2 {
                // The directions of a sample are a little askew.
                assert!(
                    (point[axis] - scale[axis] - found[axis]).abs() < 0.6,
                    "{point:?} {found:?}"
                );
            }
        }
    }
}
