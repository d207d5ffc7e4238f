//! Which columns of a table hold the words and the vectors.
//!
//! In: the names and kinds of the columns of a Parquet or Arrow file. Out: the column of the words,
//! and that of the vectors, or one column for each dimension.

use std::path::Path;

use super::numbers::NumberType;
use crate::base::error::{Error, Result};

/// Names of a column of words, the most likely first.
const WORD_NAMES: [&str; 4] = ["word", "token", "text", "key"];

/// Names of a column of vectors.
const VECTOR_NAMES: [&str; 4] = ["vector", "embedding", "vectors", "embeddings"];

/// What pandas calls the column of an index without a name; others have other numbers.
const INDEX_OF_PANDAS: &str = "__index_level_";

/// The fewest columns of numbers that make a vector.
const FEWEST_DIMENSIONS: usize = 2;

/// The most columns of numbers that are read as dimensions: each is open while rows are read, and
/// takes some kilobytes.
const MOST_DIMENSIONS: usize = 1 << 16;

/// What the cells of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ColumnKind {
    /// Text.
    Text,
    /// Lists of floats.
    Lists(NumberType),
    /// Floats.
    Number(NumberType),
    /// Anything else.
    Other,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TableColumn {
    pub(super) name: String,
    pub(super) kind: ColumnKind,
}

/// The columns that are read, by their positions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TableColumns {
    pub(super) words: usize,
    pub(super) vectors: VectorColumns,
    /// The type of the numbers, and of several the first that is not 32-bit floats.
    pub(super) number_type: NumberType,
}

/// Where the vectors are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum VectorColumns {
    /// In a column of lists.
    Lists(usize),
    /// A number in each of these columns.
    Numbers(Vec<usize>),
}

impl TableColumns {
    /// Chooses the columns.
    ///
    /// # Errors
    /// [`Error::Malformed`] with the names of all columns: none has words, or none vectors, or
    /// several may have them.
    pub(super) fn choose(columns: &[TableColumn], path: &Path) -> Result<Self> {
        let is_text = |column: &TableColumn| column.kind == ColumnKind::Text;
        let is_lists = |column: &TableColumn| matches!(column.kind, ColumnKind::Lists(_));
        let lists = chosen(columns, is_lists, &VECTOR_NAMES);
        let vectors = match lists {
            Chosen::One(position) => Some(VectorColumns::Lists(position)),
            Chosen::Several => {
                let expected = "a column of lists of floats that is called `vector`, or only one";
                return Err(refused(columns, expected, path));
            }
            Chosen::None => {
                let is_number = |column: &TableColumn| {
                    matches!(column.kind, ColumnKind::Number(_))
                        && !column.name.starts_with(INDEX_OF_PANDAS)
                };
                let positions: Vec<usize> =
                    (0..columns.len()).filter(|&position| is_number(&columns[position])).collect();
                if positions.len() > MOST_DIMENSIONS {
                    let found = format!("{} columns of floats", positions.len());
                    let expected = format!("at most {MOST_DIMENSIONS}, or one column of lists");
                    return Err(Error::malformed(path, None, found, expected));
                }
                (positions.len() >= FEWEST_DIMENSIONS).then_some(VectorColumns::Numbers(positions))
            }
        };
        let Some(vectors) = vectors else {
            let expected = "one column of vectors, which are lists of floats, or a column of \
                            floats for each dimension; a table of texts is read by `embed`";
            return Err(refused(columns, expected, path));
        };
        let Chosen::One(words) = chosen(columns, is_text, &WORD_NAMES) else {
            let expected = "a column of text that is called `word`, or only one column of text";
            return Err(refused(columns, expected, path));
        };
        let positions = match &vectors {
            VectorColumns::Lists(position) => std::slice::from_ref(position),
            VectorColumns::Numbers(positions) => positions,
        };
        let number_type = positions
            .iter()
            .filter_map(|&position| match columns[position].kind {
                ColumnKind::Lists(number_type) | ColumnKind::Number(number_type) => {
                    Some(number_type)
                }
                ColumnKind::Text | ColumnKind::Other => None,
            })
            .find(|&number_type| number_type != NumberType::F32)
            .unwrap_or(NumberType::F32);
        Ok(Self { words, vectors, number_type })
    }
}

/// Which columns of a kind there are.
enum Chosen {
    None,
    One(usize),
    Several,
}

/// The column of a kind: by the first of the names that there is, or else the only one. Two of one
/// name are several.
fn chosen(
    columns: &[TableColumn],
    is_of_kind: impl Fn(&TableColumn) -> bool,
    names: &[&str],
) -> Chosen {
    let positions: Vec<usize> =
        (0..columns.len()).filter(|&position| is_of_kind(&columns[position])).collect();
    let named = |name: &&str| -> Vec<usize> {
        let is_named = |&position: &usize| columns[position].name.eq_ignore_ascii_case(name);
        positions.iter().copied().filter(is_named).collect()
    };
    let named = names.iter().map(named).find(|positions| !positions.is_empty());
    match named.as_ref().unwrap_or(&positions).as_slice() {
        &[position] => Chosen::One(position),
        [] => Chosen::None,
        _ => Chosen::Several,
    }
}

fn refused(columns: &[TableColumn], expected: &str, path: &Path) -> Error {
    /// Columns that a message names.
    const MOST_NAMED: usize = 10;
    let described = |column: &TableColumn| {
        let kind = match column.kind {
            ColumnKind::Text => "text".to_owned(),
            ColumnKind::Lists(number_type) => format!("lists of {number_type}"),
            ColumnKind::Number(number_type) => number_type.to_string(),
            ColumnKind::Other => "neither text nor floats".to_owned(),
        };
        format!("`{}` ({kind})", column.name)
    };
    let mut names: Vec<String> = columns.iter().take(MOST_NAMED).map(described).collect();
    if columns.len() > MOST_NAMED {
        names.push(format!("{} more", columns.len() - MOST_NAMED));
    }
    let found = match names.is_empty() {
        true => "a table without a column".to_owned(),
        false => format!("the columns {}", names.join(", ")),
    };
    Error::malformed(path, None, found, expected)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ColumnKind::{Lists, Number, Other, Text};
    use NumberType::{F16, F32, F64};

    fn choose(columns: &[(&str, ColumnKind)]) -> Result<TableColumns> {
        let columns: Vec<TableColumn> = columns
            .iter()
            .map(|&(name, kind)| TableColumn { name: name.to_owned(), kind })
            .collect();
        TableColumns::choose(&columns, Path::new("v"))
    }

    #[test]
    fn columns_are_found_by_name_or_because_there_is_one() {
        let found = |columns: &[(&str, ColumnKind)]| {
            let found = choose(columns).unwrap();
            (found.words, found.vectors, found.number_type)
        };
        assert_eq!(
            found(&[("note", Text), ("Token", Text), ("id", Other), ("embedding", Lists(F64))]),
            (1, VectorColumns::Lists(3), F64)
        );
        assert_eq!(
            found(&[("token", Text), ("word", Text), ("a", Lists(F32)), ("vector", Lists(F16))]),
            (1, VectorColumns::Lists(3), F16)
        );
        // Lists come before columns of numbers.
        assert_eq!(
            found(&[("x", Number(F32)), ("y", Number(F32)), ("v", Lists(F32)), ("w", Text)]),
            (3, VectorColumns::Lists(2), F32)
        );
        assert_eq!(
            found(&[
                ("0", Number(F32)),
                ("count", Other),
                ("1", Number(F64)),
                ("__index_level_0__", Text)
            ]),
            (3, VectorColumns::Numbers(vec![0, 2]), F64)
        );
    }

    #[test]
    fn a_table_without_words_or_vectors_is_refused_with_its_columns() {
        let message = |columns: &[(&str, ColumnKind)]| choose(columns).unwrap_err().to_string();
        let texts = message(&[("text", Text), ("year", Other), ("score", Number(F64))]);
        assert!(
            texts.starts_with(
                "`v`: found the columns `text` (text), `year` (neither text nor floats), `score` \
                 (float64), expected one column of vectors"
            ),
            "{texts}"
        );
        assert!(message(&[]).contains("a table without a column"));
        let two = message(&[("a", Text), ("b", Text), ("vector", Lists(F32))]);
        assert!(two.ends_with("called `word`, or only one column of text"), "{two}");
        let lists = message(&[("word", Text), ("a", Lists(F32)), ("b", Lists(F32))]);
        assert!(lists.ends_with("that is called `vector`, or only one"), "{lists}");
        let same = message(&[("word", Text), ("vector", Lists(F32)), ("Vector", Lists(F32))]);
        assert!(same.ends_with("that is called `vector`, or only one"), "{same}");
        let same = message(&[("word", Text), ("word", Text), ("vector", Lists(F32))]);
        assert!(same.ends_with("called `word`, or only one column of text"), "{same}");
        let many: Vec<(&str, ColumnKind)> = vec![("x", Number(F32)); 12];
        assert!(message(&many).contains("`x` (float32), 2 more"));
        let mut most: Vec<(&str, ColumnKind)> = vec![("x", Number(F32)); MOST_DIMENSIONS];
        most.push(("word", Text));
        assert_eq!(choose(&most).unwrap().words, MOST_DIMENSIONS);
        most.push(("x", Number(F32)));
        assert_eq!(
            message(&most),
            "`v`: found 65537 columns of floats, expected at most 65536, or one column of lists"
        );
    }
}
