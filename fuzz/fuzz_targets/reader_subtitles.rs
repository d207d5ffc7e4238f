//! Any bytes as subtitles: text or one clear error, never a panic.

#![no_main]

use eigenlex::corpus::{ReaderKind, ReaderOptions};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let read = ReaderKind::Subtitles.read(bytes, "f.srt", &ReaderOptions::default());
    if let Ok(records) = read {
        assert!(records[0].text.is_empty() || records[0].text.ends_with("\n\n"));
    }
});
