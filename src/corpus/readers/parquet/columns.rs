//! Which columns of a Parquet file are read.
//!
//! In: the columns of the file and the names that a person gave. Out: the column of the text and
//! those of the metadata. A column within a structure has the names above it, with dots between:
//! `meta.year`. Names are looked for as in the tables of [`delimited`](super::super::delimited).

use std::path::Path;

use ::parquet::schema::types::{ColumnDescriptor, SchemaDescriptor};

use super::super::delimited::{column_of, column_of_text};
use super::super::{ReaderOptions, list};
use super::values::Meaning;
use crate::base::error::{Error, Result};

/// A column that is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    /// Its position in the file.
    pub(super) position: usize,
    /// Its name, with those above it.
    pub(super) name: String,
    /// What its values mean.
    pub(super) meaning: Meaning,
    /// The level of a value that is there; 0 if all are.
    pub(super) top: i16,
}

/// The column of the text, then those of the metadata.
///
/// # Errors
/// A column that is not there, or of a type that cannot be read so.
pub(super) fn choose(
    schema: &SchemaDescriptor,
    options: &ReaderOptions,
    path: &Path,
) -> Result<Vec<Column>> {
    let names: Vec<String> = schema.columns().iter().map(|column| column.path().string()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let failed = |expected: String| {
        Error::malformed(path, None, format!("the columns {}", list(&names)), expected)
    };
    let find =
        |name: &String| column_of(&names, name).ok_or_else(|| failed(format!("a column `{name}`")));
    let text = match &options.column {
        Some(name) => find(name)?,
        None => column_of_text(&names)
            .ok_or_else(|| failed("a column `text`, or one that `column` names".to_owned()))?,
    };
    let open = |position: usize, is_text: bool| {
        let column = schema.column(position);
        let meaning = Meaning::of(&column).filter(|meaning| {
            column.max_rep_level() == 0 && (!is_text || *meaning == Meaning::Text)
        });
        let meaning = meaning.ok_or_else(|| {
            let name = names[position];
            let found = format!("the column `{name}` of {}", type_of(&column));
            let expected = if is_text { "strings" } else { "strings, numbers or dates" };
            Error::malformed(path, None, found, format!("a column of {expected}"))
        })?;
        let name = names[position].to_owned();
        Ok(Column { position, name, meaning, top: column.max_def_level() })
    };
    let mut columns = vec![open(text, true)?];
    for name in &options.metadata {
        columns.push(open(find(name)?, false)?);
    }
    Ok(columns)
}

/// The type of a column, as Parquet calls it: `lists`, or `the type INT64 (TIMESTAMP_MICROS)`.
fn type_of(column: &ColumnDescriptor) -> String {
    if column.max_rep_level() > 0 {
        return "lists".to_owned();
    }
    let physical = column.physical_type();
    match column.converted_type().to_string().as_str() {
        "NONE" => format!("the type {physical}"),
        converted => format!("the type {physical} ({converted})"),
    }
}
