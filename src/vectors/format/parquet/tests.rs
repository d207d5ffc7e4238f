//! Parquet files as other programs and the crate's own writer write them, and damaged ones.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ::parquet::data_type::{ByteArray, ByteArrayType, DataType, DoubleType, FloatType};
use ::parquet::file::properties::WriterProperties;
use ::parquet::file::writer::SerializedFileWriter;
use ::parquet::schema::parser::parse_message_type;
use proptest::prelude::*;

use super::super::tests::{any_vectors, assert_same, same_bits, small};
use crate::base::error::Result;
use crate::base::words::Words;
use crate::vectors::WordVectors;
use crate::vectors::format::{
    Fault, Format, OnFault, ROWS_PER_CHUNK, ReadOptions, RowStream, VectorFile, VectorPrecision,
    WriteOptions,
};

const WORDS: [&str; 5] = ["the", "king", "queen", "café", "東京"];
const ROWS: [f32; 15] =
    [1.0, -0.5, 0.125, 0.25, 2.0, -1.5, -0.75, 0.5, 3.0, 0.5, 0.5, -0.25, -2.0, 1.0, 0.375];

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/vectors").join(name)
}

fn read(bytes: &[u8], on_fault: OnFault) -> Result<VectorFile> {
    let options = ReadOptions::default().on_fault(on_fault);
    VectorFile::from_bytes(bytes.to_vec(), Path::new("v.parquet"), &options)
}

fn message(bytes: &[u8], on_fault: OnFault) -> String {
    read(bytes, on_fault).unwrap_err().to_string()
}

fn written(vectors: &WordVectors) -> Vec<u8> {
    written_in(VectorPrecision::Single, vectors)
}

fn written_in(precision: VectorPrecision, vectors: &WordVectors) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("v.parquet");
    let options = WriteOptions::default().precision(precision);
    Format::Parquet.write_with(&RowStream::from(vectors), &path, &options).unwrap();
    std::fs::read(path).unwrap()
}

#[test]
fn files_of_other_programs_are_read() {
    for (name, number_type) in [
        ("pyarrow-lists.parquet", None),
        ("pyarrow-fixed.parquet", Some("float64")),
        ("pyarrow-half.parquet", Some("float16")),
        ("pandas.parquet", None),
        ("polars.parquet", None),
    ] {
        let options = ReadOptions::default().on_fault(OnFault::Refuse);
        let file = VectorFile::open(fixture(name), &options, &()).unwrap();
        assert_eq!(file.format, Format::Parquet, "{name}");
        assert!(file.vectors.words().iter().eq(WORDS), "{name}");
        assert_eq!(file.vectors.as_slice(), ROWS, "{name}");
        assert_eq!(file.report.number_type.as_deref(), number_type, "{name}");
    }
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
    let VectorFile { vectors, report, .. } = read(&bytes, OnFault::Report).unwrap();
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
        message(&table(&FAULTY[1..]), OnFault::Refuse),
        "`v.parquet`: found null in the vector of `b` (row 1), expected finite numbers"
    );
}

#[test]
fn vectors_of_another_length_are_an_error_but_in_a_repair() {
    let bytes = table(&[
        FAULTY[1],
        (Some(b"e"), Some(&[])),
        (Some(b"f"), Some(&[Some(1.0), Some(2.0), Some(3.0)])),
        FAULTY[7],
    ]);
    assert_eq!(
        message(&bytes, OnFault::Report),
        "`v.parquet`: found 0 numbers in the vector of `e` (row 1), expected a word and 2 numbers"
    );
    let file = read(&bytes, OnFault::Repair).unwrap();
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
    let VectorFile { vectors, report, .. } = read(&bytes, OnFault::Report).unwrap();
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
        let file = read(&bytes, OnFault::Refuse).unwrap();
        assert_eq!(file.vectors.as_slice(), [1.0, 2.0, 3.0, 4.0], "{vector}");
    }
}

#[test]
fn a_table_of_texts_is_refused_with_its_columns() {
    let schema = "message v { optional binary text (STRING); }";
    let bytes = file(schema, &[&|put| put.column::<ByteArrayType>(&words(&[Some(b"a b")]))]);
    let message = message(&bytes, OnFault::Report);
    assert!(
        message.starts_with("`v.parquet`: found the columns `text` (text), expected one column"),
        "{message}"
    );
}

#[test]
fn rows_of_several_groups_come_back_as_far_as_they_are_asked_for() {
    let n_words = 65_536 + 700;
    let names: Vec<String> = (0..n_words).map(|row| format!("w{row}")).collect();
    let words: Words = names.iter().map(String::as_str).collect();
    let numbers = (0..2 * n_words).map(|number| number as f32 / 7.0).collect();
    let vectors = WordVectors::new(words, 2, numbers);
    let bytes = written(&vectors);
    let whole = read(&bytes, OnFault::Refuse).unwrap();
    assert_same(&whole.vectors, &vectors);
    assert!(!whole.report.is_limited);
    for (limit, is_limited) in [(1, true), (1500, true), (65_536, true), (n_words, false)] {
        let options = ReadOptions::default().limit(limit);
        let file = VectorFile::from_bytes(bytes.clone(), Path::new("v"), &options).unwrap();
        assert_eq!((file.vectors.len(), file.report.is_limited), (limit, is_limited));
        assert_eq!(file.vectors.as_slice(), &vectors.as_slice()[..2 * limit]);
    }
}

#[test]
fn every_cut_and_each_changed_byte_is_vectors_or_one_error() {
    let good = written(&small());
    for place in 0..good.len() {
        assert!(read(&good[..place], OnFault::Repair).is_err(), "{place}");
        for byte in [0, 0x7F, 0xFF, good[place] ^ 0x20] {
            let mut bytes = good.clone();
            bytes[place] = byte;
            if let Ok(file) = read(&bytes, OnFault::Repair) {
                assert!(file.vectors.as_slice().iter().all(|number| number.is_finite()));
            }
        }
    }
}

#[test]
fn numbers_of_16_bits_are_half_as_large_and_come_back_rounded() {
    // More than a chunk, and a part of a row group.
    let n_words = ROWS_PER_CHUNK + 300;
    let names: Vec<String> = (0..n_words).map(|row| format!("w{row}")).collect();
    let words: Words = names.iter().map(String::as_str).collect();
    let numbers: Vec<f32> = (0..7 * n_words).map(|number| (number as f32).sin()).collect();
    let vectors = WordVectors::new(words, 7, numbers.clone());
    let bytes = written_in(VectorPrecision::Half, &vectors);
    assert!(bytes.len() < written(&vectors).len() - 12 * n_words);
    let file = read(&bytes, OnFault::Refuse).unwrap();
    assert_eq!(file.report.number_type.as_deref(), Some("float16"));
    assert!(file.vectors.words().iter().eq(names.iter().map(String::as_str)));
    let rounded = numbers.iter().map(|&number| half::f16::from_f32(number).to_f32());
    assert!(file.vectors.as_slice().iter().copied().eq(rounded));
    // Of 8 bits there are none: no reader would know of a scale for each row.
    let folder = tempfile::tempdir().unwrap();
    let int8 = WriteOptions::default().precision(VectorPrecision::Int8);
    let path = folder.path().join("v");
    let error = Format::Parquet.write_with(&RowStream::from(&vectors), &path, &int8).unwrap_err();
    let expected = "precision is `int8`, expected f32 or f16 for the format `parquet`";
    assert_eq!(error.to_string(), expected);
    assert!(!path.exists());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_vectors_come_back(vectors in any_vectors("\\PC{1,8}")) {
        let found = read(&written(&vectors), OnFault::Refuse);
        // A word of white space is a fault, and comes back all the same.
        let found = match found {
            Ok(found) => found,
            Err(_) => read(&written(&vectors), OnFault::Report).unwrap(),
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
        if let Ok(file) = read(&bytes, OnFault::Repair) {
            prop_assert!(!file.vectors.is_empty());
            prop_assert!(file.vectors.as_slice().iter().all(|number| number.is_finite()));
        }
    }
}
