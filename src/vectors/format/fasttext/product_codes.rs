//! Rows as codes of a product quantizer (Jégou, Douze and Schmid 2011), as fastText writes them.
//!
//! In: the bytes of a quantized matrix. Out: any row. A row is cut into parts, of which each has
//! 256 centroids; a further quantizer of one dimension may have the lengths of the rows.

use crate::space::hashed_ngrams::RowSource;
use crate::vectors::format::byte_reader::ByteReader;

/// Centroids of each part.
const CENTROIDS: usize = 256;

/// Rows as codes.
pub(super) struct ProductCodes {
    n_rows: usize,
    codes: Vec<u8>,
    quantizer: Centroids,
    /// The lengths, if they have their own quantizer.
    lengths: Option<(Vec<u8>, Centroids)>,
}

/// The centroids of all parts.
struct Centroids {
    n_parts: usize,
    /// Dimensions of a part, and of the last one.
    of_part: usize,
    of_last: usize,
    values: Vec<f32>,
}

impl Centroids {
    /// `None` if the bytes end, or contradict themselves.
    fn read(reader: &mut ByteReader<'_>, dim: usize) -> Option<Self> {
        let mut number = || reader.i32().and_then(|number| usize::try_from(number).ok());
        let (dim_there, n_parts, of_part, of_last) = (number()?, number()?, number()?, number()?);
        let is_whole = n_parts > 0
            && (n_parts - 1).checked_mul(of_part)?.checked_add(of_last)? == dim
            && dim_there == dim
            && of_last <= of_part;
        if !is_whole {
            return None;
        }
        let values = reader.floats(dim.checked_mul(CENTROIDS)?)?;
        Some(Self { n_parts, of_part, of_last, values })
    }

    /// The centroid of a part.
    fn of(&self, part: usize, code: u8) -> &[f32] {
        let begin = part * CENTROIDS * self.of_part;
        let of_part = if part + 1 == self.n_parts { self.of_last } else { self.of_part };
        &self.values[begin + usize::from(code) * of_part..][..of_part]
    }
}

impl ProductCodes {
    /// `None` if the bytes end, or contradict themselves.
    pub(super) fn read(reader: &mut ByteReader<'_>, dim: usize) -> Option<Self> {
        let has_lengths = reader.u8()? != 0;
        let (n_rows, columns) = (reader.count()?, reader.count()?);
        let n_codes = reader.i32().and_then(|number| usize::try_from(number).ok())?;
        let codes = reader.take(n_codes)?.to_vec();
        let quantizer = Centroids::read(reader, dim)?;
        if columns != dim || n_rows.checked_mul(quantizer.n_parts)? != n_codes {
            return None;
        }
        let lengths = match has_lengths {
            false => None,
            true => Some((reader.take(n_rows)?.to_vec(), Centroids::read(reader, 1)?)),
        };
        Some(Self { n_rows, codes, quantizer, lengths })
    }

    pub(super) fn n_rows(&self) -> usize {
        self.n_rows
    }
}

impl RowSource for ProductCodes {
    fn add(&self, row: usize, sum: &mut [f32]) {
        let length = match &self.lengths {
            Some((codes, centroids)) => centroids.of(0, codes[row])[0],
            None => 1.0,
        };
        let n_parts = self.quantizer.n_parts;
        let codes = &self.codes[row * n_parts..][..n_parts];
        let of_part = self.quantizer.of_part;
        for (part, &code) in codes.iter().enumerate() {
            let centroid = self.quantizer.of(part, code);
            for (sum, value) in sum[part * of_part..].iter_mut().zip(centroid) {
                *sum += length * value;
            }
        }
    }
}
