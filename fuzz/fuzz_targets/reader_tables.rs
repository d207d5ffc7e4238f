//! Any bytes as a table of commas or tabs: records or one clear error, never a panic.

#![no_main]

use eigenlex::corpus::{ReaderKind, ReaderOptions};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    for kind in [ReaderKind::Csv, ReaderKind::Tsv] {
        let options = ReaderOptions::default().column("1").metadata(["1"]);
        if let Ok(records) = kind.read(bytes, "f.csv", &options) {
            for record in records {
                assert!(!record.metadata[0].contains(['\t', '\n', '\r']));
            }
        }
        let _ = kind.read(bytes, "f.csv", &ReaderOptions::default());
    }
});
