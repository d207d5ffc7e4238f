//! Parquet files as the crate's own writer writes them.

use std::sync::Arc;

use ::parquet::basic::{BrotliLevel, Compression, GzipLevel, ZstdLevel};
use ::parquet::data_type::{ByteArray, ByteArrayType, DataType, Int32Type, Int64Type};
use ::parquet::file::properties::{WriterProperties, WriterPropertiesBuilder, WriterVersion};
use ::parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use ::parquet::schema::parser::parse_message_type;
use proptest::prelude::*;

use super::super::{ReaderKind, ReaderOptions, Record};

const SCHEMA: &str = "message texts {
    required int64 id;
    optional binary text (UTF8);
    optional group speaker { optional binary party (UTF8); required int32 born (DATE); }
    required int32 votes (DECIMAL(9, 2));
    optional group tags (LIST) { repeated group list { required binary element (UTF8); } }
    required int64 time (TIMESTAMP_MILLIS);
}";

/// The rows of the two row groups: the text and the party.
const ROWS: [&[(Option<&str>, Option<&str>)]; 2] = [
    &[(Some("the \"tall\"\ntree"), Some("green")), (None, Some("red\tand blue")), (Some(""), None)],
    &[(Some("été \u{1F333}"), None), (Some("last"), Some("green"))],
];

fn write<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, Vec<u8>>,
    cells: &[(T::T, i16)],
    top: i16,
) {
    let levels: Vec<i16> = cells.iter().map(|(_, level)| *level).collect();
    let values: Vec<T::T> =
        cells.iter().filter(|(_, level)| *level == top).map(|(value, _)| value.clone()).collect();
    let repeats = vec![0; levels.len()];
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<T>().write_batch(&values, Some(&levels), Some(&repeats)).unwrap();
    column.close().unwrap();
}

/// A file of the rows above, and each of them `n_times`.
fn file(properties: WriterPropertiesBuilder, n_times: usize) -> Vec<u8> {
    let schema = Arc::new(parse_message_type(SCHEMA).unwrap());
    let mut writer =
        SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties.build())).unwrap();
    let mut id = 0;
    for rows in ROWS {
        let rows: Vec<_> = (0..n_times).flat_map(|_| rows).collect();
        let mut group = writer.next_row_group().unwrap();
        let of = |text: Option<&str>, top: i16, bottom: i16| {
            (ByteArray::from(text.unwrap_or_default()), if text.is_some() { top } else { bottom })
        };
        let ids: Vec<_> = (id..).take(rows.len()).map(|id| (id, 0)).collect();
        id += rows.len() as i64;
        write::<Int64Type>(&mut group, &ids, 0);
        let texts: Vec<_> = rows.iter().map(|(text, _)| of(*text, 1, 0)).collect();
        write::<ByteArrayType>(&mut group, &texts, 1);
        let parties: Vec<_> = rows.iter().map(|(_, party)| of(*party, 2, 1)).collect();
        write::<ByteArrayType>(&mut group, &parties, 2);
        // 2000-02-29.
        write::<Int32Type>(&mut group, &vec![(11_016, 1); rows.len()], 1);
        write::<Int32Type>(&mut group, &vec![(-1_250, 0); rows.len()], 0);
        write::<ByteArrayType>(&mut group, &vec![of(Some("tag"), 2, 0); rows.len()], 2);
        write::<Int64Type>(&mut group, &vec![(1_000_000_000_000, 0); rows.len()], 0);
        group.close().unwrap();
    }
    writer.into_inner().unwrap()
}

fn properties() -> WriterPropertiesBuilder {
    WriterProperties::builder()
}

fn options() -> ReaderOptions {
    ReaderOptions::default().metadata(["id", "speaker.party", "Speaker.Born", "votes", "time"])
}

fn expected(n_times: usize) -> Vec<Record> {
    let mut records = Vec::new();
    for rows in ROWS {
        for (text, party) in (0..n_times).flat_map(|_| rows) {
            let party = party.unwrap_or_default().replace('\t', " ");
            let id = records.len().to_string();
            let (born, votes, time) = ("2000-02-29", "-12.50", "2001-09-09T01:46:40Z");
            let metadata = [&id, &party, born, votes, time].map(str::to_owned).to_vec();
            records.push(Record { text: text.unwrap_or_default().to_owned(), metadata });
        }
    }
    records
}

fn read(bytes: &[u8], options: &ReaderOptions) -> Result<Vec<Record>, String> {
    ReaderKind::Parquet.read(bytes, "a.parquet", options).map_err(|error| error.to_string())
}

#[test]
fn rows_of_every_codec_and_encoding_are_records() {
    for codec in [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::GZIP(GzipLevel::default()),
        Compression::BROTLI(BrotliLevel::default()),
        Compression::LZ4_RAW,
        Compression::ZSTD(ZstdLevel::default()),
    ] {
        for (has_dictionary, version) in [
            (true, WriterVersion::PARQUET_1_0),
            (false, WriterVersion::PARQUET_1_0),
            // Without a dictionary, texts are stored by the differences of their lengths.
            (false, WriterVersion::PARQUET_2_0),
        ] {
            let properties = properties()
                .set_compression(codec)
                .set_dictionary_enabled(has_dictionary)
                .set_writer_version(version);
            let bytes = file(properties, 1);
            assert_eq!(read(&bytes, &options()), Ok(expected(1)), "{codec} {version:?}");
        }
    }
}

#[test]
fn rows_of_many_pages_are_records_in_their_order() {
    // 4,500 and 3,000 rows: several times the rows that are read together.
    let properties = properties().set_data_page_row_count_limit(700).set_write_batch_size(100);
    let records = read(&file(properties, 1_500), &options()).unwrap();
    assert_eq!(records.len(), 7_500);
    assert!(records == expected(1_500));
}

#[test]
fn the_text_is_in_the_column_that_is_named() {
    let bytes = file(properties(), 1);
    let texts = |options: &ReaderOptions| {
        let records = read(&bytes, options)?;
        Ok::<_, String>(records.into_iter().map(|record| record.text).collect::<Vec<_>>())
    };
    let parties = ["green", "red\tand blue", "", "", "green"].map(str::to_owned).to_vec();
    let options = ReaderOptions::default();
    for name in ["speaker.party", "SPEAKER.party", "3"] {
        assert_eq!(texts(&options.clone().column(name)), Ok(parties.clone()), "{name}");
    }
    let columns = "`id`, `text`, `speaker.party`, `speaker.born`, `votes`, `tags.list.element`, \
                   `time`";
    for name in ["speaker", "9"] {
        assert_eq!(
            texts(&options.clone().column(name)),
            Err(format!("`a.parquet`: found the columns {columns}, expected a column `{name}`"))
        );
    }
    assert_eq!(
        read(&bytes, &ReaderOptions::default().metadata(["party"])).unwrap_err(),
        format!("`a.parquet`: found the columns {columns}, expected a column `party`")
    );
}

#[test]
fn a_column_of_another_type_is_an_error_that_names_the_type() {
    let bytes = file(properties(), 1);
    let options = ReaderOptions::default;
    for (options, found, expected) in [
        (options().column("id"), "`id` of the type INT64", "strings"),
        (options().column("time"), "`time` of the type INT64 (TIMESTAMP_MILLIS)", "strings"),
        (options().column("tags.list.element"), "`tags.list.element` of lists", "strings"),
        (
            options().metadata(["tags.list.element"]),
            "`tags.list.element` of lists",
            "strings, numbers or dates",
        ),
    ] {
        assert_eq!(
            read(&bytes, &options).unwrap_err(),
            format!("`a.parquet`: found the column {found}, expected a column of {expected}")
        );
    }
}

#[test]
fn a_file_that_is_cut_or_of_another_kind_is_one_error() {
    let bytes = file(properties(), 1);
    let options = ReaderOptions::default();
    let message = read(&bytes[..bytes.len() - 10], &options).unwrap_err();
    assert!(message.starts_with("`a.parquet`: found Parquet that cannot be opened ("), "{message}");
    assert!(message.ends_with("), expected a whole Parquet file without encryption"), "{message}");
    let mut encrypted = bytes.clone();
    encrypted[..4].copy_from_slice(b"PARE");
    let of_keys = "`a.parquet`: found an encrypted Parquet file, expected one without keys";
    assert_eq!(read(&encrypted, &options).unwrap_err(), of_keys);
    let of_text = "`a.parquet`: found a file that does not begin with `PAR1`, expected a Parquet \
                   file";
    for bytes in [&b"{\"text\":\"a\"}"[..], b"", b"PAR"] {
        assert_eq!(read(bytes, &options).unwrap_err(), of_text);
    }
}

#[test]
fn a_damaged_page_is_named_with_its_row_group_and_column() {
    // The texts lie as they are, so that the length of one can be found and made too large.
    let properties = properties()
        .set_dictionary_enabled(false)
        .set_statistics_enabled(::parquet::file::properties::EnabledStatistics::None);
    let mut bytes = file(properties, 1);
    let place = bytes.windows(8).position(|it| it == b"\x04\0\0\0last").unwrap();
    bytes[place] = 200;
    let message = read(&bytes, &ReaderOptions::default()).unwrap_err();
    assert!(
        message.starts_with("`a.parquet`: found Parquet in row group 2, column `text` ("),
        "{message}"
    );
}

#[test]
fn a_page_at_which_the_decoder_panics_is_one_error_too() {
    let mut bytes = file(properties().set_dictionary_enabled(false), 1);
    // The first text takes half of the length of the next, of which two bytes remain.
    let place = bytes.windows(8).position(|it| it == b"\x0F\0\0\0the ").unwrap();
    bytes[place] = 17;
    assert_eq!(
        read(&bytes, &ReaderOptions::default()).unwrap_err(),
        "`a.parquet`: found Parquet in row group 1, column `text` (its decoder gave up), expected \
         a whole Parquet file without encryption"
    );
}

#[test]
fn bytes_that_are_not_utf8_are_an_error_with_the_number_of_the_row() {
    let mut bytes = file(properties().set_dictionary_enabled(false), 1);
    let place = bytes.windows(8).rposition(|it| it == b"\x04\0\0\0last").unwrap();
    bytes[place + 4] = 0xE9;
    assert_eq!(
        read(&bytes, &ReaderOptions::default()).unwrap_err(),
        "`a.parquet`, line 5: found bytes that are not UTF-8, expected UTF-8"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn damaged_bytes_are_records_or_one_error(
        flips in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        codec in 0..4,
        version in any::<bool>(),
        dictionary in any::<bool>(),
    ) {
        let codec = match codec {
            0 => Compression::UNCOMPRESSED,
            1 => Compression::SNAPPY,
            2 => Compression::LZ4_RAW,
            _ => Compression::ZSTD(ZstdLevel::default()),
        };
        let version = if version { WriterVersion::PARQUET_2_0 } else { WriterVersion::PARQUET_1_0 };
        let properties = properties()
            .set_compression(codec)
            .set_dictionary_enabled(dictionary)
            .set_writer_version(version);
        let mut bytes = file(properties, 1);
        for (place, byte) in flips {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        // Whichever: the numbers of rows may be damaged too.
        if let Ok(records) = read(&bytes, &options()) {
            for record in records {
                prop_assert_eq!(record.metadata.len(), 5);
            }
        }
    }
}
