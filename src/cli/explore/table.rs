//! The points of a page as a Parquet table, as Embedding Atlas takes it.
//!
//! Columns: `name`, `kind`, `text` (of a word its name), `x`, `y`; `neighbors`, with the numbers of
//! rows from 0 (`ids`) and `1 - cosine` (`distances`); the groups of each level; labels and
//! metadata. A row for each point.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use ::parquet::basic::{Compression, LogicalType, Repetition, Type as Physical, ZstdLevel};
use ::parquet::data_type::{ByteArray, ByteArrayType, DataType, DoubleType, FloatType, Int64Type};
use ::parquet::errors::{ParquetError, Result as ParquetResult};
use ::parquet::file::properties::WriterProperties;
use ::parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use ::parquet::schema::types::{PrimitiveTypeBuilder, Type, TypePtr};
use anyhow::Result;
use eigenlex::Error;
use eigenlex::storage::AtomicFile;

use super::data::{Column, NONE, Page};

/// Rows of a group.
const GROUP_ROWS: usize = 65_536;

/// A column: its name, and its values.
struct Values<'a> {
    name: String,
    of: Of<'a>,
}

enum Of<'a> {
    Texts(Vec<Option<&'a str>>),
    Singles(&'a [f32]),
    Doubles(&'a [f64]),
    /// Other points, and the cosines.
    Neighbors(&'a [Vec<(u32, f32)>]),
}

pub(super) fn write(page: &Page, file: &mut AtomicFile, path: &Path) -> Result<()> {
    put(page, file).map_err(|error| {
        let source = match error {
            ParquetError::External(source) => match source.downcast::<std::io::Error>() {
                Ok(source) => *source,
                Err(source) => std::io::Error::other(source),
            },
            other => std::io::Error::other(other),
        };
        Error::io("write", path, source).into()
    })
}

fn put(page: &Page, file: &mut AtomicFile) -> ParquetResult<()> {
    let columns = columns(page);
    let fields = columns.iter().map(Values::field).collect::<ParquetResult<Vec<_>>>()?;
    let schema = Type::group_type_builder("points").with_fields(fields).build()?;
    let properties =
        WriterProperties::builder().set_compression(Compression::ZSTD(ZstdLevel::default()));
    let mut writer =
        SerializedFileWriter::new(file, Arc::new(schema), Arc::new(properties.build()))?;
    for begin in (0..page.points.n).step_by(GROUP_ROWS) {
        let rows = begin..page.points.n.min(begin + GROUP_ROWS);
        let mut group = writer.next_row_group()?;
        for column in &columns {
            match &column.of {
                Of::Texts(texts) => {
                    let texts = &texts[rows.clone()];
                    let levels: Vec<i16> = texts.iter().map(|it| it.is_some().into()).collect();
                    let values: Vec<ByteArray> =
                        texts.iter().flatten().map(|&text| ByteArray::from(text)).collect();
                    put_column::<ByteArrayType>(&mut group, &values, Some(&levels), None)?;
                }
                Of::Singles(numbers) => {
                    put_column::<FloatType>(&mut group, &numbers[rows.clone()], None, None)?;
                }
                Of::Doubles(numbers) => {
                    let numbers = &numbers[rows.clone()];
                    let levels: Vec<i16> = numbers.iter().map(|it| (!it.is_nan()).into()).collect();
                    let values: Vec<f64> =
                        numbers.iter().copied().filter(|it| !it.is_nan()).collect();
                    put_column::<DoubleType>(&mut group, &values, Some(&levels), None)?;
                }
                Of::Neighbors(lists) => {
                    let lists = &lists[rows.clone()];
                    // A list without an entry has one place, at a lower level.
                    let definitions: Vec<i16> = lists
                        .iter()
                        .flat_map(|list| vec![i16::from(!list.is_empty()); list.len().max(1)])
                        .collect();
                    let repetitions: Vec<i16> = lists
                        .iter()
                        .flat_map(|list| (0..list.len().max(1)).map(|at| i16::from(at > 0)))
                        .collect();
                    let levels = (Some(&definitions[..]), Some(&repetitions[..]));
                    let ids: Vec<i64> = lists.iter().flatten().map(|it| it.0.into()).collect();
                    put_column::<Int64Type>(&mut group, &ids, levels.0, levels.1)?;
                    let distances: Vec<f32> =
                        lists.iter().flatten().map(|it| (1.0 - it.1).max(0.0)).collect();
                    put_column::<FloatType>(&mut group, &distances, levels.0, levels.1)?;
                }
            }
        }
        group.close()?;
    }
    writer.close()?;
    Ok(())
}

fn put_column<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, &mut AtomicFile>,
    values: &[T::T],
    definitions: Option<&[i16]>,
    repetitions: Option<&[i16]>,
) -> ParquetResult<()> {
    let none = || ParquetError::General("a column too few".to_owned());
    let mut column = group.next_column()?.ok_or_else(none)?;
    column.typed::<T>().write_batch(values, definitions, repetitions)?;
    column.close()
}

/// All columns in their order, each with a name of its own.
fn columns(page: &Page) -> Vec<Values<'_>> {
    let points = &page.points;
    let kind = |&kind: &u8| Some(points.kinds[usize::from(kind)]);
    let mut columns = vec![
        ("name".to_owned(), Of::Texts(points.name.iter().map(|it| Some(it.as_str())).collect())),
        ("kind".to_owned(), Of::Texts(points.kind.0.iter().map(kind).collect())),
    ];
    // A point without a text, such as a word, has its name there.
    let text_of = |point: usize| page.texts.as_ref().and_then(|it| it.of_points[point].as_deref());
    let texts = points.name.iter().enumerate();
    let texts = texts.map(|(point, name)| Some(text_of(point).unwrap_or(name))).collect();
    columns.push(("text".to_owned(), Of::Texts(texts)));
    if let Some(words) = &page.words
        && let (Some(side), Some(sides)) = (&words.side, &words.sides)
    {
        let of_point = |&word: &i32| {
            let word = usize::try_from(word).ok()?;
            Some(sides[usize::from(side.0[word])].as_str())
        };
        let name = if page.time.is_some() { "slice" } else { "language" };
        columns.push((name.to_owned(), Of::Texts(points.word.0.iter().map(of_point).collect())));
    }
    columns.push(("x".to_owned(), Of::Singles(&points.x.0)));
    columns.push(("y".to_owned(), Of::Singles(&points.y.0)));
    if let Some(near) = &page.near {
        columns.push(("neighbors".to_owned(), Of::Neighbors(&near.of_points)));
    }
    let names = ["group_coarse", "group_middle", "group_fine"];
    for (level, name) in page.levels.iter().zip(names) {
        let of_point =
            |&group: &u16| (group != NONE).then(|| level.groups[usize::from(group)].name.as_str());
        columns
            .push((name.to_owned(), Of::Texts(level.of_points.0.iter().map(of_point).collect())));
    }
    for column in &page.columns {
        columns.push(match column {
            Column::Texts { name, values, of_points } => {
                let of_point =
                    |&value: &u16| (value != NONE).then(|| values[usize::from(value)].as_str());
                (name.clone(), Of::Texts(of_points.0.iter().map(of_point).collect()))
            }
            Column::Numbers { name, numbers } => (name.clone(), Of::Doubles(&numbers.0)),
        });
    }
    let mut taken = BTreeSet::new();
    let own = |(name, of): (String, _)| {
        let mut free = name.clone();
        let mut number = 2;
        while !taken.insert(free.clone()) {
            free = format!("{name}_{number}");
            number += 1;
        }
        Values { name: free, of }
    };
    columns.into_iter().map(own).collect()
}

fn primitive(name: &str, physical: Physical, repetition: Repetition) -> PrimitiveTypeBuilder<'_> {
    Type::primitive_type_builder(name, physical).with_repetition(repetition)
}

impl Values<'_> {
    fn field(&self) -> ParquetResult<TypePtr> {
        let name = &self.name;
        let (required, optional) = (Repetition::REQUIRED, Repetition::OPTIONAL);
        let list = |name: &str, physical| {
            let element = primitive("element", physical, required).build()?;
            let entries = Type::group_type_builder("list")
                .with_repetition(Repetition::REPEATED)
                .with_fields(vec![Arc::new(element)])
                .build()?;
            Type::group_type_builder(name)
                .with_repetition(required)
                .with_logical_type(Some(LogicalType::List))
                .with_fields(vec![Arc::new(entries)])
                .build()
        };
        let field = match &self.of {
            Of::Texts(_) => primitive(name, Physical::BYTE_ARRAY, optional)
                .with_logical_type(Some(LogicalType::String))
                .build()?,
            Of::Singles(_) => primitive(name, Physical::FLOAT, required).build()?,
            Of::Doubles(_) => primitive(name, Physical::DOUBLE, optional).build()?,
            Of::Neighbors(_) => {
                let ids = Arc::new(list("ids", Physical::INT64)?);
                let distances = Arc::new(list("distances", Physical::FLOAT)?);
                Type::group_type_builder(name)
                    .with_repetition(required)
                    .with_fields(vec![ids, distances])
                    .build()?
            }
        };
        Ok(Arc::new(field))
    }
}
