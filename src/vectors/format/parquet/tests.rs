//! Parquet files as other programs and the crate's own writer write them, and damaged ones.

use std::sync::Arc;

use ::parquet::data_type::{ByteArray, ByteArrayType, DataType, DoubleType, FloatType};
use ::parquet::file::properties::WriterProperties;
use ::parquet::file::writer::SerializedFileWriter;
use ::parquet::schema::parser::parse_message_type;
use proptest::prelude::*;

use super::super::table_file::tests::{Table, fixture};
use super::super::tests::{any_vectors, same_bits, small};
use crate::vectors::format::{Fault, Format, OnFault, VectorFile};

const TABLE: Table = Table(Format::Parquet);

#[test]
fn files_of_other_programs_are_read() {
    TABLE.reads(&[
        ("pyarrow-lists.parquet", None),
        ("pyarrow-fixed.parquet", Some("float64")),
        ("pyarrow-half.parquet", Some("float16")),
        ("pandas.parquet", None),
        ("polars.parquet", None),
    ]);
}

/// The values of a column, and its definition and repetition levels.
type Column<T> = (Vec<T>, Vec<i16>, Option<Vec<i16>>);

/// Writes one row group of columns that `put` knows by their number.
fn file(schema: &str, put: &[&dyn Fn(&mut Put<'_, '_>)]) -> Vec<u8> {
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let properties = Arc::new(WriterProperties::builder().build());
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, properties).unwrap();
    let mut group = writer.next_row_group().unwrap();
    for put in put {
        put(&mut Put(&mut group));
    }
    group.close().unwrap();
    writer.into_inner().unwrap()
}

struct Put<'a, 'b>(&'a mut ::parquet::file::writer::SerializedRowGroupWriter<'b, Vec<u8>>);

impl Put<'_, '_> {
    fn column<T: DataType>(&mut self, (values, definitions, repetitions): &Column<T::T>) {
        let mut column = self.0.next_column().unwrap().unwrap();
        let repetitions = repetitions.as_deref();
        column.typed::<T>().write_batch(values, Some(definitions), repetitions).unwrap();
        column.close().unwrap();
    }
}

fn words(words: &[Option<&[u8]>]) -> Column<ByteArray> {
    let values = words.iter().flatten().map(|word| ByteArray::from(word.to_vec())).collect();
    (values, words.iter().map(|word| i16::from(word.is_some())).collect(), None)
}

type List<'a> = Option<&'a [Option<f32>]>;

/// Lists in three levels, all of which may be null.
fn lists(lists: &[List<'_>]) -> Column<f32> {
    let (mut values, mut definitions, mut repetitions) = (Vec::new(), Vec::new(), Vec::new());
    for list in lists {
        let entries = list.unwrap_or_default();
        for (place, entry) in entries.iter().enumerate() {
            values.extend(entry);
            definitions.push(2 + i16::from(entry.is_some()));
            repetitions.push(i16::from(place > 0));
        }
        if entries.is_empty() {
            definitions.push(i16::from(list.is_some()));
            repetitions.push(0);
        }
    }
    (values, definitions, Some(repetitions))
}

const LISTS: &str = "message v {
    optional binary word (STRING);
    optional group vector (LIST) { repeated group list { optional float element; } }
}";

fn table(rows: &[(Option<&[u8]>, List<'_>)]) -> Vec<u8> {
    let (spellings, vectors): (Vec<_>, Vec<_>) = rows.iter().copied().unzip();
    file(
        LISTS,
        &[&|put| put.column::<ByteArrayType>(&words(&spellings)), &|put| {
            put.column::<FloatType>(&lists(&vectors))
        }],
    )
}

const NULL: (Option<&[u8]>, List<'static>) = (Some(b"null"), None);
const FAULTY: [(Option<&[u8]>, List<'static>); 8] = [
    NULL,
    (Some(b"a"), Some(&[Some(1.0), Some(2.0)])),
    (Some(b"b"), Some(&[Some(1.0), None])),
    (None, Some(&[Some(3.0), Some(4.0)])),
    (Some(b"c"), Some(&[Some(f32::NAN), Some(4.0)])),
    (Some(b"a"), Some(&[Some(5.0), Some(6.0)])),
    (Some(b"d\xFF"), Some(&[Some(7.0), Some(8.0)])),
    (Some(b" "), Some(&[Some(9.0), Some(0.0)])),
];

#[test]
fn rows_with_faults_are_left_out_and_named() {
    let bytes = table(&FAULTY);
    let VectorFile { vectors, report, .. } = TABLE.read(&bytes, OnFault::Report).unwrap();
    assert!(vectors.words().iter().eq(["a", "d\u{FFFD}", " "]));
    assert_eq!(vectors.as_slice(), [1.0, 2.0, 7.0, 8.0, 9.0, 0.0]);
    let count = |fault| report.count(fault);
    assert_eq!((count(Fault::NotFinite), count(Fault::NoWord)), (3, 1));
    assert_eq!((count(Fault::DuplicateWord), count(Fault::BadUtf8)), (1, 1));
    assert_eq!(
        report.notes[0].to_string(),
        "row 0: null in place of the vector of `null` (and 2 more); left out"
    );
    assert_eq!(
        TABLE.message(&table(&FAULTY[1..]), OnFault::Refuse),
        "`v.parquet`: found null in the vector of `b` (row 1), expected finite numbers"
    );
}

#[test]
fn vectors_of_another_length_are_an_error_but_in_a_repair() {
    let bytes = table(&[
        FAULTY[1],
        (Some(b"e"), Some(&[])),
        (Some(b"f"), Some(&[Some(1.0), Some(2.0), Some(3.0)])),
        (Some(b"g"), FAULTY[7].1),
    ]);
    assert_eq!(
        TABLE.message(&bytes, OnFault::Report),
        "`v.parquet`: found 0 numbers in the vector of `e` (row 1), expected a word and 2 numbers"
    );
    let file = TABLE.read(&bytes, OnFault::Repair).unwrap();
    assert_eq!((file.vectors.len(), file.report.count(Fault::BrokenLine)), (2, 2));
}

#[test]
fn columns_of_floats_are_dimensions() {
    let schema = "message v {
        optional float x; required int64 count; optional double y;
        optional binary __index_level_0__ (STRING);
    }";
    let bytes = file(
        schema,
        &[
            &|put| put.column::<FloatType>(&(vec![1.0, 2.0], vec![1, 1, 0, 0], None)),
            &|put| {
                let counts = (vec![1, 2, 3, 4], vec![0; 4], None);
                put.column::<::parquet::data_type::Int64Type>(&counts);
            },
            &|put| put.column::<DoubleType>(&(vec![0.5, 0.1, 4.0], vec![1, 1, 1, 0], None)),
            &|put| {
                let spellings = [b"a", b"b", b"c", b"d"].map(|word| Some(&word[..]));
                put.column::<ByteArrayType>(&words(&spellings));
            },
        ],
    );
    let VectorFile { vectors, report, .. } = TABLE.read(&bytes, OnFault::Report).unwrap();
    assert!(vectors.words().iter().eq(["a", "b"]));
    assert_eq!(vectors.as_slice(), [1.0, 0.5, 2.0, 0.1]);
    let notes: Vec<String> = report.notes.iter().map(ToString::to_string).collect();
    assert_eq!(
        notes,
        [
            "row 2: null in the vector of `c` (and 1 more); left out",
            "1 numbers of type float64 that 32-bit floats do not hold; rounded to 32-bit floats",
        ]
    );
}

#[test]
fn lists_of_two_levels_are_read() {
    for vector in [
        "repeated float vector",
        "required group vector (LIST) { repeated float element; }",
        "required group vector (LIST) { repeated group list { required float element; } }",
    ] {
        let schema = format!("message v {{ required binary word; {vector} }}");
        let bytes = file(
            &schema.replace("vector }", "vector; }"),
            &[
                &|put| {
                    let (values, ..) = words(&[Some(b"a"), Some(b"b")]);
                    put.column::<ByteArrayType>(&(values, vec![0, 0], None));
                },
                &|put| {
                    let repetitions = Some(vec![0, 1, 0, 1]);
                    put.column::<FloatType>(&(vec![1.0, 2.0, 3.0, 4.0], vec![1; 4], repetitions));
                },
            ],
        );
        let file = TABLE.read(&bytes, OnFault::Refuse).unwrap();
        assert_eq!(file.vectors.as_slice(), [1.0, 2.0, 3.0, 4.0], "{vector}");
    }
}

#[test]
fn a_table_of_texts_is_refused_with_its_columns() {
    let schema = "message v { optional binary text (STRING); }";
    let bytes = file(schema, &[&|put| put.column::<ByteArrayType>(&words(&[Some(b"a b")]))]);
    let message = TABLE.message(&bytes, OnFault::Report);
    assert!(
        message.starts_with("`v.parquet`: found the columns `text` (text), expected one column"),
        "{message}"
    );
}

#[test]
fn rows_of_several_groups_come_back_as_far_as_they_are_asked_for() {
    let n_words = 65_536 + 700;
    TABLE.is_limited(n_words, &[1, 1500, 65_536, n_words]);
}

#[test]
fn every_cut_and_each_changed_byte_is_vectors_or_one_error() {
    let good = TABLE.written(&small());
    for place in 0..good.len() {
        assert!(TABLE.read(&good[..place], OnFault::Repair).is_err(), "{place}");
        for byte in [0, 0x7F, 0xFF, good[place] ^ 0x20] {
            let mut bytes = good.clone();
            bytes[place] = byte;
            TABLE.repaired(&bytes);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_vectors_come_back(vectors in any_vectors("\\PC{1,8}")) {
        let found = TABLE.read(&TABLE.written(&vectors), OnFault::Refuse);
        // A word of white space is a fault, and comes back all the same.
        let found = match found {
            Ok(found) => found,
            Err(_) => TABLE.read(&TABLE.written(&vectors), OnFault::Report).unwrap(),
        };
        prop_assert!(same_bits(&found.vectors, &vectors));
    }

    #[test]
    fn damage_anywhere_is_vectors_or_one_error(
        name in prop::sample::select(vec![
            "pyarrow-lists.parquet", "pyarrow-fixed.parquet", "pandas.parquet", "polars.parquet",
        ]),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut bytes = std::fs::read(fixture(name)).unwrap();
        for (place, byte) in damage {
            let n_bytes = bytes.len();
            bytes[place.index(n_bytes)] = byte;
        }
        TABLE.repaired(&bytes);
    }
}
