//! The header of a MatrixMarket file: the first line, of words, and the line of sizes after the
//! comments.
//!
//! In: the two lines. Out: a [`Header`], whose sizes are not yet checked against what follows.

use super::Entry;
use super::fields::{Fault, Fields, shown, whole_number};

/// What a file must begin with, for messages.
pub(super) const BANNER: &str =
    "`%%MatrixMarket matrix` and three words more, as a MatrixMarket file begins";

/// Which entries of a matrix a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Symmetry {
    /// All that are not zero.
    General,
    /// Those on and below the diagonal: `a_ji = a_ij`.
    Symmetric,
    /// Those below the diagonal: `a_ji = -a_ij`, and `a_ii = 0`.
    SkewSymmetric,
}

/// How the entries stand in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arrangement {
    /// An entry a line, with its row and its column.
    Coordinate,
    /// Every value, zero or not, column after column.
    Array,
}

/// What the values are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Real,
    Integer,
    /// There are none: every entry is 1.
    Pattern,
}

/// The words of the first line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Banner {
    arrangement: Arrangement,
    field: Field,
    symmetry: Symmetry,
}

/// What a file says of itself.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) arrangement: Arrangement,
    pub(super) field: Field,
    pub(super) symmetry: Symmetry,
    pub(super) n_rows: u32,
    pub(super) n_columns: u32,
    /// Entries in the file, zeros counted, mirrored ones not.
    pub(super) n_stored: u64,
}

impl Symmetry {
    /// Adds an entry, and its mirror image where it stands for that too.
    pub(super) fn push(self, entry: Entry, entries: &mut Vec<Entry>) {
        entries.push(entry);
        let Entry { row, column, value } = entry;
        match self {
            Self::Symmetric if row != column => {
                entries.push(Entry { row: column, column: row, value })
            }
            Self::SkewSymmetric => entries.push(Entry { row: column, column: row, value: -value }),
            Self::General | Self::Symmetric => {}
        }
    }
}

fn fault<T>(found: impl Into<String>, expected: impl Into<String>) -> Result<T, Fault> {
    Err(Fault { offset: 0, found: found.into(), expected: expected.into() })
}

impl Banner {
    /// Reads the first line, in capitals or not.
    pub(super) fn parse(line: &[u8]) -> Result<Self, Fault> {
        let mut fields = Fields::new(line);
        if !fields.next().eq_ignore_ascii_case(b"%%MatrixMarket") {
            return fault(shown(line), BANNER);
        }
        let words = [(); 5].map(|()| String::from_utf8_lossy(fields.next()).to_ascii_lowercase());
        let [object, arrangement, field, symmetry, more] = words.each_ref().map(String::as_str);
        if object != "matrix" {
            return fault(shown(object.as_bytes()), "`matrix`");
        }
        let arrangement = match arrangement {
            "coordinate" => Arrangement::Coordinate,
            "array" => Arrangement::Array,
            other => return fault(shown(other.as_bytes()), "`coordinate` or `array`"),
        };
        let field = match field {
            "real" => Field::Real,
            // The second is what scipy writes.
            "integer" | "unsigned-integer" => Field::Integer,
            "pattern" if arrangement == Arrangement::Coordinate => Field::Pattern,
            "pattern" => return fault("an array of the field `pattern`", "`real` or `integer`"),
            "complex" => return fault("a complex matrix", "a `real`, `integer` or `pattern` one"),
            other => return fault(shown(other.as_bytes()), "`real`, `integer` or `pattern`"),
        };
        let symmetry = match symmetry {
            "general" => Symmetry::General,
            "symmetric" => Symmetry::Symmetric,
            "skew-symmetric" => Symmetry::SkewSymmetric,
            "hermitian" => {
                return fault(
                    "a Hermitian matrix",
                    "a `general`, `symmetric` or `skew-symmetric` one",
                );
            }
            other => {
                return fault(
                    shown(other.as_bytes()),
                    "`general`, `symmetric` or `skew-symmetric`",
                );
            }
        };
        if !more.is_empty() {
            return fault(shown(more.as_bytes()), "the end of the line");
        }
        Ok(Self { arrangement, field, symmetry })
    }

    /// What the line of sizes holds, for messages.
    pub(super) fn sizes(self) -> &'static str {
        match self.arrangement {
            Arrangement::Coordinate => "the numbers of rows, columns and entries",
            Arrangement::Array => "the numbers of rows and columns",
        }
    }
}

impl Header {
    /// Reads the line of sizes.
    pub(super) fn parse(banner: Banner, line: &[u8]) -> Result<Self, Fault> {
        let Banner { arrangement, field, symmetry } = banner;
        let n_sizes = if arrangement == Arrangement::Coordinate { 3 } else { 2 };
        let mut fields = Fields::new(line);
        let sizes = [(); 4].map(|()| fields.next());
        let numbers = sizes.map(whole_number);
        if sizes[n_sizes - 1].is_empty()
            || !sizes[n_sizes].is_empty()
            || numbers[..n_sizes].contains(&None)
        {
            return fault(shown(line), banner.sizes());
        }
        let side = |index: usize, what: &str| match numbers[index].map(u32::try_from) {
            Some(Ok(size)) => Ok(size),
            _ => fault(format!("{} {what}", shown(sizes[index])), format!("at most {}", u32::MAX)),
        };
        let (n_rows, n_columns) = (side(0, "rows")?, side(1, "columns")?);
        if symmetry != Symmetry::General && n_rows != n_columns {
            return fault(
                format!("{n_rows} rows and {n_columns} columns"),
                "as many of one as of the other in a matrix with a symmetry",
            );
        }
        let n_stored = match arrangement {
            Arrangement::Coordinate => match numbers[2] {
                Some(u64::MAX) | None => {
                    return fault(
                        format!("{} entries", shown(sizes[2])),
                        format!("fewer than {}", u64::MAX),
                    );
                }
                Some(n_stored) => n_stored,
            },
            Arrangement::Array => {
                let (n_rows, n_columns) = (u64::from(n_rows), u64::from(n_columns));
                // None overflows: the sides are below 2^32.
                match symmetry {
                    Symmetry::General => n_rows * n_columns,
                    Symmetry::Symmetric => n_rows * (n_rows + 1) / 2,
                    Symmetry::SkewSymmetric => n_rows * n_rows.saturating_sub(1) / 2,
                }
            }
        };
        Ok(Self { arrangement, field, symmetry, n_rows, n_columns, n_stored })
    }

    /// The row of the first value in a column of an array.
    pub(super) fn first_row_of(&self, column: u32) -> u32 {
        match self.symmetry {
            Symmetry::General => 0,
            Symmetry::Symmetric => column,
            // At most the number of columns, which is below 2^32.
            Symmetry::SkewSymmetric => column + 1,
        }
    }
}
