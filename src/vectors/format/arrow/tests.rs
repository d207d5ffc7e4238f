//! Arrow files and streams as other programs and the crate's own writer write them, and damaged
//! ones.

use std::sync::Arc;

use arrow_array::builder::{FixedSizeListBuilder, Float32Builder, ListBuilder};
use arrow_array::{
    ArrayRef, FixedSizeListArray, Float32Array, RecordBatch, StringArray, StringViewArray,
};
use arrow_ipc::CompressionType;
use arrow_ipc::writer::{FileWriter, IpcWriteOptions, StreamWriter};
use arrow_schema::{DataType, Field, Schema};
use proptest::prelude::*;

use super::super::table_file::tests::{Table, fixture};
use super::super::tests::{any_vectors, same_bits, small};
use crate::vectors::format::{Fault, Format, OnFault, ROWS_PER_CHUNK, VectorFile};

const TABLE: Table = Table(Format::Arrow);

const FILES: [(&str, Option<&str>); 7] = [
    ("pyarrow-lists.arrow", None),
    ("pyarrow-fixed.feather", Some("float64")),
    ("pyarrow-stream.arrows", Some("float64")),
    ("pyarrow-half.arrow", Some("float16")),
    ("pandas.feather", None),
    ("polars.arrow", None),
    ("polars-stream.arrows", None),
];

#[test]
fn files_of_other_programs_are_read() {
    TABLE.reads(&FILES);
}

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(
        columns.into_iter().map(|(name, array)| (name, array, true)),
    )
    .unwrap()
}

fn file(batch: &RecordBatch) -> Vec<u8> {
    let mut writer = FileWriter::try_new(Vec::new(), &batch.schema()).unwrap();
    writer.write(batch).unwrap();
    writer.finish().unwrap();
    writer.into_inner().unwrap()
}

type List<'a> = Option<&'a [Option<f32>]>;

fn lists(lists: &[List<'_>]) -> ArrayRef {
    let mut builder = ListBuilder::new(Float32Builder::new());
    for list in lists {
        builder.append_option(list.map(|list| list.iter().copied()));
    }
    Arc::new(builder.finish())
}

const LISTS: [List<'static>; 7] = [
    None,
    Some(&[Some(1.0), Some(2.0)]),
    Some(&[Some(1.0), None]),
    Some(&[Some(3.0), Some(4.0)]),
    Some(&[Some(f32::INFINITY), Some(4.0)]),
    Some(&[Some(5.0), Some(6.0)]),
    Some(&[Some(9.0), Some(0.0)]),
];
const SPELLINGS: [Option<&str>; 7] =
    [Some("null"), Some("a"), Some("b"), None, Some("c"), Some("a"), Some(" ")];

#[test]
fn rows_with_faults_are_left_out_and_named() {
    let words: ArrayRef = Arc::new(StringViewArray::from(SPELLINGS.to_vec()));
    let bytes = file(&batch(vec![("word", words), ("vector", lists(&LISTS))]));
    let VectorFile { vectors, report, .. } = TABLE.read(&bytes, OnFault::Report).unwrap();
    assert!(vectors.words().iter().eq(["a", " "]));
    assert_eq!(vectors.as_slice(), [1.0, 2.0, 9.0, 0.0]);
    let notes: Vec<String> = report.notes.iter().map(ToString::to_string).collect();
    assert_eq!(
        notes,
        [
            "row 0: null in place of the vector of `null` (and 2 more); left out",
            "row 3: a vector without a word; left out",
            "row 6: a word of white space, \" \"; kept",
            "row 5: the word `a` a second time; the first stays, the others are left out",
        ]
    );
    assert_eq!(
        TABLE.message(&bytes, OnFault::Refuse),
        "`v.arrow`: found null in place of the vector of `null` (row 0), expected finite numbers"
    );
}

#[test]
fn lists_of_one_size_may_be_null_too() {
    let mut builder = FixedSizeListBuilder::new(Float32Builder::new(), 2);
    builder.values().append_slice(&[1.0, 2.0]);
    builder.append(true);
    builder.values().append_slice(&[3.0, 4.0]);
    builder.append(false);
    builder.values().append_option(None);
    builder.values().append_value(6.0);
    builder.append(true);
    let words: ArrayRef = Arc::new(StringArray::from(vec!["a", "b", "c"]));
    let bytes = file(&batch(vec![("vector", Arc::new(builder.finish())), ("token", words)]));
    let file = TABLE.read(&bytes, OnFault::Report).unwrap();
    assert_eq!(file.vectors.as_slice(), [1.0, 2.0]);
    assert_eq!(file.report.count(Fault::NotFinite), 2);
}

#[test]
fn vectors_of_another_length_are_an_error_but_in_a_repair() {
    let words: ArrayRef = Arc::new(StringArray::from(vec!["a", "b"]));
    let rows = lists(&[LISTS[1], Some(&[Some(1.0)])]);
    let bytes = file(&batch(vec![("word", words), ("vector", rows)]));
    assert_eq!(
        TABLE.message(&bytes, OnFault::Report),
        "`v.arrow`: found 1 number in the vector of `b` (row 1), expected a word and 2 numbers"
    );
    assert_eq!(TABLE.read(&bytes, OnFault::Repair).unwrap().vectors.len(), 1);
}

#[test]
fn columns_of_floats_are_dimensions() {
    let column = |numbers: Vec<Option<f32>>| Arc::new(Float32Array::from(numbers)) as ArrayRef;
    let words: ArrayRef = Arc::new(StringArray::from(vec!["a", "b", "c"]));
    let bytes = file(&batch(vec![
        ("x", column(vec![Some(1.0), None, None])),
        ("word", words),
        ("y", column(vec![Some(2.0), Some(3.0), None])),
    ]));
    let VectorFile { vectors, report, .. } = TABLE.read(&bytes, OnFault::Report).unwrap();
    assert_eq!(vectors.as_slice(), [1.0, 2.0]);
    let note = "row 1: null in the vector of `b` (and 1 more); left out";
    assert_eq!(report.notes[0].to_string(), note);
}

#[test]
fn a_table_without_vectors_is_refused_with_its_columns() {
    let words: ArrayRef = Arc::new(StringArray::from(vec!["a"]));
    let message = TABLE.message(&file(&batch(vec![("text", words)])), OnFault::Report);
    assert!(
        message.starts_with("`v.arrow`: found the columns `text` (text), expected one column"),
        "{message}"
    );
}

#[test]
fn batches_come_back_as_far_as_they_are_asked_for() {
    let n_words = 2 * ROWS_PER_CHUNK + 9;
    TABLE.is_limited(n_words, &[1, ROWS_PER_CHUNK, n_words]);
}

/// A stream of one batch of zeros, compressed.
fn packed(compression: CompressionType, n_rows: usize) -> Vec<u8> {
    let number = Arc::new(Field::new("item", DataType::Float32, true));
    let zeros = Arc::new(Float32Array::from(vec![0.0; 2 * n_rows]));
    let rows = FixedSizeListArray::try_new(number, 2, zeros, None).unwrap();
    let words = StringArray::from_iter_values((0..n_rows).map(|row| format!("w{row}")));
    let batch = batch(vec![("word", Arc::new(words)), ("vector", Arc::new(rows))]);
    let options = IpcWriteOptions::default().try_with_compression(Some(compression)).unwrap();
    let mut writer =
        StreamWriter::try_new_with_options(Vec::new(), &batch.schema(), options).unwrap();
    writer.write(&batch).unwrap();
    writer.finish().unwrap();
    writer.into_inner().unwrap()
}

#[test]
fn a_length_that_lies_takes_no_memory() {
    for (compression, magic) in [
        (CompressionType::ZSTD, b"\x28\xB5\x2F\xFD"),
        (CompressionType::LZ4_FRAME, b"\x04\x22\x4D\x18"),
    ] {
        let good = packed(compression, 3_000);
        assert_eq!(TABLE.read(&good, OnFault::Refuse).unwrap().vectors.len(), 3_000);
        let length = [&24_000_i64.to_le_bytes()[..], magic].concat();
        let place = good.windows(12).position(|window| window == length).unwrap();
        for lie in [1_i64 << 40, i64::MAX, 1 << 29] {
            let mut bytes = good.clone();
            bytes[place..place + 8].copy_from_slice(&lie.to_le_bytes());
            let message = TABLE.message(&bytes, OnFault::Repair);
            let expected = format!("does not become {lie} bytes), expected a whole Arrow file");
            assert!(message.contains(&expected), "{message}");
        }
        let mut bytes = good;
        bytes[place..place + 8].copy_from_slice(&25_000_i64.to_le_bytes());
        assert!(TABLE.read(&bytes, OnFault::Repair).is_err());
    }
}

#[test]
fn a_stream_without_its_end_is_reported() {
    let good = packed(CompressionType::ZSTD, 10);
    let bytes = &good[..good.len() - 8];
    let file = TABLE.read(bytes, OnFault::Report).unwrap();
    assert_eq!(file.vectors.len(), 10);
    assert_eq!(
        file.report.notes[0].to_string(),
        "a stream without the mark of its end; all words that are there are read"
    );
    assert!(
        TABLE
            .message(bytes, OnFault::Refuse)
            .contains("found a stream without the mark of its end")
    );
}

#[test]
fn every_cut_and_each_changed_byte_is_vectors_or_one_error() {
    let stream = std::fs::read(fixture("polars-stream.arrows")).unwrap();
    for good in [TABLE.written(&small()), stream] {
        let is_file = good.starts_with(b"ARROW1");
        for place in 0..good.len() {
            if let Ok(file) = TABLE.read(&good[..place], OnFault::Repair) {
                assert!(!is_file && file.report.count(Fault::WordCount) == 1, "{place}");
            }
            for byte in [0, 0xFF, good[place] ^ 0x20] {
                let mut bytes = good.clone();
                bytes[place] = byte;
                TABLE.repaired(&bytes);
            }
        }
    }
}

#[test]
fn a_file_without_a_batch_is_refused() {
    let schema = Schema::new(vec![
        Field::new("word", DataType::Utf8, true),
        Field::new_list("vector", Field::new("item", DataType::Float32, true), true),
    ]);
    let mut writer = FileWriter::try_new(Vec::new(), &schema).unwrap();
    writer.finish().unwrap();
    let bytes = writer.into_inner().unwrap();
    assert_eq!(
        TABLE.message(&bytes, OnFault::Report),
        "`v.arrow`: found no vector, expected at least one"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_vectors_come_back(vectors in any_vectors("\\PC{1,8}")) {
        let found = TABLE.read(&TABLE.written(&vectors), OnFault::Report).unwrap();
        prop_assert!(same_bits(&found.vectors, &vectors));
    }

    #[test]
    fn damage_anywhere_is_vectors_or_one_error(
        (name, _) in prop::sample::select(FILES.to_vec()),
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
