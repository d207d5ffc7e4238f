//! Any bytes as a Parquet file: records or one clear error, never a panic that comes out.

#![no_main]

use eigenlex::corpus::{ReaderKind, ReaderOptions};

libfuzzer_sys::fuzz_target!(init: {
    // Panics of the decoder are caught and become errors, but the fuzzer's own hook would end the
    // run before. One that is not caught still ends it.
    std::panic::set_hook(Box::new(|_| {}));
}, |bytes: &[u8]| {
    for column in ["1", "2"] {
        let options = ReaderOptions::default().column(column).metadata(["1", "3"]);
        if let Ok(records) = ReaderKind::Parquet.read(bytes, "f.parquet", &options) {
            for record in records {
                assert!(!record.metadata[0].contains(['\t', '\n', '\r']));
            }
        }
    }
});
