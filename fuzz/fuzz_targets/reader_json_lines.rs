//! Any bytes as JSON lines: records or one clear error, never a panic.

#![no_main]

use eigenlex::corpus::{ReaderKind, ReaderOptions};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let options = ReaderOptions::default().field("a.0.b").metadata(["a", "a.1", "text"]);
    if let Ok(records) = ReaderKind::JsonLines.read(bytes, "f.jsonl", &options) {
        assert!(records.iter().all(|record| record.metadata.len() == 3));
        assert!(records.len() <= bytes.iter().filter(|&&byte| byte == b'\n').count() + 1);
    }
});
