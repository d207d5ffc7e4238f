//! Numbers of any type, as 32-bit floats.
//!
//! In: the bytes of a matrix, the type and the order of its numbers. Out: rows of `f32`, and how
//! many numbers changed their value: 64-bit floats and large integers are rounded to the nearest.

use std::fmt;
use std::ops::Range;

use half::{bf16, f16};
use rayon::prelude::*;

/// Rows that one task decodes.
const ROWS_PER_TASK: usize = 256;

/// The type of a number in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NumberType {
    F16,
    Bf16,
    F32,
    F64,
    I8,
    U8,
    I16,
    U16,
    I32,
    U32,
    I64,
    U64,
}

impl NumberType {
    /// Bytes of a number.
    pub(super) fn n_bytes(self) -> usize {
        match self {
            Self::I8 | Self::U8 => 1,
            Self::F16 | Self::Bf16 | Self::I16 | Self::U16 => 2,
            Self::F32 | Self::I32 | Self::U32 => 4,
            Self::F64 | Self::I64 | Self::U64 => 8,
        }
    }

    /// The number of some bytes, of which the first is the least, and whether it was rounded.
    fn decode(self, bytes: &[u8]) -> (f32, bool) {
        let whole = match self {
            Self::F16 => return (f16::from_le_bytes(array(bytes)).to_f32(), false),
            Self::Bf16 => return (bf16::from_le_bytes(array(bytes)).to_f32(), false),
            Self::F32 => return (f32::from_le_bytes(array(bytes)), false),
            Self::F64 => {
                let value = f64::from_le_bytes(array(bytes));
                let rounded = value as f32;
                return (rounded, f64::from(rounded) != value && value.is_finite());
            }
            Self::I8 => return (f32::from(i8::from_le_bytes(array(bytes))), false),
            Self::U8 => return (f32::from(bytes[0]), false),
            Self::I16 => return (f32::from(i16::from_le_bytes(array(bytes))), false),
            Self::U16 => return (f32::from(u16::from_le_bytes(array(bytes))), false),
            Self::I32 => i128::from(i32::from_le_bytes(array(bytes))),
            Self::U32 => i128::from(u32::from_le_bytes(array(bytes))),
            Self::I64 => i128::from(i64::from_le_bytes(array(bytes))),
            Self::U64 => i128::from(u64::from_le_bytes(array(bytes))),
        };
        let rounded = whole as f32;
        (rounded, rounded as i128 != whole)
    }
}

impl fmt::Display for NumberType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::F16 => "float16",
            Self::Bf16 => "bfloat16",
            Self::F32 => "float32",
            Self::F64 => "float64",
            Self::I8 => "int8",
            Self::U8 => "uint8",
            Self::I16 => "int16",
            Self::U16 => "uint16",
            Self::I32 => "int32",
            Self::U32 => "uint32",
            Self::I64 => "int64",
            Self::U64 => "uint64",
        })
    }
}

/// The bytes of one number.
fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    bytes.try_into().expect("cut to the size of the type")
}

/// How the numbers of a matrix lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Layout {
    /// The first byte of a number is the greatest.
    pub(super) is_big_endian: bool,
    /// Column after column, as Fortran has it.
    pub(super) is_by_columns: bool,
}

impl Layout {
    /// Row after row, the least byte first.
    pub(super) const PLAIN: Self = Self { is_big_endian: false, is_by_columns: false };
}

/// A matrix as it lies in a file.
pub(super) struct Matrix<'a> {
    /// Exactly the bytes of its numbers.
    pub(super) bytes: &'a [u8],
    pub(super) number_type: NumberType,
    pub(super) layout: Layout,
    pub(super) n_rows: usize,
    pub(super) dim: usize,
    /// A factor for each row, of numbers that are 8-bit integers.
    pub(super) scales: Option<&'a [f32]>,
}

impl Matrix<'_> {
    /// Bytes that a matrix takes, if that is a number.
    pub(super) fn size(number_type: NumberType, n_rows: usize, dim: usize) -> Option<usize> {
        n_rows.checked_mul(dim)?.checked_mul(number_type.n_bytes())
    }

    /// Whether its numbers can be used where they lie.
    pub(super) fn is_in_place(&self) -> bool {
        self.number_type == NumberType::F32 && self.layout == Layout::PLAIN && self.scales.is_none()
    }

    /// What is worth saying about how its numbers lie.
    pub(super) fn number_type_name(&self) -> Option<String> {
        let order = if self.layout.is_big_endian { ", big-endian" } else { "" };
        let columns = if self.layout.is_by_columns { ", in Fortran order" } else { "" };
        let scales = if self.scales.is_some() { ", with a scale for each row" } else { "" };
        let is_plain = self.number_type == NumberType::F32 && self.layout == Layout::PLAIN;
        (!is_plain).then(|| format!("{}{order}{columns}{scales}", self.number_type))
    }

    /// Writes some rows to `rows`; returns how many of their numbers were rounded.
    pub(super) fn decode(&self, range: Range<usize>, rows: &mut [f32]) -> u64 {
        rows.par_chunks_mut(ROWS_PER_TASK * self.dim)
            .enumerate()
            .map(|(task, rows)| {
                let first = range.start + task * ROWS_PER_TASK;
                let rows = rows.chunks_exact_mut(self.dim).enumerate();
                rows.map(|(at, row)| self.decode_row(first + at, row)).sum::<u64>()
            })
            .sum()
    }

    fn decode_row(&self, id: usize, row: &mut [f32]) -> u64 {
        let size = self.number_type.n_bytes();
        let mut n_rounded = 0;
        for (column, value) in row.iter_mut().enumerate() {
            let position = match self.layout.is_by_columns {
                false => id * self.dim + column,
                true => column * self.n_rows + id,
            };
            let bytes = &self.bytes[position * size..][..size];
            let (number, is_rounded) = if self.layout.is_big_endian {
                let mut turned = [0; 8];
                turned[..size].copy_from_slice(bytes);
                turned[..size].reverse();
                self.number_type.decode(&turned[..size])
            } else {
                self.number_type.decode(bytes)
            };
            *value = number;
            n_rounded += u64::from(is_rounded);
        }
        if let Some(scales) = self.scales {
            row.iter_mut().for_each(|value| *value *= scales[id]);
        }
        n_rounded
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8], number_type: NumberType, layout: Layout) -> (Vec<f32>, u64) {
        let n = bytes.len() / number_type.n_bytes() / 2;
        let matrix = Matrix { bytes, number_type, layout, n_rows: n, dim: 2, scales: None };
        let mut rows = vec![0.0; 2 * n];
        let n_rounded = matrix.decode(0..n, &mut rows);
        (rows, n_rounded)
    }

    #[test]
    fn every_type_gives_its_numbers() {
        use NumberType as T;
        let plain = Layout::PLAIN;
        assert_eq!(decoded(&[0, 0x3C, 0, 0xC0], T::F16, plain), (vec![1.0, -2.0], 0));
        assert_eq!(decoded(&[0x80, 0x3F, 0, 0xC0], T::Bf16, plain), (vec![1.0, -2.0], 0));
        assert_eq!(decoded(&[255, 1], T::I8, plain), (vec![-1.0, 1.0], 0));
        assert_eq!(decoded(&[255, 1], T::U8, plain), (vec![255.0, 1.0], 0));
        let doubles: Vec<u8> = [0.5f64, 0.1].into_iter().flat_map(f64::to_le_bytes).collect();
        assert_eq!(decoded(&doubles, T::F64, plain), (vec![0.5, 0.1], 1));
        let large: Vec<u8> = [3i64, (1 << 24) + 1].into_iter().flat_map(i64::to_le_bytes).collect();
        assert_eq!(decoded(&large, T::I64, plain), (vec![3.0, 16_777_216.0], 1));
        let shorts: Vec<u8> = [-2i16, 300].into_iter().flat_map(i16::to_le_bytes).collect();
        assert_eq!(decoded(&shorts, T::I16, plain), (vec![-2.0, 300.0], 0));
    }

    #[test]
    fn orders_are_turned() {
        let big: Vec<u8> = [1.0f32, 2.0].into_iter().flat_map(f32::to_be_bytes).collect();
        let layout = Layout { is_big_endian: true, is_by_columns: false };
        assert_eq!(decoded(&big, NumberType::F32, layout), (vec![1.0, 2.0], 0));
        // Two columns of three: (1, 2, 3) and (4, 5, 6).
        let columns: Vec<u8> =
            [1.0f32, 2.0, 3.0, 4.0, 5.0, 6.0].into_iter().flat_map(f32::to_le_bytes).collect();
        let layout = Layout { is_big_endian: false, is_by_columns: true };
        let rows = vec![1.0, 4.0, 2.0, 5.0, 3.0, 6.0];
        assert_eq!(decoded(&columns, NumberType::F32, layout), (rows, 0));
    }
}
