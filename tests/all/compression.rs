//! Compressed texts: every format is known by its bytes, and damage is named.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::io::Write as _;

use eigenlex::{Error, ErrorKind};

use crate::corpus::{documents, gzip, read, write};

fn bzip2(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn xz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = liblzma::write::XzEncoder::new(Vec::new(), 6);
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 3).unwrap()
}

type Compress = fn(&[u8]) -> Vec<u8>;

const COMPRESSIONS: [(&str, Compress); 4] =
    [("gzip", gzip), ("zstd", zstd), ("bzip2", bzip2), ("xz", xz)];

#[test]
fn compression_is_told_by_the_bytes_whatever_the_name() {
    let folder = tempfile::tempdir().unwrap();
    let text = "the king\nthe queen\n".repeat(5000);
    let plain = read(&write(folder.path(), "plain.gz", &text)).unwrap();
    for (name, compress) in COMPRESSIONS {
        let packed = compress(text.as_bytes());
        let tokens = read(&write(folder.path(), "text.txt", &packed)).unwrap();
        assert_eq!(
            (tokens.ids().unwrap(), tokens.document_ends().unwrap()),
            (plain.ids().unwrap(), plain.document_ends().unwrap()),
            "{name}"
        );
        assert_eq!(
            (tokens.report.text_bytes, tokens.report.sources[0].bytes),
            (text.len() as u64, packed.len() as u64),
            "{name}"
        );
    }
}

#[test]
fn the_parts_of_a_compressed_file_are_read_one_after_the_other() {
    let folder = tempfile::tempdir().unwrap();
    for (name, compress) in COMPRESSIONS {
        let packed = [compress(b"the ki"), compress(b"ng\nthe que"), compress(b"en\n")].concat();
        assert_eq!(
            documents(&read(&write(folder.path(), "parts", packed)).unwrap()),
            ["the king", "the queen"],
            "{name}"
        );
    }
    // A skippable frame, with which pzstd begins: magic, length 2, two bytes.
    let packed =
        [&[0x50, 0x2A, 0x4D, 0x18, 2, 0, 0, 0, 9, 9], zstd(b"the king").as_slice()].concat();
    assert_eq!(documents(&read(&write(folder.path(), "pzstd", packed)).unwrap()), ["the king"]);
}

#[test]
fn an_empty_compressed_file_is_an_empty_text() {
    let folder = tempfile::tempdir().unwrap();
    for (name, compress) in COMPRESSIONS {
        let error = read(&write(folder.path(), "empty", compress(b""))).unwrap_err();
        assert!(
            matches!(error, Error::EmptyCorpus { n_files: 1, n_bytes: 0, .. }),
            "{name}: {error}"
        );
    }
}

#[test]
fn a_truncated_or_damaged_archive_names_its_path_and_format() {
    let folder = tempfile::tempdir().unwrap();
    let text: String =
        (0..20_000).map(|number| format!("word{} ", number * number % 7919)).collect();
    for (name, compress) in COMPRESSIONS {
        let packed = compress(text.as_bytes());
        let mut damaged = packed.clone();
        let middle = damaged.len() / 2;
        damaged[middle..middle + 64].fill(0x55);
        for bytes in [&packed[..packed.len() / 2], &packed[..packed.len() - 3], &damaged] {
            let path = write(folder.path(), "text", bytes);
            let error = read(&path).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Data);
            let begins = format!("`{}` cannot be decompressed ({name}): ", path.display());
            assert!(error.to_string().starts_with(&begins), "{name}: {error}");
        }
    }
}
