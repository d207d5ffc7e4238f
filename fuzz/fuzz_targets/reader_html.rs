//! Any bytes as a web page: text or one clear error, never a panic.

#![no_main]

use eigenlex::corpus::{ReaderKind, ReaderOptions};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let options = ReaderOptions::default();
    if let Ok(records) = ReaderKind::Html.read(bytes, "f.html", &options) {
        assert!(records[0].text.is_empty() || records[0].text.ends_with("\n\n"));
    }
    let _ = ReaderKind::Html.read(bytes, "f.html", &options.metadata(["title"]));
});
