//! Corpora in Parquet: with the feature the same model as from JSON lines of the same texts,
//! without it one sentence.

use std::fs;

use crate::support::embed_fails;

#[cfg(not(feature = "parquet"))]
#[test]
fn without_the_feature_a_parquet_file_is_named_with_the_ways_out() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("texts.parquet"), b"PAR1\x15\x04PAR1").unwrap();
    fs::write(folder.path().join("texts"), b"PAR1\x15\x04PAR1").unwrap();
    for name in ["texts.parquet", "texts"] {
        let message = format!(
            "`{name}` is a Parquet file, and this program was built without the feature \
             `parquet`\nhint: build it with `cargo install eigenlex --features parquet`, or write \
             JSON lines in Python: `import pandas; pandas.read_parquet('{name}').to_json('\
             texts.jsonl', orient='records', lines=True)`\n"
        );
        embed_fails(folder.path(), &[name], 3, &message);
    }
}

#[test]
fn a_file_that_should_be_parquet_and_is_not_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.parquet"), "the cat\n").unwrap();
    fs::write(folder.path().join("b.txt"), "the cat\n").unwrap();
    for arguments in [&["a.parquet"][..], &["b.txt", "--reader", "parquet"]] {
        let message = format!(
            "`{}`: found a file that does not begin with `PAR1`, expected a Parquet file\n",
            arguments[0]
        );
        embed_fails(folder.path(), arguments, 3, &message);
    }
}

#[cfg(feature = "parquet")]
mod with_the_feature {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use std::io::Write;
    use std::path::Path;
    use std::sync::Arc;

    use eigenlex::Model;
    use parquet::basic::{Compression, ZstdLevel};
    use parquet::data_type::{ByteArray, ByteArrayType, Int32Type};
    use parquet::file::properties::WriterProperties;
    use parquet::file::writer::SerializedFileWriter;
    use parquet::schema::parser::parse_message_type;

    use super::*;
    use crate::support::{corpora, eigenlex_in};

    const SCHEMA: &str = "message texts {
        optional binary body (UTF8);
        optional group speaker { optional binary party (UTF8); }
        required int32 day (DATE);
    }";

    /// The lines of the English sample, every tenth a null, and the party of each.
    fn texts() -> Vec<(Option<String>, Option<&'static str>)> {
        let sample = fs::read_to_string(corpora("english.txt")).unwrap();
        sample
            .lines()
            .enumerate()
            .map(|(number, line)| {
                let text = (number % 10 != 9).then(|| format!("{line}\n\"{line}\""));
                (text, [Some("green"), None, Some("red\tblue")][number % 3])
            })
            .collect()
    }

    fn write_parquet(path: &Path) {
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_data_page_size_limit(20_000);
        let schema = Arc::new(parse_message_type(SCHEMA).unwrap());
        let (file, properties) = (fs::File::create(path).unwrap(), Arc::new(properties.build()));
        let mut writer = SerializedFileWriter::new(file, schema, properties).unwrap();
        // Several row groups, the last smaller than the others.
        for rows in texts().chunks(1_000) {
            let mut group = writer.next_row_group().unwrap();
            let mut strings = |cells: Vec<(Option<&str>, i16)>| {
                let mut column = group.next_column().unwrap().unwrap();
                let levels: Vec<i16> = cells.iter().map(|(_, level)| *level).collect();
                let values: Vec<ByteArray> =
                    cells.iter().filter_map(|(text, _)| text.map(ByteArray::from)).collect();
                let typed = column.typed::<ByteArrayType>();
                typed.write_batch(&values, Some(&levels), None).unwrap();
                column.close().unwrap();
            };
            strings(
                rows.iter().map(|(text, _)| (text.as_deref(), i16::from(text.is_some()))).collect(),
            );
            strings(rows.iter().map(|(_, it)| (*it, 1 + i16::from(it.is_some()))).collect());
            let mut column = group.next_column().unwrap().unwrap();
            column.typed::<Int32Type>().write_batch(&vec![59; rows.len()], None, None).unwrap();
            column.close().unwrap();
            group.close().unwrap();
        }
        writer.close().unwrap();
    }

    fn write_json_lines(path: &Path) {
        let mut file = std::io::BufWriter::new(fs::File::create(path).unwrap());
        for (text, party) in texts() {
            let line = serde_json::json!({
                "body": text, "speaker": {"party": party}, "day": "1970-03-01"
            });
            writeln!(file, "{line}").unwrap();
        }
    }

    /// Without the name of the file, by which documents are called.
    fn table(folder: &Path, model: &str) -> String {
        let table = fs::read_to_string(folder.join(model).join("documents.tsv")).unwrap();
        table.replace(".parquet", "").replace(".jsonl", "")
    }

    #[test]
    fn the_model_is_that_of_json_lines_with_the_same_texts() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        write_parquet(&folder.join("texts.parquet"));
        write_json_lines(&folder.join("texts.jsonl"));
        let embed = |source: &str, model: &str, options: &[&str]| {
            eigenlex_in(folder)
                .args(["embed", source, "--metadata", "speaker.party,day", "-q", "-o", model])
                .args(["--dim", "30"])
                .args(options)
                .assert()
                .success();
            Model::open_provenance(folder.join(model)).unwrap()
        };
        let expected = embed("texts.jsonl", "json", &["--field", "body"]);
        for (model, options) in [
            ("default", &[][..]),
            ("one", &["--column", "body", "--threads", "1", "--reader", "parquet"]),
        ] {
            let found = embed("texts.parquet", model, options);
            assert_eq!(found.digest, expected.digest);
            assert_eq!(table(folder, model), table(folder, "json"));
            // The fingerprint is that of the file, not of the lines that are made of it.
            let bytes = fs::read(folder.join("texts.parquet")).unwrap();
            assert_eq!(found.corpus.sources[0].bytes, bytes.len() as u64);
            assert_eq!(found.corpus.sources[0].sha256, sha256(&bytes));
        }
        let rows = table(folder, "default");
        let rows: Vec<&str> = rows.lines().collect();
        assert_eq!(rows[0], "document\tname\tspeaker.party\tday");
        assert!(rows[1].ends_with("\tgreen\t1970-03-01"), "{}", rows[1]);
        assert!(rows[3].ends_with("\tred blue\t1970-03-01"), "{}", rows[3]);
    }

    fn sha256(bytes: &[u8]) -> String {
        use sha2::Digest;
        sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn a_file_at_which_the_decoder_panics_is_one_message() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.parquet");
        let schema = parse_message_type("message texts { required binary text (UTF8); }").unwrap();
        let properties = WriterProperties::builder().set_dictionary_enabled(false).build();
        let file = fs::File::create(&path).unwrap();
        let mut writer =
            SerializedFileWriter::new(file, Arc::new(schema), Arc::new(properties)).unwrap();
        let mut group = writer.next_row_group().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        let values = ["the cat sat on", ""].map(ByteArray::from);
        column.typed::<ByteArrayType>().write_batch(&values, None, None).unwrap();
        column.close().unwrap();
        group.close().unwrap();
        writer.close().unwrap();
        // The first text takes half of the length of the next, of which two bytes remain.
        let mut bytes = fs::read(&path).unwrap();
        let place = bytes.windows(8).position(|it| it == b"\x0E\0\0\0the ").unwrap();
        bytes[place] = 16;
        fs::write(&path, bytes).unwrap();
        let assert = eigenlex_in(folder.path()).args(["tokens", "a.parquet"]).assert().code(3);
        let message = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
        assert!(
            message.starts_with("error: `a.parquet`: found Parquet in row group 1"),
            "{message}"
        );
        assert!(message.contains("(its decoder gave up)"), "{message}");
    }

    #[test]
    fn parquet_that_is_no_file_of_its_own_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        write_parquet(&folder.join("a.parquet"));
        let bytes = fs::read(folder.join("a.parquet")).unwrap();
        let file = fs::File::create(folder.join("b.parquet.gz")).unwrap();
        let mut packed = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
        packed.write_all(&bytes).unwrap();
        packed.finish().unwrap();
        let mut archive = tar::Builder::new(fs::File::create(folder.join("c.tar")).unwrap());
        archive.append_path_with_name(folder.join("a.parquet"), "a.parquet").unwrap();
        archive.finish().unwrap();
        for (source, name) in [("b.parquet.gz", "b.parquet.gz"), ("c.tar", "c.tar/a.parquet")] {
            let message = format!(
                "`{name}`: found Parquet in a pipe, in an archive or compressed as a whole, \
                 expected a file on the disk, since Parquet is read from its end; save or unpack \
                 it first\n"
            );
            embed_fails(folder, &[source], 3, &message);
        }
        let assert = eigenlex_in(folder)
            .args(["tokens", "-", "--reader", "parquet"])
            .write_stdin(bytes)
            .assert()
            .code(3);
        let message = String::from_utf8(assert.get_output().stderr.clone()).unwrap();
        assert!(message.starts_with("error: `-`: found Parquet in a pipe"), "{message}");
        // Known by its first bytes alone, it is not read as something that it is not called.
        fs::copy(folder.join("a.parquet"), folder.join("d")).unwrap();
        let message = "`d` is a Parquet file, not text\nhint: texts of a corpus are read with \
                       `--reader parquet`; export anything else as text\n";
        embed_fails(folder, &["d"], 3, message);
        let tokens = |arguments: &[&str]| {
            let assert = eigenlex_in(folder).arg("tokens").args(arguments).assert().success();
            assert.get_output().stdout.clone()
        };
        let of_named = tokens(&["a.parquet"]);
        assert!(of_named.len() > 100_000);
        assert!(tokens(&["d", "--reader", "parquet"]) == of_named);
    }

    #[test]
    fn columns_that_cannot_be_read_are_named() {
        let folder = tempfile::tempdir().unwrap();
        write_parquet(&folder.path().join("a.parquet"));
        for (options, message) in [
            (
                ["--column", "text"],
                "`a.parquet`: found the columns `body`, `speaker.party`, `day`, expected a column \
                 `text`\n",
            ),
            (
                ["--column", "day"],
                "`a.parquet`: found the column `day` of the type INT32 (DATE), expected a column \
                 of strings\n",
            ),
        ] {
            embed_fails(folder.path(), &[&["a.parquet"], &options[..]].concat(), 3, message);
        }
    }
}
