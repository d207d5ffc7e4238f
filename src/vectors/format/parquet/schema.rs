//! The columns of a Parquet file, as a choice of words and vectors sees them.
//!
//! In: the schema of a file. Out: a column of a table for each of its leaves. Text and floats that
//! stand alone count, and lists of floats with all ways of writers to nest them; what lies deeper
//! within structures does not.

use ::parquet::basic::{ConvertedType, LogicalType, Type};
use ::parquet::schema::types::{ColumnDescriptor, SchemaDescriptor};

use super::super::columns::{ColumnKind, TableColumn};
use super::super::numbers::NumberType;

/// Names of a list and what is in it: `vector.list.element`, or `vector` alone.
const DEEPEST_LIST: usize = 3;

/// A column for each leaf of the schema.
pub(super) fn columns_of(schema: &SchemaDescriptor) -> Vec<TableColumn> {
    let of_leaf = |leaf: usize| {
        let column = schema.column(leaf);
        let parts = column.path().parts();
        let kind = match (column.max_rep_level(), parts.len()) {
            (0, 1) => kind_of(&column),
            (1, 1..=DEEPEST_LIST) if is_list(schema, leaf, parts.len()) => {
                number_type(&column).map_or(ColumnKind::Other, ColumnKind::Lists)
            }
            _ => ColumnKind::Other,
        };
        let name = match kind {
            ColumnKind::Lists(_) => parts[0].clone(),
            _ => column.path().string(),
        };
        TableColumn { name, kind }
    };
    (0..schema.num_columns()).map(of_leaf).collect()
}

/// Whether what a leaf repeats is a list: the repeated leaf itself, or a group that is called one.
fn is_list(schema: &SchemaDescriptor, leaf: usize, n_parts: usize) -> bool {
    let root = schema.get_column_root(leaf).get_basic_info();
    let is_called = root.logical_type_ref() == Some(&LogicalType::List)
        || root.converted_type() == ConvertedType::LIST;
    n_parts == 1 || is_called
}

fn kind_of(column: &ColumnDescriptor) -> ColumnKind {
    if let Some(number_type) = number_type(column) {
        return ColumnKind::Number(number_type);
    }
    // Older writers do not say that bytes are text.
    let is_text = match column.logical_type_ref() {
        Some(logical) => matches!(logical, LogicalType::String | LogicalType::Enum),
        None => matches!(
            column.converted_type(),
            ConvertedType::UTF8 | ConvertedType::ENUM | ConvertedType::NONE
        ),
    };
    match is_text && column.physical_type() == Type::BYTE_ARRAY {
        true => ColumnKind::Text,
        false => ColumnKind::Other,
    }
}

fn number_type(column: &ColumnDescriptor) -> Option<NumberType> {
    match column.physical_type() {
        Type::FLOAT => Some(NumberType::F32),
        Type::DOUBLE => Some(NumberType::F64),
        Type::FIXED_LEN_BYTE_ARRAY
            if column.logical_type_ref() == Some(&LogicalType::Float16)
                && column.type_length() == 2 =>
        {
            Some(NumberType::F16)
        }
        _ => None,
    }
}

/// The level from which on a list of a leaf has something in it, be it a null.
pub(super) fn level_of_entries(schema: &SchemaDescriptor, leaf: usize) -> i16 {
    let column = schema.column(leaf);
    let mut group = schema.get_column_root(leaf);
    let mut level = 0;
    for next in column.path().parts().iter().skip(1).map(Some).chain([None]) {
        let info = group.get_basic_info();
        let repetition = info.has_repetition().then(|| info.repetition());
        match repetition {
            Some(::parquet::basic::Repetition::REPEATED) => return level + 1,
            Some(::parquet::basic::Repetition::OPTIONAL) => level += 1,
            _ => {}
        }
        let Some(next) = next.filter(|_| group.is_group()) else { break };
        let Some(field) = group.get_fields().iter().find(|field| field.name() == next) else {
            break;
        };
        group = field;
    }
    level
}
