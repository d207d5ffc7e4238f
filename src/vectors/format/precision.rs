//! Numbers of 16 and 8 bits, and what they lose.
//!
//! In: rows of `f32`. Out: the same as IEEE 754 binary16, or as 8-bit integers with a scale for
//! each row, `max |v| / 127`; and how far the rows turn by it.

use std::fmt;
use std::str::FromStr;

use half::f16;

use super::RowStream;
use crate::base::error::{Error, Result};
use crate::base::progress::Stage;
use crate::base::words::WordId;

/// How many bits a number gets in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum VectorPrecision {
    /// Floats of 32 bits: nothing is lost.
    #[default]
    Single,
    /// Floats of 16 bits.
    Half,
    /// Integers of 8 bits, with a scale for each row.
    Int8,
}

impl VectorPrecision {
    /// All precisions.
    pub const ALL: [Self; 3] = [Self::Single, Self::Half, Self::Int8];

    /// Its name: `f32`, `f16`, `int8`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Single => "f32",
            Self::Half => "f16",
            Self::Int8 => "int8",
        }
    }

    /// Bytes of a number.
    pub(super) fn n_bytes(self) -> usize {
        match self {
            Self::Single => 4,
            Self::Half => 2,
            Self::Int8 => 1,
        }
    }

    /// Appends the bytes of a row; returns the scale by which 8-bit integers are multiplied.
    pub(super) fn encode(self, row: &[f32], bytes: &mut Vec<u8>) -> f32 {
        match self {
            Self::Single => bytes.extend(row.iter().flat_map(|value| value.to_le_bytes())),
            Self::Half => {
                bytes.extend(row.iter().flat_map(|&value| f16::from_f32(value).to_le_bytes()));
            }
            Self::Int8 => {
                let scale = scale_of(row);
                bytes.extend(row.iter().map(|&value| int8(value, scale).cast_unsigned()));
                return scale;
            }
        }
        1.0
    }

    /// A number as it is read back.
    fn read_back(self, value: f32, scale: f32) -> f32 {
        match self {
            Self::Single => value,
            Self::Half => f16::from_f32(value).to_f32(),
            Self::Int8 => f32::from(int8(value, scale)) * scale,
        }
    }

    /// What the vectors lose.
    ///
    /// # Errors
    /// [`Error::NotFinite`] for a number that the precision cannot hold, as one above 65504 in 16
    /// bits.
    pub fn loss(self, vectors: &RowStream<'_>) -> Result<Loss> {
        let mut loss = Loss::default();
        let mut n_rows = 0u64;
        vectors.each_chunk(|first, rows| {
            for (row, number) in rows.chunks_exact(vectors.dim()).zip(first..) {
                let scale = if self == Self::Int8 { scale_of(row) } else { 1.0 };
                let (mut product, mut squares, mut squares_read) = (0.0f64, 0.0f64, 0.0f64);
                for &value in row {
                    let read = f64::from(self.read_back(value, scale));
                    product += f64::from(value) * read;
                    squares += f64::from(value) * f64::from(value);
                    squares_read += read * read;
                }
                let word = || vectors.words().spelling(WordId(number as u32));
                if !squares_read.is_finite() {
                    let place = format!("the vector of `{}` in {}", word(), self.name());
                    return Err(Error::NotFinite { stage: Stage::Write, place });
                }
                if squares > 0.0 {
                    let cosine = product / (squares.sqrt() * squares_read.sqrt());
                    let is_same = squares == squares_read && product == squares;
                    let error = match squares_read > 0.0 {
                        true if is_same => 0.0,
                        true => (1.0 - cosine).max(0.0),
                        false => 1.0,
                    };
                    if squares_read == 0.0 {
                        loss.n_zeros += 1;
                        if loss.zero.is_empty() {
                            word().clone_into(&mut loss.zero);
                        }
                    }
                    n_rows += 1;
                    loss.mean += error;
                    if error > loss.largest {
                        (loss.largest, loss.word) = (error, word().to_owned());
                    }
                }
            }
            Ok(())
        })?;
        loss.mean /= n_rows.max(1) as f64;
        Ok(loss)
    }
}

/// The scale of a row: its largest number becomes 127.
fn scale_of(row: &[f32]) -> f32 {
    let largest = row.iter().fold(0.0f32, |largest, value| largest.max(value.abs()));
    if largest / 127.0 > 0.0 { largest / 127.0 } else { 1.0 }
}

fn int8(value: f32, scale: f32) -> i8 {
    (value / scale).round().clamp(-127.0, 127.0) as i8
}

impl fmt::Display for VectorPrecision {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

impl FromStr for VectorPrecision {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name).ok_or_else(|| Error::Parameter {
            name: "precision",
            found: format!("`{name}`"),
            expected: Self::ALL.map(Self::name).join(", "),
        })
    }
}

/// How far vectors turn: `1 - cosine` between a vector and what is read back of it. Vectors of
/// zeros do not count.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Loss {
    /// The mean.
    pub mean: f64,
    /// The largest.
    pub largest: f64,
    /// The word that has it; empty if nothing is lost.
    pub word: String,
    /// How many vectors become zero, whose loss is 1: they have no direction any more.
    pub n_zeros: u64,
    /// The first word of these; empty if there is none.
    pub zero: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors::WordVectors;

    fn vectors(values: Vec<f32>) -> WordVectors {
        WordVectors::new(["a", "b"].into_iter().collect(), 2, values)
    }

    #[test]
    fn what_fits_is_not_changed() {
        let exact = vectors(vec![1.0, -0.5, 0.0, 0.0]);
        for precision in [VectorPrecision::Single, VectorPrecision::Half] {
            let loss = precision.loss(&RowStream::from(&exact)).unwrap();
            assert_eq!((loss.mean, loss.largest, loss.word.as_str()), (0.0, 0.0, ""));
        }
    }

    #[test]
    fn the_loss_is_one_less_the_cosine() {
        // 127 and 1.4 become 127 and 1: the angle is 0.4 / 127, its half square 4.96e-6.
        let two = vectors(vec![127.0, 1.4, 127.0, 1.0]);
        let loss = VectorPrecision::Int8.loss(&RowStream::from(&two)).unwrap();
        assert!((loss.largest - 4.96e-6).abs() < 1e-8, "{loss:?}");
        assert!((loss.mean - loss.largest / 2.0).abs() < 1e-12);
        assert_eq!(loss.word, "a");
        let mut bytes = Vec::new();
        assert_eq!(VectorPrecision::Int8.encode(&[127.0, -1.4], &mut bytes), 1.0);
        assert_eq!(bytes, [127, 255]);
    }

    #[test]
    fn a_number_that_16_bits_do_not_hold_is_named() {
        let large = vectors(vec![1.0, 1.0, 70_000.0, 0.0]);
        let error = VectorPrecision::Half.loss(&RowStream::from(&large)).unwrap_err().to_string();
        assert!(error.contains("the vector of `b` in f16"), "{error}");
    }

    #[test]
    fn vectors_that_become_zero_are_counted() {
        // The smallest number of 16 bits is 6e-8.
        let small = vectors(vec![1.0, 1.0, 1e-9, -1e-9]);
        let loss = VectorPrecision::Half.loss(&RowStream::from(&small)).unwrap();
        assert_eq!((loss.n_zeros, loss.zero.as_str(), loss.largest), (1, "b", 1.0));
        // A scale keeps them, but not below what a scale can be.
        let loss = VectorPrecision::Int8.loss(&RowStream::from(&small)).unwrap();
        assert_eq!((loss.n_zeros, loss.zero.as_str()), (0, ""));
        let tiny = vectors(vec![1.0, 1.0, 1e-45, 0.0]);
        let loss = VectorPrecision::Int8.loss(&RowStream::from(&tiny)).unwrap();
        assert_eq!((loss.n_zeros, loss.zero.as_str()), (1, "b"));
    }

    #[test]
    fn names_are_read_and_shown() {
        for precision in VectorPrecision::ALL {
            assert_eq!(precision.to_string().parse::<VectorPrecision>().unwrap(), precision);
        }
        let error = "f64".parse::<VectorPrecision>().unwrap_err().to_string();
        assert_eq!(error, "precision is `f64`, expected f32, f16, int8");
    }
}
