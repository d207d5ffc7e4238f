//! The cells of a record batch: words, and numbers or lists of numbers.
//!
//! In: arrays of any of the types that the choice of columns lets through. Out: the word of a row,
//! and its numbers.

use std::ops::Range;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float16Type, Float32Type, Float64Type};
use arrow_array::{Array, LargeStringArray, StringArray, StringViewArray};
use arrow_schema::DataType;
use half::f16;

use super::super::columns::ColumnKind;
use super::super::numbers::NumberType;
use super::super::table_intake::{RowVector, of_f64};

/// What a column of a type holds.
pub(super) fn kind_of(data_type: &DataType) -> ColumnKind {
    let is_text = |data_type: &DataType| {
        matches!(data_type, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
    };
    match data_type {
        DataType::Dictionary(_, values) if is_text(values) => ColumnKind::Text,
        other if is_text(other) => ColumnKind::Text,
        DataType::List(field) | DataType::LargeList(field) | DataType::FixedSizeList(field, _) => {
            number_type(field.data_type()).map_or(ColumnKind::Other, ColumnKind::Lists)
        }
        other => number_type(other).map_or(ColumnKind::Other, ColumnKind::Number),
    }
}

fn number_type(data_type: &DataType) -> Option<NumberType> {
    match data_type {
        DataType::Float16 => Some(NumberType::F16),
        DataType::Float32 => Some(NumberType::F32),
        DataType::Float64 => Some(NumberType::F64),
        _ => None,
    }
}

/// The words of a batch.
pub(super) enum WordCells<'a> {
    Small(&'a StringArray),
    Large(&'a LargeStringArray),
    View(&'a StringViewArray),
    /// Words of a dictionary, by their positions in it.
    Dictionary {
        keys: Vec<usize>,
        array: &'a dyn Array,
        words: Box<WordCells<'a>>,
    },
}

impl<'a> WordCells<'a> {
    /// The words of an array; `None` if it holds something else.
    pub(super) fn of(array: &'a dyn Array) -> Option<Self> {
        if let Some(dictionary) = array.as_any_dictionary_opt() {
            let values = dictionary.values();
            let words = Box::new(Self::of(values)?);
            // Without a value, all keys are nulls.
            let keys = if values.is_empty() { Vec::new() } else { dictionary.normalized_keys() };
            return Some(Self::Dictionary { keys, array, words });
        }
        let small = array.as_string_opt::<i32>().map(Self::Small);
        let large = || array.as_string_opt::<i64>().map(Self::Large);
        small.or_else(large).or_else(|| array.as_string_view_opt().map(Self::View))
    }

    /// The word of a row; `None` for a null.
    pub(super) fn get(&self, row: usize) -> Option<&str> {
        match self {
            Self::Small(array) => array.is_valid(row).then(|| array.value(row)),
            Self::Large(array) => array.is_valid(row).then(|| array.value(row)),
            Self::View(array) => array.is_valid(row).then(|| array.value(row)),
            Self::Dictionary { keys, array, words } => {
                let key = keys.get(row).filter(|_| array.is_valid(row))?;
                words.get(*key)
            }
        }
    }
}

/// The vectors of a batch.
pub(super) enum VectorCells<'a> {
    Lists { array: &'a dyn Array, ranges: Ranges<'a>, numbers: NumberCells<'a> },
    Numbers(Vec<NumberCells<'a>>),
}

/// Where the lists lie among the numbers.
pub(super) enum Ranges<'a> {
    Fixed(usize),
    Small(&'a [i32]),
    Large(&'a [i64]),
}

impl Ranges<'_> {
    fn of(&self, row: usize) -> Range<usize> {
        match self {
            Self::Fixed(size) => row * size..(row + 1) * size,
            Self::Small(offsets) => offsets[row] as usize..offsets[row + 1] as usize,
            Self::Large(offsets) => offsets[row] as usize..offsets[row + 1] as usize,
        }
    }
}

impl<'a> VectorCells<'a> {
    /// The lists of an array; `None` if it holds something else.
    pub(super) fn of_lists(array: &'a dyn Array) -> Option<Self> {
        let (ranges, values) = if let Some(lists) = array.as_fixed_size_list_opt() {
            (Ranges::Fixed(usize::try_from(lists.value_length()).ok()?), lists.values())
        } else if let Some(lists) = array.as_list_opt::<i32>() {
            (Ranges::Small(lists.value_offsets()), lists.values())
        } else {
            let lists = array.as_list_opt::<i64>()?;
            (Ranges::Large(lists.value_offsets()), lists.values())
        };
        Some(Self::Lists { array, ranges, numbers: NumberCells::of(values)? })
    }

    /// The numbers of several arrays; `None` if one holds something else.
    pub(super) fn of_numbers(arrays: &[&'a dyn Array]) -> Option<Self> {
        arrays.iter().map(|array| NumberCells::of(*array)).collect::<Option<_>>().map(Self::Numbers)
    }

    /// The vector of a row, in place of what is in `numbers`.
    pub(super) fn get<'b>(
        &self,
        row: usize,
        numbers: &'b mut Vec<f32>,
        n_rounded: &mut u64,
    ) -> RowVector<'b> {
        numbers.clear();
        let n_missing = match self {
            Self::Lists { array, .. } if array.is_null(row) => return RowVector::Missing,
            Self::Lists { ranges, numbers: cells, .. } => {
                cells.append(ranges.of(row), numbers, n_rounded)
            }
            Self::Numbers(columns) => {
                let append =
                    |column: &NumberCells<'_>| column.append(row..row + 1, numbers, n_rounded);
                let n_missing: usize = columns.iter().map(append).sum();
                if n_missing == columns.len() {
                    return RowVector::Missing;
                }
                n_missing
            }
        };
        if n_missing == 0 { RowVector::Whole(numbers) } else { RowVector::WithNull }
    }
}

/// The numbers of an array.
pub(super) struct NumberCells<'a> {
    array: &'a dyn Array,
    values: Floats<'a>,
}

enum Floats<'a> {
    Half(&'a [f16]),
    Single(&'a [f32]),
    Double(&'a [f64]),
}

impl<'a> NumberCells<'a> {
    fn of(array: &'a dyn Array) -> Option<Self> {
        let values = if let Some(array) = array.as_primitive_opt::<Float32Type>() {
            Floats::Single(array.values())
        } else if let Some(array) = array.as_primitive_opt::<Float64Type>() {
            Floats::Double(array.values())
        } else {
            Floats::Half(array.as_primitive_opt::<Float16Type>()?.values())
        };
        Some(Self { array, values })
    }

    /// Appends some numbers, and counts those that were rounded; returns how many are nulls.
    fn append(&self, range: Range<usize>, numbers: &mut Vec<f32>, n_rounded: &mut u64) -> usize {
        let is_null = |row: &usize| self.array.is_null(*row);
        let n_nulls = match self.array.null_count() {
            0 => 0,
            _ => range.clone().filter(is_null).count(),
        };
        match &self.values {
            Floats::Single(values) => numbers.extend_from_slice(&values[range]),
            Floats::Half(values) => numbers.extend(values[range].iter().map(|it| it.to_f32())),
            Floats::Double(values) => numbers.extend(values[range].iter().map(|&value| {
                let (value, is_rounded) = of_f64(value);
                *n_rounded += u64::from(is_rounded);
                value
            })),
        }
        n_nulls
    }
}
