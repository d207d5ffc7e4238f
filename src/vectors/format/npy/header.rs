//! The header of an `.npy` array: a dictionary of Python in text, that says what the numbers are.
//!
//! In: the bytes of a file. Out: type, order and shape, checked against each other, and where the
//! numbers begin. Versions 1.0 to 3.0 (NEP 1).

use std::io::{BufRead, Read as _};
use std::path::Path;

use super::MAGIC;
use crate::base::error::{Error, Result};
use crate::vectors::format::check_shape;
use crate::vectors::format::numbers::{Layout, NumberType};

/// The longest header that is read: real ones are of 118 bytes.
const HEADER_BYTES: usize = 1 << 16;

/// What the elements of an array are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::vectors::format) enum Element {
    /// Numbers.
    Number(NumberType),
    /// Text of so many characters, of four bytes each.
    Unicode(usize),
    /// Text of so many bytes.
    Bytes(usize),
}

/// A header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::vectors::format) struct Header {
    pub(in crate::vectors::format) element: Element,
    pub(in crate::vectors::format) layout: Layout,
    pub(in crate::vectors::format) shape: Vec<usize>,
    /// Bytes of the header.
    pub(in crate::vectors::format) n_bytes: usize,
}

impl Header {
    /// Reads a header; `path` names the file in messages.
    pub(in crate::vectors::format) fn read(input: &mut impl BufRead, path: &Path) -> Result<Self> {
        let (header, n_bytes) = read_text(input, path)?;
        let value = |key: &str| {
            value_of(&header, key).ok_or_else(|| {
                let found = format!("no {key} in the header");
                Error::malformed(path, None, found, "an .npy header")
            })
        };
        let (descr, order, shape) =
            (value("'descr'")?, value("'fortran_order'")?, value("'shape'")?);
        let (is_big_endian, element) = element(descr).ok_or_else(|| {
            let expected = "numbers, or text; convert it with array.astype('<f4')";
            Error::malformed(path, None, format!("elements of type {descr}"), expected)
        })?;
        let is_by_columns = match order {
            "False" => false,
            "True" => true,
            _ => {
                let found = format!("fortran_order {order}");
                return Err(Error::malformed(path, None, found, "True or False"));
            }
        };
        let sides: Option<Vec<usize>> = shape
            .trim_matches(['(', ')'])
            .split(',')
            .map(str::trim)
            .filter(|side| !side.is_empty())
            .map(|side| side.trim_end_matches('L').parse().ok())
            .collect();
        let Some(shape) = sides else {
            let found = format!("an array of shape {shape}");
            return Err(Error::malformed(path, None, found, "whole numbers"));
        };
        Ok(Self { element, layout: Layout { is_big_endian, is_by_columns }, shape, n_bytes })
    }

    /// The type, the rows and the columns of a matrix of numbers.
    pub(in crate::vectors::format) fn matrix(
        &self,
        path: &Path,
    ) -> Result<(NumberType, usize, usize)> {
        let shape = || {
            let sides: Vec<String> = self.shape.iter().map(ToString::to_string).collect();
            let end = if sides.len() == 1 { "," } else { "" };
            format!("({}{end})", sides.join(", "))
        };
        let [n_words, dim] = self.shape[..] else {
            let expected = "two dimensions, (words, numbers)";
            let found = format!("an array of shape {}", shape());
            return Err(Error::malformed(path, None, found, expected));
        };
        let Element::Number(number_type) = self.element else {
            return Err(Error::malformed(path, None, "an array of text", "numbers"));
        };
        check_shape(n_words, dim, path)?;
        Ok((number_type, n_words, dim))
    }
}

/// The type that a `descr` names, and whether it is big-endian.
fn element(descr: &str) -> Option<(bool, Element)> {
    let name = descr.strip_prefix('\'')?.strip_suffix('\'')?;
    let (order, kind) = name.split_at_checked(1)?;
    let is_big_endian = match order {
        "<" | "|" | "=" => false,
        ">" => true,
        _ => return None,
    };
    let element = match kind {
        "f2" => Element::Number(NumberType::F16),
        "f4" => Element::Number(NumberType::F32),
        "f8" => Element::Number(NumberType::F64),
        "i1" => Element::Number(NumberType::I8),
        "u1" => Element::Number(NumberType::U8),
        "i2" => Element::Number(NumberType::I16),
        "u2" => Element::Number(NumberType::U16),
        "i4" => Element::Number(NumberType::I32),
        "u4" => Element::Number(NumberType::U32),
        "i8" => Element::Number(NumberType::I64),
        "u8" => Element::Number(NumberType::U64),
        text => match text.split_at_checked(1)? {
            ("U", length) => Element::Unicode(length.parse().ok()?),
            ("S", length) => Element::Bytes(length.parse().ok()?),
            _ => return None,
        },
    };
    Some((is_big_endian, element))
}

/// The dictionary as text, and the bytes up to its end.
fn read_text(input: &mut impl BufRead, path: &Path) -> Result<(String, usize)> {
    let mut take = |n_bytes: usize| {
        let mut bytes = Vec::new();
        input
            .by_ref()
            .take(n_bytes as u64)
            .read_to_end(&mut bytes)
            .map_err(|source| Error::io("read", path, source))?;
        if bytes.len() == n_bytes {
            Ok(bytes)
        } else {
            Err(Error::malformed(path, None, "the end of the file in the header", "an .npy file"))
        }
    };
    let start = take(8)?;
    if !start.starts_with(MAGIC) {
        return Err(Error::malformed(path, None, "other first bytes", "an .npy file"));
    }
    let n_length_bytes = match start[6] {
        1 => 2,
        2 | 3 => 4,
        version => {
            let expected = "version 1 to 3 of the .npy format";
            return Err(Error::malformed(path, None, format!("version {version}"), expected));
        }
    };
    let length =
        take(n_length_bytes)?.iter().rev().fold(0, |length, &byte| length << 8 | usize::from(byte));
    if length > HEADER_BYTES {
        let found = format!("a header of {length} bytes");
        return Err(Error::malformed(path, None, found, format!("at most {HEADER_BYTES}")));
    }
    let text = String::from_utf8_lossy(&take(length)?).into_owned();
    Ok((text, start.len() + n_length_bytes + length))
}

/// The value of a key in the header, a Python dictionary: up to the comma after it, or to the
/// closing bracket of a tuple.
fn value_of<'h>(header: &'h str, key: &str) -> Option<&'h str> {
    let rest = header.split_once(key)?.1.trim_start().strip_prefix(':')?.trim_start();
    let end = if rest.starts_with('(') { rest.find(')')? + 1 } else { rest.find([',', '}'])? };
    Some(rest[..end].trim_end())
}
