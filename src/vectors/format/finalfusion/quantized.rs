//! The quantized matrix of a finalfusion file: rows as codes of a product quantizer (Jégou, Douze
//! and Schmid 2011), perhaps of rotated rows (Ge et al. 2013, "Optimized product quantization").
//!
//! In: the content of the chunk. Out: any row. A row is cut into parts of one length, each the
//! number of a centroid; where the file has a rotation, the row is multiplied by its transpose, and
//! where it has lengths, by its length. `n_parts`, `dim` and `n_centroids` are 32-bit numbers
//! behind two that say whether there are a rotation and lengths; the number of rows has 64 bits.
//! Then come the types of codes and values, and behind the padding the rotation `[dim, dim]`, the
//! centroids
//! `[n_parts, n_centroids, dim / n_parts]`, the lengths and the codes `[n_rows, n_parts]`.

use super::{F32, padding};
use crate::space::hashed_ngrams::RowSource;
use crate::vectors::format::byte_reader::ByteReader;

/// The number of 8-bit codes among the types.
const U8: u32 = 1;

/// Rows as codes.
pub(super) struct QuantizedRows {
    pub(super) n_rows: usize,
    pub(super) dim: usize,
    n_parts: usize,
    n_centroids: usize,
    rotation: Option<Vec<f32>>,
    centroids: Vec<f32>,
    lengths: Option<Vec<f32>>,
    codes: Vec<u8>,
}

/// Why a chunk is not read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum QuantizedFault {
    /// The bytes end.
    Cut,
    /// What is found, and what is expected.
    Bad(String, String),
}

impl QuantizedRows {
    /// Reads the content of a chunk.
    pub(super) fn read(content: &mut ByteReader<'_>) -> Result<Self, QuantizedFault> {
        let cut = QuantizedFault::Cut;
        let bad =
            |found: String, expected: &str| Err(QuantizedFault::Bad(found, expected.to_owned()));
        let mut number = || content.u32().map(|number| number as usize);
        let head = (number(), number(), number(), number(), number());
        let (Some(has_rotation), Some(has_lengths), Some(n_parts), Some(dim), Some(n_centroids)) =
            head
        else {
            return Err(cut);
        };
        let (Some(n_rows), Some(of_codes), Some(of_values)) =
            (content.count(), content.u32(), content.u32())
        else {
            return Err(cut);
        };
        if (of_codes, of_values) != (U8, F32) {
            let found = format!("codes of type {of_codes} and values of type {of_values}");
            return bad(found, "1 and 10, 8-bit codes and 32-bit floats");
        }
        if n_parts == 0 || dim == 0 || !dim.is_multiple_of(n_parts) || n_centroids == 0 {
            let found = format!("{dim} dimensions in {n_parts} parts of {n_centroids} centroids");
            return bad(found, "parts of equal length, and a centroid at least");
        }
        let mut arrays = || {
            content.take(padding(content.position()))?;
            let rotation = match has_rotation {
                0 => None,
                _ => Some(content.floats(dim.checked_mul(dim)?)?),
            };
            let centroids = content.floats(n_centroids.checked_mul(dim)?)?;
            let lengths = match has_lengths {
                0 => None,
                _ => Some(content.floats(n_rows)?),
            };
            let codes = content.take(n_rows.checked_mul(n_parts)?)?.to_vec();
            Some((rotation, centroids, lengths, codes))
        };
        let Some((rotation, centroids, lengths, codes)) = arrays() else { return Err(cut) };
        if let Some(code) = codes.iter().find(|&&code| usize::from(code) >= n_centroids) {
            return bad(format!("the code {code}"), &format!("codes below {n_centroids}"));
        }
        Ok(Self { n_rows, dim, n_parts, n_centroids, rotation, centroids, lengths, codes })
    }
}

impl RowSource for QuantizedRows {
    fn add(&self, row: usize, sum: &mut [f32]) {
        let length = self.lengths.as_ref().map_or(1.0, |lengths| lengths[row]);
        let codes = &self.codes[row * self.n_parts..][..self.n_parts];
        let of_part = self.dim / self.n_parts;
        let parts = codes.iter().enumerate().flat_map(|(part, &code)| {
            let place = part * self.n_centroids + usize::from(code);
            &self.centroids[place * of_part..][..of_part]
        });
        match &self.rotation {
            None => sum.iter_mut().zip(parts).for_each(|(sum, value)| *sum += length * value),
            Some(rotation) => {
                let rotated: Vec<f32> = parts.copied().collect();
                // Row times the transpose: each value with a row of the rotation.
                for (sum, row) in sum.iter_mut().zip(rotation.chunks_exact(self.dim)) {
                    let value: f32 = row.iter().zip(&rotated).map(|(a, b)| a * b).sum();
                    *sum += length * value;
                }
            }
        }
    }
}
